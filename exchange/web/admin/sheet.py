"""The list of people as a workbook: its template, and what one that was filled in says, row by row. Nothing is done here.

Columns are 单位代码, 单位 (may be empty), 姓名, 角色, and beyond them those of the staff registry, which may be empty or not there at
all; the first row is their names. A cell with a formula is a fault: what it shows was
computed elsewhere, and when.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import xlsxwriter  # type: ignore[import-untyped]

from exchange.office.store import MAX_NAME
from exchange.staff.filing import StaffFiling, checked
from exchange.web.admin.store import Office
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role

COLUMNS: Final = ("单位代码", "单位", "姓名", "角色")
FILED: Final = ("职务", "手机", "出生年份", "专职/兼职", "从事起始年月", "分管领导")
"""What the staff registry takes from the list."""
MOST_ROWS: Final = 500
MOST_BYTES: Final = 1 << 20
_MOST_UNPACKED: Final = 16 << 20
_SHOWN: Final = 80
_YEAR: Final = re.compile("[0-9]{4}")
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


WRONG_FILED: Final = {
    "post": Label("职务超过 40 字或含特殊字符。", "The post is longer than 40 characters, or holds special ones."),
    "mobile": Label("手机号不是电话号码。", "The mobile is no telephone number."),
    "birth_year": Label("出生年份应为四位年份。", "The year of birth is no year of four digits."),
    "full_time": Label("“专职/兼职”请填专职或兼职。", "Write 专职 (full-time) or 兼职 (part-time)."),
    "since": Label("从事起始年月请写成 2024-03，不晚于本月。", "Write the month as 2024-03, not later than this one."),
    "in_charge": Label("“分管领导”请填是或否。", "Write 是 (yes) or 否 (no) for the leader in charge."),
}


class Row(NamedTuple):
    """One row as it stands in the workbook: its number there, four texts, and those of the registry; None where a cell is a formula."""

    number: int
    cells: tuple[str | None, str | None, str | None, str | None]
    filed: tuple[str | None, ...] = ()


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
    filing: StaffFiling | None = None

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
    widths = (14, 30, 16, 14, 18, 16, 10, 11, 14, 10)
    for column, (name, width) in enumerate(zip((*COLUMNS, *FILED), widths, strict=True)):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, name, head)
    sheet.data_validation(1, 3, MOST_ROWS, 3, {"validate": "list", "source": [role.zh for role in ROLES]})
    sheet.data_validation(1, 7, MOST_ROWS, 7, {"validate": "list", "source": list(_TIMES)})
    sheet.data_validation(1, 9, MOST_ROWS, 9, {"validate": "list", "source": list(_CHARGES)})
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
    except (zipfile.BadZipFile, zlib.error, SyntaxError, NotImplementedError, EOFError) as error:
        raise _refused(NOT_A_WORKBOOK) from error
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, RuntimeError, OverflowError) as error:
        raise _refused(NOT_A_WORKBOOK) from error
    if not rows or tuple(rows[0].cells) != COLUMNS or not (rows[0].filed == FILED or not any(rows[0].filed)):
        raise _refused(WRONG_COLUMNS)
    if rows[0].filed != FILED:
        rows = [row._replace(filed=()) for row in rows]
    filled = [row for row in rows[1:] if any(cell is None or cell for cell in (*row.cells, *row.filed))]
    if not filled:
        raise _refused(NO_ROWS)
    if len(filled) > MOST_ROWS:
        raise _refused(TOO_MANY)
    return filled


def _refused(label: Label) -> Problem:
    return Problem(ProblemType.REQUEST_MALFORMED, label.en, label=label)


def _rows(content: bytes) -> Iterator[Row]:
    from openpyxl import load_workbook  # noqa: PLC0415 - an eighth of a second that only who brings a workbook needs to wait

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(max_col=len(COLUMNS) + len(FILED), max_row=2 * MOST_ROWS + 1), 1):
            code, office, name, role, *filed = [*(_text(cell) for cell in cells), *_BLANK][: len(_BLANK)]
            yield Row(number, (code, office, name, role), tuple(filed))
    finally:
        book.close()


_BLANK: Final = ("",) * (len(COLUMNS) + len(FILED))
_TIMES: Final = {"专职": True, "兼职": False}
_CHARGES: Final = {"是": True, "否": False}


def _text(cell: Any) -> str | None:
    if cell.data_type == "f":
        return None
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def check(rows: Sequence[Row], register: Register, now: datetime) -> list[Checked]:
    """Return what follows from each row; those that come a second time are faults of their own."""
    first: dict[tuple[str, str, Role], int] = {}
    results = []
    for row in rows:
        found = _check(row, register, now)
        if found.fault is None and found.role is not None:
            before = first.setdefault((found.office, found.name, found.role), row.number)
            if before != row.number:
                found = found._replace(faults=(Label(TWICE.zh.format(row=before), TWICE.en.format(row=before)),), note=None)
        results.append(found)
    return results


def _check(row: Row, register: Register, now: datetime) -> Checked:
    code, office_name, name, role_text = ((cell or "")[:_SHOWN] for cell in row.cells)
    office, role = register.offices.get(code), _role(role_text)
    held = register.roles.get((code, name), ())
    faults, filing = [*_faults(row, office, role, held)], None
    if any(row.filed) and None not in row.filed:
        try:
            filing = _filing(row, name, role or Role.CLERK, now)
        except Problem as problem:
            faults.append(WRONG_FILED.get(problem.detail, WRONG_NAME))
    note = None if faults or not held else AGAIN if role in held else OTHER_ROLE
    named = office_name if office is None or OTHER_OFFICE in faults else office.name
    return Checked(row.number, code, named, name, role, role_text, tuple(dict.fromkeys(faults)), note, filing)


def _filing(row: Row, name: str, role: Role, now: datetime) -> StaffFiling:
    """Return what a row says for the registry. Raises Problem REQUEST_MALFORMED naming the field."""
    post, mobile, birth, time, since, charge = (cell or "" for cell in row.filed)
    for field, text, words in (("full_time", time, _TIMES), ("in_charge", charge, _CHARGES)):
        if text and text not in words:
            raise Problem(ProblemType.REQUEST_MALFORMED, field)
    if birth and not _YEAR.fullmatch(birth):
        raise Problem(ProblemType.REQUEST_MALFORMED, "birth_year")
    return checked(
        StaffFiling(
            name=name,
            role=role,
            post=post,
            mobile=mobile,
            birth_year=int(birth) if birth else None,
            full_time=_TIMES.get(time),
            since=since,
            in_charge=_CHARGES.get(charge, False),
        ),
        COUNTY,
        None,
        now,
    )


def _faults(row: Row, office: Office | None, role: Role | None, held: Sequence[Role]) -> Iterator[Label]:
    """Say everything that is wrong with a row, so that it need not be brought once for each; a formula says nothing of itself."""
    code, office_name, name, role_text = row.cells
    if None in (*row.cells, *row.filed):
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
