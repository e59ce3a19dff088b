"""The files of one container, wherever its bytes lie: read in the sandbox, and looked at where a page is a picture."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from archive.blobs.store import storage_problems
from archive.reading.eyes.eyes import Eyes
from archive.reading.kept import Allowance
from archive.reading.reading import Reading, unseen
from archive.reading.sandbox import document_of
from exchange.looking import Told, look_for_verdict
from keys.container import StoredPart
from schemas.problems import Problem, ProblemType

READERS_AT_ONCE: Final = 2
"""Documents of one container that are read at the same time."""

CONTAINER_SECONDS: Final = 120.0
SMALL: Final = 256 * 1024

_LATER: Final = 30

Range = Callable[[int, int], Iterable[bytes]]
"""Gives the bytes of a container from an offset on, so many of them."""
Opened = Callable[[], AbstractAsyncContextManager[int]]
"""Holds a document as the sandbox takes it: in memory, so for no longer than it is being read."""
Read = Callable[[StoredPart, Opened], Awaitable[Reading]]
"""Reads one file once it has a place."""


async def read(
    read_one: Read, parts: tuple[StoredPart, ...], bytes_of: Range, at_once: int = READERS_AT_ONCE
) -> list[Reading | BaseException | None]:
    """Return a reading or an error for each part, None for those that another's refusal or the end of time stopped."""
    places, allowance = asyncio.Semaphore(at_once), Allowance()
    begun: set[str] = set()

    async def one(part: StoredPart) -> Reading:
        @asynccontextmanager
        async def opened() -> AsyncIterator[int]:
            begun.add(part.name)
            async with _document(part, bytes_of) as document:
                yield document

        async with places:
            return allowance.take(await read_one(part, opened))

    tasks = [asyncio.create_task(one(part)) for part in parts]
    try:
        done, late = await asyncio.wait(tasks, timeout=CONTAINER_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if late and not any(task.exception() for task in done):
        busy = len(begun) < len(parts)  # it did not even get a place: that is not its fault
        kind, detail = (ProblemType.BUSY, "") if busy else (ProblemType.DOCUMENT_TOO_COMPLEX, "the whole takes too long")
        return [Problem(kind, detail, **({"retry_after": _LATER} if busy else {})) for _ in tasks]
    return [None if task not in done else task.exception() or task.result() for task in tasks]


def pages_unseen(readings: Mapping[str, Reading], *, whole: bool = False) -> int:
    """Return how many pages are still to be looked at; with `whole`, also those of which only the head was."""
    return sum(len(unseen(reading, whole=whole)) for reading in readings.values())


async def look(
    eyes: Eyes,
    parts: tuple[StoredPart, ...],
    bytes_of: Range,
    readings: Mapping[str, Reading],
    *,
    whole: bool = False,
    rank: int = 0,
    told: Told = lambda _done, _pages: None,
) -> dict[str, Reading]:
    """Return the readings with their pictures looked at, one file after the other: as much as a verdict needs, or the `whole`.

    Raises what `Eyes.look` raises, with the name of the file as the member `part`. DOCUMENT_TOO_COMPLEX also stands for more
    text in all than a submission may have.
    """
    seen, allowance, done, pages = dict(readings), Allowance(), 0, pages_unseen(readings, whole=whole)
    for part in parts:
        reading = readings[part.name]
        count = len(unseen(reading, whole=whole))
        try:
            if count:
                progress = _beyond(told, done, pages - count)
                async with _document(part, bytes_of) as document:
                    what = (part.name, part.media_type, document, part.size, reading)
                    if whole:
                        reading = await eyes.look(*what, whole=True, rank=rank, progress=progress)
                    else:
                        reading = await look_for_verdict(eyes, *what, rank=rank, told=progress)
            seen[part.name] = allowance.take(reading)
        except Problem as problem:
            raise Problem(problem.kind, problem.detail, **problem.members | {"part": part.name}) from problem
        done += count
        told(done, pages)
    return seen


def _beyond(told: Told, done: int, others: int) -> Told:
    """Return what tells of one file's pages as of those of all: so many are done already, so many are the others'."""
    return lambda own, pages: told(done + own, others + pages)


@asynccontextmanager
async def _document(part: StoredPart, bytes_of: Range) -> AsyncIterator[int]:
    """Hold a part as the sandbox takes it; a small one is sooner copied than handed to a thread."""
    with storage_problems():  # memory and descriptors run out as disks do
        if part.size <= SMALL:
            document = document_of(bytes_of(part.offset, part.size))
        else:
            document = await asyncio.to_thread(lambda: document_of(bytes_of(part.offset, part.size)))
    try:
        yield document
    finally:
        with contextlib.suppress(OSError):
            os.close(document)  # it is memory: whatever the answer, it is given back
