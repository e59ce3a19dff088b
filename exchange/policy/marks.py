"""Secrecy marks: how they are written, and how they are told from words in a sentence.

A state-secret mark is level ★ term (秘密★1年, 机密★会议开始前, 绝密★), or the bare level; official documents carry it at the upper
left of page 1, older ones at the upper right. Beside it may stand copy number, urgency and the labels of a form; the same words
in a running sentence are no mark. All patterns look at canonical text, where a space is one space; each of them is linear, for
no repetition is without a bound where another could take the same characters.
"""

import re
from typing import Final

from exchange.policy.spelling import STARS

# 工作秘密 and 商业秘密 are no state secrets: they are judged as internal markings
LEVEL: Final = r"(?:绝密|机密|(?<!工作)(?<!商业)秘密)"
_STAR: Final = "[" + re.escape(STARS) + "]"
_TRUE_STAR: Final = "[" + re.escape(STARS.replace("*", "").replace("∗", "")) + "]"
_SPAN: Final = r"(?:\d{1,3} ?(?:年|个?月|日|天)|[一二三四五六七八九十]{1,3} ?(?:年|个?月)|长 ?期|\d{4} ?年 ?\d{1,2} ?月(?: ?\d{1,2} ?日)?)"
_UNTIL: Final = r"(?:至 ?)?\d{4} ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?日)?)?|(?:至 ?)?\d{4}[./-]\d{1,2}(?:[./-]\d{1,2})?|[半两]年|永久"
_TERM: Final = rf"(?:{_SPAN}|{_UNTIL}|[^ “”\"》）)。，,；;]{{0,12}}(?:前|后|公开|启动|启用|结束|解密))"
_SUFFIX: Final = r" ?(?:级|件|文件|资料)? ?"
_BETWEEN: Final = r"[^\w。，、；;,“”\"]{0,8}"
_OPEN: Final = r"\[【(〔〖{<"
_CLOSE: Final = r"\]】)〕〗}>"
_LABEL: Final = (
    r"(?:密级|秘密等级|保密等级|涉密等级|保密级别|涉密级别|定密级别|涉密程度|秘密程度|密别|定密)(?: ?[和及与、/] ?(?:保密)?期限)?"
)
_URGENCY: Final = r"(?:特急|加急|急件|平急|特提|平件|紧急)"

LEVELS: Final = re.compile(LEVEL)
STARRED: Final = re.compile(rf"{LEVEL}{_BETWEEN}(?:级|件|文件|资料)?{_BETWEEN}{_STAR}[ .\-·]{{0,6}}{_TERM}?")
BARE: Final = re.compile(rf"[{_OPEN}《「]? ?{LEVEL}{_SUFFIX}[{_CLOSE}》」]? ?{_TERM}?[{_CLOSE}》」]?")
FIELD: Final = re.compile(
    rf"{_LABEL} ?[:=]{_BETWEEN}(?:{_URGENCY}{_BETWEEN})?{LEVEL}"
    rf"|{_LABEL} ?[—–\-|{_OPEN}]{_BETWEEN}(?:{_URGENCY}{_BETWEEN})?{LEVEL}(?!级?及?以[上下])"
    rf"(?![\W_]{{0,2}}[或和及至到]?[\W_]{{0,2}}{LEVEL})"
    rf"|^{_LABEL}(?:为|是|系){_BETWEEN}{LEVEL}级?$"
    rf"|^(?:本件|此件|本文|本文件|此文件|该件|本材料|本通知|本报告)(?:的?密级)?(?:为|是|属于|属|系|定为|列为){_BETWEEN}(?:国家)?{LEVEL}",
)
_KEEP: Final = r"(?:请?(?:注意|妥善)(?:保存|保管|保密)|(?:请勿|不得|严禁|禁止|不准)(?:外传|翻印|复印|复制|转发|传播|扩散))"
_REACH: Final = r"(?:阅后(?:即焚|收回|退回|销毁|归还)|内部掌握|共? ?\d{1,3} ?份(?: ?第 ?\d{1,4} ?份)?|[只仅]?[发限]至?.{2,6}[级处局县])"
TAILED: Final = re.compile(rf"[{_OPEN}]? ?{LEVEL} ?(?:级|件|文件|资料|材料)?[\W_]{{1,4}}(?:{_KEEP}|{_REACH})[\W_]{{0,3}}")
"""A level and what used to be written beside it: how to keep it, how many there are, whom it may reach."""

