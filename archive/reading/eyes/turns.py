"""Whose turn it is: few workers, many who wait, the urgent first and among equals whoever came first."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Generic, NamedTuple, TypeVar

Tool = TypeVar("Tool")


class Place(NamedTuple):
    """A place in the queue; smaller goes first."""

    rank: int
    arrival: int
    piece: int = 0


class Turns(Generic[Tool]):
    """Lends each of a few tools to one user at a time. Belongs to one event loop."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        """Lend these."""
        self._free = list(tools)
        self._waiting: list[tuple[Place, int, asyncio.Future[Tool]]] = []
        self._count = 0

    @asynccontextmanager
    async def turn(self, place: Place) -> AsyncIterator[Tool]:
        """Lend a tool for the length of the block, once nobody with a better place waits. Cancelling gives up the place."""
        tool = await self._lent(place)
        try:
            yield tool
        finally:
            self._give_back(tool)

    async def _lent(self, place: Place) -> Tool:
        if self._free:
            return self._free.pop()
        future: asyncio.Future[Tool] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._waiting, (place, self._count, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._give_back(future.result())  # it was lent in the very moment in which it was no longer wanted
            raise

    def _give_back(self, tool: Tool) -> None:
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(tool)
                return
        self._free.append(tool)
