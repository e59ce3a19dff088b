"""What may stand in a query, as tables: fields, operators, quotes, brackets, limits. Lexer, parser, writer and the user's page use them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from archive.search.question import Keyword, Span, Where
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Label, Urgency, Word

MAX_TEXT: Final = 16_384
MAX_TERM: Final = 2_000
"""Longest query and longest single term, in characters."""
MAX_TERMS: Final = 64
"""Terms of one query; each value of a list counts."""
MAX_DEPTH: Final = 16
"""Brackets within brackets."""

OR: Final = frozenset({"OR", "|", "｜", "或"})
AND: Final = frozenset({"AND", "且"})
NOT: Final = frozenset({"NOT", "非"})
"""Operators when they stand alone between blanks or before a bracket; in lower case, or within a word, they are text."""
MINUS: Final = "-－\u2212"
"""Excludes what directly follows; only at the start of a term."""

DOUBLE: Final = '"“”„‟＂〝〞'
"""Any of these opens a phrase, and any of them closes it: people mix them."""
CORNER: Final = "「『﹁﹃"
CORNER_END: Final = "」』﹂﹄"
OPENING: Final = "(（"
CLOSING: Final = ")）"
COLONS: Final = ":："
SEPARATORS: Final = ",，、"
"""Between the values of a list field: one of them is enough."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field `name:value`. `sort` says how the value is read: letter for letter, out of a list, or as a time.

    `names` are all names that people may type, the first is written back; Chinese ones in simplified characters, because
    names are folded before they are looked up.
    """

    sort: Literal["words", "offices", "choice", "state", "span"]
    key: Where | Keyword | Span
    names: tuple[str, ...]
    text: Label
    example: str
    choices: type[Word] | None = None


FIELDS: Final = (
    Field(sort="words", key="title", names=("title", "标题"), text=Label("标题", "title"), example="标题:防汛"),
    Field(
        sort="words",
        key="number",
        names=("number", "文号"),
        text=Label("发文字号或其一部分", "document number or a part of it"),
        example="文号:12号",
    ),
    Field(
        sort="words",
        key="file",
        names=("file", "附件", "文件", "文件名"),
        text=Label("文件名（正文和附件）", "names of files"),
        example="附件:统计表",
    ),
    Field(
        sort="offices",
        key="from",
        names=("from", "来自", "发文单位"),
        text=Label("发文单位：名称（含曾用名）、名称的一部分或代码", "sender: name, former name, part of it, or code"),
        example="来自:城关镇",
    ),
    Field(
        sort="offices",
        key="to",
        names=("to", "主送", "发往"),
        text=Label("收文单位（主送、抄送），写法同上", "recipient, written in the same ways"),
        example="主送:县政府办,T02",
    ),
    Field(sort="choice", key="kind", names=("kind", "文种"), text=Label("文种", "kind of document"), example="文种:通知、函", choices=Kind),
    Field(
        sort="choice",
        key="urgency",
        names=("urgency", "紧急", "紧急程度"),
        text=Label("紧急程度", "urgency"),
        example="紧急:特急",
        choices=Urgency,
    ),
    Field(
        sort="state",
        key="state",
        names=("state", "状态"),
        text=Label("本单位收到或发出的件的状态", "state, of what your office received or sent"),
        example="状态:待签收",
    ),
    Field(sort="span", key="year", names=("year", "年份"), text=Label("成文年份", "year of issue"), example="年份:2024..2026"),
    Field(sort="span", key="date", names=("date", "日期", "成文日期"), text=Label("成文日期", "date of issue"), example="日期:2026年3月"),
    Field(
        sort="span",
        key="received",
        names=("received", "收到", "收到日期"),
        text=Label("县端收到之日", "day the county received it"),
        example="收到:2026-03-05..",
    ),
)
FIELD: Final[Mapping[str, Field]] = {name: field for field in FIELDS for name in field.names}

LEGACY: Final = "legacy"
STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": ("pending", "to be signed for", "待签收"),
    "signed_for": ("signed_for", "signed for", "已签收"),
    "returned": ("returned", "已退回"),
    "misdirected": ("misdirected", "误投已退"),
    "withdrawn": ("withdrawn", "已撤回"),
    LEGACY: ("legacy", "from before, unsigned", "历史件"),
}
"""Words of the states of a delivery; the table itself (`exchange/delivery/states.py`) lives above, a test holds them together. A
document from before 历史件 is in no such state: that it is one stands in their place."""
SIDES: Final[Mapping[str, tuple[str, ...]]] = {"received": ("received", "收到"), "sent": ("sent", "发出")}
"""May stand before a state: of what the office received, or of what it sent. Without, both."""


def wrong(position: int, expected: Label, **members: object) -> NoReturn:
    """Refuse a query at a place: the index of a character in the text, counted from 0. Raises Problem QUERY_INVALID."""
    detail = f"第 {position + 1} 个字符处：{expected.zh} / at character {position + 1}: {expected.en}"
    raise Problem(ProblemType.QUERY_INVALID, detail, position=position, expected=expected.zh, expected_en=expected.en, **members)


TERM_EXPECTED: Final = Label("应有检索词", "a term is expected")
TERM_EMPTY: Final = Label("这里没有可检索的字", "there is nothing in it to search for")
TERM_TOO_LONG: Final = Label(f"一个检索词最多 {MAX_TERM} 字", f"a term has at most {MAX_TERM} characters")
TERMS_TOO_MANY: Final = Label(f"最多 {MAX_TERMS} 个检索词", f"at most {MAX_TERMS} terms")
TEXT_TOO_LONG: Final = Label(f"检索式最多 {MAX_TEXT} 字", f"a query has at most {MAX_TEXT} characters")
TOO_DEEP: Final = Label(f"括号最多 {MAX_DEPTH} 层", f"brackets may be nested {MAX_DEPTH} deep")
QUOTE_OPEN: Final = Label("引号没有配对", "this quote is never closed")
BRACKET_OPEN: Final = Label("括号没有配对", "this bracket is never closed")
BRACKET_CLOSES_NOTHING: Final = Label("这个右括号没有对应的左括号", "this bracket closes nothing")
MINUS_ALONE: Final = Label(
    "减号须紧接要排除的词；要检索减号本身，请加引号", "a minus stands directly before what it excludes; quote a dash to search for it"
)
VALUE_EXPECTED: Final = Label("冒号后应有一个词或加引号的短语", "a word or a quoted phrase is expected behind the colon")
