"""The list of people as a workbook: its template, and what one that was filled in says, row by row. Nothing is done here.

Columns are 单位代码, 单位 (may be empty), 姓名, 角色; the first row is their names. A cell with a formula is a fault: what it shows was
computed elsewhere, and when.
"""

import io
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import xlsxwriter  # type: ignore[import-untyped]
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from exchange.office.store import MAX_NAME
from exchange.web.admin.store import Office
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role

COLUMNS: Final = ("单位代码", "单位", "姓名", "角色")
MOST_ROWS: Final = 500
MOST_BYTES: Final = 1 << 20
_MOST_UNPACKED: Final = 16 << 20
_SHOWN: Final = 80
ROLES: Final = tuple(role for role in Role if role is not Role.SERVICE)

NOT_A_WORKBOOK: Final = Label("这不是 XLSX 工作簿，或文件已损坏、加密。", "This is no XLSX workbook, or it is damaged or encrypted.")
NO_ROWS: Final = Label("工作簿里没有人员：请从第 2 行起填写。", "The workbook has nobody in it: fill it in from row 2 on.")
TOO_MANY: Final = Label(f"一次最多 {MOST_ROWS} 人，请分成几个文件。", f"At most {MOST_ROWS} people at a time: make several files of it.")
WRONG_COLUMNS: Final = Label(
    "第 1 行应是“单位代码、单位、姓名、角色”四列，请使用模板。", "Row 1 must name the columns 单位代码, 单位, 姓名, 角色: use the template."
)

FORMULA: Final = Label("单元格是公式，请改成文字。", "A cell is a formula; write the text itself.")
UNKNOWN_OFFICE: Final = Label("没有这个单位代码。", "There is no office of this code.")
OTHER_OFFICE: Final = Label("单位名称与代码不符。", "The office's name does not belong to this code.")
WRONG_NAME: Final = Label("姓名为空、超过 60 字或含特殊字符。", "The name is empty, longer than 60, or holds special characters.")
UNKNOWN_ROLE: Final = Label(
    f"没有这个角色。可填：{'、'.join(role.zh for role in Role if role is not Role.SERVICE)}。",
    f"There is no such role. Roles: {', '.join(role.en for role in Role if role is not Role.SERVICE)}.",
)
SERVICE_ROLE: Final = Label("接口账号请在“接口账号”页登记。", "Service accounts are added on their own page.")
COUNTY_ROLE: Final = Label("管理员只能是县级单位的人员。", "Only the county's own people can be administrators.")
TWICE: Final = Label("与第 {row} 行重复。", "The same as row {row}.")
SEVERAL: Final = Label("已有几位同名同角色的人员，请在人员页逐个补发。", "Several people have this name and role: use their own pages.")
AGAIN: Final = Label("已登记过，将补发注册码。", "Registered already: gets a further code.")
OTHER_ROLE: Final = Label("同名人员已有另一角色，将另行登记。", "Somebody of this name has another role: is registered beside it.")


class Row(NamedTuple):
    """One row as it stands in the workbook: its number there and four texts; None where a cell is a formula."""

    number: int
    cells: tuple[str | None, str | None, str | None, str | None]


class Checked(NamedTuple):
    """One row and what follows from it: its faults, all of them, or whom to invite; `note` is worth knowing and no fault."""

    number: int
    office: str
    office_name: str
    name: str
    role: Role | None
    role_text: str
    faults: tuple[Label, ...] = ()
    note: Label | None = None

    @property
    def fault(self) -> Label | None:
        """The first of its faults; None where it has none."""
        return next(iter(self.faults), None)


class Register(NamedTuple):
    """What rows are held against: offices of today by code, and the roles that somebody of a name has at an office."""

    offices: Mapping[str, Office]
    roles: Mapping[tuple[str, str], Sequence[Role]]


