-- The paper leg 纸质通道, printing, outage media, legacy.

-- One paper that an office received or sent beside the network, by the event that says so. The kind, the month and the reason are
-- counted and stay; counterpart, number and title tell content: they are erasable (set NULL), and the receipt holds their salted digest.
CREATE TABLE paper_item (
    evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
    office TEXT NOT NULL REFERENCES office (code),
    direction TEXT NOT NULL CHECK (direction IN ('received', 'sent')),
    other_office TEXT REFERENCES office (code), -- the counterpart, where it is an office of the county
    counterpart TEXT, -- its name as it was typed or as it was called that day
    number TEXT,
    title TEXT,
    kind TEXT NOT NULL,
    dated TEXT, -- the day that stands on the paper
    copies INTEGER NOT NULL CHECK (copies BETWEEN 1 AND 9999),
    pages INTEGER NOT NULL CHECK (pages BETWEEN 0 AND 9999), -- 0: not counted
    reason TEXT NOT NULL, -- why it came on paper, a code
    late TEXT, -- why, in words, although paper of this kind had ended
    at TEXT NOT NULL,
    month TEXT NOT NULL, -- of `at`, by Beijing time: 2026-11
    person TEXT NOT NULL REFERENCES person (id),
    once TEXT UNIQUE -- which form it came by: the same form twice is one paper
) STRICT;
CREATE INDEX paper_item_office ON paper_item (office, at);
CREATE INDEX paper_item_month ON paper_item (month, office);

-- A scan of a paper: an accepted submission that the same office sent or received.
CREATE TABLE paper_scan (
    evidence_id TEXT NOT NULL REFERENCES paper_item (evidence_id),
    submission TEXT NOT NULL REFERENCES submission (id),
    at TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (evidence_id, submission)
) STRICT, WITHOUT ROWID;
CREATE INDEX paper_scan_submission ON paper_scan (submission);

-- Senders outside the county 外单位, typed once by an office.
CREATE TABLE paper_sender (
    office TEXT NOT NULL REFERENCES office (code),
    name TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (office, name)
) STRICT, WITHOUT ROWID;

-- What went by confidential courier 机要: so many in a month, and nothing else about them, ever.
CREATE TABLE paper_courier (
    office TEXT NOT NULL REFERENCES office (code),
    direction TEXT NOT NULL CHECK (direction IN ('received', 'sent')),
    month TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count BETWEEN 0 AND 9999),
    at TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (office, direction, month)
) STRICT, WITHOUT ROWID;

-- From which day a kind comes on paper no more 停收纸质; the newest row of a kind holds, a NULL day takes it back.
CREATE TABLE paper_stop (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    day TEXT,
    at TEXT NOT NULL,
    person TEXT NOT NULL
) STRICT;

-- How many documents an office exchanged in a month, by direction, kind and way; kept by the triggers below, proved by a recount.
-- One document to one office counts once on either side; a corrected version is its first one over again and counts no more.
-- Paper from and to the world outside the county ('outside') cannot come by this network and is shown apart.
CREATE TABLE exchange_count (
    month TEXT NOT NULL,
    office TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('received', 'sent')),
    kind TEXT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('electronic', 'paper', 'outside')),
    count INTEGER NOT NULL,
    PRIMARY KEY (month, office, direction, kind, way)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER exchange_count_electronic AFTER INSERT ON event WHEN new.event = 'ContentConsignment'
BEGIN
    INSERT INTO exchange_count (month, office, direction, kind, way, count)
    SELECT strftime('%Y-%m', new.at, '+8 hours'), new.recipient, 'received', submission.kind, 'electronic', 1
    FROM submission WHERE submission.id = new.submission AND submission.replaces IS NULL
    ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO exchange_count (month, office, direction, kind, way, count)
    SELECT strftime('%Y-%m', new.at, '+8 hours'), submission.office, 'sent', submission.kind, 'electronic', 1
    FROM submission WHERE submission.id = new.submission AND submission.replaces IS NULL
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER exchange_count_paper AFTER INSERT ON paper_item
BEGIN
    INSERT INTO exchange_count (month, office, direction, kind, way, count)
    VALUES (new.month, new.office, new.direction, new.kind, iif(new.other_office IS NULL, 'outside', 'paper'), 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- what was exchanged before there was a count
INSERT INTO exchange_count (month, office, direction, kind, way, count)
SELECT strftime('%Y-%m', event.at, '+8 hours'), event.recipient, 'received', submission.kind, 'electronic', count(*)
FROM event JOIN submission ON submission.id = event.submission
WHERE event.event = 'ContentConsignment' AND submission.replaces IS NULL GROUP BY 1, 2, 4;
INSERT INTO exchange_count (month, office, direction, kind, way, count)
SELECT strftime('%Y-%m', event.at, '+8 hours'), submission.office, 'sent', submission.kind, 'electronic', count(*)
FROM event JOIN submission ON submission.id = event.submission
WHERE event.event = 'ContentConsignment' AND submission.replaces IS NULL GROUP BY 1, 2, 4;

-- Every print of an item 打印: so many copies, the first of them with this number among all that the office has printed of it.
CREATE TABLE printing (
    evidence_id TEXT PRIMARY KEY REFERENCES event (evidence_id),
    submission TEXT NOT NULL REFERENCES submission (id),
    office TEXT NOT NULL REFERENCES office (code),
    first INTEGER NOT NULL,
    copies INTEGER NOT NULL CHECK (copies BETWEEN 1 AND 999),
    at TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id)
) STRICT;
CREATE INDEX printing_item ON printing (submission, office);

-- What a medium brought: which file became which submission, for whoever brings it again.
CREATE TABLE medium_import (
    container TEXT PRIMARY KEY, -- its SHA-256
    submission TEXT NOT NULL REFERENCES submission (id),
    at TEXT NOT NULL,
    person TEXT -- NULL: by the command on the county's machine
) STRICT;

-- Documents from before this exchange 历史件: unsigned, and said to be so everywhere; one import is one batch.
CREATE TABLE legacy_batch (
    register TEXT PRIMARY KEY, -- SHA-256 of the office's code and the register file
    office TEXT NOT NULL REFERENCES office (code),
    name TEXT NOT NULL, -- of the register file
    rows INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    evidence_id TEXT REFERENCES event (evidence_id), -- once it is complete; nobody sees anything of it before
    begun_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE TABLE legacy_item (
    id INTEGER PRIMARY KEY,
    register TEXT NOT NULL REFERENCES legacy_batch (register),
    line INTEGER NOT NULL, -- of the register
    office TEXT NOT NULL REFERENCES office (code),
    direction TEXT NOT NULL CHECK (direction IN ('received', 'sent')),
    counterpart TEXT,
    number TEXT,
    title TEXT,
    kind TEXT NOT NULL,
    dated TEXT NOT NULL, -- '' where the register has none
    pages INTEGER NOT NULL,
    file TEXT, -- its name
    blob TEXT, -- SHA-256 of the file
    size INTEGER,
    media_type TEXT,
    handling TEXT NOT NULL,
    body BLOB, -- its text, packed (archive.reading.kept)
    UNIQUE (register, line)
) STRICT;
CREATE INDEX legacy_item_office ON legacy_item (office, dated DESC, id DESC);
CREATE INDEX legacy_item_blob ON legacy_item (blob);
