"""The county's days 工作日历: what the nation's calendar says of a year, and the days that the county lays down itself, one or a list."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from aiohttp import web

from archive.reading.workbook.shapes import Workbook
from exchange.duty import settings
from exchange.duty.settings import LONGEST_NOTE, MOST_ADJUSTMENTS
from exchange.duty.working_days import Adjustment, OfficeClock, is_arranged
from exchange.service import SERVICE
from exchange.web.admin.acting import act, commanding, confirm_first, is_confirmed, is_repetition, render, room
from exchange.web.duty.roster_sheet import FORMULA, MOST_BYTES, NOT_A_WORKBOOK, TWICE, WRONG_DAY, refused, rows_of
from exchange.web.duty.roster_sheet import day_of as day_in
from exchange.web.duty.workbooks import workbook_of
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.uploads import file_of
from schemas.instants import BEIJING
from schemas.problems import Problem, ProblemType
from schemas.words import Label

SECTION: Final = "/admin/deadlines"
HERE: Final = f"{SECTION}/days"
COLUMNS: Final = ("日期", "上班或休息", "说明")
_WRONG: Final = 422
_WORKS: Final = {"上班": True, "工作": True, "working": True, "休息": False, "放假": False, "holiday": False}
_WORDS: Final = Label("第二列填“上班”或“休息”。", "Write 上班 (working) or 休息 (holiday) in the second column.")
_LONG: Final = Label(f"说明超过 {LONGEST_NOTE} 字或含特殊字符。", f"The note is longer than {LONGEST_NOTE}, or holds special characters.")
_COLUMNS: Final = Label("第 1 行应是“日期、上班或休息、说明”三列。", "Row 1 must name the columns 日期, 上班或休息, 说明.")
_FEW: Final = Label(f"请填写 1 至 {MOST_ADJUSTMENTS} 天。", f"Fill in 1 to {MOST_ADJUSTMENTS} days.")


class Row(NamedTuple):
    """A row of a list: its number, what stands in it, the day that it lays down, and what is wrong with it."""

    number: int
    text: str
    laid: Adjustment | None
    faults: tuple[Label, ...]


class Day(NamedTuple):
    """A day that is not what its weekday says; `own` when the county laid it down."""

    day: date
    works: bool
    reason: str
    own: bool


async def shown(request: web.Request) -> web.Response:
    """GET /admin/deadlines/days?year=…: a year."""
    return await _shown(request, {}, {})


async def laid(request: web.Request) -> web.StreamResponse:
    """POST /admin/deadlines/days: lay one day down."""
    fields = await form(request)
    values = {name: str(fields.get(name, "")).strip() for name in ("day", "works", "note")}
    if not is_confirmed(request):
        return confirm_first(HERE, values)
    day = day_in(values["day"])
    errors = {} if day else {"day": WRONG_DAY}
    if len(values["note"]) > LONGEST_NOTE or not values["note"].isprintable():
        errors["note"] = _LONG
    if errors or day is None:
        return await _shown(request, values, errors, _WRONG)
    return await _lay_down(request, str(fields.get("once", "")), [Adjustment(day, values["works"] == "1", values["note"])])


async def taken_back(request: web.Request) -> web.StreamResponse:
    """POST /admin/deadlines/days/drop: let a day be again what the nation's calendar says."""
    fields = await form(request)
    day = day_in(str(fields.get("day", "")))
    if day is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "day")
    desk = commanding(request, fields.get("once", ""))
    try:
        await request.app[SERVICE].database.write(settings.take_back, desk.acting, day, desk.watch.now())
    except Problem as problem:
        if problem.kind is not ProblemType.NOT_FOUND and not is_repetition(problem):
            raise
    return go(f"{HERE}?year={day.year}")


async def brought(request: web.Request) -> web.StreamResponse:
    """POST /admin/deadlines/days/import: lay down the days of a workbook or a CSV file, all or, with the faults shown by row, none."""
    content = await file_of(request, "days", MOST_BYTES)
    if not is_confirmed(request):
        return confirm_first(HERE)
    try:
        rows = read(await workbook_of(request.app[SERVICE], content) if content.startswith(b"PK") else content)
    except Problem as problem:
        if not isinstance(label := problem.members.get("label"), Label):
            raise
        return await _shown(request, {}, {}, _WRONG, refused=label)
    if any(row.faults for row in rows):
        return await _shown(request, {}, {}, _WRONG, faulty=[row for row in rows if row.faults])
    return await _lay_down(request, "", [row.laid for row in rows if row.laid is not None])


