from dataclasses import dataclass

import pytest

from archive.search import han
from archive.search.highlight import Snippet, marks, snippets, wanted
from archive.search.question import And, Between, Everything, Not, Number, OneOf, Or, Where, Words


@dataclass(frozen=True)
class Part:
    name: str
    text: str
    pages: tuple[tuple[int, int], ...] = ((1, 0),)
    others: tuple[tuple[str, str], ...] = ()


def marked(snippet: Snippet):
    return [snippet.text[start:end] for start, end in snippet.marks]


def test_only_what_must_or_may_stand_is_wanted():
    node = And(
        (Words("公文"), Or((Number(2026, 12), Words("公文"))), Not(Words("涉密")), OneOf("kind", ("notice",)), Between("year", 2026, 2026))
    )
    assert wanted(node) == (Words("公文"), Number(2026, 12))
    assert wanted(Everything()) == ()


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("安全生产", "关于安全生产的通知", ["安全生产"]),
        ("安全生产", "关于安全\n生 产的通知", ["安全\n生 产"]),
        ("安全生產", "關於安全生產的通知", ["安全生產"]),
        ("a4", "用Ａ４纸", ["Ａ４"]),
        ("fi", "a ﬁ b", ["ﬁ"]),
        ("f", "a ﬁ b", ["ﬁ"]),
        ("m2", "12㎡", ["㎡"]),
        ("县", "县、县", ["县", "县"]),
        ("县县", "县县县", ["县县县"]),
        ("a b", "a  \t b", ["a  \t b"]),
        ("e", "e\u0301", ["e\u0301"]),
        ("葛", "葛\U000e0100城", ["葛\U000e0100"]),
        ("公文", "公\u200b文", ["公\u200b文"]),
        ("\U00020000", "a\U00020000b", ["\U00020000"]),
        ("没有", "公文", []),
        ("公文", "", []),
    ],
)
def test_marks_cover_the_source_of_what_was_found(asked: str, text: str, found: list[str]):
    assert [text[start:end] for start, end in marks((Words(asked),), text)] == found


def test_marks_that_touch_are_one():
    assert marks((Words("安全生"), Words("全生产"), Words("的")), "安全生产的通知") == ((0, 5),)


def test_a_number_is_marked_however_it_is_spelled():
    text = "根据青政發［２０２６］第012号和青政发2026年12号"
    assert [text[start:end] for start, end in marks((Number(2026, 12, "青政发"),), text)] == [
        "青政發［２０２６］第012号",
        "青政发2026年12号",
    ]


@pytest.mark.parametrize(("where", "found"), [("title", ((0, 2), (4, 6))), ("file", ((2, 6),)), ("any", ((4, 6),))])
def test_words_are_marked_only_where_they_were_asked_for(where: Where, found: tuple[tuple[int, int], ...]):
    asked = (Words("公文", "title"), Words("管理", "file"), Words("办法"))
    assert marks(asked, "公文管理办法", where) == found


def test_a_snippet_shows_what_was_found_with_its_page():
    part = Part("正文.pdf", "甲" * 100 + "安全生产" + "乙" * 100, ((1, 0), (2, 102), (3, 150)))
    (snippet,) = snippets((Words("安全生产"),), (part,))
    assert (snippet.part, snippet.page, len(snippet.text), marked(snippet)) == ("正文.pdf", 1, 60, ["安全生产"])
    assert snippet.text.startswith("甲")
    assert snippet.text.endswith("乙")


@pytest.mark.parametrize(("text", "page"), [("甲县乙丙丁戊", 1), ("甲乙县丙丁戊", 2), ("甲乙丙丁戊县", 4)])
def test_the_page_is_the_last_that_begins_before_what_was_found(text: str, page: int):
    (snippet,) = snippets((Words("县"),), (Part("正文.pdf", text, ((1, 0), (2, 2), (3, 4), (4, 4))),))
    assert snippet.page == page


def test_what_stands_outside_the_pages_is_page_0_and_comes_last():
    first = Part("一.pdf", "甲乙", ((1, 0),), (("annotation 1", "县里的批注"),))
    second = Part("二.pdf", "县的正文")
    assert snippets((Words("县"),), (first, second)) == (
        Snippet("二.pdf", 1, "县的正文", ((0, 1),)),
        Snippet("一.pdf", 0, "县里的批注", ((0, 1),)),
    )


