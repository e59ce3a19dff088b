-- What a person did under a key of their own choosing: the same request again is answered with the same receipt instead of
-- being done again. Rows are kept for a week.

CREATE TABLE idempotency (
  person TEXT NOT NULL REFERENCES person (id),
  key TEXT NOT NULL,
  request TEXT NOT NULL CHECK (length(request) = 64),
  evidence_id TEXT NOT NULL REFERENCES event (evidence_id),
  at TEXT NOT NULL,
  PRIMARY KEY (person, key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (at);
