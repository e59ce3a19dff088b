"""How much anyone may ask: counts a minute for each key, and bodies at once for each address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from exchange.config import Limits
from schemas.problems import Problem, ProblemType

MINUTE: Final = 60.0
MOST_KEYS: Final = 100_000


class Rate:
    """At most `limit` a minute for each key, counted in whole minutes; memory is bounded."""

    def __init__(self, limit: int) -> None:
        """Count from zero."""
        self.limit = limit
        self._minute = -1
        self._counts: Counter[str] = Counter()

    def require(self, key: str, elapsed: float) -> None:
        """Raise Problem TOO_MANY_REQUESTS when the key has spent its minute; does not count."""
        self._turn(elapsed)
        if self._counts[key] >= self.limit:
            raise Problem(ProblemType.TOO_MANY_REQUESTS, retry_after=int(MINUTE - elapsed % MINUTE) + 1)

    def spend(self, key: str, elapsed: float) -> None:
        """Count one. Raises Problem TOO_MANY_REQUESTS when there was none left."""
        self.require(key, elapsed)
        self._counts[key] += 1

    def _turn(self, elapsed: float) -> None:
        minute = int(elapsed // MINUTE)
        if minute > self._minute or len(self._counts) > MOST_KEYS:
            self._minute = minute
            self._counts.clear()


class Bodies:
    """Counts the bodies that are under way, in all and for each address."""

    def __init__(self, limits: Limits) -> None:
        """Start with none."""
        self._limits = limits
        self._by_address: Counter[str] = Counter()

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """Hold a place for one body. Raises Problem BUSY or TOO_MANY_REQUESTS."""
        if self._by_address.total() >= self._limits.bodies_at_once:
            raise Problem(ProblemType.BUSY, retry_after=5)
        if self._by_address[address] >= self._limits.bodies_at_once_per_address:
            raise Problem(ProblemType.TOO_MANY_REQUESTS, retry_after=5)
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


class Gate:
    """The limits of one service."""

    def __init__(self, limits: Limits) -> None:
        """Start with empty counts."""
        self.submissions = Rate(limits.submissions_per_office_per_minute)
        self.bodies = Bodies(limits)
