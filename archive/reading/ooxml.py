"""The text of DOCX, XLSX and PPTX with positions, and every text outside its pages."""

from collections.abc import Callable, Mapping
from mmap import mmap
from types import MappingProxyType
from typing import Final

from archive.reading import ooxml_properties, ooxml_sheets, ooxml_slides, ooxml_word
from archive.reading.legible import legible
from archive.reading.ooxml_book import Book
from archive.reading.ooxml_outside import Outside
from archive.reading.ooxml_paper import Paper
from archive.reading.ooxml_parts import Kind, Parts
from archive.reading.package import Package
from archive.reading.reading import Page, Reading
from schemas.problems import Problem, ProblemType

_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")

_PAPERS: Final[Mapping[Kind, Callable[[Book], Paper]]] = MappingProxyType(
    {"docx": ooxml_word.paper, "xlsx": ooxml_sheets.paper, "pptx": ooxml_slides.paper}
)


def read(content: bytes | mmap, kind: Kind) -> Reading:
    """Read an Office file of the given kind.

    Raises Problem: DOCUMENT_ENCRYPTED, DOCUMENT_ACTIVE, DOCUMENT_BROKEN, DOCUMENT_TOO_COMPLEX, DOCUMENT_WITHOUT_TEXT,
    FORMAT_NOT_INSPECTABLE (another kind, an old binary file, embedded files).
    """
    if content[: len(_COMPOUND)] == _COMPOUND:
        if content.find(_ENCRYPTED) >= 0:
            raise Problem(ProblemType.DOCUMENT_ENCRYPTED, "opens only with a password")
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"the content is not {kind}")
    try:
        return _read(Parts(Package(content), kind), kind)
    except (RecursionError, MemoryError) as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, type(error).__name__) from error


def _read(parts: Parts, kind: Kind) -> Reading:
    outside = Outside()
    book = Book(parts, outside, ooxml_properties.read(parts, outside))
    pages = _PAPERS[kind](book).pages()
    _refuse_illegible(pages)
    book.sweep_rest()
    texts = outside.texts()
    return Reading(format=kind, pages=pages, properties=outside.properties, texts=texts)


def _refuse_illegible(pages: tuple[Page, ...]) -> None:
    if not pages:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "there is no text")
    for page in pages:
        if page.lines and not legible([line.text for line in page.lines]):
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"the text of page {page.number} is not legible")
