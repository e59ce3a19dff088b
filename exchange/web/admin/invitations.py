"""Invitations 注册码: one person by a form, or a whole list from a workbook: checked row by row first, then all at once or none."""

import asyncio
import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from aiohttp import hdrs, web

from archive.ledger.database import Tx
from exchange import commands, staff_changes
from exchange.commands import Wanted
from exchange.service import SERVICE
from exchange.web.admin import sheet, slips, store
from exchange.web.admin.acting import act, commanding, confirm_first, done_before, is_confirmed, is_repetition, now_of, render, room
from exchange.web.admin.offices import NAME_RULE
from exchange.web.inbox.forms import form
from exchange.web.pages import Page
from exchange.web.uploads import file_of
from schemas.problems import Problem, ProblemType
from schemas.words import Label

PEOPLE: Final = "/admin/people"
HERE: Final = "/admin/invite"
LIST: Final = "/admin/import"
_WRONG: Final = 422
_FORBIDDEN: Final = 403
_MOST_CARRIED: Final = 256 * 1024
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE: Final = "人员名单模板.xlsx"
UNKNOWN_OFFICE: Final = Label("请选择单位。", "Choose an office.")


async def asked(request: web.Request) -> web.Response:
    """GET /admin/invite?office=…&person=…&role=…: a form for one person, which the address may fill in."""
    return await _form(request, {name: request.query.get(name, "") for name in ("office", "person", "role")}, {})


async def invited(request: web.Request) -> web.StreamResponse:
    """POST /admin/invite: register a person if need be, and make a slip."""
    fields = await form(request)
    values = {name: str(fields.get(name, "")).strip() for name in ("office", "person", "role")}
    if not is_confirmed(request):
        return confirm_first(HERE, values)
    role = next((role for role in sheet.ROLES if role == values["role"]), None)
    fault = sheet.role_fault(role, values["office"])
    if role is None or fault is not None:
        return await _form(request, values, {"role": fault or sheet.UNKNOWN_ROLE}, _WRONG)
    desk, wanted = commanding(request, fields.get("once", "")), [Wanted(values["office"], values["person"], role)]
    try:
        made = await desk.database.write(commands.invite_all, desk, wanted)
    except Problem as problem:
        if is_repetition(problem):
            return done_before(request, PEOPLE)
        return await _form(request, values, _wrong(problem), _WRONG)
    return await slips.shown(request, made, PEOPLE)


def _wrong(problem: Problem) -> dict[str, Label]:
    """Return what is wrong with which field. Raises the problem when it is not about one."""
    if problem.kind is ProblemType.OFFICE_UNKNOWN:
        return {"office": UNKNOWN_OFFICE}
    if problem.kind is ProblemType.REQUEST_MALFORMED:
        return {"person": NAME_RULE}
    raise problem


