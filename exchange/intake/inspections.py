"""Scans whose words are still being recognised: jobs in memory, in an order in which no office can hold up the others.

A job is no state of the ledger: it holds its bytes as they were staged, and when the service ends it is gone with them. Its
sender has got no receipt and sends again. What it ends with, receipt or refusal, is kept for some minutes under its token.
"""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from exchange import logbook
from schemas.problems import Problem, ProblemType
from schemas.words import Urgency

TOKEN_BYTES: Final = 32
"""Bytes of a token: whoever knows one gets the answer that the sender is waiting for."""

RANKS: Final = {Urgency.EXTRA_URGENT: 0, Urgency.URGENT: 1, Urgency.NORMAL: 2}
"""Whose turn comes first, by urgency: the smaller the sooner."""

SOONEST: Final = 1
LATEST: Final = 15
"""Seconds after which a sender is told to ask again, at least and at most."""

FULL_SECONDS: Final = 20


@dataclass(frozen=True)
class Answer:
    """What the sender gets: 201 for a new submission, 200 for a repetition, the same bytes either way; 202 while it is looked at.

    `submission` is the id in the Location of the first two, `token` that of the third, which is asked for again in `retry` seconds.
    """

    status: int
    body: bytes
    submission: str
    token: str = ""
    retry: int = 0


class Inspection(Struct, frozen=True, kw_only=True):
    """How far a scan has come: `place` is its place in the queue, 1 when its turn is next, 0 while it is being looked at."""

    state: Literal["waiting", "looking"]
    pages_done: Annotated[int, Meta(ge=0)]
    pages: Annotated[int, Meta(ge=0)]
    place: Annotated[int, Meta(ge=0)]