def test_each_of_the_wanted_is_shown_before_one_is_shown_twice():
    text = ("县" + "甲" * 99) * 10 + "镇" + "乙" * 99 + "乡"
    found = snippets((Words("县"), Words("镇"), Words("乡")), (Part("正文", text),), width=20)
    assert [marked(snippet) for snippet in found] == [["县"], ["镇"], ["乡"]]


def test_what_is_near_stands_in_one_snippet_and_the_next_begins_behind_it():
    text = "县镇" + "甲" * 50 + "乡" + "乙" * 50
    found = snippets((Words("县"), Words("镇"), Words("乡")), (Part("正文", text),), width=50)
    assert [marked(snippet) for snippet in found] == [["县镇"], ["乡"]]
    assert "".join(snippet.text for snippet in found) in text


def test_no_more_than_asked_for_are_given():
    part = Part("正文", ("县" + "甲" * 99) * 10)
    assert [len(snippets((Words("县"),), (part,), most=most)) for most in (0, 1, 3, 20)] == [0, 1, 3, 10]


def test_what_leaves_no_ink_is_not_shown_and_whitespace_is_one_space():
    text = "甲\u202e县\0里\n\n\t公文\ud800乙\x1b"
    (snippet,) = snippets((Words("县里公文"),), (Part("正文", text),))
    assert (snippet.text, snippet.marks) == ("甲县里 公文乙", ((1, 6),))


def test_a_letter_is_not_cut_from_its_combining_marks():
    text = "x\u0301\u0302" * 40 + "县" + "y\u0301\u0302" * 40
    for width in range(6, 40):
        (snippet,) = snippets((Words("县"),), (Part("正文", text),), width=width)
        assert snippet.text.strip("x\u0301\u0302").startswith("县")
        assert snippet.text[0] in "x县"
        assert snippet.text.endswith(("y\u0301\u0302", "县"))


@pytest.mark.parametrize("gap", ["", "\n", " " * 20_000, "\u200b" * 20_000])
@pytest.mark.parametrize("before", [508, 510, 511, 512, 513, 8192, 20_000])
def test_what_lies_across_the_pieces_of_a_long_text_is_found(gap: str, before: int):
    text = "甲" * before + "安全" + gap + "生产" + "乙" * 10_000
    (snippet,) = snippets((Words("安全生产"),), (Part("正文", text, ((1, 0), (2, before))),))
    assert snippet.page == 2
    assert [han.fold(text) for text in marked(snippet)] == ["安全生产"]


def test_words_longer_than_a_piece_are_found():
    text = "".join(chr(0x4E00 + place % 5000) for place in range(30_000))
    (snippet,) = snippets((Words(text[4_321:24_321]),), (Part("正文", text),))
    assert len(snippet.text) == 20_000
    assert snippet.marks == ((0, 20_000),)


def test_a_number_across_pieces_is_found_and_a_longer_year_is_not():
    for before in range(8170, 8200):
        text = "甲" * before + "12026年12号" + "乙" * 100 + "青政发〔2026〕12号" + "丙" * 9000
        found = snippets((Number(2026, 12),), (Part("正文", text),))
        assert [marked(snippet) for snippet in found] == [["〔2026〕12号"]]
        found = snippets((Number(2026, 12, "青政发"),), (Part("正文", text),))
        assert [marked(snippet) for snippet in found] == [["青政发〔2026〕12号"]]


def test_nothing_wanted_shows_nothing():
    part = Part("正文", "公文")
    assert snippets((), (part,)) == ()
    assert snippets((Words("公文", "title"), Words("\u200b")), (part,)) == ()
    assert snippets((Words("公文"),), ()) == ()


def test_a_first_find_ends_the_look_through_a_very_long_text():
    text = "县" + "甲" * 1_200_000 + "县"
    assert len(snippets((Words("县"),), (Part("正文", text),))) == 1
    assert len(snippets((Words("县"),), (Part("正文", text[1:]),))) == 1


def test_of_an_ordinal_only_the_ordinal_is_marked():
    assert marks([Words(")12号", "number")], "青政发〔2026〕12号", "number") == ((9, 12),)
