"""A mark that a reader sees though it is no text of the page, or that only one of several readers sees."""

import functools
import os

import paper_maker
import pytest

from archive.reading import plain, read_document
from archive.reading.reading import Reading, flowing
from exchange.policy.rules import Declared, judge, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

MARK = "机密★长期"
TEXT = "机密★长期\n关于今年防汛准备工作的情况。\n各村已完成隐患排查，储备沙袋二千只。\n"
TRADITIONAL = "機密★長期\n關於今年防汛準備工作的情況。\n各村已完成隱患排查。\n"
CHINESE = paper_maker.chinese()


def read(content: bytes) -> Reading:
    document = os.memfd_create("test")
    try:
        os.write(document, content)
        return read_document.read("正文.pdf", "application/pdf", document, len(content))
    finally:
        os.close(document)


def outcome(reading: Reading) -> Outcome:
    return judge(Declared(UNCLASSIFIED), {"正文": reading}, load("usual")).outcome


def test_the_page_without_a_mark_passes():
    assert outcome(read(CHINESE)) is Outcome.PASS
    for ending in (b"\n\n", b"\0" * 5000, b"\r\n "):
        assert outcome(read(CHINESE + ending)) is Outcome.PASS


@pytest.mark.parametrize("means", sorted(paper_maker.by_other_means(MARK)))
@pytest.mark.parametrize("mark", [MARK, "秘密★10年"])
def test_a_mark_shown_by_other_means_is_blocked(means: str, mark: str):
    assert outcome(read(paper_maker.by_other_means(mark)[means])) is Outcome.BLOCK


@pytest.mark.parametrize("means", sorted(paper_maker.by_other_means("一般文字")))
def test_other_words_by_the_same_means_pass(means: str):
    assert outcome(read(paper_maker.by_other_means("一般文字")[means])) is Outcome.PASS


@pytest.mark.parametrize("kind", sorted(paper_maker.unreadable(MARK)))
def test_what_shows_text_that_cannot_be_read_is_looked_at_or_refused(kind: str):
    if kind.startswith("picture"):
        page = read(paper_maker.unreadable(MARK)[kind]).pages[0]
        assert (page.picture.reason, len(page.lines)) == ("scan", len(paper_maker.BODY))
        return
    with pytest.raises(Problem) as caught:  # their glyphs are not in the file: looking shows nothing
        read(paper_maker.unreadable(MARK)[kind])
    assert caught.value.kind is ProblemType.TEXT_UNMAPPED


@pytest.mark.parametrize("kind", sorted(paper_maker.drawn_unreadably()))
def test_characters_that_are_drawings_are_looked_at(kind: str):
    page = read(paper_maker.drawn_unreadably()[kind]).pages[0]
    assert page.picture.reason == "illegible"
    assert paper_maker.BODY[0] in [line.text for line in page.lines]


def test_a_font_that_tells_the_truth_twice_is_read():
    truth = paper_maker.chinese(font=b"/ToUnicode 7 0 R", seven=paper_maker.to_unicode("各各乡乡镇镇"))
    assert "各乡镇人民政府" in flowing(read(truth).pages)


@pytest.mark.parametrize("more", [b"PK\x03\x04", b"x", b"\n" * 9000 + b"x", MARK.encode(), b"%", b"\n1 0 obj\nnull\nendobj\n"])
def test_anything_behind_the_end_of_the_file_is_refused(more: bytes):
    with pytest.raises(Problem) as caught:
        read(CHINESE + more)
    assert caught.value.kind is ProblemType.DOCUMENT_BROKEN


@pytest.mark.parametrize("head", [b"", b"%PDF-1.7\n%/Linearized 1\n"])
def test_a_mark_in_an_earlier_version_is_blocked(head: bytes):
    assert outcome(read(head + paper_maker.revised(MARK))) is Outcome.BLOCK
    assert outcome(read(head + paper_maker.revised("一般文字"))) is Outcome.PASS


def test_what_an_earlier_version_shows_otherwise_is_a_part_and_what_it_shows_alike_is_not():
    (name, part), *others = read(paper_maker.revised("一般文字")).parts
    assert (name, others) == ("earlier version 1", [])
    assert "一般文字" in [line.text for line in part.pages[0].lines]
    alike = paper_maker.updated(CHINESE, 6, b"(x)")
    assert read(alike).parts == ()


