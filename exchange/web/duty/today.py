"""Duty 值班: who is on duty here and at the county, what was extra urgent lately, and the diary of the day."""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery.store import NAMED_ONLY
from exchange.duty import codes, roster
from exchange.duty.alarms import Told
from exchange.duty.roster import KEEPERS, LONGEST_ENTRY, Entry, Shift
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label

HERE: Final = "/duty"
LATELY: Final = timedelta(hours=24)
FIRST_YEAR, LAST_YEAR = 2000, 2100
_WRONG: Final = 422


class Alarm(NamedTuple):
    """A step of an alarm that was taken lately; of the office's own papers, or of any at the county: never a title."""

    at: str
    office: str
    told: Told
    name: str
    opened: bool


class Shown(NamedTuple):
    """What stands on the page; `offices` are names by code."""

    shifts: dict[str, Shift]
    next_one: Shift
    alarms: list[Alarm]
    entries: list[Entry]
    offices: dict[str, str]


async def today(request: web.Request) -> web.Response:
    """GET /duty?day=…: duty now, and the diary of a day."""
    return await _shown(request, "", {})


async def noted(request: web.Request) -> web.Response:
    """POST /duty/diary: add an entry."""
    fields, service = await form(request), request.app[SERVICE]
    text = str(fields.get("text", ""))
    try:
        await service.database.write(roster.write_entry, request[CALLER], text, service.watch.now())
    except Problem as problem:
        if problem.kind is not ProblemType.WORDS_REQUIRED:
            raise
        wrong = Label(f"请写 1 至 {LONGEST_ENTRY} 字。", f"Write 1 to {LONGEST_ENTRY} characters.")
        return await _shown(request, text, {"text": wrong}, _WRONG)
    return go(f"{HERE}#diary")


async def _shown(request: web.Request, text: str, errors: dict[str, Label], status: int = 200) -> web.Response:
    person, service = request[CALLER], request.app[SERVICE]
    now = service.watch.now()
    day = read_day(request.query.get("day", ""), roster.day_of(now))
    shown = await service.database.read(_read, person, day, now)
    return request.app[DESK].render(
        request,
        "duty/today.html",
        status,
        shown=shown,
        own=person.office,
        county_code=COUNTY,
        day=day,
        on=roster.day_of(now),
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < roster.day_of(now) else None,
        text=text,
        errors=errors,
        keeps=person.role in KEEPERS,
        gives=person.office == COUNTY and person.role in codes.GIVERS,
        longest=LONGEST_ENTRY,
    )


def _read(tx: Tx, person: Person, day: date, now: datetime) -> Shown:
    codes_here = list(dict.fromkeys((person.office, COUNTY)))
    alarms = _alarms(tx, person, now)
    return Shown(
        roster.on_duty(tx, codes_here, now),
        roster.shift(tx, person.office, roster.day_of(now) + timedelta(days=1)),
        alarms,
        roster.entries(tx, person.office, day),
        naming.offices(tx, {*codes_here, *(each.office for each in alarms)}),
    )


def _alarms(tx: Tx, person: Person, now: datetime) -> list[Alarm]:
    """Return the steps of the last day, the newest first, of what is not for other named persons."""
    rows = tx.rows(
        "SELECT alarm_step.at, alarm_step.office, told, name, delivery.opening FROM alarm_step"  # noqa: S608 - a constant
        " JOIN delivery USING (submission, office) JOIN submission ON submission.id = alarm_step.submission"
        f" WHERE alarm_step.at >= :since AND (alarm_step.office = :office OR (:county AND submission.named = 0)) AND {NAMED_ONLY}"
        " ORDER BY alarm_step.at DESC, alarm_step.office, alarm_step.step LIMIT 50",
        since=instants.write(now - LATELY),
        office=person.office,
        county=person.office == COUNTY,
        person=person.id,
    )
    return [Alarm(row.at, row.office, Told(row.told), row.name or "", row.opening != "consigned") for row in rows]


def read_day(text: str, otherwise: date) -> date:
    """Return the day that an address names. Raises Problem REQUEST_MALFORMED."""
    if not text:
        return otherwise
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "day") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:  # a day has one before and one after it
        raise Problem(ProblemType.REQUEST_MALFORMED, "day")
    return day


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="duty", path=HERE, handler=today, text=Label("值班", "duty")),
        Page(
            id="duty_diary", path=f"{HERE}/diary", handler=noted, text=Label("写值班日志", "write the diary"), method="POST", roles=KEEPERS
        ),
    ]
