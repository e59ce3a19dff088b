"""Filled workbooks become one: read as strangers' files are, each cell with its origin, and what is not clear is said, not guessed."""

import io
from typing import Any

import pytest
from forms_maker import HEADINGS, TEMPLATE, XLSX, book
from msgspec.structs import replace
from openpyxl import Workbook as Made
from openpyxl import load_workbook

from archive.reading.made import WORKBOOKS
from archive.reading.workbook import reading
from archive.reading.workbook.shapes import Workbook, letters
from exchange.forms import workbooks
from exchange.forms.merging import Filled, Merged, Source, merge
from exchange.forms.rules import Filing, Period, Standing
from exchange.forms.store import Rolled
from schemas.problems import Problem, ProblemType


def read(content: bytes, name: str = "表.xlsx") -> Workbook:
    return reading.workbook(name, XLSX, content)


def source(content: bytes, office: str = "T01", name: str = "城关镇") -> Source:
    return Source(office, name, "报表.xlsx", read(content))


def merged(*sources: Source, filled: tuple[Filled, ...] = ()) -> Merged:
    return merge(read(TEMPLATE), [], filled, sources)


def notes(found: Merged) -> list[tuple[str, str]]:
    return [(note.cell, note.said.zh) for note in found.notes]


ROWS = [["东村", 120, 35.5, ""], ["西村", 80, 4, "缺雨布"]]


def test_rows_of_several_townships_stand_below_one_another_each_cell_with_its_origin():
    found = merged(source(book(ROWS)), source(book([["河西村", 7, 8, None]]), "T02", "河西乡"))
    assert found.columns == HEADINGS
    assert [(row.name, *(value.text for value in row.values)) for row in found.rows] == [
        ("城关镇", "东村", "120", "35.5", ""),
        ("城关镇", "西村", "80", "4", "缺雨布"),
        ("河西乡", "河西村", "7", "8", ""),
    ]
    assert found.rows[1].values[1].origin == "表1!B4"
    assert (found.rows[1].file, found.rows[1].where) == ("报表.xlsx", "表1!4")
    assert notes(found) == []
    assert {found.columns[at]: str(total) for at, total in found.sums.items()} == {"沙袋（只）": "207", "编织袋（条）": "47.5"}


def test_sums_are_checked_and_never_merged():
    right = merged(source(book([*ROWS, ["合计", 200, 39.5, None]])))
    assert (len(right.rows), notes(right)) == (2, [])
    wrong = merged(source(book([*ROWS, ["合 计", 210, 39.5, None]])))
    assert notes(wrong) == [("表1!B5", "合计数 210 与各行之和 200 不符")]


def changed(cell: str, value: Any) -> bytes:
    def change(page: Any) -> None:
        page[cell] = value

    return book(ROWS, change=change)


def test_a_formula_is_said_and_without_its_result_left_empty():
    found = merged(source(changed("B3", "=60*2")))
    assert found.rows[0].values[1].text == ""
    assert notes(found) == [("表1!B3", "单元格是公式，文件中没有保存结果，此处留空")]


def test_a_text_among_numbers_stays_a_text_and_is_not_summed():
    found = merged(source(changed("B3", "约120")))
    assert found.rows[0].values[1].text == "约120"
    assert notes(found) == [("表1!B3", "“沙袋（只）”应为数字，实为文字“约120”，未计入合计")]
    assert str(found.sums[1]) == "80"


def test_merged_cells_are_counted_once_and_said():
    found = merged(source(book(ROWS, change=lambda page: page.merge_cells("B3:B4"))))
    assert [row.values[1].text for row in found.rows] == ["120", ""]
    assert notes(found) == [("表1!B3", "合并单元格 B3:B4，内容只计一次"), ("表1!B4", "合并单元格，内容只在 表1!B3，此处留空")]


def test_another_sheet_a_changed_heading_and_an_empty_one_are_said():
    assert notes(merged(source(book(ROWS, sheet="Sheet1")))) == [("", "没有工作表“表1”（有：Sheet1），未并入")]
    other = merged(source(changed("B2", "编织袋")))
    assert notes(other)[0] == ("表1!B2", "表头被改动：应为“沙袋（只）”，实为“编织袋”，此列未并入")
    assert [row.values[1].text for row in other.rows] == ["", ""]
    assert notes(merged(source(book([])))) == [("表1", "表内没有填写任何数据行")]


def test_hidden_rows_errors_and_what_stands_beside_are_said():
    def change(page: Any) -> None:
        page.row_dimensions[3].hidden = True
        page["B4"], page["H4"] = "#REF!", "随手记"

    said = notes(merged(source(book(ROWS, change=change))))
    assert ("表1!3", "此行被隐藏，已并入，请核对") in said
    assert ("表1!H4", "表样之外有 1 个单元格有内容，未并入") in said
    assert any(cell == "表1!B4" for cell, _ in said)


