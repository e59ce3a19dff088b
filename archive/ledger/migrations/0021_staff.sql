-- The staff registry 人员备案.

-- What an office's people are filed with, as dated rows beside their names and roles in person_period. Personal data: rows may be
-- erased, nothing else depends on them. `training` is a JSON list of {date, subject, hours}.
CREATE TABLE staff_period (
  person TEXT NOT NULL REFERENCES person (id),
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  post TEXT NOT NULL,
  mobile TEXT NOT NULL,
  birth_year INTEGER,
  full_time INTEGER CHECK (full_time IN (0, 1)),
  since TEXT NOT NULL,
  in_charge INTEGER NOT NULL CHECK (in_charge IN (0, 1)),
  training TEXT NOT NULL,
  PRIMARY KEY (person, valid_from)
) STRICT;
CREATE UNIQUE INDEX staff_period_now ON staff_period (person) WHERE valid_to IS NULL;

-- Changes that an office proposes and the county confirms or returns: a row an event StaffChangeRequest. What is to change stands in
-- the event's reason, which is erasable; nothing personal stands here. `person` is null for somebody who is not there yet.
CREATE TABLE staff_request (
  id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  office TEXT NOT NULL REFERENCES office (code),
  kind TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  proposed_by TEXT NOT NULL REFERENCES person (id),
  proposed_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'returned', 'withdrawn')),
  settled_by TEXT REFERENCES person (id),
  settled_at TEXT,
  settlement TEXT REFERENCES event (evidence_id)
) STRICT;
CREATE UNIQUE INDEX staff_request_once ON staff_request (person) WHERE state = 'open' AND person IS NOT NULL;
CREATE INDEX staff_request_open ON staff_request (office, proposed_at) WHERE state = 'open';
CREATE INDEX staff_request_by_office ON staff_request (office, proposed_at);

-- Who goes on under another id: a person's id belongs to one office, so whoever moves is a person anew.
CREATE TABLE staff_link (
  before TEXT PRIMARY KEY REFERENCES person (id),
  after TEXT NOT NULL UNIQUE REFERENCES person (id),
  at TEXT NOT NULL
) STRICT;

-- Deputies 代班: who acts for whom, from one day to another. It gives nobody a right; it says whom to ask and whom to remind.
CREATE TABLE staff_deputy (
  id INTEGER PRIMARY KEY,
  person TEXT NOT NULL REFERENCES person (id),
  deputy TEXT NOT NULL REFERENCES person (id),
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL CHECK (last_day >= first_day),
  evidence_id TEXT NOT NULL REFERENCES event (evidence_id),
  ended_at TEXT,
  CHECK (person != deputy)
) STRICT;
CREATE INDEX staff_deputy_by_person ON staff_deputy (person, last_day);

-- What lay open with somebody who left, and who has it now. `named` rows made the successor an addressee of the submission.
CREATE TABLE staff_handover (
  submission TEXT NOT NULL REFERENCES submission (id),
  person TEXT NOT NULL REFERENCES person (id),
  successor TEXT NOT NULL REFERENCES person (id),
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  at TEXT NOT NULL,
  evidence_id TEXT NOT NULL REFERENCES event (evidence_id),
  PRIMARY KEY (submission, person)
) STRICT;
CREATE INDEX staff_handover_by_person ON staff_handover (person);
CREATE INDEX staff_handover_by_successor ON staff_handover (successor);

-- What somebody sent is found by who it was: when they leave, it is looked for.
CREATE INDEX submission_by_person ON submission (person, accepted_at);
