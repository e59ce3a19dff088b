"""What people type, what it means, and where it is wrong."""

import re
from collections.abc import Iterator

import pytest

from archive.search import lexer
from archive.search.lexer import LONGEST_NUMBER
from archive.search.query import OfficeName, for_machines, parse, read, titled, with_offices, without_texts
from archive.search.question import And, Between, Everything, Not, Number, OneOf, Or, Words
from archive.search.syntax import FIELDS, LEGACY, MAX_DEPTH, MAX_TERM, MAX_TERMS, MAX_TEXT, SIDES, STATES
from archive.search.writing import write
from exchange.delivery.states import Review
from schemas.problems import Problem, ProblemType

A, B, C = Words("防汛"), Words("抗旱"), Words("保险")
NUMBER = Number(2026, 12, "青政发")
NUMBER_WORD = Or((NUMBER, Words("青政发(2026)12号")))

MEANINGS = {
    "": Everything(),
    " \u3000\t": Everything(),
    "防汛": A,
    "防汛 抗旱": And((A, B)),
    "防汛\u3000抗旱": And((A, B)),
    "防汛 AND 抗旱": And((A, B)),
    "防汛 且 抗旱": And((A, B)),
    "防汛 OR 抗旱": Or((A, B)),
    "防汛 | 抗旱": Or((A, B)),
    "防汛 或 抗旱": Or((A, B)),
    "防汛 抗旱 OR 保险": Or((And((A, B)), C)),
    "防汛 (抗旱 OR 保险)": And((A, Or((B, C)))),
    "防汛（抗旱 或 保险）": And((A, Or((B, C)))),
    "(防汛 抗旱) 保险": And((And((A, B)), C)),
    "((防汛))": A,
    "防汛 -抗旱": And((A, Not(B))),
    "防汛 －抗旱": And((A, Not(B))),
    "防汛 NOT 抗旱": And((A, Not(B))),
    "防汛 非 抗旱": And((A, Not(B))),
    "防汛 -(抗旱 保险)": And((A, Not(And((B, C))))),
    "防汛 NOT(抗旱 保险)": And((A, Not(And((B, C))))),
    "-防汛": And((Everything(), Not(A))),
    "-防汛 -抗旱": And((Everything(), Not(A), Not(B))),
    "-防汛 OR 抗旱": Or((And((Everything(), Not(A))), B)),
    # operators within words, in lower case or in quotes are text
    "非遗": Words("非遗"),
    "或者": Words("或者"),
    "防汛-抗旱": Words("防汛-抗旱"),
    "or": Words("or"),
    '"OR"': Words("OR"),
    "a|b": Words("a|b"),
    # phrases
    '"防汛 抗旱"': Words("防汛 抗旱"),
    "“防汛 抗旱”": Words("防汛 抗旱"),
    "”防汛 抗旱“": Words("防汛 抗旱"),
    '“防汛 抗旱"': Words("防汛 抗旱"),
    "＂防汛 抗旱＂": Words("防汛 抗旱"),
    "「防汛 抗旱」": Words("防汛 抗旱"),
    "『防汛 “抗旱”』": Words("防汛 “抗旱”"),
    '-"防汛"': And((Everything(), Not(A))),
    '"防汛"抗旱': And((A, B)),
    "关于“十四五”规划": Words("关于“十四五”规划"),
    # brackets in words and document numbers
    "办法(试行)": Words("办法(试行)"),
    "关于《办法（试行）》的通知": Words("关于《办法（试行）》的通知"),
    "青政发(2026)12号": NUMBER_WORD,
    "青政發［２０２６］第０１２號": NUMBER_WORD,
    "青政发〔2026〕12号": NUMBER_WORD,
    "(2026)12号": Or((Number(2026, 12), Words("(2026)12号"))),
    "（2026）12号": Or((Number(2026, 12), Words("(2026)12号"))),
    "2026年12号": Or((Number(2026, 12), Words("(2026)12号"))),
    "((2026)12号 防汛)": And((Or((Number(2026, 12), Words("(2026)12号"))), A)),
    "-青政发〔2026〕12号": And((Everything(), Not(NUMBER_WORD))),
    '"青政发(2026)12号"': Words("青政发(2026)12号"),
    "文号:青政发(2026)012号": NUMBER,
    "number:（2026）12号": Number(2026, 12),
    "文号:12号": Words(")12号", "number"),
    "文号:青政发": Words("青政发", "number"),
    # fields
    "title:防汛": Words("防汛", "title"),
    "标题：防汛": Words("防汛", "title"),
    "標題：防汛": Words("防汛", "title"),
    "标题： 防汛": Words("防汛", "title"),
    "TITLE:防汛": Words("防汛", "title"),
    "标题:“防汛 抗旱”": Words("防汛 抗旱", "title"),
    "标题:防汛 抗旱": And((Words("防汛", "title"), B)),
    "-标题:防汛": And((Everything(), Not(Words("防汛", "title")))),
    "附件:统计表(终稿).xlsx": Words("统计表(终稿).xlsx", "file"),
    "来自:城关镇": OneOf("from", ("城关镇",)),
    "主送:县政府办,T02": OneOf("to", ("县政府办", "T02")),
    '来自:"城 关"、T02': OneOf("from", ("城 关", "T02")),
    "文种:通知": OneOf("kind", ("notice",)),
    "kind:notice,信息": OneOf("kind", ("notice", "information")),
    "文种:報告": OneOf("kind", ("report",)),
    'kind:"request for instructions"': OneOf("kind", ("request",)),
    "紧急:特急": OneOf("urgency", ("extra_urgent",)),
    "状态:待签收": OneOf("state", ("received:pending", "sent:pending")),
    "state:sent:returned": OneOf("state", ("sent:returned",)),
    "状态：收到：已签收": OneOf("state", ("received:signed_for",)),
    "年份:2026": Between("year", 2026, 2026),
    "年份:2024..2026": Between("year", 2024, 2026),
    "年份:2024～2026年": Between("year", 2024, 2026),
    "年份:..2026": Between("year", 0, 2026),
    "日期:2026": Between("date", 20260101, 20261231),
    "日期:2026-02": Between("date", 20260201, 20260228),
    "日期:2024年2月": Between("date", 20240201, 20240229),
    "日期:2026-3-5": Between("date", 20260305, 20260305),
    "日期:20260305": Between("date", 20260305, 20260305),
    "日期:２０２６年３月５日": Between("date", 20260305, 20260305),
    "日期:2026.3..2026.4": Between("date", 20260301, 20260430),
    "日期:2025年12月至2026年1月5日": Between("date", 20251201, 20260105),
    "收到:2026-03-05..": Between("received", 20260305, 99991231),
    # what only looks like a field is text
    "http://example.org/x": Words("http://example.org/x"),
    "时间：9点": Words("时间：9点"),
    "note:x": Words("note:x"),
    '"title:防汛"': Words("title:防汛"),
    "file://share": Words("//share", "file"),
    # anything that can be typed
    "😀": Words("😀"),
    "\u202eمرحبا": Words("\u202eمرحبا"),
    "防\x00汛": Words("防\x00汛"),
    "防\ud800汛": Words("防\ud800汛"),
    '5"': Words('5"'),
}

