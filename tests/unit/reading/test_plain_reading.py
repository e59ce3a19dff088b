import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading import plain
from archive.reading.legible import legible, repaired
from archive.reading.reading import Line, Page, flowing
from schemas.problems import Problem, ProblemType

TEXT = "临江县人民政府\n关于低保工作的报告\n\n为进一步规范工作，现报告如下。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_text_is_read_in_every_usual_encoding(encoding: str):
    reading = plain.read(TEXT.encode(encoding))
    assert [line.text for line in reading.pages[0].lines] == [line for line in TEXT.split("\n") if line]


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"abc\x00", b"\xff\xfe\x00\x00a\x00\x00\x00", b"\x81", b"\x1b[31mred"])
def test_bytes_that_are_no_text_are_refused(content: bytes):
    with pytest.raises(Problem) as caught:
        plain.read(content)
    assert caught.value.kind is ProblemType.FORMAT_NOT_INSPECTABLE


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", "\ufeff".encode(), "\ue000\ue001\ue002".encode(), "\u200b\u200b".encode()])
def test_text_without_legible_characters_is_refused(content: bytes):
    with pytest.raises(Problem) as caught:
        plain.read(content)
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [TEXT, "关于开展工作的报告", "机密★1年", "绝密★长期", "机密", "秘密★"])
def test_utf16_without_a_mark_is_refused(encoding: str, text: str):
    with pytest.raises(Problem) as caught:
        plain.read(text.encode(encoding))
    assert caught.value.kind in {ProblemType.FORMAT_NOT_INSPECTABLE, ProblemType.DOCUMENT_WITHOUT_TEXT}


def test_a_file_of_gbk_that_was_saved_as_latin_is_read_as_chinese():
    lines = plain.read(TEXT.encode("gb18030").decode("latin-1").encode()).pages[0].lines
    assert [line.text for line in lines] == [line for line in TEXT.split("\n") if line]


def test_a_private_line_makes_the_whole_file_unreadable():
    with pytest.raises(Problem) as caught:
        plain.read((TEXT * 9 + "\n\ue001\ue002\ue003\n" + TEXT).encode())
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT


def test_more_than_eight_mebibytes_are_refused():
    with pytest.raises(Problem) as caught:
        plain.read(b"a" * (plain.MAXIMUM + 1))
    assert caught.value.kind is ProblemType.DOCUMENT_TOO_COMPLEX


def test_an_illegible_line_is_not_outvoted_by_a_page_of_good_text():
    assert legible(["正文" * 100])
    assert not legible(["正文" * 100, "\ue001\ue002\ue003"])


def test_gbk_read_as_latin_is_restored_and_nothing_else_is_touched():
    assert repaired("»úÃÜ¡ï1Äê") == "机密★1年"
    for text in ("机密★1年", "Über café naïve", "±5°", "plain"):
        assert repaired(text) == text


@given(st.text(alphabet="绝机秘密★临江县政府工作报告", min_size=1, max_size=40))
def test_any_chinese_text_survives_the_detour_through_latin(text: str):
    assert repaired(text.encode("gbk").decode("latin-1")) == text


@given(st.lists(st.text(alphabet="低保工作，。abc", min_size=1, max_size=12), min_size=1, max_size=8))
def test_joining_lines_keeps_every_character_in_order(lines: list[str]):
    page = Page(1, tuple(Line(text, 0, 0.1, 1, 0.02) for text in lines))
    assert flowing([page]).replace(" ", "") == "".join(lines)


@pytest.mark.parametrize("text", ["五……六", "他说“好”", "——……", "绝\u00a0\u00a0密"])
def test_usual_signs_of_chinese_texts_are_no_gbk(text: str):
    assert repaired(text) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_makes_no_other_text_of_the_same_bytes(encoding: str):
    reading = plain.read("内含商业秘密，请勿外传。\n".encode(encoding))
    assert [text for _, text in reading.texts if "密" in text] == []
