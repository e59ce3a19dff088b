"""Scans of papers: accepted submissions that are linked with a paper, found by the filing number that stands on their receipts.

A scan is no upload of its own: whatever enters is signed by a person, judged by the policy and has a receipt, so there is one way in.
"""

from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary, Stated
from exchange.delivery import describing, identifying
from exchange.office.store import Person
from exchange.paper import store
from exchange.paper.store import Registered
from schemas import filing
from schemas.problems import Problem, ProblemType

FILED: Final = "filing number"
"""The detail of the refusal of a number under which the caller can see nothing."""


class Scan(NamedTuple):
    """A submission that holds a scan, by its filing number; only such as the caller may see. When it was linked, by whom, and its event.

    `attachment` is None for a link from before it was an event.
    """

    submission: str
    filed: str
    at: str
    person: str
    attachment: str | None


def attach_filed(
    tx: Tx, notary: Notary, caller: Person, evidence_id: str, filed: str, now: datetime, signed: Stated | None = None
) -> str | None:
    """Link a paper with the submission of this filing number, as `store.attach` does. Raises also NOT_FOUND with `FILED` for none."""
    number = filing.read(filed)
    found = None if number is None else identifying.visible_by_number(tx, caller, number)
    if found is None:
        raise Problem(ProblemType.NOT_FOUND, FILED)
    return store.attach(tx, notary, caller, evidence_id, found, now, signed)


def scans(tx: Tx, caller: Person, paper: Registered) -> list[Scan]:
    """Return the scans of a paper that the caller may see."""
    found = []
    for submission in paper.scans:
        if describing.visible(tx, caller, submission) is not None:
            row = tx.row(
                "SELECT office, filing_year, filing_ordinal, paper_scan.at, paper_scan.person, attachment FROM paper_scan"
                " JOIN submission ON submission.id = paper_scan.submission"
                " WHERE paper_scan.evidence_id = :paper AND paper_scan.submission = :id",
                paper=paper.evidence_id,
                id=submission,
            )
            number = str(filing.Filing(row.office, row.filing_year, row.filing_ordinal))
            found.append(Scan(submission, number, row.at, row.person, row.attachment))
    return found
