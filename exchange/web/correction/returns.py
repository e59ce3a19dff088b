"""Returns of a year, counted by reason, kind and month, for one's own office: what was returned to it, and what it returned."""

import asyncio
import re
from typing import Any, Final, NamedTuple

from aiohttp import hdrs, web

from archive.ledger.database import Tx
from exchange.correction import reasons, statistics
from exchange.correction.builtin import Reason
from exchange.correction.statistics import OTHER, Counted, Return, Side, Wanted
from exchange.office import naming
from exchange.office.administration import List, Taking, note_taking
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.finding.lists import xlsx
from exchange.web.pages import Page
from exchange.web.rendering import DESK, day, language_of
from exchange.web.texts import CHINESE
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import NOTICE_EN, NOTICE_ZH, OFFICE_CODE, Label

MOST: Final = 200
"""Items that a page lists."""
COLUMNS: Final = (
    (Label("退回时间", "Returned on"), 12), (Label("报送单位", "Sender"), 22), (Label("退回单位", "Returned by"), 22),
    (Label("文号", "Number"), 20), (Label("标题", "Title"), 46), (Label("文种", "Kind"), 10), (Label("退回原因", "Reasons"), 34),
    (Label("补充说明", "In words"), 40),
)  # fmt: skip
WORDS_ALONE: Final = Reason(OTHER, "其他（只有文字说明）", "other (words alone)")


class Found(NamedTuple):
    """What a page is made of; `choices` are the offices that may be chosen, `listed` says whether items stand below the numbers."""

    counted: Counted
    items: list[Return]
    listed: bool
    known: dict[str, Reason]
    offices: dict[str, str]
    choices: list[str]


async def shown(request: web.Request) -> web.Response:
    """GET /returns?side=ours|given&year=2026&office=CODE."""
    wanted, service = read(request), request.app[SERVICE]
    found = await service.database.read(gather, request[CALLER], wanted)
    years = range(service.watch.now().astimezone(instants.BEIJING).year, service.watch.now().year - 5, -1)
    return request.app[DESK].render(
        request, "correction/returns.html", found=found, wanted=wanted, sides=list(Side), years=years, most=MOST, address=address
    )


async def spreadsheet(request: web.Request) -> web.Response:
    """GET /returns.xlsx: the same list as a workbook."""
    wanted, service, person = read(request), request.app[SERVICE], request[CALLER]
    found = await service.database.read(gather, person, wanted)
    chinese = language_of(request) == CHINESE
    if request.method == hdrs.METH_GET:
        narrowed = {"side": wanted.side.value, "year": str(wanted.year)} | ({"office": wanted.office} if wanted.office else {})
        kept = Taking(List.RETURNS, "xlsx", len(found.items) if found.listed else 0, narrowed)
        await service.database.write(note_taking, person.id, person.office, kept, service.watch.now())
    body = await asyncio.to_thread(written, found, chinese=chinese)
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="returns-{wanted.year}.xlsx"'}
    return web.Response(body=body, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", headers=headers)


def read(request: web.Request) -> Wanted:
    """Return what an address asks for. Raises Problem REQUEST_MALFORMED."""
    query = request.query
    year = query.get("year") or str(request.app[SERVICE].watch.now().astimezone(instants.BEIJING).year)
    side, office = query.get("side") or Side.OURS.value, query.get("office", "")
    sides = {each.value for each in Side}
    if not re.fullmatch("2[0-9]{3}", year) or side not in sides or (office and not OFFICE_CODE.fullmatch(office)):
        raise Problem(ProblemType.REQUEST_MALFORMED, "year, side or office")
    return Wanted(Side(side), int(year), office)


def address(wanted: Wanted, path: str = "/returns", **changes: Any) -> str:
    """Return the address of a list with something else asked for."""
    asked = wanted._replace(**changes)
    office = f"&office={asked.office}" if asked.office and asked.side is Side.GIVEN else ""
    return f"{path}?side={asked.side.value}&year={asked.year}{office}"


def gather(tx: Tx, person: Person, wanted: Wanted) -> Found:
    """Return everything that a page shows: of what one returned, items of one chosen office alone."""
    found = statistics.returns(tx, person, wanted)
    whole = found if not wanted.office else statistics.returns(tx, person, wanted._replace(office=""))
    choices = statistics.senders(whole) if wanted.side is Side.GIVEN else []
    codes = {each.sender for each in found} | {each.recipient for each in found} | {*choices}
    known = reasons.known(tx) | {OTHER: WORDS_ALONE}
    listed = wanted.side is Side.OURS or bool(wanted.office)
    return Found(statistics.counted(found, wanted.year), found, listed, known, naming.offices(tx, codes), choices)


def written(found: Found, *, chinese: bool) -> bytes:
    """Return a workbook: the items where they are listed, else the numbers."""

    def word(label: Any) -> str:
        return str(label.zh if chinese else label.en)

    if not found.listed:
        rows = [[word(Label("退回原因", "Reason")), word(Label("次数", "Returns"))]]
        rows += [[word(found.known[code]) if code in found.known else code, str(count)] for code, count in found.counted.codes.items()]
        rows += [[word(kind), str(count)] for kind, count in found.counted.kinds.items()]
        rows += [[month, str(count)] for month, count in found.counted.months.items()]
        return xlsx(rows, [], NOTICE_ZH if chinese else NOTICE_EN, (40, 12))
    rows = [[word(title) for title, _ in COLUMNS], *[_cells(each, found, word) for each in found.items]]
    return xlsx(rows, [], NOTICE_ZH if chinese else NOTICE_EN, [width for _, width in COLUMNS])


def _cells(each: Return, found: Found, word: Any) -> list[str]:
    said = "；".join(word(found.known[code]) if code in found.known else code for code in each.codes)
    sender, recipient = (found.offices.get(code, code) for code in (each.sender, each.recipient))
    return [day(each.at), sender, recipient, each.number or "", each.title, word(each.kind), said, each.words]


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="returns", path="/returns", handler=shown, text=Label("退回统计", "returns")),
        Page(id="returns_xlsx", path="/returns.xlsx", handler=spreadsheet, text=Label("退回统计 XLSX", "returns, as XLSX")),
    ]