@dataclass(frozen=True)
class Bounds:
    """How much may wait: jobs and their bytes, of all and of one office, and how many are looked at at the same time.

    `remembered` is for how many seconds the answer of one that has ended is kept, `patience` for how many one waits before it
    counts as one step more urgent, and after as many again as one more.
    """

    jobs: int = 64
    jobs_of_office: int = 12
    size: int = 4 * 2**30
    size_of_office: int = 2**30
    at_once: int = 2
    remembered: float = 600.0
    patience: float = 600.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a job is about. `release` gives back what was staged for it; giving it back twice does nothing."""

    office: str
    urgency: Urgency
    submission: str
    container: str
    size: int
    pages: int
    release: Callable[[], None]


@dataclass(eq=False)
class Job:
    """One container on its way. `told(done, pages)` is what the eyes report; `ended` is None until there is an answer.

    `rank` is how urgent it counted when its turn came; `shared` says that others were looked at during its turn, so that it need
    not be its fault when that took long.
    """

    wanted: "Wanted"
    token: str
    number: int
    begun_at: float
    pages: int
    pages_done: int = 0
    ended: Answer | Problem | None = None
    ended_at: float | None = None
    rank: int = RANKS[Urgency.NORMAL]
    shared: bool = False
    turn: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self, done: int, pages: int) -> None:
        """Note how far it is."""
        self.pages_done, self.pages = min(done, pages), pages


Work = Callable[[Job], Awaitable[Answer]]
"""What is to be done for a job; it raises Problem for a refusal."""


class Inspections:
    """The jobs of one service; belongs to one event loop. `noted(outcome, seconds)` is called with the end of each."""

    def __init__(self, elapsed: Callable[[], float], bounds: Bounds = Bounds()) -> None:
        """Start with none; `elapsed` gives the seconds of a clock that only goes forward."""
        self.bounds = bounds
        self.noted: Callable[[Answer | Problem, float], None] = lambda _ended, _seconds: None
        self._elapsed = elapsed
        self._number, self._turns = 0, 0
        self._last_turn: dict[str, int] = {}
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: list[Job] = []
        self._looking: list[Job] = []
        self._closed = False

    def require_room(self, office: str, size: int) -> None:
        """Raise Problem INSPECTION_QUEUE_FULL when one more job of this size and office is more than may be under way."""
        running, bounds = self._running(), self.bounds
        own = [job for job in running if job.wanted.office == office]
        full = len(running) >= bounds.jobs or _size(running) + size > bounds.size or self._closed
        if full:
            raise Problem(ProblemType.INSPECTION_QUEUE_FULL, retry_after=FULL_SECONDS)
        # one alone may be larger than the share: it would never get in
        if len(own) >= bounds.jobs_of_office or (own and _size(own) + size > bounds.size_of_office):
            raise Problem(ProblemType.INSPECTION_QUEUE_FULL, "this office's share", retry_after=FULL_SECONDS)

    def is_known(self, submission: str) -> bool:
        """Say whether a job for this submission is under way, in whatever container."""
        return any(job.wanted.submission == submission for job in self._running())

    def joined(self, container: str) -> Job | None:
        """Return the job that is under way for this very container, None when there is none."""
        return next((job for job in self._running() if job.wanted.container == container), None)

    def begin(self, wanted: Wanted, work: Work) -> Job:
        """Begin a job, which from now on holds what was staged. Raises what `require_room` raises; then it holds nothing."""
        self.require_room(wanted.office, wanted.size)
        self._number += 1
        job = Job(wanted, secrets.token_urlsafe(TOKEN_BYTES), self._number, self._elapsed(), wanted.pages)
        self._jobs[job.token] = job
        self._waiting.append(job)
        task = asyncio.create_task(self._do(job, work))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(job, done))
        self._advance()
        return job

    def find(self, token: str) -> Job:
        """Return a job that is under way or ended a while ago. Raises Problem SEND_AGAIN."""
        self._forget()
        job = self._jobs.get(token)
        if job is None:
            raise Problem(ProblemType.SEND_AGAIN)
        return job

    def standing(self, job: Job) -> Inspection:
        """Return how far a job is that has not ended."""
        order = self._in_order()
        place = order.index(job) + 1 if job in order else 0
        return Inspection(state="waiting" if place else "looking", pages_done=job.pages_done, pages=job.pages, place=place)

    def retry(self, job: Job) -> int:
        """Return the seconds after which it is worth asking again."""
        standing = self.standing(job)
        return max(SOONEST, min(LATEST, standing.place * 3 + (standing.pages - standing.pages_done) // 4))

    @asynccontextmanager
    async def turn(self, job: Job) -> AsyncIterator[None]:
        """Wait for the job's turn, which lasts as long as the block."""
        try:
            await job.turn.wait()
            yield
        finally:
            self._leave(job)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    @property
    def looking(self) -> int:
        """How many have their turn."""
        return len(self._looking)

    @property
    def staged(self) -> int:
        """How many bytes the jobs hold."""
        return _size(self._running())

    @property
    def quiet(self) -> bool:
        """Whether nothing is under way: what can wait may be done now."""
        return not self._running()

    async def stop(self) -> None:
        """End every job where it stands: what it held is gone, and its sender sends again. No further one begins."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._jobs.clear()

    async def _do(self, job: Job, work: Work) -> None:
        try:
            job.ended = await work(job)
        except Problem as problem:
            # made anew: the one that was raised holds the frames it went through, and with them what was read
            job.ended = Problem(problem.kind, problem.detail, **problem.members)
        finally:
            job.wanted.release()

    def _done(self, job: Job, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        job.wanted.release()  # it may have been cancelled before it began
        self._leave(job)
        error = None if task.cancelled() else task.exception()
        if error is not None:  # a bug: neither message nor traceback, both may hold what a document said
            incident = secrets.token_hex(4)
            logbook.note(logging.ERROR, "incident", incident=incident, exception=type(error).__name__, trace=logbook.where(error))
            job.ended = Problem(ProblemType.INTERNAL, f"incident {incident}", incident=incident)
        if job.ended is None:  # cancelled: nobody is to wait for it
            self._jobs.pop(job.token, None)
            return
        job.ended_at = now = self._elapsed()
        self.noted(job.ended, now - job.begun_at)
        self._forget()

    def _running(self) -> list[Job]:
        return [job for job in self._jobs.values() if job.ended is None]

    def _forget(self) -> None:
        before = self._elapsed() - self.bounds.remembered
        for job in [job for job in self._jobs.values() if job.ended_at is not None and job.ended_at < before]:
            del self._jobs[job.token]

    def _in_order(self) -> list[Job]:
        """Return who waits, whose turn is next at the head."""
        return in_order(self._waiting, self._looking, self._last_turn, self._elapsed(), self.bounds.patience)

    def _advance(self) -> None:
        while self._waiting:
            job = self._in_order()[0]
            rank = aged(job, self._elapsed(), self.bounds.patience)
            # what is more urgent than all that is looked at need not wait for the end of it: the eyes put it before
            if len(self._looking) >= self.bounds.at_once and any(each.rank <= rank for each in self._looking):
                return
            job.rank = rank
            self._waiting.remove(job)
            self._looking.append(job)
            for each in self._looking if len(self._looking) > 1 else ():
                each.shared = True
            self._turns += 1
            self._last_turn[job.wanted.office] = self._turns
            job.turn.set()

    def _leave(self, job: Job) -> None:
        for line in (self._waiting, self._looking):
            if job in line:
                line.remove(job)
        self._advance()


def aged(job: Job, now: float, patience: float) -> int:
    """Return the rank of a job that has waited since it began: one step better for every `patience` seconds, 0 at best."""
    return max(0, RANKS[job.wanted.urgency] - int((now - job.begun_at) // patience))


def in_order(waiting: Sequence[Job], looking: Sequence[Job], last_turn: Mapping[str, int], now: float, patience: float) -> list[Job]:
    """Return those who wait, whose turn is next at the head: by urgency and age, then every office in its turn, then by arrival.

    Without the age, what one office calls urgent would hold up the ordinary scans of all others for as long as it sends.
    """
    ahead = Counter(job.wanted.office for job in looking)
    keys: dict[Job, tuple[int, int, int, int]] = {}
    for rank, number, job in sorted((aged(job, now, patience), job.number, job) for job in waiting):
        office = job.wanted.office
        keys[job] = (rank, ahead[office], last_turn.get(office, 0), number)
        ahead[office] += 1
    return sorted(waiting, key=keys.__getitem__)


def _size(jobs: list[Job]) -> int:
    return sum(job.wanted.size for job in jobs)
