"""DOCX: what is read, where it comes to stand, and what is refused; that no place can hold a mark unseen."""

import ooxml_maker
import paper_maker
import pytest
from ooxml_maker import BODY, docx, paragraph, picture, run, table, text_box, with_part, with_picture

from archive.reading import ooxml
from archive.reading.reading import Line, Reading, flowing
from exchange.policy.rules import Declared, judge, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

MARK = "机密★1年"
CARRIERS = {
    (kind, place): content
    for kind, made in (
        ("docx", ooxml_maker.docx_carriers(MARK)),
        ("xlsx", ooxml_maker.xlsx_carriers(MARK)),
        ("pptx", ooxml_maker.pptx_carriers(MARK)),
    )
    for place, content in made.items()
}
POLICY = load("usual")


def read(content: bytes) -> Reading:
    return ooxml.read(content, "docx")


def refused(content: bytes) -> ProblemType:
    with pytest.raises(Problem) as caught:
        read(content)
    return caught.value.kind


def line(reading: Reading, text: str) -> tuple[int, Line]:
    return next((page.number, found) for page in reading.pages for found in page.lines if found.text == text)


def said(reading: Reading) -> list[str]:
    return [
        *(found.text for page in reading.pages for found in page.lines),
        *(text for _, text in reading.texts),
        *reading.properties.values(),
    ]


@pytest.mark.parametrize(("kind", "place"), sorted(CARRIERS))
def test_a_mark_is_read_wherever_it_stands_and_the_policy_sees_it(kind: str, place: str):
    reading = ooxml.read(CARRIERS[kind, place], kind)
    assert reading.format == kind
    assert any(MARK in text for text in said(reading))
    verdict = judge(Declared(UNCLASSIFIED, names=("正文",)), {"正文": reading}, POLICY)
    assert verdict.outcome is not Outcome.PASS
    assert flowing(reading.pages)  # and the rest of the document is there too


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_a_plain_file_passes(kind: str):
    content = {"docx": docx, "xlsx": ooxml_maker.xlsx, "pptx": ooxml_maker.pptx}[kind]()
    reading = ooxml.read(content, kind)
    assert judge(Declared(UNCLASSIFIED, names=("正文",)), {"正文": reading}, POLICY).outcome is Outcome.PASS


def test_the_body_is_one_flow_in_reading_order():
    assert flowing(read(docx()).pages) == paper_maker.TITLE + "".join(paper_maker.BODY)


@pytest.mark.parametrize("place", ["header", "paragraph", "text box", "old text box", "table cell", "content control"])
def test_a_mark_that_begins_the_document_stands_in_the_head_of_page_1(place: str):
    page, found = line(read(CARRIERS["docx", place]), MARK)
    assert page == 1
    assert found.y < 0.3


def test_a_footer_stands_in_the_foot_and_its_page_number_not_in_the_flow():
    footer = f"<w:ftr {ooxml_maker.NAMESPACES}>{paragraph('— 1 —')}{paragraph('城关镇人民政府办公室')}</w:ftr>"
    reading = read(with_part("footer", footer, section='<w:footerReference r:id="rX"/>'))
    assert line(reading, "— 1 —")[1].y > 0.9
    assert flowing(reading.pages).endswith("城关镇人民政府办公室")
    assert "— 1 —" not in flowing(reading.pages)


def test_the_two_spellings_of_a_text_box_are_read_once():
    reading = read(docx(text_box("特急") + BODY))
    assert said(reading).count("特急") == 1


def test_a_text_box_stands_where_its_anchor_says():
    anchor = (
        "<wp:positionH relativeFrom='page'><wp:posOffset>5040000</wp:posOffset></wp:positionH>"
        "<wp:positionV relativeFrom='page'><wp:posOffset>720000</wp:posOffset></wp:positionV>"
    )
    _, found = line(read(docx(BODY * 2 + text_box("特急", anchor))), "特急")
    assert found.x == pytest.approx(5_040_000 / (11_906 * 635), abs=0.001)
    assert found.y == pytest.approx(720_000 / (16_838 * 635), abs=0.001)


