-- Staff: whoever the county lets go at once is a change as well, that nobody proposed.

-- What 0021 said of it holds; new: `proposed_by` is null for the command on the county's machine, and a change whose `settlement` is its
-- own id was done by the county without a request: its event is a StaffChange.
CREATE TABLE staff_request_anew (
  id TEXT PRIMARY KEY REFERENCES event (evidence_id),
  office TEXT NOT NULL REFERENCES office (code),
  kind TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  proposed_by TEXT REFERENCES person (id),
  proposed_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'returned', 'withdrawn')),
  settled_by TEXT REFERENCES person (id),
  settled_at TEXT,
  settlement TEXT REFERENCES event (evidence_id),
  CHECK (proposed_by IS NOT NULL OR settlement = id)
) STRICT;
INSERT INTO staff_request_anew SELECT id, office, kind, person, proposed_by, proposed_at, state, settled_by, settled_at, settlement
  FROM staff_request;
DROP TABLE staff_request;
ALTER TABLE staff_request_anew RENAME TO staff_request;
CREATE UNIQUE INDEX staff_request_once ON staff_request (person) WHERE state = 'open' AND person IS NOT NULL;
CREATE INDEX staff_request_open ON staff_request (office, proposed_at) WHERE state = 'open';
CREATE INDEX staff_request_by_office ON staff_request (office, proposed_at);

-- A print of a receipt 回执 is numbered for itself: `receipt` is the event whose receipt was printed, null where the item was.
ALTER TABLE printing ADD COLUMN receipt TEXT REFERENCES event (evidence_id);

-- What was put on a medium for an office without a network, sealed for its readers. No event: nobody has received anything by it.
CREATE TABLE medium_export (
  id INTEGER PRIMARY KEY,
  submission TEXT NOT NULL REFERENCES submission (id),
  office TEXT NOT NULL REFERENCES office (code),
  at TEXT NOT NULL,
  person TEXT REFERENCES person (id) -- NULL: by the command on the county's machine
) STRICT;
CREATE INDEX medium_export_item ON medium_export (submission, office);
