"""The folder `sealed/`: packages by the SHA-256 of their bytes, written whole or not at all."""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from archive.blobs.store import CHUNK, storage_problems
from exchange.sums import sync_folder
from schemas.problems import Problem, ProblemType

FOLDER: Final = "sealed"
_NAME: Final = re.compile("[0-9a-f]{64}")


class Packages:
    """Sealed packages of one county. All methods block; one process writes. Errors: STORAGE_FULL, STORAGE_FAILED, NOT_FOUND."""

    def __init__(self, county: Path) -> None:
        """Use the county folder's `sealed/`, which is made with the first package."""
        self.folder = county / FOLDER

    def keep(self, records: Iterable[bytes]) -> tuple[str, int]:
        """Write a package and return its SHA-256 and size once it is durable."""
        with storage_problems():
            if not self.folder.exists():
                self.folder.mkdir(mode=0o700)
                sync_folder(self.folder.parent)
            written = self.folder / f".{secrets.token_hex(16)}.new"
            digest, size = hashlib.sha256(), 0
            try:
                with open(written, "xb", opener=_private) as file:
                    for record in records:
                        file.write(record)
                        digest.update(record)
                        size += len(record)
                    file.flush()
                    os.fsync(file.fileno())
                written.rename(self.folder / digest.hexdigest())
                sync_folder(self.folder)
            finally:
                written.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def read(self, name: str) -> Iterator[bytes]:
        """Return the bytes of a package in pieces; a missing one is refused at once. Raises Problem NOT_FOUND."""
        with storage_problems():
            try:
                file = (self.folder / name).open("rb")
            except FileNotFoundError:
                raise Problem(ProblemType.NOT_FOUND, "sealed package") from None
        return _pieces(file)

    def size(self, name: str) -> int:
        """Return the size of a package. Raises Problem NOT_FOUND."""
        with storage_problems():
            try:
                return (self.folder / name).stat().st_size
            except FileNotFoundError:
                raise Problem(ProblemType.NOT_FOUND, "sealed package") from None

    def discard(self, name: str) -> None:
        """Remove a package, durably; one that is not there is removed already."""
        with storage_problems(), contextlib.suppress(FileNotFoundError):
            (self.folder / name).unlink()
            sync_folder(self.folder)

    def sweep(self, held: frozenset[str], before: float) -> None:
        """Remove what a kill has left half written, and packages older than an instant (Unix time) that no row names."""
        with storage_problems():
            for path in list(self.folder.iterdir()) if self.folder.exists() else []:
                whole = _NAME.fullmatch(path.name) is not None
                if not whole or (path.name not in held and path.stat().st_mtime < before):
                    path.unlink()

    def names(self) -> frozenset[str]:
        """Return the packages that are there."""
        with storage_problems():
            return (
                frozenset(path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name))
                if self.folder.exists()
                else frozenset()
            )


def _private(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_CLOEXEC, 0o600)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file, storage_problems():
        while piece := file.read(CHUNK):
            yield piece