def test_an_old_text_box_stands_where_its_style_says():
    style = "position:absolute;margin-left:300pt;margin-top:36pt;width:90pt;height:30pt;mso-position-vertical-relative:page"
    _, found = line(read(docx(BODY + ooxml_maker.old_text_box("特急", style))), "特急")
    assert found.y == pytest.approx(36 * 20 / 16_838, abs=0.001)
    assert found.x > 0.5


def test_a_framed_paragraph_stands_where_its_frame_says():
    framed = paragraph("特急", "<w:pPr><w:framePr w:x='6000' w:y='600' w:hAnchor='page' w:vAnchor='page'/></w:pPr>")
    _, found = line(read(docx(BODY + framed)), "特急")
    assert (found.x, found.y) == (pytest.approx(6000 / 11_906, abs=0.001), pytest.approx(600 / 16_838, abs=0.001))


def test_the_cells_of_a_row_stand_side_by_side():
    reading = read(docx(BODY + table(["密级", "机密"], ["份号", "000012"])))
    label, level, below = (line(reading, text)[1] for text in ("密级", "机密", "份号"))
    assert label.y == level.y < below.y
    assert label.x < level.x
    verdict = judge(Declared(UNCLASSIFIED, names=("正文",)), {"正文": reading}, POLICY)
    assert "field-line" in verdict.rules


def test_a_number_alone_in_the_last_row_of_a_page_is_no_page_number():
    reading = read(docx(table(*([str(number), "户"] for number in range(28)))))
    assert "27户" in flowing(reading.pages)


def test_a_table_higher_than_a_page_goes_on_over_pages():
    reading = read(docx(f"<w:tbl><w:tr><w:tc>{BODY * 10}</w:tc></w:tr></w:tbl>"))
    assert len(reading.pages) > 2
    assert flowing(reading.pages) == (paper_maker.TITLE + "".join(paper_maker.BODY)) * 10


@pytest.mark.parametrize(
    "end",
    [
        "<w:p><w:r><w:br w:type='page'/></w:r></w:p>",
        "<w:p><w:pPr><w:sectPr><w:type w:val='nextPage'/></w:sectPr></w:pPr></w:p>",
        "<w:p><w:pPr><w:pageBreakBefore/></w:pPr></w:p>",
    ],
)
def test_a_page_ends_where_the_file_says_so(end: str):
    reading = read(docx(BODY + end + paragraph("附件")))
    assert line(reading, "附件")[0] == 2


def test_a_page_ends_when_it_is_full_and_a_long_paragraph_fills_many_rows():
    reading = read(docx(paragraph("低保" * 420) + paragraph("此页无正文")))
    assert line(reading, "此页无正文")[0] == 2
    assert [page.number for page in reading.pages] == [1, 2]


def test_a_page_break_before_the_first_text_leaves_no_empty_page():
    reading = read(docx("<w:p><w:r><w:br w:type='page'/></w:r></w:p>" + BODY))
    assert line(reading, paper_maker.TITLE)[0] == 1


def test_tracked_changes_are_read_as_they_end_and_as_they_were():
    changed = f"<w:p>{run('本件为')}<w:del>{run('秘密', tag='w:delText')}</w:del><w:ins>{run('公开')}</w:ins>{run('文件')}</w:p>"
    reading = read(docx(changed))
    assert flowing(reading.pages) == "本件为公开文件"
    assert {text for place, text in reading.texts if place == "deleted"} == {"本件为秘密公开文件", "本件为秘密文件", "秘密"}


@pytest.mark.parametrize("pieces", [("ins", "del"), ("del", "ins"), ("del", None)])
def test_a_mark_made_of_kept_and_deleted_pieces_is_seen(pieces: tuple[str, str | None]):
    made = ""
    for tag, text in zip(pieces, ("机密", "★1年"), strict=True):
        inner = run(text, tag="w:delText" if tag == "del" else "w:t")
        made += f"<w:{tag}>{inner}</w:{tag}>" if tag else inner
    assert any(MARK in text for text in said(read(docx(f"<w:p>{made}</w:p>" + BODY))))


