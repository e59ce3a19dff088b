"""`SHA256SUMS` of a folder, as `sha256sum --check` reads it: written while files are copied in, obeyed when they are copied back."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self

from archive.blobs.store import storage_problems
from schemas.problems import Problem, ProblemType

SUMS: Final = "SHA256SUMS"
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\r\n\\]{1,1000})\n")
_CHUNK: Final = 1 << 20
_PRIVATE: Final = 0o600


class Listed(NamedTuple):
    """A line: SHA-256 in lower-case hexadecimal, and the file's name within the folder, parts divided by `/`."""

    sha256: str
    name: str


class Sums:
    """The file while it is being written; durable when the block is left without an error."""

    def __init__(self, folder: Path) -> None:
        """List files of `folder`."""
        self._folder = folder

    def __enter__(self) -> Self:
        """Begin the file."""
        self._file = _new(self._folder / SUMS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file, flushed."""
        with self._file:
            _flush(self._file)

    def add(self, name: str, sha256: str) -> None:
        """List a file whose digest is known, and which is durable."""
        self._file.write(f"{sha256}  {name}\n".encode())

    def add_file(self, name: str) -> None:
        """List a file that lies in the folder, and make it private and durable."""
        with (self._folder / name).open("r+b") as file:
            os.fchmod(file.fileno(), _PRIVATE)
            _flush(file)
            self.add(name, self.digest_of(_chunks(file)))

    def copy(self, source: Path, name: str) -> None:
        """Copy a file into the folder, durably, and list it."""
        self.add(name, _copy(source, self._folder / name))

    @staticmethod
    def digest_of(chunks: Iterable[bytes]) -> str:
        """Return the SHA-256 of the chunks, in lower-case hexadecimal."""
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
        return digest.hexdigest()


def listed(folder: Path) -> Iterator[Listed]:
    """Yield what a folder's list names, line by line. Raises Problem BACKUP_DAMAGED for a line or a name that cannot be ours."""
    with storage_problems(), (folder / SUMS).open("r", encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            match = _LINE.fullmatch(line)
            parts = PurePosixPath(match[2]).parts if match else ()
            if match is None or parts[0] == "/" or ".." in parts or "/".join(parts) != match[2]:
                raise Problem(ProblemType.BACKUP_DAMAGED, f"{SUMS}: not a line of ours")
            yield Listed(match[1], match[2])


def copy_listed(source: Path, target: Path, files: Iterable[Listed]) -> None:
    """Copy files, durably, and check each digest on the way. Raises Problem BACKUP_DAMAGED naming the first that differs or is missing."""
    for file in files:
        if not (source / file.name).is_file():
            raise Problem(ProblemType.BACKUP_DAMAGED, f"{file.name} is missing")
        if (target / file.name).exists():
            raise Problem(ProblemType.BACKUP_DAMAGED, f"{file.name} is named twice")
        (target / file.name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _copy(source / file.name, target / file.name) != file.sha256:
            raise Problem(ProblemType.BACKUP_DAMAGED, file.name)


def sync_folders(folder: Path) -> None:
    """Make the names in a folder and all below it durable; the files are already."""
    for path, _, _ in os.walk(folder):
        sync_folder(Path(path))


def sync_folder(folder: Path) -> None:
    """Make the names in one folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> str:
    """Copy a file into a new one, flushed; returns the digest of what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as original, _new(target) as copied:
        for chunk in _chunks(original):
            digest.update(chunk)
            copied.write(chunk)
        _flush(copied)
    return digest.hexdigest()


def _new(path: Path) -> BinaryIO:
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags | os.O_CLOEXEC, _PRIVATE))


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
