"""Offices 单位: the list, a new one, another name, the end of one, and whom to call there."""

from typing import Any, Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange import commands, register_changes
from exchange.office import periods
from exchange.paging import CODE
from exchange.service import SERVICE
from exchange.web.admin import store
from exchange.web.admin.acting import act, commanding, confirm_first, is_confirmed, is_repetition, now_of, render, room
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, OfficeKind

HERE: Final = "/admin/offices"
ONE: Final = f"{HERE}/{{office:{CODE}}}"
KINDS: Final = (OfficeKind.TOWNSHIP, OfficeKind.DISTRICT, OfficeKind.DEPARTMENT, OfficeKind.COUNTY)
_WRONG: Final = 422

CODE_RULE: Final = Label(
    "代码以字母开头，由字母、数字、- 或 _ 组成，最多 32 位，例如 T01。",
    "A code begins with a letter and has letters, digits, - and _, 32 at most, for instance T01.",
)
CODE_TAKEN: Final = Label("该代码已被使用；代码不可重复使用，请换一个。", "This code is taken; codes are never reused, choose another.")
NAME_RULE: Final = Label("请填写 1 至 60 个字的名称。", "Give a name of 1 to 60 characters.")
SAME_NAME: Final = Label("名称没有变化。", "This is its name already.")
WHY_OPEN: Final = {
    periods.PEOPLE_LEFT: Label(
        "该单位还有在册人员或接口账号，请先逐一办理离岗、停用。", "It still has people or service accounts: end their periods first."
    ),
    periods.WAITING: Label(
        "该单位还有待签收的件，请先由该单位签收或退回。", "Something was sent to it that nobody signed for or returned: that comes first."
    ),
}
"""Why an office cannot be closed yet."""
NO_SUCCESSOR: Final = Label("没有这个单位代码，或就是本单位。", "There is no other office with this code.")
PHONE_RULE: Final = Label("请填写电话号码，例如 0999-1234567 转 8。", "Give a telephone number: digits, spaces and + - ( ) * #.")


async def listed(request: web.Request) -> web.Response:
    """GET /admin/offices?code=…&name=…&kind=…: the offices, and a form that the address may fill in."""
    return await _list(request, {name: request.query.get(name, "") for name in ("code", "name", "kind")}, {})


async def added(request: web.Request) -> web.StreamResponse:
    """POST /admin/offices: register an office."""
    fields = await form(request)
    values = {name: str(fields.get(name, "")) for name in ("code", "name", "kind")}
    if not is_confirmed(request):
        return confirm_first(HERE, values)
    try:
        await commands.office_add(commanding(request, fields.get("once", "")), code=values["code"].strip(), **_rest(values))
    except Problem as problem:
        if is_repetition(problem):
            return go(HERE)
        return await _list(request, values, wrong(problem), _WRONG)
    return go(f"{HERE}/{values['code'].strip()}?added=1")


def _rest(values: dict[str, str]) -> dict[str, str]:
    return {"name": values["name"], "kind": values["kind"] or OfficeKind.TOWNSHIP.value}


def wrong(problem: Problem) -> dict[str, Label]:
    """Return what is wrong with which field. Raises the problem when it is not about one."""
    if problem.kind is ProblemType.OFFICE_EXISTS:
        return {"code": CODE_TAKEN}
    if problem.kind is not ProblemType.REQUEST_MALFORMED:
        raise problem
    rules = {"code": CODE_RULE, "name": NAME_RULE}
    return {problem.detail: rules[problem.detail]} if problem.detail in rules else {"kind": problem.kind.title}


