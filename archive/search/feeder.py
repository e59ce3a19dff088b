"""The finder: follows the ledger with the index, answers questions from it, and makes it anew when it has to.

Nothing waits for the index and nothing fails because of it: the finder reads the ledger, and the ledger does not know it.
Commits wake it; whatever the index does (refuse, hang, break) is noted by its kind, never by its content, and tried again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from archive.ledger.database import Database
from archive.search import entries
from archive.search.apart import Apart
from archive.search.building import Builder, Progress
from archive.search.engines import Engine
from archive.search.entries import Newest
from archive.search.generations import Counts, Generation, Generations
from archive.search.question import Found, Question
from archive.search.turns import Turns
from schemas import instants
from schemas.problems import Problem, ProblemType

LOG: Final = logging.getLogger("yizhan")

ANSWERS_AT_ONCE: Final = 8
ANSWERS_OF_AN_OFFICE: Final = 2
"""Questions that are answered at the same time, in all and of one office; further ones wait. One that takes too long keeps its
place: no engine can be stopped in the middle, and a text that repeats itself makes a long phrase slow."""

_LONGEST_GATHER: Final = 2
"""How many times longer than `gather` a busy machine waits for more to share a commit."""

_RETRY_SECONDS: Final = 2
_ANEW: Final = frozenset({ProblemType.INDEX_NOT_READY, ProblemType.INDEX_BROKEN})


class Pauses(NamedTuple):
    """Seconds. Between two commits of the index lies `gather`, or more when they take long: what comes meanwhile shares one.

    Without being woken the ledger is asked every `poll`. Trying again begins after `first` and doubles up to `longest`.
    An answer is waited for as long as `answer`, the index at the end as long as `close`.
    """

    gather: float = 0.25
    poll: float = 1.0
    first: float = 0.5
    longest: float = 15.0
    answer: float = 20.0
    close: float = 20.0


class Behind(NamedTuple):
    """How many events the index has not taken in, and how many seconds the oldest of them has waited."""

    events: int
    seconds: float


@dataclass
class Served:
    """The generation in use. A broken one is made anew; one that is `mute` does not answer either."""

    generation: Generation
    asked: "set[asyncio.Future[Found]]"
    broken: bool = False
    mute: bool = False


class Finder:
    """Search for one service. Belongs to one event loop."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        engine: Engine,
        now: Callable[[], datetime],
        pauses: Pauses = Pauses(),  # noqa: B008 - frozen
    ) -> None:
        """Touch nothing yet; `now` tells the ages of events."""
        self._database = database
        self._engine = engine
        self._now = now
        self._pauses = pauses
        self._apart = Apart()
        self._generations = Generations(folder, engine)
        self._builder = Builder(database, self._generations, self._apart)
        self._turns = Turns(ANSWERS_AT_ONCE, ANSWERS_OF_AN_OFFICE)
        self._stirred, self._work, self._in_use = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._purging = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._ledger = Newest(0, "")
        self._served: Served | None = None
        self._building: asyncio.Task[None] | None = None
        self._progress: Progress | None = None
        self._problem = ""

    def start(self) -> None:
        """Begin to follow the ledger; waits for nothing."""
        self._database.after_commit(self._stirred.set)
        self._spawn(self._watch())
        self._spawn(self._follow())

    async def close(self) -> None:
        """Stop: a batch that is being taken in is finished first, as long as the index does not hang."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)
        if not await self._apart.finished(self._pauses.close):
            LOG.warning("the search index hangs and is left behind")
            return
        for generation in (self._builder.begun, self._served.generation if self._served else None):
            if generation is not None:
                await self._close(generation)

    async def ask(self, question: Question) -> Found:
        """Answer a question from the generation in use.

        Raises Problem INDEX_NOT_READY while there is none that answers, BUSY when it takes too long, and what the index raises.
        """
        served = self._served
        if served is None or served.mute:
            raise Problem(ProblemType.INDEX_NOT_READY, retry_after=_RETRY_SECONDS)
        try:
            async with asyncio.timeout(self._pauses.answer):
                end = await self._turns.take(question.viewer.office)
                answering = self._apart.begin(served.generation.index.search, question)
                answering.add_done_callback(lambda _: end())  # a stuck one keeps its turn
                served.asked.add(answering)
                answering.add_done_callback(served.asked.discard)
                return await asyncio.shield(answering)
        except TimeoutError as error:
            raise Problem(ProblemType.BUSY, "search", retry_after=_RETRY_SECONDS) from error
        except Problem as problem:
            if problem.kind is not ProblemType.INDEX_BROKEN:
                raise
            self._trouble(problem)
            served.broken = served.mute = True
            self._work.set()
            raise Problem(ProblemType.INDEX_NOT_READY, retry_after=_RETRY_SECONDS) from problem

    def behind(self) -> Behind:
        """Return how far the index is behind the ledger."""
        events = max(0, self._ledger.sequence - self._counts().upto)
        if not events or not self._ledger.waiting_since:
            return Behind(events, 0.0)
        return Behind(events, max(0.0, (self._now() - instants.read(self._ledger.waiting_since)).total_seconds()))

    def begin_rebuild(self) -> Progress:
        """Begin to make the index anew beside the one in use, unless that is being done; returns the progress, which goes on."""
        if not self._is_building() or self._progress is None:
            self._progress = Progress()
            self._building = self._spawn(self._build(self._progress))
        return self._progress

    async def rebuilt(self, seconds: float) -> Progress:
        """Wait until the index that is being made is in use or failed, or for some seconds; begins nothing."""
        if self._building is not None:
            await asyncio.wait([self._building], timeout=seconds)
        return self._progress or Progress(problem=ProblemType.INDEX_NOT_READY.type)

    async def rebuild(self) -> Progress:
        """Make the index anew and wait until it is in use. Raises what stopped it; what is in use stays in use then."""
        progress = self.begin_rebuild()
        if self._building is not None:
            await asyncio.shield(self._building)
        return progress

    async def purge(self) -> None:
        """Make the index anew and wait until nothing of the one before is left: what was taken out is in no file then.

        An index takes an entry out by not finding it any more; its words stay in the files until these are written anew. Raises
        INDEX_NOT_READY before there is one, what stopped the new one, and STORAGE_FAILED when something is left.
        """
        async with self._purging:
            try:
                async with asyncio.timeout(self._pauses.answer):
                    await self._in_use.wait()
            except TimeoutError as error:
                raise Problem(ProblemType.INDEX_NOT_READY) from error
            if self._building is not None:
                await asyncio.wait([self._building])
            await self.rebuild()
            if self._retiring:
                await asyncio.wait(set(self._retiring))
            await self._builder.sweep()
            if len(await self._apart.run(self._generations.names)) != 1:
                raise Problem(ProblemType.STORAGE_FAILED, "an index of before is left")

    async def look(self) -> dict[str, Any]:
        """Open the index without following the ledger, for one who only wants its state; returns that."""
        try:
            self._served = Served(await self._builder.open(), set())
        except Problem as problem:
            self._trouble(problem)
        self._ledger = await self._database.glance(entries.newest, self._counts().upto)
        return self.state()

    def state(self) -> dict[str, Any]:
        """Say how the index stands, as JSON."""
        counts, behind = self._counts(), self.behind()
        return {
            "engine": self._engine.name,
            **({"note": self._engine.note} if self._engine.note else {}),
            "ready": self._served is not None and not self._served.mute,
            "generation": self._served.generation.name if self._served else "",
            "entries": counts.entries,
            "upto": counts.upto,
            "newest": self._ledger.sequence,
            "lag": {"events": behind.events, "seconds": round(behind.seconds, 3)},
            "rebuilding": self._progress.told() if self._progress and self._is_building() else None,
            "problem": self._problem,
        }

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_told_elsewhere)
        return task

    def _is_building(self) -> bool:
        return self._building is not None and not self._building.done()

    def _counts(self) -> Counts:
        return self._served.generation.counts if self._served else Counts()

    def _trouble(self, error: BaseException) -> None:
        """Note what went wrong by its kind: a message may hold what a document said."""
        kind = _kind(error)
        if kind != self._problem:
            LOG.warning("search index: %s", kind)
        self._problem = kind

    async def _watch(self) -> None:
        """Keep looking how far the ledger is: after commits, and each `poll`."""
        while True:
            self._stirred.clear()
            try:
                self._ledger = await self._database.glance(entries.newest, self._counts().upto)
            except Exception as error:  # noqa: BLE001 - whatever the ledger says now, it is asked again
                self._trouble(error)
            self._work.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pauses.poll):
                    await self._stirred.wait()

    def _pause(self, busy: float, *, more: bool) -> float:
        """Return how long to leave the machine to others after so many seconds of work: the busier it is, the longer."""
        longest = self._pauses.gather * _LONGEST_GATHER
        return min(longest, 2 * busy) if more else max(self._pauses.gather, min(longest, 3 * busy))

    async def _follow(self) -> None:
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            self._work.clear()
            begun = clock()
            try:
                more = await self._step()
                failures, pause = 0, self._pause(clock() - begun, more=more)
                if not more:
                    self._problem = ""
            except Exception as error:  # noqa: BLE001 - whatever the index does, the ledger is followed on
                self._trouble(error)
                more, pause = True, min(self._pauses.longest, self._pauses.first * 2**failures)
                failures = min(failures + 1, 10)
            await asyncio.sleep(pause)
            if not more:
                await self._work.wait()

    async def _step(self) -> bool:
        """Open, mend or feed the index; says whether there is more to do at once."""
        served = self._served
        if served is None or served.broken:
            await self._mend(served)
            return True
        if not self.behind().events:
            return False
        known = self._ledger.sequence
        try:
            await self._builder.feed(served.generation)
        except Exception as error:
            if served is not self._served:
                return True  # another generation took its place meanwhile
            broken = isinstance(error, Problem) and error.kind is ProblemType.INDEX_BROKEN
            served.broken = broken or not await self._apart.run(served.generation.stands)
            raise
        return served.generation.counts.upto < known

    async def _mend(self, served: Served | None) -> None:
        """Put a generation in the place of none or a broken one: the one that the folder has by now, or a new one."""
        if not self._is_building():
            try:
                generation = await self._builder.open("" if served is None else served.generation.name)
            except Problem as problem:
                if problem.kind not in _ANEW:
                    raise
                if problem.kind is ProblemType.INDEX_BROKEN:
                    LOG.warning("search index is made anew: %s", problem.detail)
            else:
                self._serve(generation)
                return
        await self.rebuild()

    async def _build(self, progress: Progress) -> None:
        """Make a generation anew and put it in the place of the one in use."""
        try:
            generation = await self._builder.make(progress)
        except BaseException as error:
            progress.problem = _kind(error)
            raise
        self._serve(generation)
        progress.finished = True

    def _serve(self, generation: Generation) -> None:
        """Answer from this generation from now on."""
        retired, self._served = self._served, Served(generation, set())
        self._in_use.set()
        self._problem = ""
        self._work.set()
        if retired is not None:
            retiring = self._spawn(self._retire(retired))
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    async def _retire(self, served: Served) -> None:
        """Close a generation that is no longer in use once it has answered, and remove it."""
        if served.asked:
            await asyncio.wait(served.asked, timeout=self._pauses.answer)
        await self._apart.run(self._generations.discard, served.generation)

    async def _close(self, generation: Generation) -> None:
        with contextlib.suppress(Problem, TimeoutError):
            async with asyncio.timeout(self._pauses.close):
                await self._apart.run(generation.close)


def _kind(error: BaseException) -> str:
    return error.kind.type if isinstance(error, Problem) else type(error).__name__


def _told_elsewhere(task: "asyncio.Task[None]") -> None:
    """Take the error of a task that nobody may be waiting for: its progress tells of it."""
    if not task.cancelled():
        task.exception()
