"""The characters of an OFD text object, each with its place, as pieces of lines.

A text object gives its characters (TextCode) and the steps from each to the next (DeltaX, DeltaY). Where the steps go back,
aslant, or over a wide gap the text is cut, so that what stands in the file in one order and on the page in another is put
together by place, as for PDF.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from lxml.etree import _Element

from archive.reading.geometry import Box, Matrix, number
from archive.reading.legible import printed
from archive.reading.lines import Run
from archive.reading.package import local_name
from schemas.problems import Problem, ProblemType

POINTS: Final = 72 / 25.4
"""Page units of a `Run` in a millimetre."""

_ASCENT: Final = 0.88
_WIDE_GAP: Final = 6.0
_SPACE: Final = 0.5
_BACK: Final = -0.1
_LEVEL: Final = 0.3
_DOWN: Final = 3.0
_NARROW: Final = 0.5
_WIDE_FROM: Final = "\u2010"  # stars and dashes are wide in Chinese fonts
_TURNED: Final = 0.05
_FAINT_ALPHA: Final = 25
_FAINT_SIZE: Final = 0.5
_WHITE: Final = 250
_BACKWARDS: Final = "180"
_BREAKS: Final = dict.fromkeys(map(ord, "\r\n\t"), None)


class Piece(NamedTuple):
    """A piece of a line; `turned` says that it does not stand upright on the page."""

    run: Run
    turned: bool


def pieces(text_object: _Element, place: Matrix) -> Iterator[Piece]:
    """Give the pieces of a text object whose own space lies on the page as `place` says.

    Raises Problem DOCUMENT_WITHOUT_TEXT when it shows glyphs for which it names no characters.
    """
    size = abs(number(text_object.get("Size"))) or 1.0
    scale = abs(number(text_object.get("HScale"), 1.0)) or 1.0
    turned = abs(place.b) > _TURNED * abs(place.a) or abs(place.c) > _TURNED * abs(place.d)
    x = y = 0.0
    whole: list[str] = []
    for code in text_object:
        if local_name(code) == "TextCode":
            x, y = number(code.get("X"), x), number(code.get("Y"), y)
            text = "".join(map(str, code.itertext())).translate(_BREAKS)
            whole.append(text)
            if not text:
                continue
            signs = _placed(text, x, y, _steps(code, len(text), size, scale, text))
            runs = list(_runs(signs, size, scale))
            for run in runs:
                yield Piece(_on_page(run, place), turned)
            if len(runs) > 1 and _is_turned(text_object, signs, size):
                yield Piece(_on_page(_row([text], signs[0], signs[-1], size, scale), place), turned=True)
            if text_object.get("ReadDirection") == _BACKWARDS:
                yield Piece(_on_page(_row([text[::-1]], signs[-1], signs[-1], size, scale), place), turned=True)
    _refuse_unnamed(text_object, "".join(whole))


def is_faint(item: _Element) -> bool:
    """Say whether an object of a page is told to be invisible, transparent, white or too small to be read."""
    if (item.get("Visible") or "").strip().lower() in {"false", "0"} or number(item.get("Alpha"), 255.0) <= _FAINT_ALPHA:
        return True
    if item.get("Size") is not None and abs(number(item.get("Size"), 1.0)) * abs(number(item.get("HScale"), 1.0)) <= _FAINT_SIZE:
        return True
    for colour in item:
        if local_name(colour) == "FillColor":
            parts = (colour.get("Value") or "").split()
            return (bool(parts) and all(number(part) >= _WHITE for part in parts)) or number(colour.get("Alpha"), 255.0) <= _FAINT_ALPHA
    return False


def _is_turned(text_object: _Element, signs: "list[_Sign]", size: float) -> bool:
    """Say whether characters follow one another otherwise than rightwards or downwards: their order is then that of the file."""
    directions = (text_object.get(name) or "0" for name in ("ReadDirection", "CharDirection"))
    return any(number(said) for said in directions) or any(other.y < one.y - _LEVEL * size for one, other in pairwise(signs))


class _Sign(NamedTuple):
    text: str
    x: float
    y: float


def _steps(code: _Element, count: int, size: float, scale: float, text: str) -> list[tuple[float, float]]:
    across, down = _deltas(code.get("DeltaX"), count - 1), _deltas(code.get("DeltaY"), count - 1)
    if not any(across) and not any(down):  # no step at all: the reader's program takes the widths of the font
        across = [_width(sign, size, scale) for sign in text[:-1]]
    return list(zip(across, down, strict=True))


def _deltas(text: str | None, count: int) -> list[float]:
    """Return `count` steps; "g n v" stands for n times v, a list that is too short goes on with its last step."""
    steps: list[float] = []
    parts = iter((text or "").split())
    for part in parts:
        if len(steps) >= count:
            break
        if part == "g":
            times, step = number(next(parts, "")), number(next(parts, ""))
            steps += [step] * int(max(0, min(times, count - len(steps))))
        else:
            steps.append(number(part))
    last = steps[-1] if steps else 0.0
    return (steps + [last] * (count - len(steps)))[: max(0, count)]


def _width(sign: str, size: float, scale: float) -> float:
    return size * scale * (1.0 if sign >= _WIDE_FROM else _NARROW)


def _placed(text: str, x: float, y: float, steps: list[tuple[float, float]]) -> list[_Sign]:
    signs = []
    for place, sign in enumerate(text):
        signs.append(_Sign(sign, x, y))
        if place < len(steps):
            x, y = x + steps[place][0], y + steps[place][1]
    return signs


class _Row(NamedTuple):
    text: str
    box: Box


def _runs(signs: list[_Sign], size: float, scale: float) -> Iterator[_Row]:
    """Cut the characters where they do not go on rightwards or downwards."""
    row: list[str] = []
    first = last = _Sign("", 0.0, 0.0)
    direction = ""
    for sign in signs:
        width = _width(last.text, size, scale) if row else 0.0
        goes = _direction(last, sign, size, width) if row else direction
        if row and (not goes or (direction and goes != direction)):
            yield _row(row, first, last, size, scale)
            row, direction = [], ""
        elif row:
            direction = goes
            if goes == "across" and sign.x - last.x > width + _SPACE * size and not row[-1].isspace():
                row.append(" ")
        if not row:
            first = sign
        row.append(sign.text)
        last = sign
    if row:
        yield _row(row, first, last, size, scale)


def _direction(one: _Sign, other: _Sign, size: float, width: float) -> str:
    right, down = other.x - one.x, other.y - one.y
    if abs(down) <= _LEVEL * size and _BACK * size <= right <= width + _WIDE_GAP * size:
        return "across"
    return "down" if abs(right) <= _LEVEL * size and 0 < down <= _DOWN * size else ""


def _row(row: list[str], first: _Sign, last: _Sign, size: float, scale: float) -> _Row:
    upper = min(first.y, last.y) - _ASCENT * size
    lower = max(first.y, last.y) + (1 - _ASCENT) * size
    return _Row("".join(row), Box(first.x, upper, last.x - first.x + _width(last.text, size, scale), lower - upper))


def _on_page(row: _Row, place: Matrix) -> Run:
    box = place.box(row.box)
    # a run counts upwards, the page downwards
    return Run(row.text, box.x * POINTS, -(box.y + box.height) * POINTS, (box.x + box.width) * POINTS, -box.y * POINTS)


def _refuse_unnamed(text_object: _Element, text: str) -> None:
    """Refuse glyphs without a character, several for one character, or several for the same blank."""
    blanks: dict[str, set[str]] = defaultdict(set)
    # codes are counted as UTF-16 has them
    codes = [half for sign in text for half in ((sign, "") if sign > "\uffff" else (sign,))]
    for transform in text_object:
        if local_name(transform) != "CGTransform":
            continue
        start, count = int(number(transform.get("CodePosition"))), int(number(transform.get("CodeCount"), 1.0))
        glyphs = "".join(str(sign) for glyph in transform for sign in glyph.itertext()).split()
        if start < 0 or start + count > len(codes) or len(glyphs) > max(0, count):
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "glyphs without characters")
        for sign, glyph in zip(codes[start : start + count], glyphs, strict=False):
            if sign and not printed(sign):
                blanks[sign].add(glyph)
    if any(len(glyphs) > 1 for glyphs in blanks.values()):
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "glyphs without characters")
