"""What documents look like, as shapes: where the maker put things, nothing beyond bounds, and no hostile file gets further."""

import asyncio
import contextlib
import functools
import io
import zipfile
from collections.abc import Awaitable, Callable

import ofd_maker
import ooxml_maker
import openpyxl
import pytest
from preview_maker import (
    BODY,
    DATE,
    HEAD,
    NUMBER,
    SIDE,
    TITLE,
    electronic_seal,
    form_xlsx,
    many_pages,
    official_docx,
    official_ofd,
    preview,
    red,
    rule,
    seal,
)

from archive.reading import formats
from archive.reading.answer import LENGTH
from archive.reading.geometry import Matrix
from archive.reading.made import PREVIEWS
from archive.reading.preview import budget, seals
from archive.reading.preview.shapes import Box, Drawn, Flowing, Image, Inset, Letters, Outline, Paragraph, Preview, Rule, Span, Table
from archive.reading.preview.svg_path import steps_of
from archive.reading.preview.word_lists import written
from archive.reading.sandbox import Sandbox, document_of
from schemas.problems import Problem, ProblemType

DOCUMENTS = {"公文.ofd": official_ofd(), "公文.docx": official_docx(), "报表.xlsx": form_xlsx(), "扫描.tif": many_pages(7)}


WORDS_OF = {
    "docx": functools.cache(ooxml_maker.docx_carriers),
    "xlsx": functools.cache(ooxml_maker.xlsx_carriers),
    "pptx": functools.cache(ooxml_maker.pptx_carriers),
}
HOSTILE = functools.cache(ooxml_maker.hostile)
MARK = "机密★1年"


def letters(found: Preview, sheet: int = 0) -> dict[str, Letters]:
    drawn = found.sheets[sheet]
    assert isinstance(drawn, Drawn)
    return {mark.text: mark for mark in drawn.marks if isinstance(mark, Letters)}


def words(found: Preview) -> str:
    """Return all words of the flowing sheets, those of tables and boxes among them."""

    def of(block: object) -> str:
        match block:
            case Paragraph():
                return block.label + "".join(piece.text if isinstance(piece, Span) else piece.words for piece in block.pieces) + "\n"
            case Table():
                return "".join(of(inner) for row in block.rows for cell in row.cells for inner in cell.blocks)
            case Box():
                return "".join(map(of, block.blocks))
        return ""

    return "".join(of(block) for sheet in found.sheets if isinstance(sheet, Flowing) for block in sheet.blocks)


def test_characters_of_an_ofd_stand_where_it_puts_them_in_its_colour():
    found = preview("公文.ofd", official_ofd())
    head, title = letters(found)[HEAD], letters(found)[TITLE]
    places = [Matrix(*head.place).point(x, head.y[0]) for x in head.x]
    assert places == [pytest.approx((30 + 16.5 * at, 65.0)) for at in range(len(HEAD))]
    assert (head.colour, head.size, head.family) == ("#ff0000", 15.0, "title")
    assert (title.colour, title.bold, title.family) == ("#000000", True, "hei")
    assert set(letters(found)) == {HEAD, NUMBER, TITLE, *BODY, DATE}


def test_a_red_rule_is_drawn_and_what_a_template_holds_lies_behind_the_page():
    (page,) = preview("公文.ofd", official_ofd()).sheets
    assert isinstance(page, Drawn)
    drawn = [mark for mark in page.marks if isinstance(mark, Outline)]
    assert [(mark.stroke, mark.fill, mark.width, mark.place[4:]) for mark in drawn] == [("#ff0000", "", 0.7, (28.0, 100.0))]
    assert (page.width, page.height) == (210.0, 297.0)
    assert [mark.text for mark in page.marks if isinstance(mark, Letters)][:2] == [HEAD, NUMBER]


@pytest.mark.parametrize("kind", ["png", "ofd"])
def test_the_picture_of_a_seal_is_found_in_its_structure(kind: str):
    picture = seal() if kind == "png" else ofd_maker.ofd(ofd_maker.page(red("章", 0, 0, 20, 20)), area="0 0 40 40")
    found = preview("公文.ofd", official_ofd(picture=picture))
    (page,) = found.sheets
    assert isinstance(page, Drawn)
    last = page.marks[-1]
    assert found.sealed
    if kind == "png":
        assert isinstance(last, Image)
        assert last.place == (SIDE, 0.0, 0.0, SIDE, 128.0, 198.0)
        assert found.pictures[last.picture].content.startswith(b"\x89PNG")
    else:
        assert isinstance(last, Letters)
        assert last.text == "章"
        assert Matrix(*last.place).point(last.x[0], last.y[0]) == pytest.approx((128.0, 198 + 20 * SIDE / 40))


