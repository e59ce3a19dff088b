"""Rosters and calendars that somebody brings as a workbook: opened where strangers' files are, told by row, and never in the way."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from openpyxl import Workbook as Made

from archive.reading.sandbox import Sandbox
from archive.reading.workbook import reading
from archive.reading.workbook.shapes import Workbook
from exchange.duty.roster import Shift
from exchange.forms.rules import XLSX
from exchange.service import Service
from exchange.web.duty import calendar, roster_sheet, today
from exchange.web.duty.roster_sheet import COLUMNS, FORMULA, MERGED, NO_ROWS, NOT_A_WORKBOOK, WITH_MACROS, WRONG_COLUMNS
from exchange.web.duty.workbooks import workbook_of
from schemas.problems import Problem
from schemas.words import Label


def book(*rows: Sequence[Any], head: Sequence[str] = COLUMNS) -> bytes:
    made, out = Made(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for row in (head, *rows):
        sheet.append(list(row))
    made.save(out)
    return out.getvalue()


def changed(content: bytes, old: bytes, new: bytes, *more: str) -> bytes:
    """Return a workbook whose first sheet says something else, with further, empty members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            said = before.read(name)
            after.writestr(name, said.replace(old, new) if name.endswith("sheet1.xml") else said)
        for name in more:
            after.writestr(name, b"")
    return out.getvalue()


def told(content: bytes) -> Workbook:
    return reading.workbook("list.xlsx", XLSX, content)


def whole(problem: pytest.ExceptionInfo[Problem]) -> Label:
    return cast("Label", problem.value.members["label"])


DAY = ("2026-11-22", "孙丽", 13800003333, "李镇长", "0571-88880000")
SHIFT = Shift(date(2026, 11, 22), "孙丽", "13800003333", "李镇长", "0571-88880000")
EVERYTHING = changed(book(DAY), b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')
"""Five kilobytes that say that seventeen thousand million cells are one."""


@pytest.mark.parametrize("day", ["2026-11-22", "2026年11月22日", date(2026, 11, 22), datetime(2026, 11, 22, 8, 30)])  # noqa: DTZ001 - a sheet's
def test_a_day_is_read_however_a_sheet_holds_it(day: Any):
    (row,) = roster_sheet.read(told(book((day, *DAY[1:]))))
    assert (row.number, row.shift, row.faults) == (2, SHIFT, ())


def test_what_was_taken_is_brought_back_as_it_was():
    (row,) = roster_sheet.read(told(roster_sheet.write([SHIFT])))
    assert row.shift == SHIFT


def test_faults_are_told_by_row_and_a_formula_is_one():
    rows = roster_sheet.read(told(book(("某日", "李四"), (None, None), ("2026-11-23", "=1+1"), ("2026-11-24", "孙丽", "电话"))))
    assert [(row.number, len(row.faults)) for row in rows] == [(2, 1), (4, 1), (5, 1)]
    assert rows[1].faults == (FORMULA,)


@pytest.mark.parametrize(
    ("content", "label"),
    [(book(), NO_ROWS), (book(DAY, head=("日期", "姓名")), WRONG_COLUMNS), (EVERYTHING, MERGED)],
    ids=["empty", "columns", "merged"],
)
def test_what_is_wrong_with_it_as_a_whole_is_told_at_once(content: bytes, label: Label):
    with pytest.raises(Problem) as refused:
        roster_sheet.read(told(content))
    assert whole(refused) == label


def test_a_calendar_is_read_from_a_workbook_and_from_a_list():
    rows = [("2026-10-01", "休息", "国庆"), (date(2026, 10, 10), "上班", "")]
    from_book = calendar.read(told(book(*rows, head=calendar.COLUMNS)))
    text = "\n".join(",".join(map(str, row)) for row in (calendar.COLUMNS, *rows))
    assert [row.laid for row in from_book] == [row.laid for row in calendar.read(text.encode("gb18030"))]
    assert [row.laid.works for row in from_book if row.laid] == [False, True]


async def test_strangers_workbooks_are_opened_in_a_process_to_be_lost():
    sandbox = Sandbox()
    service = cast("Service", SimpleNamespace(sandbox=sandbox))
    try:
        (row,) = roster_sheet.read(await workbook_of(service, book(DAY)))
        assert row.shift == SHIFT
        assert (await workbook_of(service, EVERYTHING)).sheets[0].merged
        bomb = changed(book(DAY), b"</sheetData>", b"<row>" + b'<c t="b"><v>0</v></c>' * 61_000 + b"</row></sheetData>")
        hostile = [(bomb, NOT_A_WORKBOOK), (b"PK\3\4", NOT_A_WORKBOOK), (b"", NOT_A_WORKBOOK)]
        for content, label in [*hostile, (changed(book(DAY), b"", b"", "xl/vbaProject.bin"), WITH_MACROS)]:
            with pytest.raises(Problem) as refused:
                await workbook_of(service, content)
            assert whole(refused) == label
    finally:
        await sandbox.stop()


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "1999-12-31", "x"])
def test_a_day_of_the_diary_has_one_before_and_one_after(text: str):
    with pytest.raises(Problem):
        today.read_day(text, date(2026, 11, 22))
    assert today.read_day("2026-11-01", date(2026, 11, 22)) == date(2026, 11, 1)
