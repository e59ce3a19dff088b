"""Deputies 代班: who acts for whom from one day to another. It gives nobody a right or a key: it says whom to ask, and whom to remind."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
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


def today(now: datetime) -> str:
    """Return the day it is at the county."""
    return now.astimezone(instants.BEIJING).date().isoformat()


def name_deputy(tx: Tx, notary: Notary, caller: Person, person: str, deputy: str, days: tuple[str, str], now: datetime) -> int:
    """Let somebody of the same office act for a person on these days; returns the row's id. It takes effect without the county.

    Raises Problem NOT_ALLOWED, NOT_FOUND, REQUEST_MALFORMED (`days`, `deputy`), and ACTION_NOT_POSSIBLE when somebody acts for the
    person on one of these days already.
    """
    caller = offices.person(tx, caller.id)
    if not may_propose(caller, caller.office):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    first, last = _days(days, now)
    if any(store.entry(tx, each).office != caller.office for each in (person, deputy)):
        raise Problem(ProblemType.NOT_FOUND, "person")
    if person == deputy:
        raise Problem(ProblemType.REQUEST_MALFORMED, "deputy")
    overlap = (
        "SELECT 1 AS found FROM staff_deputy WHERE person = :person AND ended_at IS NULL AND first_day <= :last AND last_day >= :first"
    )
    if tx.row(overlap, person=person, first=first, last=last) is not None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "somebody acts for them on these days")
    now = moment(tx, now)
    evidence = record(
        tx, notary, Fact(event=Event.STAFF_CHANGE, office=caller.office, by=caller.id, subject=f"deputy {person} {deputy}"), now
    )
    tx.run(
        "INSERT INTO staff_deputy (person, deputy, first_day, last_day, evidence_id) VALUES (:person, :deputy, :first, :last, :evidence)",
        person=person,
        deputy=deputy,
        first=first,
        last=last,
        evidence=evidence,
    )
    return int(tx.row("SELECT max(id) AS id FROM staff_deputy").id)


def _days(days: tuple[str, str], now: datetime) -> tuple[str, str]:
    try:
        first, last = (date.fromisoformat(day) for day in days)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "days") from error
    if not timedelta(0) <= last - first < LONGEST or last.isoformat() < today(now) or first - date.fromisoformat(today(now)) > LONGEST:
        raise Problem(ProblemType.REQUEST_MALFORMED, "days")
    return first.isoformat(), last.isoformat()


def end_deputy(tx: Tx, notary: Notary, caller: Person, id_: int, now: datetime) -> None:
    """End a deputy's time before its last day. Raises Problem NOT_ALLOWED or NOT_FOUND."""
    caller = offices.person(tx, caller.id)
    if not may_propose(caller, caller.office):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    row = tx.row(
        "SELECT staff_deputy.person, deputy FROM staff_deputy JOIN person ON person.id = staff_deputy.person"
        " WHERE staff_deputy.id = :id AND person.office = :office AND ended_at IS NULL",
        id=id_,
        office=caller.office,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "deputy")
    now = moment(tx, now)
    record(tx, notary, Fact(event=Event.STAFF_CHANGE, office=caller.office, by=caller.id, subject=f"back {row.person} {row.deputy}"), now)
    tx.run("UPDATE staff_deputy SET ended_at = :at WHERE id = :id", at=instants.write(now), id=id_)


def forget(tx: Tx, person: str, now: datetime) -> None:
    """End what somebody who leaves did for others, and others for them."""
    tx.run(
        "UPDATE staff_deputy SET ended_at = :at WHERE :person IN (person, deputy) AND ended_at IS NULL",
        at=instants.write(now),
        person=person,
    )


_DEPUTY: Final = (
    "SELECT staff_deputy.id, staff_deputy.person, away.name, staff_deputy.deputy, acting.name AS deputy_name, first_day, last_day"
    " FROM staff_deputy JOIN person ON person.id = staff_deputy.person"
    " JOIN person_period AS away ON away.person = staff_deputy.person AND away.valid_to IS NULL"
    " JOIN person_period AS acting ON acting.person = staff_deputy.deputy AND acting.valid_to IS NULL"
    " WHERE ended_at IS NULL AND last_day >= :day"
)


def of_office(tx: Tx, office: str, now: datetime) -> list[Deputy]:
    """Return who acts for whom at an office, now and later, by the first day."""
    rows = tx.rows(f"{_DEPUTY} AND person.office = :office ORDER BY first_day, staff_deputy.id", day=today(now), office=office)
    return [_deputy(row) for row in rows]


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
    return Deputy(row.id, row.person, row.name, row.deputy, row.deputy_name, row.first_day, row.last_day)
