"""The ledger's database in memory: the fake that keeps the contract, for tests."""

import asyncio
from collections.abc import Callable

from archive.ledger.database import Closing, P, T, Unit
from archive.ledger.migrate import migrate
from archive.ledger.sqlite import GROUP, Work, connector, run_group, run_read, tell, translated
from schemas.problems import Problem, ProblemType


class MemoryDatabase:
    """A `Database` that lasts as long as the object: the same SQL and the same groups, without files, threads or durability.

    Everything runs on the event loop: what is written in one of its rounds is committed together in the next.
    """

    def __init__(self, closing: Closing, now: str) -> None:
        """Start with an empty ledger of today's schema; `now` is recorded with the migrations."""
        self.connection = connector(":memory:", writable=True)()
        migrate(self.connection, now)
        self._closing = closing
        self._queued: list[Work] = []
        self._closed = False
        self._after_commit: list[Callable[[], None]] = []
        self.committed = 0

    async def read(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit on a read-only snapshot (see `Database.read`)."""
        await asyncio.sleep(0)
        self._require_open()
        self.connection.execute("PRAGMA query_only = ON")
        try:
            return run_read(self.connection, unit, args, kwargs)
        except BaseException as error:
            told = translated(error)
            if told is error:
                raise
            raise told from error
        finally:
            self.connection.execute("PRAGMA query_only = OFF")

    async def glance(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of a few point look-ups (see `Database.glance`)."""
        return await self.read(unit, *args, **kwargs)

    async def write(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit in the next group (see `Database.write`)."""
        self._require_open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if not self._queued:
            loop.call_soon(self._commit)
        self._queued.append(Work(unit, args, kwargs, future))
        return await asyncio.shield(future)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this after every commit of a group (see `Database.after_commit`)."""
        self._after_commit.append(call)

    async def close(self) -> None:
        """Finish what is queued and close (see `Database.close`)."""
        self._closed = True
        while self._queued:
            self._commit()
        self.connection.close()

    def _require_open(self) -> None:
        if self._closed:
            raise Problem(ProblemType.STORAGE_FAILED, "closed")

    def _commit(self) -> None:
        group, self._queued = self._queued[:GROUP], self._queued[GROUP:]
        if not group:
            return
        if self._queued:
            asyncio.get_running_loop().call_soon(self._commit)
        try:
            outcomes = run_group(self.connection, [(work.unit, work.args, work.kwargs) for work in group], self._closing)
        except BaseException as error:  # noqa: BLE001 - every caller of the lost group is told
            tell(group, [error] * len(group))
            return
        self.committed += len(group)
        tell(group, outcomes)
        for call in self._after_commit:
            call()