MISTAKES = {
    "OR": 0,
    "防汛 OR": 5,
    "OR 防汛": 0,
    "防汛 OR OR 抗旱": 6,
    "防汛 AND": 6,
    "NOT": 3,
    "NOT NOT 防汛": 4,
    "--防汛": 1,
    "-": 0,
    "防汛 - 抗旱": 3,
    "(-)": 1,
    "()": 1,
    "(防汛": 0,
    "防汛 (抗旱 (保险)": 3,
    "防汛)": 2,
    '"防汛': 0,
    "防汛 「抗旱": 3,
    '""': 0,
    "防汛 “ ”": 3,
    "防汛 \u200b": 3,
    "\x00": 0,
    "\ud800": 0,
    "防汛 \u241e": 3,
    "标题:": 3,
    "防汛 标题:  ": 8,
    "标题:(防汛 抗旱)": 3,
    "文种:通知,": 6,
    "文种:通只": 3,
    "紧急:快": 3,
    "状态:办结": 3,
    "状态:存档:待签收": 3,
    "日期:昨天": 3,
    "日期:2026-13": 3,
    "日期:2026-02-29": 3,
    "日期:2026-00": 3,
    "日期:0000": 3,
    "日期:2026-03..x": 12,
    "日期:2026-04..2026-03": 3,
    "日期:..": 3,
    "年份:26": 3,
    "年份:2026-03": 3,
    "年份:2026..2025": 3,
    "防汛 titel:抗旱": 3,
    "form:城关镇": 0,
}


