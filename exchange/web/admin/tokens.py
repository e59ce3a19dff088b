"""Service accounts 接口账号: programs of an office that sign their requests with a key of their own, and may do what their scopes say."""

from typing import Final

from aiohttp import web
from multidict import MultiDict

from exchange import commands
from exchange.commands import Wanted
from exchange.paging import CODE
from exchange.service import SERVICE
from exchange.web.admin import slips, store
from exchange.web.admin.acting import act, commanding, confirm_first, done_before, is_confirmed, is_repetition, now_of, render, room
from exchange.web.admin.invitations import UNKNOWN_OFFICE
from exchange.web.admin.offices import NAME_RULE
from exchange.web.admin.people import Shown
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role, Scope

HERE: Final = "/admin/accounts"
ONE: Final = f"{HERE}/{{person:{CODE}\\.[0-9]{{1,9}}}}"
_WRONG: Final = 422
NO_SCOPE: Final = Label("至少选一项权限。", "Choose one scope at least.")


async def listed(request: web.Request) -> web.Response:
    """GET /admin/accounts?office=…&person=…&scope=…: the accounts, and a form that the address may fill in."""
    values = {name: request.query.get(name, "") for name in ("office", "person")}
    return await _list(request, values, _scopes(request.query.getall("scope", [])), {})


async def added(request: web.Request) -> web.StreamResponse:
    """POST /admin/accounts: register an account with its scopes, and make its code."""
    fields = await form(request)
    values = {name: str(fields.get(name, "")).strip() for name in ("office", "person")}
    held = _scopes(fields.getall("scope", []))
    if not is_confirmed(request):
        return confirm_first(HERE, MultiDict([*values.items(), *(("scope", scope.value) for scope in sorted(held))]))
    if not held:
        return await _list(request, values, held, {"scope": NO_SCOPE}, _WRONG)
    desk, wanted = commanding(request, fields.get("once", "")), [Wanted(values["office"], values["person"], Role.SERVICE, held)]
    try:
        made = await desk.database.write(commands.invite_all, desk, wanted)
    except Problem as problem:
        if is_repetition(problem):
            return done_before(request, HERE)
        return await _list(request, values, held, _wrong(problem), _WRONG)
    return await slips.shown(request, made, HERE)


def _wrong(problem: Problem) -> dict[str, Label]:
    if problem.kind is ProblemType.OFFICE_UNKNOWN:
        return {"office": UNKNOWN_OFFICE}
    if problem.kind is ProblemType.REQUEST_MALFORMED:
        return {"person": NAME_RULE}
    raise problem


async def _list(
    request: web.Request, values: dict[str, str], held: frozenset[Scope], errors: dict[str, Label], status: int = 200
) -> web.Response:
    database = request.app[SERVICE].database
    found, offices = await database.read(store.accounts, now_of(request)), await database.read(store.offices)
    return render(
        request, "accounts.html", HERE, status, accounts=found, offices=offices, values=values, held=held, errors=errors, scopes=list(Scope)
    )


async def account(request: web.Request) -> web.Response:
    """GET /admin/accounts/{person}: an account, its scopes, a further code, its end. Raises Problem NOT_FOUND."""
    return await _account(request, None, {})


async def scoped(request: web.Request) -> web.StreamResponse:
    """POST /admin/accounts/{person}/scopes: the very next request of the account is held against these."""
    fields, id_ = await form(request), request.match_info["person"]
    held = _scopes(fields.getall("scope", []))
    if not is_confirmed(request):
        return confirm_first(f"{HERE}/{id_}")
    if not held:
        return await _account(request, held, {"scope": NO_SCOPE}, _WRONG)
    try:
        await commands.grant(commanding(request, fields.get("once", "")), person=id_, scope=[scope.value for scope in held])
    except Problem as problem:
        if problem.kind is ProblemType.PERSON_UNKNOWN:
            raise Problem(ProblemType.NOT_FOUND, "account") from problem
        if not is_repetition(problem):
            raise
    return go(f"{HERE}/{id_}?done=scopes")


async def _account(request: web.Request, held: frozenset[Scope] | None, errors: dict[str, Label], status: int = 200) -> web.Response:
    database, id_, now = request.app[SERVICE].database, request.match_info["person"], now_of(request)
    member = await database.read(store.member, id_, now)
    if member.role is not Role.SERVICE:
        raise Problem(ProblemType.NOT_FOUND, "account")
    shown = Shown(member, await database.read(store.keys, id_, now), await database.read(store.codes, id_, now))
    return render(
        request,
        "account.html",
        HERE,
        status,
        shown=shown,
        one=member,
        held=member.scopes if held is None else held,
        scopes=list(Scope),
        errors=errors,
        told=request.query.get("done", ""),
    )


def _scopes(texts: list[str]) -> frozenset[Scope]:
    return frozenset(scope for scope in Scope if scope.value in texts)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        room(HERE, listed, "admin_accounts", Label("接口账号", "service accounts")),
        act(HERE, added, "admin_add_account", Label("登记接口账号", "register a service account")),
        room(ONE, account, "admin_account", Label("接口账号", "one service account")),
        act(f"{ONE}/scopes", scoped, "admin_set_scopes", Label("设定接口权限", "set a service account's scopes")),
    ]
