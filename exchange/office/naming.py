"""What people and offices are called, for those who read about them: the newest name, also of whom or what is no longer there.

A paper keeps the name of its time: what is shown of one item or one receipt is named as it was then.
"""

import json
from collections.abc import Iterable

from archive.ledger.database import Tx
from schemas.words import Role


def people(tx: Tx, wanted: Iterable[str]) -> dict[str, str]:
    """Return the newest name of each of these persons, by id."""
    rows = tx.rows(
        "SELECT person AS id, name FROM person_period WHERE person IN (SELECT value FROM json_each(:ids)) ORDER BY person, valid_from",
        ids=json.dumps(sorted(set(wanted))),
    )
    return {row.id: row.name for row in rows}


def offices(tx: Tx, wanted: Iterable[str], at: str | None = None) -> dict[str, str]:
    """Return the newest name of each of these offices, or the one that it had at an instant, by code."""
    rows = tx.rows(
        "SELECT office AS code, name, valid_from FROM office_period WHERE office IN (SELECT value FROM json_each(:codes))"
        " ORDER BY office, valid_from",
        codes=json.dumps(sorted(set(wanted))),
    )
    names: dict[str, str] = {}
    for row in rows:
        if at is None or row.valid_from <= at or row.code not in names:
            names[row.code] = row.name
    return names


def today(tx: Tx) -> dict[str, str]:
    """Return the offices of today with their names, by code."""
    rows = tx.rows("SELECT office AS code, name FROM office_period WHERE valid_to IS NULL ORDER BY office")
    return {row.code: row.name for row in rows}


def roles(tx: Tx, wanted: Iterable[str]) -> dict[str, Role]:
    """Return the role of each of these persons who is of today, by id; whoever has left is left out."""
    rows = tx.rows(
        "SELECT person AS id, role FROM person_period WHERE person IN (SELECT value FROM json_each(:ids)) AND valid_to IS NULL",
        ids=json.dumps(sorted(set(wanted))),
    )
    return {row.id: Role(row.role) for row in rows}
