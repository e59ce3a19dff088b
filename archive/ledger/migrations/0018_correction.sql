-- Reasons for returning, misdirection, corrections.

-- What the county's administrator made of the list of reasons for returning 退回原因: dated rows over those that are built in
-- (exchange/correction/builtin.py). A row without words takes its code off the list; the codes of earlier returns keep their words.
CREATE TABLE return_reason (
  code TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  place INTEGER NOT NULL,
  zh TEXT,
  en TEXT,
  clause TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (code, valid_from),
  CHECK ((zh IS NULL) = (en IS NULL))
) STRICT;

-- Which returns there were in a time: their codes are read from the erasable reasons themselves, so nothing is kept twice.
CREATE INDEX event_returned ON event (at, id) WHERE event = 'ConsignmentRejection';

-- What the sending office said of a number 发文字号 that it had used before: 更正, 联合发文 or 确属两件. It holds a code and no words.
CREATE TABLE same_number (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  said TEXT NOT NULL CHECK (said IN ('correction', 'joint', 'distinct')),
  person TEXT NOT NULL REFERENCES person (id),
  at TEXT NOT NULL
) STRICT;

-- The item that was sent anew 改投 because a recipient had said that the one before was misdirected.
CREATE TABLE redirection (
  submission TEXT NOT NULL,
  misdirected TEXT NOT NULL,
  office TEXT NOT NULL REFERENCES office (code),
  person TEXT NOT NULL REFERENCES person (id),
  at TEXT NOT NULL,
  PRIMARY KEY (submission, misdirected, office),
  FOREIGN KEY (submission, misdirected) REFERENCES delivery (submission, office)
) STRICT;
