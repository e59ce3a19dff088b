"""A person who asks: signed requests to a service on this machine, over connections that stay open."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from exchange.request_signature import Message, sign_request
from keys.custody import Signer


@dataclass(frozen=True)
class Asker:
    """Asks as one person."""

    session: aiohttp.ClientSession
    port: int
    signer: Signer

    async def search(self, query: str, **parameters: object) -> dict[str, Any]:
        """Return the answer to `GET /api/v1/search`; anything but 200 ends the run, save that no index is ready yet: nothing found."""
        url = f"http://127.0.0.1:{self.port}/api/v1/search?{urlencode({'q': query, **parameters})}"
        message = Message("GET", url, CIMultiDict())
        sign_request(message, None, self.signer, datetime.now(UTC))
        async with self.session.get(URL(url, encoded=True), headers=message.headers) as answer:
            told: dict[str, Any] = await answer.json(content_type=None)
            if answer.status == 503 and told.get("type") == "/problems/index-not-ready":
                return {"total": 0, "hits": []}
            assert answer.status == 200, told
            return told

    async def until(self, total: int, seconds: float, pause: float = 0.01) -> float:
        """Ask until so many items are found; returns when that was, by `time.perf_counter`. It may take so many seconds."""
        async with asyncio.timeout(seconds):
            while (found := (await self.search("", facets=0, size=1))["total"]) < total:  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(pause)
        assert found == total, f"{found} found instead of {total}"
        return time.perf_counter()


@asynccontextmanager
async def asker(port: int, signer: Signer) -> AsyncIterator[Asker]:
    """Open an asker for the block."""
    async with aiohttp.ClientSession() as session:
        yield Asker(session, port, signer)


async def all_found(port: int, signer: Signer, total: int, seconds: float = 60.0) -> float:
    """Return when so many items were found, by `time.perf_counter`."""
    async with asker(port, signer) as person:
        return await person.until(total, seconds)
