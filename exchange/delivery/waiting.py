"""What waits for an office today 今日待办: its own items that came back, what it has to sign for, what it must answer soon, its receipts.

Nothing here looks back further than a year, for dates a quarter: what lay longer is found in the lists. Sealed items have no text
and are left out.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import store
from exchange.delivery.answers import Delivery
from exchange.delivery.states import OPEN_ENDED, Opening, Review
from exchange.delivery.store import NAMED_ONLY, VISIBLE
from exchange.office.store import Person
from schemas import instants
from schemas.words import COUNTY, Event, OfficeKind, Urgency

LOOKED_BACK: Final = timedelta(days=366)
DATES_LOOKED_BACK: Final = timedelta(days=92)
"""Dates stand in the sender's own words, which have to be read one by one."""
SOON: Final = timedelta(days=7)
MOST_COUNTED: Final = 1000
"""Behind this many it is said that there are more."""

TOLD_OF: Final = (
    Event.SUBMISSION_ACCEPTANCE,
    Event.CONTENT_HANDOVER,
    Event.CONSIGNMENT_ACCEPTANCE,
    Event.CONSIGNMENT_REJECTION,
)
"""The receipts that a sender waits for."""
_EVENTS: Final = ", ".join(f"'{each.value}'" for each in TOLD_OF)


class Item(NamedTuple):
    """A row of what waits. `office` is the sender; `due` is the date by which an answer is asked for, empty without one."""

    submission: str
    title: str
    number: str | None
    office: str
    urgency: Urgency
    at: str
    opening: Opening | None = None
    due: str = ""
    deliveries: tuple[Delivery, ...] = ()


class Waiting(NamedTuple):
    """How many wait, `MOST_COUNTED` standing for that many and more, and the first of them."""

    total: int
    rows: tuple[Item, ...]


class Fresh(NamedTuple):
    """One of the newest receipts: what happened to which submission; `title` is empty for what is sealed."""

    evidence_id: str
    event: Event
    at: str
    recipient: str | None
    submission: str
    title: str


_RETURNED: Final = (
    " FROM submission JOIN submission_text ON submission_text.submission = submission.id"  # noqa: S608 - constants
    f" WHERE submission.office = :office AND submission.accepted_at >= :since AND {NAMED_ONLY}"
    " AND submission.id IN (SELECT submission FROM sent_tally WHERE sender = :office AND review = 'returned' AND count > 0)"
    " AND NOT EXISTS (SELECT 1 FROM submission AS newer WHERE newer.replaces = submission.id AND newer.office = submission.office)"
)
_RECEIVED: Final = (
    " FROM delivery JOIN submission ON submission.id = delivery.submission"
    " JOIN submission_text ON submission_text.submission = submission.id"
    f" WHERE delivery.office = :office AND delivery.consigned_at >= :since AND {NAMED_ONLY}"
)
REPLIED: Final = (
    "EXISTS (SELECT 1 FROM submission AS reply JOIN submission_text AS kept ON kept.submission = reply.id"  # noqa: S608 - constants
    " JOIN delivery AS there ON there.submission = reply.id JOIN office_period AS it ON it.office = there.office"
    " WHERE reply.in_reply_to = {asked} AND reply.office = {office}"
    f" AND there.review IN ({', '.join(sorted(repr(each.value) for each in OPEN_ENDED))})"
    f" AND (there.office = {{sender}} OR it.kind IN ('{OfficeKind.COUNTY.value}', '{OfficeKind.DEPARTMENT.value}')))"
)
"""That an office has answered, as SQL: with something that lies with who asked, or with an office of the county that the paper may name,
and that was neither given or taken back nor sealed. Naming an item in what goes to somebody else is no answer."""
_RESPOND_BY: Final = (
    "(SELECT max(respond_by, coalesce(extended, '')) FROM tracking"
    " WHERE tracking.submission = delivery.submission AND tracking.office = delivery.office)"
)
"""The day that is asked of this recipient, or a later one that was given; NULL where none is asked."""
_DUE: Final = (
    f"{_RECEIVED} AND delivery.copy = 0 AND delivery.review IN (:pending, :signed) AND instr(submission_text.metadata, :named) > 0"  # noqa: S608 - constants
    f" AND {_RESPOND_BY} <= :until"
    f" AND NOT {REPLIED.format(asked='submission.id', office=':office', sender='submission.office')}"
    " AND submission.id NOT IN (SELECT submission FROM form)"  # what a form asks stands among the forms, until it is answered
)
_NAMED: Final = b'"respond_by"'
_RANK: Final = f"CASE submission.urgency WHEN '{Urgency.EXTRA_URGENT.value}' THEN 0 WHEN '{Urgency.URGENT.value}' THEN 1 ELSE 2 END"
_COLUMNS: Final = "submission.id, submission.office AS sender, submission.urgency, submission_text.number, submission_text.title"


