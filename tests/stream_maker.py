"""Follows a county's events as an office's own system does: reads the stream line by line as WHATWG HTML, 9.2.6, says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from county_maker import Running
from multidict import CIMultiDict

from exchange.request_signature import Message, sign_request

EVENTS = "/api/v1/events"
SECONDS = 20


@dataclass(frozen=True)
class Told:
    """A message."""

    id: str
    event: str
    data: Any


@dataclass
class Follower:
    """An open stream; `last` is what a browser would send as Last-Event-ID."""

    answer: aiohttp.ClientResponse
    last: str = ""
    retry: int | None = None
    comments: int = 0
    told: list[Told] = field(default_factory=list)

    async def line(self) -> str:
        """Return the next line without its end; empty at the end of the stream is an EOFError."""
        async with asyncio.timeout(SECONDS):
            line = await self.answer.content.readline()
        if not line:
            raise EOFError
        return line.decode().rstrip("\r\n")

    async def block(self) -> Told | None:
        """Read up to the next empty line; None when nothing is to be dispatched."""
        event, lines = "message", []
        while line := await self.line():
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not name:
                self.comments += 1
            elif name == "id":
                self.last = value
            elif name == "event":
                event = value
            elif name == "data":
                lines.append(value)
            elif name == "retry":
                self.retry = int(value)
        if not lines:
            return None
        self.told.append(Told(self.last, event, json.loads("\n".join(lines))))
        return self.told[-1]

    async def next(self) -> Told:
        async with asyncio.timeout(SECONDS):
            while (told := await self.block()) is None:
                pass
        return told

    async def ended(self) -> None:
        """Read until the county ends the stream."""
        try:
            while True:
                await self.block()
        except (EOFError, aiohttp.ClientPayloadError, ConnectionError):
            return


def headers(county: Running, person: str, path: str = EVENTS, last: str | None = None) -> CIMultiDict[str]:
    message = Message("GET", str(county.client.make_url(path)), CIMultiDict({} if last is None else {"Last-Event-ID": last}))
    sign_request(message, None, county.people[person], county.clock.now())
    return message.headers


@asynccontextmanager
async def following(county: Running, person: str, path: str = EVENTS, last: str | None = None) -> AsyncIterator[Follower]:
    """Follow from a place on; the first block, which only gives the id to come back with, has been read."""
    async with county.client.get(path, headers=headers(county, person, path, last)) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream"), await answer.text()
        follower = Follower(answer)
        assert await follower.block() is None
        yield follower
