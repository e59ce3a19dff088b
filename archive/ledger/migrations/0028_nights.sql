-- One-time codes 注册码 that ended before their time, ordinary ones and those of the night alike: somebody took one back 作废, all of a person's
-- enrolments were ended, or a later code of the same person took its place, which `followed_by` names. The invitation's `expires_at` moved
-- here with it. `evidence_id` is the event of a code of the night that somebody took back; `person` did it, none for the command.
CREATE TABLE withdrawn_code (
  selector TEXT PRIMARY KEY REFERENCES invitation (selector),
  at TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  followed_by TEXT REFERENCES invitation (selector),
  evidence_id TEXT UNIQUE REFERENCES event (evidence_id)
) STRICT;
CREATE INDEX withdrawn_code_by_successor ON withdrawn_code (followed_by) WHERE followed_by IS NOT NULL;
CREATE INDEX invitation_open ON invitation (person) WHERE used_at IS NULL;

-- By which day an office is to answer to which something was delivered later 补发, where that is not the day of the document or its form:
-- what the sender gave it, or one of the ordinary length where the document's day was over by then. The reason of its supplementary
-- delivery, which is the row's event, begins with the day. Signing is reckoned by it as by the document's own.
CREATE TABLE later_day (
  submission TEXT NOT NULL,
  office TEXT NOT NULL,
  day TEXT NOT NULL,
  at TEXT NOT NULL,
  evidence_id TEXT NOT NULL UNIQUE REFERENCES event (evidence_id),
  PRIMARY KEY (submission, office),
  FOREIGN KEY (submission, office) REFERENCES delivery (submission, office)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER later_day_counts AFTER INSERT ON later_day
BEGIN
  UPDATE tracking SET respond_by = NEW.day, sign_by = ''
  WHERE submission = NEW.submission AND office = NEW.office AND respond_by IS NOT NULL;
  UPDATE expected_answer SET again = '' WHERE submission = NEW.submission AND office = NEW.office;
END;
