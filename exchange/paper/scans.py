"""Scans of papers: accepted submissions that are linked with a paper, found by the filing number that stands on their receipts.

A scan is no upload of its own: whatever enters is signed by a person, judged by the policy and has a receipt, so there is one way in.
"""

import re
from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import describing
from exchange.delivery.store import VISIBLE
from exchange.office.store import Person
from exchange.paper import store
from exchange.paper.store import Registered
from schemas.problems import Problem, ProblemType

FILED: Final = "filing number"
"""The detail of the refusal of a number under which the caller can see nothing."""
_FILED: Final = re.compile("([A-Za-z][A-Za-z0-9_-]{0,31})-([0-9]{4})-([0-9]{1,9})")


class Scan(NamedTuple):
    """A submission that holds a scan, by its filing number; only such as the caller may see."""

    submission: str
    filed: str


def attach_filed(tx: Tx, caller: Person, evidence_id: str, filed: str, now: datetime) -> None:
    """Link a paper with the submission of this filing number. Raises what `store.attach` raises; NOT_FOUND with `FILED` for none."""
    found = _FILED.fullmatch(filed)
    row = None
    if found is not None:
        row = tx.row(
            "SELECT submission.id FROM submission WHERE submission.office = :sender AND filing_year = :year AND filing_ordinal = :ordinal"  # noqa: S608 - a constant
            f" AND {VISIBLE}",
            sender=found[1],
            year=int(found[2]),
            ordinal=int(found[3]),
            office=caller.office,
            person=caller.id,
        )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, FILED)
    store.attach(tx, caller, evidence_id, row.id, now)


def scans(tx: Tx, caller: Person, paper: Registered) -> list[Scan]:
    """Return the scans of a paper that the caller may see."""
    found = []
    for submission in paper.scans:
        if describing.visible(tx, caller, submission) is not None:
            row = tx.row("SELECT office, filing_year, filing_ordinal FROM submission WHERE id = :id", id=submission)
            found.append(Scan(submission, f"{row.office}-{row.filing_year}-{row.filing_ordinal:06}"))
    return found
