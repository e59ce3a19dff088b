"""The paperless rate 无纸化率 with its definition, and until when a kind still comes on paper."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from aiohttp import hdrs, web

from archive.ledger.database import Tx
from exchange.office import naming
from exchange.office.administration import List, Taking, note_taking
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paper import rate, stops, store
from exchange.paper.rate import LINE, Figures, Rates
from exchange.paper.words import PaperDirection
from exchange.service import SERVICE
from exchange.web.admin.acting import act, commanding, confirm_first, is_confirmed, is_repetition
from exchange.web.finding.lists import xlsx
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK, language_of
from exchange.web.texts import CHINESE
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, NOTICE_EN, NOTICE_ZH, Kind, Label, Role

HERE: Final = "/paper/rate"
_MONTH: Final = re.compile("20[0-9]{2}-(0[1-9]|1[0-2])")
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = (
    (Label("代码", "code"), 10),
    (Label("单位／文种／月份", "office, kind or month"), 30),
    (Label("方向", "direction"), 10),
    (Label("网上", "by this network"), 12),
    (Label("纸质", "on paper"), 12),
    (Label("无纸化率 %", "rate in per cent"), 14),
    (Label("外单位纸质（不计入）", "paper outside the county, apart"), 24),
)
DEFINITION: Final = Label(
    "无纸化率 = 网上 ÷（网上 + 纸质）。一件文送到一个单位，收发双方各计一次；退回后的更正件不重复计；"
    "县外单位的纸质件和机要件不能走本网，另列，不计入。",
    "Rate = electronic ÷ (electronic + paper). One document to one office counts once on either side; a corrected version counts no second"
    " time; paper from and to outside the county and confidential courier cannot use this network: they are shown apart.",
)


class Span(NamedTuple):
    """From month to month, both included."""

    first: str
    last: str


class Shown(NamedTuple):
    """What the page shows."""

    rates: Rates
    names: Mapping[str, str]
    stops: Mapping[Kind, str]


def span(request: web.Request, now: datetime) -> Span:
    """Return the months that are asked for; this year up to now without any. Raises Problem REQUEST_MALFORMED."""
    last = request.query.get("last") or store.month_of(now)
    first = request.query.get("first") or f"{last[:4]}-01"
    if not _MONTH.fullmatch(first) or not _MONTH.fullmatch(last) or first > last:
        raise Problem(ProblemType.REQUEST_MALFORMED, "months")
    return Span(first, last)


async def rated(request: web.Request) -> web.Response:
    """GET /paper/rate?first=2026-01&last=2026-12: the caller's own office, or all of them."""
    service = request.app[SERVICE]
    now = service.watch.now()
    wanted = span(request, now)
    shown = await service.database.read(_read, request[CALLER], wanted)
    caller = request[CALLER]
    return request.app[DESK].render(
        request,
        "paper/rate.html",
        shown=shown,
        wanted=wanted,
        definition=DEFINITION,
        line=LINE,
        directions=tuple(PaperDirection),
        kinds=tuple(Kind),
        today=now.astimezone(instants.BEIJING).date().isoformat(),
        everybody=rate.scope(caller) is None,
        sets_stops=caller.office == COUNTY and caller.role is Role.ADMINISTRATOR,
        once=service.county.notary.random(16).hex(),
    )


def _read(tx: Tx, caller: Person, wanted: Span) -> Shown:
    found = rate.rates(tx, caller, wanted.first, wanted.last)
    return Shown(found, naming.offices(tx, found.offices), stops.stops(tx))


async def spreadsheet(request: web.Request) -> web.Response:
    """GET /paper/rate.xlsx: the same figures as a list."""
    service, caller = request.app[SERVICE], request[CALLER]
    wanted = span(request, service.watch.now())
    shown = await service.database.read(_read, caller, wanted)
    chinese = language_of(request) == CHINESE
    rows = rows_of(shown, chinese=chinese)
    if request.method == hdrs.METH_GET:
        taking = Taking(List.PAPERLESS, "xlsx", len(rows), {"since": f"{wanted.first}-01", "until": f"{wanted.last}-01"})
        await service.database.write(note_taking, caller.id, caller.office, taking, service.watch.now())
    limits = [f"{wanted.first} – {wanted.last}", DEFINITION.zh if chinese else DEFINITION.en]
    head = [label.zh if chinese else label.en for label, _ in COLUMNS]
    notice, widths = NOTICE_ZH if chinese else NOTICE_EN, [width for _, width in COLUMNS]
    body = await asyncio.to_thread(xlsx, [head, *rows], limits, notice, widths)
    name = f"paperless-{wanted.first}-{wanted.last}.xlsx"
    return web.Response(body=body, content_type=_XLSX, headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'})


def rows_of(shown: Shown, *, chinese: bool) -> list[list[str]]:
    """Return the rows of the list: offices in code order by direction, then kinds, months, and the whole."""

    def said(label: Any) -> str:
        return str(label.zh if chinese else label.en)

    def row(code: str, name: str, way: str, one: Figures) -> list[str]:
        return [code, name, way, str(one.electronic), str(one.paper), one.rate, str(one.outside)]

    rows = [
        row(code, shown.names.get(code, code), said(way), figures)
        for code, ways in shown.rates.offices.items()
        for way, figures in ways.items()
    ]
    rows += [row("", said(kind), "", figures) for kind, figures in shown.rates.kinds.items()]
    rows += [row("", month, "", figures) for month, figures in shown.rates.months.items()]
    return [*rows, row("", said(Label("合计", "altogether")), "", shown.rates.whole)]


async def stopped(request: web.Request) -> web.StreamResponse:
    """POST /paper/rate/stops: set the day from which a kind comes on paper no more; an empty day takes it back."""
    fields = await form(request)
    kind, day = str(fields.get("kind", "")), str(fields.get("day", ""))
    if not is_confirmed(request):
        return confirm_first(HERE)
    if kind not in set(Kind):
        raise Problem(ProblemType.REQUEST_MALFORMED, "kind")
    desk = commanding(request, str(fields.get("once", "")))
    try:
        await request.app[SERVICE].database.write(stops.set_stop, desk.acting, Kind(kind), day, desk.watch.now())
    except Problem as problem:
        if not is_repetition(problem):
            raise
    return go(f"{HERE}#stops")


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="paperless_rate", path=HERE, handler=rated, text=Label("无纸化率", "paperless rate")),
        Page(id="paperless_list", path=f"{HERE}.xlsx", handler=spreadsheet, text=Label("无纸化率表 XLSX", "paperless rate, as XLSX")),
        act(f"{HERE}/stops", stopped, "stop_paper", Label("设定停收纸质日期", "set the end of paper")),
    ]