def returned(tx: Tx, caller: Person, now: datetime, most: int) -> Waiting:
    """Return what the caller's office sent and a recipient returned, as far as nothing has taken its place yet."""
    values = {"office": caller.office, "person": caller.id, "since": _since(now)}
    rows = tx.rows(
        f"SELECT {_COLUMNS}, submission.accepted_at AS at{_RETURNED}"
        f" ORDER BY {_RANK}, submission.accepted_at DESC, submission.id LIMIT :most",
        **values,
        most=most,
    )
    return Waiting(_count(tx, _RETURNED, values), tuple(_item(row, deliveries=store.deliveries(tx, caller, row.id)) for row in rows))


def to_sign_for(tx: Tx, caller: Person, now: datetime, most: int) -> Waiting:
    """Return what the caller's office received and has not yet signed for or returned; the most urgent first, then the oldest."""
    values = {"office": caller.office, "person": caller.id, "since": _since(now), "review": Review.PENDING.value}
    waiting = f"{_RECEIVED} AND delivery.review = :review"
    rows = tx.rows(
        f"SELECT {_COLUMNS}, delivery.consigned_at AS at, delivery.opening{waiting}"
        " ORDER BY delivery.rank, delivery.consigned_at, submission.id LIMIT :most",
        **values,
        most=most,
    )
    return Waiting(_count(tx, waiting, values), tuple(_item(row, opening=Opening(row.opening)) for row in rows))


def due(tx: Tx, caller: Person, now: datetime, today: str, most: int) -> Waiting:
    """Return what the caller's office has to answer within a week or should have answered, the earliest date first.

    `today` is a date as 2026-11-22. An answer is a submission of the office that names the item in `in_reply_to` (`REPLIED`). The county
    is not asked: nobody sets it a date, and it receives everything.
    """
    if caller.office == COUNTY:
        return Waiting(0, ())
    until = (datetime.fromisoformat(today) + SOON).strftime("%Y-%m-%d")
    since = instants.write(now - DATES_LOOKED_BACK)
    values: dict[str, Any] = {"office": caller.office, "person": caller.id, "since": since, "until": until}
    values |= {"pending": Review.PENDING.value, "signed": Review.SIGNED_FOR.value, "named": _NAMED}
    rows = tx.rows(
        f"SELECT {_COLUMNS}, delivery.consigned_at AS at, delivery.opening, {_RESPOND_BY} AS due{_DUE}"
        " ORDER BY due, delivery.consigned_at, submission.id LIMIT :most",
        **values,
        most=most,
    )
    return Waiting(_count(tx, _DUE, values), tuple(_item(row, opening=Opening(row.opening), due=row.due) for row in rows))


def fresh(tx: Tx, caller: Person, most: int) -> tuple[Fresh, ...]:
    """Return the newest receipts of what the caller's office sent, of items that the caller may see."""
    rows = tx.rows(
        "SELECT event.evidence_id, event.event, event.at, event.recipient, submission.id, submission_text.title FROM event"  # noqa: S608 - constants
        " JOIN submission ON submission.id = event.submission"
        " LEFT JOIN submission_text ON submission_text.submission = submission.id"
        f" WHERE event.office = :office AND event.event IN ({_EVENTS}) AND submission.office = :office AND {VISIBLE}"
        " ORDER BY event.sequence DESC LIMIT :most",
        office=caller.office,
        person=caller.id,
        most=most,
    )
    return tuple(Fresh(row.evidence_id, Event(row.event), row.at, row.recipient, row.id, row.title or "") for row in rows)


def _since(now: datetime) -> str:
    return instants.write(now - LOOKED_BACK)


def _count(tx: Tx, condition: str, values: dict[str, Any]) -> int:
    row = tx.row(f"SELECT count(*) AS count FROM (SELECT 1{condition} LIMIT :most)", **values, most=MOST_COUNTED)  # noqa: S608 - constants
    return int(row.count)


def _item(row: Any, **more: Any) -> Item:
    return Item(row.id, row.title, row.number, row.sender, Urgency(row.urgency), row.at, **more)