async def _list(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    database = request.app[SERVICE].database
    offices, closed = await database.read(store.offices), await database.read(store.closed)
    return render(request, "offices.html", HERE, status, offices=offices, closed=closed, values=values, errors=errors, kinds=KINDS)


class Shown(NamedTuple):
    """An office with everything that it was called."""

    office: store.Office
    names: list[store.Called]


async def office(request: web.Request) -> web.Response:
    """GET /admin/offices/{office}: its people, and whom to call. Raises Problem NOT_FOUND."""
    return await _office(request, {name: request.query.get(name, "") for name in ("person", "phone", "duty", "name", "successor")}, {})


async def renamed(request: web.Request) -> web.StreamResponse:
    """POST /admin/offices/{office}/name: call it something else from now on."""
    fields, code = await form(request), request.match_info["office"]
    values = {"name": str(fields.get("name", ""))}
    return await _changed(request, fields, register_changes.rename_office, (code, values["name"]), values)


async def closed(request: web.Request) -> web.StreamResponse:
    """POST /admin/offices/{office}/close: nothing is sent to it from now on."""
    fields = await form(request)
    successor = str(fields.get("successor", "")).strip()
    arguments = (request.match_info["office"], successor)
    return await _changed(request, fields, register_changes.close_office, arguments, {"successor": successor})


async def reopened(request: web.Request) -> web.StreamResponse:
    """POST /admin/offices/{office}/reopen: it is an office of today again."""
    return await _changed(request, await form(request), register_changes.reopen_office, (request.match_info["office"],), {})


async def _changed(request: web.Request, fields: Any, unit: Any, arguments: tuple[str, ...], values: dict[str, str]) -> web.StreamResponse:
    code, service = request.match_info["office"], request.app[SERVICE]
    if not is_confirmed(request):
        return confirm_first(f"{HERE}/{code}", values)
    try:
        await service.sign(unit, commanding(request, fields.get("once", "")), *arguments)
    except Problem as problem:
        if not is_repetition(problem):
            return await _office(request, values, _wrong_change(problem, values), _WRONG)
    return go(f"{HERE}/{code}?{unit.__name__.partition('_')[0]}=1")


def _wrong_change(problem: Problem, values: dict[str, str]) -> dict[str, Label]:
    """Return what is wrong with which field. Raises NOT_FOUND, or the problem when it is not about one."""
    if problem.kind is ProblemType.OFFICE_UNKNOWN and problem.detail == values.get("successor"):
        return {"successor": NO_SUCCESSOR}
    if problem.kind is ProblemType.OFFICE_UNKNOWN:
        raise Problem(ProblemType.NOT_FOUND, "office") from problem
    if problem.kind is ProblemType.REQUEST_MALFORMED:
        return {"name": NAME_RULE}
    if problem.kind is not ProblemType.ACTION_NOT_POSSIBLE:
        raise problem
    return {"name": SAME_NAME} if problem.detail == periods.SAME_NAME else {"close": WHY_OPEN[problem.detail]}


async def named(request: web.Request) -> web.StreamResponse:
    """POST /admin/offices/{office}/contact: say whom to call there."""
    fields, code = await form(request), request.match_info["office"]
    values = {name: str(fields.get(name, "")) for name in ("person", "phone", "duty")}
    if not is_confirmed(request):
        return confirm_first(f"{HERE}/{code}", values)
    try:
        told, desk = register_changes.Reached(**values), commanding(request, fields.get("once", ""))
        await request.app[SERVICE].database.write(register_changes.keep_reached, desk, code, told)
    except Problem as problem:
        if not is_repetition(problem):
            return await _office(request, values, wrong_contact(problem), _WRONG)
    return go(f"{HERE}/{code}?named=1")


def wrong_contact(problem: Problem) -> dict[str, Label]:
    """Return what is wrong with which field. Raises NOT_FOUND, or the problem when it is not about one."""
    if problem.kind is ProblemType.OFFICE_UNKNOWN:
        raise Problem(ProblemType.NOT_FOUND, "office") from problem
    if problem.kind is not ProblemType.REQUEST_MALFORMED:
        raise problem
    field = problem.detail.partition(":")[0]
    return {"person": NAME_RULE} if field == "name" else {field: PHONE_RULE}


async def _office(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    found = await request.app[SERVICE].database.read(_read, request.match_info["office"])
    told = {name for name in ("added", "named", "rename", "close", "reopen") if name in request.query}
    around = {"one": found.office, "names": found.names, "county_itself": found.office.code == COUNTY}
    values = dict.fromkeys(("person", "phone", "duty", "name"), "") | values
    return render(request, "office.html", HERE, status, values=values, errors=errors, told=told, at=now_of(request), **around)


def _read(tx: Tx, code: str) -> Shown:
    return Shown(store.office(tx, code), store.names(tx, code))


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        room(HERE, listed, "admin_offices", Label("单位管理", "offices")),
        act(HERE, added, "admin_add_office", Label("登记单位", "register an office")),
        room(ONE, office, "admin_office", Label("单位", "one office")),
        act(f"{ONE}/name", renamed, "admin_rename_office", Label("单位更名", "rename an office")),
        act(f"{ONE}/close", closed, "admin_close_office", Label("撤销单位", "close an office")),
        act(f"{ONE}/reopen", reopened, "admin_reopen_office", Label("恢复单位", "open an office again")),
        act(f"{ONE}/contact", named, "admin_name_contact", Label("登记联系人", "say whom to call at an office")),
    ]
