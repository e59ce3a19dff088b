-- Answers that are expected 待回复: a row for every main recipient of what asks for an answer, by a day of its own or by a reply form.
-- `day` is the last day in time of the oldest answer that is still to come, with what the sender gave that office beyond it; NULL while
-- none is. It needs the calendar of a monthly form, so the service works it out at once afterwards, and again from the day `again` on:
-- '' is now, NULL never by itself. The triggers below say so whenever something bears on it; a recount must find the same.
CREATE TABLE expected_answer (
  submission TEXT NOT NULL REFERENCES submission (id),
  office TEXT NOT NULL REFERENCES office (code),
  sender TEXT NOT NULL,
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  day TEXT,
  again TEXT DEFAULT '',
  PRIMARY KEY (submission, office)
) STRICT, WITHOUT ROWID;
CREATE INDEX expected_answer_of_us ON expected_answer (office, day, submission, sender, named, again) WHERE day IS NOT NULL;
CREATE INDEX expected_answer_of_others ON expected_answer (sender, day, submission, office, named, again) WHERE day IS NOT NULL;
CREATE INDEX expected_answer_by_day ON expected_answer (day, submission, office) WHERE day IS NOT NULL;
CREATE INDEX expected_answer_again ON expected_answer (again, submission, office) WHERE again IS NOT NULL;

CREATE TRIGGER answer_is_expected AFTER INSERT ON delivery WHEN NEW.copy = 0
BEGIN
  INSERT INTO expected_answer (submission, office, sender, named)
  SELECT NEW.submission, NEW.office, submission.office, submission.named FROM submission
  JOIN submission_text ON submission_text.submission = submission.id
  WHERE submission.id = NEW.submission AND instr(submission_text.metadata, CAST('"respond_by"' AS BLOB)) > 0;
END;

-- the office is through with it, or what it answered with was given back
CREATE TRIGGER move_bears_on_answers AFTER UPDATE OF review ON delivery WHEN NEW.review != OLD.review
BEGIN
  UPDATE expected_answer SET again = '' WHERE submission = NEW.submission AND office = NEW.office;
  UPDATE expected_answer SET again = '' WHERE (submission, office) IN
    (SELECT in_reply_to, submission.office FROM submission WHERE id = NEW.submission AND in_reply_to IS NOT NULL);
END;
CREATE TRIGGER form_answer_bears_on_answers AFTER INSERT ON form_answer
BEGIN
  UPDATE expected_answer SET again = '' WHERE submission = NEW.submission AND office = NEW.office;
END;
CREATE TRIGGER reply_bears_on_answers AFTER INSERT ON submission WHEN NEW.in_reply_to IS NOT NULL
BEGIN
  UPDATE expected_answer SET again = '' WHERE submission = NEW.in_reply_to AND office = NEW.office;
END;
CREATE TRIGGER extension_bears_on_answers AFTER INSERT ON deadline_extension
BEGIN
  UPDATE expected_answer SET again = '' WHERE submission = NEW.submission AND office = NEW.office;
END;
CREATE TRIGGER closed_form_bears_on_answers AFTER UPDATE OF closed_at ON form
BEGIN
  UPDATE expected_answer SET again = '' WHERE submission = NEW.submission;
END;
-- sealed, a reply is no answer any more; released, it is one again, and what asks for answers is known again
CREATE TRIGGER sealing_bears_on_answers AFTER DELETE ON submission_text
BEGIN
  UPDATE expected_answer SET again = '' WHERE (submission, office) IN
    (SELECT in_reply_to, submission.office FROM submission WHERE id = OLD.submission AND in_reply_to IS NOT NULL);
END;
CREATE TRIGGER release_bears_on_answers AFTER INSERT ON submission_text
BEGIN
  UPDATE expected_answer SET again = '' WHERE submission = NEW.submission;
  UPDATE expected_answer SET again = '' WHERE (submission, office) IN
    (SELECT in_reply_to, submission.office FROM submission WHERE id = NEW.submission AND in_reply_to IS NOT NULL);
END;

-- what was delivered before this was kept; its days are worked out by the next start
INSERT INTO expected_answer (submission, office, sender, named)
  SELECT delivery.submission, delivery.office, submission.office, submission.named FROM delivery
  JOIN submission ON submission.id = delivery.submission JOIN submission_text ON submission_text.submission = delivery.submission
  WHERE delivery.copy = 0 AND instr(submission_text.metadata, CAST('"respond_by"' AS BLOB)) > 0
  ORDER BY delivery.submission, delivery.office;

-- Names of the roster of duty and of its diary are erased after some years (duty setting `names_years`): the columns may be NULL from now
-- on. A row stays, which says that the day was entered.
ALTER TABLE duty_roster RENAME TO duty_roster_before;
CREATE TABLE duty_roster (
  office TEXT NOT NULL REFERENCES office (code),
  day TEXT NOT NULL,
  officer TEXT,
  officer_phone TEXT,
  leader TEXT,
  leader_phone TEXT,
  person TEXT REFERENCES person (id),
  at TEXT NOT NULL,
  PRIMARY KEY (office, day)
) STRICT;
INSERT INTO duty_roster (office, day, officer, officer_phone, leader, leader_phone, person, at)
  SELECT office, day, officer, officer_phone, leader, leader_phone, person, at FROM duty_roster_before ORDER BY office, day;
DROP TABLE duty_roster_before;
CREATE INDEX duty_roster_named ON duty_roster (day) WHERE officer IS NOT NULL;

DROP INDEX duty_entry_by_day;
ALTER TABLE duty_entry RENAME TO duty_entry_before;
CREATE TABLE duty_entry (
  id INTEGER PRIMARY KEY,
  office TEXT NOT NULL REFERENCES office (code),
  day TEXT NOT NULL,
  at TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  text TEXT
) STRICT;
INSERT INTO duty_entry (id, office, day, at, person, text) SELECT id, office, day, at, person, text FROM duty_entry_before ORDER BY id;
DROP TABLE duty_entry_before;
CREATE INDEX duty_entry_by_day ON duty_entry (office, day, id);
CREATE INDEX duty_entry_named ON duty_entry (day) WHERE text IS NOT NULL;
