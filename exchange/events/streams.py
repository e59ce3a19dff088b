"""The open streams of one service: how many, whom a commit wakes, and their end when the service stops.

Nothing of an event is held here. A commit only rings for the offices that may see something new; their streams then read
the ledger from where they are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from exchange.config import Limits
from exchange.office.store import Person
from schemas.problems import Problem, ProblemType

FULL_SECONDS = 30
"""When to come back after being told that there are enough streams."""


class Stream:
    """One open stream. `sending` says that the peer is being waited for."""

    def __init__(self, person: str, request: web.Request) -> None:
        """Start idle."""
        self.person = person
        self.sending = False
        self._request = request

    @property
    def alive(self) -> bool:
        """Whether the peer is still there, as far as is known."""
        transport = self._request.transport
        return transport is not None and not transport.is_closing()

    def abort(self) -> None:
        """Cut the connection: whoever does not take what is sent cannot be told of an end either."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Streams:
    """Counts, wakes and ends streams."""

    def __init__(self, limits: Limits) -> None:
        """Start with none."""
        self._limits = limits
        self._open: set[Stream] = set()
        self._rings: dict[str, asyncio.Event] = {}
        self.closing = False

    def __len__(self) -> int:
        """Return how many have a peer that is still there."""
        return sum(stream.alive for stream in self._open)

    @contextmanager
    def one(self, person: str, request: web.Request) -> Iterator[Stream]:
        """Hold a place for one stream. Raises Problem TOO_MANY_REQUESTS.

        A stream whose peer has just gone takes no place: whoever comes back after a break finds their own free.
        """
        theirs = sum(stream.alive for stream in self._open if stream.person == person)
        if len(self) >= self._limits.streams_at_once or theirs >= self._limits.streams_at_once_per_person:
            raise Problem(ProblemType.TOO_MANY_REQUESTS, "streams", retry_after=FULL_SECONDS)
        stream = Stream(person, request)
        self._open.add(stream)
        try:
            yield stream
        finally:
            self._open.discard(stream)

    def next_ring(self, office: str) -> asyncio.Event:
        """Return what the next ring for an office sets; taken before reading, so that nothing falls between reading and waiting."""
        return self._rings.setdefault(office, asyncio.Event())

    def ring(self, offices: frozenset[str] | None = None) -> None:
        """Wake the streams of these offices; None wakes all."""
        for office in list(self._rings) if offices is None else offices:
            waiting = self._rings.pop(office, None)
            if waiting is not None:
                waiting.set()

    def close(self) -> None:
        """End all streams: those that wait are woken, those whose peer is being waited for are cut."""
        self.closing = True
        self.ring()
        for stream in self._open:
            if stream.sending:
                stream.abort()


STREAMS: web.AppKey[Streams] = web.AppKey("streams", Streams)

CLAIMS: Final = "claims"
DUTY: Final = "duty"
Beside = Callable[[web.Request, Person], Awaitable[str]]
"""Says how something stands that is kept nowhere, as a person may see it: the `data` of a message, JSON in one line."""
BESIDE: web.AppKey[dict[str, Beside]] = web.AppKey("beside", dict)
"""What a stream tells beside the ledger's events to those who ask for it by name. Whoever changes it rings for its office."""


async def end_streams(app: web.Application) -> None:
    """End them when the service stops, so that nobody waits for those who only listen."""
    app[STREAMS].close()
