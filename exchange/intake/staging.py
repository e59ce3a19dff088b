"""Bytes that are not judged yet: in memory, or on disk only as ciphertext under a key that lives in memory.

Nothing confidential is kept, so until the verdict nothing readable may touch a disk. A small item stays in memory while the
service's budget lasts; otherwise it goes into a `SealedFile`. A crash leaves ciphertext without a key, or nothing.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from archive.blobs.store import checked_range, storage_problems
from exchange.intake.sealed_file import RECORD, SealedFile
from schemas.problems import Problem, ProblemType

MEMORY: Final = 32 * 1024 * 1024
"""Plaintext bytes that all items of a service together may hold in memory."""
ROOM: Final = 8 * 2**30
"""Plaintext bytes of everything that is staged at one time: a flood must not fill the ledger's disk."""

ITEM_MEMORY: Final = 1024 * 1024
"""Plaintext bytes up to which one item stays in memory as a whole."""


class Staging:
    """Where one service stages its items: a folder, and a budget of memory that is never exceeded.

    Any thread may open items; one item belongs to one thread at a time, except that `chunks` may be read side by side.
    """

    def __init__(self, folder: Path, *, memory: int = MEMORY, item_memory: int = ITEM_MEMORY, room: int = ROOM) -> None:
        """Stage in `folder`, with budgets in bytes, `room` for everything together; the folder is made by `wipe`."""
        self.folder = folder
        self._room = room
        self.item_memory = item_memory
        self._free = memory
        self._counting = Lock()

    @property
    def free(self) -> int:
        """Bytes of the budget that no item holds."""
        return self._free

    def wipe(self) -> None:
        """Make the folder if need be and remove what an earlier run left. Called once at start, before listening."""
        with storage_problems():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for leftover in self.folder.iterdir():
                leftover.unlink()

    def item(self) -> "StagedItem":
        """Open an empty item; it is gone when it is closed."""
        return StagedItem(self)

    def claim(self, size: int) -> None:
        """Count `size` bytes of an item, wherever they lie. Raises Problem BUSY when all items together have no more room."""
        with self._counting:
            if size > self._room:
                raise Problem(ProblemType.BUSY, retry_after=30)
            self._room -= size

    def yield_room(self, size: int) -> None:
        """Give the room of a closed item back."""
        with self._counting:
            self._room += size

    def take(self, size: int) -> bool:
        """Take `size` bytes from the budget if it has them."""
        with self._counting:
            granted = size <= self._free
            if granted:
                self._free -= size
        return granted

    def give(self, size: int) -> None:
        """Give `size` bytes back."""
        with self._counting:
            self._free += size


class StagedItem:
    """Bytes written once, sealed, then read at will until `close`, after which nothing of them is left.

    Writing after `seal`, reading before it and any use after `close` are bugs (ValueError). Problem STORAGE_FULL and
    STORAGE_FAILED (also: the ciphertext was changed or cut) close the item.
    """

    def __init__(self, staging: Staging) -> None:
        """Start empty; use `Staging.item`."""
        self._staging = staging
        self._plain = bytearray()
        self._sealed = False
        self._closed = False
        self._file: SealedFile | None = None
        self.size = 0
        self._claimed = 0

    def write(self, chunk: bytes) -> None:
        """Append `chunk`, best 64 to 256 KiB: once the budget of memory is used up, each is a record on disk of its own."""
        self._expect(sealed=False)
        with self._closed_by_problems():
            self._staging.claim(len(chunk))
            self._claimed += len(chunk)
            if self._file is None and self.size + len(chunk) > self._staging.item_memory:
                self._spill()
            if self._staging.take(len(chunk)):
                self._plain += chunk
                if self._file is not None and len(self._plain) >= RECORD:
                    self._spill()
            else:
                self._spill().append(chunk)
            self.size += len(chunk)

    def seal(self) -> None:
        """End the writing."""
        self._expect(sealed=False)
        with self._closed_by_problems():
            if self._file is not None:
                self._spill(last=True)
            self._sealed = True

    def spill(self) -> None:
        """Move a sealed item that is in memory to the disk, as ciphertext: it is going to wait, and the memory is for others."""
        self._expect(sealed=True)
        with self._closed_by_problems():
            if self._file is None:
                self._spill()
                self._spill(last=True)

    def chunks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Return the bytes from `offset` on, at most `length` of them, in pieces of at most 256 KiB; past the end, none."""
        checked_range(offset, length)
        self._expect(sealed=True)
        end = self.size if length is None else min(self.size, offset + length)
        return self._pieces(offset, end)

    def close(self) -> None:
        """Forget everything; closing again does nothing."""
        if self._closed:
            return
        self._closed = True
        self._release()
        self._staging.yield_room(self._claimed)
        file, self._file = self._file, None
        if file is not None:
            # the file has no name: nothing can be left of it, whatever the disk answers
            with contextlib.suppress(OSError):
                file.close()

    def __enter__(self) -> Self:
        """Use the item until the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Forget everything."""
        self.close()

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        plain = self._plain
        in_memory = (bytes(memoryview(plain)[at : min(at + RECORD, end)]) for at in range(start, end, RECORD))
        pieces = in_memory if self._file is None else self._file.read(start, end)
        with self._closed_by_problems():
            for piece in pieces:
                yield piece
                self._expect(sealed=True)

    def _spill(self, *, last: bool = False) -> SealedFile:
        """Move what is in memory to the disk."""
        if self._file is None:
            self._file = SealedFile(self._staging.folder)
        if self._plain or last:
            self._file.append(self._plain, last=last)
            self._release()
        return self._file

    def _release(self) -> None:
        self._staging.give(len(self._plain))
        self._plain = bytearray()

    def _expect(self, *, sealed: bool) -> None:
        if self._closed or self._sealed != sealed:
            raise ValueError("closed" if self._closed else "sealed" if self._sealed else "not sealed")

    @contextlib.contextmanager
    def _closed_by_problems(self) -> Iterator[None]:
        try:
            yield
        except Problem:
            self.close()
            raise