TICKED: Final = re.compile(rf"[☑☒✓✔√■●◉] ?{LEVEL}(?=$|[ □○☐/、,★*])|[○◯] ?{LEVEL}级?(?=$|[ □○☐/、,★*])")
ENGLISH: Final = re.compile(
    r"\bTOP[ -]?SECRET\b|\b(?:SECRET|CONFIDENTIAL) ?//"
    r"|^[\[(]? ?(?:(?:STRICTLY|HIGHLY|MOST|STATE) )?(?:SECRET|CONFIDENTIAL|CLASSIFIED|RESTRICTED) ?[\])]? ?(?:[\-–—:|/*].*)?$",
    re.IGNORECASE,
)
DECLASSIFIED: Final = re.compile(r"^[\[【(]? ?(?:已 ?)?解密")
TOKEN: Final = re.compile(rf"(?:^|[\W_]){LEVEL}[级件]?(?:$|[\W_])")
APART: Final = re.compile(rf"(?:^|[ _]){LEVEL}[级件]?(?:$|[ _])")
LEADING: Final = re.compile(rf"^[\W_]{{0,4}}{LEVEL}[级件]? ?(?:[:!,。;|—]|关于)")
HEADING: Final = re.compile(rf"^[\W_]{{0,4}}{LEVEL}[级件]? ?关于")
BEHEADED: Final = re.compile(rf"[^{re.escape(STARS)}]{{0,8}}{_TRUE_STAR} ?{_SPAN}")
"""A star and a term whose level cannot be read: 密★长期, 机蜜★1年."""

TELLING: Final = re.compile("[密" + re.escape(STARS) + "]|(?i:secret|confidential|classified|restricted)")
"""A line without any of these bears no mark."""

PIECE: Final = re.compile(rf"[绝机秘密]{{0,2}}[级件]?(?:{_STAR}.{{0,8}})?")
"""What may stand on one of the lines over which a mark is split."""

_BRACKETED: Final = re.compile(rf"^[{_OPEN}]([^{_OPEN}{_CLOSE}]{{2,24}})[{_CLOSE}]|[{_OPEN}]([^{_OPEN}{_CLOSE}]{{2,24}})[{_CLOSE}] ?$")
_ELEMENT: Final = re.compile(
    rf"国家(?=秘密)|{LEVEL}(?:级|件|文件|资料|材料)*|{_URGENCY}|第\d{{1,8}}[号份]?|{_SPAN}|{_UNTIL}|\d{{3,12}}[号份]?|份号|编号|[Nn][Oo]"
    r"|密级|秘密等级|保密等级|涉密等级|保密级别|涉密级别|密别|定密|保密期限|[和及与]",
)
_SIGNS: Final = re.compile(rf"(?:(?!《{LEVEL}\d{{2,4}}》)[\W_])+")
_UNTICKED: Final = re.compile(rf"[□☐○◯] ?{LEVEL}")
_QUOTES: Final = re.compile(r"[“”\"'‘’「」『』《》]")
_LEADS: Final = tuple("为是属标注定按如有含和或与及以对将把被成至到于等的")
_TRAILS: Final = tuple("的等,，。;；、和或及")
_EXPLAINED: Final = (*_TRAILS, "是", "为", "指", "系", "应", "须", "表", "文", "件")
_STOPS: Final = re.compile(r"[。,;、!?]")
_REST: Final = 10
_SCATTERED: Final = 30
_STARS: Final = re.compile(_STAR)
_ALL: Final = 3
_MANY: Final = 2
_RINGED: Final = re.compile(rf"[○◯] ?({LEVEL})")
"""Before several levels a ring is a button to press, before one it is the ring around the choice."""

