-- The ledger of one county. Types are TEXT, INTEGER and BLOB; instants are UTC ISO 8601 with milliseconds.
-- Titles, names of files and texts of reasons stand in tables of their own: they must be erasable, receipts must stay.

CREATE TABLE migration (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;

-- exactly one row: who we are, and why signing is stopped, if it is
CREATE TABLE ledger (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  county_name TEXT NOT NULL,
  origin TEXT NOT NULL,
  log_key TEXT NOT NULL CHECK (length(log_key) = 64),
  root TEXT NOT NULL CHECK (length(root) = 64),
  created_at TEXT NOT NULL,
  halted TEXT NOT NULL DEFAULT ''
) STRICT;

-- offices and people: codes are never reused; names, kinds and roles are dated rows
CREATE TABLE office (
  code TEXT PRIMARY KEY,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE office_period (
  office TEXT NOT NULL REFERENCES office (code),
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (office, valid_from)
) STRICT;

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  office TEXT NOT NULL REFERENCES office (code),
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX person_by_office ON person (office, id);

CREATE TABLE person_period (
  person TEXT NOT NULL REFERENCES person (id),
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (person, valid_from)
) STRICT;

CREATE TABLE invitation (
  selector TEXT PRIMARY KEY,
  secret TEXT NOT NULL CHECK (length(secret) = 64),
  person TEXT NOT NULL REFERENCES person (id),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  used_at TEXT,
  certificate TEXT
) STRICT;

CREATE TABLE certificate (
  sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
  serial TEXT NOT NULL UNIQUE,
  der BLOB NOT NULL,
  person TEXT NOT NULL REFERENCES person (id),
  issued_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  revoked_at TEXT
) STRICT;
CREATE INDEX certificate_by_person ON certificate (person, issued_at);

CREATE TABLE crl (
  number INTEGER PRIMARY KEY,
  this_update TEXT NOT NULL,
  next_update TEXT NOT NULL,
  der BLOB NOT NULL
) STRICT;

-- submissions: what must stay
CREATE TABLE submission (
  id TEXT PRIMARY KEY CHECK (length(id) = 64),
  container TEXT NOT NULL CHECK (length(container) = 64),
  size INTEGER NOT NULL,
  office TEXT NOT NULL REFERENCES office (code),
  person TEXT NOT NULL REFERENCES person (id),
  reference TEXT NOT NULL,
  filing_year INTEGER NOT NULL,
  filing_ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,
  urgency TEXT NOT NULL,
  handling TEXT NOT NULL,
  received_at TEXT NOT NULL,
  accepted_at TEXT NOT NULL,
  replaces TEXT,
  in_reply_to TEXT,
  policy TEXT NOT NULL,
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  UNIQUE (office, reference),
  UNIQUE (office, filing_year, filing_ordinal)
) STRICT;
CREATE INDEX submission_by_office ON submission (office, accepted_at, id);
CREATE INDEX submission_by_replaced ON submission (replaces);
CREATE INDEX submission_by_container ON submission (container);

-- submissions: what must be erasable
CREATE TABLE submission_text (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  number TEXT,
  title TEXT NOT NULL,
  metadata BLOB NOT NULL
) STRICT;

CREATE TABLE addressee (
  submission TEXT NOT NULL REFERENCES submission (id),
  person TEXT NOT NULL REFERENCES person (id),
  PRIMARY KEY (submission, person)
) STRICT;
CREATE INDEX addressee_by_person ON addressee (person, submission);

CREATE TABLE delivery (
  submission TEXT NOT NULL REFERENCES submission (id),
  office TEXT NOT NULL REFERENCES office (code),
  copy INTEGER NOT NULL CHECK (copy IN (0, 1)),
  consigned_at TEXT NOT NULL,
  opening TEXT NOT NULL,
  review TEXT NOT NULL,
  version INTEGER NOT NULL,
  changed_at TEXT NOT NULL,
  PRIMARY KEY (submission, office)
) STRICT;
CREATE INDEX delivery_by_office ON delivery (office, consigned_at, submission);

-- events: the exact bytes that were signed, and where they stand in the log
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  evidence_id TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL,
  office TEXT NOT NULL REFERENCES office (code),
  sequence INTEGER NOT NULL,
  submission TEXT,
  recipient TEXT,
  person TEXT,
  at TEXT NOT NULL,
  receipt BLOB NOT NULL,
  signature BLOB NOT NULL,
  timestamp BLOB NOT NULL,
  leaf INTEGER UNIQUE,
  proof BLOB,
  UNIQUE (office, sequence)
) STRICT;
CREATE INDEX event_by_submission ON event (submission, id);
CREATE INDEX event_without_leaf ON event (id) WHERE leaf IS NULL;

CREATE TRIGGER event_is_immutable BEFORE UPDATE ON event
WHEN OLD.leaf IS NOT NULL OR NEW.receipt IS NOT OLD.receipt OR NEW.signature IS NOT OLD.signature OR NEW.timestamp IS NOT OLD.timestamp
BEGIN
  SELECT RAISE(ABORT, 'an event is immutable');
END;

CREATE TRIGGER event_stays BEFORE DELETE ON event
BEGIN
  SELECT RAISE(ABORT, 'an event stays');
END;

-- the text of a reason and its salt are erasable; the receipt holds the salted digest
CREATE TABLE reason (
  evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  salt BLOB NOT NULL,
  text TEXT NOT NULL
) STRICT;

-- the complete answer to an accepted submission, byte for byte, for every repetition
CREATE TABLE answer (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  evidence_id TEXT NOT NULL REFERENCES event (evidence_id),
  body BLOB
) STRICT;
CREATE INDEX answer_without_body ON answer (submission) WHERE body IS NULL;

-- the log: the widest tile of each place, and every checkpoint that was ever signed
CREATE TABLE tile (
  level INTEGER NOT NULL,
  number INTEGER NOT NULL,
  width INTEGER NOT NULL CHECK (width BETWEEN 1 AND 256),
  hashes BLOB NOT NULL,
  PRIMARY KEY (level, number)
) STRICT;

-- genuine checkpoints that a client showed and that this ledger does not contain: an older copy was restored
CREATE TABLE contradiction (
  size INTEGER NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32),
  seen_at TEXT NOT NULL,
  waived_at TEXT,
  PRIMARY KEY (size, root)
) STRICT;

CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY,
  root BLOB NOT NULL CHECK (length(root) = 32),
  note BLOB NOT NULL,
  at TEXT NOT NULL
) STRICT;
