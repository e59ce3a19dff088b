"""A workbook, sheet by sheet, each a table as the program shows it; what it hides is shown too, and marked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import Final

from lxml import etree

from archive.reading import ooxml_cells, ooxml_graphic, ooxml_pictures
from archive.reading.ooxml_cells import Formats, Strings
from archive.reading.ooxml_choice import branch
from archive.reading.ooxml_names import beneath, relation, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.package import Package
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.cell_styles import Look, Looks, figure
from archive.reading.preview.shapes import Block, Box, Cell, Flowing, Inset, Paragraph, Preview, Row, Span, Table

SHEETS: Final = 20
ROWS: Final = 500
COLUMNS: Final = 60
"""Sheets of one preview, and rows and columns of a sheet."""

_RANGE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})(?::\$?([A-Za-z]{1,3})\$?(\d{1,7}))?")
_HIDDEN: Final = frozenset({"hidden", "veryHidden"})
_USUAL_WIDTH: Final = 8.43
_GAP: Final = 3
_ERRORS: Final = frozenset({"b", "e"})


def preview(content: bytes | mmap, first: int) -> Preview:
    """Write sheets from number `first` on. Raises the Problems of `Parts`."""
    book = _Book(Parts(Package(content), "xlsx"))
    named = [one for group in book.parts.document if short(group) == "x:sheets" for one in group]
    sheets = [book.sheet(number, one) for number, one in enumerate(named, 1) if first <= number < first + SHEETS]
    return Preview(
        kind="xlsx",
        sheets=tuple(sheets),
        pictures=tuple(book.album.pictures),
        first=first,
        total=len(named),
        left_out=tuple(dict.fromkeys((*book.budget.left_out, *book.album.left_out))),
    )


@dataclass
class _Grid:
    """What a sheet says of its cells before they are read: those that cover others, and what of it is hidden."""

    covering: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    covered: set[tuple[int, int]] = field(default_factory=set)
    widths: dict[int, float] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)


class _Book:
    """What the sheets of a workbook share."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.album, self.budget = parts, Album(), Budget()
        self._formats, self._looks = Formats(parts), Looks(parts)
        names = parts.targets(parts.main, "sharedStrings")
        self._strings = Strings(parts.root(names[0]) if names else None)

    def sheet(self, number: int, said: etree._Element) -> Flowing:
        """Return a sheet."""
        name = self.parts.target(self.parts.main, relation(said))
        root = self.parts.root(name)
        blocks: list[Block] = []
        if short(root) == "x:worksheet":
            grid = _grid(root)
            rows = self._rows(root)
            if rows:
                blocks.append(self._table(rows, grid))
        blocks += [*self._drawings(name), *self._comments(name)]
        return Flowing(number, tuple(blocks), self.budget.words(said.get("name", "")), hidden=said.get("state") in _HIDDEN)

    def _rows(self, root: etree._Element) -> list[tuple[int, bool, dict[int, tuple[str, Look, bool]]]]:
        """Return (number, hidden, cells by column) of the rows that show something, as many as fit."""
        found: list[tuple[int, bool, dict[int, tuple[str, Look, bool]]]] = []
        number = 0
        for row in (one for table in root if short(table) == "x:sheetData" for one in beneath(table, "x:row")):
            number = whole(row.get("r", ""), number + 1)
            cells = self._cells(row)
            if not cells:
                continue
            if len(found) >= ROWS or self.budget.is_spent:
                self.budget.leave("rows")
                break
            found.append((number, row.get("hidden") in {"1", "true"}, cells))
        while found and not any(text or look.edges or look.shade for text, look, _ in found[-1][2].values()):
            found.pop()
        return found

    def _cells(self, row: etree._Element) -> dict[int, tuple[str, Look, bool]]:
        found: dict[int, tuple[str, Look, bool]] = {}
        at = -1
        for cell in beneath(row, "x:c"):
            at = ooxml_cells.column(cell.get("r", ""), at + 1)
            if at >= COLUMNS:
                self.budget.leave("columns")
                break
            if not self.budget.take_object():
                break
            look = self._looks.at(cell.get("s", ""))
            text, counted = self._text(cell, look)
            if text or look.edges or look.shade:
                found[at] = (self.budget.words(text), look, counted)
        return found

    def _text(self, cell: etree._Element, look: Look) -> tuple[str, bool]:
        """Return what a cell shows, and whether it is a number."""
        inside = ooxml_cells.content(cell)
        counted = cell.get("t", "n") == "n" and bool(inside.values) and not inside.strings
        text = ooxml_cells.shown(cell, inside, self._strings, self._formats)
        if counted and look.code:
            written = figure(look.code, inside.values[0])
            plain = self._formats.shown(inside.values[0], "")
            text = text.replace(plain, written, 1) if written is not None and plain in text else text
        return text, counted or cell.get("t") in _ERRORS

    def _table(self, rows: list[tuple[int, bool, dict[int, tuple[str, Look, bool]]]], grid: _Grid) -> Table:
        last = max(max(cells) for _, _, cells in rows)
        last = max([last, *(column + across - 1 for (_, column), (across, _) in grid.covering.items())])
        last = min(COLUMNS - 1, last)
        numbers = {number for number, _, _ in rows}
        made: list[Row] = []
        before = 0
        for number, hidden, cells in rows:
            if before and number - before > 1:
                made += _blank(before + 1, number, last, grid)
            before = number
            made.append(Row(tuple(self._row(number, cells, last, grid, numbers)), str(number), hidden))
        widths = tuple(grid.widths.get(column, _USUAL_WIDTH) for column in range(last + 1))
        names = tuple(_letters(column) + (" ⊘" if column in grid.hidden else "") for column in range(last + 1))
        return Table(tuple(made), widths, names)

    def _row(self, number: int, cells: dict[int, tuple[str, Look, bool]], last: int, grid: _Grid, numbers: set[int]) -> Iterator[Cell]:
        for column in range(last + 1):
            if (number, column) in grid.covered:
                continue
            text, look, counted = cells.get(column, ("", Look(), False))
            across, down = grid.covering.get((number, column), (1, 1))
            down = 1 + sum(1 for below in range(number + 1, number + down) if below in numbers or _is_short(below, number, numbers))
            letters = look.letters
            span = Span(
                text, letters.bold, letters.italic, letters.underlined, letters.struck, letters.size, letters.colour, letters.family  # type: ignore[arg-type]
            )  # fmt: skip
            align = look.align or ("right" if counted else "left")
            block = (Paragraph((span,), align=align),) if text else ()  # type: ignore[arg-type]
            yield Cell(block, min(across, last + 1 - column), down, look.edges, look.shade, look.middle)

    def _drawings(self, name: str) -> list[Block]:
        """Return the pictures and words that lie over a sheet."""
        found: list[Block] = []
        for drawing in self.parts.targets(name, "drawing"):
            root = self.parts.root(drawing)
            for anchor in root:
                found += self._anchored(drawing, anchor)
        return found

    def _anchored(self, drawing: str, anchor: etree._Element) -> Iterator[Block]:
        shown = branch(anchor) if short(anchor) == "mc:AlternateContent" else anchor
        for one in ooxml_graphic.inside(shown) if shown is not None else ():
            if ooxml_graphic.is_picture(one):
                for image in ooxml_pictures.of(self.parts, drawing, one)[:1]:
                    taken = self.album.take(self.parts.bytes_of(image.part))
                    yield Paragraph((Inset(taken, (image.width or 3.0) * 72),))
            elif short(one) == "a:p":
                text = self.budget.words("".join(each.text or "" for each in one.iter() if short(each) == "a:t"))
                if text.strip():
                    yield Paragraph((Span(text),))
            elif short(one) in {"c:chart", "cx:chart", "dgm:relIds"}:
                yield Paragraph((self._chart(drawing, one),))

    def _comments(self, name: str) -> Iterator[Block]:
        """Give what people wrote beside cells, each with its cell."""
        for comments in self.parts.targets(name, "comments"):
            for one in self.parts.root(comments).iter():
                if short(one) == "x:comment":
                    text = self.budget.words("".join(ooxml_cells.string(child).text for child in one if short(child) == "x:text"))
                    place = Span(f"{one.get('ref', '')[:10]} ", bold=True)
                    yield Box("note", (Paragraph((place, Span(text))),))

    def _chart(self, drawing: str, element: etree._Element) -> Inset:
        arrow = self.parts.of(drawing).get(relation(element, "dm" if short(element) == "dgm:relIds" else "id"))
        words = ""
        if arrow is not None and not arrow.external and self.parts.has(arrow.target):
            words = "\n".join(ooxml_graphic.lines(self.parts.root(arrow.target))[0])
        self.album.left_out["drawings"] = None
        return Inset(-1, 0.0, self.budget.words(words))


