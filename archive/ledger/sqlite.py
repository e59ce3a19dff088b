"""The ledger's database on SQLite: WAL, synchronous=FULL, one writer with group commit, a few readers.

SQLite 3.7.0 to 3.51.2 has the WAL-reset bug (fixed in 3.51.3; backports 3.50.7 and 3.44.6) and interpreters bring older
builds, so a fixed library comes with the pysqlite3 wheel. aiosqlite gives the threads; its protected `_execute` is used
in this file alone and the version is pinned.
"""

import asyncio
import functools
import logging
from collections import namedtuple
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiosqlite
from pysqlite3 import dbapi2 as sqlite

from archive.ledger.database import Afterwards, Closing, P, T, Unit
from archive.ledger.migrate import migrate
from schemas.problems import Problem, ProblemType

logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # at DEBUG it would print arguments, and so content

GROUP: Final = 256
"""At most so many units share a commit."""

PRAGMAS: Final = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
    "PRAGMA cell_size_check = ON",
)

_BACKPORTS: Final = {(3, 50): 7, (3, 44): 6}

Connect = Callable[[], Any]


def is_affected(version: tuple[int, int, int]) -> bool:
    """Say whether this SQLite version has the WAL-reset bug."""
    if not (3, 7, 0) <= version < (3, 51, 3):
        return False
    fixed = _BACKPORTS.get(version[:2])
    return fixed is None or version[2] < fixed


def require_sound_build(version: tuple[int, int, int] = sqlite.sqlite_version_info) -> None:
    """Raise Problem SQLITE_UNSAFE on an affected build: WAL must not be used with it."""
    if is_affected(version):
        raise Problem(ProblemType.SQLITE_UNSAFE, ".".join(map(str, version)))


@functools.lru_cache(maxsize=512)
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 - the columns are known only when a query runs; `SELECT 1` names one `1`


class SqliteTx:
    """One open transaction on a connection."""

    __slots__ = ("connection",)

    def __init__(self, connection: Any) -> None:
        """Wrap a connection that stands inside a transaction."""
        self.connection = connection

    def rows(self, sql: str, /, **parameters: Any) -> list[Any]:
        """Return every row as a named tuple."""
        cursor = self.connection.execute(sql, parameters)
        make = _row_type(tuple(column[0] for column in cursor.description))._make
        return [make(row) for row in cursor]

    def row(self, sql: str, /, **parameters: Any) -> Any:
        """Return the first row, or None."""
        cursor = self.connection.execute(sql, parameters)
        found = cursor.fetchone()
        return None if found is None else _row_type(tuple(column[0] for column in cursor.description))._make(found)

    def run(self, sql: str, /, **parameters: Any) -> int:
        """Run a statement; returns the count of changed rows. Outside a transaction it would be a commit of its own."""
        if not self.connection.in_transaction:
            raise Problem(ProblemType.STORAGE_FAILED, "the transaction is gone")
        return int(self.connection.execute(sql, parameters).rowcount)


class Work(NamedTuple):
    """A unit that waits for its group, and the future of whoever waits for it."""

    unit: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: "asyncio.Future[Any]"


