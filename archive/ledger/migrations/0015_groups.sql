-- Groups of recipients, joint issue, which office has taken the place of one that was closed, and urgent items first.

-- a group of recipient offices 收文单位组: `shared` ones are the county's own and everybody's to choose, the others their office's
CREATE TABLE recipient_group (
  id INTEGER PRIMARY KEY,
  office TEXT NOT NULL REFERENCES office (code),
  shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX recipient_group_by_office ON recipient_group (office, id);

-- what a group is called and who is in it (a JSON array of office codes), as dated rows: what it meant on a day stays answerable
CREATE TABLE recipient_group_period (
  recipient_group INTEGER NOT NULL REFERENCES recipient_group (id),
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  name TEXT NOT NULL,
  members TEXT NOT NULL,
  person TEXT NOT NULL REFERENCES person (id),
  PRIMARY KEY (recipient_group, valid_from)
) STRICT;
CREATE UNIQUE INDEX recipient_group_present ON recipient_group_period (recipient_group) WHERE valid_to IS NULL;

-- the offices that issue a submission together 联合发文 besides its sender, and who signed for each; it is among what they sent
CREATE TABLE joint_issuer (
  submission TEXT NOT NULL REFERENCES submission (id),
  office TEXT NOT NULL REFERENCES office (code),
  person TEXT NOT NULL REFERENCES person (id),
  accepted_at TEXT NOT NULL,
  PRIMARY KEY (submission, office)
) STRICT;
CREATE INDEX joint_issuer_by_office ON joint_issuer (office, accepted_at, submission);

-- how urgent a delivery is, 0 extra urgent, 1 urgent, 2 normal, from its submission: lists are walked by it, whatever their length
ALTER TABLE delivery ADD COLUMN rank INTEGER NOT NULL DEFAULT 2 CHECK (rank BETWEEN 0 AND 2);
UPDATE delivery SET rank = CASE (SELECT urgency FROM submission WHERE submission.id = delivery.submission)
  WHEN 'extra_urgent' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END;
CREATE INDEX delivery_by_rank ON delivery (office, review, rank, consigned_at DESC, submission DESC);
CREATE TRIGGER delivery_is_ranked AFTER INSERT ON delivery
WHEN (SELECT urgency FROM submission WHERE submission.id = NEW.submission) IN ('extra_urgent', 'urgent')
BEGIN
  UPDATE delivery SET rank = CASE (SELECT urgency FROM submission WHERE submission.id = NEW.submission) WHEN 'extra_urgent' THEN 0 ELSE 1 END
  WHERE submission = NEW.submission AND office = NEW.office;
END;

-- the office that goes on with the business of one that was closed 撤并; the newest row of an office counts
CREATE TABLE office_successor (
  office TEXT NOT NULL REFERENCES office (code),
  since TEXT NOT NULL,
  successor TEXT NOT NULL REFERENCES office (code),
  PRIMARY KEY (office, since)
) STRICT;
