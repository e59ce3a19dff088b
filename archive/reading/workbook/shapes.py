"""A workbook as plain values: what each cell holds and shows, which cells are merged, what is hidden. Nothing is computed."""

from typing import Final, Literal

from msgspec import Struct

TALL: Final = 500
"""Rows from which on a merged area is a tall one."""


class Area(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Merged cells: the corners, rows from 1 and columns from 0, both ends within."""

    top: int
    left: int
    bottom: int
    right: int


def is_tall(area: Area) -> bool:
    """Say whether a merged area covers so many rows that it is not worth looking up by row."""
    return area.bottom - area.top >= TALL


class Cell(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One cell that holds something. `number` is a number as it was written, empty for anything else; dates are told by `text` alone.

    `text` is what the cell shows; of a formula that is its last result, computed elsewhere, and empty where none was kept.
    """

    row: int
    column: int
    kind: Literal["number", "date", "text", "boolean", "error"]
    text: str
    number: str = ""
    formula: bool = False


class Sheet(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One sheet, its cells row by row."""

    name: str
    hidden: bool
    cells: tuple[Cell, ...]
    merged: tuple[Area, ...] = ()
    hidden_rows: tuple[int, ...] = ()


class Workbook(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The sheets in their order."""

    sheets: tuple[Sheet, ...]


def letters(column: int) -> str:
    """Return the letters of a column from 0: A, Z, AA."""
    name, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
