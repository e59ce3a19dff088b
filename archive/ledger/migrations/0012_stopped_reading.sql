-- Documents with a secrecy mark that were stopped while the county read them for a clerk's form: never submitted, so there is no
-- event and no receipt. `rules` is a JSON array; `document_hmac` is HMAC-SHA-256 of the document's SHA-256 under the yearly key
-- of refusals, which is not in backups. Nothing of the content.
CREATE TABLE stopped_reading (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  office TEXT NOT NULL REFERENCES office (code),
  person TEXT NOT NULL REFERENCES person (id),
  rules TEXT NOT NULL,
  policy TEXT NOT NULL,
  document_hmac TEXT NOT NULL CHECK (length(document_hmac) = 64),
  hmac_key TEXT NOT NULL
) STRICT;
CREATE INDEX stopped_reading_by_office ON stopped_reading (office, at, id);
CREATE INDEX stopped_reading_by_time ON stopped_reading (at, id);

CREATE TRIGGER stopped_reading_stays BEFORE DELETE ON stopped_reading
BEGIN
  SELECT RAISE(ABORT, 'what was stopped stays told');
END;

CREATE TRIGGER stopped_reading_is_immutable BEFORE UPDATE ON stopped_reading
BEGIN
  SELECT RAISE(ABORT, 'what was stopped stays told');
END;
