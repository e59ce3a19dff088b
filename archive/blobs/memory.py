"""Blobs in memory: the fake that keeps the contract, for tests."""

from collections.abc import Iterable, Iterator

from archive.blobs.store import CHUNK, checked_day, checked_range, verified
from schemas.problems import Problem, ProblemType


class MemoryBlobs:
    """A `BlobStore` that lasts as long as the object; `days` shows under which day each blob was filed."""

    def __init__(self) -> None:
        """Start empty."""
        self.days: dict[str, str] = {}
        self._blobs: dict[str, bytes] = {}

    def put(self, sha256: str, size: int, chunks: Iterable[bytes], day: str) -> None:
        """Keep a blob (see `BlobStore.put`)."""
        checked_day(day)
        if sha256 not in self._blobs:
            self._blobs[sha256] = b"".join(verified(sha256, size, chunks))
            self.days[sha256] = day

    def read(self, sha256: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Read a range (see `BlobStore.read`)."""
        checked_range(offset, length)
        wanted = self._blob(sha256)[offset : None if length is None else offset + length]
        return (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))

    def stat(self, sha256: str) -> int:
        """Return the size (see `BlobStore.stat`)."""
        return len(self._blob(sha256))

    def discard(self, sha256: str) -> None:
        """Remove a blob (see `BlobStore.discard`)."""
        self._blobs.pop(sha256, None)
        self.days.pop(sha256, None)

    def keys(self) -> Iterator[str]:
        """Yield the names (see `BlobStore.keys`)."""
        return iter(list(self._blobs))

    def _blob(self, sha256: str) -> bytes:
        try:
            return self._blobs[sha256]
        except KeyError:
            raise Problem(ProblemType.NOT_FOUND, "blob") from None
