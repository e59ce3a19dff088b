"""Many answers made one table: a row for each row that was filled in, each cell with its origin, and what is not clear said precisely.

Pure. Nothing is guessed: a cell that is merged away, a formula without its result, a heading that was changed leave an empty cell and
a note; a text among numbers stays a text. Sums are checked and not taken over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from archive.reading.workbook.shapes import Cell, Workbook, letters
from exchange.forms.layout import Grid, Layout, by_labels, is_footer, is_total, of_template, place
from exchange.forms.repetition import plain
from schemas.problems import ProblemType
from schemas.words import Label

LONGEST_NUMBER: Final = 15
"""Digits that a spreadsheet keeps of a number."""
FARTHEST: Final = 100
"""Powers of ten beyond which a number is none: a sum of such ones is more than a cell can hold."""
MOST_NOTES: Final = 2000


class Value(NamedTuple):
    """One cell of the table: what it says, the number that it is where it is one, and whence it comes."""

    text: str = ""
    number: str = ""
    origin: str = ""


EMPTY: Final = Value()


class Row(NamedTuple):
    """A row of the table; `file` is empty for what was filled in on the page."""

    office: str
    name: str
    file: str
    where: str
    values: tuple[Value, ...]


class Note(NamedTuple):
    """Something to look at: whose, in which file, at which cell, and what."""

    name: str
    file: str
    cell: str
    said: Label


class Merged(NamedTuple):
    """The table; `numeric` are the columns of numbers, `sums` their sums by column."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    numeric: frozenset[int]
    sums: Mapping[int, Decimal]


class Source(NamedTuple):
    """One file that came in, read; or the problem why it could not be."""

    office: str
    name: str
    file: str
    book: Workbook | None
    problem: ProblemType | None = None


class Filled(NamedTuple):
    """What an office filled in on the page: values by label."""

    office: str
    name: str
    values: Mapping[str, str]


@dataclass
class _Table:
    """The table while it is made."""

    columns: list[str]
    numbers: set[str]
    rows: list[Row] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, source: Source, cell: str, zh: str, en: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(source.name, source.file, cell, Label(zh, en)))


def merge(template: Workbook | None, labels: Sequence[tuple[str, bool]], filled: Sequence[Filled], sources: Sequence[Source]) -> Merged:
    """Make one table. `labels` are the form's own fields, each with whether it is a number; offices stand in the order given."""
    laid = None if template is None else of_template(template)
    columns = list(dict.fromkeys([label for label, _ in labels] + list(laid[0].columns.values() if laid else ())))
    table = _Table(columns, {plain(label) for label, number in labels if number})
    for each in filled:
        values = tuple(_plain(each.values.get(label, ""), plain(label) in table.numbers) for label in columns)
        table.rows.append(Row(each.office, each.name, "", "", values))
    for source in sources:
        _take(table, source, laid)
    numeric = frozenset(_numeric(table))
    _flag_texts(table, numeric)
    offices = dict.fromkeys([*(each.office for each in filled), *(each.office for each in sources)])
    order = {office: number for number, office in enumerate(offices)}
    rows = tuple(sorted(table.rows, key=lambda row: order[row.office]))
    sums = {at: sum((Decimal(row.values[at].number) for row in rows if row.values[at].number), Decimal()) for at in sorted(numeric)}
    return Merged(tuple(columns), rows, tuple(table.notes), numeric, sums)


def _plain(text: str, number: bool) -> Value:  # noqa: FBT001 - a column's own trait
    return Value(text, text if number else "", "") if text else EMPTY


def _take(table: _Table, source: Source, laid: tuple[Layout, Grid] | None) -> None:
    if source.book is None:
        title = ProblemType.DOCUMENT_BROKEN.title if source.problem is None else source.problem.title
        table.note(source, "", f"文件无法读取：{title.zh}", f"the file cannot be read: {title.en}")
        return
    if laid is None:
        found = by_labels(source.book, table.columns)
        if found is None:
            table.note(source, "", "没有一张工作表的表头与填报项相符，未并入", "no sheet has the fields as its heading: not merged")
            return
        layout, grid = found
        given = {layout.columns[column]: column for column in layout.columns}
    else:
        layout = laid[0]
        sheet = next((one for one in source.book.sheets if one.name.strip() == layout.sheet.strip()), None)
        if sheet is None:
            names = "、".join(one.name for one in source.book.sheets)
            table.note(
                source,
                "",
                f"没有工作表“{layout.sheet}”（有：{names}），未并入",
                f"there is no sheet {layout.sheet} (but {names}): not merged",
            )
            return
        grid = Grid(sheet)
        given = _heading(table, source, grid, layout)
    _rows(table, source, grid, layout, given, None if laid is None else laid[1])


def _heading(table: _Table, source: Source, grid: Grid, layout: Layout) -> dict[str, int]:
    """Return the columns by label whose heading is the template's, and say of the others that they are not taken."""
    changed = {column for (row, column), text in layout.cells.items() if plain(grid.text(row, column)) != plain(text)}
    for row, column in layout.cells:
        if column in changed and plain(grid.text(row, column)) != plain(layout.cells[row, column]):
            wanted, found = layout.cells[row, column], grid.text(row, column)
            cell = place(grid.name, row, column)
            table.note(
                source,
                cell,
                f"表头被改动：应为“{wanted}”，实为“{found}”，此列未并入",
                f"the heading is {found!r} instead of {wanted!r}: this column is not merged",
            )
    return {label: column for column, label in layout.columns.items() if column not in changed}