def test_a_document_of_a_word_processor_keeps_its_head_rule_form_and_pages():
    found = preview("公文.docx", official_docx())
    first, second = found.sheets
    assert isinstance(first, Flowing)
    head, number = (block for block in first.blocks[:2] if isinstance(block, Paragraph))
    assert head.pieces == (Span(HEAD, size=42.0, colour="#ff0000", family="title"),)
    assert (head.align, number.below) == ("center", "#ff0000")
    (form,) = (block for block in first.blocks if isinstance(block, Table))
    assert form.widths == (3000.0, 2000.0, 3800.0)
    assert {cell.edges for row in form.rows for cell in row.cells} == {"trbl"}
    assert [len(row.cells) for row in form.rows] == [3, 3, 3]
    insets = [piece for block in first.blocks if isinstance(block, Paragraph) for piece in block.pieces if isinstance(piece, Inset)]
    assert [inset.picture for inset in insets] == [0]
    assert "附件：低保动态管理台账" in words(found)
    assert second.number == found.total == 2


@pytest.mark.parametrize("name", ["header", "footer", "text box", "old text box", "table cell", "nested table", "deletion", "footnote"])
def test_what_stands_anywhere_in_a_document_is_shown(name: str):
    assert MARK in words(preview("件.docx", WORDS_OF["docx"](MARK)[name]))


@pytest.mark.parametrize("name", ["hidden sheet", "very hidden sheet", "second sheet", "result of a formula", "shape", "chart"])
def test_what_stands_anywhere_in_a_workbook_is_shown(name: str):
    assert MARK in words(preview("表.xlsx", WORDS_OF["xlsx"](MARK)[name]))


@pytest.mark.parametrize("name", ["shape", "group", "second slide", "hidden slide", "notes", "layout", "master", "chart"])
def test_what_stands_anywhere_in_slides_is_shown(name: str):
    found = preview("片.pptx", WORDS_OF["pptx"](MARK)[name])
    assert MARK in "".join("".join(letters(found, sheet)) for sheet in range(len(found.sheets)))


def test_the_cells_of_a_form_are_those_that_another_reader_finds():
    content = form_xlsx()
    found = preview("报表.xlsx", content)
    sheet, hidden = found.sheets
    assert isinstance(sheet, Flowing)
    assert isinstance(hidden, Flowing)
    assert (sheet.name, sheet.hidden, hidden.name, hidden.hidden) == ("农业生产情况表", False, "内部测算", True)
    table = sheet.blocks[0]
    assert isinstance(table, Table)
    other = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["农业生产情况表"]
    merged = {str(one): (one.max_col - one.min_col + 1, one.max_row - one.min_row + 1) for one in other.merged_cells.ranges}
    covering = [(cell.across, cell.down) for row in table.rows for cell in row.cells if (cell.across, cell.down) != (1, 1)]
    assert sorted(covering) == sorted(merged.values())
    shown = {row.name: [piece.text for cell in row.cells for block in cell.blocks for piece in block.pieces] for row in table.rows}  # type: ignore[union-attr]
    assert shown["3"] == [one.value for one in other[3] if one.value]
    assert shown["5"] == ["城关镇", "12,034.50", "412.00", "4,958,214.00", "98.5%", "2026-11-20"]
    assert [row.hidden for row in table.rows] == [False] * 6 + [True]
    assert table.rows[2].cells[0].shade == "#d9e2f3"
    assert "B5 请核对面积" in words(found)


def test_an_image_file_is_shown_piece_by_piece():
    first, rest = preview("扫描.tif", many_pages(7)), preview("扫描.tif", many_pages(7), first=6)
    assert [sheet.number for sheet in (*first.sheets, *rest.sheets)] == [1, 2, 3, 4, 5, 6, 7]
    assert first.total == rest.total == 7
    assert {picture.kind for picture in first.pictures} == {"png"}
    assert [(sheet.width, sheet.height) for sheet in first.sheets if isinstance(sheet, Drawn)] == [pytest.approx((210, 297), abs=0.5)] * 5