def test_a_file_that_could_not_be_read_is_said_and_the_others_are_merged():
    broken = Source("T02", "河西乡", "坏.xlsx", None, ProblemType.DOCUMENT_ENCRYPTED)
    found = merged(source(book(ROWS)), broken)
    assert len(found.rows) == 2
    assert notes(found) == [("", "文件无法读取：文件已加密，无法检查，未被接收")]


def test_what_was_filled_in_on_the_page_stands_with_the_files_under_the_same_labels():
    labels = [("沙袋（只）", True), ("村名", False)]
    page = Filled("T01", "城关镇", {"沙袋（只）": "5", "村名": "东村"})
    found = merge(None, labels, [page], [source(book(ROWS), "T02", "河西乡")])
    assert [(row.name, *(value.text for value in row.values)) for row in found.rows] == [
        ("城关镇", "5", "东村"),
        ("河西乡", "120", "东村"),
        ("河西乡", "80", "西村"),
    ]


def test_a_heading_of_two_rows_is_read_through_its_merged_cells():
    made = Made()
    page = made.active
    assert page is not None
    page.append(["村名", "物资", None])
    page.append([None, "沙袋", "雨衣"])
    for area in ("A1:A2", "B1:C1"):
        page.merge_cells(area)
    template = io.BytesIO()
    made.save(template)
    page.append(["东村", 1, 2])
    filled = io.BytesIO()
    made.save(filled)
    found = merge(read(template.getvalue()), [], [], [source(filled.getvalue())])
    assert found.columns == ("村名", "物资·沙袋", "物资·雨衣")
    assert [value.text for value in found.rows[0].values] == ["东村", "1", "2"]


def as_text(page: Any) -> None:
    page["A3"].data_type = "s"


def test_the_merged_workbook_is_read_by_another_program_with_origins_sums_and_states():
    found = merged(source(changed("B3", "=1+1")), source(book([["=cmd", 3, 4, "@x"]], change=as_text), "T02", "河西乡"))
    rows = [Rolled(code, code, {"2026-12": Standing(Filing.FILED, late=code == "T02")}, {}) for code in ("T01", "T02")]
    content = workbooks.merged(found, rows, Period("2026-12", "2026-12-05"), chinese=True)
    made = load_workbook(io.BytesIO(content))
    assert made.sheetnames == ["汇总", "来源", "核对", "填报情况"]
    whole, origin = made["汇总"], made["来源"]
    assert [cell.value for cell in whole[1]] == ["来源单位", *HEADINGS, "来源文件", "来源行"]
    assert [cell.value for cell in whole[4]][:4] == ["河西乡", "=cmd", 3, 4]
    assert origin["C4"].value == "河西乡 · 报表.xlsx · 表1!B3"
    assert [cell.value for cell in whole[5]][:4] == ["合计", None, "=SUM(C2:C4)", "=SUM(D2:D4)"]
    assert not any(cell.formula for sheet in read(content).sheets for cell in sheet.cells if cell.text == "=cmd")
    assert [cell.value for cell in made["核对"][2]][:3] == ["城关镇", "报表.xlsx", "表1!B3"]
    assert [cell.value for cell in made["填报情况"][3]][:3] == ["T02", "已报", "逾期"]


def test_the_reading_process_tells_cells_and_nothing_between():
    told = read(book(ROWS, change=lambda page: page.merge_cells("B3:B4")))
    framed = WORKBOOKS.framed(lambda: told)
    assert WORKBOOKS.opened(framed) == told
    assert letters(0) + letters(25) + letters(26) + letters(701) == "AZAAZZ"
    for cheat in (framed[:-1], framed + b"x", framed[:4] + b"{" * (len(framed) - 4)):
        with pytest.raises(Problem):
            WORKBOOKS.opened(cheat)


def test_what_is_no_workbook_is_refused_by_the_reader():
    with pytest.raises(Problem) as caught:
        reading.workbook("表.txt", "text/plain", "一".encode())
    assert caught.value.kind is ProblemType.FORMAT_NOT_INSPECTABLE


@pytest.mark.parametrize("written", ["1E999", "-9E400", "1E-999"])
def test_a_number_that_no_workbook_can_hold_spoils_nobody_elses_rows(written: str):
    given = read(book(ROWS))
    (sheet,) = given.sheets
    cells = tuple(replace(each, number=written, text=written) if each.text == "120" else each for each in sheet.cells)
    found = merged(Source("T01", "城关镇", "报表.xlsx", Workbook((replace(sheet, cells=cells),))), source(book(ROWS), "T02", "河西乡"))
    assert [(value.text, value.number) for value in (found.rows[0].values[1],)] == [(written, "")]
    assert any("表1!B3" in cell for cell, _ in notes(found))
    made = load_workbook(io.BytesIO(workbooks.merged(found, [], Period("2026-12", "2026-12-05"), chinese=True)))
    assert made["汇总"]["C2"].value == written
    assert made["汇总"]["C4"].value == 120