async def _form(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    offices = await request.app[SERVICE].database.read(store.offices)
    return render(request, "invite.html", PEOPLE, status, values=values, errors=errors, offices=offices, roles=sheet.ROLES)


async def upload(request: web.Request) -> web.StreamResponse:
    """GET /admin/import: where a list is brought. One confirms before it, so that a list once checked need not be brought again."""
    return render(request, "import.html", PEOPLE, wrong=None) if is_confirmed(request) else confirm_first(LIST)


async def empty_list(request: web.Request) -> web.Response:
    """GET /admin/import/template.xlsx."""
    offices = await request.app[SERVICE].database.read(store.offices)
    body = await asyncio.to_thread(sheet.template, offices)
    saved = f"attachment; filename=\"people.xlsx\"; filename*=UTF-8''{quote(TEMPLATE)}"
    return web.Response(body=body, content_type=XLSX, headers={hdrs.CONTENT_DISPOSITION: saved})


async def checked(request: web.Request) -> web.StreamResponse:
    """POST /admin/import: say of each row what would follow from it; nothing is done yet."""
    content = await file_of(request, "list", sheet.MOST_BYTES)
    if not is_confirmed(request):
        return confirm_first(LIST)
    try:
        rows = await asyncio.to_thread(sheet.read, content)
    except Problem as problem:
        if "label" not in problem.members:
            raise
        return render(request, "import.html", PEOPLE, _WRONG, wrong=problem.members["label"])
    return await _shown(request, rows)


async def all_invited(request: web.Request) -> web.StreamResponse:
    """POST /admin/import/invite: invite everybody of a list that was checked, if it still holds; all of them or nobody."""
    fields = await form(request)
    rows = carried(fields.get("rows", ""))
    if not is_confirmed(request):
        return await _shown(request, rows, _FORBIDDEN)
    desk = commanding(request, fields.get("once", ""))
    try:
        made = await desk.database.write(_invite, desk, rows)
    except Problem as problem:
        if is_repetition(problem):
            return done_before(request, PEOPLE)
        raise
    return await _shown(request, rows, _WRONG) if made is None else await slips.shown(request, made, PEOPLE)


def _invite(tx: Tx, desk: commands.Desk, rows: Sequence[sheet.Row]) -> list[commands.Invited] | None:
    """Invite everybody whose rows are without a fault now as well; None, and nothing done, when one has a fault."""
    found = sheet.check(rows, register(tx, rows), desk.watch.now())
    if any(one.fault is not None for one in found):
        return None
    made = commands.invite_all(tx, desk, [Wanted(one.office, one.name, one.role) for one in found if one.role is not None])
    for one, invited in zip(found, made, strict=True):
        if one.filing is not None:
            staff_changes.file_directly(tx, desk, invited.person, one.filing)
    return made


async def _shown(request: web.Request, rows: Sequence[sheet.Row], status: int = 200) -> web.Response:
    found = sheet.check(rows, await request.app[SERVICE].database.read(register, rows), now_of(request))
    faults = sum(one.fault is not None for one in found)
    return render(request, "import_check.html", PEOPLE, status, rows=found, faults=faults, carried=carry(rows))


def register(tx: Tx, rows: Sequence[sheet.Row]) -> sheet.Register:
    """Return what the ledger knows of the offices and names in a list."""
    offices = {each.code: each for each in store.offices(tx)}
    named = {(row.cells[0] or "", row.cells[2] or "") for row in rows}
    return sheet.Register(offices, {each: store.namesakes(tx, *each) for each in sorted(named)})


def carry(rows: Sequence[sheet.Row]) -> str:
    """Return rows as the text of a hidden field: they are kept nowhere else between the check and the act."""
    written = json.dumps([[row.number, *row.cells, *row.filed] for row in rows], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(written.encode(), 9)).decode()


def carried(text: str) -> list[sheet.Row]:
    """Return the rows of a hidden field. Raises Problem REQUEST_MALFORMED."""
    try:
        packed = zlib.decompressobj()
        rows = json.loads(packed.decompress(base64.urlsafe_b64decode(text), _MOST_CARRIED))
        return [_row(row) for row in rows[: sheet.MOST_ROWS]]
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError) as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "rows") from error


def _row(written: Sequence[Any]) -> sheet.Row:
    number, *cells = written
    widths = (len(sheet.COLUMNS), len(sheet.COLUMNS) + len(sheet.FILED))
    if not isinstance(number, int) or len(cells) not in widths or not all(cell is None or isinstance(cell, str) for cell in cells):
        raise ValueError(number)
    return sheet.Row(number, (cells[0], cells[1], cells[2], cells[3]), tuple(cells[4:]))


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        room(HERE, asked, "admin_invite", Label("发放注册码", "give a one-time code")),
        act(HERE, invited, "admin_invite_one", Label("发放注册码", "give a one-time code")),
        room(LIST, upload, "admin_import", Label("批量发放注册码", "give codes to a whole list")),
        room(f"{LIST}/template.xlsx", empty_list, "admin_import_template", Label("人员名单模板", "template of the list")),
        act(LIST, checked, "admin_import_check", Label("核对人员名单", "check a list")),
        act(f"{LIST}/invite", all_invited, "admin_import_invite", Label("按名单发放注册码", "invite everybody of a list")),
    ]
