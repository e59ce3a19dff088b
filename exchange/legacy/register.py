"""The register 登记簿 of an import: a workbook whose columns are recognised by their names, row by row; nothing is kept here.

The columns are 收发方向, 发文字号, 标题, 文种, 来文单位, 成文日期, 页数, 文件名, 单位代码, in any order and by any of their usual
names; a column of titles there must be.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from msgspec import Struct, structs

from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Label

MOST_ROWS: Final = 500_000
MOST_COLUMNS: Final = 64
MOST_BYTES: Final = 256 << 20
MOST_UNPACKED: Final = 1 << 30
"""Bytes of a register unpacked: its texts are held in memory, on the machine of the service. No member gives more than it announces."""
_HEAD_ROWS: Final = 10
"""Rows above which the names of the columns must stand; registers have a title above them."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "direction": ("收发", "方向", "收发方向", "收文/发文"),
    "number": ("发文字号", "文号", "文件编号", "字号", "来文字号"),
    "title": ("标题", "题名", "文件标题", "文件题名", "公文标题", "文件名称"),
    "kind": ("文种", "公文种类", "种类"),
    "counterpart": ("来文单位", "发文单位", "发文机关", "对方单位", "责任者", "来文机关", "主送单位", "主送机关"),
    "dated": ("成文日期", "日期", "收文日期", "发文日期", "文件日期"),
    "pages": ("页数", "页码"),
    "file": ("文件名", "文件", "电子文件", "电子文件名", "附件", "原文"),
    "office": ("单位代码", "归属单位"),
}
_DATES: Final = (re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"), re.compile(r"(\d{4})(\d{2})(\d{2})"))
_DIRECTIONS: Final = {"": "received", "收": "received", "收文": "received", "发": "sent", "发文": "sent"}

_LONGEST: Final = {"title": 300, "number": 100, "counterpart": 100}
_FORMULA: Final = Label("是公式，请改成写好的文字", "a formula: write what it should say")
_STRANGE: Final = Label("含特殊字符或换行", "holds special characters or a line break")
_TOO_LONG: Final = {name: Label(f"超过 {most} 字", f"longer than {most} characters") for name, most in _LONGEST.items()}
_WRONG: Final = {
    "title": Label("没有标题", "there is no title"),
    "office": Label("不是所要导入的单位", "another office than the one of this import"),
    "direction": Label("应为 收文 或 发文", "must be 收文 received or 发文 sent"),
    "dated": Label("不是日期，应如 2019-03-05", "no date; write it as 2019-03-05"),
    "pages": Label("不是页数，应为数字", "no number of pages"),
    "file": Label("文件名不能指向目录之外", "leads out of the folder"),
}


class Fault(Struct, frozen=True):
    """One thing that is wrong with a row: in which of `COLUMNS`, empty for the whole row; what it is; and the cell, where it is known."""

    name: str
    said: Label
    cell: str = ""
    column: str = ""


class Column(NamedTuple):
    """A column of the workbook: what it is called there, and where it stands, from 0."""

    called: str
    place: int

    def cell(self, line: int) -> str:
        """Return the address of its cell in a row, as a person finds it."""
        left, letters = self.place + 1, ""
        while left:
            left, digit = divmod(left - 1, 26)
            letters = chr(ord("A") + digit) + letters
        return f"{letters}{line}"


class Entry(Struct, frozen=True, kw_only=True):
    """One row: as it is to be imported, or with everything that is wrong with it, and then as much of it as can be judged further."""

    line: int
    office: str = ""
    direction: str = "received"
    number: str = ""
    title: str = ""
    kind: str = Kind.OTHER.value
    counterpart: str = ""
    dated: str = ""
    pages: int = 0
    file: str = ""
    faults: tuple[Fault, ...] = ()


def name_of(path: Path, office: str) -> str:
    """Return what an import is known by: SHA-256 over office and register. Raises Problem INPUT_UNREADABLE."""
    try:
        digest = hashlib.sha256(f"{office}\n".encode())
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name) from error
    return digest.hexdigest()


