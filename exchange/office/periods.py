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
from schemas.words import COUNTY, Event

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


def close_office(tx: Tx, notary: Notary, code: str, now: datetime) -> str:
    """End an office: nothing is sent to it from now on, what it sent and received stays; returns its name.

    Raises Problem OFFICE_UNKNOWN, NOT_ALLOWED for the county's own, and ACTION_NOT_POSSIBLE while it has people (`PEOPLE_LEFT`) or
    something that nobody signed for or returned (`WAITING`).
    """
    present = _present(tx, code)
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
    present, name, at = store.person(tx, person), store.require_name(name), instants.write(now)
    if name == present.name:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, SAME_NAME)
    begun = tx.row("SELECT valid_from FROM person_period WHERE person = :person AND valid_to IS NULL", person=person).valid_from
    at = max(at, begun)  # a clock that was put back must not make the old name the newest
    tx.run("DELETE FROM person_period WHERE person = :person AND valid_from = :at", person=person, at=at)  # twice within a millisecond
    tx.run("UPDATE person_period SET valid_to = :at WHERE person = :person AND valid_to IS NULL", person=person, at=at)
    tx.run(
        "INSERT INTO person_period (person, valid_from, name, role) VALUES (:person, :at, :name, :role)",
        person=person,
        at=at,
        name=name,
        role=present.role.value,
    )
    return present.name


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