async def _lay_down(request: web.Request, once: str, wanted: Sequence[Adjustment]) -> web.Response:
    desk = commanding(request, once)
    try:
        await request.app[SERVICE].database.write(settings.lay_down, desk.acting, wanted, desk.watch.now())
    except Problem as problem:
        if not is_repetition(problem):
            raise
    return go(f"{HERE}?year={min(wanted).day.year}&done={len(wanted)}")


def read(content: Workbook | bytes) -> list[Row]:
    """Return the rows of a workbook, or of a CSV file in UTF-8 or GB 18030, each with its faults; the first names the columns.

    Raises Problem REQUEST_MALFORMED whose member `label` says what is wrong with it as a whole.
    """
    rows = _csv(content) if isinstance(content, bytes) else _workbook(content)
    if not rows or rows[0][0] != 1 or tuple(rows[0][1][: len(COLUMNS)]) != COLUMNS:
        raise refused(_COLUMNS)
    filled = [(number, cells) for number, cells in rows[1:] if any(cell is None or cell for cell in cells)]
    if not 0 < len(filled) <= MOST_ADJUSTMENTS:
        raise refused(_FEW)
    first: dict[date, int] = {}
    return [_row(number, cells, first) for number, cells in filled]


def _workbook(book: Workbook) -> list[tuple[int, list[str | None]]]:
    return [(number, [*cells]) for number, cells in rows_of(book, len(COLUMNS), 2 * MOST_ADJUSTMENTS)]


def _csv(content: bytes) -> list[tuple[int, list[str | None]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        found = csv.reader(io.StringIO(text))
        return [(number, [*(cell.strip() for cell in row)]) for number, row in zip(range(1, 2 * MOST_ADJUSTMENTS), found, strict=False)]
    raise refused(NOT_A_WORKBOOK)


def _row(number: int, cells: Sequence[str | None], first: dict[date, int]) -> Row:
    day_text, works_text, note = [*cells, "", "", ""][: len(COLUMNS)]
    if None in (day_text, works_text, note):
        return Row(number, day_text or "", None, (FORMULA,))
    day, works, words = day_in(day_text or ""), _WORKS.get(works_text or ""), note or ""
    faults = [fault for fault, wrong in ((WRONG_DAY, day is None), (_WORDS, works is None)) if wrong]
    if len(words) > LONGEST_NOTE or not words.isprintable():
        faults.append(_LONG)
    if day is not None and (before := first.setdefault(day, number)) != number:
        faults.append(Label(TWICE.zh.format(row=before), TWICE.en.format(row=before)))
    return Row(number, day_text or "", None if day is None or works is None else Adjustment(day, works, words), tuple(faults))


def days_of(year: int, clock: OfficeClock, own: set[date]) -> list[Day]:
    """Return the days of a year that are not what their weekday says, by day. Pure."""
    first = date(year, 1, 1)
    every = (first + timedelta(days=step) for step in range((date(year + 1, 1, 1) - first).days))
    return [Day(day, clock.is_working_day(day), reason, day in own) for day in every if (reason := clock.reason(day)) or day in own]


async def _shown(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200, **more: Any) -> web.Response:
    service = request.app[SERVICE]
    now_year = service.watch.now().astimezone(BEIJING).year
    text = request.query.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and 2001 <= int(text) <= 2100 else now_year  # noqa: PLR2004 - years of the desk
    found = await service.database.read(settings.adjustments)
    return render(
        request,
        "days.html",
        SECTION,
        status,
        year=year,
        days=days_of(year, OfficeClock(found), {each.day for each in found}),
        arranged=is_arranged(year),
        values={name: request.query.get(name, "") for name in ("day", "works", "note")} | values,
        errors=errors,
        **({"refused": None, "faulty": []} | more),
    )


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        room(HERE, shown, "admin_days", Label("工作日历", "the county's days")),
        act(HERE, laid, "admin_lay_down_day", Label("调整工作日", "lay a day down")),
        act(f"{HERE}/drop", taken_back, "admin_take_back_day", Label("取消调整", "take a day back")),
        act(f"{HERE}/import", brought, "admin_bring_days", Label("导入工作日历", "bring days as a list")),
    ]
