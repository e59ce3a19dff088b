"""Where the figures of a filled sheet stand: its columns by their headings, its rows, its sums. Pure; what is not clear is said."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from archive.reading.workbook.shapes import Area, Cell, Sheet, Workbook, is_tall, letters
from exchange.forms.repetition import plain

TOTALS: Final = frozenset({"合计", "总计", "共计", "小计", "汇总", "总和"})


class Grid:
    """The cells of a sheet by row and column, and which of them are merged."""

    def __init__(self, sheet: Sheet) -> None:
        """Take a sheet."""
        self.name, self.sheet = sheet.name, sheet
        self.cells: dict[tuple[int, int], Cell] = {(cell.row, cell.column): cell for cell in sheet.cells}
        self._rows: dict[int, dict[int, Cell]] = {}
        for cell in sheet.cells:
            self._rows.setdefault(cell.row, {})[cell.column] = cell
        self.rows = sorted(self._rows)
        self._hidden = frozenset(sheet.hidden_rows)
        self._tall = [area for area in sheet.merged if is_tall(area)]
        self._areas: dict[int, list[Area]] = {}
        for area in sheet.merged:
            for row in range(area.top, area.bottom + 1) if not is_tall(area) else ():
                self._areas.setdefault(row, []).append(area)

    def row(self, number: int) -> dict[int, Cell]:
        """Return the cells of a row by column."""
        return self._rows.get(number, {})

    def area(self, row: int, column: int) -> Area | None:
        """Return the merged cells to which a place belongs."""
        near = (*self._areas.get(row, ()), *self._tall)
        return next((one for one in near if one.top <= row <= one.bottom and one.left <= column <= one.right), None)

    def text(self, row: int, column: int) -> str:
        """Return what stands at a place; merged cells show the same everywhere."""
        area = self.area(row, column)
        cell = self.cells.get((row, column) if area is None else (area.top, area.left))
        return "" if cell is None else cell.text

    def is_hidden(self, row: int) -> bool:
        """Say whether a row is hidden."""
        return row in self._hidden


class Layout(NamedTuple):
    """A sheet's heading: its rows `top` to `bottom`, and the columns with their labels; `cells` are the texts of the heading."""

    sheet: str
    top: int
    bottom: int
    columns: Mapping[int, str]
    cells: Mapping[tuple[int, int], str]


def place(sheet: str, row: int, column: int) -> str:
    """Return a place as people write it: 表1!C4."""
    return f"{sheet}!{letters(column)}{row}"


def of_template(book: Workbook) -> tuple[Layout, Grid] | None:
    """Return how the first visible sheet of a template is laid out; None where there is no heading in it."""
    sheet = next((one for one in book.sheets if not one.hidden and one.cells), None)
    if sheet is None:
        return None
    grid = Grid(sheet)
    told = {row: sum(1 for cell in grid.row(row).values() if cell.kind == "text" and not cell.formula) for row in grid.rows}
    most = max(told.values(), default=0)
    if not most:
        return None
    return _layout(grid, next(row for row in grid.rows if told[row] == most)), grid


def by_labels(book: Workbook, labels: Sequence[str]) -> tuple[Layout, Grid] | None:
    """Return how a sheet is laid out whose heading has at least half of these labels, the one that has most."""
    wanted = {plain(label): label for label in labels}
    best: tuple[int, Layout, Grid] | None = None
    for sheet in book.sheets:
        grid = Grid(sheet)
        for row in grid.rows:
            found = {column: wanted[plain(cell.text)] for column, cell in grid.row(row).items() if plain(cell.text) in wanted}
            if 2 * len(found) >= len(wanted) and (best is None or len(found) > best[0]):
                best = (len(found), Layout(sheet.name, row, row, found, {}), grid)
    return None if best is None else best[1:]


def _layout(grid: Grid, top: int) -> Layout:
    """Read a heading of one row, or of several where cells of its first one are merged."""
    touching = [area for area in grid.sheet.merged if area.top == top]
    bottom = max([top, *(area.bottom for area in touching)])
    if any(area.left < area.right and area.bottom == bottom for area in touching) and grid.row(bottom + 1):
        bottom += 1
    last = max((column for row, column in grid.cells if top <= row <= bottom), default=0)
    last = max([last, *(area.right for area in touching)])
    columns = {}
    for column in range(last + 1):
        said = list(dict.fromkeys(filter(None, (grid.text(row, column) for row in range(top, bottom + 1)))))
        if said:
            columns[column] = "·".join(said)
    cells = {(row, column): cell.text for (row, column), cell in grid.cells.items() if top <= row <= bottom}
    return Layout(grid.name, top, bottom, columns, cells)


def is_total(row: Mapping[int, Cell]) -> bool:
    """Say whether a row gives sums: the first word in it says so."""
    words = [cell.text for _, cell in sorted(row.items()) if cell.kind == "text"]
    return bool(words) and "".join(words[0].split()) in TOTALS


def is_footer(row: Mapping[int, Cell]) -> bool:
    """Say whether a row stands below the figures: 填表人：… and notes begin with a word and a colon."""
    first = row[min(row)]
    return first.kind == "text" and ("：" in first.text[:12] or ":" in first.text[:12] or first.text.startswith(("注", "说明")))
