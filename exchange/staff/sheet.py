"""The filing form 公文办理人员备案表 as a workbook: a sheet an office, and before them one of the whole county. Cells are text."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import xlsxwriter  # type: ignore[import-untyped]

from archive.ledger.database import Tx
from exchange.office import naming
from exchange.office import store as offices
from exchange.staff import store
from exchange.staff.filing import StaffFiling, age
from exchange.staff.store import Entry
from schemas import instants
from schemas.words import NOTICE_ZH

TITLE: Final = "公文办理人员备案表"
COLUMNS: Final = (
    ("序号", 5),
    ("姓名", 10),
    ("职务", 16),
    ("角色", 10),
    ("出生年份", 9),
    ("年龄", 6),
    ("手机", 15),
    ("专职/兼职", 9),
    ("从事本项工作起始", 12),
    ("分管领导", 9),
    ("培训情况（日期、内容、学时）", 40),
)
SIGNED: Final = ("单位负责人（签字）：", "填表人（签字）：", "填报日期：　　　　年　　月　　日")
_UNFIT: Final = re.compile(r"[\[\]:*?/\\']")
_LONGEST: Final = 31
_A4: Final = 9
Formats = Mapping[str, Any]


class OfficeForm(NamedTuple):
    """One office's form: its code and name, its people, the day it was made, and who left the office this year."""

    code: str
    name: str
    entries: Sequence[Entry]
    day: date
    now: datetime
    left: str = ""


def forms(tx: Tx, codes: Sequence[str] | None, now: datetime) -> list[OfficeForm]:
    """Return the forms of these offices, or of all of today, by code. Raises Problem NOT_FOUND."""
    wanted = [row.code for row in offices.offices(tx)] if codes is None else list(codes)
    for code in wanted:
        store.require_office(tx, code)
    names, filed = naming.offices(tx, wanted), store.entries(tx, wanted)
    day = now.astimezone(instants.BEIJING).date()
    return [
        OfficeForm(code, names.get(code, code), [each for each in filed if each.office == code], day, now, _left(tx, code, day.year))
        for code in wanted
    ]


def _left(tx: Tx, office: str, year: int) -> str:
    """Return who left an office in a year, as the form tells it; empty where nobody did."""
    days = [(each, instants.read(each.left_at).astimezone(instants.BEIJING).date()) for each in store.former(tx, office)]
    told = [f"{each.name}（{'调出' if each.after else '离岗'}，{chinese_day(day)}）" for each, day in reversed(days) if day.year == year]
    return f"本年度离岗人员：{'、'.join(told)}" if told else ""


def chinese_day(day: date) -> str:
    """Write a day as Chinese forms do."""
    return f"{day.year}年{day.month}月{day.day}日"


def cells(filing: StaffFiling, number: int, now: datetime) -> list[str]:
    """Return a row of the form."""
    years = age(filing.birth_year, now)
    return [
        f"{number}",
        filing.name,
        filing.post,
        filing.role.zh,
        "" if filing.birth_year is None else f"{filing.birth_year}",
        "" if years is None else f"{years}",
        filing.mobile,
        {True: "专职", False: "兼职", None: ""}[filing.full_time],
        filing.since,
        "是" if filing.in_charge else "",
        "；".join(f"{each.date} {each.subject} {each.hours}学时" for each in filing.training),
    ]


def workbook(county: str, told: Sequence[OfficeForm]) -> bytes:
    """Return the workbook; with more than one office, the first sheet has everybody."""
    out = io.BytesIO()
    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, {"in_memory": True, **never})
    formats = _formats(book)
    if len(told) > 1:
        _whole(book, formats, county, told)
    used: set[str] = set()
    for each in told:
        _one(book.add_worksheet(_sheet_name(f"{each.code} {each.name}", used)), formats, county, each)
    book.close()
    return out.getvalue()


def _formats(book: Any) -> Formats:
    cell = {"num_format": "@", "text_wrap": True, "valign": "vcenter", "border": 1, "font_name": "仿宋", "font_size": 12}
    return {
        "title": book.add_format({"bold": True, "align": "center", "valign": "vcenter", "font_size": 20, "font_name": "方正小标宋简体"}),
        "line": book.add_format({"font_name": "仿宋", "font_size": 12, "valign": "vcenter"}),
        "head": book.add_format(cell | {"bold": True, "align": "center", "font_name": "黑体"}),
        "cell": book.add_format(cell | {"align": "center"}),
        "long": book.add_format(cell),
    }


def _sheet_name(text: str, used: set[str]) -> str:
    """Return a name that a workbook takes, and that none of its sheets has."""
    name = base = _UNFIT.sub(" ", text).strip()[:_LONGEST] or "单位"
    number = 1
    while name.lower() in used:
        number += 1
        name = f"{base[: _LONGEST - 4]} {number}"
    used.add(name.lower())
    return name


def _lay_out(sheet: Any, formats: Formats, columns: Sequence[tuple[str, int]], title: str, line: str) -> None:
    last = len(columns) - 1
    sheet.merge_range(0, 0, 0, last, title, formats["title"])
    sheet.set_row(0, 36)
    sheet.write_string(1, 0, line, formats["line"])
    sheet.set_row(1, 22)
    for column, (name, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(2, column, name, formats["head"])
    sheet.set_row(2, 32)
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(0, 2)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_footer(f"&C{NOTICE_ZH}&R&P/&N")


def _fill(sheet: Any, formats: Formats, at: int, row: Sequence[str]) -> None:
    for column, cell in enumerate(row):
        sheet.write_string(at, column, cell, formats["long" if column == len(row) - 1 else "cell"])


def _one(sheet: Any, formats: Formats, county: str, told: OfficeForm) -> None:
    _lay_out(sheet, formats, COLUMNS, f"{county}{TITLE}", f"填报单位（盖章）：{told.name}　　　　　　制表日期：{chinese_day(told.day)}")
    for number, entry in enumerate(told.entries, 1):
        _fill(sheet, formats, number + 2, cells(entry.filing, number, told.now))
    foot = len(told.entries) + 4
    if told.left:
        sheet.write_string(foot, 0, told.left, formats["line"])
        foot += 2
    for column, text in zip((0, 4, 8), SIGNED, strict=True):
        sheet.write_string(foot, column, text, formats["line"])
    sheet.write_string(foot + 2, 0, "县级审核意见（盖章）：", formats["line"])


def _whole(book: Any, formats: Formats, county: str, told: Sequence[OfficeForm]) -> None:
    sheet = book.add_worksheet("全县汇总")
    columns = (COLUMNS[0], ("单位", 20), *COLUMNS[1:])
    _lay_out(sheet, formats, columns, f"{county}{TITLE}（汇总）", f"制表日期：{chinese_day(told[0].day)}")
    rows = [(each, entry) for each in told for entry in each.entries]
    for number, (office, entry) in enumerate(rows, 1):
        first, *rest = cells(entry.filing, number, office.now)
        _fill(sheet, formats, number + 2, [first, office.name, *rest])
    sheet.autofilter(2, 0, len(rows) + 2, len(columns) - 1)
