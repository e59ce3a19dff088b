"""Events in the order in which the ledger committed them, for those who may see them; always read from rows."""

import re
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.store import INNER, TOLD, VISIBLE, insider
from exchange.office.store import Person
from schemas.problems import Problem, ProblemType

PAGE: Final = 100
"""Events of a page."""

SPAN: Final = 2000
"""Rows that one page looks at: catching up on a year is many short reads, none of which holds a reader for long."""

_MARK: Final = re.compile(r"(?P<number>[1-9][0-9]{0,14})-(?P<evidence>[0-9a-f]{8})")


class Place(NamedTuple):
    """How far a reader has come: the number of an event in this ledger, 0 before the first, and how it is written."""

    number: int
    mark: str


START: Final = Place(0, "0")


class Happening(NamedTuple):
    """One event as it is told; `office` is the one to which its receipt belongs, `by` the person, if there was one."""

    place: Place
    event: str
    submission: str
    at: str
    recipient: str | None
    office: str
    evidence_id: str
    by: str | None


class Page(NamedTuple):
    """What happened after a place, as far as the caller may see it: numbers up to `reached` are done with; `more` are known."""

    happenings: tuple[Happening, ...]
    reached: int
    more: bool


def _place(number: int, evidence_id: str) -> Place:
    """Return a place whose mark also holds a piece of the evidence id, so that another ledger's marks are not taken for ours."""
    return Place(number, f"{number}-{evidence_id[:8]}")


def newest(tx: Tx) -> Place:
    """Return the place after everything that has happened."""
    row = tx.row("SELECT id, evidence_id FROM event ORDER BY id DESC LIMIT 1")
    return START if row is None else _place(row.id, row.evidence_id)


def find(tx: Tx, mark: str) -> Place:
    """Return the place that a reader named.

    Raises Problem REQUEST_MALFORMED for what is no mark, and EVENTS_UNKNOWN for one that this ledger never gave: an older
    copy was restored since, and going on from there would pass over what has happened.
    """
    if mark == START.mark:
        return START
    match = _MARK.fullmatch(mark)
    if match is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "after")
    row = tx.row("SELECT id, evidence_id FROM event WHERE id = :number", number=int(match["number"]))
    if row is None or _place(row.id, row.evidence_id).mark != mark:
        raise Problem(ProblemType.EVENTS_UNKNOWN)
    return _place(row.id, row.evidence_id)


def page(tx: Tx, caller: Person, after: int) -> Page:
    """Return the next events after a number that the caller may see, oldest first.

    Writes are serial and numbers are given inside them, so no smaller number is ever committed after a larger one.
    """
    last = newest(tx).number
    upto = min(after + SPAN, last)
    rows = tx.rows(
        "SELECT event.id, event.evidence_id, event.event, event.submission, event.at, event.recipient, event.office, event.person"  # noqa: S608 - constants
        " FROM event JOIN submission ON submission.id = event.submission"
        f" WHERE event.id > :after AND event.id <= :upto AND {VISIBLE} AND {TOLD} ORDER BY event.id LIMIT :page",
        after=after,
        upto=upto,
        office=caller.office,
        person=caller.id,
        insider=insider(caller),
        page=PAGE,
    )
    reached = rows[-1].id if len(rows) == PAGE else max(after, upto)
    return Page(tuple(map(_happening, rows)), reached, reached < last)


def _happening(row: Any) -> Happening:
    place = _place(row.id, row.evidence_id)
    return Happening(place, row.event, row.submission, row.at, row.recipient, row.office, row.evidence_id, row.person)


def concerned(tx: Tx, after: int) -> tuple[int, frozenset[str]]:
    """Return the newest number, and the offices that may see something of what happened after a number: a hint for waking."""
    # outer joins, so that the engine begins with the few events and not with all deliveries
    rows = tx.rows(
        "SELECT submission.office AS office FROM event LEFT JOIN submission ON submission.id = event.submission"  # noqa: S608 - constants
        f" WHERE event.id > :after AND event.event NOT IN ({INNER})"
        " UNION SELECT delivery.office AS office FROM event LEFT JOIN delivery ON delivery.submission = event.submission"
        " AND (event.recipient IS NULL OR event.recipient = delivery.office) WHERE event.id > :after ORDER BY office",
        after=after,
    )
    return newest(tx).number, frozenset(row.office for row in rows if row.office is not None)
