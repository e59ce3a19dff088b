"""XLSX and PPTX: the order of what is read, and where it comes to stand."""

import ooxml_maker
import pytest
from ooxml_maker import OFFICE, Part, Sheet, Slide, pptx, rows, sheet_part, slide_picture, slide_table, text_shape, with_drawing, xlsx

from archive.reading import ooxml
from archive.reading.reading import Line, Reading, flowing
from schemas.problems import Problem, ProblemType


def sheets(content: bytes) -> Reading:
    return ooxml.read(content, "xlsx")


def slides(content: bytes) -> Reading:
    return ooxml.read(content, "pptx")


def line(reading: Reading, text: str) -> tuple[int, Line]:
    return next((page.number, found) for page in reading.pages for found in page.lines if found.text == text)


def without_text(content: bytes, kind: ooxml.Kind) -> bool:
    with pytest.raises(Problem) as caught:
        ooxml.read(content, kind)
    return caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT


def test_sheets_are_read_row_by_row_each_beginning_a_page():
    reading = sheets(xlsx(Sheet(), Sheet(rows(("附表",), ("", "甲")), "附表")))
    assert [[found.text for found in page.lines] for page in reading.pages] == [
        ["2026年度农村低保名册", "乡镇", "户数", "城关镇", "412", "柳河镇", "388"],
        ["附表", "甲"],
    ]
    assert [text for place, text in reading.texts if place == "title"] == ["名册", "附表"]


def test_cells_stand_in_their_row_and_column():
    reading = sheets(xlsx())
    town, number, below = (line(reading, text)[1] for text in ("城关镇", "412", "388"))
    assert town.y == number.y < below.y
    assert (town.x, number.x) == (0.0, 0.5)


def test_a_long_sheet_goes_on_over_pages():
    reading = sheets(xlsx(Sheet(rows(*((f"第{number}户",) for number in range(100))))))
    assert [page.number for page in reading.pages] == [1, 2, 3, 4]
    assert line(reading, "第99户")[0] == 4


@pytest.mark.parametrize(
    ("format_", "value", "shown"),
    [
        (0, "0.1", "0.1"),
        (0, "12", "12"),
        (0, "0.30000000000000004", "0.30000000000000004"),
        (14, "46347", "2026-11-21"),
        (31, "46347", "2026年11月21日"),
        (22, "46347.5", "2026-11-21 12:00"),
        (20, "0.75", "18:00"),
        (176, "46347", "2026年11月21日"),
        (177, "46347", "46347"),
        (178, "46347", "2026-11-21"),
    ],
)
def test_numbers_and_dates_are_read_as_they_are_shown(format_: int, value: str, shown: str):
    formats = (
        "<numFmt numFmtId='176' formatCode='yyyy\"年\"m\"月\"d\"日\"'/><numFmt numFmtId='177' formatCode='0\"days\"'/>"
        "<numFmt numFmtId='178' formatCode='[$-804]yyyy/m/d;@'/>"
    )
    styles = (
        f"<styleSheet {ooxml_maker.SHEET_NAMESPACE}><numFmts>{formats}</numFmts>"
        f"<cellXfs><xf numFmtId='0'/><xf numFmtId='{format_}'/></cellXfs></styleSheet>"
    )
    sheet = Sheet(f'<sheetData><row r="1"><c r="A1" s="1"><v>{value}</v></c></row></sheetData>')
    content = xlsx(sheet, parts={"xl/styles.xml": sheet_part("styles", styles)}, relations=[("rS", "styles", "styles.xml", False)])
    assert flowing(sheets(content).pages) == shown


def test_a_truth_value_and_an_error_are_read():
    cells = '<c r="A1" t="b"><v>1</v></c><c r="B1" t="e"><v>#DIV/0!</v></c>'
    assert flowing(sheets(xlsx(Sheet(f'<sheetData><row r="1">{cells}</row></sheetData>'))).pages) == "TRUE #DIV/0!"


def test_lines_of_a_cell_are_lines_and_readings_of_characters_are_none():
    string = "<is><t>城关镇\n办公室</t><rPh><t>cheng guan</t></rPh></is>"
    reading = sheets(xlsx(Sheet(f'<sheetData><row r="1"><c r="A1" t="inlineStr">{string}</c></row></sheetData>')))
    assert [found.text for found in reading.pages[0].lines] == ["城关镇", "办公室"]


def test_a_shape_stands_at_the_row_to_which_it_is_tied():
    reading = sheets(with_drawing(ooxml_maker.shape("填表说明"), row=2))
    assert line(reading, "填表说明")[1].y == line(reading, "城关镇")[1].y


def test_headers_stand_in_the_head_and_codes_are_left_out():
    header = (
        '<headerFooter><oddHeader>&amp;L&amp;"黑体,常规"&amp;16特急&amp;C第&amp;P页&amp;R&amp;KFF0000&amp;&amp;</oddHeader></headerFooter>'
    )
    reading = sheets(xlsx(Sheet(ooxml_maker.ROWS + header)))
    assert [found.text for found in reading.pages[0].lines[:3]] == ["特急", "第页", "&"]
    assert line(reading, "特急")[1].y < 0.08


