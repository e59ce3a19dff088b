"""The numbers before the paragraphs of a list: counted as the document's numbering says."""

from typing import Final, NamedTuple

from lxml import etree

from archive.reading.ooxml_names import own, short, whole
from archive.reading.ooxml_parts import Parts

_FIGURES: Final = "零一二三四五六七八九"
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_ROMAN: Final = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_MOST: Final = 3999
_LEVELS: Final = 9
_BULLETS: Final = {"": "•", "l": "●", "n": "■", "u": "◆", "Ø": "➢", "ü": "✓", "o": "○"}


class _Level(NamedTuple):
    start: int
    kind: str
    text: str


class Lists:
    """The lists of a document, and how far each has counted."""

    def __init__(self, parts: Parts) -> None:
        """Read the numbering; a document may have none."""
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counted: dict[str, dict[int, int]] = {}
        for name in parts.targets(parts.main, "numbering"):
            root = parts.root(name)
            abstract = {own(one, "abstractNumId"): _levels(one) for one in root if short(one) == "w:abstractNum"}
            for number in root:
                if short(number) == "w:num":
                    made_after = next((own(child, "val") for child in number if short(child) == "w:abstractNumId"), "")
                    self._levels[own(number, "numId")] = abstract.get(made_after, {}) | _levels(number)

    def label(self, number: str, level: int) -> str:
        """Return what stands before the next paragraph of a list; empty for a list that is none."""
        levels = self._levels.get(number, {})
        if level not in levels:
            return ""
        counted = self._counted.setdefault(number, {})
        counted[level] = counted.get(level, levels[level].start - 1) + 1
        for deeper in [one for one in counted if one > level]:
            del counted[deeper]
        text = levels[level].text
        if levels[level].kind == "bullet":
            return _bullet(text)
        for at in range(_LEVELS):
            if f"%{at + 1}" in text:
                one = levels.get(at, levels[level])
                text = text.replace(f"%{at + 1}", written(counted.get(at, one.start), one.kind))
        return text[:40]


def _levels(definition: etree._Element) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for level in definition.iter():
        if short(level) == "w:lvl":
            said = {short(child): own(child, "val") for child in level}
            start = max(0, min(_MOST, whole(said.get("w:start", "1"), 1)))
            found[whole(own(level, "ilvl"))] = _Level(start, said.get("w:numFmt", "decimal"), said.get("w:lvlText", ""))
    return found


def _bullet(text: str) -> str:
    sign = text[:1]
    if "\uf000" <= sign <= "\uf0ff":  # a sign of a font of signs
        sign = chr(ord(sign) - 0xF000)
        return _BULLETS.get(sign, "•")
    return sign or "•"


def written(number: int, kind: str) -> str:
    """Write a number as a list does."""
    number = max(0, min(_MOST, number))
    if kind == "none":
        return ""
    match kind:
        case "lowerLetter" | "upperLetter" if number:
            letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
            return letter.upper() if kind == "upperLetter" else letter
        case "lowerRoman" | "upperRoman" if number:
            roman = _roman(number)
            return roman.upper() if kind == "upperRoman" else roman
        case "ideographTraditional" if 0 < number <= len(_STEMS):
            return _STEMS[number - 1]
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if 0 < number <= 20:  # noqa: PLR2004 - there are no more
            return chr(0x2460 + number - 1)
    return chinese(number) if kind.lower().startswith(("chinese", "japanesecounting", "ideographdigital", "taiwanese")) else str(number)


def chinese(number: int) -> str:
    """Write a number up to 3,999 in Chinese."""
    if not number:
        return _FIGURES[0]
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure = number // unit % 10
        if figure:
            text += ("零" if gap and text else "") + _FIGURES[figure] + name
        gap = not figure
    return text[1:] if text.startswith("一十") else text


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text
