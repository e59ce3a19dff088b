"""Rules over the elements of a document: what an office is likely to be returned it for, found before it is sent. Pure.

It predicts, it never refuses: a finding says which rule, how likely, why, and where the rule stands, if it stands somewhere. That a page
with the seal is missing cannot be known from a file, so no rule says so. Clauses are those of GB/T 9704-2012.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from exchange.elements.said import Said
from schemas.words import COUNTY, NUMBER, STATUTORY, Kind, Label, Urgency, Word

REGULATION: Final = "党政机关公文处理工作条例"


class Severity(Word):
    """How likely it is that the recipient returns it."""

    LIKELY = "likely", "可能被退回", "will likely be returned"
    LOOK = "look", "请再看一眼", "look again"


class Direction(Word):
    """Which way a document goes 行文方向: by who sends it and to whom it is addressed in the first place."""

    UPWARD = "upward", "上行文", "upward"
    DOWNWARD = "downward", "下行文", "downward"
    LEVEL = "level", "平行文", "level"


class Elements(NamedTuple):
    """What is declared of a document, as typed: nothing here need be in its form. `annexes` are the names of the files beside it.

    `said` is what its text says, None where it was not read; `today` is the day in China.
    """

    kind: Kind | None
    number: str
    title: str
    date_issued: str
    sender: str
    to: tuple[str, ...]
    today: date
    signatory: str = ""
    urgency: Urgency = Urgency.NORMAL
    annexes: tuple[str, ...] = ()
    said: Said | None = None

    @property
    def direction(self) -> Direction:
        """Which way it goes."""
        if self.sender == COUNTY:
            return Direction.DOWNWARD
        return Direction.UPWARD if COUNTY in self.to else Direction.LEVEL


class Finding(NamedTuple):
    """What a rule found. `codes` are the reasons for returning that it corresponds to (`exchange.correction.builtin`)."""

    rule: str
    severity: Severity
    text: Label
    clause: str = ""
    codes: tuple[str, ...] = ()


Found = Iterator[Finding]
_UP: Final = frozenset({Kind.REQUEST, Kind.REPORT})
_DOWN: Final = frozenset({
    Kind.RESOLUTION, Kind.DECISION, Kind.ORDER, Kind.COMMUNIQUE, Kind.ANNOUNCEMENT, Kind.PUBLIC_NOTICE, Kind.CIRCULAR, Kind.REPLY,
})  # fmt: skip
_SIGNED: Final = frozenset({Kind.REQUEST, Kind.REPORT, Kind.OPINION})
_ENDINGS: Final = {kind: (kind.zh,) for kind in STATUTORY} | {Kind.ORDER: ("命令", "令")}
_LOOSE: Final = re.compile(
    r"(?P<code>[^\s\d〔〕\[\]【】()（）<>]{1,24})\s*(?P<open>[〔\[【(（［<〈]?)\s*(?P<year>(?:19|20)\d\d)\s*(?P<close>[〕\]】)）］>〉年]?)"
    r"\s*(?P<word>第?)\s*(?P<zeros>0*)(?P<serial>\d{1,5})\s*(?P<end>号?)"
)
_BRACKETS: Final = re.compile(r"[（(][^（）()]{1,20}[)）]$")
_NEW_YEAR: Final = 3
"""Until the end of this month a number of the year before is usual 跨年文号."""


def check(elements: Elements) -> tuple[Finding, ...]:
    """Return what the rules find, what is likely to be returned first."""
    found = [finding for rule in RULES for finding in rule(elements)]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.LIKELY))


def _likely(rule: str, zh: str, en: str, clause: str = "", *codes: str) -> Finding:
    return Finding(rule, Severity.LIKELY, Label(zh, en), clause, codes)


def _look(rule: str, zh: str, en: str, clause: str = "", *codes: str) -> Finding:
    return Finding(rule, Severity.LOOK, Label(zh, en), clause, codes)


def _number(e: Elements) -> Found:
    if not e.number.strip():
        if e.kind in STATUTORY:
            yield _likely(
                "number-missing", f"{e.kind.zh}没有发文字号。", f"A {e.kind.en} needs its document number.", "7.2.5", "number-form"
            )
        return
    number = e.number.strip()
    if NUMBER.fullmatch(number):
        return
    found = _LOOSE.fullmatch(number)
    if found is None:
        yield _likely(
            "number-form",
            "发文字号应为“机关代字〔年份〕序号号”。",
            "The number is written: code, 〔year〕, serial, 号.",
            "7.2.5",
            "number-form",
        )
        return
    if (found["open"], found["close"]) != ("〔", "〕"):
        yield _likely("number-brackets", "发文字号的年份用六角括号〔〕。", "The year of the number stands in 〔〕.", "7.2.5", "number-form")
    if found["word"]:
        yield _likely("number-word", "发文字号的序号前不加“第”。", "No 第 stands before the serial of the number.", "7.2.5", "number-form")
    if found["zeros"]:
        yield _likely("number-zeros", "发文字号的序号不编虚位（1 不编为 01）。", "The serial has no leading zeros.", "7.2.5", "number-form")
    if not found["end"]:
        yield _likely("number-end", "发文字号以“号”字结尾。", "The number ends with 号.", "7.2.5", "number-form")


def _year(e: Elements) -> Found:
    issued, found = _day(e.date_issued), _LOOSE.fullmatch(e.number.strip())
    if found is None:
        return
    year = int(found["year"])
    if issued is not None and year != issued.year:
        told = (
            "发文字号的年份与成文日期的年份不一致。",
            "The year of the number is not that of the date of issue.",
            "7.2.5",
            "number-form",
        )
        usual = year == issued.year - 1 and issued.month <= _NEW_YEAR
        yield _look("number-year", *told) if usual else _likely("number-year", *told)
    elif year == e.today.year - 1 and e.today.month <= _NEW_YEAR:
        yield _look(
            "number-last-year", "文号是上一年度的，3月31日前可照常报送，请核对年份。",
            "This is a number of last year: it is taken until 31 March; check the year.",
        )  # fmt: skip
    elif year == e.today.year - 1:
        yield _look(
            "number-last-year", "文号是上一年度的，3月31日已过，可能被退回，请核对年份。",
            "This is a number of last year, and 31 March is over: it may be returned; check the year.", "", "number-form",
        )  # fmt: skip


def _date(e: Elements) -> Found:
    issued = _day(e.date_issued)
    if issued is None:
        yield _likely(
            "date-missing", "没有成文日期，或不是一个日期。", "The date of issue is missing, or is no date.", "7.3.5", "date-wrong"
        )
        return
    if issued > e.today:
        yield _likely("date-future", "成文日期在今天之后。", "The date of issue lies in the future.", "7.3.5", "date-wrong")
    if (e.today - issued).days > 366:  # noqa: PLR2004 - a year and a day
        yield _look("date-old", "成文日期在一年以前。", "The date of issue is more than a year ago.", "7.3.5", "date-wrong")
    if e.said is not None and e.said.han_date:
        yield _look("date-figures", "成文日期用阿拉伯数字标注。", "The date of issue is written in Arabic figures.", "7.3.5", "date-wrong")


def _signatory(e: Elements) -> Found:
    if e.kind in _SIGNED and e.direction is Direction.UPWARD and not e.signatory.strip():
        yield _likely(
            "signatory-missing", "上行文须标注签发人。", "An upward document names who signed it off.", "7.2.6", "signatory-missing"
        )


def _recipients(e: Elements) -> Found:
    if e.kind is Kind.REQUEST and len(e.to) > 1:
        yield _likely(
            "request-recipients", "请示一般只主送一个机关，其他用抄送。",
            "A request goes to one principal recipient; others get copies.", REGULATION, "recipient-wrong",
        )  # fmt: skip
    if e.direction is Direction.UPWARD and e.kind in _SIGNED and len(e.to) > 1 and e.kind is not Kind.REQUEST:
        yield _look(
            "upward-recipients", "上行文主送了几个机关，请确认。",
            "An upward document has several principal recipients: is that meant?", "7.3.2", "recipient-wrong",
        )  # fmt: skip


def _way(e: Elements) -> Found:
    kind, way = e.kind, e.direction
    if kind in _UP and way is not Direction.UPWARD:
        other = "批复、通知或函" if way is Direction.DOWNWARD else "函"
        yield _likely(
            "kind-upward", f"{kind.zh}只用于上行文，此处宜用{other}。",
            f"A {kind.en} only goes upward; use another kind here.", REGULATION, "kind-wrong",
        )  # fmt: skip
    if kind in _DOWN and way is Direction.UPWARD:
        yield _likely(
            "kind-downward", f"{kind.zh}用于下行文或公布，向上级行文用请示、报告、意见或函。",
            f"A {kind.en} goes downward or is published; upward go requests, reports, opinions or letters.", REGULATION, "kind-wrong",
        )  # fmt: skip
    if kind is Kind.REPLY and way is Direction.LEVEL:
        yield _likely(
            "kind-reply", "批复只答复下级的请示，对平级单位用函。",
            "A reply answers a request from below; to an office of the same level goes a letter.", REGULATION, "kind-wrong",
        )  # fmt: skip
    if kind is Kind.NOTICE and way is Direction.UPWARD:
        yield _look(
            "notice-upward", "通知一般不主送上级机关，可抄送或改用报告。",
            "A notice is seldom addressed upward: send a copy, or a report.", REGULATION, "kind-wrong",
        )  # fmt: skip


def _title(e: Elements) -> Found:
    title = e.title.strip()
    if not title:
        yield _likely("title-missing", "没有标题。", "The title is missing.", "7.3.1", "content-wrong")
        return
    if title[-1] in "。，；.,;":
        yield _look("title-mark", "标题末尾不用标点。", "No mark of punctuation stands at the end of a title.", "7.3.1")
    if e.kind not in STATUTORY:
        return
    plain = _BRACKETS.sub("", title.rstrip("。，；.,; "))
    if plain.endswith(_ENDINGS[e.kind]):
        return
    other = next((kind for kind in STATUTORY if kind is not e.kind and plain.endswith(_ENDINGS[kind])), None)
    if other is not None and not (e.kind is Kind.LETTER and plain.endswith("复函")):
        yield _likely(
            "title-other-kind", f"标题写的是“{other.zh}”，文种选的是“{e.kind.zh}”。",
            f"The title says {other.en}, the kind chosen is {e.kind.en}.", "7.3.1", "kind-wrong",
        )  # fmt: skip
    elif other is None:
        yield _look(
            "title-kind", f"标题里没有文种“{e.kind.zh}”。", f"The title does not name its kind, {e.kind.en}.", "7.3.1", "kind-wrong"
        )


def _attachments(e: Elements) -> Found:
    if e.said is None:
        return
    listed, files = e.said.annexes, e.annexes
    there = len(files) + e.said.inside
    if len(listed) > there:
        yield _likely(
            "attachments-missing", f"正文列有 {len(listed)} 个附件，实际附上 {there} 个。",
            f"The text lists {len(listed)} attachments; {there} are here.", "7.3.4", "attachment-missing", "attachments-differ",
        )  # fmt: skip
    elif listed and len(files) > len(listed):
        yield _look(
            "attachments-more", f"附件有 {len(files)} 个文件，正文只列 {len(listed)} 个。",
            f"There are {len(files)} attached files; the text lists {len(listed)}.", "7.3.4", "attachments-differ",
        )  # fmt: skip
    elif files and not listed and e.kind in STATUTORY and e.said.whole:
        yield _look(
            "attachments-unlisted", "有附件，正文中没有附件说明。",
            "There are attachments; the text does not list them.", "7.3.4", "attachments-differ",
        )  # fmt: skip
    if len(listed) == len(files) > 1:
        strange = [title for title in listed if not any(_alike(title, name) for name in files)]
        if strange:
            yield _look(
                "attachments-names", f"附件名称与附件说明不一致的有 {len(strange)} 个。",
                f"Files whose names are not those on the list: {len(strange)}.", "7.3.4", "attachments-differ",
            )  # fmt: skip


def _said(e: Elements) -> Found:
    said = e.said
    if said is None:
        return
    pairs = (
        ("number-differs", said.number, e.number, "发文字号", "number", "7.2.5", "number-form"),
        ("title-differs", said.title, e.title, "标题", "title", "7.3.1", "content-wrong"),
        ("date-differs", said.date_issued, e.date_issued, "成文日期", "date of issue", "7.3.5", "date-wrong"),
        ("signatory-differs", said.signatory, e.signatory, "签发人", "signatory", "7.2.6", "signatory-missing"),
    )
    for rule, read, typed, zh, en, clause, code in pairs:
        if read and typed.strip() and _plain(read) != _plain(typed):
            yield _look(rule, f"填写的{zh}与文件上的不一致。", f"The {en} is not the one on the document.", clause, code)
    if said.urgency and e.urgency is Urgency.NORMAL:
        yield _look(
            "urgency-differs", f"文件上标有“{said.urgency}”，紧急程度填的是平件。",
            "The document is marked urgent; here it is not.", "7.2.3",
        )  # fmt: skip
    if e.kind is Kind.REPORT and said.asks:
        yield _likely(
            "report-asks", "报告中不得夹带请示事项。", "A report must not ask for a decision: send a request.", REGULATION, "kind-wrong"
        )
    if e.kind is Kind.REQUEST and e.direction is Direction.UPWARD and said.whole and not said.contact:
        yield _look(
            "request-contact", "请示一般在附注处注明联系人和电话。",
            "A request usually names somebody to call, in its annotation.", "7.3.6",
        )  # fmt: skip


RULES: Final[Sequence[Callable[[Elements], Found]]] = (
    _number,
    _year,
    _date,
    _signatory,
    _recipients,
    _way,
    _title,
    _attachments,
    _said,
)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _plain(text: str) -> str:
    return re.sub(r"[\s“”\"'‘’《》]", "", text)


def _alike(title: str, name: str) -> bool:
    """Say whether a file's name may be that of a title: one within the other, but for numbers and marks."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    a, b = (re.sub(r"^附件?|[\d\W_]", "", text) for text in (title, stem))
    return bool(a and b) and (a in b or b in a)
