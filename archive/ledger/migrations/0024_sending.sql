-- Joint issue in the registers, searching the registers, and lists of what is unread.

-- An entry of a register belongs to an event and an office: what several offices issued together 联合发文 stands in the outgoing register
-- of each of them, by the one event of its acceptance. Nothing else of the tables changes.
CREATE TABLE register_entry_before AS SELECT * FROM register_entry;
CREATE TABLE register_correction_before AS SELECT * FROM register_correction;
DROP TRIGGER event_is_registered;
DROP TABLE register_correction;
DROP TABLE register_entry;
CREATE TABLE register_entry (
  office TEXT NOT NULL,
  book TEXT NOT NULL CHECK (book IN ('incoming', 'outgoing')),
  year INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  evidence_id TEXT NOT NULL REFERENCES event (evidence_id),
  submission TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (office, book, year, number),
  UNIQUE (evidence_id, office)
) STRICT;
INSERT INTO register_entry SELECT * FROM register_entry_before ORDER BY office, book, year, number;
DROP TABLE register_entry_before;
CREATE INDEX register_entry_by_submission ON register_entry (submission, office, book);
CREATE TRIGGER register_entry_is_immutable BEFORE UPDATE ON register_entry
BEGIN
  SELECT RAISE(ABORT, 'a register is corrected by a new event');
END;
CREATE TRIGGER register_entry_stays BEFORE DELETE ON register_entry
BEGIN
  SELECT RAISE(ABORT, 'a register entry stays');
END;
CREATE TABLE register_correction (
  evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  office TEXT NOT NULL,
  book TEXT NOT NULL,
  year INTEGER NOT NULL,
  number INTEGER NOT NULL,
  FOREIGN KEY (office, book, year, number) REFERENCES register_entry (office, book, year, number)
) STRICT;
INSERT INTO register_correction SELECT * FROM register_correction_before;
DROP TABLE register_correction_before;
CREATE INDEX register_correction_by_entry ON register_correction (office, book, year, number);
CREATE TRIGGER register_year_is_locked BEFORE INSERT ON register_correction
WHEN EXISTS (SELECT 1 FROM register_lock WHERE office = NEW.office AND book = NEW.book AND year = NEW.year)
BEGIN
  SELECT RAISE(ABORT, 'the year is locked');
END;

CREATE TRIGGER event_is_registered AFTER INSERT ON event
WHEN NEW.event IN ('ConsignmentAcceptance', 'SubmissionAcceptance', 'ReceivedFromNonERDS', 'RelayToNonERDS')
BEGIN
  INSERT INTO register_entry (office, book, year, number, evidence_id, submission, at)
  SELECT entering.office, entering.book, entering.year,
    1 + coalesce((
      SELECT max(number) FROM register_entry AS before
      WHERE before.office = entering.office AND before.book = entering.book AND before.year = entering.year
    ), 0),
    NEW.evidence_id, NEW.submission, NEW.at
  FROM (
    SELECT iif(NEW.event = 'ConsignmentAcceptance', NEW.recipient, NEW.office) AS office,
      iif(NEW.event IN ('ConsignmentAcceptance', 'ReceivedFromNonERDS'), 'incoming', 'outgoing') AS book,
      CAST(strftime('%Y', NEW.at, '+8 hours') AS INTEGER) AS year
    UNION ALL
    SELECT joint_issuer.office, 'outgoing', CAST(strftime('%Y', NEW.at, '+8 hours') AS INTEGER)
    FROM joint_issuer WHERE NEW.event = 'SubmissionAcceptance' AND joint_issuer.submission = NEW.submission
  ) AS entering
  WHERE entering.office IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM register_entry AS before JOIN event ON event.evidence_id = before.evidence_id
    WHERE before.submission = NEW.submission AND before.office = entering.office AND before.book = entering.book
      AND event.event = NEW.event
  );
END;

-- What was issued jointly up to this event stands in its sender's register alone: the numbers behind it had been given.
CREATE TABLE register_jointly (since INTEGER NOT NULL) STRICT;
INSERT INTO register_jointly (since) SELECT coalesce(max(id), 0) FROM event;

-- What a register is searched by, one narrow row an entry in the order of its book: title, number and the name that was typed, as they
-- stand in `submission_text` and `paper_item`. It is empty where these were erased, and comes back with them. `named` says that only
-- named persons may see the item.
CREATE TABLE register_words (
  office TEXT NOT NULL,
  book TEXT NOT NULL,
  year INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at TEXT NOT NULL,
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  words TEXT NOT NULL,
  PRIMARY KEY (office, book, year, number)
) STRICT, WITHOUT ROWID;

-- Which offices an entry is of beside its own: who issued what came in, to whom what went out was delivered. Found by their names.
CREATE TABLE register_party (
  office TEXT NOT NULL,
  book TEXT NOT NULL,
  year INTEGER NOT NULL,
  party TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (office, book, year, party, number)
) STRICT, WITHOUT ROWID;

