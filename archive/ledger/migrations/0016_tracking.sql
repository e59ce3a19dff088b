-- Tracking 督办: where every delivery stands, by when it is to be signed for, and how often it was urged. A row follows its delivery and
-- the events about it in the same transaction, by the triggers below, whoever writes these; a recount from them must find the same.
-- `sign_by` is empty until the limit was worked out: that needs the calendar, so the service does it at once afterwards. `extended` is
-- the day up to which the sender gave more time. `expired_at` is when the overdue event was recorded.
CREATE TABLE tracking (
  submission TEXT NOT NULL,
  office TEXT NOT NULL,
  sender TEXT NOT NULL,
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  opening TEXT NOT NULL,
  review TEXT NOT NULL,
  consigned_at TEXT NOT NULL,
  respond_by TEXT,
  extended TEXT,
  sign_by TEXT NOT NULL DEFAULT '',
  expired_at TEXT,
  urged INTEGER NOT NULL DEFAULT 0,
  urged_at TEXT,
  answered INTEGER NOT NULL DEFAULT 0 CHECK (answered IN (0, 1)),
  PRIMARY KEY (submission, office),
  FOREIGN KEY (submission, office) REFERENCES delivery (submission, office)
) STRICT, WITHOUT ROWID;
CREATE INDEX tracking_sent ON tracking (sender, sign_by, submission, office, opening, named) WHERE review = 'pending';
CREATE INDEX tracking_received ON tracking (office, sign_by, submission, opening, named) WHERE review = 'pending';
CREATE INDEX tracking_without_limit ON tracking (submission, office) WHERE review = 'pending' AND sign_by = '';
CREATE INDEX tracking_to_expire ON tracking (sign_by, submission, office) WHERE review = 'pending' AND expired_at IS NULL;
CREATE INDEX tracking_to_answer ON tracking (office, respond_by, submission) WHERE respond_by IS NOT NULL AND answered = 0;

CREATE INDEX tracking_between ON tracking (sender, office, review, named, submission);

-- A whole inbox with the urgent ones first is read from an index as well.
CREATE INDEX delivery_by_office_and_rank ON delivery (office, rank, consigned_at DESC, submission DESC);

-- How many deliveries stand where, counted for the office that received them and for the one that sent them. Items for named persons
-- are not in it: a number must not tell of them.
CREATE TABLE delivery_count (
  side TEXT NOT NULL CHECK (side IN ('received', 'sent')),
  office TEXT NOT NULL,
  review TEXT NOT NULL,
  opening TEXT NOT NULL,
  overdue INTEGER NOT NULL CHECK (overdue IN (0, 1)),
  count INTEGER NOT NULL,
  PRIMARY KEY (side, office, review, opening, overdue)
) STRICT, WITHOUT ROWID;

-- How many copies of one sent item stand where, and how many items of an office have at least one copy that stands so.
CREATE TABLE sent_tally (
  submission TEXT NOT NULL,
  review TEXT NOT NULL,
  sender TEXT NOT NULL,
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  count INTEGER NOT NULL,
  PRIMARY KEY (submission, review)
) STRICT, WITHOUT ROWID;
CREATE INDEX sent_tally_returned ON sent_tally (sender, submission) WHERE review = 'returned' AND count > 0;
CREATE TABLE sent_count (
  sender TEXT NOT NULL,
  review TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (sender, review)
) STRICT, WITHOUT ROWID;

-- What happened at one recipient is found without looking at what happened at the others of a large notice.
CREATE INDEX event_at_recipient ON event (submission, recipient, event, at) WHERE recipient IS NOT NULL;

-- The items for named persons that a person sent: few, and looked at one by one.
CREATE INDEX submission_named_by_sender ON submission (person, id) WHERE named = 1;

CREATE TRIGGER delivery_is_tracked AFTER INSERT ON delivery
BEGIN
  INSERT INTO tracking (submission, office, sender, named, opening, review, consigned_at, respond_by)
  SELECT NEW.submission, NEW.office, submission.office, submission.named, NEW.opening, NEW.review, NEW.consigned_at,
    CAST(submission_text.metadata AS TEXT) ->> '$.respond_by'
  FROM submission LEFT JOIN submission_text ON submission_text.submission = submission.id
  WHERE submission.id = NEW.submission;
END;

CREATE TRIGGER move_is_tracked AFTER UPDATE OF opening, review ON delivery
WHEN NEW.opening != OLD.opening OR NEW.review != OLD.review
BEGIN
  UPDATE tracking SET opening = NEW.opening, review = NEW.review WHERE submission = NEW.submission AND office = NEW.office;
END;

CREATE TRIGGER urging_is_tracked AFTER INSERT ON event WHEN NEW.event = 'NotificationForAcceptance'
BEGIN
  UPDATE tracking SET urged = urged + 1, urged_at = NEW.at WHERE submission = NEW.submission AND office = NEW.recipient;
