-- The text that was read from a submission, kept so that no index ever reads the documents again. It is erasable, and it
-- stands in the ledger: kept by the same commit as the submission, so that neither is ever there without the other.

CREATE TABLE kept_text (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  body BLOB NOT NULL
) STRICT;
