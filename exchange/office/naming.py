"""What people and offices are called, for those who read about them: the newest name, also of whom or what is no longer there."""

import json
from collections.abc import Iterable

from archive.ledger.database import Tx


def people(tx: Tx, wanted: Iterable[str]) -> dict[str, str]:
    """Return the newest name of each of these persons, by id."""
    rows = tx.rows(
        "SELECT person AS id, name FROM person_period WHERE person IN (SELECT value FROM json_each(:ids)) ORDER BY person, valid_from",
        ids=json.dumps(sorted(set(wanted))),
    )
    return {row.id: row.name for row in rows}


def offices(tx: Tx, wanted: Iterable[str]) -> dict[str, str]:
    """Return the newest name of each of these offices, by code."""
    rows = tx.rows(
        "SELECT office AS code, name FROM office_period WHERE office IN (SELECT value FROM json_each(:codes)) ORDER BY office, valid_from",
        codes=json.dumps(sorted(set(wanted))),
    )
    return {row.code: row.name for row in rows}