@pytest.mark.parametrize("text", MEANINGS, ids=ascii)
def test_a_query_means_this(text: str):
    assert parse(text) == MEANINGS[text]


@pytest.mark.parametrize("text", MEANINGS, ids=ascii)
def test_what_was_understood_can_be_written_and_read_again(text: str):
    assert parse(write(parse(text))) == parse(text)


@pytest.mark.parametrize("text", MISTAKES, ids=ascii)
def test_a_mistake_is_pointed_at(text: str):
    with pytest.raises(Problem) as refused:
        parse(text)
    assert refused.value.kind is ProblemType.QUERY_INVALID
    assert refused.value.members["position"] == MISTAKES[text]
    assert refused.value.members["expected"]
    assert refused.value.members["expected_en"].isascii()


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("文种:通只", "通知"),
        ("kind:notise", "notice"),
        ("titel:x", "title:"),
        ("form:x", "from:"),
        ("dat:x", "date:"),
        ("状态:待签", "待签收"),
    ],
)
def test_a_near_word_is_suggested(text: str, suggestion: str):
    with pytest.raises(Problem) as refused:
        parse(text)
    assert refused.value.members["suggestion"] == suggestion


@pytest.mark.parametrize(
    ("fits", "too_much", "position"),
    [
        ("防" * MAX_TERM, "汛 " + "防" * (MAX_TERM + 1), 2),
        (f"“{'防' * MAX_TERM}”", f"汛 “{'防' * (MAX_TERM + 1)}”", 2),
        (" ".join("防" * MAX_TERMS), " ".join("防" * (MAX_TERMS + 1)), 2 * MAX_TERMS),
        ("文种:" + ",".join(["通知"] * MAX_TERMS), "文种:" + ",".join(["通知"] * (MAX_TERMS + 1)), 3 + 3 * MAX_TERMS),
        ("(" * MAX_DEPTH + "防" + ")" * MAX_DEPTH, "(" * (MAX_DEPTH + 1) + "防" + ")" * (MAX_DEPTH + 1), MAX_DEPTH),
        ("防" + " " * (MAX_TEXT - 1), "防" + " " * MAX_TEXT, MAX_TEXT),
    ],
    ids=["term", "phrase", "terms", "values", "depth", "text"],
)
def test_what_is_too_much_is_refused_where_it_becomes_too_much(fits: str, too_much: str, position: int):
    parse(fits)
    with pytest.raises(Problem) as refused:
        parse(too_much)
    assert refused.value.members["position"] == position


def test_ten_kilobytes_of_terms_are_understood():
    text = " OR ".join(f"“防汛工作{ordinal:03}{'一' * 45}”" for ordinal in range(MAX_TERMS))
    assert len(text.encode()) > 10_000
    node = parse(text)
    assert isinstance(node, Or)
    assert len(node.nodes) == MAX_TERMS


def test_office_names_keep_their_places():
    assert read("防汛 来自:城关镇,T02 -主送:“柳 河”").offices == (
        OfficeName("城关镇", 6),
        OfficeName("T02", 10),
        OfficeName("柳 河", 18),
    )


def test_office_names_give_way_to_codes_at_any_depth():
    node = parse("防汛 -(来自:城关,柳河 OR 主送:城关) 文种:通知")
    codes = {"城关": ("T01", "T09"), "柳河": ("T02",)}
    assert write(with_offices(node, codes)) == "防汛 -(from:T01,T02,T09 OR to:T01,T09) kind:notice"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("文种:通知 -防汛", None),
        ("标题:防汛", None),
        ("防汛", "title:防汛 OR number:防汛"),
        ("防汛 文种:通知 -抗旱", "title:防汛 OR number:防汛"),
        ("防汛 抗旱", "(title:防汛 OR number:防汛) (title:抗旱 OR number:抗旱)"),
        ("防汛 OR 来自:T01", "title:防汛 OR number:防汛"),
        ("文号:青政发〔2026〕12号", "number:青政发〔2026〕12号"),
    ],
)
def test_what_stands_in_front_is_what_title_or_number_holds(text: str, expected: str | None):
    first = titled(parse(text))
    assert (None if first is None else write(first)) == expected


