"""Reading PDFs in this very process: what is read, where it stands, and what is refused. Hostile files are tested in a sandbox."""

import os

import paper_maker
import pytest
from paper_maker import Mark

from archive.reading import read_document
from archive.reading.reading import Reading, flowing
from schemas.problems import Problem, ProblemType


def read(content: bytes, name: str = "正文.pdf", media_type: str = "application/pdf"):
    document = os.memfd_create("test")
    try:
        os.write(document, content)
        return read_document.read(name, media_type, document, len(content))
    finally:
        os.close(document)


def refused(content: bytes, **where: str) -> ProblemType:
    with pytest.raises(Problem) as caught:
        read(content, **where)
    return caught.value.kind


def line(reading: Reading, text: str):
    return next(found for page in reading.pages for found in page.lines if found.text == text)


def test_lines_have_their_place_on_the_page():
    reading = read(paper_maker.pdf([Mark("机密★1年", *paper_maker.HEAD_LEFT), Mark("特急", *paper_maker.HEAD_RIGHT)], pages=2))
    mark, urgent = line(reading, "机密★1年"), line(reading, "特急")
    assert mark.x == pytest.approx(28 / 210, abs=0.01)
    assert mark.y == pytest.approx(40 / 297, abs=0.02)
    assert urgent.x == pytest.approx(150 / 210, abs=0.01)
    assert [page.number for page in reading.pages] == [1, 2]


def test_words_broken_over_line_ends_are_joined_and_page_numbers_left_out():
    text = flowing(read(paper_maker.pdf(pages=2)).pages)
    assert "各乡镇要充分认识动态管理工作的重要性" in text
    assert "— 1 —" not in text


@pytest.mark.parametrize("down", [False, True])
def test_characters_drawn_one_by_one_are_not_lost(down: bool):  # noqa: FBT001 - a parameter of the test
    reading = read(paper_maker.pdf(paper_maker.spread("机密★", 28, 30, down=down)))
    assert {"机", "密", "★"} <= set("".join(found.text for found in reading.pages[0].lines[-4:] + reading.pages[0].lines[:4]))


def test_gbk_in_a_latin_font_is_read_as_chinese():
    text = flowing(read(paper_maker.gbk_in_winansi("机密★1年")).pages)
    assert "机密★1年" in text
    assert paper_maker.TITLE in text


@pytest.mark.parametrize("place", sorted(paper_maker.carriers("机密★1年")))
def test_text_outside_the_pages_is_read(place: str):
    reading = read(paper_maker.carriers("机密★1年")[place])
    assert any("机密★1年" in text for text in [*reading.properties.values(), *(text for _, text in reading.texts)])


@pytest.mark.parametrize("kind", sorted(paper_maker.ACTIVE))
def test_active_content_is_refused(kind: str):
    assert refused(paper_maker.ACTIVE[kind]) is ProblemType.DOCUMENT_ACTIVE


def test_a_link_to_a_page_on_the_web_is_no_active_content():
    reading = read(paper_maker.small(on_page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://example.org/)>>>>]"))
    assert ("URI", "http://example.org/") in reading.texts


def test_a_password_to_open_is_refused():
    assert refused(paper_maker.encrypted("user")) is ProblemType.DOCUMENT_ENCRYPTED


def test_a_password_only_for_changes_does_not_hinder_reading():
    assert paper_maker.TITLE in flowing(read(paper_maker.encrypted("")).pages)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(paper_maker.picture_only(), id="scan"),
        pytest.param(paper_maker.picture_only(0.6, "由扫描软件扫描创建"), id="scan with a caption"),
        pytest.param(paper_maker.picture_only(0.1), id="small picture and nothing else"),
        pytest.param(paper_maker.glyph_numbers(), id="glyph numbers"),
        pytest.param(paper_maker.empty_page(after=False), id="first page blank"),
        pytest.param(paper_maker.empty_page(after=True, line=True), id="second page drawn without text"),
        pytest.param(paper_maker.small(content=b""), id="nothing"),
    ],
)
def test_a_page_that_cannot_be_judged_is_refused(content: bytes):
    assert refused(content) is ProblemType.DOCUMENT_WITHOUT_TEXT


def test_a_blank_last_page_is_let_through():
    reading = read(paper_maker.empty_page(after=True))
    assert [len(page.lines) > 0 for page in reading.pages] == [True, False]


def test_hidden_text_is_text():
    hidden = {
        "invisible": b"BT 3 Tr /F1 12 Tf 50 700 Td (SECRETMARK) Tj ET ",
        "white": b"BT 1 1 1 rg /F1 12 Tf 50 700 Td (SECRETMARK) Tj ET ",
        "off the page": b"BT /F1 12 Tf 50 9000 Td (SECRETMARK) Tj ET ",
    }
    for content in hidden.values():
        assert "SECRETMARK" in flowing(read(paper_maker.small(content=content + paper_maker.TEXT)).pages)


def test_a_turned_page_keeps_its_head_at_the_top():
    upright = read(
        paper_maker.small(content=b"BT /F1 12 Tf 50 780 Td (Head of the page) Tj ET BT /F1 12 Tf 50 90 Td (A foot of the page below) Tj ET")
    )
    content = b"BT 0 1 -1 0 40 50 Tm /F1 12 Tf (Head of the page) Tj ET BT 0 1 -1 0 550 50 Tm /F1 12 Tf (A foot of the page below) Tj ET"
    turned = read(paper_maker.small(on_page=b"/Rotate 90", content=content))
    for reading in (upright, turned):
        assert line(reading, "Head of the page").y < 0.3
        assert line(reading, "A foot of the page below").y > 0.7


@pytest.mark.parametrize(
    ("name", "media_type", "content"),
    [
        ("正文.pdf", "application/pdf", b"PK\x03\x04" + bytes(60)),
        ("正文.txt", "text/plain", paper_maker.small()),
        ("正文.pdf", "text/plain", paper_maker.small()),
        ("正文.pdf", "application/pdf", "一份文本".encode()),
        ("正文", "application/pdf", paper_maker.small()),
        ("正文.exe", "text/plain", "一份文本".encode()),
        ("正文.txt", "text/plain", b"abc\x00def"),
    ],
)
def test_a_format_that_is_not_what_it_says_or_not_known_is_refused(name: str, media_type: str, content: bytes):
    assert refused(content, name=name, media_type=media_type) is ProblemType.FORMAT_NOT_INSPECTABLE