@dataclass
class Book:
    """The workbook of a register; `columns` are known once its rows are being read."""

    path: Path
    office: str
    columns: dict[str, Column] = field(default_factory=dict)

    def entries(self) -> Iterator[Entry]:
        """Yield the rows. Raises Problem INPUT_UNREADABLE for what is no workbook, and for one without a column of titles."""
        name = self.path.name
        if not self.path.is_file() or self.path.stat().st_size > MOST_BYTES:
            raise Problem(ProblemType.INPUT_UNREADABLE, name)
        try:
            for line, cells in _lines(self.path):
                if not self.columns:
                    self.columns = _columns(cells)
                    if not self.columns and line >= _HEAD_ROWS:
                        break
                elif line > MOST_ROWS:
                    raise Problem(ProblemType.INPUT_UNREADABLE, f"{name}: 超过 {MOST_ROWS} 行 / more than {MOST_ROWS} rows")
                elif any(cell not in (None, "") for cell in cells):
                    yield self._entry(line, cells)
        except (zipfile.BadZipFile, zlib.error, SyntaxError, NotImplementedError, EOFError) as error:
            raise Problem(ProblemType.INPUT_UNREADABLE, name) from error
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, RuntimeError, OverflowError) as error:
            raise Problem(ProblemType.INPUT_UNREADABLE, name) from error
        if not self.columns:
            raise Problem(ProblemType.INPUT_UNREADABLE, f"{name}: 没有“标题”一列 / no column 标题")

    def _entry(self, line: int, cells: Sequence[Any]) -> Entry:
        said = {name: cells[at.place] if at.place < len(cells) else None for name, at in self.columns.items()}
        made = entry(line, said, self.office)
        return structs.replace(made, faults=tuple(self.in_cell(fault, line) for fault in made.faults)) if made.faults else made

    def in_cell(self, fault: Fault, line: int) -> Fault:
        """Return a fault with the cell it is in, where the workbook has that column."""
        column = self.columns.get(fault.name)
        return fault if column is None else structs.replace(fault, cell=column.cell(line), column=column.called)


def entries(path: Path, office: str) -> Iterator[Entry]:
    """Yield the rows. Raises what `Book.entries` raises."""
    return Book(path, office).entries()


def _lines(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - an eighth of a second that only this command needs to wait

    with path.open("rb") as file:
        with zipfile.ZipFile(file) as packed:
            if sum(each.file_size for each in packed.infolist()) > MOST_UNPACKED:
                raise Problem(ProblemType.INPUT_UNREADABLE, f"{path.name}: {MOST_UNPACKED >> 20} MiB")
        sheet = load_workbook(file, read_only=True, data_only=False).worksheets[0]
        yield from enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), 1)


def _columns(cells: Sequence[Any]) -> dict[str, Column]:
    """Return where each column stands; nothing for a row that does not name a column of titles."""
    said = [re.sub(r"\s", "", str(cell or "")) for cell in cells]
    found = {name: Column(word, said.index(word)) for name, words in COLUMNS.items() if (word := next((w for w in words if w in said), ""))}
    return found if "title" in found else {}


def entry(line: int, cells: Mapping[str, Any], office: str) -> Entry:
    """Return a row as it is to be imported, or with all its faults."""
    said = {name: _text(cells.get(name)) for name in COLUMNS}
    day = _day(cells.get("dated"))
    pages = said["pages"].removesuffix(".0")
    faults = tuple(_faults(said, day, office))
    wrong = {fault.name for fault in faults}
    return Entry(
        line=line,
        office=office,
        direction=_DIRECTIONS.get(said["direction"], "received"),
        number=said["number"],
        title=said["title"],
        kind=next((each.value for each in Kind if said["kind"] == each.zh), Kind.OTHER.value),
        counterpart=said["counterpart"],
        dated=day or "",
        pages=0 if "pages" in wrong else int(pages or 0),
        file="" if "file" in wrong else said["file"].replace("\\", "/"),
        faults=faults,
    )


def _faults(said: Mapping[str, str], day: str | None, office: str) -> Iterator[Fault]:
    """Yield what is wrong with each cell; `day` is None for what is no day."""
    for name, text in said.items():
        if text.startswith("="):
            yield Fault(name, _FORMULA)
            continue
        if not text.isprintable():
            yield Fault(name, _STRANGE)
        if len(text) > _LONGEST.get(name, len(text)):
            yield Fault(name, _TOO_LONG[name])
        if not _fits(name, text, day, office):
            yield Fault(name, _WRONG[name])


def _fits(name: str, text: str, day: str | None, office: str) -> bool:
    """Say whether a cell holds what its column is for."""
    fitting = {
        "title": bool(text),
        "office": text in ("", office),
        "direction": text in _DIRECTIONS,
        "dated": day is not None,
        "pages": re.fullmatch(r"[0-9]{0,5}", text.removesuffix(".0")) is not None,
        "file": not text or is_inside(text),
    }
    return fitting.get(name, True)


def is_inside(name: str) -> bool:
    """Say whether a file's name leads to something in the folder and not out of it."""
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and bool(path.name) and ":" not in name


def _text(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y-%m-%d")
    return "" if cell is None else str(cell).strip()


def _day(cell: Any) -> str | None:
    """Return the day as ISO 8601, '' for none, None for what is no day."""
    text = _text(cell)
    if not text:
        return ""
    for form in _DATES:
        found = form.fullmatch(text)
        if found:
            try:
                return date(*map(int, found.groups())).isoformat()
            except ValueError:
                return None
    return None