def template(offices: Collection[Office]) -> bytes:
    """Return an empty workbook with the columns, a choice of roles, and the offices of today on a second sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bottom": 1})
    sheet = book.add_worksheet("人员")
    for column, (name, width) in enumerate(zip(COLUMNS, (14, 30, 16, 14), strict=True)):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, name, head)
    sheet.data_validation(1, 3, MOST_ROWS, 3, {"validate": "list", "source": [role.zh for role in ROLES]})
    sheet.freeze_panes(1, 0)
    known = book.add_worksheet("单位代码")
    for number, row in enumerate([("单位代码", "单位", "类别"), *((each.code, each.name, each.kind.zh) for each in offices)]):
        for column, cell in enumerate(row):
            known.write_string(number, column, cell, text if number else head)
    known.set_column(0, 2, 24)
    book.close()
    return out.getvalue()


def read(content: bytes) -> list[Row]:
    """Return the filled rows of a workbook's first sheet.

    Raises Problem REQUEST_MALFORMED whose member `label` says why: no workbook, other columns, nobody in it, too many.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_UNPACKED:
                raise _refused(TOO_MANY)
        rows = list(_rows(content))
    except (zipfile.BadZipFile, InvalidFileException, zlib.error, SyntaxError, NotImplementedError, EOFError) as error:
        raise _refused(NOT_A_WORKBOOK) from error
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, RuntimeError, OverflowError) as error:
        raise _refused(NOT_A_WORKBOOK) from error
    if not rows or tuple(rows[0].cells) != COLUMNS:
        raise _refused(WRONG_COLUMNS)
    filled = [row for row in rows[1:] if any(cell is None or cell for cell in row.cells)]
    if not filled:
        raise _refused(NO_ROWS)
    if len(filled) > MOST_ROWS:
        raise _refused(TOO_MANY)
    return filled


def _refused(label: Label) -> Problem:
    return Problem(ProblemType.REQUEST_MALFORMED, label.en, label=label)


def _rows(content: bytes) -> Iterator[Row]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(max_col=len(COLUMNS), max_row=2 * MOST_ROWS + 1), 1):
            code, office, name, role = [*(_text(cell) for cell in cells), "", "", "", ""][: len(COLUMNS)]
            yield Row(number, (code, office, name, role))
    finally:
        book.close()


def _text(cell: Any) -> str | None:
    if cell.data_type == "f":
        return None
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def check(rows: Sequence[Row], register: Register) -> list[Checked]:
    """Return what follows from each row; those that come a second time are faults of their own."""
    first: dict[tuple[str, str, Role], int] = {}
    checked = []
    for row in rows:
        found = _check(row, register)
        if found.fault is None and found.role is not None:
            before = first.setdefault((found.office, found.name, found.role), row.number)
            if before != row.number:
                found = found._replace(faults=(Label(TWICE.zh.format(row=before), TWICE.en.format(row=before)),), note=None)
        checked.append(found)
    return checked


def _check(row: Row, register: Register) -> Checked:
    code, office_name, name, role_text = ((cell or "")[:_SHOWN] for cell in row.cells)
    office, role = register.offices.get(code), _role(role_text)
    held = register.roles.get((code, name), ())
    faults = tuple(_faults(row, office, role, held))
    note = None if faults or not held else AGAIN if role in held else OTHER_ROLE
    named = office_name if office is None or OTHER_OFFICE in faults else office.name
    return Checked(row.number, code, named, name, role, role_text, faults, note)


def _faults(row: Row, office: Office | None, role: Role | None, held: Sequence[Role]) -> Iterator[Label]:
    """Say everything that is wrong with a row, so that it need not be brought once for each; a formula says nothing of itself."""
    code, office_name, name, role_text = row.cells
    if None in row.cells:
        yield FORMULA
    if code is not None and office is None:
        yield UNKNOWN_OFFICE
    if office is not None and office_name not in (None, "", office.name):
        yield OTHER_OFFICE
    if name is not None and (not name or len(name) > MAX_NAME or not name.isprintable()):
        yield WRONG_NAME
    if role is not None and held.count(role) > 1:
        yield SEVERAL
    # whether somebody of an office may have a role is known only where there is the office
    wrong = None if role_text is None else role_fault(role, COUNTY if office is None else office.code)
    if wrong is not None:
        yield wrong


def _role(text: str) -> Role | None:
    try:
        return Role.named(text)
    except ValueError:
        return None


def role_fault(role: Role | None, office: str) -> Label | None:
    """Return why somebody of an office may not be invited in a role; None when they may."""
    if role is None:
        return UNKNOWN_ROLE
    if role is Role.SERVICE:
        return SERVICE_ROLE
    return COUNTY_ROLE if role is Role.ADMINISTRATOR and office != COUNTY else None
