"""Printing 打印: an event before the first sheet, and a number for every copy, so that whoever holds one can be named.

Looking at an item is no print and printing is no reception: a recipient must have opened it, which is recorded by itself. A
recipient's print is an event of the item; a sender's is only its own, for no recipient's business.
"""

from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.delivery import store
from exchange.delivery.handling import Use, require_permitted
from exchange.office import naming
from exchange.office.store import Person
from schemas import instants
from schemas.messages import Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling

MOST: Final = 100
LONGEST: Final = 200


class Print(NamedTuple):
    """Copies that one person printed: `first` is the number of the first among all that the office has printed of the item."""

    evidence_id: str
    first: int
    copies: int
    at: str
    person: str
    name: str
    purpose: str


def print_item(tx: Tx, notary: Notary, caller: Person, submission: str, copies: int, purpose: str, now: datetime) -> str:
    """Record a print and number its copies; returns the evidence id.

    Raises what `require_readable` raises, NOT_ALLOWED, REQUEST_MALFORMED with the field's name, and SIGNING_STOPPED.
    """
    require_printable(tx, caller, submission)
    if not 1 <= copies <= MOST:
        raise Problem(ProblemType.REQUEST_MALFORMED, "copies")
    purpose = purpose.strip()
    if not purpose or len(purpose) > LONGEST or not purpose.isprintable():
        raise Problem(ProblemType.REQUEST_MALFORMED, "purpose")
    at, first = moment(tx, now), printed(tx, caller, submission) + 1
    received = tx.row("SELECT 1 AS found FROM delivery WHERE submission = :id AND office = :office", id=submission, office=caller.office)
    fact = Fact(
        event=Event.PRINTING,
        office=caller.office,
        submission=submission if received else None,
        recipient=caller.office if received else None,
        by=caller.id,
        reason=purpose,
        subject=f"{submission} {first}-{first + copies - 1}",
    )
    evidence = record(tx, notary, fact, at)
    tx.run(
        "INSERT INTO printing (evidence_id, submission, office, first, copies, at, person)"
        " VALUES (:evidence, :submission, :office, :first, :copies, :at, :person)",
        evidence=evidence,
        submission=submission,
        office=caller.office,
        first=first,
        copies=copies,
        at=instants.write(at),
        person=caller.id,
    )
    return evidence


def require_printable(tx: Tx, caller: Person, submission: str) -> Submission:
    """Return the metadata of what the caller may print. Raises what `require_readable` raises, and NOT_ALLOWED."""
    row = store.require_readable(tx, caller, submission)
    require_permitted(Handling(row.handling), Use.PRINT, caller.role)
    text = tx.row("SELECT metadata FROM submission_text WHERE submission = :id", id=submission)
    return decode(bytes(text.metadata), Submission, ProblemType.LEDGER_DAMAGED)


def printed(tx: Tx, caller: Person, submission: str) -> int:
    """Return how many copies the caller's office has printed."""
    row = tx.row(
        "SELECT coalesce(sum(copies), 0) AS copies FROM printing WHERE submission = :id AND office = :office",
        id=submission,
        office=caller.office,
    )
    return int(row.copies)


def prints(tx: Tx, caller: Person, submission: str) -> list[Print]:
    """Return the prints of the caller's office, oldest first. Raises what `require_readable` raises."""
    store.require_readable(tx, caller, submission)
    rows = tx.rows(
        "SELECT printing.*, reason.text AS purpose FROM printing LEFT JOIN reason USING (evidence_id)"
        " WHERE submission = :id AND office = :office ORDER BY first",
        id=submission,
        office=caller.office,
    )
    names = naming.people(tx, {row.person for row in rows})
    return [
        Print(row.evidence_id, row.first, row.copies, row.at, row.person, names.get(row.person, row.person), row.purpose or "")
        for row in rows
    ]
