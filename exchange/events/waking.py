"""After every commit: which offices may see something new, and the ring for their streams."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from archive.ledger.database import Database
from exchange.events import store
from exchange.events.streams import STREAMS, Streams
from exchange.service import SERVICE
from schemas.problems import Problem


async def waking(app: web.Application) -> AsyncIterator[None]:
    """Ring while the application runs."""
    database, stirred = app[SERVICE].database, asyncio.Event()
    database.after_commit(stirred.set)
    task = asyncio.create_task(_wake(database, app[STREAMS], stirred))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _wake(database: Database, streams: Streams, stirred: asyncio.Event) -> None:
    """Look at each commit once, and not at all while nobody listens; when in doubt, ring for everybody."""
    seen: int | None = None
    while True:
        await stirred.wait()
        stirred.clear()
        if not len(streams):
            seen = None
            continue
        try:
            if seen is None:
                seen, offices = (await database.read(store.newest)).number, None
            else:
                seen, offices = await database.read(store.concerned, seen)
        except Problem:
            seen, offices = None, None
        streams.ring(offices)
