"""The service's side of recognition: whose pages are looked at next, by which worker, and what came of it.

Pages go from a child of the sandbox, which draws them, straight to a worker; no pixel and no byte of the document enters this
process. A worker is given a few pages at a time, so that an urgent document never waits for the end of a long one.
"""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from archive.reading.confinement import Confinement
from archive.reading.eyes import legible_scan
from archive.reading.eyes.seen import Glimpse, Job, Sighting
from archive.reading.eyes.turns import Place, Turns
from archive.reading.eyes.worker_handle import WorkerHandle, WorkerLost
from archive.reading.reading import Line, Page, Reading, unseen
from schemas.problems import Problem, ProblemType

WORKERS: Final = 2
WAITING: Final = 64
PIECE: Final = 4
"""Pages given to a worker at a time: the heads of one montage."""

_SECONDS: Final = 60.0
_SECONDS_A_PAGE: Final = 15.0
"""Wall-clock time of a piece; a page takes half a second to two on an idle core, and looking is what yields on a busy one."""

_TRIES: Final = 2

Key = tuple[str, int]
"""Path and number of a page, as `reading.unseen` gives them."""


class Drawing(Protocol):
    """What draws pages; `archive.reading.sandbox.Sandbox` does."""

    async def show(
        self,
        name: str,
        media_type: str,
        document: int,
        size: int,
        pages: tuple[Key, ...],
        channel: socket.socket,
        seconds: float,
    ) -> None:
        """Draw pages (path and number) of a document as frames into `channel`, and close it; returns when all is drawn."""


def _untold(done: int, pages: int) -> None:
    """Tell nobody how far it is."""


@dataclass
class _Looking:
    """One document that is being looked at."""

    name: str
    media_type: str
    document: int
    size: int
    whole: bool
    rank: int
    arrival: int
    pages: int
    progress: Callable[[int, int], None]
    seen: dict[Key, Sighting] = field(default_factory=dict)


