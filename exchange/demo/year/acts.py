"""What happens when: acts wait in the order of their instants, and what one brings about comes back as further acts."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from schemas.problems import Problem

AT_ONCE: Final = 24
TICK: Final = timedelta(hours=2)
"""What falls within it is done side by side: several people are at their desks."""


@dataclass(frozen=True)
class Act:
    """Something that somebody does at an instant; returns what follows from it."""

    at: datetime
    do: Callable[[], Awaitable[Iterable["Act"]]]


@dataclass
class Course:
    """The acts that are still to come. What follows is put in by the order of causes, never by who was quicker: a seed tells one story."""

    _waiting: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _count: int = 0
    done: int = 0
    refused: list[str] = field(default_factory=list)
    """What the service refused though the story expects none of it: it is told at the end, and the year goes on without it."""

    def add(self, acts: Iterable[Act]) -> None:
        """Put acts in their places."""
        for act in acts:
            self._count += 1
            heapq.heappush(self._waiting, (act.at, self._count, act))

    async def run(self, move_to: Callable[[datetime], Awaitable[None]], until: datetime) -> None:
        """Do everything up to an instant; `move_to` sets the clock before each tick."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(act: Act) -> Iterable[Act]:
            async with places:
                try:
                    return await act.do()
                except Problem as problem:
                    self.refused.append(f"{act.at:%Y-%m-%d %H:%M}Z {problem}")
                    return ()

        while self._waiting and self._waiting[0][0] < until:
            begin = self._waiting[0][0]
            tick = []
            while self._waiting and self._waiting[0][0] < min(begin + TICK, until):
                tick.append(heapq.heappop(self._waiting)[2])
            await move_to(tick[-1].at)
            for following in await asyncio.gather(*map(one, tick)):
                self.add(following)
            self.done += len(tick)
