-- Marks that the colleagues of an office share on what it received: set unread again after it was opened, and starred. No evidence.
CREATE TABLE mark (
  submission TEXT NOT NULL,
  office TEXT NOT NULL,
  unread INTEGER NOT NULL DEFAULT 0 CHECK (unread IN (0, 1)),
  starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1)),
  PRIMARY KEY (submission, office),
  FOREIGN KEY (submission, office) REFERENCES delivery (submission, office)
) STRICT;
CREATE INDEX mark_starred ON mark (office, submission) WHERE starred = 1;

-- Views of the inbox that were saved: of one person, or of the whole office when `person` is null. `query` is the list's address.
CREATE TABLE saved_view (
  id INTEGER PRIMARY KEY,
  office TEXT NOT NULL REFERENCES office (code),
  person TEXT REFERENCES person (id),
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX saved_view_by_office ON saved_view (office, id);

-- Folders of an inbox are counted and listed without looking at what lies in the others.
CREATE INDEX delivery_by_review ON delivery (office, review, consigned_at, submission);
CREATE INDEX submission_named ON submission (id) WHERE named = 1;
