"""The office clock: which days are worked, when a limit falls. Pure; days and hours are those of Beijing.

Holidays, and the weekend days worked in exchange for them 调休, are those of the package `holidays` for the years of which it has the
State Council's arrangement 国务院办公厅关于部分节假日安排的通知; for other years the statutory days and the weekends are all that is known,
and `is_arranged` says so. What the county itself has laid down goes before both.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

from holidays.countries.china import China
from msgspec import Meta, Struct

from schemas.instants import BEIJING
from schemas.words import Urgency

SATURDAY: Final = 5
_HOLIDAYS: Final[Any] = China
"""The package says of its types less than it could."""
_ARRANGED: Final = frozenset(_HOLIDAYS().special_public_holidays)
ARRANGED_UNTIL: Final = int(max(_ARRANGED))
"""The last year of which the package has the arrangement."""
_ONE_DAY: Final = timedelta(days=1)
MOST_DAYS: Final = 366
"""How many working days may be added: a limit is no age."""


class Adjustment(NamedTuple):
    """A day that the county has laid down: worked, or not; and why."""

    day: date
    works: bool
    note: str = ""


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Within what time a delivery is to be signed for: minutes of any hour for 特急, working days for the others."""

    extra_urgent_minutes: Annotated[int, Meta(ge=5, le=1440)] = 120
    urgent_days: Annotated[int, Meta(ge=0, le=30)] = 1
    normal_days: Annotated[int, Meta(ge=0, le=60)] = 3


class Span(NamedTuple):
    """A stretch of a working day, from and until."""

    opens: time
    closes: time


WORKING_HOURS: Final = (Span(time(8, 30), time(12)), Span(time(14), time(17, 30)))


@lru_cache(maxsize=64)
def _nation(year: int) -> tuple[Mapping[date, str], frozenset[date]]:
    """Return the days off of a year with their names, and the weekend days that are worked."""
    # a day worked in exchange may be named by the arrangement of the year after
    found = _HOLIDAYS(years=(year, year + 1), language="zh_CN")
    return (
        MappingProxyType({day: name for day, name in found.items() if day.year == year}),
        frozenset(day for day in found.weekend_workdays if day.year == year),
    )


def is_arranged(year: int) -> bool:
    """Say whether it is known which days of a year are off; else statutory days and weekends are counted."""
    return year in _ARRANGED


class OfficeClock:
    """When a county's offices are at work. `adjustments` go before what is known of the nation's holidays."""

    def __init__(self, adjustments: Iterable[Adjustment] = (), hours: tuple[Span, ...] = WORKING_HOURS) -> None:
        """Take the county's own days and hours; hours follow one another."""
        self._adjustments = {each.day: each for each in adjustments}
        self._hours = hours

    def is_working_day(self, day: date) -> bool:
        """Say whether offices work on a day."""
        if day in self._adjustments:
            return self._adjustments[day].works
        off, worked = _nation(day.year)
        return day in worked if day.weekday() >= SATURDAY else day not in off

    def reason(self, day: date) -> str:
        """Return why a day is not what its weekday says, as the county or the nation calls it; empty for a day like any other."""
        if day in self._adjustments:
            return self._adjustments[day].note
        off, worked = _nation(day.year)
        return "调休上班" if day in worked else off.get(day, "")

    def working_hours(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return the stretches of a day in which offices are at work, none on a day off."""
        if not self.is_working_day(day):
            return ()
        return tuple((_at(day, span.opens), _at(day, span.closes)) for span in self._hours)

    def is_at_work(self, moment: datetime) -> bool:
        """Say whether offices are open at a moment; the midday break counts as work: somebody is there."""
        spans = self.working_hours(moment.astimezone(BEIJING).date())
        return bool(spans) and spans[0][0] <= moment < spans[-1][1]

    def next_working_day(self, day: date) -> date:
        """Return the day, or the first working day after it."""
        for _ in range(MOST_DAYS):
            if self.is_working_day(day):
                return day
            day += _ONE_DAY
        return day  # a county that laid down a year without work: its last day is as good as any

    def close_of(self, day: date) -> datetime:
        """Return when offices close on a day, also on one that is not worked: a date that somebody set is that date."""
        return _at(day, self._hours[-1].closes)

    def add_working_days(self, moment: datetime, count: int) -> datetime:
        """Return the close of the `count`-th working day after a moment's day, which itself is not counted; 0 is that day's own close.

        When that day is not worked, or the close is over already, it is the next working day's. Raises ValueError for a count that is
        below 0 or more than a year.
        """
        if not 0 <= count <= MOST_DAYS:
            message = "working days: 0 to 366"
            raise ValueError(message)
        day = moment.astimezone(BEIJING).date()
        for _ in range(count):
            day = self.next_working_day(day + _ONE_DAY)
        day = self.next_working_day(day)
        close = self.close_of(day)
        return close if close > moment else self.close_of(self.next_working_day(day + _ONE_DAY))

    def working_days_between(self, first: date, last: date) -> int:
        """Return how many working days come after `first` up to `last`; as many below 0 when `last` lies before it."""
        if last < first:
            return -self.working_days_between(last, first)
        return sum(self.is_working_day(first + timedelta(days=step)) for step in range(1, (last - first).days + 1))

    def limit(
        self, urgency: Urgency, consigned_at: datetime, respond_by: date | None, limits: Limits, extended: date | None = None
    ) -> datetime:
        """Return by when a delivery is to be signed for.

        An extension counts alone. Else it is what the urgency gives, but never after the close of the day by which an answer is asked
        for, and that never before it came: what is late from the start is due at once.
        """
        if extended is not None:
            return self.close_of(extended)
        if urgency is Urgency.EXTRA_URGENT:
            by_urgency = consigned_at + timedelta(minutes=limits.extra_urgent_minutes)
        else:
            days = limits.urgent_days if urgency is Urgency.URGENT else limits.normal_days
            by_urgency = self.add_working_days(consigned_at, days)
        return by_urgency if respond_by is None else min(by_urgency, max(self.close_of(respond_by), consigned_at))


class Rules(NamedTuple):
    """What a limit follows from: the clock, and the county's limits."""

    clock: OfficeClock = OfficeClock()
    limits: Limits = Limits()


def limit(urgency: Urgency, consigned_at: datetime, respond_by: date | None, settings: Rules, extended: date | None = None) -> datetime:
    """Return by when a delivery is to be signed for: `OfficeClock.limit`."""
    return settings.clock.limit(urgency, consigned_at, respond_by, settings.limits, extended)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, BEIJING).astimezone(UTC)