def test_a_form_that_was_filled_in_twice_tells_both_values():
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(field)/Rect[50 50 300 90]/V %s>>"
    form = paper_maker.chinese(on_page=b"/Annots[6 0 R]", six=field % paper_maker.pdf_text("第一稿"))
    reading = read(paper_maker.updated(form, 6, field % paper_maker.pdf_text("第二稿")))
    assert [text for place, text in reading.texts if place == "form"] == ["第二稿", "第一稿"]
    assert reading.parts == ()
    marked = paper_maker.updated(
        form.replace("第一稿".encode("utf-16-be").hex().encode(), MARK.encode("utf-16-be").hex().encode()), 6, field % b"(x)"
    )
    assert outcome(read(marked)) is Outcome.BLOCK


def test_the_reason_and_the_name_of_a_signature_that_was_appended_are_judged():
    signature = b"<</Type/Sig/Filter/Adobe.PPKLite/Reason %s/Name %s/ByteRange[0 1 2 3]/Contents<00>>>"
    signed = paper_maker.chinese(on_page=b"/Annots[<</Subtype/Widget/FT/Sig/T(s)/Rect[0 0 0 0]/V 6 0 R>>]")
    for reason, name in ((MARK, "张三"), ("同意", MARK)):
        appended = paper_maker.updated(signed, 6, signature % (paper_maker.pdf_text(reason), paper_maker.pdf_text(name)))
        assert outcome(read(appended)) is Outcome.BLOCK
    ordinary = paper_maker.updated(signed, 6, signature % (paper_maker.pdf_text("同意"), paper_maker.pdf_text("张三")))
    assert outcome(read(ordinary)) is Outcome.PASS


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CHINESE.replace(b"5 0 obj", b"4 0 obj", 1), id="an object twice in one version"),
        pytest.param(paper_maker.updated(paper_maker.picture_only(), 4, b"null"), id="a picture in the first version"),
        pytest.param(functools.reduce(lambda whole, _: paper_maker.updated(whole, 6, b"(x)"), range(8), CHINESE), id="nine versions"),
    ],
)
def test_earlier_versions_that_cannot_be_judged_are_refused(content: bytes):
    with pytest.raises(Problem) as caught:
        read(content)
    assert caught.value.kind in {ProblemType.DOCUMENT_ACTIVE, ProblemType.DOCUMENT_BROKEN}


def test_eight_versions_are_read():
    assert read(functools.reduce(lambda whole, _: paper_maker.updated(whole, 6, b"(x)"), range(7), CHINESE)).parts == ()


def test_a_second_table_that_defines_nothing_is_no_second_version():
    assert outcome(read(paper_maker.with_second_table())) is Outcome.PASS


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *((name, TEXT) for name in ("utf-8", "gb18030", "gbk", "utf-16", "utf-7", "hz", "utf-8-sig")),
        *(
            ("gbk", TRADITIONAL),
            ("euc_jp", "機密★長期\n会議の資料\n"),
            ("euc_kr", "機密★長期\n"),
            ("euc_kr", "機密★長期\n안녕하세요 회의 자료\n"),
        ),
        *((name, TEXT.replace("\n", "\u2028")) for name in ("utf-16-le", "utf-16-be")),
        *((name, TRADITIONAL) for name in ("big5", "big5hkscs")),
    ],
)
def test_no_encoding_lets_a_mark_pass(encoding: str, text: str):
    try:
        assert outcome(plain.read(text.encode(encoding))) is Outcome.BLOCK
    except Problem as problem:
        assert problem.kind in {ProblemType.FORMAT_NOT_INSPECTABLE, ProblemType.DOCUMENT_WITHOUT_TEXT}  # noqa: PT017 - one of two ends


@pytest.mark.parametrize(
    ("encoding", "text"), [("big5", TRADITIONAL[6:]), ("shift_jis", "機密★長期\n"), ("shift_jis", "会議の資料について説明する。\n")]
)
def test_chinese_that_nobody_writes_is_no_text(encoding: str, text: str):
    with pytest.raises(Problem) as caught:
        plain.read(text.encode(encoding))
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT


@pytest.mark.parametrize(
    "text", [TEXT[6:], "翀昉小学（旻昊校区）名单：张喆、李珺、王玥、陈炜\n经研究，同意上报。\n", "€ 12 • a ° ± × ·\n①②③ ⅠⅡ 表一\n"]
)
def test_ordinary_chinese_in_gb18030_is_read(text: str):
    assert outcome(plain.read(text.encode("gb18030"))) is Outcome.PASS


def test_more_than_two_hundred_thousand_lines_are_refused():
    with pytest.raises(Problem) as caught:
        plain.read(b"a\n" * (plain.MAXIMUM_LINES + 1))
    assert caught.value.kind is ProblemType.DOCUMENT_TOO_COMPLEX
