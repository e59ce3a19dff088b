"""The files of documents from before, beside their rows: a file is durable before the row that names it, and goes after it.

A kill between the two leaves a file that no row names. One that was to be erased is still held by its erased row, and goes at start;
whatever else nobody names is set aside then, as containers are.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from archive.blobs.store import BlobStore
from archive.ledger.database import Database
from exchange.legacy import store
from exchange.sealing.orphans import Orphans


@dataclass
class LegacyFiles:
    """Files that come and go, kept apart: the same file may be brought while another document's is taken out.

    Belongs to one event loop. `coming` counts those whose rows are not written yet.
    """

    blobs: BlobStore
    orphans: Orphans
    database: Database
    coming: Counter[str] = field(default_factory=Counter)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @contextlib.contextmanager
    def arrival(self) -> Iterator["Arrival"]:
        """Give what keeps files; the block writes the rows that name them, and none of them is discarded before it ends."""
        arrival = Arrival(self)
        try:
            yield arrival
        finally:
            self.coming -= Counter(arrival.names)

    async def discard(self, names: Sequence[str]) -> None:
        """Remove those of these files that no document has, nor is about to have. Raises Problem STORAGE_FAILED.

        What was set aside in an earlier trouble goes, too.
        """
        async with self.turn:
            going = [name for name in names if not self.coming[name]]  # before the rows are asked: who has ended has written them
            named = await self.database.read(store.named, going)
            for name in going:
                if name not in named:
                    await asyncio.to_thread(self._discard, name)

    def _discard(self, name: str) -> None:
        self.blobs.discard(name)
        self.orphans.discard(name)

    async def finish(self) -> list[str]:
        """Remove at start what was being erased; returns the files that no document has, which an import that was killed left.

        Raises Problem STORAGE_FAILED.
        """
        for blob in await self.database.read(store.half_erased):
            await self.discard([blob])
            await self.database.write(store.erased, blob)
        there = await asyncio.to_thread(lambda: sorted(set(self.blobs.keys())))
        named = await self.database.read(store.named, there)
        return [name for name in there if name not in named]


@dataclass
class Arrival:
    """The files of some rows."""

    files: LegacyFiles
    names: list[str] = field(default_factory=list)

    async def put(self, name: str, size: int, chunks: Iterable[bytes], day: str) -> None:
        """Keep a file, durably (see `BlobStore.put`)."""
        async with self.files.turn:
            self.files.coming[name] += 1
            self.names.append(name)
            await asyncio.to_thread(self.files.blobs.put, name, size, chunks, day)