END;

CREATE TRIGGER expiry_is_tracked AFTER INSERT ON event WHEN NEW.event = 'AcceptanceRejectionExpiry'
BEGIN
  UPDATE tracking SET expired_at = NEW.at WHERE submission = NEW.submission AND office = NEW.recipient;
END;

-- more time was given: the limit is worked out anew
CREATE TRIGGER extension_is_tracked AFTER INSERT ON event WHEN NEW.event = 'DeadlineExtension'
BEGIN
  UPDATE tracking SET sign_by = '', expired_at = NULL WHERE submission = NEW.submission AND office = NEW.recipient;
END;

CREATE TRIGGER answer_is_tracked AFTER INSERT ON submission WHEN NEW.in_reply_to IS NOT NULL
BEGIN
  UPDATE tracking SET answered = 1 WHERE submission = NEW.in_reply_to AND office = NEW.office;
END;

CREATE TRIGGER form_is_tracked AFTER INSERT ON event WHEN NEW.event = 'FormAnswer'
BEGIN
  UPDATE tracking SET answered = 1 WHERE submission = NEW.submission AND office = NEW.recipient;
END;

CREATE TRIGGER tracked_is_counted AFTER INSERT ON tracking
BEGIN
  INSERT INTO sent_tally (submission, review, sender, named, count) VALUES (NEW.submission, NEW.review, NEW.sender, NEW.named, 1)
    ON CONFLICT (submission, review) DO UPDATE SET count = count + 1;
  INSERT INTO delivery_count (side, office, review, opening, overdue, count)
    SELECT side.value, iif(side.value = 'sent', NEW.sender, NEW.office), NEW.review, NEW.opening, NEW.expired_at IS NOT NULL, 1
    FROM json_each('["received", "sent"]') AS side WHERE NEW.named = 0
    ON CONFLICT (side, office, review, opening, overdue) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER tracked_is_counted_anew AFTER UPDATE OF opening, review, expired_at ON tracking
WHEN NEW.opening != OLD.opening OR NEW.review != OLD.review OR (NEW.expired_at IS NULL) != (OLD.expired_at IS NULL)
BEGIN
  UPDATE sent_tally SET count = count - 1 WHERE submission = OLD.submission AND review = OLD.review AND NEW.review != OLD.review;
  INSERT INTO sent_tally (submission, review, sender, named, count)
    SELECT NEW.submission, NEW.review, NEW.sender, NEW.named, 1 WHERE NEW.review != OLD.review
    ON CONFLICT (submission, review) DO UPDATE SET count = count + 1;
  UPDATE delivery_count SET count = count - 1 WHERE OLD.named = 0 AND side = 'received' AND office = OLD.office
    AND review = OLD.review AND opening = OLD.opening AND overdue = (OLD.expired_at IS NOT NULL);
  UPDATE delivery_count SET count = count - 1 WHERE OLD.named = 0 AND side = 'sent' AND office = OLD.sender
    AND review = OLD.review AND opening = OLD.opening AND overdue = (OLD.expired_at IS NOT NULL);
  INSERT INTO delivery_count (side, office, review, opening, overdue, count)
    SELECT side.value, iif(side.value = 'sent', NEW.sender, NEW.office), NEW.review, NEW.opening, NEW.expired_at IS NOT NULL, 1
    FROM json_each('["received", "sent"]') AS side WHERE NEW.named = 0
    ON CONFLICT (side, office, review, opening, overdue) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER tally_is_counted AFTER INSERT ON sent_tally WHEN NEW.named = 0
BEGIN
  INSERT INTO sent_count (sender, review, count) VALUES (NEW.sender, NEW.review, 1)
    ON CONFLICT (sender, review) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER tally_is_counted_anew AFTER UPDATE OF count ON sent_tally WHEN NEW.named = 0 AND (NEW.count = 0) != (OLD.count = 0)
BEGIN
  UPDATE sent_count SET count = count + iif(NEW.count = 0, -1, 1) WHERE sender = NEW.sender AND review = NEW.review;
END;

-- what was delivered before this was kept; its limit is worked out by the next start
INSERT INTO tracking (submission, office, sender, named, opening, review, consigned_at, respond_by, answered)
  SELECT delivery.submission, delivery.office, submission.office, submission.named, delivery.opening, delivery.review, delivery.consigned_at,
    CAST(submission_text.metadata AS TEXT) ->> '$.respond_by',
    (delivery.submission, delivery.office) IN (SELECT in_reply_to, office FROM submission WHERE in_reply_to IS NOT NULL)
  FROM delivery JOIN submission ON submission.id = delivery.submission
  LEFT JOIN submission_text ON submission_text.submission = submission.id ORDER BY delivery.submission, delivery.office;
