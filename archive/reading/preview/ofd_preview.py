"""Pages of an OFD as shapes, each in its place."""

from collections.abc import Sequence
from mmap import mmap
from typing import Final

from archive.reading.geometry import Box, Matrix
from archive.reading.package import Package
from archive.reading.preview import seals
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.ofd_book import PAPER, Book, Leaf, area
from archive.reading.preview.ofd_marks import Painter, Where
from archive.reading.preview.shapes import Drawn, Mark, Preview
from schemas.problems import Problem

PAGES: Final = 20
"""Pages of one preview."""

_ZIP: Final = b"PK\x03\x04"


def preview(content: bytes | mmap, first: int) -> Preview:
    """Draw pages from number `first` on. Raises the Problems of `Package`, and DOCUMENT_BROKEN."""
    book, album, budget = Book(Package(content)), Album(), Budget()
    drawn: list[Drawn] = []
    sealed = False
    for number, leaf in enumerate(book.pages, 1):
        if number < first:
            continue
        if len(drawn) >= PAGES or (drawn and (budget.is_late or budget.is_spent)):
            break
        page, stamped = _page(number, leaf, album, budget)
        sealed = sealed or stamped
        drawn.append(page)
    left_out = tuple(dict.fromkeys((*budget.left_out, *album.left_out)))
    return Preview(
        kind="ofd",
        sheets=tuple(drawn),
        pictures=tuple(album.pictures),
        first=first,
        total=len(book.pages),
        left_out=left_out,
        sealed=sealed,
    )


def _page(number: int, leaf: Leaf, album: Album, budget: Budget) -> tuple[Drawn, bool]:
    document = leaf.document
    root = document.open(leaf.member)
    paper = area(root) or document.area
    painter = Painter(document, album, budget)
    where = Where(Matrix(e=-paper.x, f=-paper.y))
    painter.draw(document.layers(leaf.member, root), where)
    painter.draw(document.annotations(leaf.identifier), where)
    stamps = document.stamps(leaf.identifier)
    for stamp in stamps:
        box = Box(stamp.place.x - paper.x, stamp.place.y - paper.y, stamp.place.width, stamp.place.height)
        cut = None if stamp.clip is None else Box(box.x + stamp.clip.x, box.y + stamp.clip.y, stamp.clip.width, stamp.clip.height)
        _stamp(painter, document.book.package.read(stamp.member), box, cut, album, budget)
    return Drawn(number, paper.width, paper.height, tuple(painter.marks)), bool(stamps)


def _stamp(painter: Painter, content: bytes, box: Box, cut: Box | None, album: Album, budget: Budget) -> None:
    """Draw the picture of a seal: an image, or a page of an OFD of its own."""
    found = seals.picture(content)
    if found.startswith(_ZIP):
        try:
            painter.marks += _nested(found, box, album, budget)
        except Problem:
            album.left_out["drawings"] = None
    elif found:
        painter.picture(found, Matrix(box.width, 0.0, 0.0, box.height, box.x, box.y), cut)
    else:
        album.left_out["drawings"] = None


def _nested(content: bytes, box: Box, album: Album, budget: Budget) -> Sequence[Mark]:
    leaf = next(iter(Book(Package(content)).pages), None)
    if leaf is None:
        return ()
    root = leaf.document.open(leaf.member)
    paper = area(root) or leaf.document.area or PAPER
    painter = Painter(leaf.document, album, budget)
    across, down = box.width / paper.width, box.height / paper.height
    painter.draw(
        leaf.document.layers(leaf.member, root), Where(Matrix(across, 0.0, 0.0, down, box.x - paper.x * across, box.y - paper.y * down))
    )
    return painter.marks
