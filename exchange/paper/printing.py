"""Printing 打印: an event before the first sheet, and a number for every copy, so that whoever holds one can be named.

Looking at an item is no print and printing is no reception: a recipient must have opened it, which is recorded by itself. A
recipient's print is an event of the item; a sender's is only its own, for no recipient's business. So is every print of a receipt 回执,
whose copies are numbered by themselves.
"""

from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange import idempotency
from exchange.delivery import store
from exchange.delivery.handling import Use, require_permitted
from exchange.delivery.moves import require_here
from exchange.idempotency import Once
from exchange.office import naming
from exchange.office.store import Person
from schemas import instants
from schemas.messages import Receipt, Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling

MOST: Final = 100
LONGEST: Final = 200


class Wanted(NamedTuple):
    """How many copies are to be printed, and what for."""

    copies: int
    purpose: str


class Print(NamedTuple):
    """Copies that one person printed: `first` is the number of the first among all that the office has printed of it."""

    evidence_id: str
    first: int
    copies: int
    at: str
    person: str
    name: str
    purpose: str


class Printed(NamedTuple):
    """What is printed: an item, or one receipt of it, named by its evidence id."""

    submission: str
    receipt: str | None = None


def print_once(tx: Tx, notary: Notary, caller: Person, of: Printed, wanted: Wanted, once: Once | None, now: datetime) -> str:
    """Record a print, or find the one that the same form recorded before: a sheet that was never shown is numbered once.

    Raises what `print_item` and `print_receipt` raise, and IDEMPOTENCY_KEY_USED.
    """
    if of.receipt is None:
        require_printable(tx, caller, of.submission)
        return idempotency.once_only(tx, caller.id, once, lambda: print_item(tx, notary, caller, of.submission, *wanted, now), now)
    require_receipt(tx, caller, of.submission, of.receipt)
    return idempotency.once_only(tx, caller.id, once, lambda: print_receipt(tx, notary, caller, of, wanted, now), now)


def print_item(tx: Tx, notary: Notary, caller: Person, submission: str, copies: int, purpose: str, now: datetime) -> str:
    """Record a print and number its copies; returns the evidence id.

    Raises what `require_readable` raises, NOT_ALLOWED, also for who has left since, REQUEST_MALFORMED with the field's name,
    and SIGNING_STOPPED.
    """
    require_here(tx, caller)
    require_printable(tx, caller, submission)
    received = tx.row("SELECT 1 AS found FROM delivery WHERE submission = :id AND office = :office", id=submission, office=caller.office)
    return _print(tx, notary, caller, (Printed(submission), received is not None), Wanted(copies, purpose), now)


def print_receipt(tx: Tx, notary: Notary, caller: Person, of: Printed, wanted: Wanted, now: datetime) -> str:
    """Record a print of one receipt, and number its copies; returns the evidence id of the print.

    Whoever is shown a receipt may print it: looking at it or printing it is no reception. Raises what `require_receipt` raises,
    REQUEST_MALFORMED with the field's name, and SIGNING_STOPPED.
    """
    require_receipt(tx, caller, of.submission, str(of.receipt))
    return _print(tx, notary, caller, (of, False), wanted, now)


def _print(tx: Tx, notary: Notary, caller: Person, matter: tuple[Printed, bool], wanted: Wanted, now: datetime) -> str:
    """Record a print of something; the second of `matter` says that it is an event of the item."""
    (of, received), (copies, purpose) = matter, wanted
    if not 1 <= copies <= MOST:
        raise Problem(ProblemType.REQUEST_MALFORMED, "copies")
    purpose = purpose.strip()
    if not purpose or len(purpose) > LONGEST or not purpose.isprintable():
        raise Problem(ProblemType.REQUEST_MALFORMED, "purpose")
    at, first = moment(tx, now), printed(tx, caller, of.submission, of.receipt) + 1
    fact = Fact(
        event=Event.PRINTING,
        office=caller.office,
        submission=of.submission if received else None,
        recipient=caller.office if received else None,
        by=caller.id,
        reason=purpose,
        subject=subject(of.submission, of.receipt, first, copies),
    )
    evidence = record(tx, notary, fact, at)
    tx.run(
        "INSERT INTO printing (evidence_id, submission, receipt, office, first, copies, at, person)"
        " VALUES (:evidence, :submission, :receipt, :office, :first, :copies, :at, :person)",
        evidence=evidence,
        submission=of.submission,
        receipt=of.receipt,
        office=caller.office,
        first=first,
        copies=copies,
        at=instants.write(at),
        person=caller.id,
    )
    return evidence


def subject(submission: str, receipt: str | None, first: int, copies: int) -> str:
    """Return how the event of a print names what was printed, and the numbers of its copies."""
    return f"{submission if receipt is None else f'receipt {receipt}'} {first}-{first + copies - 1}"


def require_receipt(tx: Tx, caller: Person, submission: str, receipt: str) -> None:
    """Raise Problem NOT_FOUND for a receipt that the caller is not shown, and what `store.receipts_of` raises."""
    shown = (decode(each.receipt, Receipt, ProblemType.LEDGER_DAMAGED) for each in store.receipts_of(tx, caller, submission))
    if all(each.evidence_id != receipt for each in shown):
        raise Problem(ProblemType.NOT_FOUND, "receipt")


def require_printable(tx: Tx, caller: Person, submission: str) -> Submission:
    """Return the metadata of what the caller may print. Raises what `require_readable` raises, and NOT_ALLOWED."""
    row = store.require_readable(tx, caller, submission)
    require_permitted(Handling(row.handling), Use.PRINT, caller.role)
    text = tx.row("SELECT metadata FROM submission_text WHERE submission = :id", id=submission)
    return decode(bytes(text.metadata), Submission, ProblemType.LEDGER_DAMAGED)


def printed(tx: Tx, caller: Person, submission: str, receipt: str | None = None) -> int:
    """Return how many copies the caller's office has printed of an item, or of one of its receipts."""
    row = tx.row(
        "SELECT coalesce(sum(copies), 0) AS copies FROM printing WHERE submission = :id AND office = :office AND receipt IS :receipt",
        id=submission,
        receipt=receipt,
        office=caller.office,
    )
    return int(row.copies)


def prints(tx: Tx, caller: Person, submission: str, receipt: str | None = None) -> list[Print]:
    """Return the prints of an item, or of one of its receipts, by the caller's office, oldest first.

    Raises what `require_readable`, of a receipt what `require_receipt` raises.
    """
    if receipt is None:
        store.require_readable(tx, caller, submission)
    else:
        require_receipt(tx, caller, submission, receipt)
    rows = tx.rows(
        "SELECT printing.*, reason.text AS purpose FROM printing LEFT JOIN reason USING (evidence_id)"
        " WHERE submission = :id AND office = :office AND receipt IS :receipt ORDER BY first",
        id=submission,
        receipt=receipt,
        office=caller.office,
    )
    names = naming.people(tx, {row.person for row in rows})
    return [
        Print(row.evidence_id, row.first, row.copies, row.at, row.person, names.get(row.person, row.person), row.purpose or "")
        for row in rows
    ]
