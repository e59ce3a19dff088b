"""Reading PDFs in this very process: what is read, where it stands, and what is refused. Hostile files are tested in a sandbox."""

import os
import zlib

import paper_maker
import pytest
from paper_maker import Mark

from archive.reading import lines, read_document, revisions
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


@pytest.mark.parametrize("how", sorted(paper_maker.HOLDING))
def test_a_file_inside_is_read_once_as_a_part(how: str):
    reading = read(paper_maker.HOLDING[how])
    assert [(name, flowing(part.pages)) for name, part in reading.parts] == [("a.txt", "机密★1年")]
    assert ("F", "a.txt") in reading.texts


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        (paper_maker.ACTIVE["launch"], ProblemType.DOCUMENT_ACTIVE),
        (paper_maker.small()[:-200], ProblemType.DOCUMENT_CUT_SHORT),
        (paper_maker.encrypted("user"), ProblemType.DOCUMENT_ENCRYPTED),
    ],
)
def test_a_file_inside_that_is_refused_refuses_the_whole(inner: bytes, kind: ProblemType):
    packed = paper_maker.stream(zlib.compress(inner), b"/Type/EmbeddedFile/Filter/FlateDecode")
    with pytest.raises(Problem) as caught:
        read(paper_maker.small(catalog=b"/AF[<</F(b.pdf)/EF<</F 6 0 R>>>>]", more=[packed]))
    assert caught.value.kind is kind
    assert "b.pdf" in caught.value.detail


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(paper_maker.empty_page(after=False), ProblemType.DOCUMENT_WITHOUT_TEXT, id="first page blank"),
        pytest.param(paper_maker.small(content=b""), ProblemType.DOCUMENT_WITHOUT_TEXT, id="nothing"),
        pytest.param(paper_maker.glyph_numbers(), ProblemType.TEXT_UNMAPPED, id="glyph numbers"),
        pytest.param(paper_maker.blank_without_font(), ProblemType.TEXT_UNMAPPED, id="ink that only other machines show"),
    ],
)
def test_a_page_that_can_neither_be_read_nor_be_looked_at_is_refused(content: bytes, kind: ProblemType):
    assert refused(content) is kind


@pytest.mark.parametrize(
    ("content", "picture"),
    [
        pytest.param(paper_maker.picture_only(), (1, "scan", 24), id="scan"),
        pytest.param(paper_maker.picture_only(0.6, "由扫描软件扫描创建"), (1, "scan", 24), id="scan with a caption"),
        pytest.param(paper_maker.picture_only(0.1), (1, "scan", 24), id="small picture and nothing else"),
        pytest.param(paper_maker.empty_page(after=True, line=True), (2, "outlines", 0), id="second page drawn without text"),
        pytest.param(paper_maker.with_outlines(), (1, "head", 0), id="a mark drawn as outlines in the head"),
        pytest.param(paper_maker.with_picture(28, 30, 15.2, 4.1), (1, "head", 334), id="a picture as large as a mark in the head"),
        pytest.param(paper_maker.with_picture(28, 30, 4.1, 15.2), (1, "head", 334), id="one as large as a mark that stands upright"),
        pytest.param(paper_maker.with_picture(28, 30, 40, 40, turned=90), (1, "head", 127), id="one in the head of a turned page"),
    ],
)
def test_a_page_that_is_a_picture_is_to_be_looked_at(content: bytes, picture: tuple[int, str, int]):
    pages = read(content).pages
    assert [(page.number, page.picture.reason) for page in pages if page.picture] == [picture[:2]]
    assert next(page.picture.dots for page in pages if page.picture) == pytest.approx(picture[2], abs=1)


@pytest.mark.parametrize("place", [(28, 200, 40, 40), (28, 30, 6, 6)])
def test_a_seal_below_the_head_or_a_picture_too_small_for_a_mark_is_not_looked_at(place: tuple[int, int, int, int]):
    assert read(paper_maker.with_picture(*place)).pages[0].picture is None


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
    kinds = {
        ProblemType.FORMAT_NOT_INSPECTABLE,
        ProblemType.EXTENSION_MISMATCH,
        ProblemType.DOCUMENT_ACTIVE,
        ProblemType.DOCUMENT_CUT_SHORT,
    }
    assert refused(content, name=name, media_type=media_type) in kinds


