"""Sealing, the second step, and what is left to do after a destruction: work that rows of the ledger ask for.

contained   -> the package is durable, then one transaction lets go of the rows (`sealed`), then the plain container goes
sealed      -> nothing is left in the ledger's log of changes and in the index's files (`purged`)
destroying  -> package, stray copies, log of changes, index: nothing is left of it (`destroyed`)
erased      -> the same for the log of changes and the index after `erase` (`exchange.legacy.erasing`)

Every step may be done twice, so a kill at any place leaves work that the next start does before it listens. What fails is
tried again; meanwhile the submission is closed to everybody all the same.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from archive.blobs.store import BlobStore, verified
from archive.ledger.sqlite import SqliteDatabase
from archive.search.feeder import Finder
from exchange import logbook
from exchange.county import KEYS, PASSPHRASE, County
from exchange.legacy import erasing
from exchange.sealing import store
from exchange.sealing.orphans import Orphans
from exchange.sealing.packages import Packages
from exchange.sealing.states import Seal
from exchange.sealing.store import Left, Locked, Recipient, Wrapped
from exchange.service import SERVICE
from keys import custody, sealed
from schemas.problems import Problem, ProblemType

KEY: Final = "sealing.key.pem"
"""The county's own key, which stands in while no confidentiality officer is enrolled."""
LENGTH: Final = 8
"""Bytes of the number with which a package's plaintext begins: how long the rows are that come before the container."""
UNKNOWN: Final = timedelta(days=30)
"""How long a package is left alone that no row names: it may be the ledger that is an older one."""
AGAIN: Final = 30.0
"""Seconds after which is tried again what failed."""
_UNCERTAIN: Final = frozenset({ProblemType.STORAGE_FAILED, ProblemType.STORAGE_FULL, ProblemType.BUSY})
_PLAIN: Final = (Seal.SEALED, Seal.ORDERED, Seal.DESTROYING, Seal.DESTROYED)


