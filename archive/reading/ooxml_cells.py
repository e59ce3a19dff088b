"""What the cells of a sheet show: strings, numbers and dates."""

import datetime as dt
import math
import re
from typing import Final, NamedTuple

from lxml import etree

from archive.reading import ooxml_number_format
from archive.reading.ooxml_names import short, whole
from archive.reading.ooxml_parts import Parts
from schemas.problems import Problem, ProblemType

_DATES: Final = frozenset({*range(14, 18), 22, *range(27, 32), 36, 50, 51, 52, 53, 54, 57, 58})
_TIMES: Final = frozenset({*range(18, 22), *range(32, 36), 45, 46, 47, 55, 56})
_CHINESE: Final = frozenset({27, 28, 31, 36, 50, 51, 52, 54, 57, 58})
_LITERAL: Final = re.compile(r'"[^"]{0,255}"|\[[^\]]{0,60}\]|\\.|_.')
_LAST_DAY: Final = 2_958_466
_FIRST_DAY: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no zone
_FIRST_DAY_1904: Final = dt.datetime(1904, 1, 1)  # noqa: DTZ001 - the same
_MOST_DIGITS: Final = 1e15
_LETTERS: Final = re.compile(r"([A-Za-z]{1,3})\d{1,7}")
_LAST_COLUMN: Final = 16_384


class String(NamedTuple):
    """A shared or inline string: its text, and the readings (furigana) that may stand above it."""

    text: str
    readings: str


class Content(NamedTuple):
    """What stands in a cell: values, strings of its own, formulas. One of each is usual, and of values and strings only one."""

    values: tuple[str, ...]
    strings: tuple[String, ...]
    formulas: tuple[str, ...]


def string(container: etree._Element) -> String:
    """Return a string, whatever wraps its pieces."""
    pieces: list[str] = []
    readings: list[str] = []
    stack = [(one, pieces) for one in reversed(container)]
    while stack:
        element, kept = stack.pop()
        name = short(element)
        if name == "x:t":
            kept.append(element.text or "")
        else:
            kept = readings if name == "x:rPh" else kept
            stack += [(one, kept) for one in reversed(element)]
    return String("".join(pieces), "".join(readings))


def content(cell: etree._Element) -> Content:
    """Return what stands in a cell, whatever wraps it."""
    values: list[str] = []
    strings: list[String] = []
    formulas: list[str] = []
    stack = list(reversed(cell))
    while stack:
        element = stack.pop()
        match short(element):
            case "x:v":
                values.append(element.text or "")
            case "x:is":
                strings.append(string(element))
            case "x:f":
                formulas.append(element.text or "")
            case _:
                stack += reversed(element)
    return Content(tuple(values), tuple(strings), tuple(formulas))


def column(reference: str, otherwise: int) -> int:
    """Return the index of the column that a cell's reference names, from 0."""
    found = _LETTERS.fullmatch(reference)
    if not found:
        return min(otherwise, _LAST_COLUMN)
    number = 0
    for letter in found.group(1).upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


class Formats:
    """How numbers are shown, as far as it matters for reading: as dates or as numbers."""

    def __init__(self, parts: Parts) -> None:
        """Read the styles of a workbook."""
        self._of_style: list[int] = []
        self._codes: dict[int, str] = {}
        self._first = _FIRST_DAY
        for element in parts.document:
            if short(element) == "x:workbookPr" and element.get("date1904", "0") in {"1", "true", "on"}:
                self._first = _FIRST_DAY_1904
        for name in parts.targets(parts.main, "styles"):
            for element in parts.root(name).iter():
                if short(element) == "x:numFmt":
                    self._codes[whole(element.get("numFmtId", ""))] = element.get("formatCode", "")
                elif short(element) == "x:cellXfs":
                    self._of_style = [whole(one.get("numFmtId", "")) for one in element]

    def shown(self, value: str, style: str) -> str:
        """Return a number as it is shown; a value that is none is returned as it is."""
        try:
            number = float(value)
        except ValueError:
            return self.worded(value, style)
        if not math.isfinite(number):
            return value
        format_ = self._format(style)
        code = self._codes.get(format_, "")
        said = _LITERAL.sub("", code).lower()
        day = format_ in _DATES or "y" in said or "d" in said or "年" in said
        dated = (day or format_ in _TIMES or "h" in said or "s" in said) and 0 <= number < _LAST_DAY
        if dated:
            figure = self._moment(number, chinese=format_ in _CHINESE or "年" in code)
        else:
            figure = str(int(number)) if number.is_integer() and abs(number) < _MOST_DIGITS else repr(number)
        return ooxml_number_format.around(code, figure, number, dated=dated)

    def worded(self, text: str, style: str) -> str:
        """Return a text with the words that its format puts around it."""
        return ooxml_number_format.around(self._codes.get(self._format(style), ""), text, None)

    def _format(self, style: str) -> int:
        place = whole(style, -1)
        return self._of_style[place] if 0 <= place < len(self._of_style) else 0

    def _moment(self, number: float, *, chinese: bool) -> str:
        moment = self._first + dt.timedelta(seconds=round(number * 86_400))
        clock = f"{moment:%H:%M}" if number % 1 else ""
        if number < 1:
            return clock
        day = f"{moment.year}年{moment.month}月{moment.day}日" if chinese else f"{moment:%Y-%m-%d}"
        return f"{day} {clock}".strip()


class Strings:
    """The shared strings of a workbook, and which of them a cell shows."""

    def __init__(self, root: etree._Element | None) -> None:
        """Read the strings of a part `x:sst`; a workbook may have none."""
        self._texts = [] if root is None else [string(one).text for one in root if short(one) == "x:si"]
        self.used: set[str] = set()

    def at(self, index: str) -> str:
        """Return a string by its number. Raises Problem DOCUMENT_BROKEN when there is none."""
        place = whole(index, -1)
        if not 0 <= place < len(self._texts):
            raise Problem(ProblemType.DOCUMENT_BROKEN, "a cell names a string that is not there")
        self.used.add(self._texts[place])
        return self._texts[place]


def shown(cell: etree._Element, inside: Content, strings: Strings, formats: Formats) -> str:
    """Return what a cell shows with this content; a formula shows its last result."""
    kind = cell.get("t", "n")
    style = cell.get("s", "")
    value = next(iter(inside.values), "")
    if kind == "inlineStr" or not value:  # programs differ in what they take of a cell that says both or the wrong one
        said = "".join(one.text for one in inside.strings) or value
        return formats.worded(said, style) if said else ""
    if kind == "s":
        return formats.worded(strings.at(value), style)
    if kind == "b":
        return "TRUE" if value.strip() == "1" else "FALSE"
    return formats.shown(value, style) if kind == "n" else formats.worded(value, style)
