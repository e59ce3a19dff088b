"""How much anyone may ask: counts a minute for each key, and bodies at once for each address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from exchange.config import Limits
from schemas.problems import Problem, ProblemType

MINUTE: Final = 60.0
DAY: Final = 86_400.0
MOST_KEYS: Final = 100_000


class Rate:
    """At most `limit` in a span of time for each key, counted in whole spans; memory is bounded.

    The counts are in memory and begin anew with the service: they are there against floods and runaway scripts.
    """

    def __init__(self, limit: int, span: float = MINUTE, kind: ProblemType = ProblemType.TOO_MANY_REQUESTS) -> None:
        """Count from zero. `span` is in seconds; `kind` is the problem that is raised."""
        self.limit = limit
        self._span, self._kind = span, kind
        self._turn_number = -1
        self._counts: Counter[str] = Counter()

    def require(self, key: str, elapsed: float, amount: int = 1) -> None:
        """Raise the problem when the key has less than `amount` left; does not count."""
        self._turn(elapsed)
        if self._counts[key] + amount > self.limit:
            raise Problem(self._kind, retry_after=int(self._span - elapsed % self._span) + 1)

    def spend(self, key: str, elapsed: float, amount: int = 1) -> None:
        """Count `amount`. Raises the problem when there was less left."""
        self.require(key, elapsed, amount)
        self.count(key, elapsed, amount)

    def count(self, key: str, elapsed: float, amount: int = 1) -> None:
        """Count `amount`, whatever is left."""
        self._turn(elapsed)
        self._counts[key] += amount

    def _turn(self, elapsed: float) -> None:
        turn = int(elapsed // self._span)
        if turn > self._turn_number or len(self._counts) > MOST_KEYS:
            self._turn_number = turn
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


class Share:
    """The bytes that one body holds before its signer is known."""

    def __init__(self, heads: "Heads") -> None:
        """Start with none."""
        self._heads, self._held = heads, 0

    def take(self, size: int) -> None:
        """Hold `size` bytes more. Raises Problem BUSY when all heads together hold too much."""
        if self._heads.held + size > self._heads.most:
            raise Problem(ProblemType.BUSY, retry_after=5)
        self._heads.held += size
        self._held += size

    def give_back(self) -> None:
        """Hold none."""
        self._heads.held -= self._held
        self._held = 0


class Heads:
    """What strangers may hold in memory together before they have shown who they are."""

    def __init__(self, most: int = 64 * 2**20) -> None:
        """Start with none; `most` is in bytes."""
        self.most, self.held = most, 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Hold a share for one body."""
        share = Share(self)
        try:
            yield share
        finally:
            share.give_back()


class Gate:
    """The limits of one service."""

    def __init__(self, limits: Limits) -> None:
        """Start with empty counts."""
        self.submissions = Rate(limits.submissions_per_office_per_minute)
        self.readings = Rate(limits.submissions_per_office_per_minute)
        """Documents that are read for a clerk who fills in a form; they keep nothing, and readers and eyes are shared."""
        self.volume = Rate(limits.megabytes_per_office_per_day * 1_000_000, DAY, ProblemType.QUOTA_SPENT)
        self.bodies = Bodies(limits)
        self.heads = Heads()
