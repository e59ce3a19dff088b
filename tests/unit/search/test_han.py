import unicodedata

import opencc
import pytest

from archive.search import han


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("關於印發通知", "关于印发通知"),
        ("ＡＢＣ１２３", "abc123"),
        ("Ｐｄｆ", "pdf"),
        ("青政發〔2026〕12號", "青政发(2026)12号"),
        ("［2026］【2026】﹝2026﹞〖2026〗（2026）[2026](2026)", "(2026)" * 7),
        ("ﬁ㎡①Ⅳ", "fim21iv"),
        ("ⓐ", "a"),
        ("薴", "苎"),
        ("\uf900\u2f9f\u2ed3", "岂辛长"),
        ("ㄅㄆ", "ㄅㄆ"),
        ("ß", "ss"),
        ("ς", "σ"),
    ],
)
def test_spellings_of_one_text_fold_to_one(text: str, folded: str):
    assert han.fold(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("安全\n生产", "安全生产"),
        ("安 全  生\u3000产", "安全生产"),
        ("用 A4 纸", "用a4纸"),
        ("word  \t\r\n word", "word word"),
        ("  word  ", "word"),
        ("电话： 0971", "电话:0971"),
        ("电话:0971", "电话:0971"),
        ("COVID-\n19", "covid-19"),
        ("GB/T 9704", "gb/t 9704"),
        ("〔2026〕 12 号", "(2026)12号"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("１ ２", "1 2"),
        ("カ ナ", "カナ"),
        ("\u3000", ""),
        ("a\u200b \u200bb", "a b"),
        ("e\u0301 a", "e\u0301 a"),
    ],
)
def test_whitespace_stays_only_between_letters_and_digits(text: str, folded: str):
    assert han.fold(text) == folded


@pytest.mark.parametrize(
    "sign", ["\u200b", "\u200d", "\u00ad", "\ufeff", "\ufe0f", "\U000e0100", "\u202e", "\u2066", "\0", "\x1b", "\ud800", "\u3164"]
)
def test_what_leaves_no_ink_is_dropped(sign: str):
    assert han.fold(f"公{sign}文a{sign}b{sign}") == "公文ab"
    assert not han.has_ink(sign)


def test_no_question_can_hold_what_separates_texts_or_stands_for_a_space():
    assert han.fold(f"公{han.SEPARATOR}文 a␣b") == "公文a b"


def test_every_code_point_folds_to_what_folding_leaves_alone():
    for code in [*range(0x3400), *range(0xA000, 0x10000), *range(0x1D400, 0x1D800), *range(0x1F000, 0x1F300), *range(0x2F800, 0x2FA20)]:
        folded = han.fold(f"x{chr(code)}x")
        assert han.fold(folded) == folded
        assert han.fold_with_places(f"x{chr(code)}x")[0] == folded


def test_each_character_agrees_with_opencc_where_nothing_else_changes_it():
    for character in "乾著於後裡佈臺徵鬱麵隻餘寧歷曆國會發號":
        assert han.fold(character) == opencc.OpenCC("t2s").convert(character)


def test_usual_simplified_characters_stay_themselves():
    usual = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    assert han.fold(usual) == usual


def test_places_point_at_the_source_of_each_character():
    text = " 關於 ﬁ  ㎡\u200b A\n\nB。"
    folded, places = han.fold_with_places(text)
    assert folded == "关于fi m2 a b。"
    assert places == [1, 2, 4, 4, 5, 7, 7, 9, 10, 11, 13, 14, 15]


def test_a_stream_is_of_neighbouring_pairs_in_order():
    assert han.stream("公文管理") == "公文 文管 管理"
    assert han.stream("a4 b") == "a4 4␣ ␣b"
    assert han.stream("\U00020000文") == "\U00020000文"
    assert (han.stream("文"), han.stream("")) == ("文", "")


def test_ones_are_the_distinct_characters():
    assert han.ones(f"文a 文{han.SEPARATOR}a公") == "a 公 文"
    assert han.ones("") == ""


def test_a_phrase_covers_its_text_with_few_tokens():
    assert han.phrase("公文") == ((0, "公文"),)
    assert han.phrase("公文管") == ((0, "公文"), (1, "文管"))
    assert han.phrase("公文管理") == ((0, "公文"), (2, "管理"))
    assert han.phrase("a4 b纸") == ((0, "a4"), (2, "␣b"), (3, "b纸"))


@pytest.mark.parametrize("text", ["", "文"])
def test_a_phrase_of_less_than_two_characters_is_a_mistake_of_the_caller(text: str):
    with pytest.raises(ValueError, match="two characters"):
        han.phrase(text)


def test_the_version_names_all_that_the_fold_depends_on():
    assert opencc.__version__ in han.ANALYSIS
    assert unicodedata.unidata_version in han.ANALYSIS
