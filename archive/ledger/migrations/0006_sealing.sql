-- Sealing 封存: what should not have been let in is taken from everybody. A row is one submission that was sealed at least once;
-- the acts themselves are events. `contained` first (nobody sees it, its text waits in `sealing_content`), then `sealed` (its
-- text and its container are in a package that only confidentiality officers can open), `ordered`, `destroying`, `destroyed`;
-- or `released`, and everything is back. `rules` is a JSON array.
-- `purged` says that nothing of its text is left in the index's files and in the ledger's log of changes either.
CREATE TABLE sealing (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  state TEXT NOT NULL CHECK (state IN ('contained', 'sealed', 'ordered', 'destroying', 'destroyed', 'released')),
  version INTEGER NOT NULL,
  since TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  rules TEXT NOT NULL,
  policy TEXT NOT NULL,
  evidence_id TEXT NOT NULL REFERENCES event (evidence_id),
  locked_at TEXT,
  package TEXT CHECK (length(package) = 64),
  package_size INTEGER,
  ordered_by TEXT REFERENCES person (id),
  confirmed_by TEXT REFERENCES person (id),
  purged INTEGER NOT NULL DEFAULT 0 CHECK (purged IN (0, 1))
) STRICT;
CREATE INDEX sealing_by_state ON sealing (state, since, submission);

-- The erasable rows of a contained submission, as JSON, until its package is durable.
CREATE TABLE sealing_content (
  submission TEXT PRIMARY KEY REFERENCES sealing (submission),
  body BLOB NOT NULL
) STRICT;

-- The package's key, wrapped for one recipient each: `recipient` is the SHA-256 of the public key, `person` the officer, or
-- null for the county's own key, which stands in while no officer is enrolled.
CREATE TABLE sealing_key (
  submission TEXT NOT NULL REFERENCES sealing (submission),
  recipient TEXT NOT NULL CHECK (length(recipient) = 64),
  person TEXT REFERENCES person (id),
  wrapped BLOB NOT NULL,
  PRIMARY KEY (submission, recipient)
) STRICT;

-- Who took the content of a submission, and when first and last: for the incident sheet. Erasable.
CREATE TABLE fetched (
  submission TEXT NOT NULL REFERENCES submission (id),
  person TEXT NOT NULL REFERENCES person (id),
  act TEXT NOT NULL CHECK (act IN ('container', 'print')),
  first_at TEXT NOT NULL,
  last_at TEXT NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (submission, person, act)
) STRICT;

-- Who sent what was refused: the receipt does not say it. Null where it was refused before this was kept.
CREATE TABLE refusal (
  evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  office TEXT NOT NULL REFERENCES office (code),
  person TEXT REFERENCES person (id),
  at TEXT NOT NULL
) STRICT;
CREATE INDEX refusal_by_office ON refusal (office, at, evidence_id);
CREATE INDEX refusal_by_time ON refusal (at, evidence_id);
INSERT INTO refusal (evidence_id, office, at) SELECT evidence_id, office, at FROM event WHERE event = 'SubmissionRejection';

-- Whom to call: the confidentiality officer of an office, as dated rows.
CREATE TABLE contact (
  office TEXT NOT NULL REFERENCES office (code),
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  PRIMARY KEY (office, valid_from)
) STRICT;
