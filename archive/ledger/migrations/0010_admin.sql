-- What administrators did 管理操作: who invited whom, who took whose certificates, who changed scopes or a telephone number. Most of
-- it has no event of its own, and events about certificates do not say which administrator it was. `person` is null where it was
-- done by the command on the county's machine. `once` names the form that was sent: the same form sent again does nothing.
CREATE TABLE administration (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  act TEXT NOT NULL,
  office TEXT REFERENCES office (code),
  subject TEXT NOT NULL,
  once TEXT UNIQUE
) STRICT;
CREATE INDEX administration_by_office ON administration (office, id);

CREATE TRIGGER administration_stays BEFORE DELETE ON administration
BEGIN
  SELECT RAISE(ABORT, 'what was done stays');
END;

CREATE TRIGGER administration_is_immutable BEFORE UPDATE ON administration
BEGIN
  SELECT RAISE(ABORT, 'what was done stays');
END;
