"""Who is read next: quick documents never wait for slow ones, small ones not for large ones, and no office's for another's.

Nothing tells beforehand whether a file will take ten milliseconds or hang until its time is over. So each is given a short turn
first; one that does not end within it is begun anew among the slow ones, which have places of their own. Large documents never
have all places of the quick ones: when every office sends its scans at the same moment, a text passes them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Final

from archive.reading.reading import Reading
from archive.reading.sandbox import Sandbox
from archive.search.turns import Turns
from exchange.intake.parts import Opened
from keys.container import StoredPart

QUICK: Final = 3
QUICK_OF_OFFICE: Final = 2
SLOW: Final = 2
SLOW_OF_OFFICE: Final = 1
"""Documents that are read at the same time, in all and of one office."""

LARGE: Final = 1024 * 1024
LARGE_AT_ONCE: Final = 2
"""Bytes above which a document is large, and how many of these are read among the quick ones at the same time."""

QUICK_SECONDS: Final = 0.75
CHILDREN: Final = QUICK + SLOW + 1
"""Places that the sandbox needs: these, and one for what is read for no receipt."""


class Readers:
    """The places in one service's sandbox; belongs to one event loop."""

    def __init__(self, sandbox: Sandbox, seconds: float = QUICK_SECONDS) -> None:
        """Share out the places of a sandbox that has `CHILDREN`; a turn among the quick ones lasts so many seconds."""
        self.reading, self.waiting, self.slow = 0, 0, 0
        """Documents that are being read, that wait for it, and that were found to be slow so far."""
        self._sandbox, self._seconds = sandbox, seconds
        self._quick, self._slow = Turns(QUICK, QUICK_OF_OFFICE), Turns(SLOW, SLOW_OF_OFFICE)
        self._large = Turns(LARGE_AT_ONCE, LARGE_AT_ONCE)

    async def read(self, office: str, part: StoredPart, opened: Opened) -> Reading:
        """Read an office's document, which is only opened once it has a place. Raises what `Sandbox.read` raises."""

        async def reading() -> Reading:
            async with opened() as document:
                return await self._sandbox.read(part.name, part.media_type, document, part.size)

        with self._place() as begun:
            async with AsyncExitStack() as turns:
                if part.size > LARGE:
                    await turns.enter_async_context(self._large.turn(office))
                await turns.enter_async_context(self._quick.turn(office))
                begun()
                try:
                    async with asyncio.timeout(self._seconds):
                        return await reading()
                except TimeoutError:
                    self.slow += 1
        return await self._slowly(office, reading)

    async def _slowly(self, office: str, reading: Callable[[], Awaitable[Reading]]) -> Reading:
        with self._place() as begun:
            async with self._slow.turn(office):
                begun()
                return await reading()

    @contextmanager
    def _place(self) -> Iterator[Callable[[], None]]:
        """Count a document: as waiting until the given call, as being read from then on."""
        self.waiting += 1
        started = False

        def begun() -> None:
            nonlocal started
            started = True
            self.waiting -= 1
            self.reading += 1

        try:
            yield begun
        finally:
            if started:
                self.reading -= 1
            else:
                self.waiting -= 1
