-- Registers 收文登记簿 and 发文登记簿: one row an entry, numbered by office, book and year (of Beijing) without a gap. The trigger below makes
-- the row in the transaction of the event itself, whoever writes the event, and a recount proves it. No titles and no names stand
-- here: they are read from where they are erasable at the time of showing.
CREATE TABLE register_entry (
  office TEXT NOT NULL,
  book TEXT NOT NULL CHECK (book IN ('incoming', 'outgoing')),
  year INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  evidence_id TEXT NOT NULL UNIQUE REFERENCES event (evidence_id),
  submission TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (office, book, year, number)
) STRICT;
CREATE INDEX register_entry_by_submission ON register_entry (submission, office, book);

-- What was there before there were registers, in the order of its events; a submission stands once in a book.
INSERT INTO register_entry (office, book, year, number, evidence_id, submission, at)
SELECT office, book, year, row_number() OVER (PARTITION BY office, book, year ORDER BY id), evidence_id, submission, at
FROM (
  SELECT id, evidence_id, submission, at, CAST(strftime('%Y', at, '+8 hours') AS INTEGER) AS year,
    iif(event = 'ConsignmentAcceptance', recipient, office) AS office,
    iif(event IN ('ConsignmentAcceptance', 'ReceivedFromNonERDS'), 'incoming', 'outgoing') AS book,
    row_number() OVER (
      PARTITION BY iif(event = 'ConsignmentAcceptance', recipient, office), event, coalesce(submission, evidence_id) ORDER BY id
    ) AS time
  FROM event WHERE event IN ('ConsignmentAcceptance', 'SubmissionAcceptance', 'ReceivedFromNonERDS', 'RelayToNonERDS')
)
WHERE time = 1 AND office IS NOT NULL;

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
  ) AS entering
  WHERE entering.office IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM register_entry AS before JOIN event ON event.evidence_id = before.evidence_id
    WHERE before.submission = NEW.submission AND before.office = entering.office AND before.book = entering.book
      AND event.event = NEW.event
  );
END;

CREATE TRIGGER register_entry_is_immutable BEFORE UPDATE ON register_entry
BEGIN
  SELECT RAISE(ABORT, 'a register is corrected by a new event');
END;

CREATE TRIGGER register_entry_stays BEFORE DELETE ON register_entry
BEGIN
  SELECT RAISE(ABORT, 'a register entry stays');
END;

-- A correction 更正 of one entry. What was corrected, and why, is the event's reason: the receipt holds its salted digest, the text is
-- erasable and goes when the item is sealed.
CREATE TABLE register_correction (
  evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  office TEXT NOT NULL,
  book TEXT NOT NULL,
  year INTEGER NOT NULL,
  number INTEGER NOT NULL,
  FOREIGN KEY (office, book, year, number) REFERENCES register_entry (office, book, year, number)
) STRICT;
CREATE INDEX register_correction_by_entry ON register_correction (office, book, year, number);

-- A year's book that was locked 封年: how many entries, and the SHA-256 over their numbers, events, instants and corrections. No title is
-- in it, so that sealing and destroying leave it true.
CREATE TABLE register_lock (
  office TEXT NOT NULL,
  book TEXT NOT NULL CHECK (book IN ('incoming', 'outgoing')),
  year INTEGER NOT NULL,
  evidence_id TEXT NOT NULL UNIQUE REFERENCES event (evidence_id),
  entries INTEGER NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  PRIMARY KEY (office, book, year)
) STRICT;

CREATE TRIGGER register_year_is_locked BEFORE INSERT ON register_correction
WHEN EXISTS (SELECT 1 FROM register_lock WHERE office = NEW.office AND book = NEW.book AND year = NEW.year)
BEGIN
  SELECT RAISE(ABORT, 'the year is locked');
END;

-- What ended a delivery, for the lists of what is carried over 结转 into a new year.
CREATE INDEX event_that_ends ON event (recipient, submission, at)
WHERE event IN ('Conclusion', 'ConsignmentRejection', 'Withdrawal', 'Misdirection');

-- How many pages 页数 an item has, where its files tell: counted when it was accepted, null where they do not.
ALTER TABLE submission ADD COLUMN pages INTEGER;
