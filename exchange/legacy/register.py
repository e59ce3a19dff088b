"""The register 登记簿 of an import: a workbook whose columns are recognised by their names, row by row; nothing is kept here.

The columns are 收发方向, 发文字号, 标题, 文种, 来文单位, 成文日期, 页数, 文件名, 单位代码, in any order and by any of their usual
names; a column of titles there must be.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from msgspec import Struct

from schemas.problems import Problem, ProblemType
from schemas.words import Kind

MOST_ROWS: Final = 500_000
MOST_COLUMNS: Final = 64
MOST_BYTES: Final = 256 << 20
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


class Entry(Struct, frozen=True, kw_only=True):
    """One row that can be imported, or what is wrong with it in `fault`: a word for the field, in the register's language."""

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
    fault: str = ""


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


def entries(path: Path, office: str) -> Iterator[Entry]:
    """Yield the rows. Raises Problem INPUT_UNREADABLE for what is no workbook, and for one without a column of titles."""
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name)
    places: dict[str, int] = {}
    try:
        for line, cells in _lines(path):
            if not places:
                places = _places(cells)
                if not places and line >= _HEAD_ROWS:
                    break
            elif line > MOST_ROWS:
                raise Problem(ProblemType.INPUT_UNREADABLE, f"{path.name}: {MOST_ROWS} 行 rows")
            elif any(cell not in (None, "") for cell in cells):
                yield entry(line, {name: cells[at] if at < len(cells) else None for name, at in places.items()}, office)
    except (zipfile.BadZipFile, zlib.error, SyntaxError, NotImplementedError, EOFError) as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name) from error
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, RuntimeError, OverflowError) as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name) from error
    if not places:
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{path.name}: 没有“标题”一列 / no column 标题")


def _lines(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - an eighth of a second that only this command needs to wait

    with path.open("rb") as file:
        sheet = load_workbook(file, read_only=True, data_only=False).worksheets[0]
        yield from enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), 1)


def _places(cells: Sequence[Any]) -> dict[str, int]:
    """Return where each column stands; nothing for a row that does not name a column of titles."""
    said = [re.sub(r"\s", "", str(cell or "")) for cell in cells]
    found = {name: said.index(word) for name, words in COLUMNS.items() if (word := next((each for each in words if each in said), ""))}
    return found if "title" in found else {}


def entry(line: int, cells: Mapping[str, Any], office: str) -> Entry:
    """Return a row as it is to be imported, or with its first fault."""
    said = {name: _text(cells.get(name)) for name in COLUMNS}
    kind = said["kind"]
    day = _day(cells.get("dated"))
    faults = (
        ("公式 a formula", any(text.startswith("=") for text in said.values())),
        ("标题 title", not 1 <= len(said["title"]) <= 300),  # noqa: PLR2004 - as a paper's
        ("含特殊字符 special characters", not all(text.isprintable() for text in said.values())),
        ("文号过长 number", len(said["number"]) > 100 or len(said["counterpart"]) > 100),  # noqa: PLR2004 - registers say much
        ("单位代码 office", said["office"] not in ("", office)),
        ("收发方向 direction", said["direction"] not in _DIRECTIONS),
        ("日期 date", day is None),
        ("页数 pages", not re.fullmatch(r"\d{0,5}", said["pages"].removesuffix(".0"))),
        ("文件名 file", bool(said["file"]) and not is_inside(said["file"])),
    )
    fault = next((name for name, wrong in faults if wrong), "")
    if fault:
        return Entry(line=line, fault=fault)
    return Entry(
        line=line,
        office=office,
        direction=_DIRECTIONS[said["direction"]],
        number=said["number"],
        title=said["title"],
        kind=next((each.value for each in Kind if kind == each.zh), Kind.OTHER.value),
        counterpart=said["counterpart"],
        dated=day or "",
        pages=int(said["pages"].removesuffix(".0") or 0),
        file=said["file"].replace("\\", "/"),
    )


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
