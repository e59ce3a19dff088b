import pytest

from archive.search import han, number
from archive.search.question import Number

SPELLINGS = [
    "青政发〔2026〕12号",
    "青政发［2026］12号",
    "青政发【2026】12号",
    "青政发﹝2026﹞12号",
    "青政发(2026)12号",
    "青政发（２０２６）１２号",
    "青政发[2026]12号",
    "青政發〔2026〕12號",
    "青政发〔2026〕012号",
    "青政发〔2026〕第12号",
    "青政发〔2026〕第 012 号",
    " 青政发 〔 2026 〕 12 号 ",
    "青政发〔2026年〕12号",
    "青政发2026年12号",
    "青政发2026年第12号",
    "青政发二〇二六年第12号",
    "青政发〔二○二六〕12号",
    "青政发\n〔2026〕\n12号",
    "青政发\u200b〔2026〕12号",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_one_number(text: str):
    assert number.number_of(text) == Number(2026, 12, "青政发")
    assert number.canonical(text) == "青政发(2026)12号"
    assert number.keys(text) == ("青政发|2026|12", "|2026|12")


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_found_within_a_text(text: str):
    folded = han.fold(f"根据{text}的要求")
    found = number.pattern(Number(2026, 12, "青政发")).search(folded)
    assert found is not None
    assert number.number_of(found.group()) == Number(2026, 12, "青政发")
    assert len(found.group()) <= number.longest(Number(2026, 12, "青政发"))


@pytest.mark.parametrize("text", ["〔2026〕12号", "（2026）第12号", "2026年12号", "２０２６年第１２号"])
def test_a_number_without_issuer_is_any_issuers(text: str):
    assert number.number_of(text) == Number(2026, 12)
    assert number.keys(text) == ("|2026|12",)


@pytest.mark.parametrize(
    ("text", "issuer"),
    [
        ("T01发〔2026〕12号", "t01发"),
        ("国发2026年12号", "国发"),
        ("青政办发电〔2026〕12号", "青政办发电"),
        ("T 01〔2026〕12号", "t01"),
        ("乡党发·组〔2026〕12号", "乡党发·组"),
    ],
)
def test_an_issuer_may_hold_letters_and_digits(text: str, issuer: str):
    assert number.number_of(text) == Number(2026, 12, issuer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12号",
        "第12号",
        "〔2026〕",
        "2026年",
        "2026年12月",
        "2026年12月3号",
        "2026年12号楼",
        "〔2026〕12",
        "〔2026〕0号",
        "〔2026〕1234567号",
        "〔1899〕12号",
        "〔2101〕12号",
        "〔226〕12号",
        "120262026年",
        "12026年12号",
        "〔2026〕12号、〔2026〕13号",
        "青政发〔2025〕3号青政发〔2026〕12号",
        "关于贯彻《通知》〔2026〕12号",
        "青|政〔2026〕12号",
        "〔202\u096c〕12号",
    ],
)
def test_what_is_no_number_is_only_folded(text: str):
    assert number.number_of(text) is None
    assert number.keys(text) == ()
    assert number.canonical(text) == han.fold(text)


def test_a_number_is_not_found_in_a_longer_one():
    wanted = number.pattern(Number(2026, 12, "青政发"))
    assert not any(
        wanted.search(han.fold(text))
        for text in ("青政发〔2026〕112号", "青政发〔2026〕121号", "青政发12026年12号", "青政办发〔2026〕12号")
    )


def test_years_and_ordinals_reach_from_the_first_to_the_last():
    assert [number.keys(text) for text in ("〔1900〕1号", "〔2100〕999999号")] == [("|1900|1",), ("|2100|999999",)]
