"""Documents from before that were found: the ledger is asked again what the caller may see, whatever an index said."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.handling import Use, require_permitted
from exchange.delivery.store import WITHOUT_CONTENT
from exchange.legacy import store
from exchange.legacy.store import Legacy
from exchange.office.store import Person
from schemas.problems import Problem


class Found(NamedTuple):
    """One hit, and how much kept text of it the caller may read."""

    row: Legacy
    kept_bytes: int

    @property
    def id(self) -> int:
        """Its number."""
        return self.row.id


_FOUND: Final = f"{store.LISTED} AND title IS NOT NULL AND legacy_item.id IN (SELECT value FROM json_each(:ids))"  # noqa: S608 - constants


def found(tx: Tx, caller: Person, items: Sequence[int]) -> list[Found]:
    """Return those of these that the caller may see now, in this order."""
    if not items:
        return []
    known = {}
    for row in tx.rows(_FOUND, office=caller.office, ids=json.dumps(list(items))):
        one = store.legacy_of(row)
        known[one.id] = Found(one, row.kept_bytes if _may_read(caller, one) else 0)
    return [known[item] for item in items if item in known]


def kept_bodies(tx: Tx, items: Sequence[int]) -> dict[int, bytes]:
    """Return the kept text of these, packed, where there is one."""
    rows = tx.rows(
        "SELECT id, body FROM legacy_item WHERE id IN (SELECT value FROM json_each(:ids)) AND body IS NOT NULL ORDER BY id",
        ids=json.dumps(list(items)),
    )
    return {row.id: bytes(row.body) for row in rows}


def may_fetch(caller: Person, row: Legacy) -> bool:
    """Say whether the caller may have its file: the one rule of `store.item`."""
    return row.blob is not None and _may_read(caller, row)


def _may_read(caller: Person, row: Legacy) -> bool:
    if caller.role in WITHOUT_CONTENT:
        return False
    try:
        require_permitted(row.handling, Use.FETCH, caller.role)
    except Problem:
        return False
    return True
