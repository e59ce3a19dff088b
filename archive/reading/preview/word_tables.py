"""Tables of a DOCX: cells that cover others, their lines and shades."""

from collections.abc import Callable
from typing import Final

from lxml import etree

from archive.reading.ooxml_names import own, short, whole
from archive.reading.ooxml_word import within
from archive.reading.preview.budget import Budget
from archive.reading.preview.shapes import Block, Cell, Row, Table
from archive.reading.preview.word_styles import Styles, bordered, hexadecimal

_MOST_COLUMNS: Final = 100
_SIDES: Final = {"top": "t", "right": "r", "end": "r", "bottom": "b", "left": "l", "start": "l"}


class _Open:
    """A cell as it is put together; those beneath it may be merged into it."""

    def __init__(self, cell: etree._Element, blocks: list[Block], edges: str) -> None:
        self.said = {short(one): one for properties in cell if short(properties) == "w:tcPr" for one in properties}
        self.across = max(1, min(_MOST_COLUMNS, whole(own(self.said["w:gridSpan"], "val"), 1))) if "w:gridSpan" in self.said else 1
        self.down = 1
        self.blocks = blocks
        self.edges = _edges(self.said.get("w:tcBorders"), edges)

    @property
    def goes_on(self) -> bool:
        """Say whether this is a piece of the cell above."""
        return "w:vMerge" in self.said and own(self.said["w:vMerge"], "val", "continue") != "restart"

    def closed(self) -> Cell:
        shade = hexadecimal(own(self.said["w:shd"], "fill")) if "w:shd" in self.said else ""
        middle = "w:vAlign" in self.said and own(self.said["w:vAlign"], "val") == "center"
        return Cell(tuple(self.blocks), self.across, self.down, self.edges, shade, middle)


class Tables:
    """Reads tables; `blocks` reads what stands in a cell."""

    def __init__(self, styles: Styles, blocks: Callable[[etree._Element], list[Block]], budget: Budget) -> None:
        """Read tables of a document with these styles, as far as there is room."""
        self._styles, self._blocks, self._budget = styles, blocks, budget

    def table(self, table: etree._Element) -> Table:
        """Return a table."""
        properties = next((one for one in table if short(one) == "w:tblPr"), None)
        edges = "trbl" if self._is_lined(properties) else ""
        above: dict[int, _Open] = {}
        rows: list[list[_Open]] = []
        for row in within(table, "w:tr"):
            column, cells = 0, list[_Open]()
            if not self._budget.take_object():
                break
            for cell in within(row, "w:tc"):
                if not self._budget.take_object():
                    break
                one = _Open(cell, self._blocks(cell), edges)
                top = above.get(column)
                if one.goes_on and top is not None and top.across == one.across:
                    top.down += 1
                    top.blocks += [block for block in one.blocks if getattr(block, "pieces", True)]
                else:
                    cells.append(one)
                    above[column] = one
                column += one.across
            rows.append(cells)
        widths = tuple(float(max(0, whole(own(one, "w")))) for grid in table if short(grid) == "w:tblGrid" for one in grid)
        return Table(tuple(Row(tuple(cell.closed() for cell in cells)) for cells in rows), widths[:_MOST_COLUMNS])

    def _is_lined(self, properties: etree._Element | None) -> bool:
        if properties is None:
            return False
        said = bordered(properties)
        if said is None:
            said = self._styles.is_bordered(next((own(one, "val") for one in properties if short(one) == "w:tblStyle"), ""))
        return said


def _edges(borders: etree._Element | None, usual: str) -> str:
    found = set(usual)
    for side in borders if borders is not None else ():
        edge = _SIDES.get(short(side).removeprefix("w:"), "")
        if edge and own(side, "val") in {"nil", "none"}:
            found.discard(edge)
        elif edge:
            found.add(edge)
    return "".join(edge for edge in "trbl" if edge in found)
