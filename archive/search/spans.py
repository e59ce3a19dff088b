"""Years, days and ranges as people write them in a query: 2026, 2026-03, 2026年3月5日, 2025-01..2026-03, 2026-03.. and so on."""

import calendar
import re
from datetime import date
from typing import Final, NamedTuple

from archive.search.question import Between, Span
from archive.search.syntax import wrong
from schemas.words import Label

EARLIEST: Final = 0
LATEST_YEAR: Final = 9999
LATEST_DAY: Final = 99991231
"""What an open end of a range means."""

# full-width digits and signs, each one character for one, so that places stay what they are
_NARROW: Final = str.maketrans("０１２３４５６７８９－．／～〜", "0123456789-./~~")
_RANGE: Final = re.compile(r"\.\.|~|至")
_UNITS_AT_END: Final = re.compile("[年月日号]$")
_UNITS_WITHIN: Final = re.compile("[年月/.]")
_DAY: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?|([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR: Final = re.compile("([0-9]{4})年?")

_DAY_EXPECTED: Final = Label(
    "应为日期，如 2026、2026-03、2026-03-05、2026年3月，或起止 2026-01..2026-03",
    "a date is expected, like 2026, 2026-03, 2026-03-05, or a range like 2026-01..2026-03",
)
_YEAR_EXPECTED: Final = Label("应为年份，如 2026，或起止 2024..2026", "a year is expected, like 2026, or a range like 2024..2026")
_NO_SUCH_DAY: Final = Label("没有这一天", "there is no such day")
_REVERSED: Final = Label("起止颠倒：前一个日期应早于后一个", "the range is reversed: the earlier one comes first")


class Days(NamedTuple):
    """The first and the last day of what was written, as 20261122; years as 2026."""

    first: int
    last: int


def read(span: Span, text: str, position: int) -> Between:
    """Return the span that a value means; `position` is where it stands in the query. Raises Problem QUERY_INVALID there."""
    plain = text.translate(_NARROW)
    parting = _RANGE.search(plain)
    if parting is None:
        return Between(span, *_one(span, plain, position))
    before, after, behind = plain[: parting.start()], plain[parting.end() :], position + parting.end()
    if not before and not after:
        wrong(position, _expected(span))
    first = _one(span, before, position).first if before else EARLIEST
    last = _one(span, after, behind).last if after else (LATEST_YEAR if span == "year" else LATEST_DAY)
    if first > last:
        wrong(position, _REVERSED)
    return Between(span, first, last)


def write(node: Between) -> str:
    """Return a span as `read` takes it."""
    if node.span == "year":
        first, last = (f"{year:04}" for year in (node.first, node.last))
        latest = LATEST_YEAR
    else:
        first, last = (f"{day // 10000:04}-{day // 100 % 100:02}-{day % 100:02}" for day in (node.first, node.last))
        latest = LATEST_DAY
    if node.first == node.last:
        return first
    if node.first == EARLIEST:
        return f"..{last}"
    return f"{first}..{'' if node.last == latest else last}"


def _expected(span: Span) -> Label:
    return _YEAR_EXPECTED if span == "year" else _DAY_EXPECTED


def _one(span: Span, text: str, position: int) -> Days:
    if span == "year":
        found = _YEAR.fullmatch(text)
        return Days(int(found[1]), int(found[1])) if found else wrong(position, _YEAR_EXPECTED)
    found = _DAY.fullmatch(_UNITS_WITHIN.sub("-", _UNITS_AT_END.sub("", text)))
    if found is None:
        wrong(position, _DAY_EXPECTED)
    year, month, day = (int(part) if part else None for part in (found[1] or found[4], found[2] or found[5], found[3] or found[6]))
    return _days(year or 0, month, day, position)


def _days(year: int, month: int | None, day: int | None, position: int) -> Days:
    try:
        first = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        wrong(position, _NO_SUCH_DAY)
    last_month = 12 if month is None else month
    last_day = calendar.monthrange(year, last_month)[1] if day is None else day
    return Days(_number(year, first.month, first.day), _number(year, last_month, last_day))


def _number(year: int, month: int, day: int) -> int:
    return year * 10000 + month * 100 + day