def _is_short(row: int, first: int, numbers: set[int]) -> bool:
    """Say whether an empty row is written, because it lies in a small gap."""
    nearer = [each for each in range(row + 1, row + _GAP + 1) if each in numbers]
    return row > first and bool(nearer) and any(each in numbers for each in range(max(first, row - _GAP), row))


def _blank(first: int, end: int, last: int, grid: _Grid) -> list[Row]:
    """Return the empty rows of a gap: each of a small one, a single sign for a large one."""
    if end - first > _GAP:
        return [Row((Cell((Paragraph((Span("⋮"),)),), last + 1),), "⋮")]
    return [
        Row(tuple(Cell(()) for column in range(last + 1) if (number, column) not in grid.covered), str(number))
        for number in range(first, end)
    ]


def _grid(root: etree._Element) -> _Grid:
    grid = _Grid()
    for part in root:
        if short(part) == "x:cols":
            for one in part:
                begin, end = whole(one.get("min", ""), 1) - 1, min(COLUMNS, whole(one.get("max", ""), 1))
                for column in range(max(0, begin), end):
                    grid.widths[column] = max(2.0, min(100.0, float(whole(one.get("width", ""), 8))))
                    if one.get("hidden") in {"1", "true"}:
                        grid.hidden.add(column)
        elif short(part) == "x:mergeCells":
            for one in part:
                _merge(one.get("ref", ""), grid)
    return grid


def _merge(reference: str, grid: _Grid) -> None:
    found = _RANGE.fullmatch(reference)
    if not found or not found[3]:
        return
    left, top = ooxml_cells.column(f"{found[1]}1", 0), int(found[2])
    right, bottom = min(COLUMNS - 1, ooxml_cells.column(f"{found[3]}1", 0)), min(int(found[4]), top + 4 * ROWS)
    if left > right or top > bottom or (left, top) == (right, bottom) or len(grid.covered) > ROWS * COLUMNS:
        return
    grid.covering[top, left] = (right - left + 1, bottom - top + 1)
    grid.covered |= {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)} - {(top, left)}


def _letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
