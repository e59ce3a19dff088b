"""Passkeys in the ledger: public keys with a name, erasable at any time."""

from datetime import datetime
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.office.passkeys import Passkey
from exchange.office.store import require_name
from schemas import instants
from schemas.problems import Problem, ProblemType

MOST: Final = 20


def add(tx: Tx, passkey: Passkey, name: str, now: datetime) -> None:
    """Keep a passkey. Raises Problem PASSKEY_REFUSED for one that is known, or one too many; REQUEST_MALFORMED for its name."""
    if find(tx, passkey.credential) is not None or len(of_person(tx, passkey.person)) >= MOST:
        raise Problem(ProblemType.PASSKEY_REFUSED)
    tx.run(
        "INSERT INTO passkey (credential, person, rp, public_key, counter, name, created_at)"
        " VALUES (:credential, :person, :rp, :public_key, :counter, :name, :now)",
        **passkey._asdict(),
        name=require_name(name),
        now=instants.write(now),
    )


def find(tx: Tx, credential: bytes) -> Passkey | None:
    """Return a passkey by what its authenticator calls it."""
    row = tx.row("SELECT credential, person, rp, public_key, counter FROM passkey WHERE credential = :credential", credential=credential)
    return None if row is None else _passkey(row)


def known(tx: Tx, person: str, rp: str) -> list[Passkey]:
    """Return a person's passkeys for a host."""
    rows = tx.rows(
        "SELECT credential, person, rp, public_key, counter FROM passkey"
        " WHERE person = :person AND rp = :rp ORDER BY created_at, credential",
        person=person,
        rp=rp,
    )
    return [_passkey(row) for row in rows]


def of_person(tx: Tx, person: str) -> list[Any]:
    """Return id (hexadecimal), name, rp, created_at and used_at of a person's passkeys, the oldest first."""
    return tx.rows(
        "SELECT lower(hex(credential)) AS id, name, rp, created_at, used_at FROM passkey"
        " WHERE person = :person ORDER BY created_at, credential",
        person=person,
    )


def use(tx: Tx, passkey: Passkey, counter: int, now: datetime) -> None:
    """Keep the counter that was shown. Raises Problem PASSKEY_REFUSED when it was used or removed meanwhile."""
    changed = tx.run(
        "UPDATE passkey SET counter = :counter, used_at = :now WHERE credential = :credential AND counter = :before",
        counter=counter,
        now=instants.write(now),
        credential=passkey.credential,
        before=passkey.counter,
    )
    if not changed:
        raise Problem(ProblemType.PASSKEY_REFUSED)


def remove(tx: Tx, person: str, credential: str) -> None:
    """Erase one of a person's passkeys, named by its id. Another's is left alone."""
    tx.run("DELETE FROM passkey WHERE lower(hex(credential)) = :id AND person = :person", id=credential, person=person)


def remove_all(tx: Tx, person: str) -> None:
    """Erase all passkeys of a person."""
    tx.run("DELETE FROM passkey WHERE person = :person", person=person)


def remove_since(tx: Tx, person: str, since: str) -> None:
    """Erase a person's passkeys that were made at this instant or later."""
    tx.run("DELETE FROM passkey WHERE person = :person AND created_at >= :since", person=person, since=since)


def _passkey(row: Any) -> Passkey:
    return Passkey(bytes(row.credential), row.person, row.rp, bytes(row.public_key), row.counter)