def test_hidden_words_stand_beside_the_flow():
    shown = "<w:vanish w:val='0'/>"
    reading = read(docx(f"<w:p>{run('机')}{run('不', '<w:vanish/>')}{run('密★1年')}{run('内', shown)}</w:p>"))
    assert flowing(reading.pages) == "机密★1年内"
    assert ("hidden", "机不密★1年内") in reading.texts


def test_the_star_of_a_sign_font_is_a_star():
    star = "<w:r><w:sym w:font='Wingdings' w:char='F0AB'/></w:r>"
    latin = run("«", "<w:rFonts w:ascii='Wingdings' w:hAnsi='Wingdings'/>")
    for sign in (star, latin, run("\uf0ab")):
        assert flowing(read(docx(f"<w:p>{run('机密')}{sign}{run('1年')}</w:p>")).pages) == MARK


def test_signs_between_words_are_kept():
    body = "<w:p><w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:noBreakHyphen/><w:t>丙</w:t><w:br/><w:t>丁</w:t></w:r></w:p>"
    assert [found.text for found in read(docx(body)).pages[0].lines] == ["甲\t乙-丙", "丁"]


def test_names_that_every_program_gives_are_no_texts():
    numbering = ooxml_maker.word_part("numbering", f"<w:numbering {ooxml_maker.NAMESPACES}><w:lvlText w:val='（%1）'/></w:numbering>")
    body = text_box("特急") + ooxml_maker.field_code(" PAGE  \\* MERGEFORMAT ", "1") + BODY
    reading = read(docx(body, relations=[("rN", "numbering", "numbering1.xml", False)], parts={"word/numbering1.xml": numbering}))
    assert reading.texts == ()


def test_what_the_file_says_about_itself_are_its_properties():
    reading = read(ooxml_maker.docx_with_properties("core", "<dc:title>低保通知</dc:title><cp:revision>7</cp:revision>"))
    assert reading.properties == {"title": "低保通知"}


@pytest.mark.parametrize(
    ("pictures", "reason"),
    [
        (picture(160, 220), "a picture of most of the page"),
        (picture(160, 220, anchored=True), "one behind the text"),
        (picture(150, 120) + picture(150, 120, anchored=True), "two that cover half of it together"),
    ],
)
def test_a_page_that_is_a_picture_is_looked_at(pictures: str, reason: str):
    reading = read(with_picture(BODY + pictures))
    assert looked(reading) == ["scan"], reason
    assert reading.pages[-1].number == len(reading.pages)
    assert flowing(reading.pages).startswith(paper_maker.TITLE)


def test_a_page_with_a_picture_alone_is_looked_at():
    alone = "<w:p><w:r><w:br w:type='page'/></w:r></w:p>"
    assert looked(read(with_picture(BODY + alone + picture(60, 40) + alone + BODY))) == ["scan"]


def test_small_pictures_pass_behind_the_first_page():
    alone = "<w:p><w:r><w:br w:type='page'/></w:r></w:p>"
    reading = read(with_picture(BODY + alone + picture(60, 40) * 12 + BODY))
    assert len(reading.pages) > 1
    assert not looked(reading)
    assert flowing(reading.pages).startswith(paper_maker.TITLE)


@pytest.mark.parametrize(("size", "reasons"), [((60, 20), ["head"]), ((40, 40), []), ((8, 2), []), ((160, 2), [])])
def test_a_picture_on_the_first_page_that_could_hold_a_line_is_looked_at(size: tuple[int, int], reasons: list[str]):
    assert looked(read(with_picture(picture(*size) + BODY))) == reasons


def looked(reading: Reading) -> list[str]:
    return [page.picture.reason for page in reading.pages if page.picture]


def test_pictures_take_their_place_on_the_page():
    first, second = (line(read(with_picture(before + paragraph("此页无正文"))), "此页无正文")[1].y for before in ("", picture(60, 50)))
    assert second > first + 0.1


@pytest.mark.parametrize(("content", "kind"), [(docx(), "xlsx"), (ooxml_maker.xlsx(), "pptx"), (ooxml_maker.pptx(), "docx")])
def test_a_file_of_another_kind_is_refused(content: bytes, kind: str):
    with pytest.raises(Problem) as caught:
        ooxml.read(content, kind)
    assert caught.value.kind is ProblemType.FORMAT_NOT_INSPECTABLE