class Eyes:
    """Looks at pages that are pictures, with a few processes that stay alive. Belongs to one event loop."""

    def __init__(
        self,
        sandbox: Drawing,
        *,
        workers: int = WORKERS,
        waiting: int = WAITING,
        worker: Callable[[], WorkerHandle] = WorkerHandle,
    ) -> None:
        """Have the pages drawn by this sandbox; `waiting` documents of a rank or better ones are taken, the next is refused.

        `worker` makes the handle of one process.
        """
        self._sandbox = sandbox
        self._waiting = waiting
        self._workers = [worker() for _ in range(workers)]
        self._turns = Turns(self._workers)
        self._arrivals = itertools.count()
        self._inside: list[int] = []

    @staticmethod
    def available() -> bool:
        """Say whether the packages and the models for recognition are installed here."""
        from archive.reading.eyes.engine_models import models  # noqa: PLC0415 - looks for packages without loading them

        return models() is not None

    @property
    def inside(self) -> int:
        """Documents that are being looked at or wait for it."""
        return len(self._inside)

    @property
    def confinement(self) -> Confinement | None:
        """What the workers could be locked with; None before the first one ran."""
        return next((worker.confinement for worker in self._workers if worker.confinement), None)

    async def start(self) -> None:
        """Start the workers now instead of at the first look. Raises Problem RECOGNITION_MISSING."""
        if not self.available():
            raise Problem(ProblemType.RECOGNITION_MISSING, "packages or models are not installed")
        await asyncio.gather(*(worker.start() for worker in self._workers))

    async def stop(self) -> None:
        """Kill the workers; what they look at is refused."""
        for worker in self._workers:
            worker.end()

    async def look(
        self,
        name: str,
        media_type: str,
        document: int,
        size: int,
        reading: Reading,
        *,
        whole: bool = False,
        rank: int = 0,
        progress: Callable[[int, int], None] = _untold,
    ) -> Reading:
        """Return the reading with `seen` and `look` of every page of `unseen(reading, whole=whole)` filled, in all its parts.

        Heads only, unless `whole`; the first page of each file, and a page whose head is not plainly upright text, are looked
        at whole anyway. `document` is the sealed memfd of which `reading` was read and stays the caller's. Smaller ranks go
        first, piece by piece; `progress` is told pages done and pages in all.

        Raises Problem SCAN_TOO_COARSE, SCAN_ILLEGIBLE, RECOGNITION_MISSING, INSPECTION_QUEUE_FULL, DOCUMENT_BROKEN,
        READER_KILLED, READER_TIMEOUT, and what `Sandbox.show` raises. Cancelling ends all that was begun.
        """
        pages = unseen(reading, whole=whole)
        if not pages:
            return reading
        legible_scan.require_dots(reading, pages)
        if not self.available():
            raise Problem(ProblemType.RECOGNITION_MISSING, "packages or models are not installed")
        if sum(1 for other in self._inside if other <= rank) >= self._waiting:
            raise Problem(ProblemType.INSPECTION_QUEUE_FULL)
        looking = _Looking(name, media_type, document, size, whole, rank, next(self._arrivals), len(pages), progress)
        self._inside.append(rank)
        try:
            await self._look_at_all(looking, pages)
        finally:
            self._inside.remove(rank)
        return _filled(reading, "", looking.seen)

    async def _look_at_all(self, looking: _Looking, pages: Sequence[Key]) -> None:
        looking.progress(0, looking.pages)
        try:
            async with asyncio.TaskGroup() as group:
                for number, piece in enumerate(_pieces(pages)):
                    group.create_task(self._look_at(looking, piece, number))
        except BaseExceptionGroup as several:
            raise _first(several) from None

    async def _look_at(self, looking: _Looking, piece: Sequence[Key], number: int) -> None:
        """Look at a few pages; once more with another worker when the first was lost over them."""
        for attempt in range(1, _TRIES + 1):
            async with self._turns.turn(Place(looking.rank, looking.arrival, number)) as worker:
                try:
                    found = await self._ask(worker, looking, piece)
                except WorkerLost as lost:
                    if attempt == _TRIES:
                        raise Problem(lost.kind, "while looking at it") from lost
                    continue
            break
        if {(one.path, one.page) for one in found} != set(piece) or any(looking.whole > one.whole for one in found):
            raise Problem(ProblemType.DOCUMENT_BROKEN, "other pages were drawn than wanted")
        for sighting in found:
            legible_scan.require_words(sighting)
            looking.seen[sighting.path, sighting.page] = sighting
        looking.progress(len(looking.seen), looking.pages)

    async def _ask(self, worker: WorkerHandle, looking: _Looking, piece: Sequence[Key]) -> list[Sighting]:
        seconds = _SECONDS + _SECONDS_A_PAGE * len(piece)
        theirs, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.closing(theirs), contextlib.closing(ours):
            drawing = self._sandbox.show(looking.name, looking.media_type, looking.document, looking.size, tuple(piece), ours, seconds)
            return await worker.look(Job(len(piece), looking.whole), theirs, drawing, seconds)


def _pieces(pages: Sequence[Key]) -> list[Sequence[Key]]:
    """Return the pages a few at a time."""
    return [pages[start : start + PIECE] for start in range(0, len(pages), PIECE)]


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the Problem of a group, of several the one that was raised first; anything else in it is a bug and goes before."""
    flat: list[BaseException] = []
    for error in several.exceptions:
        flat.append(_first(error) if isinstance(error, BaseExceptionGroup) else error)
    return next((error for error in flat if not isinstance(error, Problem)), flat[0])


def _filled(reading: Reading, path: str, seen: dict[Key, Sighting]) -> Reading:
    """Return the reading with what was seen put into its pages and those of its parts."""
    pages = tuple(_with(page, seen.get((path, page.number))) for page in reading.pages)
    parts = tuple((name, _filled(part, f"{path}/{name}" if path else name, seen)) for name, part in reading.parts)
    return msgspec.structs.replace(reading, pages=pages, parts=parts)


def _with(page: Page, sighting: Sighting | None) -> Page:
    if sighting is None:
        return page
    lines = tuple(_line(one) for one in sighting.glimpses if one.score >= legible_scan.KEPT)
    return msgspec.structs.replace(page, seen=lines, look="whole" if sighting.whole else "head")


def _line(glimpse: Glimpse) -> Line:
    return Line(glimpse.text, glimpse.x, glimpse.y, glimpse.width, glimpse.height)
