"""Turns for slow work: a few at a time, and of one asker fewer, so that nobody's questions hold up everybody else's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """At most `at_once` turns last at the same time, of one asker at most `of_one`; others wait. Belongs to one event loop."""

    def __init__(self, at_once: int, of_one: int) -> None:
        """Start with nobody's turn."""
        self._all = asyncio.Semaphore(at_once)
        self._of_one = of_one
        self._own: dict[str, asyncio.Semaphore] = {}

    async def take(self, asker: str) -> Callable[[], None]:
        """Wait for a turn; returns what ends it, to be called once."""
        own = self._own.setdefault(asker, asyncio.Semaphore(self._of_one))
        await own.acquire()
        try:
            await self._all.acquire()
        except BaseException:
            own.release()
            raise

        def end() -> None:
            self._all.release()
            own.release()

        return end

    @asynccontextmanager
    async def turn(self, asker: str) -> AsyncIterator[None]:
        """Wait for a turn, which lasts as long as the block."""
        end = await self.take(asker)
        try:
            yield
        finally:
            end()
