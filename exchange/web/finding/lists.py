"""A list of what was found, to take away: XLSX and CSV. Every cell is text and never a formula; its limits are said in it."""

import asyncio
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import xlsxwriter  # type: ignore[import-untyped]
from aiohttp import hdrs, web

from exchange.delivery.handling import Use, require_permitted
from exchange.finding import api
from exchange.finding.answers import FromBefore, Hit
from exchange.finding.showing import SIDES
from exchange.office import naming
from exchange.office.administration import List, Taking, note_taking
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE, Service
from exchange.web.finding import searching
from exchange.web.finding.searching import Wanted
from exchange.web.pages import Page
from exchange.web.rendering import day, language_of, moment
from exchange.web.texts import CHINESE
from exchange.web.township.standing import standing
from schemas.problems import Problem
from schemas.words import NOTICE_EN, NOTICE_ZH, Label, Role, Word

MOST: Final = 5000
"""Rows of a list. It is made in memory: no file of titles lies about on the disk."""

COLUMNS: Final = (
    (Label("报送编号", "filing number"), 22),
    (Label("发文字号", "document number"), 22),
    (Label("标题", "title"), 60),
    (Label("文种", "kind"), 10),
    (Label("紧急程度", "urgency"), 10),
    (Label("发文单位", "sender"), 22),
    (Label("成文日期", "date of issue"), 12),
    (Label("接收时间", "accepted"), 17),
    (Label("收文单位及状态", "recipients and state"), 50),
)
WIDTHS: Final = tuple(width for _, width in COLUMNS)
LEFT_OUT: Final = Label(
    "另有 {count} 件内部件，按规定不随清单导出，请逐件查看。", "{count} internal items are not in this list: look at them one by one."
)
CUT_OFF: Final = Label("共找到 {total} 件，本清单只含前 {most} 件。", "{total} items were found; this list has the first {most} of them.")
UNSIGNED: Final = Label("历史件·无签名", "from before, unsigned")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in full width as well."""


class Listed(NamedTuple):
    """What was found, what of it may be taken away as a list, and names of offices by code."""

    hits: Sequence[Hit | FromBefore]
    total: int
    internal: int
    offices: Mapping[str, str]


async def spreadsheet(request: web.Request) -> web.Response:
    """GET /search/list.xlsx. Raises Problem QUERY_INVALID and what the index raises."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return await _answered(request, "xlsx", kind, xlsx)


async def separated(request: web.Request) -> web.Response:
    """GET /search/list.csv. Raises what `spreadsheet` raises."""
    return await _answered(request, "csv", "text/csv", csv_of)


async def _answered(
    request: web.Request, extension: str, kind: str, write: Callable[[Sequence[Sequence[str]], Sequence[str], str], bytes]
) -> web.Response:
    person, service, wanted = request[CALLER], request.app[SERVICE], searching.read(request)
    found = await listed(service, person, wanted)
    if request.method == hdrs.METH_GET:
        kept = Taking(List.SEARCH, extension, len(found.hits), dict(wanted.chosen) | ({"words": "yes"} if wanted.text.strip() else {}))
        await service.database.write(note_taking, person.id, person.office, kept, service.watch.now())
    chinese = language_of(request) == CHINESE
    rows = [[_said(title, chinese=chinese) for title, _ in COLUMNS], *(cells(hit, found.offices, chinese=chinese) for hit in found.hits)]
    body = await asyncio.to_thread(write, rows, _limits(found, chinese=chinese), NOTICE_ZH if chinese else NOTICE_EN)
    name = f"search-{day(service.watch.now())}.{extension}"
    return web.Response(body=body, content_type=kind, headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'})


async def listed(service: Service, person: Person, wanted: Wanted) -> Listed:
    """Find everything up to `MOST`, and leave out what may not be exported with others. Raises what `find` raises."""
    hits: list[Hit | FromBefore] = []
    asked, beside = searching.all_of(wanted._replace(after="")), searching.beside(wanted.chosen)
    while True:
        found = await api.find(service, person, asked, beside)
        hits += found.in_order()
        if found.next is None or len(hits) >= MOST:
            break
        asked = replace(asked, after=api.place(asked.order, found.next))
    hits = hits[:MOST]
    may = [hit for hit in hits if _may_export(hit, person.role)]
    codes = {hit.office if isinstance(hit, FromBefore) else hit.from_ for hit in may}
    codes |= {copy.office for hit in may if isinstance(hit, Hit) for copy in hit.deliveries}
    return Listed(may, found.total, len(hits) - len(may), await service.database.read(naming.offices, codes))


def _may_export(hit: Hit | FromBefore, role: Role) -> bool:
    try:
        require_permitted(hit.handling, Use.EXPORT, role)
    except Problem:
        return False
    return True


def cells(hit: Hit | FromBefore, offices: Mapping[str, str], *, chinese: bool) -> list[str]:
    """Return a row's cells, all of them text; a document from before says in place of its number that it is one, unsigned."""
    if isinstance(hit, FromBefore):
        own, received = offices.get(hit.office, hit.office), hit.direction == "received"
        return [
            _said(UNSIGNED, chinese=chinese),
            hit.number or "",
            hit.title,
            _said(hit.kind, chinese=chinese),
            "",
            hit.counterpart if received else own,
            hit.date,
            "",
            f"{own if received else hit.counterpart} {_said(SIDES[hit.direction], chinese=chinese)}".strip(),
        ]
    return [
        hit.filing_number,
        hit.number or "",
        hit.title,
        _said(hit.kind, chinese=chinese),
        _said(hit.urgency, chinese=chinese),
        offices.get(hit.from_, hit.from_),
        hit.date,
        moment(hit.accepted_at),
        "；".join(f"{offices.get(copy.office, copy.office)} {_said(standing(copy), chinese=chinese)}" for copy in hit.deliveries),
    ]


def xlsx(rows: Sequence[Sequence[str]], limits: Sequence[str], notice: str, widths: Sequence[int] = WIDTHS) -> bytes:
    """Return a workbook of one sheet, `widths` being its columns'; the notice stands on every printed page."""
    out = io.BytesIO()
    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, {"in_memory": True, **never})
    sheet, head = book.add_worksheet(), book.add_format({"bold": True, "bottom": 1})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell, text if number else head)
    for number, line in enumerate((*limits, notice), len(rows) + 1):
        sheet.write_string(number, 0, line)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&C{notice}&R&P/&N")
    book.close()
    return out.getvalue()


def csv_of(rows: Sequence[Sequence[str]], limits: Sequence[str], notice: str) -> bytes:
    """Return CSV as spreadsheets open it: UTF-8 with a mark; what could be taken for a formula has an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    writer.writerows([guarded(line)] for line in (*limits, notice))
    return out.getvalue().encode("utf-8-sig")


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet computes."""
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_FORMULA) else cell


def _limits(found: Listed, *, chinese: bool) -> list[str]:
    said = []
    if found.internal:
        said.append(_said(LEFT_OUT, chinese=chinese).format(count=found.internal))
    if found.total > MOST:
        said.append(_said(CUT_OFF, chinese=chinese).format(total=found.total, most=MOST))
    return said


def _said(label: Label | Word, *, chinese: bool) -> str:
    return label.zh if chinese else label.en


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="search_xlsx", path="/search/list.xlsx", handler=spreadsheet, text=Label("检索结果清单 XLSX", "the list found, as XLSX")),
        Page(id="search_csv", path="/search/list.csv", handler=separated, text=Label("检索结果清单 CSV", "the list found, as CSV")),
    ]
