-- What a service account 接口账号 may do, as dated rows: what it was allowed at some time stays answerable.

CREATE TABLE service_scope (
  person TEXT NOT NULL REFERENCES person (id),
  scope TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  PRIMARY KEY (person, scope, valid_from)
) STRICT;
