"""GET /groups: groups of recipients; the county's administrator keeps those of all, an office its own."""

from typing import Any

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office import groups
from exchange.office.groups import Group, Keeping
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK, language_of
from exchange.web.texts import CHINESE
from schemas.problems import Problem, ProblemType
from schemas.words import Label, OfficeKind


async def listed(request: web.Request) -> web.Response:
    """GET /groups."""
    return await _page(request)


async def keep(request: web.Request) -> web.StreamResponse:
    """POST /groups: make a group, or change the one that is named."""
    given, service = await form(request), request.app[SERVICE]
    name, members, group = given.get("name", ""), given.getall("members", []), given.get("group") or None
    shared = given.get("shared") == "1"
    try:
        await service.database.write(groups.keep, request[CALLER], name, members, service.watch.signing_now(), shared=shared, group=group)
    except Problem as problem:
        if problem.kind not in (ProblemType.REQUEST_MALFORMED, ProblemType.RECIPIENT_CLOSED, ProblemType.RECIPIENT_UNKNOWN):
            raise
        return await _page(request, problem, {"name": name, "members": members, "group": group, "shared": shared})
    return go("/groups")


async def end(request: web.Request) -> web.StreamResponse:
    """POST /groups/end: nobody chooses it any more."""
    given, service = await form(request), request.app[SERVICE]
    await service.database.write(groups.end, request[CALLER], given.get("group", ""), service.watch.signing_now())
    return go("/groups")


async def _page(request: web.Request, problem: Problem | None = None, typed: dict[str, Any] | None = None) -> web.Response:
    person = request[CALLER]
    found, offices = await request.app[SERVICE].database.read(_shown, person, language_of(request) == CHINESE)
    wanted = request.query.get("group", "")
    chosen = next((each for each in found if each.id == wanted and each.keeping is not Keeping.BUILT_IN), None)
    if typed is None:
        name, members = ("", []) if chosen is None else (chosen.name, [*chosen.members])
        typed = {"name": name, "members": members, "group": None if chosen is None else chosen.id, "shared": False}
    return request.app[DESK].render(
        request,
        "directions/groups.html",
        200 if problem is None else problem.kind.status,
        groups=found,
        offices={row.code: row.name for row in offices},
        kinds=[(kind, [row for row in offices if row.kind == kind.value]) for kind in OfficeKind],
        typed=typed,
        problem=problem,
        may_own=groups.may_keep(person, shared=False),
        may_share=groups.may_keep(person, shared=True),
    )


def _shown(tx: Tx, person: Person, chinese: bool) -> tuple[list[Group], list[Any]]:  # noqa: FBT001 - read as a unit
    names = tx.rows("SELECT office AS code, name, kind FROM office_period WHERE valid_to IS NULL ORDER BY office")
    return groups.groups(tx, person, chinese=chinese), names


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="groups", path="/groups", handler=listed, text=Label("收文单位组", "groups of recipients")),
        Page(id="group_keep", path="/groups", handler=keep, text=Label("保存单位组", "keep a group"), method="POST", roles=groups.KEEPERS),
        Page(id="group_end", path="/groups/end", handler=end, text=Label("停用单位组", "end a group"), method="POST", roles=groups.KEEPERS),
    ]
