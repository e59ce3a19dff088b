-- Ways to sign in beside the browser's own key. None of it is evidence: rows go when the person removes them or leaves.

-- Passkeys. `credential` is what the authenticator calls it, `rp` the host name that it holds for, `public_key` the attested
-- credential data as they came (WebAuthn, 6.5.1); nothing here is secret. `counter` is the last one that was shown.
CREATE TABLE passkey (
  credential BLOB PRIMARY KEY CHECK (length(credential) BETWEEN 16 AND 1023),
  person TEXT NOT NULL REFERENCES person (id),
  rp TEXT NOT NULL,
  public_key BLOB NOT NULL,
  counter INTEGER NOT NULL CHECK (counter >= 0),
  name TEXT NOT NULL,
  created_at TEXT NOT NULL,
  used_at TEXT
) STRICT;
CREATE INDEX passkey_by_person ON passkey (person, created_at);

-- A password with the second step that belongs to it. `password` is Argon2id in PHC notation, its parameters with it; `secret` is
-- the authenticator's, as AES-256-GCM under a key of the county folder; `step` is the last one that was used.
CREATE TABLE password (
  person TEXT PRIMARY KEY REFERENCES person (id),
  password TEXT NOT NULL,
  secret BLOB NOT NULL,
  step INTEGER NOT NULL,
  set_at TEXT NOT NULL
) STRICT;

-- Codes for whoever has lost the authenticator, as HMAC-SHA-256; each is deleted as it is used.
CREATE TABLE recovery_code (
  person TEXT NOT NULL REFERENCES password (person) ON DELETE CASCADE,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  PRIMARY KEY (person, digest)
) STRICT;
