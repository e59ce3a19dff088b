"""The pages of a DOCX: its body in reading order, with headers, footers, tables, text boxes, charts and diagrams in their places.

What a reader sees goes to the pages; what is deleted, hidden or replaced by another wording is given beside them.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from lxml import etree

from archive.reading import ooxml_graphic, ooxml_pictures
from archive.reading.ooxml_book import GRAPHICS, Book
from archive.reading.ooxml_choice import branch
from archive.reading.ooxml_graphic import Sheet
from archive.reading.ooxml_names import EMU_PER_TWIP, own, relation, short, switched_on, whole
from archive.reading.ooxml_outside import packed
from archive.reading.ooxml_paper import Break, Cell, Frame, Item, Paper, Picture, Row, Section, Words
from archive.reading.ooxml_pictures import Image
from archive.reading.ooxml_styles import Styles
from archive.reading.ooxml_wording import Wording
from schemas.problems import Problem, ProblemType

_PROPERTIES: Final = frozenset({"w:pPr", "w:rPr", "w:sdtPr", "w:tblPr", "w:tblGrid", "w:trPr", "w:tcPr", "w:sectPr"})
_MOST_COLUMNS: Final = 100


def paper(book: Book) -> Paper:
    """Return the pages of a DOCX, with everything that is shown on them."""
    root = book.parts.document
    sections = [one for one in root.iter() if short(one) == "w:sectPr" and short(_parent(one)) != "w:sectPrChange"]
    story = _Story(book, book.parts.main, Styles(book.parts), sections)
    sheets = Paper()
    backgrounds = [one for child in root if short(child) == "w:background" for one in child.iter() if short(one) == "v:fill"]
    if any(map(relation, backgrounds)):
        sheets.cover(1.0, 1.0, [image for one in backgrounds for image in ooxml_pictures.of(book.parts, book.parts.main, one)])
    items = story.begin_section(new_page=False)
    for body in root:
        if short(body) == "w:body":
            items += story.blocks(body)
    sheets.lay(items)
    book.take(book.parts.main)
    book.outside.sweep(root, "other", story.laid_out)
    return sheets


class _Story:
    """One flow of paragraphs and tables; `laid_out` are the texts of its paragraphs, `packed`."""

    def __init__(self, book: Book, name: str, styles: Styles, sections: Sequence[etree._Element] = ()) -> None:
        """Begin a story of the part `name`; `sections` are those of the body, in order."""
        self.sheet = Sheet()
        self.laid_out: set[str] = set()
        self._book = book
        self._name = name
        self._styles = styles
        self._sections = sections
        self._section = -1
        self._codes: list[str] = []

    def begin_section(self, *, new_page: bool) -> list[Item]:
        """Return what the next section brings: its headers and footers; its paper holds from now on."""
        self._section += 1
        if self._section >= len(self._sections):
            return []
        properties = self._sections[self._section]
        self.sheet = _sheet(properties)
        head: list[Item] = []
        foot: list[Item] = []
        for child in properties:
            side = {"w:headerReference": head, "w:footerReference": foot}.get(short(child))
            if side is not None:
                side += self._beside(self._book.parts.target(self._name, relation(child)))
            if short(child) == "w:type" and own(child, "val") == "continuous":
                new_page = False
        return [Section(head, foot, new_page)]

    def _beside(self, name: str) -> list[Item]:
        """Return the items of a header or footer; one that several sections share is laid out once."""
        if not self._book.take(name):
            return []
        root = self._book.parts.root(name)
        story = _Story(self._book, name, self._styles)
        story.sheet = self.sheet
        items = story.blocks(root)
        self._book.outside.sweep(root, "header", story.laid_out)
        return items

    def blocks(self, container: etree._Element) -> list[Item]:
        """Return what the paragraphs and tables of a body, cell, text box or header show."""
        items: list[Item] = []
        for child in container:
            name = short(child)
            if name == "w:p":
                items += self._paragraph(child)
            elif name == "w:tbl":
                items += self._table(child)
            elif name == "mc:AlternateContent":
                shown = branch(child)
                items += [] if shown is None else self.blocks(shown)
            elif name == "w:altChunk":
                raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "another document is embedded")
            elif name not in _PROPERTIES:
                items += self.blocks(child)
        return items

    def drawn(self, drawing: etree._Element) -> list[Item]:
        """Return what a drawing shows, and where it stands."""
        spot = ooxml_graphic.spot(drawing, self.sheet)
        items: list[Item] = []
        images: list[Image] = []
        picture = False
        for one in ooxml_graphic.inside(drawing):
            name = short(one)
            if name == "w:txbxContent":
                items += self.blocks(one)
            elif name in GRAPHICS:
                items += [Words(text) for text in self._book.graphic(self._name, one)]
                images += self._book.filling(self._name, one)
            elif ooxml_graphic.is_picture(one):
                picture = True
                images += ooxml_pictures.of(self._book.parts, self._name, one, spot.width * self.sheet.width)
            elif name == "v:textpath":
                self.laid_out.add(packed(one.get("string", "")))
                items.append(Words(one.get("string", "")))
            elif name != "v:fill":
                text = self._book.words(one, self.laid_out) if name == "a:p" else "".join(map(str, one.itertext()))
                self.laid_out.add(packed(text))
                items += [Words(line) for line in text.split("\n")]
        found: list[Item] = [Picture(spot.width, spot.height, spot.flowing, tuple(images))] if picture or images else []
        return [*found, Frame(items, spot.x, spot.y, min(1.0, spot.width) or 1.0)] if items else found

    def _paragraph(self, element: etree._Element) -> list[Item]:
        properties = next((child for child in element if short(child) == "w:pPr"), None)
        said = {short(child): child for child in properties} if properties is not None else {}
        style = own(said["w:pStyle"], "val") if "w:pStyle" in said else ""
        words = Wording(self.drawn, self.blocks, self._styles.hiding, self._codes, self._styles.prefix(style, said.get("w:numPr")))
        words.read(element, hidden=style in self._styles.hiding)
        self.laid_out.add(packed("".join(words.written)))
        for place, text in words.otherwise():
            self._book.outside.note(place, text)
        items: list[Item] = []
        for number, page in enumerate(words.shown.split("\f")):
            items += [Break()] if number else []
            items += [Words(line) for line in page.split("\n")]
        if "w:framePr" in said:
            items = [self._frame(said["w:framePr"], items)]
        if "w:pageBreakBefore" in said and switched_on(said["w:pageBreakBefore"]):
            items.insert(0, Break())
        items = [*words.drawn, *items]
        return items + self.begin_section(new_page=True) if "w:sectPr" in said else items

    def _frame(self, said: etree._Element, items: list[Item]) -> Frame:
        sheet = self.sheet
        x, y = (whole(own(said, axis)) * EMU_PER_TWIP for axis in ("x", "y"))
        upper = {"page": 0, "margin": sheet.top}.get(own(said, "vAnchor"))
        left = 0 if own(said, "hAnchor") == "page" else sheet.left
        return Frame(items, (left + x) / sheet.width, None if upper is None else (upper + y) / sheet.height)

    def _table(self, table: etree._Element) -> list[Item]:
        grid = [whole(own(column, "w")) for one in table if short(one) == "w:tblGrid" for column in one]
        edges = list(itertools.accumulate(grid, initial=0)) if all(width > 0 for width in grid) else []
        return [Row(self._cells(row, edges)) for row in within(table, "w:tr")]

    def _cells(self, row: etree._Element, edges: list[int]) -> tuple[Cell, ...]:
        found: list[tuple[int, int, list[Item]]] = []
        column = 0
        for child in row:
            if short(child) == "w:trPr":
                column += sum(max(0, whole(own(one, "val"))) for one in child if short(one) == "w:gridBefore")
        for cell in within(row, "w:tc"):
            said = [one for child in cell if short(child) == "w:tcPr" for one in child if short(one) == "w:gridSpan"]
            span = max(1, min(_MOST_COLUMNS, whole(own(said[0], "val"), 1))) if said else 1
            found.append((column, span, self.blocks(cell)))
            column += span
        edges = edges if len(edges) > column else list(range(min(column, 10 * _MOST_COLUMNS) + 1))
        last = len(edges) - 1
        total = max(1, edges[last])
        return tuple(
            Cell(edges[min(first, last)] / total, max(1, edges[min(first + span, last)] - edges[min(first, last)]) / total, items)
            for first, span, items in found
        )


def _parent(element: etree._Element) -> etree._Element:
    above = element.getparent()
    return element if above is None else above


def within(container: etree._Element, wanted: str) -> Iterator[etree._Element]:
    """Give the rows of a table or the cells of a row, also where content controls or tracked changes stand around them."""
    for child in container:
        name = short(child)
        if name == wanted:
            yield child
        elif name not in _PROPERTIES:
            yield from within(child, wanted)


def _sheet(properties: etree._Element) -> Sheet:
    usual = Sheet()
    said = {short(child): child for child in properties}
    size, margins = said.get("w:pgSz", properties), said.get("w:pgMar", properties)
    width, height = (whole(own(size, side)) * EMU_PER_TWIP for side in ("w", "h"))
    left, top = (whole(own(margins, side)) * EMU_PER_TWIP for side in ("left", "top"))
    if width <= 0 or height <= 0:
        return usual
    return Sheet(width, height, max(0, left) or usual.left, abs(top) or usual.top)
