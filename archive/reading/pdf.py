"""Text of a PDF with positions, by pdfium, behind the gate of pypdf.

A page must hold text that can be read, or be blank, or it is looked at: a scan, words drawn as outlines, glyphs without
characters. What the file claims to show on such a page is read all the same, for it may be a lie that lays a mark beneath.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import Final

import pypdfium2
from pypdf import apply_configuration
from pypdf.errors import LimitReachedError, PyPdfError

from archive.reading import earlier, embedded, gate, objects, pdf_frames, pdf_page
from archive.reading.frames import Frame
from archive.reading.nested import Nest
from archive.reading.reading import Page, Reading
from schemas.problems import Problem, ProblemType

# what the libraries raise on files that are not what they say
_BROKEN: Final = (
    PyPdfError, pypdfium2.PdfiumError, ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError,
    OSError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip


def read(content: mmap | bytes, nest: Nest) -> Reading:
    """Read a PDF from a private writable mapping, or from bytes; files inside it are handed to the nest and become its parts.

    Pages of earlier versions that the last one shows otherwise, or not at all, become a part for each version, and what
    annotations and fields said in them stands among the texts. Raises Problem: DOCUMENT_ENCRYPTED, DOCUMENT_ACTIVE,
    DOCUMENT_BROKEN, DOCUMENT_CUT_SHORT, DOCUMENT_BOMB, DOCUMENT_TOO_COMPLEX, DOCUMENT_WITHOUT_TEXT (page 1 is blank),
    TOO_MANY_PAGES, TEXT_UNMAPPED, and those of files inside.
    """
    try:
        # pypdf's own limit of 75 MB for one stream is below the 200 MiB of a part; what a stream unpacks to stays limited
        with apply_configuration(maximum_declared_stream_length=len(content)):
            examined = gate.examine(content)
            pages = _pages(content, examined, range(len(examined.reader.pages)))
            if not (pages[0].lines or pages[0].picture):
                raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "page 1 is blank")
            known: set[bytes] = set()
            versions, texts = [], dict.fromkeys(examined.texts)
            for number, end in enumerate(examined.ends[:-1], 1):
                before, shown_then = _earlier(content, end, examined)
                texts |= dict.fromkeys((*before.texts, *before.properties.items()))
                if shown_then:
                    versions.append((f"earlier version {number}", Reading(format="pdf", pages=shown_then)))
                embedded.read(before.files, nest, known)
            embedded.read(examined.files, nest, known)
    except LimitReachedError as error:
        raise Problem(ProblemType.DOCUMENT_BOMB if _unpacks(error) else ProblemType.DOCUMENT_TOO_COMPLEX, "a limit was reached") from error
    except (RecursionError, MemoryError) as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, type(error).__name__) from error
    except _BROKEN as error:
        tangled = isinstance(error.__cause__ or error.__context__, RecursionError) or "cyclic" in str(error)
        kind = ProblemType.DOCUMENT_TOO_COMPLEX if tangled else ProblemType.DOCUMENT_BROKEN
        raise Problem(kind, type(error).__name__) from error
    parts = (*nest.parts, *versions)
    return Reading(format="pdf", pages=pages, properties=examined.properties, texts=tuple(texts), parts=parts)


def frames(content: mmap | bytes, pages: Sequence[int], path: str) -> Iterator[Frame]:
    """Draw the wanted pages, see `pdf_frames.frames`."""
    return pdf_frames.frames(content, pages, path)


def _unpacks(error: BaseException) -> bool:
    """Say whether the limit is one of unpacking: pypdf has one error for all of them."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "pypdf.filters"


def _pages(content: mmap | bytes, examined: gate.Gate, indexes: Sequence[int], end: int = 0) -> tuple[Page, ...]:
    document = pdf_frames.opened(content, end)
    try:
        if len(document) != len(examined.reader.pages):
            # two readers that count differently see two documents; a mark could stand in the one that we do not judge
            raise Problem(ProblemType.DOCUMENT_BROKEN, "the number of pages is ambiguous")
        if examined.drawn_over:
            for index in indexes:
                objects.flatten(document, index)
        return tuple(pdf_page.page(document, index, examined) for index in indexes)
    finally:
        document.close()


def _earlier(content: mmap | bytes, end: int, last: gate.Gate) -> tuple[gate.Gate, tuple[Page, ...]]:
    """Read an earlier version. Raises Problem DOCUMENT_ACTIVE where it shows a page that would have to be looked at."""
    examined = gate.examine(content, end)
    pages = _pages(content, examined, earlier.changed(examined.reader, last.reader), end)
    if any(page.picture for page in pages):
        raise Problem(ProblemType.DOCUMENT_ACTIVE, "earlier versions inside")
    return examined, pages