def test_a_sheet_under_a_picture_cannot_be_read():
    size = "<xdr:ext cx='7000000' cy='8000000'/>"
    image = f"{size}<xdr:pic><xdr:blipFill><a:blip r:embed='rP'/></xdr:blipFill></xdr:pic>"
    assert without_text(with_drawing(image), "xlsx")
    assert flowing(sheets(with_drawing(image.replace("8000000", "1000000"))).pages)


def test_a_workbook_without_text_is_refused():
    assert without_text(xlsx(Sheet("<sheetData/>")), "xlsx")


def test_slides_are_read_in_the_order_of_the_presentation():
    reading = slides(pptx(Slide(text_shape("封面")), Slide(text_shape("目录"), "show='0'"), Slide(text_shape("正文"))))
    assert [[found.text for found in page.lines] for page in reading.pages] == [["封面"], ["目录"], ["正文"]]


def test_shapes_stand_where_they_are_drawn():
    found = line(slides(pptx(Slide(text_shape("特急", "914400 685800 1828800 342900")))), "特急")[1]
    assert (found.x, found.y) == (0.1, 0.1)


def test_shapes_of_a_group_stand_where_the_group_puts_them():
    inner = text_shape("特急", "100 50 10 10")
    transform = (
        "<a:xfrm><a:off x='0' y='3429000'/><a:ext cx='9144000' cy='3429000'/><a:chOff x='0' y='0'/><a:chExt cx='200' cy='100'/></a:xfrm>"
    )
    found = line(slides(pptx(Slide(f"<p:grpSp><p:grpSpPr>{transform}</p:grpSpPr>{inner}</p:grpSp>"))), "特急")[1]
    assert (found.x, found.y) == (0.5, 0.75)


def test_a_placeholder_stands_where_its_layout_puts_it_and_its_prompt_is_not_shown():
    layout = text_shape("单击此处编辑标题", "914400 4800600 1828800 342900", "type='title'")
    content = ooxml_maker.with_layout(layout, slide=text_shape("工作汇报", holder="type='title'"))
    found = line(slides(content), "工作汇报")[1]
    assert (found.x, found.y) == (0.1, 0.7)
    assert slides(content).texts == ()


def test_what_stands_on_a_master_is_laid_out_once():
    reading = slides(ooxml_maker.with_layout("", text_shape("青溪县人民政府", "0 0 9144000 342900")))
    texts = [found.text for page in reading.pages for found in page.lines]
    assert texts.count("青溪县人民政府") == 1
    assert texts[0] == "青溪县人民政府"


def test_the_cells_of_a_table_stand_side_by_side():
    reading = slides(pptx(Slide(slide_table(["密级", "无"], ["份号", "12"]))))
    label, level, below = (line(reading, text)[1] for text in ("密级", "无", "份号"))
    assert label.y == level.y < below.y
    assert label.x < level.x


@pytest.mark.parametrize("alone", [slide_picture(0.8, 0.8) + ooxml_maker.SHAPES, slide_picture(0.2, 0.2)])
def test_a_slide_that_is_a_picture_cannot_be_read(alone: str):
    assert without_text(pptx(Slide(), Slide(alone)), "pptx")


def test_a_slide_on_a_picture_cannot_be_read():
    background = "<p:bg><p:bgPr><a:blipFill><a:blip r:embed='rP'/></a:blipFill></p:bgPr></p:bg>"
    assert without_text(pptx(Slide(background=background)), "pptx")


def test_a_slide_with_a_small_picture_is_read():
    assert flowing(slides(pptx(Slide(slide_picture(0.4, 0.4) + ooxml_maker.SHAPES))).pages)


def test_a_diagram_that_is_kept_twice_is_read_once():
    frame = "<p:graphicFrame><a:graphic><a:graphicData><dgm:relIds r:dm='rD'/></a:graphicData></a:graphic></p:graphicFrame>"
    drawn = Part(
        f"<dsp:drawing xmlns:dsp='urn:dsp' {ooxml_maker.NAMESPACES}><a:p><a:r><a:t>受理</a:t></a:r></a:p></dsp:drawing>",
        "application/vnd.ms-office.drawingml.diagramDrawing+xml",
    )
    relations = [("rD", "diagramData", "../d.xml", False), ("rE", "diagramDrawing", "../e.xml", False)]
    reading = slides(
        pptx(Slide(frame + ooxml_maker.SHAPES, relations=relations), parts={"ppt/d.xml": ooxml_maker.diagram("受理"), "ppt/e.xml": drawn})
    )
    assert flowing(reading.pages).count("受理") == 1
    assert reading.texts == ()


def test_the_values_of_a_chart_are_read():
    frame = "<p:graphicFrame><a:graphic><a:graphicData><c:chart r:id='rC'/></a:graphicData></a:graphic></p:graphicFrame>"
    chart = Part(
        f"<c:chartSpace {ooxml_maker.NAMESPACES}><c:ser><c:val><c:numRef><c:numCache>"
        "<c:pt><c:v>412</c:v></c:pt><c:pt><c:v>388</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:chartSpace>",
        f"{OFFICE}.drawingml.chart+xml",
    )
    reading = slides(pptx(Slide(frame, relations=[("rC", "chart", "../c.xml", False)]), parts={"ppt/c.xml": chart}))
    assert [found.text for found in reading.pages[0].lines] == ["412\t388"]
    assert reading.texts == ()
