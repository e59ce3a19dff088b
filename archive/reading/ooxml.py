"""The text of DOCX, XLSX and PPTX with positions, and every text outside its pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from mmap import mmap
from types import MappingProxyType
from typing import Final, NamedTuple

from archive.reading import compound, ooxml_pictures, ooxml_properties, ooxml_sheets, ooxml_slides, ooxml_word
from archive.reading.frames import Frame
from archive.reading.legible import legible
from archive.reading.nested import Nest, alone
from archive.reading.ooxml_book import Book
from archive.reading.ooxml_outside import Outside
from archive.reading.ooxml_paper import Paper
from archive.reading.ooxml_parts import Kind, Parts
from archive.reading.package import Package
from archive.reading.reading import Page, Reading
from schemas.problems import Problem, ProblemType

_PAPERS: Final[Mapping[Kind, Callable[[Book], Paper]]] = MappingProxyType(
    {"docx": ooxml_word.paper, "xlsx": ooxml_sheets.paper, "pptx": ooxml_slides.paper}
)


def read(content: bytes | mmap, kind: Kind, nest: Nest | None = None) -> Reading:
    """Read an Office file of the given kind; embedded files are read through `nest`, and refused without one.

    Pictures that must be looked at are pages behind those of text. Raises Problem: DOCUMENT_ENCRYPTED, DOCUMENT_ACTIVE,
    DOCUMENT_BROKEN, DOCUMENT_CUT_SHORT, DOCUMENT_TOO_COMPLEX, DOCUMENT_WITHOUT_TEXT, FORMAT_NOT_INSPECTABLE (another kind, a
    drawing that fills a page), FORMAT_OLD (an embedded file), TOO_MANY_PAGES, and those of `Nest.read` and `image.read`.
    """
    nest = nest or alone()
    try:
        return _read(Parts(Package(content, nest.weigh), kind), kind, nest)
    except (RecursionError, MemoryError) as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, type(error).__name__) from error


def frames(content: bytes | mmap, kind: Kind, pages: Sequence[int], path: str) -> Iterator[Frame]:
    """Draw the wanted ones of the pages that `read` gave as pictures; a number that is none is passed over."""
    try:
        parts = Parts(Package(content), kind)
        made = _made(Book(parts, Outside(), ()), kind)
        yield from ooxml_pictures.frames(parts, made.sources, made.first, pages, path)
    except (RecursionError, MemoryError) as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, type(error).__name__) from error


class _Made(NamedTuple):
    """The pages of text, those of pictures numbered from `first`, and what the latter show."""

    texts: tuple[Page, ...]
    pictures: list[Page]
    sources: list[tuple[ooxml_pictures.Image, int]]
    first: int


def _made(book: Book, kind: Kind) -> _Made:
    paper = _PAPERS[kind](book)
    texts, looked = paper.pages(), ooxml_pictures.chosen(paper.looked())
    pictures, sources = ooxml_pictures.pages(book.parts, looked, len(texts) + 1, printed=kind != "pptx")
    return _Made(texts, pictures, sources, len(texts) + 1)


def _read(parts: Parts, kind: Kind, nest: Nest) -> Reading:
    outside = Outside()
    book = Book(parts, outside, ooxml_properties.read(parts, outside))
    made = _made(book, kind)
    _refuse_illegible((*made.texts, *made.pictures))
    book.sweep_rest()
    for name in parts.pictures():
        outside.note("shape", ooxml_pictures.words(parts, name))
    for name in parts.embedded():
        embedded = parts.bytes_of(name)
        within = compound.held(embedded) if embedded.startswith(compound.MAGIC) else compound.Held("", embedded)
        nest.read(within.name or name.rpartition("/")[2], within.content)
    return Reading(format=kind, pages=(*made.texts, *made.pictures), properties=outside.properties, texts=outside.texts())


def _refuse_illegible(pages: tuple[Page, ...]) -> None:
    if not pages:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "there is no text")
    for page in pages:
        if page.lines and not legible([line.text for line in page.lines]):
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"the text of page {page.number} is not legible")
