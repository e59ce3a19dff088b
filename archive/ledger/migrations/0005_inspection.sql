-- Scans are let in on what stands in the head of each page; the rest of the page is looked at afterwards. A row is work that is
-- still to be done, inserted by the transaction that accepts and deleted by the one that keeps the whole text, so that no kill
-- loses it. A row whose work failed three times stays, with the type of the problem, and is tried anew by the next start.

CREATE TABLE whole_look (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  rank INTEGER NOT NULL,
  since TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'failed')),
  problem TEXT
) STRICT;
CREATE INDEX whole_look_in_turn ON whole_look (state, tries, rank, since, submission);

-- Submissions that were let in because somebody answers for a secrecy review 保密审查: which rules they met (a JSON array), on
-- what it rests, and whose word it is: the id of who countersigned, or the name on the form. `series` and `valid_until` stand
-- where it covers later items as well. A row as a whole is erasable, as the title is.

CREATE TABLE secrecy_review (
  submission TEXT PRIMARY KEY REFERENCES submission (id),
  rules TEXT NOT NULL,
  basis TEXT NOT NULL,
  approver TEXT NOT NULL,
  approved_by TEXT,
  series TEXT,
  valid_until TEXT,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX secrecy_review_by_time ON secrecy_review (at, submission);
