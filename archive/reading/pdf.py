"""Text of a PDF with positions, by pdfium, behind the gate of pypdf.

A page must either hold text that can be read or be blank. A page that is a picture (a scan, text drawn as outlines) has no
text that could be judged, whatever text stands beside or beneath the picture, and is refused until scans can be read.
"""

import ctypes
import re
import struct
import zlib
from mmap import mmap
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from pypdf import apply_configuration
from pypdf.errors import LimitReachedError, PyPdfError

from archive.reading import gate, lines, objects
from archive.reading.legible import legible, printed
from archive.reading.reading import Line, Page, Reading
from schemas.problems import Problem, ProblemType

LITTLE_TEXT: Final = 40
"""Printed characters below which a page may be a picture with a caption."""

_PICTURE_SHARE: Final = 0.5
_OUTLINE_SEGMENTS: Final = 2000
_BLANK_SCALE: Final = 0.5
_WHITE: Final = 250
_MAXIMUM_SIDE: Final = 14_400

_SHORT: Final = 20
_LINE: Final = re.compile(r"[^\r\n]+")

# what the libraries raise on files that are not what they say
_BROKEN: Final = (
    PyPdfError, pypdfium2.PdfiumError, ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError,
    OSError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip


def read(content: mmap) -> Reading:
    """Read a PDF from a private writable mapping.

    Raises Problem: DOCUMENT_ENCRYPTED, DOCUMENT_ACTIVE, DOCUMENT_BROKEN, DOCUMENT_TOO_COMPLEX, DOCUMENT_WITHOUT_TEXT.
    """
    try:
        # pypdf's own limit of 75 MB for one stream is below the 200 MiB of a part; what a stream unpacks to stays limited
        with apply_configuration(maximum_declared_stream_length=len(content)):
            examined = gate.examine(content)
            pages = _pages(content, examined)
    except (LimitReachedError, RecursionError, MemoryError) as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, type(error).__name__) from error
    except _BROKEN as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, type(error).__name__) from error
    return Reading(format="pdf", pages=pages, properties=examined.properties, texts=tuple(examined.texts))


def _pages(content: mmap, examined: gate.Gate) -> tuple[Page, ...]:
    # in place: a part may be 200 MiB, and the process has 1 GiB
    document = pypdfium2.PdfDocument((ctypes.c_ubyte * len(content)).from_buffer(content))
    try:
        if len(document) != len(examined.reader.pages):
            # two readers that count differently see two documents; a mark could stand in the one that we do not judge
            raise Problem(ProblemType.DOCUMENT_BROKEN, "the number of pages is ambiguous")
        if examined.drawn_over:
            for index in range(len(document)):
                objects.flatten(document, index)
        pages = tuple(_page(document, index, examined) for index in range(len(document)))
    finally:
        document.close()
    if not pages[0].lines:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "page 1 is blank")
    return pages


def _page(document: pypdfium2.PdfDocument, index: int, examined: gate.Gate) -> Page:
    page = document[index]
    if not all(0 < side <= _MAXIMUM_SIDE for side in page.get_size()):
        raise Problem(ProblemType.DOCUMENT_BROKEN, f"page {index + 1} has no proper size")
    drawn = objects.look(page)
    for text in ("".join(drawn.replacements), *drawn.replacements):
        examined.note("replacement", text)
    textpage = page.get_textpage()
    if drawn.dropped:
        found = lines.by_pypdf(page, examined.reader.pages[index])
    else:
        found = lines.by_pdfium(page, textpage)
        _refuse_unmapped(textpage, index, whole=examined.unmapped)
    _refuse_picture(page, index, found, drawn)
    textpage.close()
    page.close()
    return Page(index + 1, tuple(found))


def _refuse_picture(page: pypdfium2.PdfPage, index: int, found: list[Line], drawn: objects.Drawn) -> None:
    number = index + 1
    ink = sum(printed(line.text) for line in found)
    if not ink:
        if not _is_blank(page):
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"page {number} is a picture without text")
        return
    if not legible([line.text for line in found]):
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"the text of page {number} is not legible")
    # words under or over a picture of a page may be others than it shows
    little = ink < LITTLE_TEXT and (drawn.covered > _PICTURE_SHARE or drawn.segments > _OUTLINE_SEGMENTS)
    if little or drawn.pictures > _PICTURE_SHARE:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"page {number} is a picture")


def _is_blank(page: pypdfium2.PdfPage) -> bool:
    """Say whether the page prints nothing at all, annotations included: every pixel of it is white."""
    scale = min(_BLANK_SCALE, 1000 / max(page.get_size()))
    bitmap = page.render(scale=scale, grayscale=True)
    return min(bytes(bitmap.buffer)[: bitmap.stride * bitmap.height], default=255) >= _WHITE


def _refuse_unmapped(textpage: pypdfium2.PdfTextPage, index: int, *, whole: bool) -> None:
    """Refuse glyphs for which no character is known: pdfium then gives the glyph's number, which may look like text.

    Every character is asked where a font is known to lack its mapping; elsewhere only those of short lines, as marks are.
    """
    text, count = textpage.get_text_range(), textpage.count_chars()
    if whole or count != len(text):
        places = set(range(count))
    else:
        places = {place for line in _LINE.finditer(text) if len(line.group()) <= _SHORT for place in range(*line.span())}
    if any(pdfium.FPDFText_HasUnicodeMapError(textpage, place) == 1 for place in places):
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"page {index + 1} has glyphs without characters")