def _rows(table: _Table, source: Source, grid: Grid, layout: Layout, given: Mapping[str, int], template: Grid | None) -> None:
    wanted, before = set(layout.columns), len(table.rows)
    added: list[dict[int, Cell]] = []
    strays: list[str] = []
    for number in (row for row in grid.rows if row > layout.bottom):
        whole = grid.row(number)
        row = {column: cell for column, cell in whole.items() if column in wanted}
        strays += [place(grid.name, number, column) for column in whole if column not in wanted]
        printed = {} if template is None else {column: template.text(number, column) for column in row}
        if not row or all(cell.text == printed.get(column) for column, cell in row.items()) or is_footer(row):
            continue
        if is_total(row):
            _check_sums(table, source, grid, row, added)
            continue
        added.append(row)
        if grid.is_hidden(number):
            table.note(source, f"{grid.name}!{number}", "此行被隐藏，已并入，请核对", "this row is hidden; it is merged, check it")
        values = tuple(_value(table, source, grid, number, given.get(label)) for label in table.columns)
        table.rows.append(Row(source.office, source.name, source.file, f"{grid.name}!{number}", values))
    if strays:
        table.note(
            source, strays[0], f"表样之外有 {len(strays)} 个单元格有内容，未并入", f"{len(strays)} cells beside the template: not merged"
        )
    if len(table.rows) == before:
        table.note(source, grid.name, "表内没有填写任何数据行", "no row is filled in")


def _value(table: _Table, source: Source, grid: Grid, row: int, column: int | None) -> Value:
    if column is None:
        return EMPTY
    cell, where, area = grid.cells.get((row, column)), place(grid.name, row, column), grid.area(row, column)
    if area is not None:
        held = place(grid.name, area.top, area.left)
        if (area.top, area.left) != (row, column):
            table.note(source, where, f"合并单元格，内容只在 {held}，此处留空", f"merged: what it shows stands in {held}; left empty")
            return EMPTY
        span = f"{letters(area.left)}{area.top}:{letters(area.right)}{area.bottom}"
        table.note(source, where, f"合并单元格 {span}，内容只计一次", f"merged cells {span}: counted once")
    if cell is None:
        return EMPTY
    if cell.formula:
        shown = "按文件中保存的结果并入，请核对" if cell.text else "文件中没有保存结果，此处留空"
        told = "its last result is taken, check it" if cell.text else "the file keeps no result: left empty"
        table.note(source, where, f"单元格是公式，{shown}", f"a formula: {told}")
    if cell.kind == "error":
        table.note(source, where, f"单元格显示错误 {cell.text}", f"the cell shows the error {cell.text}")
    return _kept(table, source, cell, where)


def _kept(table: _Table, source: Source, cell: Cell, where: str) -> Value:
    if cell.kind == "number" and abs(Decimal(cell.number).adjusted()) > FARTHEST and Decimal(cell.number):
        table.note(source, where, "数字过大或过小，按文字并入", "a number out of all measure: kept as text")
        return Value(cell.text, "", where)
    digits = sum(sign.isdigit() for sign in cell.number.split("e", 1)[0].split("E", 1)[0])
    if cell.kind == "number" and digits > LONGEST_NUMBER + 2:
        table.note(source, where, "数字超过 15 位，末几位可能已丢失，按文字并入", "a number of more than 15 digits: kept as text")
        return Value(cell.text, "", where)
    return Value(cell.text, cell.number if cell.kind == "number" else "", where)


def _check_sums(table: _Table, source: Source, grid: Grid, total: Mapping[int, Cell], rows: Sequence[Mapping[int, Cell]]) -> None:
    """Hold the sums that a sheet gives against its rows; a sum that agrees needs no further word, formula or not."""
    for column, cell in sorted(total.items()):
        if cell.kind != "number":
            continue
        summed = sum((Decimal(row[column].number) for row in rows if column in row and row[column].number), Decimal())
        if abs(Decimal(cell.number) - summed) > Decimal("0.000001"):
            table.note(
                source,
                place(grid.name, cell.row, column),
                f"合计数 {cell.text} 与各行之和 {_figure(summed)} 不符",
                f"the sum {cell.text} is not that of the rows, {_figure(summed)}",
            )


def _figure(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


def _numeric(table: _Table) -> Iterator[int]:
    """Yield the columns of numbers: those that the form declares so, and those in which half of what was filled in is a number."""
    for at, label in enumerate(table.columns):
        said = [row.values[at] for row in table.rows if row.values[at].text]
        numbers = sum(bool(value.number) for value in said)
        if plain(label) in table.numbers or (numbers and 2 * numbers >= len(said)):
            yield at


def _flag_texts(table: _Table, numeric: frozenset[int]) -> None:
    for row in table.rows:
        for at in sorted(numeric):
            value = row.values[at]
            if value.text and not value.number and len(table.notes) < MOST_NOTES:
                said = Label(
                    f"“{table.columns[at]}”应为数字，实为文字“{value.text[:40]}”，未计入合计",
                    f"{table.columns[at]} should be a number and is the text {value.text[:40]!r}: not in the sum",
                )
                table.notes.append(Note(row.name, row.file, value.origin, said))
