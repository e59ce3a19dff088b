-- Reply forms 回执单 and their answers. What is asked stands in the submission's own metadata, what was answered in the erasable text
-- (reason) of the event FormAnswer; here is only what finds them, so that nothing of content is left when they are sealed.
CREATE TABLE form (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  kind TEXT NOT NULL,
  -- the last day in time: 2026-12-05, of a monthly form the first one's
  respond_by TEXT NOT NULL,
  repeat TEXT NOT NULL,
  -- a monthly form is asked for until its sender closes it
  closed_at TEXT,
  closed_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX form_by_day ON form (respond_by);

-- Every answer, numbered from 1 by office and period: a new one supersedes, none is taken away.
CREATE TABLE form_answer (
  submission TEXT NOT NULL REFERENCES form (submission),
  office TEXT NOT NULL REFERENCES office (code),
  -- the month in which it is due: 2026-12
  period TEXT NOT NULL,
  number INTEGER NOT NULL,
  evidence_id TEXT NOT NULL UNIQUE REFERENCES event (evidence_id),
  -- says that there is nothing to report 零报告
  nil INTEGER NOT NULL,
  PRIMARY KEY (submission, office, period, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX submission_in_reply ON submission (in_reply_to, office) WHERE in_reply_to IS NOT NULL;

-- released from seal, a submission's text is inserted once more: its form is known already
CREATE TRIGGER form_is_known AFTER INSERT ON submission_text WHEN instr(NEW.metadata, CAST('"reply_form"' AS BLOB)) > 0
BEGIN
  INSERT OR IGNORE INTO form (submission, kind, respond_by, repeat)
  SELECT NEW.submission, said ->> '$.kind', said ->> '$.respond_by', coalesce(said ->> '$.repeat', 'none')
  FROM (SELECT CAST(NEW.metadata AS TEXT) -> '$.reply_form' AS said) WHERE json_type(said) = 'object';
END;
