"""The pages of an XLSX: its sheets in order, hidden ones too, row by row, with headers, shapes and charts where they stand."""

import bisect
import re
from typing import Final

from lxml import etree

from archive.reading import ooxml_cells, ooxml_graphic, ooxml_pictures
from archive.reading.ooxml_book import GRAPHICS, Book
from archive.reading.ooxml_cells import Content, Formats, Strings
from archive.reading.ooxml_graphic import Sheet
from archive.reading.ooxml_names import beneath, relation, short, whole
from archive.reading.ooxml_outside import literals, packed
from archive.reading.ooxml_paper import ROW, ROWS, TOP, Cell, Paper, Row, Words

_FOOTED: Final = re.compile(r'&(?:"[^"]{0,255}"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|[BIUESXYOHPNDTFGZ])')
_SIDES: Final = re.compile("&[LCR]")
_LOWEST: Final = TOP + ROWS * ROW
_PAPER: Final = Sheet()
_CELL: Final = (609_600, 190_500)
"""The usual width and height of a cell in English metric units."""


def paper(book: Book) -> Paper:
    """Return the pages of an XLSX, each sheet beginning one; the names of sheets are as telling as titles."""
    return _Sheets(book).paper()


class _Sheets:
    """The sheets of a workbook, and what they share."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._parts = book.parts
        self._outside = book.outside
        self._formats = Formats(book.parts)
        names = book.parts.targets(book.parts.main, "sharedStrings")
        self._shared = book.parts.root(names[0]) if names and book.take(names[0]) else None
        self._strings = Strings(self._shared)

    def paper(self) -> Paper:
        sheets = Paper()
        for group in self._parts.document:
            for sheet in group if short(group) == "x:sheets" else ():
                self._outside.note("title", sheet.get("name", ""))
                self._sheet(self._parts.target(self._parts.main, relation(sheet)), sheet.get("name", ""), sheets)
        self._book.take(self._parts.main)
        self._outside.sweep(self._parts.document, "other")
        if self._shared is not None:
            for string in beneath(self._shared, "x:si"):
                self._outside.note("other", ooxml_cells.string(string).readings)
            self._outside.sweep(self._shared, "string", {packed(one) for one in self._strings.used})
        return sheets

    def _sheet(self, name: str, sheet_name: str, paper: Paper) -> None:
        if not self._book.take(name):
            return
        root = self._parts.root(name)
        laid_out: set[str] = set()
        paper.turn()
        rows = _Rows(paper.page, paper.y)
        for part in root:
            if short(part) == "x:headerFooter":
                _frame(part, sheet_name, paper, laid_out)
        for part in root:
            if short(part) == "x:sheetData":
                self._rows(part, paper, rows)
            elif short(part) == "x:picture":
                paper.cover(1.0, 1.0, ooxml_pictures.of(self._parts, name, part))
        self._drawings(name, paper, rows)
        for part in root:
            if short(part) != "x:sheetData":  # all that its cells show is laid out
                self._outside.sweep(part, "other", laid_out)

    def _rows(self, table: etree._Element, paper: Paper, rows: "_Rows") -> None:
        found = [(whole(row.get("r", ""), number), self._cells(row)) for number, row in enumerate(beneath(table, "x:row"), 1)]
        rows.columns = max((cells[-1][0] + 1 for _, cells in found if cells), default=1)
        for number, cells in found:
            if cells:
                page = paper.page
                y = paper.y
                paper.lay([Row(tuple(Cell(at / rows.columns, 1.0, [Words(line) for line in text.split("\n")]) for at, text in cells))])
                rows.add(number, paper.page, y if paper.page == page else TOP)

    def _cells(self, row: etree._Element) -> list[tuple[int, str]]:
        """Return (column, text) of the cells that show something."""
        found: list[tuple[int, str]] = []
        at = -1
        for cell in beneath(row, "x:c"):
            at = ooxml_cells.column(cell.get("r", ""), at + 1)
            content = ooxml_cells.content(cell)
            text = ooxml_cells.shown(cell, content, self._strings, self._formats)
            if text.strip():
                found.append((at, text))
            self._beside(content, text)
        return sorted(found)

    def _beside(self, content: Content, shown: str) -> None:
        """Keep what a cell holds and does not show: words of its formula, readings, a text beside its value."""
        for formula in content.formulas:
            self._outside.note("formula", "\n".join(literals(formula)))
        for string in content.strings:
            self._outside.note("other", string.readings)
            if string.text not in shown:
                self._outside.note("other", string.text)
        for value in content.values[1:]:
            self._outside.note("other", value)

    def _drawings(self, sheet: str, paper: Paper, rows: "_Rows") -> None:
        for name in self._parts.targets(sheet, "drawing"):
            self._drawing(name, paper, rows)
        for name in self._parts.targets(sheet, "vmlDrawing"):
            self._old_pictures(name, paper, rows)

    def _drawing(self, name: str, paper: Paper, rows: "_Rows") -> None:
        if not self._book.take(name):
            return
        root = self._parts.root(name)
        laid_out: set[str] = set()
        for anchor in root:
            column, row, width, height = _anchored(anchor)
            page, y = rows.place(row)
            x = min(0.9, column / max(1, rows.columns))
            shown: list[str] = []
            for one in ooxml_graphic.inside(anchor):
                if ooxml_graphic.is_picture(one):
                    paper.cover(width, height, ooxml_pictures.of(self._parts, name, one, width * _PAPER.width), page)
                elif short(one) == "a:p":
                    shown.append(self._book.words(one, laid_out))
                elif short(one) in GRAPHICS:
                    shown += self._book.graphic(name, one)
                    images = self._book.filling(name, one)
                    if images:
                        paper.cover(width, height, images, page)
            for text in "\n".join(shown).split("\n"):
                paper.put(text, x, y, page=page)
                y = min(_LOWEST, y + ROW)
        self._outside.sweep(root, "shape", laid_out)

    def _old_pictures(self, name: str, paper: Paper, rows: "_Rows") -> None:
        """Count the pictures of headers and notes, which are drawn as in old programs."""
        for shape in (one for one in self._parts.root(name).iter() if short(one) in {"v:shape", "v:rect"}):
            pictures = [one for one in shape.iter() if ooxml_graphic.is_picture(one)]
            if pictures:
                spot = ooxml_graphic.spot(shape, _PAPER)
                images = [image for one in pictures for image in ooxml_pictures.of(self._parts, name, one, spot.width * _PAPER.width)]
                paper.cover(spot.width, spot.height, images, rows.place(0)[0])


class _Rows:
    """Where the rows of a sheet came to stand, for the drawings that are anchored to them."""

    def __init__(self, page: int, y: float) -> None:
        self.columns = 1
        self._numbers: list[int] = [0]
        self._places: list[tuple[int, float]] = [(page, y)]

    def add(self, number: int, page: int, y: float) -> None:
        self._numbers.append(max(number, self._numbers[-1]))
        self._places.append((page, y))

    def place(self, row: int) -> tuple[int, float]:
        """Return page and upper edge of a row, or of the last one above it."""
        return self._places[bisect.bisect_right(self._numbers, row) - 1]


def _anchored(anchor: etree._Element) -> tuple[int, int, float, float]:
    """Return the column and row (from 1) at which a drawing begins, and its width and height as fractions of an A4 page."""
    corners: dict[str, tuple[int, int]] = {}
    sizes = [(0, 0)]
    for element in anchor.iter():
        name = short(element)
        if name in {"xdr:from", "xdr:to"}:
            said = {short(one): whole(one.text or "") for one in element}
            corners[name] = (max(0, said.get("xdr:col", 0)), max(0, said.get("xdr:row", 0)))
        elif name in {"xdr:ext", "a:ext"} and element.get("cx"):
            sizes.append((whole(element.get("cx", "")), whole(element.get("cy", ""))))
    start = corners.get("xdr:from", (0, 0))
    end = corners.get("xdr:to", start)
    sizes.append(((end[0] - start[0]) * _CELL[0], (end[1] - start[1]) * _CELL[1]))
    across, down = max(((max(0, across), max(0, down)) for across, down in sizes), key=lambda size: size[0] * size[1])
    return start[0], start[1] + 1, across / _PAPER.width, down / _PAPER.height


def _frame(part: etree._Element, name: str, paper: Paper, laid_out: set[str]) -> None:
    """Lay out the headers and footers of a sheet, its name where they say so, without codes for place, font and page number."""
    head: list[Words] = []
    foot: list[Words] = []
    for element in part:
        text = element.text or ""
        laid_out.add(packed(text))
        side = head if short(element).endswith("Header") else foot
        side += [Words(_FOOTED.sub("", piece).replace("&A", name).replace("&&", "&")) for piece in _SIDES.split(text) if piece]
    paper.frame(head, foot)
