"""The words of a shape on a slide, broken into lines and set in their places."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from lxml import etree

from archive.reading.ooxml_names import short, whole
from archive.reading.preview.budget import Budget
from archive.reading.preview.measure import Sign, lines, width
from archive.reading.preview.ofd_colours import family
from archive.reading.preview.shapes import Family
from archive.reading.preview.slide_theme import Theme

_POINT: Final = 25.4 / 72
_EMU: Final = 36_000.0
_INSETS: Final = (("lIns", 91_440), ("tIns", 45_720), ("rIns", 91_440), ("bIns", 45_720))
_WHOLE: Final = 100_000
_ASCENT: Final = 0.88
_SPACING: Final = 1.2
_INDENT: Final = 1.4
_LEVELS: Final = 9


class Text(NamedTuple):
    """A body of text, those behind it from which it takes its look, and what it is: title, body or other."""

    body: etree._Element
    behind: Sequence[etree._Element]
    kind: str


class Look(NamedTuple):
    """How letters look."""

    size: float
    colour: str
    family: Family
    bold: bool
    italic: bool
    underlined: bool


class Set(NamedTuple):
    """Letters in their place within a shape, in the order of `shapes.Letters`."""

    text: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    size: float
    colour: str
    family: Family
    bold: bool
    italic: bool
    underlined: bool


class _Line(NamedTuple):
    signs: list[Sign]
    size: float
    align: str
    left: float
    label: str
    label_look: Look


class Lettering:
    """Sets text."""

    def __init__(self, theme: Theme, budget: Budget) -> None:
        """Set text in the letters of a theme."""
        self._theme, self._budget = theme, budget

    def lines(self, text: Text, width_: float, height: float) -> Iterator[Set]:
        """Give the runs of each line, in millimetres from the upper left corner of the shape."""
        said = [one for body in (text.body, *text.behind) for one in body if short(one) == "a:bodyPr"]
        left, top, right, bottom = (self._inset(said, name, usual) for name, usual in _INSETS)
        shrunk = _shrunk(said)
        made = [
            line for one in text.body if short(one) == "a:p" for line in self._paragraph(one, text, max(5.0, width_ - left - right), shrunk)
        ]
        tall = sum(line.size * _SPACING for line in made)
        anchor = next((one.get("anchor", "") for one in said if one.get("anchor")), "ctr" if text.kind == "title" else "t")
        spare = height - top - bottom - tall
        y = top + (max(0.0, spare) / 2 if anchor == "ctr" else max(0.0, spare) if anchor == "b" else 0.0)
        for line in made:
            yield from _set(line, left, y + line.size * (_ASCENT + (_SPACING - 1) / 2), width_ - left - right)
            y += line.size * _SPACING

    def _paragraph(self, element: etree._Element, text: Text, room: float, shrunk: float) -> Iterator[_Line]:
        properties = next((one for one in element if short(one) == "a:pPr"), None)
        depth = 0 if properties is None else max(0, min(_LEVELS - 1, whole(properties.get("lvl", ""), 0)))
        levels = [] if properties is None else [properties]
        for body in (text.body, *text.behind):
            for styles in body:
                if short(styles) == "a:lstStyle":
                    levels += [one for one in styles if short(one) == f"a:lvl{depth + 1}pPr"]
        master = self._theme.level(text.kind, depth)
        levels += [] if master is None else [master]
        usual = [one for level in levels for one in level if short(one) == "a:defRPr"]
        base = self._look([], usual, text.kind, shrunk)
        signs: list[Sign] = []
        for run in element:
            name = short(run)
            if name == "a:br":
                signs.append(Sign("\n", base.size, base))
            elif name in {"a:r", "a:fld"}:
                look = self._look([one for one in run if short(one) == "a:rPr"], usual, text.kind, shrunk)
                words = self._budget.words("".join(one.text or "" for one in run if short(one) == "a:t"))
                signs += [Sign(sign, look.size, look) for sign in words.replace("\t", "    ")]
        align = {"ctr": "center", "r": "right"}.get(next((one.get("algn", "") for one in levels if one.get("algn")), ""), "left")
        label = _bullet(levels) if signs and text.kind == "body" else _bullet(levels[: 0 if properties is None else 1]) if signs else ""
        left = depth * _INDENT * base.size + (base.size * _INDENT if label else 0.0)
        for number, row in enumerate(lines(signs, max(base.size, room - left))):
            size = max((sign.size for sign in row), default=base.size)
            yield _Line(row, size, align, left, label if not number else "", base)

    def _look(self, own: list[etree._Element], usual: list[etree._Element], kind: str, shrunk: float) -> Look:
        said = [*own, *usual]
        points = next((whole(one.get("sz", "")) / 100 for one in said if one.get("sz")), self._theme.size(kind))
        colour = next((found for one in said if (found := self._theme.filled(one))), self._theme.text)
        names = [each.get("typeface", "") for tag in ("a:ea", "a:latin") for one in said for each in one if short(each) == tag]
        name = next((one for one in names if one and not one.startswith("+")), "黑体")
        switched = {key: next((one.get(key) in {"1", "true"} for one in said if one.get(key)), False) for key in ("b", "i")}
        underlined = any(one.get("u", "none") != "none" for one in own)
        return Look(max(1.0, min(400.0, points)) * _POINT * shrunk, colour, family(name), switched["b"], switched["i"], underlined)

    @staticmethod
    def _inset(said: list[etree._Element], name: str, usual: int) -> float:
        return next((whole(one.get(name, ""), usual) for one in said if one.get(name)), usual) / _EMU


def _shrunk(said: list[etree._Element]) -> float:
    for body in said[:1]:
        for one in body:
            if short(one) == "a:normAutofit":
                return max(0.25, min(1.0, whole(one.get("fontScale", ""), _WHOLE) / _WHOLE))
    return 1.0


def _bullet(levels: Sequence[etree._Element]) -> str:
    for level in levels:
        for one in level:
            if short(one) == "a:buNone":
                return ""
            if short(one) == "a:buChar":
                sign = one.get("char", "")[:1]
                return "•" if "\uf000" <= sign <= "\uf0ff" else sign
            if short(one) == "a:buAutoNum":
                return "·"
    return ""


def _set(line: _Line, left: float, y: float, room: float) -> Iterator[Set]:
    used = sum(width(sign.text) * sign.size for sign in line.signs)
    spare = max(0.0, room - line.left - used)
    x = left + line.left + (spare / 2 if line.align == "center" else spare if line.align == "right" else 0.0)
    if line.label:
        yield _run(line.label, x - line.label_look.size * _INDENT, y, line.label_look)
    run: list[Sign] = []
    for sign in line.signs:
        if run and sign.look != run[0].look:
            yield _run("".join(one.text for one in run), x, y, run[0].look)
            x += sum(width(one.text) * one.size for one in run)
            run = []
        run.append(sign)
    if run:
        yield _run("".join(one.text for one in run), x, y, run[0].look)


def _run(text: str, x: float, y: float, look: Any) -> Set:
    return Set(text, (round(x, 2),), (round(y, 2),), round(look.size, 3), look.colour, look.family, look.bold, look.italic, look.underlined)
