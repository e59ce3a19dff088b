-- Deadlines, reminders, rosters of duty. Nothing here tells what a document is about; dates, counts and the state of a delivery only.

-- The county's settings of deadlines and nights, one row of JSON, and who changed them last.
CREATE TABLE duty_setting (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  body TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  at TEXT NOT NULL
) STRICT;

-- Days that the county has laid down, as dated rows: worked or off, whatever the nation's calendar says.
CREATE TABLE calendar_adjustment (
  day TEXT NOT NULL,
  works INTEGER NOT NULL CHECK (works IN (0, 1)),
  note TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  PRIMARY KEY (day, valid_from)
) STRICT;
CREATE UNIQUE INDEX calendar_adjustment_of_now ON calendar_adjustment (day) WHERE valid_to IS NULL;

-- Extensions of a deadline 延期, one for each event DeadlineExtension; the latest of a delivery counts.
CREATE TABLE deadline_extension (
  evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  submission TEXT NOT NULL REFERENCES submission (id),
  office TEXT NOT NULL REFERENCES office (code),
  until TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX deadline_extension_by_delivery ON deadline_extension (submission, office);

-- Reminders: each rule notes a delivery once for each date; one by hand bears its event. `due` is the day of the limit it was reckoned by,
-- `told_at` when its office's message was put in.
CREATE TABLE reminder (
  id INTEGER PRIMARY KEY,
  submission TEXT NOT NULL REFERENCES submission (id),
  office TEXT NOT NULL REFERENCES office (code),
  rule TEXT NOT NULL,
  due TEXT NOT NULL,
  at TEXT NOT NULL,
  told_at TEXT,
  UNIQUE (submission, office, rule, due)
) STRICT;
CREATE INDEX reminder_by_office ON reminder (office, at);
CREATE INDEX reminder_untold ON reminder (office, id) WHERE told_at IS NULL;

-- a sender's urging 催办 is a reminder by hand
CREATE TRIGGER urging_reminds AFTER INSERT ON event WHEN NEW.event = 'NotificationForAcceptance' AND NEW.recipient IS NOT NULL
BEGIN
  INSERT INTO reminder (submission, office, rule, due, at) VALUES (NEW.submission, NEW.recipient, 'hand:' || NEW.evidence_id, '', NEW.at);
END;

-- Deliveries that nobody has signed for yet, in the order of their coming: what reminders and alarms look through.
CREATE INDEX delivery_pending ON delivery (consigned_at, submission, office) WHERE review = 'pending';

-- Where messages go: an office's own addresses under its code, a person's under their id. Rows are erased when they are changed.
CREATE TABLE notice_address (
  holder TEXT PRIMARY KEY,
  mail TEXT NOT NULL,
  mobile TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;

-- Messages to be sent 消息发送箱: counts, never a title, number or name of a document. The id goes out with the message, so that whoever
-- gets it twice can tell. `address` and `text` are emptied once it is sent or given up. At most one for each cause, channel and holder.
CREATE TABLE message (
  id TEXT PRIMARY KEY CHECK (length(id) = 32),
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms')),
  office TEXT NOT NULL REFERENCES office (code),
  holder TEXT NOT NULL,
  cause TEXT NOT NULL,
  address TEXT,
  text TEXT,
  made_at TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  next_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
  ended_at TEXT,
  fault TEXT NOT NULL DEFAULT '',
  UNIQUE (cause, channel, holder)
) STRICT;
CREATE INDEX message_waiting ON message (next_at, id) WHERE state = 'waiting';
CREATE INDEX message_by_age ON message (made_at, id);

-- The roster of duty 值班表: who is on duty at an office on a day, from its morning to the next. Names and numbers are erasable.
CREATE TABLE duty_roster (
  office TEXT NOT NULL REFERENCES office (code),
  day TEXT NOT NULL,
  officer TEXT NOT NULL,
  officer_phone TEXT NOT NULL,
  leader TEXT NOT NULL,
  leader_phone TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  at TEXT NOT NULL,
  PRIMARY KEY (office, day)
) STRICT;

-- The diary of duty 值班日志: an office's own; entries are never changed, only followed by another.
CREATE TABLE duty_entry (
  id INTEGER PRIMARY KEY,
  office TEXT NOT NULL REFERENCES office (code),
  day TEXT NOT NULL,
  at TEXT NOT NULL,
  person TEXT NOT NULL REFERENCES person (id),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX duty_entry_by_day ON duty_entry (office, day, id);

-- Steps of an alarm 特急提醒: to whom it went while nobody had opened what is extra urgent. `name` is erasable.
CREATE TABLE alarm_step (
  submission TEXT NOT NULL REFERENCES submission (id),
  office TEXT NOT NULL REFERENCES office (code),
  step INTEGER NOT NULL CHECK (step BETWEEN 0 AND 9),
  told TEXT NOT NULL CHECK (told IN ('officer', 'leader', 'county', 'addressee')),
  name TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (submission, office, step)
) STRICT;
CREATE INDEX alarm_step_by_office ON alarm_step (office, at);

-- Codes that the county's duty officer gave at night 临时注册码, one for each event DutyCodeIssuance: what was enrolled with one ends with it.
-- Who was called back, at which number, is the event's reason, which is erasable. A deputy was registered for this alone.
CREATE TABLE duty_code (
  evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  selector TEXT NOT NULL UNIQUE REFERENCES invitation (selector),
  person TEXT NOT NULL REFERENCES person (id),
  issued_by TEXT REFERENCES person (id),
  deputy INTEGER NOT NULL CHECK (deputy IN (0, 1)),
  at TEXT NOT NULL,
  ends_at TEXT NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1))
) STRICT;
CREATE INDEX duty_code_by_age ON duty_code (at);
CREATE INDEX duty_code_open ON duty_code (ends_at) WHERE ended = 0;
