-- Documents from before 历史件 in the search, and what was erased for good.

-- What `erase` took out of the ledger: the words, and the file, of one document from before, or the words of one paper. Until it is
-- purged, something of it may be left in the ledger's log of changes or in the index's files.
CREATE TABLE erasure (
    id INTEGER PRIMARY KEY,
    item INTEGER REFERENCES legacy_item (id), -- NULL: a paper
    paper TEXT REFERENCES paper_item (evidence_id), -- NULL: a document from before
    evidence_id TEXT UNIQUE REFERENCES event (evidence_id), -- what says so of a document from before; the index follows it
    purged INTEGER NOT NULL DEFAULT 0 CHECK (purged IN (0, 1)),
    CHECK ((item IS NULL) != (paper IS NULL))
) STRICT;
CREATE INDEX erasure_unpurged ON erasure (id) WHERE purged = 0;
CREATE INDEX erasure_item ON erasure (item);

-- what was erased before this was noted
INSERT INTO erasure (item) SELECT id FROM legacy_item WHERE title IS NULL;
INSERT INTO erasure (paper) SELECT evidence_id FROM paper_item WHERE title IS NULL AND evidence_id NOT IN
    (SELECT paper_scan.evidence_id FROM paper_scan JOIN sealing USING (submission));
