"""The seam of kept bytes: one blob is one container, named by the SHA-256 of its bytes.

The store never decides anything: which blobs belong to a submission stands in the ledger, and two writers of one name
write the same bytes. S3 may stand here later, so nothing leans on a rename, a lock or a conditional put being visible.
"""

import contextlib
import errno
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, Protocol

from schemas.problems import Problem, ProblemType

CHUNK: Final = 256 * 1024
"""The largest piece that `read` yields, in bytes."""


class BlobStore(Protocol):
    """Blobs by lower-case hexadecimal SHA-256. All methods block and may be called from any thread.

    Durability: when `put` has returned, the blob survives a loss of power; before that a reader may or may not see it.
    Idempotence: `put` of a blob that is there, and `discard` of one that is not, change nothing and succeed.
    Concurrency: any number of threads in one process put, read and list at once, also under one name; readers never see
    a part of a blob. `discard` of a name must not overlap with a `put` of it. One process writes; another process that
    opens the store reads what was there when it opened it.
    Errors: Problem NOT_FOUND, STORAGE_FULL (no space, quota), STORAGE_FAILED (anything else that the storage does, and
    bytes that are not the announced ones). After a failed `put` a retry is always safe; what the failure left behind is
    either invisible or the whole, verified blob. ValueError for an offset, a length or a day that cannot be one; a
    malformed name is one that nobody kept.
    """

    def put(self, sha256: str, size: int, chunks: Iterable[bytes], day: str) -> None:
        """Keep the blob whose bytes `chunks` yields, filed under `day` (`2026-11-22`, the day of acceptance in UTC).

        Digest and size are verified while writing: other bytes raise STORAGE_FAILED and leave nothing. `chunks` is not
        read when the blob is there already; what it raises comes through. A broken blob of another size is replaced.
        """
        ...

    def read(self, sha256: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Return the bytes from `offset` on, at most `length` of them, in pieces of at most `CHUNK` bytes.

        Past the end there are none. NOT_FOUND is raised by the call itself. The digest is not verified: who needs that
        reads from the start and hashes.
        """
        ...

    def stat(self, sha256: str) -> int:
        """Return the size in bytes."""
        ...

    def discard(self, sha256: str) -> None:
        """Remove the blob, durably. Only for names that no ledger row bears: sweeping orphans, and disposal."""
        ...

    def keys(self) -> Iterator[str]:
        """Yield the names, in no order; one may come twice, and one that comes or goes meanwhile may be left out."""
        ...


def verified(sha256: str, size: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `chunks` on, and raise Problem STORAGE_FAILED as soon as they turn out not to be the announced bytes."""
    digest, seen = hashlib.sha256(), 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > size:
            raise Problem(ProblemType.STORAGE_FAILED, "more bytes than announced")
        digest.update(chunk)
        yield chunk
    if seen < size:
        raise Problem(ProblemType.STORAGE_FAILED, "fewer bytes than announced")
    if digest.hexdigest() != sha256:
        raise Problem(ProblemType.STORAGE_FAILED, "other bytes than announced")


def checked_day(day: str) -> str:
    """Return `day` if it is a calendar day like `2026-11-22`; a day names a folder, so anything else is ValueError."""
    if date.fromisoformat(day).isoformat() != day:
        raise ValueError(day)
    return day


def checked_range(offset: int, length: int | None) -> None:
    """Raise ValueError for a negative offset or length."""
    if offset < 0 or (length is not None and length < 0):
        raise ValueError((offset, length))


@contextlib.contextmanager
def storage_problems() -> Iterator[None]:
    """Turn what a file system refuses into Problem STORAGE_FULL (no space, quota) or STORAGE_FAILED."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise Problem(ProblemType.STORAGE_FULL if full else ProblemType.STORAGE_FAILED, error.strerror or "") from error
