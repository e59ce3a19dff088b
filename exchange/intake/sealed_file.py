"""A file without a name that holds ciphertext only: written once, record by record, and read at any offset.

AES-256-GCM, because with the processor's help it is more than twice as fast as ChaCha20-Poly1305. Each file has its own
random key, and the record's number is the nonce, so no nonce comes twice under a key. Number and last-record flag are
authenticated with each record, so records that were changed, cut, moved or taken from another file are found out.
"""

import errno
import os
import secrets
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archive.blobs.store import storage_problems
from schemas.problems import Problem, ProblemType

RECORD: Final = 256 * 1024
"""The largest record, in bytes of plaintext."""
TAG_SIZE: Final = 16
KEY_BITS: Final = 256
WITHOUT_TMPFILE: Final = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}
"""What file systems and kernels answer that know no O_TMPFILE (open(2))."""


class SealedFile:
    """Bytes under a key that dies with the object. Problem STORAGE_FULL or STORAGE_FAILED for what the disk does."""

    def __init__(self, folder: Path) -> None:
        """Open an empty file that no directory lists, on the file system of `folder`."""
        with storage_problems():
            self._file = os.fdopen(_nameless(folder), "r+b", buffering=0)
        self._cipher = AESGCM(AESGCM.generate_key(KEY_BITS))
        self._ends: list[int] = []

    @property
    def size(self) -> int:
        """Bytes of plaintext so far."""
        return self._ends[-1] if self._ends else 0

    def append(self, plain: bytes | bytearray, *, last: bool = False) -> None:
        """Write `plain` as one record or several; after a failure the file must not be used again.

        With `last`, `plain` is at most one record and ends the file.
        """
        view = memoryview(plain)
        for start in range(0, len(view) or 1, RECORD):
            record = view[start : start + RECORD]
            number, at = len(self._ends), self.size
            sealed = memoryview(self._cipher.encrypt(_nonce(number), record, _associated(number, last=last)))
            position = at + TAG_SIZE * number
            while sealed:
                with storage_problems():
                    written = os.pwrite(self._file.fileno(), sealed, position)
                sealed, position = sealed[written:], position + written
            self._ends.append(at + len(record))

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the plaintext from `start` to `end`, once the last record is written; ValueError when the file is closed."""
        for number in range(bisect_right(self._ends, start), len(self._ends)):
            before = self._ends[number - 1] if number else 0
            # who reads to the end reads the last record even when it is empty: it proves that nothing was cut
            if before >= end and end < self.size:
                break
            piece = self._record(number, before)[max(0, start - before) : end - before]
            if piece:
                yield piece

    def close(self) -> None:
        """Give the file back to the system; nothing can read it any more."""
        self._file.close()

    def _record(self, number: int, before: int) -> bytes:
        size = self._ends[number] - before + TAG_SIZE
        with storage_problems():
            sealed = os.pread(self._file.fileno(), size, before + TAG_SIZE * number)
        try:
            return self._cipher.decrypt(_nonce(number), sealed, _associated(number, last=number == len(self._ends) - 1))
        except InvalidTag:
            raise Problem(ProblemType.STORAGE_FAILED, "the staged bytes were changed or cut") from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _associated(number: int, *, last: bool) -> bytes:
    return number.to_bytes(8, "big") + bytes([last])


def _nameless(folder: Path) -> int:
    """Open a file that has no name, or whose name is gone before the first byte."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in WITHOUT_TMPFILE:
            raise
    path = folder / secrets.token_hex(16)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        path.unlink()
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
