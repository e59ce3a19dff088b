"""What is taken away of a form, as XLSX: the answers of a meeting, and the merged table with whence each cell comes.

No cell is ever a formula of somebody else's making: texts are written as texts. The sums below the merged table are ours.
"""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]

from archive.reading.workbook.shapes import letters
from exchange.forms.answering import NO, YES
from exchange.forms.merging import Merged, Value
from exchange.forms.rules import Filing, Period, fields_of
from exchange.forms.store import Rolled, Rollup
from schemas.messages import FormField
from schemas.words import NOTICE_EN, NOTICE_ZH, Attendance, FieldType, Label

_WIDEST: Final = 40
TOTAL: Final = Label("合计", "sum")
_COLUMN: Final = Label("来源单位", "office")
_FILE: Final = Label("来源文件", "file")
_CELL: Final = Label("来源行", "row")
ON_THE_PAGE: Final = Label("网上填报", "filled in on the page")


class _Book:
    """A workbook on its way: sheets with a heading, cells that are texts or numbers."""

    def __init__(self, *, chinese: bool) -> None:
        self._out, self._chinese = io.BytesIO(), chinese
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(self._out, options)
        self.head = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"})
        self.text = self._book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.number = self._book.add_format({"valign": "top"})
        self.sum = self._book.add_format({"bold": True, "top": 1})

    def said(self, label: Label) -> str:
        return label.zh if self._chinese else label.en

    def sheet(self, name: Label, headings: Sequence[str], widths: Sequence[int] = ()) -> Any:
        sheet = self._book.add_worksheet(self.said(name))
        for at, heading in enumerate(headings):
            sheet.write_string(0, at, heading, self.head)
            sheet.set_column(at, at, widths[at] if at < len(widths) else min(_WIDEST, max(10, 2 * len(heading) + 2)))
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return sheet

    def close(self) -> bytes:
        self._book.set_properties({"comments": f"{NOTICE_ZH} {NOTICE_EN}"})
        self._book.close()
        return self._out.getvalue()


def shown(field: FormField, value: str, *, chinese: bool) -> str:
    """Return a value of an answer as people read it."""
    if field.key == "attendance" and value:
        word = Attendance(value)
        return word.zh if chinese else word.en
    if field.type is FieldType.YES_NO and value:
        return {YES: Label("是", "yes"), NO: Label("否", "no")}[value][0 if chinese else 1]
    return value


def answers(rollup: Rollup, period: Period, *, chinese: bool) -> bytes:
    """Return the answers of one period: a row for each attendee or report, and whoever has not answered."""
    book, fields = _Book(chinese=chinese), fields_of(rollup.asked.form)
    labels = [said(field, chinese=chinese) for field in fields]
    headings = [book.said(Label("单位", "office")), *labels, book.said(Label("说明", "remarks")), book.said(Label("填报情况", "state"))]
    sheet = book.sheet(Label("回执汇总", "answers"), headings, (22, *(14 for _ in labels), 24, 14))
    line = 1
    for each in rollup.rows:
        standing, reply = each.standings[period.key], each.last.get(period.key)
        given = None if reply is None else reply.answer
        late = book.said(Label("（逾期）", " (late)")) if standing.late else ""
        for row in given.rows if given and given.rows else [{}]:
            sheet.write_string(line, 0, each.name, book.text)
            for at, field in enumerate(fields, 1):
                _write(book, sheet, line, at, row.get(field.key, ""), field, chinese=chinese)
            sheet.write_string(line, len(fields) + 1, given.remarks if given else "", book.text)
            sheet.write_string(line, len(fields) + 2, _word(standing.filing, chinese=chinese) + late, book.text)
            line += 1
    return book.close()


def _write(book: _Book, sheet: Any, line: int, at: int, value: str, field: FormField, *, chinese: bool) -> None:
    if field.type is FieldType.NUMBER and value:
        sheet.write_number(line, at, float(value), book.number)
    else:
        sheet.write_string(line, at, shown(field, value, chinese=chinese), book.text)


def said(field: FormField, *, chinese: bool) -> str:
    """Return the label of a field; those of every meeting are ours and have both languages."""
    own = {"attendance": "Attendance", "name": "Name", "post": "Post", "phone": "Telephone", "remarks": "Remarks"}
    ours = field.label in ("参会情况", "姓名", "职务", "电话", "备注")
    return own[field.key] if not chinese and ours and field.key in own else field.label


def _word(filing: Filing, *, chinese: bool) -> str:
    return filing.zh if chinese else filing.en


def merged(table: Merged, rows: Sequence[Rolled], period: Period, *, chinese: bool) -> bytes:
    """Return the merged workbook: 汇总, 来源 (cell by cell whence it comes), 核对 (what to look at), 填报情况 (who has filed)."""
    book = _Book(chinese=chinese)
    headings = [book.said(_COLUMN), *table.columns, book.said(_FILE), book.said(_CELL)]
    whole = book.sheet(Label("汇总", "merged"), headings, (22,))
    origins = book.sheet(Label("来源", "origin"), headings, (22,))
    for line, row in enumerate(table.rows, 1):
        for sheet in (whole, origins):
            sheet.write_string(line, 0, row.name, book.text)
            sheet.write_string(line, len(table.columns) + 1, row.file or book.said(ON_THE_PAGE), book.text)
            sheet.write_string(line, len(table.columns) + 2, row.where, book.text)
        for at, value in enumerate(row.values, 1):
            _put(book, whole, line, at, value)
            if value.text:
                origin = f"{row.name} · {row.file} · {value.origin}" if value.origin else f"{row.name} · {book.said(ON_THE_PAGE)}"
                origins.write_string(line, at, origin, book.text)
    _sums(book, whole, table)
    notes = [Label("单位", "office"), Label("文件", "file"), Label("单元格", "cell"), Label("需核对", "to be checked")]
    sheet = book.sheet(Label("核对", "to check"), [book.said(each) for each in notes], (22, 34, 16, 70))
    for line, note in enumerate(table.notes, 1):
        for at, text in enumerate((note.name, note.file, note.cell, book.said(note.said))):
            sheet.write_string(line, at, text, book.text)
    states = [Label("单位", "office"), Label("填报情况", "state"), Label("逾期", "late"), Label("期限", "due")]
    sheet = book.sheet(Label("填报情况", "states"), [book.said(each) for each in states], (22, 14, 10, 14))
    for line, each in enumerate(rows, 1):
        standing = each.standings[period.key]
        late = book.said(Label("逾期", "late")) if standing.late else ""
        for at, text in enumerate((each.name, _word(standing.filing, chinese=chinese), late, period.due)):
            sheet.write_string(line, at, text, book.text)
    return book.close()


def _put(book: _Book, sheet: Any, line: int, at: int, value: Value) -> None:
    if value.number:
        sheet.write_number(line, at, float(value.number), book.number)
    elif value.text:
        sheet.write_string(line, at, value.text, book.text)


def _sums(book: _Book, sheet: Any, table: Merged) -> None:
    last = len(table.rows)
    if not last or not table.numeric:
        return
    sheet.write_string(last + 1, 0, book.said(TOTAL), book.sum)
    for at in sorted(table.numeric):
        column = letters(at + 1)
        sheet.write_formula(last + 1, at + 1, f"=SUM({column}2:{column}{last + 1})", book.sum, float(table.sums.get(at, Decimal())))