class _Thread(aiosqlite.Connection):
    """An aiosqlite connection on which whole functions run."""

    async def begin(self) -> None:
        """Connect; when that fails, wait for the thread: it was told to stop, and would tell a loop that may be gone by then."""
        try:
            await self
        except BaseException:
            await asyncio.to_thread(self._thread.join)
            raise

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function(connection, *args)` on the connection's thread; a cancelled caller does not stop it."""

        def run() -> T:
            try:
                return function(self._conn, *args)
            except StopIteration as error:  # no future takes it, and whoever waits would wait for ever
                raise RuntimeError("a unit raised StopIteration") from error

        running: asyncio.Future[T] = asyncio.ensure_future(self._execute(run))  # type: ignore[no-untyped-call]  # aiosqlite leaves it so
        return await asyncio.shield(running)


def connector(path: Path | str, *, writable: bool) -> Connect:
    """Return a function that opens the database file; a reader cannot write."""

    def connect() -> Any:
        connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            connection.execute(pragma)
        if not writable:
            connection.execute("PRAGMA query_only = ON")
        return connection

    return connect


def opening_problem(error: Exception) -> Problem | None:
    """Translate what comes when a file is opened or read whole: then the file itself is in question."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_NOTADB"):
        return Problem(ProblemType.LEDGER_FOREIGN, name)
    if name.startswith("SQLITE_CORRUPT"):
        return Problem(ProblemType.LEDGER_DAMAGED, name)
    return storage_problem(error)


def storage_problem(error: Exception) -> Problem | None:
    """Translate an engine error that a person can act on; None for one that is a bug of ours."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return Problem(ProblemType.STORAGE_FULL)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
        return Problem(ProblemType.BUSY)
    if name.startswith(
        ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_INTERRUPT", "SQLITE_NOMEM")
    ):
        return Problem(ProblemType.STORAGE_FAILED, name)
    return None


def _roll_back(connection: Any) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def run_group(connection: Any, group: Sequence[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]], closing: Closing) -> list[Any]:
    """Run units in one transaction, each in its savepoint, then the closing step, then COMMIT.

    Returns a value or an exception for each unit. Raises when nothing of the group was kept: SQLite drops the whole
    transaction on SQLITE_FULL, IOERR and INTERRUPT, savepoints included, so after any error `in_transaction` decides.
    """
    tx = SqliteTx(connection)
    outcomes: list[Any] = []
    _roll_back(connection)  # what an earlier ROLLBACK could not
    connection.execute("BEGIN IMMEDIATE")
    try:
        for unit, args, kwargs in group:
            connection.execute("SAVEPOINT unit")
            try:
                outcome = unit(tx, *args, **kwargs)
            except BaseException as error:  # handed to the one caller whose unit it is
                if not connection.in_transaction:
                    raise
                connection.execute("ROLLBACK TO unit")
                outcome = error
            connection.execute("RELEASE unit")
            outcomes.append(outcome)
        closing(tx)
        outcomes = [outcome.complete(tx) if isinstance(outcome, Afterwards) else outcome for outcome in outcomes]
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise
    return outcomes


def _cut_log(connection: Any) -> None:
    """Raise Problem BUSY rather than make the writer wait for a reader."""
    _roll_back(connection)
    before = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 100")
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {before}")
    if busy:
        raise Problem(ProblemType.BUSY, "somebody reads an older state of the ledger")


def run_read(connection: Any, unit: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    """Run a unit on a snapshot."""
    _roll_back(connection)
    connection.execute("BEGIN")
    try:
        return unit(SqliteTx(connection), *args, **kwargs)
    finally:
        _roll_back(connection)


class SqliteDatabase:
    """The seam `Database` on a SQLite file."""

    def __init__(self, writer: _Thread, readers: Sequence[_Thread], near: Any, closing: Closing) -> None:
        """Use `open`."""
        self._writer = writer
        self._near = near
        self._readers: asyncio.Queue[_Thread] = asyncio.Queue()
        for reader in readers:
            self._readers.put_nowait(reader)
        self._all_readers = readers
        self._closing = closing
        self._queue: asyncio.Queue[Work | None] = asyncio.Queue()
        self._closed = False
        self._after_commit: list[Callable[[], None]] = []
        self.committed = 0
        self._task = asyncio.create_task(self._commit_groups())

    @classmethod
    async def open(
        cls,
        path: Path,
        closing: Closing,
        *,
        now: str,
        readers: int = 2,
        connect: Connect | None = None,
        create: bool = False,
    ) -> "SqliteDatabase":
        """Open the ledger, bring its schema up to date and start the writer.

        `now` is the instant recorded with migrations. Raises Problem SQLITE_UNSAFE, LEDGER_FOREIGN, LEDGER_NEWER,
        LEDGER_DAMAGED, FOLDER_UNKNOWN (no file, and not `create`) or STORAGE_FAILED.
        """
        require_sound_build()
        if not create and not path.exists():
            raise Problem(ProblemType.FOLDER_UNKNOWN, path.name)
        writer = _Thread(connect or connector(path, writable=True), 64)
        opened: list[_Thread] = []
        try:
            await writer.begin()
            opened.append(writer)
            await writer.call(migrate, now)
            for _ in range(readers):
                reader = _Thread(connector(path, writable=False), 64)
                await reader.begin()
                opened.append(reader)
        except BaseException as error:
            for thread in opened:
                await thread.close()
            if isinstance(error, sqlite.Error):
                raise opening_problem(error) or error from error
            raise
        return cls(writer, opened[1:], connector(path, writable=False)(), closing)

    async def read(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit on a read-only snapshot."""
        if self._closed:
            raise Problem(ProblemType.STORAGE_FAILED, "closed")
        reader = await self._readers.get()
        try:
            return await reader.call(run_read, unit, args, kwargs)
        except sqlite.Error as error:
            raise storage_problem(error) or error from error
        finally:
            self._readers.put_nowait(reader)

    async def glance(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of a few point look-ups on the caller's own thread: a hop to another costs ten times as much."""
        if self._closed:
            raise Problem(ProblemType.STORAGE_FAILED, "closed")
        try:
            return run_read(self._near, unit, args, kwargs)
        except sqlite.Error as error:
            raise storage_problem(error) or error from error

    async def write(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in the next group and return once it is durable."""
        if self._closed or self._task.done():
            raise Problem(ProblemType.STORAGE_FAILED, "closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(Work(unit, args, kwargs, future))
        return await asyncio.shield(future)

    async def _commit_groups(self) -> None:
        while (first := await self._queue.get()) is not None:
            group = [first]
            while len(group) < GROUP and not self._queue.empty():
                work = self._queue.get_nowait()
                if work is None:
                    self._queue.put_nowait(None)
                    break
                group.append(work)
            await self._commit(group)

    async def _commit(self, group: list[Work]) -> None:
        """No future resolves before COMMIT returned; when the group is lost, all of it is."""
        units = [(work.unit, work.args, work.kwargs) for work in group]
        try:
            outcomes = await self._writer.call(run_group, units, self._closing)
        except asyncio.CancelledError:
            # the loop is being torn down: whether the group was committed stands in the rows alone
            tell(group, [Problem(ProblemType.STORAGE_FAILED, "cancelled")] * len(group))
            raise
        except BaseException as error:  # noqa: BLE001 - every caller of the lost group is told
            tell(group, [error] * len(group))
            return
        self.committed += len(group)
        tell(group, outcomes)
        for call in self._after_commit:
            call()

    async def forget(self) -> None:
        """Move every change into the ledger's file and cut the log of changes to nothing: rows that were erased are nowhere then.

        Raises Problem BUSY while somebody reads an older state (a backup, `fsck`), and what the disk does.
        """
        if self._closed:
            raise Problem(ProblemType.STORAGE_FAILED, "closed")
        try:
            await self._writer.call(_cut_log)
        except sqlite.Error as error:
            raise storage_problem(error) or error from error

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this on the event loop after every commit of a group (see `Database.after_commit`)."""
        self._after_commit.append(call)

    @property
    def waiting(self) -> int:
        """How many units wait for their group."""
        return self._queue.qsize()

    async def close(self) -> None:
        """Finish what is queued and close; the second time nothing happens."""
        if self._closed:
            return
        self._closed = True
        if not self._task.done():
            self._queue.put_nowait(None)
            await self._task
        self._near.close()
        for thread in (*self._all_readers, self._writer):
            await thread.close()


def tell(group: Sequence[Work], outcomes: Sequence[Any]) -> None:
    """Give every caller of a group what became of its unit; those who went away are passed over."""
    for work, outcome in zip(group, outcomes, strict=True):
        if work.future.done():
            continue
        if isinstance(outcome, BaseException):
            work.future.set_exception(translated(outcome))
            work.future.exception()  # a caller that went away must not leave a warning behind
        else:
            work.future.set_result(outcome)


def translated(error: BaseException) -> BaseException:
    """Return an error as a caller gets it: the engine's as a Problem where there is one."""
    told: BaseException | None = None
    if isinstance(error, sqlite.Error):
        told = storage_problem(error)
    elif isinstance(error, StopIteration):  # no future takes it
        told = RuntimeError("a unit raised StopIteration")
    if told is None:
        return error
    told.__cause__ = error
    return told