_BOX_BEHIND: Final = re.compile(r"[□☐○◯☑☒✓✔√■●][\W_]{0,3}$")
_TICKED_BEHIND: Final = re.compile(rf"{LEVEL}级? ?[☑☒✓✔√■●]")
_BOX: Final = re.compile("[□☐○◯]")
_CHOICE: Final = re.compile(rf"(?P<box>[□☐○◯口囗]?) ?(?P<choice>{LEVEL}|工作秘密|商业秘密|非密|非涉密|不涉密|公开|内部|普通|无(?![a-z]))")


def one_level(text: str) -> bool:
    """Say whether the text names one level, not a choice of several or a box that is not ticked."""
    levels = set(LEVELS.findall(text.replace("国家秘密", ""))) or set(LEVELS.findall(text))
    return len(levels) == 1 and not _UNTICKED.search(text)


def bare(text: str) -> bool:
    """Say whether the text is a level and nothing beside it but signs, urgency, copy number, term and labels.

    A list of several levels is none, and neither is a work that is called by a level and a number (《绝密543》).
    """
    if BARE.fullmatch(text) or TAILED.fullmatch(text):
        return True
    if not one_level(text):
        return False
    return not _ELEMENT.sub("", _SIGNS.sub("", text))


def scattered(text: str) -> bool:
    """Say whether a short line is a level, a term and a star that stands elsewhere than between them (绝密 至★ 2030 年)."""
    if len(text) > _SCATTERED or len(_STARS.findall(text)) != 1:
        return False
    return bare(_STARS.sub("", text).replace(" ", ""))


def fielded(text: str) -> bool:
    """Say whether a secrecy field is filled in with a level; a field that offers the levels with boxes to tick is not."""
    found = FIELD.search(text)
    if found is None:
        return False
    return not _UNTICKED.search(found.group()) and len(set(LEVELS.findall(text))) < _ALL


def ticked(text: str) -> bool:
    """Say whether a level is ticked, or is the one choice of several that has lost its box: recognition reads few ticks."""
    if len(set(_RINGED.findall(text))) < _MANY and TICKED.search(text):
        return True
    if not _BOX.search(text):
        return False
    choices = [(found["box"], found["choice"]) for found in _CHOICE.finditer(text)]
    if choices and not choices[0][0] and _BOX_BEHIND.search(text):  # the boxes stand behind their words
        return _TICKED_BEHIND.search(text) is not None
    open_ = [choice for box, choice in choices if not box]
    return len(choices) - len(open_) > 1 and len(open_) == 1 and LEVELS.fullmatch(open_[0]) is not None


def bracketed(text: str) -> bool:
    """Say whether the text begins or ends with a bare level in brackets."""
    return any(bare(found.group(1) or found.group(2)) for found in _BRACKETED.finditer(text))


def flows(text: str) -> bool:
    """Say whether the text reads like a piece of a sentence, not like a heading."""
    return _STOPS.search(text) is not None


def stands_alone(text: str, found: re.Match[str], *, head: bool = False) -> bool:
    """Say whether a level with its star is a mark by itself and not a word of a sentence.

    Beside it stand at most ten characters (copy number, urgency), no quotation mark next to it, and no word that leads into or
    out of it. In the head of a document it may also begin a line that goes on.
    """
    around = text[max(0, found.start() - 3) : found.start()] + text[found.end() : found.end() + 3]
    before, after = text[: found.start()].rstrip(), text[found.end() :].lstrip()
    if _QUOTES.search(around) or before[-1:] in _LEADS or after[:1] in _TRAILS:
        return False
    if head and not _SIGNS.sub("", before) and not after.startswith(_EXPLAINED):
        return True
    return len(before) + len(after) <= _REST or len(re.sub(r"\s", "", before + after)) <= _REST


def excerpt(text: str) -> str:
    """Return at most 40 characters for the sender's eyes."""
    return " ".join(text[:400].split())[:40]
