"""The list of what is sealed, for those who may know that it is."""

import json
from datetime import datetime
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.office.store import Person
from exchange.paging import Listing, Slice, Window, cut
from exchange.sealing import store
from exchange.sealing.answers import SealedItem
from exchange.sealing.states import Seal

_NEVER: Final = "9999"


def items(tx: Tx, caller: Person, wanted: Window, listing: Listing, now: datetime) -> Slice[SealedItem]:
    """Return a page of everything that was ever sealed, the newest first."""
    since, submission = wanted.place or (_NEVER, "")
    rows = tx.rows(
        "SELECT sealing.*, submission.office, submission.filing_year, submission.filing_ordinal FROM sealing"
        " JOIN submission ON submission.id = sealing.submission WHERE (sealing.since, sealing.submission) < (:since, :submission)"
        " ORDER BY sealing.since DESC, sealing.submission DESC LIMIT :rows",
        since=since,
        submission=submission,
        rows=wanted.size + 1,
    )
    own = _own(tx, caller, now)
    return cut([_item(tx, row, own) for row in rows], wanted.size, listing, lambda each: (each.since, each.submission))


def item(tx: Tx, caller: Person, row: Any, now: datetime) -> SealedItem:
    """Return one of them."""
    return _item(tx, row, _own(tx, caller, now))


def _own(tx: Tx, caller: Person, now: datetime) -> set[str]:
    return {each.name for each in store.officers(tx, now) if each.person == caller.id}


def _item(tx: Tx, row: Any, own: set[str]) -> SealedItem:
    return SealedItem(
        submission=row.submission,
        filing_number=f"{row.office}-{row.filing_year}-{row.filing_ordinal:06}",
        from_=row.office,
        state=Seal(row.state),
        since=row.since,
        rules=tuple(json.loads(row.rules)),
        policy=row.policy,
        openable=any(each.recipient in own for each in store.keys_of(tx, row.submission)),
    )
