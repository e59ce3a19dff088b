"""People 人员: the list, and one person: how far they are enrolled, a new code, and what is done when somebody leaves."""

from datetime import datetime
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange import commands, register_changes
from exchange.office.session import CALLER
from exchange.paging import CODE, Slice, Window
from exchange.service import SERVICE
from exchange.web.admin import slips, store
from exchange.web.admin.acting import act, commanding, confirm_first, done_before, is_confirmed, is_repetition, now_of, render, room
from exchange.web.admin.offices import NAME_RULE, SAME_NAME
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

HERE: Final = "/admin/people"
ONE: Final = f"{HERE}/{{person:{CODE}\\.[0-9]{{1,9}}}}"
BACK: Final = ONE + "/codes/{code:[0-9A-Z]{4}}/withdrawal"
SIZE: Final = 100
_WRONG: Final = 422


class Listed(NamedTuple):
    """What stands on the page."""

    page: Slice[store.Member]
    offices: list[store.Office]


class Shown(NamedTuple):
    """One person with what was given to them."""

    member: store.Member
    keys: list[store.Key]
    codes: list[store.Code]


async def listed(request: web.Request) -> web.Response:
    """GET /admin/people?office=…&name=…&after=…: everybody of today but service accounts."""
    chosen = {name: request.query[name].strip() for name in ("office", "name") if request.query.get(name, "").strip()}
    after = request.query.get("after")
    wanted = Window(None if after is None else store.PEOPLE.read(after), SIZE)
    narrowed = (chosen.get("office", ""), chosen.get("name", ""))
    found = await request.app[SERVICE].database.read(_listed, narrowed, wanted, now_of(request))
    return render(request, "people.html", HERE, shown=found, chosen=chosen, first=after is None)


def _listed(tx: Tx, chosen: tuple[str, str], wanted: Window, now: datetime) -> Listed:
    return Listed(store.people(tx, chosen, wanted, now), store.offices(tx))


async def person(request: web.Request) -> web.Response:
    """GET /admin/people/{person}. Raises Problem NOT_FOUND."""
    return await _person(request, request.query.get("name", ""), {})


async def _person(request: web.Request, name: str, errors: dict[str, Label], status: int = 200) -> web.Response:
    shown = await request.app[SERVICE].database.read(_read, request.match_info["person"], now_of(request))
    if shown.member.role is Role.SERVICE:
        raise Problem(ProblemType.NOT_FOUND, "person")
    told = request.query.get("done", "")
    return render(request, "person.html", HERE, status, shown=shown, one=shown.member, told=told, name=name, errors=errors)


async def renamed(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/{person}/name: correct what somebody is called. Raises Problem NOT_FOUND."""
    fields, id_ = await form(request), request.match_info["person"]
    here, name = await _section(request, id_), str(fields.get("name", ""))
    if here != HERE:
        raise Problem(ProblemType.NOT_FOUND, "person")
    if not is_confirmed(request):
        return confirm_first(f"{here}/{id_}", {"name": name})
    try:
        await request.app[SERVICE].database.write(register_changes.rename_person, commanding(request, fields.get("once", "")), id_, name)
    except Problem as problem:
        if is_repetition(problem):
            return go(f"{here}/{id_}?done=renamed")
        rules = {ProblemType.REQUEST_MALFORMED: NAME_RULE, ProblemType.ACTION_NOT_POSSIBLE: SAME_NAME}
        if problem.kind not in rules:
            raise
        return await _person(request, name, {"name": rules[problem.kind]}, _WRONG)
    return go(f"{here}/{id_}?done=renamed")


def _read(tx: Tx, id_: str, now: datetime) -> Shown:
    member = store.member(tx, id_, now)
    return Shown(member, store.keys(tx, member.id, now), store.codes(tx, member.id, now))


async def invited(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/{person}/invite: a further one-time code, on a slip."""
    fields, id_ = await form(request), request.match_info["person"]
    here = await _section(request, id_)
    if not is_confirmed(request):
        return confirm_first(f"{here}/{id_}")
    try:
        made = await request.app[SERVICE].database.write(commands.invite_again, commanding(request, fields.get("once", "")), id_)
    except Problem as problem:
        if is_repetition(problem):
            return done_before(request, here)
        raise
    return await slips.shown(request, [made], here)


async def taken_back(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/{person}/codes/{code}/withdrawal: take a code back, and what it brought. Raises Problem NOT_FOUND."""
    fields, id_ = await form(request), request.match_info["person"]
    here, desk = await _section(request, id_), request.app[SERVICE].database
    if not is_confirmed(request):
        return confirm_first(f"{here}/{id_}")
    try:
        await desk.write(_take_back, commanding(request, fields.get("once", "")), id_, request.match_info["code"])
    except Problem as problem:
        if not is_repetition(problem):
            raise
    await request.app[SERVICE].reload_trust()
    return go(f"{here}/{id_}?done=taken")


def _take_back(tx: Tx, desk: commands.Desk, person: str, code: str) -> None:
    if not any(each.selector == code for each in store.codes(tx, person, desk.watch.now())):
        raise Problem(ProblemType.NOT_FOUND, "code")
    commands.take_back_code(tx, desk, code)


async def ended(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/{person}/revoke: enrolments end at once; with `left` the person's period does, too.

    Nobody does it to themselves: the county would be left without an administrator. Raises Problem NOT_FOUND or NOT_ALLOWED.
    """
    fields, id_ = await form(request), request.match_info["person"]
    here, left = await _section(request, id_), fields.get("left") == "1"
    if not is_confirmed(request):
        return confirm_first(f"{here}/{id_}")
    if id_ == request[CALLER].id:
        raise Problem(ProblemType.NOT_ALLOWED, "oneself")
    try:
        await commands.revoke(commanding(request, fields.get("once", "")), person=id_, left=left)
    except Problem as problem:
        if not is_repetition(problem):
            raise
    return go(f"{here}?left={id_}" if left else f"{here}/{id_}?done=revoked")


async def _section(request: web.Request, id_: str) -> str:
    """Return the list in which somebody stands. Raises Problem NOT_FOUND for whoever is not there today."""
    member = await request.app[SERVICE].database.read(store.member, id_, now_of(request))
    return "/admin/accounts" if member.role is Role.SERVICE else HERE


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        room(HERE, listed, "admin_people", Label("人员管理", "people")),
        room(ONE, person, "admin_person", Label("人员", "one person")),
        act(f"{ONE}/name", renamed, "admin_rename_person", Label("更正姓名", "correct a person's name")),
        act(f"{ONE}/invite", invited, "admin_invite_again", Label("补发注册码", "give a further one-time code")),
        act(BACK, taken_back, "admin_take_back", Label("作废注册码", "take back a one-time code")),
        act(f"{ONE}/revoke", ended, "admin_revoke", Label("停用本机登记或办理离岗", "end enrolments, or a person's period")),
    ]
