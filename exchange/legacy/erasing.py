"""What was erased and may yet be left on the disk, in the ledger's log of changes or the index's files: the sealer purges it."""

from collections.abc import Sequence
from typing import NamedTuple

from archive.ledger.database import Tx


class Left(NamedTuple):
    """An erasure; `item` is None for a paper's words, which are in no index."""

    id: int
    item: int | None


def unpurged(tx: Tx) -> list[Left]:
    """Return the erasures of which something may be left."""
    return [Left(row.id, row.item) for row in tx.rows("SELECT id, item FROM erasure WHERE purged = 0 ORDER BY id")]


def purged(tx: Tx, done: Sequence[Left]) -> None:
    """Note that nothing is left of these."""
    for each in done:
        tx.run("UPDATE erasure SET purged = 1 WHERE id = :id", id=each.id)
