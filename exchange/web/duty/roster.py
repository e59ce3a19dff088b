"""The roster of duty 值班表 of one's own office: a month as a grid, printed as a sheet, brought and taken as a workbook."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from aiohttp import web
from multidict import MultiDict

from archive.ledger.database import Tx
from exchange.duty import roster, settings
from exchange.duty.roster import KEEPERS, Shift
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.paging import CODE
from exchange.service import SERVICE
from exchange.web.duty import roster_sheet
from exchange.web.duty.workbooks import workbook_of
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from exchange.web.uploads import file_of
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Label

HERE: Final = "/duty/roster"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_WEEKDAYS: Final = tuple(
    Label(*each) for each in (("一", "Mon"), ("二", "Tue"), ("三", "Wed"), ("四", "Thu"), ("五", "Fri"), ("六", "Sat"), ("日", "Sun"))
)
_WRONG: Final = 422
_CHANGES: Final = 10
"""Changes of the roster that are shown."""


async def shown(request: web.Request) -> web.Response:
    """GET /duty/roster?month=2026-11: a month; to the county also another office's, to look at."""
    return await _shown(request, _month(request.query.get("month", ""), request), {}, {})


async def kept(request: web.Request) -> web.StreamResponse:
    """POST /duty/roster?month=2026-11: keep the month as the form has it, all or nothing."""
    fields, first = await form(request), _month(request.query.get("month", ""), request)
    wanted = {day: _typed(fields, day) for day in days_of(first)}
    wrong = {day: roster_sheet.WRONG[faults[0]] for day, shift in wanted.items() if (faults := roster.faults(shift))}
    if wrong:
        return await _shown(request, first, wanted, wrong, _WRONG)
    service = request.app[SERVICE]
    await service.sign(roster.keep, service.county.notary, request[CALLER], wanted.values(), service.watch.signing_now())
    return go(f"{HERE}?month={first:%Y-%m}&done=1")


async def taken(request: web.Request) -> web.Response:
    """GET /duty/roster.xlsx?month=2026-11: the month as a workbook, to be filled in and brought back."""
    first = _month(request.query.get("month", ""), request)
    found = await request.app[SERVICE].database.read(_shifts, request[CALLER].office, first)
    body = roster_sheet.write([found.get(day, Shift(day)) for day in days_of(first)])
    answer = web.Response(body=body, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="roster-{first:%Y-%m}.xlsx"'
    return answer


async def brought(request: web.Request) -> web.StreamResponse:
    """POST /duty/roster/import: keep the days of a workbook, all of them or, with its faults shown by row, none."""
    first = _month(request.query.get("month", ""), request)
    content = await file_of(request, "roster", roster_sheet.MOST_BYTES)
    try:
        rows = roster_sheet.read(await workbook_of(request.app[SERVICE], content))
    except Problem as problem:
        if not isinstance(label := problem.members.get("label"), Label):
            raise
        return await _shown(request, first, {}, {}, _WRONG, refused=label)
    if any(row.faults for row in rows):
        return await _shown(request, first, {}, {}, _WRONG, faulty=[row for row in rows if row.faults])
    service, wanted = request.app[SERVICE], [row.shift for row in rows if row.shift is not None]
    await service.sign(roster.keep, service.county.notary, request[CALLER], wanted, service.watch.signing_now())
    return go(f"{HERE}?month={min(wanted).day:%Y-%m}&brought={len(wanted)}")


async def _shown(
    request: web.Request,
    first: date,
    typed: dict[date, Shift],
    wrong: dict[date, Label],
    status: int = 200,
    **more: Any,
) -> web.Response:
    person, service = request[CALLER], request.app[SERVICE]
    office = request.query.get("office", person.office)
    if office != person.office and (person.office != COUNTY or not re.fullmatch(CODE, office)):
        raise Problem(ProblemType.NOT_ALLOWED, "another office's roster")
    found, clock, name, made = await service.database.read(_read, office, first)
    days = [(day, typed.get(day) or found.get(day, Shift(day)), clock.is_working_day(day), clock.reason(day)) for day in days_of(first)]
    return request.app[DESK].render(
        request,
        "duty/roster.html",
        status,
        first=first,
        days=days,
        weekdays=_WEEKDAYS,
        wrong=wrong,
        office=office,
        office_name=name,
        made=made,
        change=Event.DUTY_ROSTER_CHANGE,
        before=first - timedelta(days=1),
        after=first + timedelta(days=31),
        today=roster.day_of(service.watch.now()),
        keeps=person.role in KEEPERS and office == person.office,
        **({"refused": None, "faulty": []} | more),
    )


class Made(NamedTuple):
    """The last changes of a roster, and what those are called who made them."""

    changes: list[roster.Changed]
    people: dict[str, str]


def _read(tx: Tx, office: str, first: date) -> tuple[dict[date, Shift], Any, str, Made]:
    names = naming.offices(tx, [office])
    if office not in names:
        raise Problem(ProblemType.NOT_FOUND, "office")
    changes = roster.changes(tx, office, _CHANGES)
    return (
        _shifts(tx, office, first),
        settings.clock(tx),
        names[office],
        Made(changes, naming.people(tx, {each.person for each in changes})),
    )


def _shifts(tx: Tx, office: str, first: date) -> dict[date, Shift]:
    days = days_of(first)
    return {shift.day: shift for shift in roster.shifts(tx, office, days[0], days[-1])}


def days_of(first: date) -> list[date]:
    """Return the days of the month that begins on a day."""
    return [first + timedelta(days=step) for step in range(monthrange(first.year, first.month)[1])]


def _typed(fields: MultiDict[str], day: date) -> Shift:
    return Shift(day, *(fields.get(f"{name}-{day.day}", "").strip() for name in Shift._fields[1:]))


def _month(text: str, request: web.Request) -> date:
    """Return the first day of the month that an address names, of this one without. Raises Problem REQUEST_MALFORMED."""
    if not text:
        return roster.day_of(request.app[SERVICE].watch.now()).replace(day=1)
    found = _MONTH.fullmatch(text)
    if found is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "month")
    return date(int(found[1]), int(found[2]), 1)


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="duty_roster", path=HERE, handler=shown, text=Label("值班表", "roster of duty")),
        Page(id="keep_duty_roster", path=HERE, handler=kept, text=Label("登记值班表", "keep the roster"), method="POST", roles=KEEPERS),
        Page(id="duty_roster_workbook", path=f"{HERE}.xlsx", handler=taken, text=Label("值班表工作簿", "the roster as a workbook")),
        Page(
            id="bring_duty_roster",
            path=f"{HERE}/import",
            handler=brought,
            text=Label("导入值班表", "bring a roster as a workbook"),
            method="POST",
            roles=KEEPERS,
        ),
    ]
