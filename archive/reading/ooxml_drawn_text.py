"""The text of a DrawingML paragraph `a:p` in the wordings a reader may be shown."""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from lxml import etree

from archive.reading.ooxml_choice import Choice, choices
from archive.reading.ooxml_names import short, whole
from archive.reading.reading import HAN

_WRITTEN: Final = frozenset({"a:t", "m:t"})
_TELLING: Final = re.compile(f"[{HAN}★☆]")
_FAINT_SIZE: Final = 200
"""Hundredths of a point, up to which nobody reads a character."""

_FAINT_ALPHA: Final = 10_000


class Said(NamedTuple):
    """What a paragraph shows, what it shows to other readers, and all text that stands in it. Forced line ends are line ends."""

    shown: str
    others: tuple[str, ...]
    written: str


class _Piece(NamedTuple):
    text: str
    choice: Choice
    faint: bool
    written: bool = True


def paragraph(element: etree._Element) -> Said:
    """Return the words of a paragraph: as it is shown, by other branches, and without what is too faint to be seen."""
    pieces = list(_pieces(element, Choice(), faint=False))

    def told(wanted: Callable[[_Piece], bool]) -> str:
        return "".join(piece.text for piece in pieces if wanted(piece))

    shown = told(lambda piece: piece.choice.shown)
    others = (
        told(lambda piece: piece.choice.oldest),
        told(lambda piece: piece.choice.newest),
        told(lambda piece: piece.choice.shown and not piece.faint),
    )
    return Said(shown, tuple(other for other in dict.fromkeys(others) if other != shown), told(lambda piece: piece.written))


def _pieces(element: etree._Element, choice: Choice, *, faint: bool) -> Iterator[_Piece]:
    for child in element:
        name = short(child)
        if name in _WRITTEN:
            yield _Piece(child.text or "", choice, faint)
        elif name == "a:br":
            yield _Piece("\n", choice, faint)
        elif name == "a:buChar" and _TELLING.search(child.get("char", "")):
            yield _Piece(child.get("char", "") + "\t", choice, faint, written=False)
        elif name == "mc:AlternateContent":
            for branch, inner in choices(child):
                yield from _pieces(branch, choice.within(inner), faint=faint)
        else:
            yield from _pieces(child, choice, faint=faint or _is_faint(child))


def _is_faint(run: etree._Element) -> bool:
    """Say whether a run is tiny or transparent."""
    for properties in run if short(run) in {"a:r", "a:fld"} else ():
        if short(properties) == "a:rPr":
            alphas = [whole(one.get("val", ""), _FAINT_ALPHA + 1) for one in properties.iter() if short(one) == "a:alpha"]
            unfilled = any(short(one) == "a:noFill" for one in properties)
            return (
                unfilled or whole(properties.get("sz", ""), _FAINT_SIZE + 1) <= _FAINT_SIZE or min(alphas, default=1 << 31) <= _FAINT_ALPHA
            )
    return False
