"""The county's working days over HTTP."""

from datetime import date, timedelta
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta, Struct

from exchange.duty import settings
from exchange.duty.working_days import Adjustment, OfficeClock, is_arranged
from exchange.office import browsers
from exchange.office.administration import Acting
from exchange.office.session import BODY, caller
from exchange.office.store import Person
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import Date, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role, Scope

LONGEST: Final = timedelta(days=400)
_CALENDAR: Final = "/api/v1/calendar"
DAY: Final = {"type": "string", "format": "date"}
SPAN: Final = (
    Parameter("from", "query", Label("从", "from"), DAY, required=True),
    Parameter("until", "query", Label("至，最多 400 天", "until, at most 400 days"), DAY, required=True),
)


class CalendarDay(Struct, frozen=True, kw_only=True):
    """A day: whether offices work; why it is not what its weekday says, empty where it is; whether the county laid it down."""

    day: Date
    works: bool
    reason: str
    own: bool


class Calendar(Struct, frozen=True):
    """Days, one after the other. Of the years in `not_arranged` the State Council's arrangement 调休 is not known."""

    items: list[CalendarDay]
    not_arranged: list[int]


class DayLaidDown(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A day that the county lays down: worked or off, and why."""

    day: Date
    works: bool
    note: Annotated[str, Meta(max_length=settings.LONGEST_NOTE)] = ""


class DaysLaidDown(Struct, frozen=True, forbid_unknown_fields=True):
    """Days that the county lays down, all of them or none; others stay as they are."""

    items: Annotated[list[DayLaidDown], Meta(min_length=1, max_length=settings.MOST_ADJUSTMENTS)]


async def calendar(request: web.Request) -> web.Response:
    """GET /api/v1/calendar."""
    await caller(request)
    first, last = span_of(request)
    found = await request.app[SERVICE].database.read(settings.adjustments)
    clock, own = OfficeClock(found), {each.day for each in found}
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    items = [CalendarDay(day=day.isoformat(), works=clock.is_working_day(day), reason=clock.reason(day), own=day in own) for day in days]
    return answer(Calendar(items, [year for year in range(first.year, last.year + 1) if not is_arranged(year)]))


async def lay_down(request: web.Request) -> web.Response:
    """PUT /api/v1/calendar."""
    person, service = await caller(request), request.app[SERVICE]
    _require_administrator(request, person)
    body = decode(request[BODY], DaysLaidDown, ProblemType.REQUEST_MALFORMED)
    wanted = [Adjustment(day_of(each.day, "day"), each.works, each.note.strip()) for each in body.items]
    if len({each.day for each in wanted}) != len(wanted):
        raise Problem(ProblemType.REQUEST_MALFORMED, "a day named twice")
    await service.database.write(settings.lay_down, Acting(person.id), wanted, service.watch.now())
    return answer(body)


async def take_back(request: web.Request) -> web.Response:
    """DELETE /api/v1/calendar/{day}."""
    person, service = await caller(request), request.app[SERVICE]
    _require_administrator(request, person)
    day = day_of(request.match_info["day"], "day")
    await service.database.write(settings.take_back, Acting(person.id), day, service.watch.now())
    return web.Response(status=204)


def _require_administrator(request: web.Request, person: Person) -> None:
    """Let the county's administrators alone. Raises Problem NOT_ALLOWED, and CONFIRM_AGAIN at a browser, as its pages do."""
    if person.office != COUNTY or person.role is not Role.ADMINISTRATOR:
        raise Problem(ProblemType.NOT_ALLOWED, "the county's administrators")
    if browsers.SESSION in request and not request[browsers.SESSION].is_confirmed(request.app[SERVICE].watch.now()):
        raise Problem(ProblemType.CONFIRM_AGAIN)


def span_of(request: web.Request) -> tuple[date, date]:
    """Return the days `from` and `until` of the query. Raises Problem REQUEST_MALFORMED."""
    first, last = (day_of(request.query.get(name, ""), name) for name in ("from", "until"))
    if not timedelta(0) <= last - first <= LONGEST:
        raise Problem(ProblemType.REQUEST_MALFORMED, "until")
    return first, last


def day_of(text: str, name: str) -> date:
    """Return a day. Raises Problem REQUEST_MALFORMED with the field's name."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, name) from error


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="showCalendar",
            method="GET",
            path=_CALENDAR,
            handler=calendar,
            text=Label("工作日历：哪天上班，哪天休息", "the county's working days: which days are worked and which are off"),
            more=Label(
                "县里调整的日期优先，其次是国务院办公厅放假通知；not_arranged 列出尚不知道放假安排的年份，只按法定节假日和周末计算。",
                "Days that the county laid down go first, then the State Council's arrangement; of the years in `not_arranged` the"
                " statutory days and the weekends are all that is known.",
            ),
            tag="offices",
            scope=Scope.INBOX,
            also=(Scope.SENT,),
            parameters=SPAN,
            answers={200: Body(JSON, Calendar)},
        ),
        Operation(
            id="layDownDays",
            method="PUT",
            path=_CALENDAR,
            handler=lay_down,
            text=Label("调整工作日（县管理员）", "lay down days that are worked or off (the county's administrators)"),
            tag="offices",
            body=Body(JSON, DaysLaidDown, example={"items": [{"day": "2027-02-20", "works": True, "note": "春节调休上班"}]}),
            answers={200: Body(JSON, DaysLaidDown)},
            problems=(ProblemType.NOT_ALLOWED, ProblemType.CONFIRM_AGAIN),
        ),
        Operation(
            id="takeDayBack",
            method="DELETE",
            path=f"{_CALENDAR}/{{day:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}}}",
            handler=take_back,
            text=Label("取消一天的调整（县管理员）", "let a day be again what the nation's calendar says (the county's administrators)"),
            tag="offices",
            parameters=(Parameter("day", "path", Label("日期", "the day"), DAY, required=True),),
            answers={204: Body("", text=Label("已取消", "taken back"))},
            problems=(ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED, ProblemType.CONFIRM_AGAIN),
        ),
    ]
