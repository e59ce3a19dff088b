"""Registers as files: what openpyxl and pypdf read of them, and the sheets of the paper book."""

import io
import re
from datetime import datetime
from typing import Any

import pypdf
import pytest
from openpyxl import load_workbook

from exchange.registers import printed, workbook
from exchange.registers.answers import Correction, Entry
from exchange.registers.columns import COLUMNS
from exchange.registers.rules import Book, Column
from schemas.words import NOTICE_ZH, Kind, Urgency

A4_ACROSS = (842, 595)


def entry(number: int, **values: Any) -> Entry:
    usual: dict[str, Any] = {
        "day": "2026-11-20",
        "at": "2026-11-20T01:00:00.250Z",
        "evidence_id": "0" * 32,
        "submission": "0" * 64,
        "filing_number": "T01-2026-000001",
        "paper": False,
        "hidden": "",
        "internal": False,
        "office": "T01",
        "other": "城关镇",
        "copied": "",
        "document_number": "城政发〔2026〕12号",
        "title": "关于防汛的报告",
        "kind": Kind.REPORT,
        "urgency": Urgency.URGENT,
        "copies": 3,
        "pages": 12,
        "signatory": "王五",
        "handler": "张三",
        "ending": "",
        "ended": 0,
        "recipients": 1,
        "result": "",
        "place": "一号柜",
        "archive_number": "",
        "remark": "",
        "corrections": (),
    }
    return Entry(number=number, **(usual | values))


def sheet_of(book: Book, *entries: Entry, chinese: bool = True) -> Any:
    return load_workbook(io.BytesIO(workbook.write(book, "示例县　收文登记簿（2026年）", [entries], chinese=chinese))).worksheets[0]


def cells(sheet: Any, row: int) -> dict[str, Any]:
    heads = [cell.value for cell in sheet[2]]
    return {head: cell.value for head, cell in zip(heads, sheet[row], strict=True)}


def test_days_and_numbers_are_typed_and_texts_are_never_formulas():
    sheet = sheet_of(Book.INCOMING, entry(7, title="=1+1", other="+86", place="http://a.invalid"))
    found = cells(sheet, 3)
    assert found["收文号"] == 7
    assert found["收文日期"] == datetime(2026, 11, 20)  # noqa: DTZ001 - a day has no zone
    assert (found["份数"], found["页数"], found["密级"], found["紧急程度"]) == (3, 12, "非涉密", "加急")
    assert (found["标题（事由）"], found["来文单位"], found["存放处"]) == ("=1+1", "+86", "http://a.invalid")
    assert {cell.data_type for cell in sheet[3] if isinstance(cell.value, str)} == {"s"}
    assert found["归档号"] is None


def test_the_workbook_is_set_up_to_print_like_the_book():
    sheet = sheet_of(Book.OUTGOING, *(entry(number) for number in range(1, 4)))
    assert sheet.freeze_panes == "B3"
    assert sheet.print_title_rows == "$1:$2"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert NOTICE_ZH in sheet.oddFooter.left.text
    assert sheet["A1"].value == "示例县　收文登记簿（2026年）"
    assert [cell.value for cell in sheet[2]] == [column.label.zh for column in COLUMNS[Book.OUTGOING]]


def test_what_may_not_be_told_is_not_in_the_workbook():
    rows = (
        entry(1, hidden="named", title="", document_number=""),
        entry(2, hidden="destroyed", title="", document_number=""),
        entry(3, internal=True, title="内部情况", document_number="城内〔2026〕1号", remark="内部情况的附件"),
    )
    sheet = sheet_of(Book.INCOMING, *rows)
    titles = [cells(sheet, row)["标题（事由）"] for row in (3, 4, 5)]
    assert titles[:2] == ["（指定人员件）", "（已销毁）"]
    assert "内部情况" not in str([cell.value for cell in sheet[5]])
    assert cells(sheet, 5)["来文字号"] is None


def test_a_correction_stands_in_the_remarks_with_what_stood_there_before():
    made = Correction("1" * 32, "2026-11-21T01:00:00.250Z", "张三", {Column.COPIES: "2"}, {Column.COPIES: "3", Column.PLACE: ""}, "数错")
    assert (
        cells(sheet_of(Book.INCOMING, entry(1, corrections=(made,))), 3)["备注"]
        == "更正 份数 2→3、存放处 （空）→（空）（张三 2026-11-21：数错）"
    )
    english = cells(sheet_of(Book.INCOMING, entry(1, corrections=(made,)), chinese=False), 3)["Remarks"]
    assert english.startswith("corrected copies 2→3")


def test_what_was_sent_to_several_says_how_many_gave_it_back():
    assert cells(sheet_of(Book.OUTGOING, entry(1, ending="returned", ended=1, recipients=5)), 3)["备注"] == "退回（1/5 个单位）"
    assert cells(sheet_of(Book.OUTGOING, entry(1, ending="withdrawn", ended=1, paper=True)), 3)["备注"] == "撤回；纸质"


@pytest.mark.parametrize(("count", "sheets"), [(0, 1), (5, 1), (200, 11)])
def test_the_pdf_has_the_head_and_the_sheets_number_on_every_sheet(count: int, sheets: int):
    heading = printed.Heading("收文登记簿（2026年）", "单位：示例县", "打印：示例县 张三 2026-11-20 09:00")
    pdf = printed.write(Book.INCOMING, heading, [[entry(number, title=f"T{number:04}") for number in range(1, count + 1)]], chinese=True)
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == sheets
    seen = []
    for number, page in enumerate(pages, 1):
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4_ACROSS
        text = re.sub(r"\s", "", page.extract_text())
        assert "收文登记簿" in text
        assert "来文单位" in text
        assert f"第{number}页共{sheets}页" in text
        assert "严禁处理、存储、传输国家秘密" in text
        seen += re.findall(r"T\d{4}", text)
    assert seen == [f"T{number:04}" for number in range(1, count + 1)]


def test_a_very_long_title_takes_more_lines_and_stays_on_its_sheet():
    heading = printed.Heading("收文登记簿（2026年）", "单位：示例县", "打印")
    pdf = printed.write(Book.INCOMING, heading, [[entry(1, title="长" * 500), entry(2, title="短")]], chinese=True)
    (page,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    text = page.extract_text()
    assert "…" in text
    assert "短" in text