INSERT INTO register_words (office, book, year, number, at, named, words)
SELECT entry.office, entry.book, entry.year, entry.number, entry.at,
  coalesce((SELECT named FROM submission WHERE submission.id = entry.submission), 0),
  coalesce(submission_text.title || char(10) || coalesce(submission_text.number, ''),
    coalesce(paper.title, '') || char(10) || coalesce(paper.number, '') || char(10) || coalesce(paper.counterpart, ''), '')
FROM register_entry AS entry
LEFT JOIN submission_text ON submission_text.submission = entry.submission
LEFT JOIN paper_item AS paper ON paper.evidence_id = entry.evidence_id
ORDER BY entry.office, entry.book, entry.year, entry.number;

INSERT INTO register_party (office, book, year, party, number)
SELECT entry.office, entry.book, entry.year, submission.office, entry.number
FROM register_entry AS entry JOIN submission ON submission.id = entry.submission WHERE entry.book = 'incoming'
UNION
SELECT entry.office, entry.book, entry.year, joint_issuer.office, entry.number
FROM register_entry AS entry JOIN joint_issuer ON joint_issuer.submission = entry.submission WHERE entry.book = 'incoming'
UNION
SELECT entry.office, entry.book, entry.year, delivery.office, entry.number
FROM register_entry AS entry JOIN delivery ON delivery.submission = entry.submission WHERE entry.book = 'outgoing';

CREATE TRIGGER register_entry_is_searched AFTER INSERT ON register_entry
BEGIN
  INSERT INTO register_words (office, book, year, number, at, named, words)
  VALUES (NEW.office, NEW.book, NEW.year, NEW.number, NEW.at, coalesce((SELECT named FROM submission WHERE id = NEW.submission), 0), coalesce(
    (SELECT title || char(10) || coalesce(number, '') FROM submission_text WHERE submission = NEW.submission),
    (SELECT coalesce(title, '') || char(10) || coalesce(number, '') || char(10) || coalesce(counterpart, '')
      FROM paper_item WHERE evidence_id = NEW.evidence_id), ''));
  INSERT INTO register_party (office, book, year, party, number)
  SELECT NEW.office, NEW.book, NEW.year, party, NEW.number FROM (
    SELECT office AS party FROM submission WHERE id = NEW.submission AND NEW.book = 'incoming'
    UNION SELECT office FROM joint_issuer WHERE submission = NEW.submission AND NEW.book = 'incoming'
    UNION SELECT office FROM delivery WHERE submission = NEW.submission AND NEW.book = 'outgoing'
  );
END;

CREATE TRIGGER delivery_is_found_in_registers AFTER INSERT ON delivery
BEGIN
  INSERT OR IGNORE INTO register_party (office, book, year, party, number)
  SELECT entry.office, entry.book, entry.year, NEW.office, entry.number FROM register_entry AS entry
  WHERE entry.submission = NEW.submission AND entry.book = 'outgoing';
END;

CREATE TRIGGER text_is_found_in_registers AFTER INSERT ON submission_text
BEGIN
  UPDATE register_words SET words = NEW.title || char(10) || coalesce(NEW.number, '')
  WHERE (office, book, year, number) IN (SELECT office, book, year, number FROM register_entry WHERE submission = NEW.submission);
END;

CREATE TRIGGER text_is_changed_in_registers AFTER UPDATE OF title, number ON submission_text
BEGIN
  UPDATE register_words SET words = NEW.title || char(10) || coalesce(NEW.number, '')
  WHERE (office, book, year, number) IN (SELECT office, book, year, number FROM register_entry WHERE submission = NEW.submission);
END;

CREATE TRIGGER text_is_erased_in_registers AFTER DELETE ON submission_text
BEGIN
  UPDATE register_words SET words = ''
  WHERE (office, book, year, number) IN (SELECT office, book, year, number FROM register_entry WHERE submission = OLD.submission);
END;

CREATE TRIGGER paper_is_found_in_registers AFTER INSERT ON paper_item
BEGIN
  UPDATE register_words
  SET words = coalesce(NEW.title, '') || char(10) || coalesce(NEW.number, '') || char(10) || coalesce(NEW.counterpart, '')
  WHERE (office, book, year, number) IN (SELECT office, book, year, number FROM register_entry WHERE evidence_id = NEW.evidence_id);
END;

CREATE TRIGGER paper_is_changed_in_registers AFTER UPDATE OF title, number, counterpart ON paper_item
BEGIN
  UPDATE register_words
  SET words = coalesce(NEW.title, '') || char(10) || coalesce(NEW.number, '') || char(10) || coalesce(NEW.counterpart, '')
  WHERE (office, book, year, number) IN (SELECT office, book, year, number FROM register_entry WHERE evidence_id = NEW.evidence_id);
END;

-- What nobody has opened yet, in the orders of the inbox, and what was marked unread again: the list of both is walked from its head.
CREATE INDEX delivery_unopened ON delivery (office, consigned_at DESC, submission DESC, review) WHERE opening = 'consigned';
CREATE INDEX delivery_unopened_by_rank ON delivery (office, rank, consigned_at DESC, submission DESC, review) WHERE opening = 'consigned';
CREATE INDEX mark_unread ON mark (office, submission) WHERE unread = 1;