@dataclass(frozen=True)
class Sealer:
    """Does that work for one county. Belongs to one event loop; `turn` keeps a release and the work apart.

    `doubtful` are those whose release met a storage error: whether it was kept is known after the next commit.
    """

    county: County
    database: SqliteDatabase
    blobs: BlobStore
    packages: Packages
    now: Callable[[], datetime]
    turn: asyncio.Lock
    doubtful: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, county: County, database: SqliteDatabase, blobs: BlobStore, now: Callable[[], datetime]) -> "Sealer":
        """Use a county's own folder."""
        return cls(county, database, blobs, Packages(county.folder), now, asyncio.Lock())

    async def finish(self) -> None:
        """Finish what a kill has left, before anybody is listened to. What cannot be done now is logged and done later."""
        kept = await self.database.read(store.in_state, Seal.SEALED, Seal.ORDERED)
        before = (self.now() - UNKNOWN).timestamp()
        await asyncio.to_thread(self.packages.sweep, frozenset(row.package for row in kept), before)
        for row in await self.database.read(store.in_state, *_PLAIN):
            await asyncio.to_thread(self._discard_plain, row.container)
        await self._patiently(self.lock_up)

    async def run(self, finder: Finder) -> None:
        """Work until cancelled, whenever something was committed. An index that is made anew holds nothing else up."""
        await asyncio.gather(self._forever(self.lock_up), self._forever(lambda: self.purge(finder)))

    async def lock_up(self) -> None:
        """Put under the officers' keys what is contained, and remove what is to be destroyed. Raises Problem."""
        if not await self.database.glance(store.waits_for_keys):
            return
        async with self.turn:
            contained = await self.database.read(store.in_state, Seal.CONTAINED)
            destroying = await self.database.read(store.in_state, Seal.DESTROYING)
            by_county = await self.database.glance(store.kept_by_county)
            work = [*((self._lock, row) for row in contained), *((self._discard_all, row) for row in destroying)]
            await _each([*work, *((self._hand_over, row) for row in by_county)])

    async def purge(self, finder: Finder) -> None:
        """Write anew the files in which something of a sealed submission, or of what was erased, may be left. Raises Problem."""
        for submission in tuple(self.doubtful):
            await self.database.write(store.unpurge, submission)
            self.doubtful.discard(submission)
        erased = await self.database.glance(erasing.unpurged)
        if not erased and not await self.database.glance(store.unpurged):
            return
        await self._patiently(self.lock_up)
        left = await self._without_package(await self.database.read(store.unpurged))
        await self._without_plain({each.submission for each in left})
        await self.database.forget()
        if left or any(each.item is not None for each in erased):
            await finder.purge()
        await self.database.write(store.purged, left, self.now())
        await self.database.write(erasing.purged, erased)

    async def _without_package(self, left: list[Left]) -> list[Left]:
        """Leave out what is to be destroyed and has not been removed: it is not to be noted as destroyed."""
        names = await asyncio.to_thread(self.packages.names)
        rows = await self.database.read(store.in_state, Seal.DESTROYING)
        there = {row.submission for row in rows if row.package in names}
        return [each for each in left if each.submission not in there]

    async def _without_plain(self, left: set[str]) -> None:
        """Remove the containers of these once more: an earlier try may have failed. Raises Problem, and then it is not noted as purged."""
        async with self.turn:  # a release puts its container back before it commits
            for row in await self.database.read(store.in_state, *_PLAIN):
                if row.submission in left:
                    await asyncio.to_thread(self._discard_plain, row.container)

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        stirred = asyncio.Event()
        self.database.after_commit(stirred.set)
        while True:
            stirred.clear()
            done = await self._patiently(work)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if done else AGAIN):
                    await stirred.wait()
            if not done:
                await asyncio.sleep(1)  # a busy service commits all the time

    @contextlib.asynccontextmanager
    async def restored(self, submission: str, key: bytes) -> AsyncIterator[bytes]:
        """Give the rows of a package, with its container back in the store; the block commits the release, then the package goes.

        Raises Problem NOT_FOUND, and REQUEST_MALFORMED for a key that does not open it.
        """
        async with self.turn:
            row = await self.database.read(store.one, submission)
            rows = await asyncio.to_thread(self._unpack, row, key)
            try:
                yield rows
            except Problem as problem:
                # after a storage error the release may yet be there once the engine has recovered
                if problem.kind in _UNCERTAIN:
                    self.doubtful.add(submission)
                else:
                    await asyncio.to_thread(self._discard_plain, row.container)
                raise
            await asyncio.to_thread(self.packages.discard, row.package)

    def _unpack(self, row: Any, key: bytes) -> bytes:
        if row.package is None:
            raise Problem(ProblemType.ACTION_NOT_POSSIBLE, row.state)
        try:
            rows, container = _split(sealed.unseal(key, store.context(row.submission), self.packages.read(row.package)))
            self.blobs.put(row.container, row.size, container, row.received_at[:10])
        except Problem as problem:
            if problem.kind not in (ProblemType.KEY_UNREADABLE, ProblemType.LEDGER_DAMAGED):
                raise
            raise Problem(ProblemType.REQUEST_MALFORMED, "key: it does not open the package") from problem
        return rows

    async def recipients(self) -> list[Recipient]:
        """Return whose keys may open what is sealed now: the officers', or the county's own while there are none."""
        return await self.database.read(store.officers, self.now()) or [self._own()]

    async def _lock(self, row: Any) -> None:
        """Make a contained submission's package and let the ledger go of its rows; then its plain container goes."""
        rows = await self.database.read(store.contained, row.submission)
        recipients = await self.recipients()
        locked = await asyncio.to_thread(self._pack, row, rows, recipients)
        await self.database.write(store.lock, row.submission, row.version, locked, self.now())
        await asyncio.to_thread(self._discard_plain, row.container)

    def _pack(self, row: Any, rows: bytes, recipients: list[Recipient]) -> Locked:
        key, context = sealed.make_key(), store.context(row.submission)
        package, size = self.packages.keep(sealed.seal(key, context, self._plain(row, rows)))
        return Locked(package, size, [Wrapped(each.name, each.person, sealed.wrap(key, each.key, context)) for each in recipients])

    def _plain(self, row: Any, rows: bytes) -> Iterator[bytes]:
        yield len(rows).to_bytes(LENGTH, "big")
        yield rows
        yield from verified(row.container, row.size, self.blobs.read(row.container))

    async def _hand_over(self, row: Any) -> None:
        """Wrap for the officers what the county's own key kept until there were any, and let that key go of it."""
        officers = await self.database.read(store.officers, self.now())
        if not officers:
            return
        context = store.context(row.submission)
        key = sealed.unwrap(bytes(row.wrapped), self._own_private(), context)
        wrapped = [Wrapped(each.name, each.person, sealed.wrap(key, each.key, context)) for each in officers]
        await self.database.write(store.hand_over, self.county.notary, row.submission, wrapped, self.now())

    def _own_private(self) -> ec.EllipticCurvePrivateKey:
        keys = self.county.folder / KEYS
        passphrase = custody.read_passphrase(keys / PASSPHRASE)
        if not (keys / KEY).exists():
            custody.store_key(keys / KEY, ec.generate_private_key(ec.SECP256R1()), passphrase)
        return custody.load_signing_key(keys / KEY, passphrase)

    def _own(self) -> Recipient:
        public = self._own_private().public_key()
        return Recipient(sealed.recipient(public), None, public)

    def _discard_plain(self, container: str) -> None:
        """Remove the container from the store, and from what was set aside in an earlier trouble."""
        self.blobs.discard(container)
        Orphans(self.county.folder).discard(container)

    async def _discard_all(self, row: Any) -> None:
        await asyncio.to_thread(self._discard_plain, row.container)
        if row.package is not None:
            await asyncio.to_thread(self.packages.discard, row.package)

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Say whether it was done; what was refused is logged by its kind, for a message may hold what a document said."""
        try:
            await work()
        except Problem as problem:
            logbook.note(logging.WARNING, "sealing put off", problem=problem.kind.type)
            return False
        except Exception as error:  # noqa: BLE001 - whatever an engine or a disk raises, the work is tried again
            logbook.note(logging.ERROR, "sealing put off", exception=type(error).__name__, trace=logbook.where(error))
            return False
        return True


async def _each(work: list[tuple[Callable[[Any], Awaitable[None]], Any]]) -> None:
    """Do all of it, whatever becomes of one; then raise the first problem that there was."""
    problems: list[Exception] = []
    for act, row in work:
        try:
            await act(row)
        except Exception as problem:  # noqa: BLE001 - raised in the end
            problems.append(problem)
    if problems:
        raise problems[0]


def _split(plain: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the rows, and what comes after them."""
    begin = bytearray()
    length = LENGTH
    for piece in plain:
        begin += piece
        if len(begin) >= LENGTH:
            length = LENGTH + int.from_bytes(begin[:LENGTH], "big")
        if len(begin) >= length:
            break
    return bytes(begin[LENGTH:length]), itertools.chain([bytes(begin[length:])], plain)


SEALER: web.AppKey[Sealer] = web.AppKey("sealer", Sealer)


async def sealing(app: web.Application) -> AsyncIterator[None]:
    """Work while the application runs."""
    task = asyncio.create_task(app[SEALER].run(app[SERVICE].finder))
    task.add_done_callback(_note_the_end)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _note_the_end(task: "asyncio.Task[None]") -> None:
    """Log a bug that ended the work: where, never what."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        logbook.note(logging.ERROR, "uncaught", exception=type(error).__name__, trace=logbook.where(error))
