"""The seam to the database: units of work are plain functions, writes are committed in groups.

A unit is `fn(tx, *args)`. It runs on the database's own thread inside a transaction, never awaits, holds no state of its
own and may be run again; it reads every sequence and frontier through `tx`, so nothing in memory is ahead of the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Tx(Protocol):
    """One open transaction. SQL is written as SQL with `:name` parameters; rows are named tuples."""

    def rows(self, sql: str, /, **parameters: Any) -> list[Any]:
        """Return every row that a query gives."""
        ...

    def row(self, sql: str, /, **parameters: Any) -> Any:
        """Return the first row, or None when there is none."""
        ...

    def run(self, sql: str, /, **parameters: Any) -> int:
        """Run a statement and return how many rows it changed."""
        ...


Unit = Callable[Concatenate[Tx, P], T]


class Database(Protocol):
    """The ledger's database.

    Durability: `write` returns after COMMIT with synchronous=FULL; what it returned survives a power cut.
    Atomicity: a unit that raises leaves nothing; others of its group are not touched. When the engine drops the whole
    transaction (disk full, I/O error, interrupt), every unit of the group fails and none of it is kept.
    Concurrency: writes are serial; a group closes when the previous commit ends. Reads see the last commit.
    Cancellation: a cancelled caller leaves its unit whole: it commits or fails as if nobody had gone away.
    Errors: Problem STORAGE_FULL, STORAGE_FAILED or BUSY for the engine's; whatever the unit raised otherwise.
    `committed` counts the units of all groups that were committed so far, those that raised included.
    """

    committed: int

    async def read(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit on a read-only snapshot."""
        ...

    async def glance(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of a few point look-ups like `read`, where handing it to a thread would cost more than the look-ups."""
        ...

    async def write(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in the next group and return once it is durable."""
        ...

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this on the event loop after every commit of a group, when its units have been answered; it must not raise."""
        ...

    async def close(self) -> None:
        """Finish what is queued and close."""
        ...


@dataclass(frozen=True)
class Afterwards:
    """What `after_closing` returns in truth."""

    complete: Callable[[Tx], Any]


def after_closing(complete: Callable[[Tx], T]) -> T:
    """Let a unit return what only the closing step will have made: `complete(tx)` runs behind it, in the same transaction.

    It must not raise: by then the unit cannot be undone by itself, and the whole group would fail.
    """
    return cast("T", Afterwards(complete))


Closing = Callable[[Tx], None]
"""The last step of every group, in the same transaction: it makes leaves, checkpoint, proofs and stored answers from rows."""
