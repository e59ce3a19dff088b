"""Which pages of a PDF must be looked at because their text cannot be believed or is none, and at how many dots they are drawn."""

import ctypes
from collections.abc import Iterable
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from archive.reading.legible import legible, printed
from archive.reading.objects import MARK, Drawn
from archive.reading.reading import Line, Picture, Reason
from schemas.problems import Problem, ProblemType

LITTLE_TEXT: Final = 40
"""Printed characters below which a page may be a picture with a caption."""

LEAST_DOTS: Final = 150
MOST_DOTS: Final = 200
"""Dots an inch between which pages are drawn: fewer hide strokes, more cost time and show nothing new."""

_PICTURE_SHARE: Final = 0.5
_OUTLINE_SEGMENTS: Final = 2000
_PAPER_SHARE: Final = 1 / 8
"""Share of a page from which its pictures may show a whole paper, small but legible."""

_MARK_CURVES: Final = 12
_MARK_STROKES: Final = 100
_BLANK_SCALE: Final = 0.5
_WHITE: Final = 250
_POINTS: Final = 72
_LONG: Final = 11.69
_LONGEST_PAPER: Final = 1250
_SHORTEST_PAPER: Final = 595
_INVISIBLE: Final = 3
_LONGEST_NAME: Final = 200
_SIGNS: Final = (b"ZapfDingbats", b"Symbol")


def reason_of(page: pypdfium2.PdfPage, found: list[Line], drawn: Drawn, *, first: bool, unreadable: bool) -> Reason | None:
    """Say why a page must be looked at; None is a page whose text is what it shows, or a blank one.

    `unreadable` says that it holds glyphs without characters or what draws some. `first`: also for
    what may be a mark.
    """
    ink = printed("".join(line.text for line in found))
    if drawn.pictures > _PICTURE_SHARE:
        return "scan"  # words under or over a picture of a page may be others than it shows
    if unreadable or (ink and not legible([line.text for line in found])):
        return "illegible"
    if ink < LITTLE_TEXT:
        covered = drawn.covered > _PICTURE_SHARE or drawn.segments > _OUTLINE_SEGMENTS
        if covered or (not ink and (drawn.texts or drawn.pictures or drawn.segments or drawn.covered) and not is_white(page)):
            return "scan" if drawn.pictures else "outlines"
        if not ink:
            return None
    if drawn.pictures > _PAPER_SHARE or (first and _may_bear_a_mark(drawn)):
        return "head"
    return None


def _may_bear_a_mark(drawn: Drawn) -> bool:
    """Say whether something on a first page may be a mark without being text: in its head, or a strip of a picture anywhere."""
    return drawn.head >= MARK or drawn.strips or drawn.curves >= _MARK_CURVES or drawn.strokes >= _MARK_STROKES


def picture(page: pypdfium2.PdfPage, reason: Reason, drawn: Drawn) -> Picture:
    """Return the picture that a page is, with the dots an inch of its largest image."""
    return Picture(reason, 0 if reason == "outlines" else round(drawn.dots() / _paper(page)))


def is_white(page: pypdfium2.PdfPage) -> bool:
    """Say whether every pixel of the page is white, annotations included."""
    scale = min(_BLANK_SCALE, 1000 / max(page.get_size()))
    bitmap = page.render(scale=scale, grayscale=True)
    return min(bytes(bitmap.buffer)[: bitmap.stride * bitmap.height], default=255) >= _WHITE


def unmapped(textpage: pypdfium2.PdfTextPage, places: Iterable[int], number: int) -> bool:
    """Say whether characters at these places are none, for pdfium then gives the glyph's number, which may look like text.

    Raises Problem TEXT_UNMAPPED where one is shown whose font is not in the file: nobody can know what a reader sees.
    """
    found = False
    for place in places:
        if pdfium.FPDFText_HasUnicodeMapError(textpage, place) != 1:
            continue
        found = True
        item = pdfium.FPDFText_GetTextObject(textpage, place)
        shown = pdfium.FPDFTextObj_GetTextRenderMode(item) != _INVISIBLE
        if shown and not _is_drawn(pdfium.FPDFTextObj_GetFont(item)):
            raise Problem(ProblemType.TEXT_UNMAPPED, f"page {number}")
    return found


def _is_drawn(font: Any) -> bool:
    """Say whether we draw a font as every reader does: it is in the file, or it is one of the two of signs that all have built in."""
    if pdfium.FPDFFont_GetIsEmbedded(font) == 1:
        return True
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    pdfium.FPDFFont_GetBaseFontName(font, name, _LONGEST_NAME)
    return name.value in _SIGNS


def scale_of(page: pypdfium2.PdfPage, reason: Reason | None, drawn: Drawn) -> tuple[float, int]:
    """Return pixels a point and dots an inch in which a page is drawn: as fine as its largest image, from 150 to 200 dots.

    A page larger than A3 that is one picture was given its size by a program that counts a pixel as a point; it is taken for A4,
    as it is when its dots are counted. One smaller than A5 may be a sheet made small, and is drawn as fine as its image is.
    """
    paper, longer = _paper(page), max(page.get_size())
    dots = drawn.dots() / paper
    wanted = min(max(dots, LEAST_DOTS), MOST_DOTS) if reason == "scan" else MOST_DOTS
    if reason == "scan" and longer < _SHORTEST_PAPER:
        wanted = max(wanted, min(dots, MOST_DOTS * _LONG * _POINTS / longer))
    return wanted * paper / _POINTS, round(wanted)


def _paper(page: pypdfium2.PdfPage) -> float:
    """Return how many inches of paper an inch of the page stands for."""
    longer = max(page.get_size())
    return _LONG * _POINTS / longer if longer > _LONGEST_PAPER else 1.0
