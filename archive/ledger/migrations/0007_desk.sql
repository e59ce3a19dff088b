-- Browsers that are signed in. `id` is the SHA-256 of the cookie's token: the ledger, or a copy of it, signs nobody in.
-- `certificate` is the key that the browser signed in with, null for a passkey or a password; `confirmed_at` is when the person
-- last showed again that it is they. Not evidence: rows go when they have ended.
CREATE TABLE browser_session (
  id TEXT PRIMARY KEY CHECK (length(id) = 64),
  person TEXT NOT NULL REFERENCES person (id),
  certificate TEXT REFERENCES certificate (sha256),
  method TEXT NOT NULL CHECK (method IN ('key', 'passkey', 'password')),
  agent TEXT NOT NULL,
  created_at TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  confirmed_at TEXT NOT NULL
) STRICT;
CREATE INDEX browser_session_by_person ON browser_session (person, created_at);
CREATE INDEX browser_session_by_age ON browser_session (seen_at);
