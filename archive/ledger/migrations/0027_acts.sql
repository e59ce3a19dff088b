-- Acts that had no event of their own: a form that is closed, a scan that is linked with a paper, a deputy's time that ends before its
-- last day, a roster that is changed. What was done before this was kept has no event and stays valid: its column is NULL, and the row
-- is no younger than this step (`migration.at`). Nothing done since is without one.

-- The event FormClosure 停止填报 of a form that its sender closed.
ALTER TABLE form ADD COLUMN closure TEXT REFERENCES event (evidence_id);
CREATE UNIQUE INDEX form_closure ON form (closure) WHERE closure IS NOT NULL;

-- The event ScanAttachment 补附扫描件 that linked it; `evidence_id` is the paper's own.
ALTER TABLE paper_scan ADD COLUMN attachment TEXT REFERENCES event (evidence_id);
CREATE UNIQUE INDEX paper_scan_attachment ON paper_scan (attachment) WHERE attachment IS NOT NULL;

-- The event DeputyEnd 结束代班 where it ended early. `evidence_id` is a DeputyAppointment 登记代班; before this it was a StaffChange
-- whose subject is `deputy` with the two people, and no days.
ALTER TABLE staff_deputy ADD COLUMN ending TEXT REFERENCES event (evidence_id);
CREATE UNIQUE INDEX staff_deputy_ending ON staff_deputy (ending) WHERE ending IS NOT NULL;
CREATE UNIQUE INDEX staff_deputy_evidence ON staff_deputy (evidence_id);

-- The event DutyRosterChange 变更值班表 that entered the day. Its reason says who is on duty and who leads on which days, without a
-- number to call; it is erased with the names.
ALTER TABLE duty_roster ADD COLUMN evidence_id TEXT REFERENCES event (evidence_id);
CREATE INDEX duty_roster_evidence ON duty_roster (evidence_id) WHERE evidence_id IS NOT NULL;
CREATE INDEX event_of_roster ON event (office, id) WHERE event = 'DutyRosterChange';
