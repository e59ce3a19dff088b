"""Secrecy marks: how they are written, and how they are told from words in a sentence.

A state-secret mark is level ★ term (秘密★1年, 机密★会议开始前, 绝密★), or the bare level; official documents carry it at the upper
left of page 1, older ones at the upper right. People write it with gaps, other stars, traditional or full-width characters,
split over lines; a text layer may hold it as GBK read as Latin-1. The same words in a running sentence are no mark.
"""

import re
import unicodedata
from typing import Final

from archive.reading.legible import repaired

_STARS: Final = "★☆✩✪✫✬✭✮✯✰⭐🌟🟊⍟*⋆✱∗✶✴✦✧✹✡✳✲"
_FOLDED: Final = str.maketrans(
    "機絕祕內資號長級級屬業務現開啟後間會議結産產國敏電個時", "机绝秘内资号长级级属业务现开启后间会议结产产国敏电个时"
)
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e01ef]",
)
_GAP: Final = r"[\s.\-_·•・∙,，、|/\\~=+:']{0,6}"
_SPACED: Final = [
    (re.compile(_GAP.join(word)), word)
    for word in ("绝密", "机密", "秘密", "工作秘密", "商业秘密", "内部资料", "内部文件", "内部使用", "密级", "解密")
]

# 工作秘密 and 商业秘密 are no state secrets: they are judged as internal markings
LEVEL: Final = r"(?:绝密|机密|(?<!工作)(?<!商业)秘密)"
_STAR: Final = "[" + re.escape(_STARS) + "]"
_TERM: Final = (
    r"(?:\d{1,3}\s*(?:年|个?月|日|天)|[一二三四五六七八九十]{1,3}\s*(?:年|个?月)|长\s*期|\d{4}\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?"
    r"|[^\s“”\"》）)。，,；;]{0,12}(?:前|后|公开|启动|启用|结束|解密))"
)
_SUFFIX: Final = r"\s*(?:级|件|文件|资料)?\s*"
_OPEN: Final = r"[\[【(〔（<《「]?\s*"
_CLOSE: Final = r"\s*[\]】)〕）>》」]?"

STARRED: Final = re.compile(rf"{LEVEL}{_SUFFIX}[\s.\-·\[\]【】()]{{0,6}}{_STAR}[\s.\-·]{{0,6}}{_TERM}?")
BARE: Final = re.compile(rf"{_OPEN}{LEVEL}{_SUFFIX}{_CLOSE}\s*{_TERM}?{_CLOSE}")
FIELD: Final = re.compile(
    rf"(?:密\s*级|秘密等级|保密等级|涉密等级|保密级别|定密)(?:\s*[和及与、]\s*保密期限)?\s*[::]\s*[\[【(（<]?\s*{LEVEL}"
    rf"|^\s*密\s*级(?:\s*[和及与、]\s*保密期限)?\s+{LEVEL}{_SUFFIX}(?:{_STAR}?\s*{_TERM})?\s*$",
)
TICKED: Final = re.compile(rf"[☑☒✓✔√■●◉]\s*{LEVEL}(?=$|[\s□○☐/、,★*])")
ENGLISH: Final = re.compile(
    r"\bTOP\s*SECRET\b|\b(?:SECRET|CONFIDENTIAL)\s*//|^\s*[\[(]?\s*(?:TOP\s*SECRET|SECRET|CONFIDENTIAL)\s*[\])]?\s*$", re.IGNORECASE
)
DECLASSIFIED: Final = re.compile(r"^[\[【(（]?\s*(?:已\s*)?解密")
BRACKETED: Final = re.compile(rf"^\s*[\[【(（]\s*{LEVEL}{_SUFFIX}[\]】)）]|[\[【(（]\s*{LEVEL}{_SUFFIX}[\]】)）]\s*(?:\.\w{{1,5}})?\s*$")
TOKEN: Final = re.compile(rf"(?:^|[\s_\-—–.·+\[\]【】()（）]){LEVEL}(?:级|件)?(?:$|[\s_\-—–.·+\[\]【】()（）])")

_QUOTES: Final = re.compile(r"[“”\"'‘’「」『』《》]")
_LEADS: Final = "为是属标注定按如有含和或与及以对将把被成至到于等的"
_TRAILS: Final = "的等,，。;；、和或及"
_REST: Final = 10


def canonical(text: str) -> str:
    """Return the text as the rules see it.

    NFKC (full width, radicals, compatibility forms), GBK repaired, invisible characters removed, needed traditional characters
    folded, up to six gap characters inside a mark's words closed.
    """
    text = unicodedata.normalize("NFKC", repaired(text))
    text = _INVISIBLE.sub("", text).translate(_FOLDED)
    for spaced, word in _SPACED:
        text = spaced.sub(word, text)
    return text.strip()


def stands_alone(text: str, found: re.Match[str]) -> bool:
    """Say whether a level with its star is a mark by itself and not a word of a sentence.

    Beside it stand at most ten characters (copy number, urgency), no quotation mark next to it, and no word that leads into or
    out of it.
    """
    around = text[max(0, found.start() - 3) : found.start()] + text[found.end() : found.end() + 3]
    before, after = text[: found.start()].rstrip(), text[found.end() :].lstrip()
    if _QUOTES.search(around) or before[-1:] in tuple(_LEADS) or after[:1] in tuple(_TRAILS):
        return False
    return len(re.sub(r"\s", "", before + after)) <= _REST


def starred(text: str) -> bool:
    """Say whether the text, with no gaps left in it, holds a level and its star."""
    return STARRED.search(text) is not None


def excerpt(text: str) -> str:
    """Return at most 40 characters for the sender's eyes."""
    return " ".join(text.split())[:40]
