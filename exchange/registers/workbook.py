"""A register as XLSX: typed days and numbers, a head that stays, and print settings like the paper book's."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]

from exchange.registers.answers import Entry
from exchange.registers.columns import COLUMNS, INTERNAL, Shown, said, title
from exchange.registers.rules import Book, Column
from schemas.words import NOTICE_EN, NOTICE_ZH

_HEAD_ROWS: Final = 2
_A4: Final = 9
_LONGEST: Final = 32_000
"""Characters of a cell, at most; a workbook takes no more than 32,767."""
_NEVER: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_PER_MILLIMETRE: Final = 0.56


def write(book: Book, heading: str, entries: Iterable[Sequence[Entry]], *, chinese: bool) -> bytes:
    """Return the workbook of entries that come in pieces. Titles of internal items are left out: a list is no place for them."""
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True, **_NEVER})  # in memory: no file of titles lies about on the disk
    sheet = workbook.add_worksheet(said(book, chinese=chinese))
    columns = COLUMNS[book]
    _head(workbook, sheet, columns, heading, chinese=chinese)
    text = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "vcenter", "border": 1, "font_size": 9})
    day = workbook.add_format({"num_format": "yyyy-mm-dd", "valign": "vcenter", "border": 1, "font_size": 9})
    number = workbook.add_format({"num_format": "0", "valign": "vcenter", "border": 1, "font_size": 9})
    row = _HEAD_ROWS
    for piece in entries:
        for entry in piece:
            for place, column in enumerate(columns):
                _cell(sheet, (row, place), _value(entry, column, chinese=chinese), (text, day, number))
            row += 1
    _print_like_the_book(sheet, chinese=chinese)
    if row > _HEAD_ROWS:
        sheet.autofilter(_HEAD_ROWS - 1, 0, row - 1, len(columns) - 1)
    workbook.close()
    return out.getvalue()


def _value(entry: Entry, column: Shown, *, chinese: bool) -> str | int | date | None:
    if entry.internal and not entry.hidden and column.corrected in (Column.TITLE, Column.DOCUMENT_NUMBER, Column.REMARK):
        return said(INTERNAL, chinese=chinese) if column.value is title else ""
    return column.value(entry, chinese)


def _cell(sheet: Any, place: tuple[int, int], value: str | int | date | None, formats: tuple[Any, Any, Any]) -> None:
    text, day, number = formats
    if isinstance(value, date):
        sheet.write_datetime(*place, value, day)
    elif isinstance(value, int):
        sheet.write_number(*place, value, number)
    elif value:
        sheet.write_string(*place, value[:_LONGEST], text)
    else:
        sheet.write_blank(*place, None, text)


def _head(workbook: Any, sheet: Any, columns: Sequence[Shown], heading: str, *, chinese: bool) -> None:
    named = workbook.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = workbook.add_format({"bold": True, "border": 1, "text_wrap": True, "align": "center", "valign": "vcenter", "font_size": 9})
    sheet.merge_range(0, 0, 0, len(columns) - 1, heading, named)
    sheet.set_row(0, 28)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width * _PER_MILLIMETRE)
        sheet.write_string(_HEAD_ROWS - 1, place, said(column.label, chinese=chinese), head)
    sheet.freeze_panes(_HEAD_ROWS, 1)


def _print_like_the_book(sheet: Any, *, chinese: bool) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.6, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, _HEAD_ROWS - 1)
    sheet.set_footer(f"&L&8{NOTICE_ZH if chinese else NOTICE_EN}&R&8" + ("第 &P 页 共 &N 页" if chinese else "&P / &N"))
