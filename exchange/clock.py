"""The clock seam, and the watch that stops signing when the system clock jumps."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from schemas.problems import Problem, ProblemType

JUMP: Final = timedelta(seconds=60)
BUILT: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock can be right that stands before this program was made."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Return the wall-clock time, UTC."""
        ...

    def elapsed(self) -> float:
        """Return seconds since some start, unmoved by changes of the wall clock, counting suspended time."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall-clock time, UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Return seconds since boot, suspended time counted where the system can tell."""
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class FakeClock:
    """A clock that a test moves; `jump` moves the wall clock alone."""

    def __init__(self, start: datetime) -> None:
        """Start at a moment."""
        self.wall, self.seconds = start, 0.0

    def now(self) -> datetime:
        """Return the wall-clock time, UTC."""
        return self.wall

    def elapsed(self) -> float:
        """Return the seconds that `advance` let pass."""
        return self.seconds

    def advance(self, step: timedelta) -> None:
        """Let time pass."""
        self.wall += step
        self.seconds += step.total_seconds()

    def jump(self, step: timedelta) -> None:
        """Set the wall clock."""
        self.wall += step


class Watch:
    """Reads a clock and stops for good when the wall clock moved by more than a minute against elapsed time."""

    def __init__(self, clock: Clock) -> None:
        """Start watching now."""
        self.clock = clock
        self._last = (clock.now(), clock.elapsed())
        self.stopped = ""

    def now(self) -> datetime:
        """Return the time, for looking."""
        now, elapsed = self.clock.now(), self.clock.elapsed()
        step = (now - self._last[0]) - timedelta(seconds=elapsed - self._last[1])
        self._last = (now, elapsed)
        if abs(step) > JUMP and not self.stopped:
            self.stopped = f"clock-jump: {step.total_seconds():+.0f} s"
        return now

    def signing_now(self) -> datetime:
        """Return the time, for signing. Raises Problem SIGNING_STOPPED after a jump, until the service is started anew."""
        now = self.now()
        if self.stopped:
            raise Problem(ProblemType.SIGNING_STOPPED, self.stopped)
        return now


def require_sane(now: datetime, last: datetime) -> None:
    """Refuse to start with a clock before the build or before the ledger's last event. Raises Problem CLOCK_WRONG."""
    if now < BUILT or now < last:
        raise Problem(ProblemType.CLOCK_WRONG, f"{now:%Y-%m-%d %H:%M} < {max(BUILT, last):%Y-%m-%d %H:%M}")
