"""Passwords, authenticators and recovery codes in the ledger: digests and sealed secrets, erasable at any time."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from archive.ledger.database import Tx
from schemas import instants


class Kept(NamedTuple):
    """What is kept of a person's password; `codes` counts the recovery codes that are left."""

    person: str
    password: str
    secret: bytes
    step: int
    set_at: str
    codes: int


def find(tx: Tx, person: str) -> Kept | None:
    """Return what is kept for a person."""
    row = tx.row(
        "SELECT person, password, secret, step, set_at,"
        " (SELECT count(*) FROM recovery_code WHERE recovery_code.person = password.person) AS codes FROM password WHERE person = :person",
        person=person,
    )
    return None if row is None else Kept(*row)


def named(tx: Tx, office: str, name: str) -> str | None:
    """Return whose password goes with a name in an office, or with a person's id; None when nobody's does, or more than one's."""
    rows = tx.rows(
        "SELECT person.id FROM password JOIN person ON person.id = password.person"
        " JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        " WHERE person.id = :name OR (person.office = :office AND now.name = :name) ORDER BY person.id",
        office=office,
        name=name,
    )
    return str(rows[0].id) if len(rows) == 1 else None


def namesakes(tx: Tx, person: str) -> int:
    """Return how many people of the person's office bear the same name today."""
    row = tx.row(
        "SELECT count(*) AS count FROM person_period AS mine JOIN person AS me ON me.id = mine.person"
        " JOIN person_period AS other ON other.name = mine.name AND other.valid_to IS NULL"
        " JOIN person ON person.id = other.person AND person.office = me.office"
        " WHERE mine.person = :person AND mine.valid_to IS NULL",
        person=person,
    )
    return int(row.count)


def keep(tx: Tx, kept: Kept, codes: Iterable[str], now: datetime) -> None:
    """Keep a password in place of the one before; `codes` are digests."""
    remove(tx, kept.person)
    tx.run(
        "INSERT INTO password (person, password, secret, step, set_at) VALUES (:person, :password, :secret, :step, :at)",
        person=kept.person,
        password=kept.password,
        secret=kept.secret,
        step=kept.step,
        at=instants.write(now),
    )
    for digest in codes:
        tx.run("INSERT INTO recovery_code (person, digest) VALUES (:person, :digest)", person=kept.person, digest=digest)


def use_step(tx: Tx, person: str, password: str, step: int) -> bool:
    """Use the code of a step; False when it, or a later one, was used meanwhile, or the password was changed."""
    changed = tx.run(
        "UPDATE password SET step = :step WHERE person = :person AND password = :password AND step < :step",
        person=person,
        password=password,
        step=step,
    )
    return changed == 1


def use_code(tx: Tx, person: str, password: str, digest: str) -> bool:
    """Use a recovery code; False when there is none such, or the password was changed."""
    changed = tx.run(
        "DELETE FROM recovery_code WHERE person = :person AND digest = :digest"
        " AND EXISTS (SELECT 1 FROM password WHERE password.person = :person AND password.password = :password)",
        person=person,
        digest=digest,
        password=password,
    )
    return changed == 1


def remove(tx: Tx, person: str) -> None:
    """Erase a person's password with all that belongs to it."""
    tx.run("DELETE FROM recovery_code WHERE person = :person", person=person)
    tx.run("DELETE FROM password WHERE person = :person", person=person)


def remove_since(tx: Tx, person: str, since: str) -> None:
    """Erase a person's password when it was set at this instant or later."""
    if tx.row("SELECT 1 AS found FROM password WHERE person = :person AND set_at >= :since", person=person, since=since) is not None:
        remove(tx, person)
