"""Offices and people change as dated rows: what was called otherwise before stays answerable, and papers keep the name of their time.

A change of an office is a public event with a receipt: whoever keeps a certificate that names the office can see what became of it.
Certificates stay as they are: they name the office by its code, which never changes, beside the name that it had when they were
issued; those issued from then on bear the new name.
"""

from datetime import datetime
from typing import Any

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, record
from exchange.delivery.states import Review
from exchange.office import store
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Role

SAME_NAME = "the same name"
PEOPLE_LEFT = "people"
WAITING = "deliveries"


def rename_office(tx: Tx, notary: Notary, code: str, name: str, now: datetime) -> str:
    """Call an office something else from now on; returns what it was called.

    Raises Problem OFFICE_UNKNOWN, REQUEST_MALFORMED for no name, ACTION_NOT_POSSIBLE for the same one, and NOT_ALLOWED for
    the county's own office, whose name stands in the settings and in its own certificates.
    """
    present, name = _present(tx, code), store.require_name(name)
    if name == present.name:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, SAME_NAME)
    record(tx, notary, Fact(event=Event.OFFICE_RENAMING, office=COUNTY, subject=f"{code} {name}"), now)
    _end(tx, code, now)
    _begin(tx, code, name, present.kind, now)
    return str(present.name)


def close_office(tx: Tx, notary: Notary, code: str, now: datetime, successor: str | None = None) -> str:
    """End an office: nothing is sent to it from now on, what it sent and received stays; returns its name.

    `successor` is the office that goes on with its business; whoever still writes to the closed one is told.

    Raises Problem OFFICE_UNKNOWN, NOT_ALLOWED for the county's own, and ACTION_NOT_POSSIBLE while it has people (`PEOPLE_LEFT`) or
    something that nobody signed for or returned (`WAITING`).
    """
    present = _present(tx, code)
    if successor is not None:
        _name_successor(tx, code, successor, now)
    people = (
        "SELECT 1 AS found FROM person JOIN person_period ON person_period.person = person.id WHERE office = :code AND valid_to IS NULL"
    )
    if tx.row(f"{people} LIMIT 1", code=code) is not None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, PEOPLE_LEFT)
    waiting = "SELECT 1 AS found FROM delivery WHERE office = :code AND review = :pending LIMIT 1"
    if tx.row(waiting, code=code, pending=Review.PENDING.value) is not None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, WAITING)
    record(tx, notary, Fact(event=Event.OFFICE_CLOSURE, office=COUNTY, subject=code), now)
    _end(tx, code, now)
    tx.run("UPDATE contact SET valid_to = :at WHERE office = :code AND valid_to IS NULL", at=instants.write(now), code=code)
    tx.run("UPDATE duty_desk SET valid_to = :at WHERE office = :code AND valid_to IS NULL", at=instants.write(now), code=code)
    return str(present.name)


def reopen_office(tx: Tx, notary: Notary, code: str, now: datetime) -> str:
    """Register an office again that was closed, under its last name; returns the name. Raises Problem OFFICE_UNKNOWN for any other."""
    periods = tx.rows("SELECT name, kind, valid_to FROM office_period WHERE office = :code ORDER BY valid_from", code=code)
    if not periods or periods[-1].valid_to is None:
        raise Problem(ProblemType.OFFICE_UNKNOWN, code)
    last = periods[-1]
    record(tx, notary, Fact(event=Event.OFFICE_REGISTRATION, office=COUNTY, subject=code), now)
    _begin(tx, code, last.name, last.kind, now)
    return str(last.name)


def rename_person(tx: Tx, person: str, name: str, now: datetime) -> str:
    """Correct what somebody is called, from now on; returns what they were called.

    It is no public event, as their registration was none; certificates bear the new name once they are enrolled anew.
    Raises Problem PERSON_UNKNOWN, REQUEST_MALFORMED for no name, ACTION_NOT_POSSIBLE for the same one.
    """
    present, name = store.person(tx, person), store.require_name(name)
    if name == present.name:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, SAME_NAME)
    _go_on(tx, person, name, present.role, now)
    return present.name


def change_role(tx: Tx, person: str, role: Role, now: datetime) -> None:
    """Give somebody another role at their office, from now on. Raises Problem PERSON_UNKNOWN."""
    present = store.person(tx, person)
    if role is not present.role:
        _go_on(tx, person, present.name, role, now)


def _go_on(tx: Tx, person: str, name: str, role: Role, now: datetime) -> None:
    begun = tx.row("SELECT valid_from FROM person_period WHERE person = :person AND valid_to IS NULL", person=person).valid_from
    at = max(instants.write(now), begun)  # a clock that was put back must not make the old name the newest
    tx.run("DELETE FROM person_period WHERE person = :person AND valid_from = :at", person=person, at=at)  # twice within a millisecond
    tx.run("UPDATE person_period SET valid_to = :at WHERE person = :person AND valid_to IS NULL", person=person, at=at)
    tx.run(
        "INSERT INTO person_period (person, valid_from, name, role) VALUES (:person, :at, :name, :role)",
        person=person,
        at=at,
        name=name,
        role=role.value,
    )


def _name_successor(tx: Tx, code: str, successor: str, now: datetime) -> None:
    if successor == code or not store.known_offices(tx, [successor]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, successor)
    tx.run(
        "INSERT OR REPLACE INTO office_successor (office, since, successor) VALUES (:code, :at, :successor)",
        code=code,
        at=instants.write(now),
        successor=successor,
    )


def _present(tx: Tx, code: str) -> Any:
    row = tx.row("SELECT name, kind FROM office_period WHERE office = :code AND valid_to IS NULL", code=code)
    if row is None:
        raise Problem(ProblemType.OFFICE_UNKNOWN, code)
    if code == COUNTY:
        raise Problem(ProblemType.NOT_ALLOWED, COUNTY)
    return row


def _end(tx: Tx, code: str, now: datetime) -> None:
    tx.run("UPDATE office_period SET valid_to = :at WHERE office = :code AND valid_to IS NULL", at=instants.write(now), code=code)


def _begin(tx: Tx, code: str, name: str, kind: str, now: datetime) -> None:
    at = instants.write(now)
    tx.run("DELETE FROM office_period WHERE office = :code AND valid_from = :at", code=code, at=at)  # twice within a millisecond
    tx.run(
        "INSERT INTO office_period (office, valid_from, name, kind) VALUES (:code, :at, :name, :kind)",
        code=code,
        at=at,
        name=name,
        kind=kind,
    )
