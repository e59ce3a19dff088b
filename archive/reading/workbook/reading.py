"""The cells of an XLSX, from the bytes to the framed answer: imported only by processes to be lost."""

import mmap
import re
from typing import Final, Literal

from lxml import etree

from archive.reading import formats, ooxml_cells
from archive.reading.answer import Request
from archive.reading.made import WORKBOOKS
from archive.reading.ooxml_cells import Formats, Strings
from archive.reading.ooxml_names import beneath, relation, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.package import Package
from archive.reading.workbook.shapes import Area, Cell, Sheet, Workbook, is_tall
from schemas.problems import Problem, ProblemType

SHEETS: Final = 30
CELLS: Final = 60_000
"""Sheets and cells of one workbook; one of more is too large to be merged with others."""
MERGED: Final = 2000
TALL: Final = 50
"""Merged areas of one sheet, and those among them of more than `shapes.TALL` rows: more are no form that people fill in."""

_LONGEST: Final = 2000
_RANGE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?|\d{4}年\d{1,2}月\d{1,2}日(?: \d\d:\d\d)?|\d\d:\d\d")
_HIDDEN: Final = frozenset({"hidden", "veryHidden"})
_TRUE: Final = frozenset({"1", "true"})


def workbook(name: str, media_type: str, content: bytes | mmap.mmap) -> Workbook:
    """Tell the cells of a workbook. Raises a Problem of `answer.REFUSALS`, FORMAT_NOT_INSPECTABLE for another format."""
    try:
        if formats.format_of(name, media_type, content).format != "xlsx":
            raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "no workbook")
        return _Book(Parts(Package(content), "xlsx")).told()
    except (RecursionError, MemoryError) as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, type(error).__name__) from error


def make(request: Request, document: int) -> bytes:
    """Return the framed answer to a request for a workbook; runs in a process to be lost."""
    content = mmap.mmap(document, request.size, access=mmap.ACCESS_COPY)
    return WORKBOOKS.framed(lambda: workbook(request.name, request.media_type, content))


class _Book:
    """What the sheets of a workbook share."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._formats, self._left = parts, Formats(parts), CELLS
        names = parts.targets(parts.main, "sharedStrings")
        self._strings = Strings(parts.root(names[0]) if names else None)

    def told(self) -> Workbook:
        named = [one for group in self._parts.document if short(group) == "x:sheets" for one in group]
        if len(named) > SHEETS:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "sheets")
        return Workbook(tuple(self._sheet(one) for one in named))

    def _sheet(self, said: etree._Element) -> Sheet:
        root = self._parts.root(self._parts.target(self._parts.main, relation(said)))
        cells: list[Cell] = []
        merged: list[Area] = []
        hidden: list[int] = []
        for part in root:
            if short(part) == "x:sheetData":
                self._rows(part, cells, hidden)
            elif short(part) == "x:mergeCells":
                merged += [area for one in part if (area := _area(one.get("ref", ""))) is not None]
        if len(merged) > MERGED or sum(is_tall(area) for area in merged) > TALL:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "merged cells")
        return Sheet(said.get("name", "")[:100], said.get("state") in _HIDDEN, tuple(cells), tuple(merged), tuple(hidden))

    def _rows(self, table: etree._Element, cells: list[Cell], hidden: list[int]) -> None:
        number = 0
        for row in beneath(table, "x:row"):
            number = whole(row.get("r", ""), number + 1)
            before, at = len(cells), -1
            for cell in beneath(row, "x:c"):
                at = ooxml_cells.column(cell.get("r", ""), at + 1)
                told = self._cell(cell, number, at)
                if told is not None:
                    cells.append(told)
            self._left -= len(cells) - before
            if self._left < 0:
                raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "cells")
            if row.get("hidden") in _TRUE and len(cells) > before:
                hidden.append(number)

    def _cell(self, cell: etree._Element, row: int, column: int) -> Cell | None:
        inside = ooxml_cells.content(cell)
        text = ooxml_cells.shown(cell, inside, self._strings, self._formats).strip()[:_LONGEST]
        said = cell.get("t", "n")
        formula = bool(inside.formulas) or any(short(one) == "x:f" for one in cell)
        if not text and not formula:
            return None
        kind: Literal["number", "date", "text", "boolean", "error"] = "text"
        number = ""
        if said == "n" and inside.values and not inside.strings:
            written = inside.values[0].strip()
            kind = "date" if _DAY.fullmatch(text) else "number" if _is_number(written) else "text"
            number = written[:40] if kind == "number" else ""
        elif said in {"b", "e"}:
            kind = "boolean" if said == "b" else "error"
        return Cell(row, column, kind, text, number, formula)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:[Ee][+-]?\d{1,3})?", text) is not None


def _area(reference: str) -> Area | None:
    found = _RANGE.fullmatch(reference)
    if found is None:
        return None
    left, right = (ooxml_cells.column(f"{letters}1", 0) for letters in (found[1], found[3]))
    top, bottom = int(found[2]), int(found[4])
    return Area(top, left, bottom, right) if top <= bottom and left <= right and (top, left) != (bottom, right) else None