def test_a_piece_that_begins_behind_the_end_is_empty():
    for name, content in DOCUMENTS.items():
        found = preview(name, content, first=90)
        assert not found.sheets
        assert found.total


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_preview_crosses_to_the_service_as_it_is(name: str):
    found = preview(name, DOCUMENTS[name])
    assert PREVIEWS.opened(PREVIEWS.framed(lambda: found)) == found


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x00\x00\x02{}", b'\x00\x00\x00\x09{"preview', b"\x00\x00\x00\x02{} ", b"\xff\xff\xff\xff{}"]
)
def test_what_is_no_preview_is_refused(answer: bytes):
    with pytest.raises(Problem) as refused:
        PREVIEWS.opened(answer)
    assert refused.value.kind in {ProblemType.DOCUMENT_BROKEN, ProblemType.READER_KILLED}


def test_documents_are_drawn_in_the_confined_process():
    async def drawn() -> list[Preview]:
        sandbox = Sandbox()
        try:
            return [await sandbox.preview(name, formats.media_type_of(name), _opened(content), 1) for name, content in DOCUMENTS.items()]
        finally:
            await sandbox.stop()

    assert asyncio.run(drawn()) == [preview(name, content) for name, content in DOCUMENTS.items()]


def _opened(content: bytes) -> Callable[[], Awaitable[int]]:
    async def opened() -> int:
        return document_of([content])

    return opened


def test_more_than_fits_is_left_out_in_words_and_never_drawn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(budget, "OBJECTS", 50)
    (page,), left_out = (found := preview("多.ofd", ofd_maker.ofd(ofd_maker.page(ofd_maker.text("多") * 60)))).sheets, found.left_out
    assert left_out == ("objects",)
    assert isinstance(page, Drawn)
    assert len(page.marks) == 50


def test_numbers_that_are_none_or_huge_come_to_nothing():
    broken = (
        '<ofd:TextObject ID="1" Font="1" Size="nan" Boundary="1e999 -inf 9 9" CTM="nan 1 1 inf 0 0">'
        '<ofd:FillColor Value="nan 999 #zz"/><ofd:TextCode X="inf" Y="nan" DeltaX="g 1e300 nan">数字</ofd:TextCode></ofd:TextObject>'
        '<ofd:PathObject ID="2" Boundary="0 0 9 9" LineWidth="1e400" Fill="true">'
        "<ofd:AbbreviatedData>M nan inf L 1e999 2 Z Q 1</ofd:AbbreviatedData></ofd:PathObject>"
    )
    found = preview("数.ofd", ofd_maker.ofd(ofd_maker.page(broken)))
    assert letters(found)["数字"].colour == "#00ff00"
    assert PREVIEWS.opened(PREVIEWS.framed(lambda: found)) == found


def test_outlines_are_written_anew_number_by_number():
    assert steps_of("S 0 0 L 1e3 -2.50001 Q 1 2 3 4 B 1 2 3 4 5 6 A 1 1 0 7 0 9 9 C") == (
        "M 0 0 L 1000 -2.5 Q 1 2 3 4 C 1 2 3 4 5 6 A 1 1 0 1 0 9 9 Z"
    )
    assert steps_of('M 0 0 L 1 1 "/><script> L 2 2') == "M 0 0 L 1 1"
    assert steps_of("L 5") == ""


def test_templates_and_composites_that_hold_themselves_end():
    template = ofd_maker.templated(ofd_maker.text("模板"), before='<ofd:Template TemplateID="2"/>')
    assert "模板" in letters(preview("环.ofd", template))
    again = ofd_maker.composed('<ofd:CompositeObject ID="21" ResourceID="20" Boundary="0 0 9 9"/>' + ofd_maker.text("组"))
    assert "组" in letters(preview("环.ofd", again))


def test_hostile_office_files_are_refused_or_drawn_but_never_more():
    for content in HOSTILE().values():
        with contextlib.suppress(Problem):
            assert len(PREVIEWS.framed(functools.partial(preview, "件.docx", content))) < 8 << 20