def test_whoever_may_not_read_a_text_does_not_find_by_it():
    node = without_texts(parse("防汛 -(保险 标题:抗旱) 文号:12号"))
    expected = "(title:防汛 OR number:防汛 OR file:防汛) -((title:保险 OR number:保险 OR file:保险) title:抗旱) number:12号"
    assert write(node) == expected


def test_a_machine_finds_by_texts_where_it_is_let():
    let, anywhere = OneOf("reader", ("machines",)), Words("防汛")
    node = And((anywhere, Not(Words("抗旱", "title"))))
    first = (Words("防汛", "title"), Words("防汛", "number"), Words("防汛", "file"), And((anywhere, let)))
    assert for_machines(node) == And((Or(first), Not(Words("抗旱", "title"))))
    assert titled(for_machines(node)) == titled(node)  # what is in front stays in front
    assert for_machines(Number(2026, 12)) == Number(2026, 12)


def test_the_words_of_states_are_those_of_the_state_table():
    assert list(STATES) == [*(review.value for review in Review), LEGACY]
    for review in Review:
        assert {review.value, review.zh, review.en} <= set(STATES[review.value])
    assert list(SIDES) == ["received", "sent"]


def test_no_two_fields_or_states_share_a_name():
    for table in ([field.names for field in FIELDS], STATES.values(), SIDES.values()):
        names = [name for each in table for name in each]
        assert len(names) == len(set(names))


LONGEST_NAME = 17


class Counted:
    """A compiled pattern that counts the characters it was led over."""

    def __init__(self, pattern: re.Pattern[str], work: list[int]) -> None:
        self.pattern, self.work = pattern, work

    def match(self, text: str, start: int, *limit: int) -> re.Match[str] | None:
        found = self.pattern.match(text, start, *limit)
        self.work[0] += found.end() - start + 1 if found else LONGEST_NAME  # every other pattern matches nothing at worst
        return found

    def search(self, text: str, start: int) -> re.Match[str] | None:
        found = self.pattern.search(text, start)
        self.work[0] += (found.end() if found else len(text)) - start
        return found

    def finditer(self, text: str, start: int, limit: int) -> Iterator[re.Match[str]]:
        for found in self.pattern.finditer(text, start, limit):
            self.work[0] += found.end() - start
            start = found.end()
            yield found
        self.work[0] += limit - start  # only reached when nothing was found in what is left


HOSTILE = (
    *(
        "(",
        ")",
        "((",
        "a(",
        "a(b",
        "(a)",
        "(2026)",
        "(2026)1",
        "a(b ",
        "(a ",
        "a)",
        '"',
        '"a"',
        "「",
        "a「",
        "-",
        "-a",
        "title:",
        "title:(",
    ),
    *("文种:通知,", "，", "|", "OR ", "OR(", "NOT(a)", "〔", "青政发〔2026〕12号", "a:", "：", "\u3000", "\x00", "a\u200b"),
)


@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
def test_work_grows_with_the_length_of_the_text_and_no_faster(piece: str, monkeypatch: pytest.MonkeyPatch):
    work = [0]
    for name in ("_BLANKS", "_PLAIN", "_LISTED", "_BRACKET_OR_BLANK", "_DOUBLE_END", "_CORNER_END", "_NAMED"):
        monkeypatch.setattr(lexer, name, Counted(getattr(lexer, name), work))
    for name in ("MAX_TERM", "MAX_TERMS"):
        monkeypatch.setattr(lexer, name, MAX_TEXT)
    for text in (piece * (MAX_TEXT // len(piece)), (piece * MAX_TEXT)[: MAX_TEXT - 8] + ' ")」)'):
        work[0] = 0
        try:
            lexer.tokens(text)
        except Problem as problem:
            assert problem.kind is ProblemType.QUERY_INVALID  # noqa: PT017 - refused or not, the work is what is judged
        assert work[0] <= 4 * LONGEST_NUMBER * len(text)


@pytest.mark.parametrize("text", ["number:12号", "文号:第012号", "文号：１２号"])
def test_an_ordinal_alone_is_the_whole_ordinal(text: str):
    assert parse(text) == Words(")12号", "number")


def test_a_quoted_ordinal_is_what_it_says():
    assert parse('number:"12号"') == Words("12号", "number")