def test_a_line_reads_as_printed_in_whatever_order_it_is_drawn():
    pieces = [Mark("绝密", 28, 45), Mark("至", 28 + 16, 45), Mark("2030年", 28 + 22, 45), Mark("★", 28 + 11, 45)]
    assert line(read(paper_maker.pdf(pieces)), "绝密★至2030年").y < 0.3
    assert line(read(paper_maker.pdf(pieces[::-1])), "绝密★至2030年").y < 0.3


def test_twice_as_many_pieces_are_joined_with_twice_as_many_comparisons():
    counted = 0

    class Counted(lines.Run):
        @property
        def height(self) -> float:
            nonlocal counted
            counted += 1
            return 12.0

    def comparisons(count: int) -> int:
        nonlocal counted
        counted = 0
        places = ((10.0 * (place % 5), 4.0 * (place % 3)) for place in range(count))  # many lie over one another
        lines.joined([Counted("字", left, bottom, left + 9, bottom + 12) for left, bottom in places])
        return counted

    assert comparisons(4000) < 2.5 * comparisons(2000)


@pytest.mark.parametrize("name", ["two thousand million pages", "one page many times"])
def test_too_many_pages_are_named_as_such(name: str):
    assert refused(paper_maker.hostile()[name]) is ProblemType.TOO_MANY_PAGES


@pytest.mark.parametrize("name", ["1 GiB of spaces", "operators without end", "deflated twice"])
def test_what_unpacks_to_too_much_is_named_as_such(name: str):
    assert refused(paper_maker.hostile()[name]) is ProblemType.DOCUMENT_BOMB


@pytest.mark.parametrize("name", ["half a file", "only the first line", "random after the magic"])
def test_a_file_without_an_end_is_cut_short(name: str):
    assert refused(paper_maker.hostile()[name]) is ProblemType.DOCUMENT_CUT_SHORT


@pytest.mark.parametrize("name", ["deep arrays", "page tree loop"])
def test_what_goes_in_circles_or_too_deep_is_too_complex(name: str):
    assert refused(paper_maker.hostile()[name]) is ProblemType.DOCUMENT_TOO_COMPLEX


def test_a_pdf_that_lies_in_another_as_it_is_is_no_earlier_version():
    inner = paper_maker.pdf([Mark("内层文字")])
    holder = paper_maker.raw(
        (
            b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(inner.pdf) 6 0 R]>>>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            paper_maker.page(),
            paper_maker.drawn("外层"),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            b"<</Type/Filespec/F(inner.pdf)/EF<</F 7 0 R>>>>",
            paper_maker.stream(inner, b"/Type/EmbeddedFile"),
        )
    )
    assert revisions.layout(holder).ends == (len(holder),)
    assert any(start <= holder.index(inner) < end for start, end in revisions.layout(holder).streams)


def test_an_object_that_the_table_puts_into_a_stream_is_refused():
    layout = revisions.Layout((100,), ((10, 20), (40, 60)))
    layout.require_outside([5, 20, 39, 60])
    with pytest.raises(Problem) as refused:
        layout.require_outside([5, 45])
    assert refused.value.kind is ProblemType.DOCUMENT_BROKEN


@pytest.mark.parametrize(
    "head",
    [
        b"<</Length 60>>\nstream\nx\nendstream endobj",
        b"<</Length 35/X(>>stream\n)>>endobj",
        b"<</Length 35/X(\\)>>stream\n)>>endobj",
        b"<</Length 35 % >>stream\n>>endobj",
    ],
)
def test_what_only_looks_like_a_stream_hides_no_version(head: bytes):
    hidden = b"1 0 obj <<>> endobj"
    lying = b"1 0 obj " + head + b"\n" + hidden.ljust(100) + b"\nendstream endobj\nstartxref 0 %%EOF\n"
    begin = lying.index(b"stream\n") + 7
    lying = lying.replace(b"/Length 35", b"/Length %d" % (lying.index(b"\nendstream endobj\nstartxref") - begin), 1)
    with pytest.raises(Problem) as refused:
        revisions.layout(lying)
    assert refused.value.kind is ProblemType.DOCUMENT_ACTIVE
