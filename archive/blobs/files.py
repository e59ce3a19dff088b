"""Blobs as files: `<folder>/2026-11-22/<sha256>`, one folder a day, each file and folder made durable where it is written.

Few folders, because every folder touched is one more flush; no pack file, because the file system merges the flushes of
threads that write side by side. A blob is written under `incoming/`, flushed, renamed into its day, and the day is flushed.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Final

from archive.blobs.days import Days
from archive.blobs.store import CHUNK, checked_day, checked_range, storage_problems, verified
from schemas.problems import Problem, ProblemType

INCOMING: Final = "incoming"
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
NAME: Final = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """A `BlobStore` in a folder of a local file system.

    Opening lists the folder once (a million names take a few seconds) and remembers the days; sizes and existence are
    always asked of the file system. Files are 0600, folders 0700.
    """

    def __init__(self, folder: Path, *, sweep: bool = True) -> None:
        """Open or make the store; `sweep` removes what an interrupted `put` left, so only the writing process may say it."""
        self._folder = folder
        self._incoming = folder / INCOMING
        self._days = Days()
        self._durable_days: set[str] = set()
        self._making_day = Lock()
        with storage_problems():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._incoming.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(folder.parent)
            if sweep:
                for leftover in self._incoming.iterdir():
                    leftover.unlink()
            for day, name in self._listed():
                self._days.add(bytes.fromhex(name), day)

    def put(self, sha256: str, size: int, chunks: Iterable[bytes], day: str) -> None:
        """Keep a blob (see `BlobStore.put`)."""
        checked_day(day)
        for path, present in self._copies(sha256):
            if present == size:
                self._confirm(path)
                return
            day = path.parent.name  # a broken copy is replaced where it lies
        written = self._incoming / secrets.token_hex(16)
        try:
            _write(written, verified(sha256, size, chunks))
            with storage_problems():
                kept = self._day_folder(day) / sha256
                written.rename(kept)
                # when this fails the blob may be kept all the same: it is whole, and no one was told of it. It is not
                # removed here, because another thread may have kept the same blob meanwhile and said so.
                _sync_folder(kept.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                written.unlink()
            raise
        self._days.add(bytes.fromhex(sha256), day)

    def read(self, sha256: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Read a range (see `BlobStore.read`)."""
        checked_range(offset, length)
        path, size = self._find(sha256)
        return _pieces(path, offset, size if length is None else min(size, offset + length))

    def stat(self, sha256: str) -> int:
        """Return the size (see `BlobStore.stat`)."""
        return self._find(sha256)[1]

    def discard(self, sha256: str) -> None:
        """Remove every copy of a blob (see `BlobStore.discard`), those too of which a failed `put` told no one."""
        if not NAME.fullmatch(sha256):
            return
        with storage_problems():
            for day in self._day_names():
                with contextlib.suppress(FileNotFoundError):
                    (self._folder / day / sha256).unlink()
                    _sync_folder(self._folder / day)

    def keys(self) -> Iterator[str]:
        """Yield the names as they lie on disk (see `BlobStore.keys`)."""
        return (name for _, name in self._listed())

    def _copies(self, sha256: str) -> Iterator[tuple[Path, int]]:
        if not NAME.fullmatch(sha256):
            return
        for day in self._days.of(bytes.fromhex(sha256)):
            path = self._folder / day / sha256
            with storage_problems(), contextlib.suppress(FileNotFoundError):
                yield path, path.stat().st_size

    def _find(self, sha256: str) -> tuple[Path, int]:
        for found in self._copies(sha256):
            return found
        raise Problem(ProblemType.NOT_FOUND, "blob")

    def _confirm(self, path: Path) -> None:
        """Make a blob that is there durable: an earlier run may have renamed it and died before the flush."""
        with storage_problems():
            _sync_folder(self._day_folder(path.parent.name))

    def _day_folder(self, day: str) -> Path:
        """Return the day's folder; nobody gets it before it is itself durable."""
        folder = self._folder / day
        with self._making_day:
            if day not in self._durable_days:
                folder.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(self._folder)
                self._durable_days.add(day)
        return folder

    def _day_names(self) -> list[str]:
        with storage_problems():
            return [folder.name for folder in self._folder.iterdir() if DAY.fullmatch(folder.name)]

    def _listed(self) -> Iterator[tuple[str, str]]:
        for day in self._day_names():
            with storage_problems(), os.scandir(self._folder / day) as entries:
                for entry in entries:
                    if NAME.fullmatch(entry.name):
                        yield day, entry.name


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a new file and flush it; what `chunks` raises comes through."""
    with storage_problems():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            with storage_problems():
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
        with storage_problems():
            os.fsync(descriptor)
    finally:
        with storage_problems():
            os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pieces(path: Path, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes from `start` to `end`; a blob that is discarded meanwhile is read to its end."""
    with storage_problems():
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Problem(ProblemType.NOT_FOUND, "blob") from None
    try:
        while start < end:
            with storage_problems():
                piece = os.pread(descriptor, min(CHUNK, end - start), start)
            if not piece:
                raise Problem(ProblemType.STORAGE_FAILED, "the blob was cut short")
            yield piece
            start += len(piece)
    finally:
        with storage_problems():
            os.close(descriptor)
