-- What a person signed with their own key when they acted: exact bytes and CAdES. The receipt holds their digest; the rows are
-- erasable, for a statement may hold a reason.
CREATE TABLE statement (
  evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  body BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT;
