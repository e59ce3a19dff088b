"""The county's side of the registry: what offices propose, confirmed or returned; all offices at a glance."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange import staff_changes
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.staff import leaving, requests, store
from exchange.staff.filing import FIELDS, ChangeKind, differences
from exchange.web.admin import slips
from exchange.web.admin import store as administered
from exchange.web.admin.acting import act, commanding, confirm_first, done_before, is_confirmed, is_repetition, render, room
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.staff.fields import RULES
from exchange.web.staff.registry import CHANGE, PERSON
from schemas.problems import Problem, ProblemType
from schemas.words import Label

HERE: Final = "/admin/staff"
_WRONG: Final = 422


class AtOffice(NamedTuple):
    """One office at a glance."""

    code: str
    name: str
    people: int
    filed: int
    dedicated: int
    in_charge: list[str]
    hints: list[Label]
    waiting: int


class Overview(NamedTuple):
    """What waits, and every office by code."""

    waiting: list[requests.Change]
    offices: list[AtOffice]
    names: Mapping[str, str]
    office_names: Mapping[str, str]
    unhanded: Mapping[str, int]
    """Who left an office that has no leader, with something that nobody else sees: their successors are named by the county."""


def read(tx: Tx, caller: Person) -> Overview:
    """Gather it."""
    offices, waiting, counts = administered.offices(tx), requests.waiting(tx), requests.counts(tx)
    entries: dict[str, list[store.Entry]] = {each.code: [] for each in offices}
    for entry in store.entries(tx, list(entries)):
        entries[entry.office].append(entry)
    told = [
        AtOffice(
            each.code,
            each.name,
            len(entries[each.code]),
            sum(one.filed for one in entries[each.code]),
            sum(one.filing.full_time is True and not one.filing.in_charge for one in entries[each.code]),
            [one.filing.name for one in entries[each.code] if one.filing.in_charge],
            store.hints(entries[each.code]),
            counts.get(each.code, 0),
        )
        for each in offices
    ]
    people = {each.by for each in waiting} | {each.person for each in waiting if each.person}
    leaderless = [each.code for each in offices if not leaving.has_leader(tx, each.code)]
    unhanded = {person: count for code in leaderless for person, count in leaving.unhanded(tx, caller, code).items()}
    return Overview(waiting, told, naming.people(tx, people | set(unhanded)), {each.code: each.name for each in offices}, unhanded)


async def overview(request: web.Request) -> web.Response:
    """GET /admin/staff."""
    return await _show(request, "", {})


async def _show(request: web.Request, about: str, errors: Mapping[str, Label], status: int = 200) -> web.Response:
    found = await request.app[SERVICE].database.read(read, request[CALLER])
    return render(
        request,
        "staff.html",
        HERE,
        status,
        shown=found,
        fields=FIELDS,
        differences=differences,
        coming=(ChangeKind.ARRIVAL, ChangeKind.MOVE),
        about_=about,
        errors=errors,
        told=request.query.get("done", ""),
    )


async def confirmed(request: web.Request) -> web.StreamResponse:
    """POST /admin/staff/{change}/confirm: bring a change about; of who arrives, a slip with a code is shown once."""
    fields, id_ = await form(request), request.match_info["change"]
    if not is_confirmed(request):
        return confirm_first(HERE)
    desk = commanding(request, fields.get("once", ""))
    try:
        done = await desk.database.write(staff_changes.confirm, desk, request[CALLER], id_, code=fields.get("code") == "yes")
    except Problem as problem:
        if is_repetition(problem):
            return done_before(request, HERE)
        raise
    if desk.refresh is not None:
        await desk.refresh()
    return go(f"{HERE}?done=confirmed") if done.invited is None else await slips.shown(request, [done.invited], HERE)


async def returned(request: web.Request) -> web.StreamResponse:
    """POST /admin/staff/{change}/return: with words, for the office."""
    fields, id_ = await form(request), request.match_info["change"]
    if not is_confirmed(request):
        return confirm_first(HERE)
    desk = commanding(request, fields.get("once", ""))
    try:
        await desk.database.write(staff_changes.send_back, desk, request[CALLER], id_, fields.get("words", ""))
    except Problem as problem:
        if problem.kind in (ProblemType.REASON_REQUIRED, ProblemType.REQUEST_MALFORMED):
            return await _show(request, id_, {"words": RULES["words"]}, _WRONG)
        if not is_repetition(problem):
            raise
    return go(f"{HERE}?done=returned")


async def erased(request: web.Request) -> web.StreamResponse:
    """POST /admin/staff/people/{person}/erase: what is filed of somebody who has left."""
    fields, person = await form(request), request.match_info["person"]
    if not is_confirmed(request):
        return confirm_first(f"/staff?office={person.rpartition('.')[0]}")
    desk = commanding(request, fields.get("once", ""))
    try:
        await desk.database.write(staff_changes.erase, desk, request[CALLER], person)
    except Problem as problem:
        if not is_repetition(problem):
            raise
    await request.app[SERVICE].database.forget()  # nor in the ledger's files
    return go(f"/staff?office={person.rpartition('.')[0]}&done=erased")


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        room(HERE, overview, "admin_staff", Label("人员备案（全县）", "the county's staff registry")),
        act(f"{HERE}/{CHANGE}/confirm", confirmed, "admin_staff_confirm", Label("确认人员变动", "confirm a change of staff")),
        act(f"{HERE}/{CHANGE}/return", returned, "admin_staff_return", Label("退回人员变动", "return a change of staff")),
        act(f"{HERE}/people/{PERSON}/erase", erased, "admin_staff_erase", Label("清除离岗人员资料", "erase the data of who left")),
    ]
