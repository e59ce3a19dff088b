"""A roster of duty as a workbook: what is entered, or an empty month to be filled in; and what one that was filled in says, row by row.

Columns are 日期, 值班员, 值班员电话, 带班领导, 带班领导电话; the first row is their names. Formulas and merged cells are faults.
What somebody brings was unpacked and told in a process to be lost (`workbooks.workbook_of`): nothing here opens a stranger's archive.
"""

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

import xlsxwriter  # type: ignore[import-untyped]

from archive.reading.workbook.shapes import Cell, Workbook
from exchange.duty import roster
from exchange.duty.roster import Shift
from schemas.problems import Problem, ProblemType
from schemas.words import Label

COLUMNS: Final = ("日期", "值班员", "值班员电话", "带班领导", "带班领导电话")
MOST_ROWS: Final = 400
MOST_BYTES: Final = 1 << 20
_DAY: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")

NOT_A_WORKBOOK: Final = Label("这不是 XLSX 工作簿，或文件已损坏、加密。", "This is no XLSX workbook, or it is damaged or encrypted.")
WITH_MACROS: Final = Label("工作簿含宏，请另存为不含宏的 XLSX。", "The workbook holds macros: save it as XLSX without.")
MERGED: Final = Label("表中有合并单元格，请取消合并。", "Cells are merged: unmerge them.")
WRONG_COLUMNS: Final = Label(
    "第 1 行应是“日期、值班员、值班员电话、带班领导、带班领导电话”五列，请使用模板。",
    "Row 1 must name the columns 日期, 值班员, 值班员电话, 带班领导, 带班领导电话: use the template.",
)
NO_ROWS: Final = Label("工作簿里没有值班安排：请从第 2 行起填写。", "The workbook has no days in it: fill it in from row 2 on.")
TOO_MANY: Final = Label(f"一次最多 {MOST_ROWS} 天。", f"At most {MOST_ROWS} days at a time.")
FORMULA: Final = Label("单元格是公式，请改成文字。", "A cell is a formula; write the text itself.")
WRONG_DAY: Final = Label("日期应写成 2026-11-22 或 2026年11月22日。", "Write the day as 2026-11-22.")
TWICE: Final = Label("与第 {row} 行是同一天。", "The same day as row {row}.")
WRONG: Final = {
    "officer": Label("值班员姓名超过 60 字或含特殊字符。", "The officer's name is longer than 60, or holds special characters."),
    "officer_phone": Label("值班员电话有误，或有电话没有姓名。", "The officer's number is wrong, or has no name."),
    "leader": Label("带班领导姓名超过 60 字或含特殊字符。", "The leader's name is longer than 60, or holds special characters."),
    "leader_phone": Label("带班领导电话有误，或有电话没有姓名。", "The leader's number is wrong, or has no name."),
}


class Checked(NamedTuple):
    """A row of a workbook: its number there, the day that it gives, and what is wrong with it."""

    number: int
    shift: Shift | None
    text: str
    faults: tuple[Label, ...]


def write(shifts: Sequence[Shift]) -> bytes:
    """Return a workbook of these days; days with nobody are rows to be filled in."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bottom": 1})
    sheet = book.add_worksheet("值班表")
    for column, (name, width) in enumerate(zip(COLUMNS, (14, 16, 18, 16, 18), strict=True)):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, name, head)
    for row, shift in enumerate(shifts, 1):
        for column, cell in enumerate((shift.day.isoformat(), *shift[1:])):
            sheet.write_string(row, column, cell, text)
    sheet.freeze_panes(1, 1)
    book.close()
    return out.getvalue()


def read(book: Workbook) -> list[Checked]:
    """Return the filled rows of a workbook's first sheet, each with its faults. Pure.

    Raises Problem REQUEST_MALFORMED whose member `label` says what is wrong with it as a whole.
    """
    if book.sheets and book.sheets[0].merged:
        raise refused(MERGED)
    rows = rows_of(book, len(COLUMNS), 2 * MOST_ROWS)
    if not rows or rows[0] != (1, COLUMNS):
        raise refused(WRONG_COLUMNS)
    filled = [(number, cells) for number, cells in rows[1:] if any(cell is None or cell for cell in cells)]
    if not filled:
        raise refused(NO_ROWS)
    if len(filled) > MOST_ROWS:
        raise refused(TOO_MANY)
    return list(_checked(filled))


def refused(label: Label) -> Problem:
    """Return the problem that says what is wrong with a workbook as a whole."""
    return Problem(ProblemType.REQUEST_MALFORMED, label.en, label=label)


def rows_of(book: Workbook, columns: int, most: int) -> list[tuple[int, tuple[str | None, ...]]]:
    """Return the rows of the first sheet that hold anything, with their numbers; None for a formula, whatever it shows."""
    rows: dict[int, list[str | None]] = {}
    for cell in book.sheets[0].cells if book.sheets else ():
        if cell.column < columns and 1 <= cell.row <= most:
            rows.setdefault(cell.row, [""] * columns)[cell.column] = _text(cell)
    return [(number, tuple(rows[number])) for number in sorted(rows)]


def _text(cell: Cell) -> str | None:
    if cell.formula:
        return None
    return cell.text.partition(" ")[0] if cell.kind == "date" else cell.text


def _checked(rows: Sequence[tuple[int, tuple[str | None, ...]]]) -> Iterator[Checked]:
    first: dict[date, int] = {}
    for number, cells in rows:
        text = cells[0] or ""
        if None in cells:
            yield Checked(number, None, text, (FORMULA,))
            continue
        day = day_of(text)
        if day is None:
            yield Checked(number, None, text, (WRONG_DAY,))
            continue
        shift = Shift(day, *(cell or "" for cell in cells[1:]))
        faults = [WRONG[name] for name in roster.faults(shift)]
        if (before := first.setdefault(day, number)) != number:
            faults.append(Label(TWICE.zh.format(row=before), TWICE.en.format(row=before)))
        yield Checked(number, shift, text, tuple(faults))


def day_of(text: str) -> date | None:
    """Return the day that somebody wrote, None for what is none."""
    found = _DAY.fullmatch(text)
    try:
        return None if found is None else date(*map(int, found.groups()))
    except ValueError:
        return None
