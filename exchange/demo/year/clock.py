"""The story's clock: it stands where the script has put it, and runs on from there once the story is told."""

from datetime import UTC, datetime, timedelta

from exchange.clock import SystemClock


class StoryClock:
    """A clock that moves by hand; wall time and elapsed time move together, so that nothing ever jumps."""

    def __init__(self, start: datetime) -> None:
        """Stand at `start`."""
        self._system = SystemClock()
        self._start, self._at, self._runs_since = start, start, float("nan")

    def now(self) -> datetime:
        """Return the time of the story, UTC."""
        return self._at + self._ran()

    def elapsed(self) -> float:
        """Return seconds since the story began."""
        return (self.now() - self._start).total_seconds()

    def move_to(self, moment: datetime) -> None:
        """Go forward to `moment`; what lies behind is passed over."""
        self._at = max(self._at, moment.astimezone(UTC))

    def run_on(self) -> None:
        """Let time pass by itself from here."""
        self._at, self._runs_since = self.now(), self._system.elapsed()

    def _ran(self) -> timedelta:
        since = self._runs_since
        return timedelta() if since != since else timedelta(seconds=self._system.elapsed() - since)  # noqa: PLR0124 - not a number yet
