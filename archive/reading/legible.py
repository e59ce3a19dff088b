"""Whether text is text: legibility, and the repair of GBK that was read as Latin-1.

A file may hold a text layer that is there and wrong: glyph numbers instead of characters, private-use code points, GBK read
byte by byte. Rules that look for words find nothing in it, so it must count as no text. Scripts for which the policy has no
rules (Tibetan, Uyghur, Mongolian…) count as illegible too: what cannot be judged is not let in.
"""

import re
from typing import Final

from archive.reading.reading import HAN

LEAST_SHARE: Final = 0.85
"""Share of legible characters below which a page counts as having no text."""

_COMMON: Final = (
    rf"\x20-\x7e{HAN}"
    r"\u00a0\u00a7\u00a8\u00b0-\u00b4\u00b6\u00b7\u00b9\u00d7\u00f7"  # § ¨ ° ± ² ³ ´ ¶ · ¹ × ÷
    r"\u0391-\u03a9\u03b1-\u03c9"  # Greek letters, for formulas
    r"\u2000-\u206f\u2070-\u209f\u20a0-\u20bf\u2100-\u27bf\u2b00-\u2bff"  # punctuation, signs, numbers, boxes, stars
    r"\u2e80-\u30ff\u3200-\u33ff\ufe30-\ufe4f\uff00-\uffef"  # radicals, CJK signs, kana, enclosed, full width
    r"\U0001f100-\U0001f2ff\U0001f300-\U0001faff"
)
_ILLEGIBLE: Final = re.compile(rf"[^\s{_COMMON}]")
_PRINTED: Final = re.compile(r"[^\s\u200b\ufeff]")
_HIGH: Final = "\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2018-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
_LATIN_PAIRS: Final = re.compile(rf"(?:[{_HIGH}]{{2}})+")
_LATIN_LETTER: Final = re.compile("[\u00a1-\u00ff]")
_HAS_HAN: Final = re.compile(f"[{HAN}★☆]")
_ASCII: Final = dict.fromkeys((*range(128), 0x20AC, 0x2022), None)
_LEAST_CHINESE: Final = 0.7
_WORST_LINE: Final = 0.5
_LEAST_ILLEGIBLE: Final = 2


def printed(text: str) -> int:
    """Count the characters that leave ink."""
    return len(_PRINTED.findall(text))


def illegible(text: str) -> int:
    """Count the characters that are no Han, ASCII, or common punctuation and signs."""
    return len(_ILLEGIBLE.findall(text))


def chinese(text: str) -> bool:
    """Say whether text that was read as GB18030 is Chinese, and not another encoding that happens to decode.

    Of its Han characters and other signs at least 70 % stand in GB 2312, as all usual ones do; Big5, Shift-JIS and EUC-KR
    bytes fall mostly outside.
    """
    wide = text.translate(_ASCII).strip()
    known = len(wide.encode("gb2312", "ignore")) // 2
    return known >= _LEAST_CHINESE * len(wide)


def legible(lines: list[str]) -> bool:
    """Say whether these lines of one page can be read.

    At least 85 % of all characters are legible, and no line is half illegible: a mark in a font of its own must not hide
    behind a page of good text. Single odd signs (bullets of a symbol font) are let through.
    """
    whole = "".join(lines)
    total = printed(whole)
    if total and not _ILLEGIBLE.search(whole):
        return True
    if not total or sum(illegible(line) for line in lines) > (1 - LEAST_SHARE) * total:
        return False
    return not any((bad := illegible(line)) >= _LEAST_ILLEGIBLE and bad >= _WORST_LINE * printed(line) for line in lines)


def repaired(text: str) -> str:
    """Return the text with GBK that was read as Latin-1 or Windows-1252 restored; other text is returned unchanged.

    Old print drivers name GBK fonts but declare WinAnsi: 机密★1年 then reads `»úÃÜ¡ï1Äê`. A text without Han is restored as a
    whole; in one that is half right only runs of such pairs are.
    """
    if not _LATIN_PAIRS.search(text):
        return text
    if not _HAS_HAN.search(text):
        restored = _restored(text)
        if restored != text:
            return restored
    return _LATIN_PAIRS.sub(lambda run: _restored(run.group()), text)


def _restored(text: str) -> str:
    if not _LATIN_LETTER.search(text):  # …… and “” are what they are: the bytes of usual Chinese are letters of Latin-1
        return text
    for encoding in ("latin-1", "cp1252"):
        try:
            restored = text.encode(encoding).decode("gb18030")
        except UnicodeError:
            continue
        if _HAS_HAN.search(restored) and illegible(restored) <= illegible(text):
            return restored
    return text
