"""Which day a blob was filed under, in some nine bytes of memory a blob (a dict of digests takes 120)."""

import threading
from collections.abc import Iterator
from typing import Final

TAG: Final = slice(1, 7)
"""The digest bytes that a record keeps."""
TAG_SIZE: Final = 6
RECORD_SIZE: Final = TAG_SIZE + 2
"""After the tag comes the day's number in two bytes: 65,536 days."""


class Days:
    """A hint, never a verdict: it may name a day that does not hold the blob, and the caller looks.

    Records are only added. A blob that was removed, and two whose digests share their first seven bytes, cost a look in
    vain. Any thread may add and ask.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._adding = threading.Lock()
        self._days: list[str] = []
        self._numbers: dict[str, bytes] = {}
        self._lists = [bytearray() for _ in range(1 << 12)]

    def add(self, digest: bytes, day: str) -> None:
        """Remember that the blob with this SHA-256 lies under `day`."""
        with self._adding:
            if day not in self._numbers:
                self._numbers[day] = len(self._days).to_bytes(2, "big")
                self._days.append(day)
            records = self._records(digest)
            records += digest[TAG] + self._numbers[day]

    def of(self, digest: bytes) -> Iterator[str]:
        """Yield the days that may hold the blob."""
        records, tag = self._records(digest), digest[TAG]
        found = records.find(tag)
        while found >= 0:
            # bytes that run across two records are no match
            if found % RECORD_SIZE == 0:
                yield self._days[int.from_bytes(records[found + TAG_SIZE : found + RECORD_SIZE], "big")]
            found = records.find(tag, found + 1)

    def _records(self, digest: bytes) -> bytearray:
        # the first twelve bits choose: digests are uniform, so the lists stay equally short
        return self._lists[digest[0] << 4 | digest[1] >> 4]
