"""The receipt matrix 签收矩阵 of a sent item: which office received, opened, signed for or returned it, when, and whom to call there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.delivery import sender
from exchange.delivery.states import Opening, Recall, Review
from exchange.office import naming
from exchange.office.contacts import Contact, contacts_of, duty_desks
from exchange.office.store import Person
from exchange.supervision import pace, urging
from exchange.supervision.answers import Cell, Matrix, Totals
from exchange.supervision.urging import Last
from schemas import instants
from schemas.words import Event

_TIMES: Final = {
    Event.CONTENT_HANDOVER: "opened_at",
    Event.CONSIGNMENT_ACCEPTANCE: "signed_at",
    Event.CONSIGNMENT_REJECTION: "returned_at",
    Event.MISDIRECTION: "misdirected_at",
    Event.WITHDRAWAL: "withdrawn_at",
}
"""The events that a cell tells the time of."""
_EVENTS: Final = ", ".join(f"'{each.value}'" for each in _TIMES)


def matrix(tx: Tx, caller: Person, submission: str, now: datetime) -> Matrix:
    """Return the matrix of what the caller's office issued. Raises Problem NOT_FOUND, and NOT_ALLOWED for a recipient.

    An office that issued it jointly reads it; telephone numbers, and what was said when urging, are for the sender, who urges.
    """
    row = sender.require_issuer(tx, caller, submission)
    whole = sender.is_sender(caller, row.sender)
    at = instants.write(now)
    rows = tx.rows(
        "SELECT delivery.office, delivery.copy, delivery.opening, delivery.review, delivery.recall, delivery.consigned_at,"
        " tracking.sign_by, tracking.expired_at, tracking.urged, tracking.urged_at FROM delivery"
        " JOIN tracking ON tracking.submission = delivery.submission AND tracking.office = delivery.office"
        " WHERE delivery.submission = :id ORDER BY delivery.copy, delivery.office",
        id=submission,
    )
    codes = [each.office for each in rows]
    times, last = _times(tx, submission), urging.last(tx, submission)
    last = last if whole else {office: each._replace(note="") for office, each in last.items()}
    resting = pace.resting(tx, caller.office, submission, now) if whole else {}
    people = naming.people(tx, {each.by for each in last.values() if each.by})
    names, desks, named = naming.offices(tx, codes), duty_desks(tx, codes), contacts_of(tx, codes)
    cells = [
        Cell(
            name=names[each.office],
            **_standing(each, at),
            **times.get(each.office, {}),
            **_urging(each, last.get(each.office), people),
            urge_from=instants.write(resting[each.office]) if each.office in resting else None,
            **(_call(desks.get(each.office), named.get(each.office)) if whole else {}),
        )
        for each in rows
    ]
    number = f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}"
    return Matrix(submission=submission, filing_number=number, at=at, totals=totals(cells), rows=cells)


def totals(cells: Sequence[Cell]) -> Totals:
    """Count the recipients."""
    return Totals(
        recipients=len(cells),
        opened=sum(cell.opening is Opening.OPENED for cell in cells),
        signed_for=sum(cell.review is Review.SIGNED_FOR for cell in cells),
        returned=sum(cell.review in (Review.RETURNED, Review.MISDIRECTED) for cell in cells),
        withdrawn=sum(cell.review is Review.WITHDRAWN for cell in cells),
        waiting=sum(cell.waits for cell in cells),
        overdue=sum(cell.overdue for cell in cells),
    )


def _times(tx: Tx, submission: str) -> dict[str, dict[str, Any]]:
    """Return by office when it was first opened, and when it was last signed for, returned and so on."""
    rows = tx.rows(
        "SELECT recipient, event, max(at) AS at FROM event WHERE submission = :id AND recipient IS NOT NULL"  # noqa: S608 - constants
        f" AND event IN ({_EVENTS}) GROUP BY recipient, event ORDER BY recipient, event",
        id=submission,
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row.recipient, {})[_TIMES[Event(row.event)]] = row.at
    return found


def _standing(row: Any, at: str) -> dict[str, Any]:
    review = Review(row.review)
    return {
        "office": row.office,
        "copy": bool(row.copy),
        "opening": Opening(row.opening),
        "review": review,
        "recall": Recall(row.recall),
        "consigned_at": row.consigned_at,
        "sign_by": row.sign_by or None,
        "expired_at": row.expired_at,
        "overdue": review is Review.PENDING and "" < row.sign_by < at,
    }


def _urging(row: Any, last: Last | None, people: dict[str, str]) -> dict[str, Any]:
    if last is None:
        return {}
    return {
        "urged": row.urged,
        "urged_at": row.urged_at,
        "urged_by": last.by,
        "urged_by_name": people.get(last.by or "", last.by),
        "urged_way": last.way,
        "note": last.note,
    }


def _call(desk: str | None, contact: Contact | None) -> dict[str, Any]:
    if desk is not None:
        return {"phone": desk}
    return {} if contact is None else {"phone": contact.phone, "contact": contact.name}