def test_an_entity_bomb_and_a_broken_picture_do_no_harm():
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    with pytest.raises(Problem):
        preview("弹.ofd", ofd_maker.ofd(members={"Doc_0/Pages/Page_0/Content.xml": bomb}))
    broken = ofd_maker.pictured(ofd_maker.page(ofd_maker.text("有图") + ofd_maker.image()), r7=b"\x89PNG\r\n\x1a\n" + bytes(40))
    found = preview("坏.ofd", broken)
    assert found.left_out == ("drawings",)
    assert not found.pictures


def test_cells_that_cover_a_whole_sheet_and_far_columns_stay_within_bounds():
    merged = '<mergeCells><mergeCell ref="A1:XFD1048576"/><mergeCell ref="A1"/><mergeCell ref="?"/></mergeCells>'
    content = ooxml_maker.xlsx(ooxml_maker.Sheet(ooxml_maker.rows(("甲",)) + merged))
    found = preview("表.xlsx", content)
    assert len(PREVIEWS.framed(lambda: found)) < 1 << 20
    assert "甲" in words(found)


def test_a_seal_that_is_no_structure_holds_no_picture():
    for junk in (b"", b"0", b"0\x84\xff\xff\xff\xff", b"\x30\x80" * 5000, electronic_seal(b"GIF89a")[:40], bytes(range(256)) * 40):
        assert seals.picture(junk) == b""
    assert seals.picture(electronic_seal(seal())) == seal()


def test_a_zip_that_is_no_document_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("OFD.xml", "<OFD/>")
    found = preview("空.ofd", out.getvalue())
    assert not found.sheets


@pytest.mark.parametrize(
    ("kind", "number", "said"),
    [
     ("chineseCounting", 21, "二十一"), ("chineseCounting", 10, "十"), ("chineseCountingThousand", 105, "一百零五"),
     ("upperRoman", 9, "IX"),
     ("lowerLetter", 27, "aa"), ("decimal", 7, "7"), ("ideographTraditional", 2, "乙"), ("none", 3, "")],
)  # fmt: skip
def test_lists_count_as_their_document_says(kind: str, number: int, said: str):
    assert written(number, kind) == said


def test_rules_are_red_where_the_line_is():
    line = (
        "<w:p><w:r><w:drawing><wp:anchor><wp:extent cx='5600000' cy='0'/><a:graphic><a:graphicData><wps:wsp><wps:spPr>"
        "<a:prstGeom prst='line'/><a:ln w='28575'><a:solidFill><a:srgbClr val='FF0000'/></a:solidFill></a:ln></wps:spPr></wps:wsp>"
        "</a:graphicData></a:graphic></wp:anchor></w:drawing></w:r></w:p>"
    )
    (sheet,) = preview("件.docx", ooxml_maker.docx(line + ooxml_maker.BODY)).sheets
    assert isinstance(sheet, Flowing)
    assert sheet.blocks[0] == Rule("#ff0000")
    assert rule(1.0)


EMPTY = {
    "段.docx": ooxml_maker.docx(ooxml_maker.BODY + "<w:p/>" * 200),
    "格.docx": ooxml_maker.docx(ooxml_maker.BODY + "<w:tbl>" + ("<w:tr>" + "<w:tc><w:p/></w:tc>" * 20 + "</w:tr>") * 20 + "</w:tbl>"),
    "空格.docx": ooxml_maker.docx(ooxml_maker.BODY + "<w:tbl>" + ("<w:tr>" + "<w:tc/>" * 20 + "</w:tr>") * 20 + "</w:tbl>"),
}


@pytest.mark.parametrize("name", EMPTY)
def test_what_has_no_words_counts_as_well(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(budget, "OBJECTS", 100)
    found = preview(name, EMPTY[name])
    assert {"objects", "text"} & {*found.left_out}
    assert PREVIEWS.framed(lambda: found).count(b"[") < 1000


def test_an_answer_of_more_shapes_than_we_write_is_refused_before_it_is_made_into_objects():
    body = b'{"made":{"kind":"docx","sheets":[["flowing",1,[["table",[[[' + b",".join([b"[[]]"] * 600_000) + b"]]]]]]]}}"
    with pytest.raises(Problem) as refused:
        PREVIEWS.opened(LENGTH.pack(len(body)) + body)
    assert refused.value.kind is ProblemType.DOCUMENT_BROKEN
