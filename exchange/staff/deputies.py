"""Deputies 代班: who acts for whom from one day to another. It gives nobody a right or a key: it says whom to ask, and whom to remind.

Who names a deputy, and who ends that time before its last day, leaves an event with the two people and the days: what a deputy does
bears their own name and their own signature, and these receipts prove for whom they stood in.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, Stated, moment, record
from exchange.delivery import own_act
from exchange.delivery.moves import require_here
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.staff import store
from exchange.staff.filing import may_propose
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event

LONGEST: Final = timedelta(days=366)
_STEPS: Final = 5


class Deputy(NamedTuple):
    """Who acts for whom, and on which days, the first and the last included."""

    id: int
    person: str
    name: str
    deputy: str
    deputy_name: str
    first_day: str
    last_day: str
    evidence_id: str

    @property
    def subject(self) -> str:
        """How its receipts name it."""
        return subject(self.person, self.deputy, self.first_day, self.last_day)


def today(now: datetime) -> str:
    """Return the day it is at the county."""
    return now.astimezone(instants.BEIJING).date().isoformat()


def subject(person: str, deputy: str, first: str, last: str) -> str:
    """Return how receipts and statements name it: who is away, who acts for them, the first and the last day."""
    return f"{person} {deputy} {first} {last}"


def name_deputy(
    tx: Tx, notary: Notary, caller: Person, person: str, deputy: str, days: tuple[str, str], now: datetime, signed: Stated | None = None
) -> str:
    """Let somebody of the same office act for a person on these days; returns the evidence id. It takes effect without the county.

    The very same once more is that one. `signed` is the caller's own statement. Raises Problem NOT_ALLOWED, NOT_FOUND, REQUEST_MALFORMED
    (`days`, `deputy`), STATEMENT_INVALID, and ACTION_NOT_POSSIBLE when somebody acts for the person on one of these days already.
    """
    require_here(tx, caller)
    caller = offices.person(tx, caller.id)
    if not may_propose(caller, caller.office):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    first, last = _days(days, now)
    if any(store.entry(tx, each).office != caller.office for each in (person, deputy)):
        raise Problem(ProblemType.NOT_FOUND, "person")
    if person == deputy:
        raise Problem(ProblemType.REQUEST_MALFORMED, "deputy")
    named = subject(person, deputy, first, last)
    fact = Fact(event=Event.DEPUTY_APPOINTMENT, office=caller.office, by=caller.id, subject=named, stated=signed)
    own_act.require_same_act(fact)
    there = tx.row(_OVERLAP, person=person, first=first, last=last)
    if there is not None:
        if (there.deputy, there.first_day, there.last_day) == (deputy, first, last):
            return str(there.evidence_id)
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "somebody acts for them on these days")
    own_act.require_unsaid(tx, fact)
    evidence = record(tx, notary, fact, moment(tx, now))
    tx.run(
        "INSERT INTO staff_deputy (person, deputy, first_day, last_day, evidence_id) VALUES (:person, :deputy, :first, :last, :evidence)",
        person=person,
        deputy=deputy,
        first=first,
        last=last,
        evidence=evidence,
    )
    return evidence


_OVERLAP: Final = (
    "SELECT deputy, first_day, last_day, evidence_id FROM staff_deputy"
    " WHERE person = :person AND ended_at IS NULL AND first_day <= :last AND last_day >= :first ORDER BY id LIMIT 1"
)


def _days(days: tuple[str, str], now: datetime) -> tuple[str, str]:
    try:
        first, last = (date.fromisoformat(day) for day in days)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "days") from error
    if not timedelta(0) <= last - first < LONGEST or last.isoformat() < today(now) or first - date.fromisoformat(today(now)) > LONGEST:
        raise Problem(ProblemType.REQUEST_MALFORMED, "days")
    return first.isoformat(), last.isoformat()


def end_deputy(tx: Tx, notary: Notary, caller: Person, named: str, now: datetime, signed: Stated | None = None) -> str:
    """End a deputy's time before its last day; `named` is the event that named the deputy. Returns the evidence id of its end.

    Twice is once: what has ended answers with the event that ended it. `signed` is the caller's own statement. Raises Problem
    NOT_ALLOWED, STATEMENT_INVALID, and NOT_FOUND, also for what had ended before that was an event of its own.
    """
    require_here(tx, caller)
    caller = offices.person(tx, caller.id)
    if not may_propose(caller, caller.office):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    row = tx.row(f"{_ROW} WHERE staff_deputy.evidence_id = :id AND office = :office", id=named, office=caller.office)
    if row is None or (row.ended_at is not None and row.ending is None):
        raise Problem(ProblemType.NOT_FOUND, "deputy")
    if row.ending is not None:
        return str(row.ending)
    return _end(tx, notary, row, caller.id, moment(tx, now), signed)


def forget(tx: Tx, notary: Notary, by: str | None, person: str, now: datetime) -> None:
    """End what somebody who leaves did for others, and others for them; `by` is who lets them go, None for the command."""
    rows = tx.rows(f"{_ROW} WHERE :person IN (person, deputy) AND ended_at IS NULL ORDER BY staff_deputy.id", person=person)
    for row in rows:
        if row.last_day >= today(now):
            _end(tx, notary, row, by, moment(tx, now), None)


_ROW: Final = (
    "SELECT staff_deputy.id, person, deputy, first_day, last_day, ended_at, ending, person.office FROM staff_deputy"
    " JOIN person ON person.id = staff_deputy.person"
)


def _end(tx: Tx, notary: Notary, row: Any, by: str | None, now: datetime, signed: Stated | None) -> str:
    named = subject(row.person, row.deputy, row.first_day, row.last_day)
    fact = Fact(event=Event.DEPUTY_END, office=row.office, by=by, subject=named, stated=signed)
    own_act.require_same_act(fact)
    own_act.require_unsaid(tx, fact)
    evidence = record(tx, notary, fact, now)
    tx.run(
        "UPDATE staff_deputy SET ended_at = :at, ending = :evidence WHERE id = :id", at=instants.write(now), evidence=evidence, id=row.id
    )
    return evidence


_DEPUTY: Final = (
    "SELECT staff_deputy.id, staff_deputy.person, away.name, staff_deputy.deputy, acting.name AS deputy_name, first_day, last_day,"
    " staff_deputy.evidence_id"
    " FROM staff_deputy JOIN person ON person.id = staff_deputy.person"
    " JOIN person_period AS away ON away.person = staff_deputy.person AND away.valid_to IS NULL"
    " JOIN person_period AS acting ON acting.person = staff_deputy.deputy AND acting.valid_to IS NULL"
    " WHERE ended_at IS NULL AND last_day >= :day"
)


def of_office(tx: Tx, office: str, now: datetime) -> list[Deputy]:
    """Return who acts for whom at an office, now and later, by the first day."""
    rows = tx.rows(f"{_DEPUTY} AND person.office = :office ORDER BY first_day, staff_deputy.id", day=today(now), office=office)
    return [_deputy(row) for row in rows]


class Past(NamedTuple):
    """Who acted for whom until it was over, or was ended early; `ended_at` and `ending` are the early end and its event."""

    evidence_id: str
    person: str
    deputy: str
    first_day: str
    last_day: str
    ended_at: str | None
    ending: str | None


def past(tx: Tx, office: str, now: datetime, most: int) -> list[Past]:
    """Return who acted for whom at an office, the latest first."""
    rows = tx.rows(
        "SELECT evidence_id, person, deputy, first_day, last_day, ended_at, ending FROM staff_deputy"
        " JOIN person ON person.id = staff_deputy.person"
        " WHERE person.office = :office AND (ended_at IS NOT NULL OR last_day < :day) ORDER BY staff_deputy.id DESC LIMIT :most",
        office=office,
        day=today(now),
        most=most,
    )
    return [Past(**row._asdict()) for row in rows]


def acting(tx: Tx, office: str, now: datetime) -> list[Deputy]:
    """Return who acts for whom at an office today."""
    return [each for each in of_office(tx, office, now) if each.first_day <= today(now)]


def stand_in(tx: Tx, person: str, now: datetime) -> str | None:
    """Return who acts for a person today, who may themselves be away: the one at the end; None when the person is there."""
    found, met = None, {person}
    for _ in range(_STEPS):
        row = tx.row(f"{_DEPUTY} AND staff_deputy.person = :person AND first_day <= :day", day=today(now), person=found or person)
        if row is None or row.deputy in met:
            break
        found = str(row.deputy)
        met.add(found)
    return found


def routed(tx: Tx, people: Iterable[str], now: datetime) -> dict[str, str]:
    """Return who is to be reminded instead of each of these people today: themselves, or whoever acts for them."""
    return {person: stand_in(tx, person, now) or person for person in people}


def _deputy(row: Any) -> Deputy:
    return Deputy(row.id, row.person, row.name, row.deputy, row.deputy_name, row.first_day, row.last_day, row.evidence_id)
