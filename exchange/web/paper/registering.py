"""Registering a paper 纸质登记 in ten seconds: one line, Enter, and the form is ready for the next."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import own_act
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paging import Slice, Window
from exchange.paper import items, scans, stops, store
from exchange.paper.items import COURIER_BARE, Courier
from exchange.paper.store import LATE, PAPERS, Registered
from exchange.paper.words import PaperDirection, PaperReason
from exchange.service import SERVICE
from exchange.web.inbox.forms import form, said
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas import instants
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Event, Kind, Label

HERE: Final = "/paper"
ONE: Final = HERE + "/{evidence:[0-9a-f]{32}}"
SIZE: Final = 50
_WRONG: Final = 422
_KEPT: Final = ("direction", "kind", "dated")
"""What the next paper mostly has in common with the last one."""

ERRORS: Final[Mapping[str, Label]] = {
    "counterpart": Label("请填写对方单位（1 至 60 字，不能是本单位）。", "Name the other office: 1 to 60 characters, and not your own."),
    "title": Label("请填写标题（1 至 300 字）。", "Give a title of 1 to 300 characters."),
    "number": Label("发文字号最多 60 字。", "A number has at most 60 characters."),
    "dated": Label("请填写有效的日期。", "This is no date."),
    "kind": Label("请选择文种。", "Choose a kind."),
    "copies": Label("份数填 1 至 9999。", "Copies: 1 to 9999."),
    "pages": Label("页数填 0 至 9999，可留空。", "Pages: up to 9999, or nothing."),
    "reason": Label(
        "请选择走纸质的原因；“外单位来文”只用于县外单位。", "Say why it is paper; “outside” is for those who are no office of the county."
    ),
    LATE: Label("该文种已停收纸质，请说明这次为什么仍走纸质。", "Paper of this kind has ended: say why there is still some."),
}
BARE: Final = Label(
    "机要件只登记件数：对方、字号、标题都不要填写。", "Of what goes by courier only the count is kept: no office, no number, no title."
)


class Shown(NamedTuple):
    """What the page shows."""

    page: Slice[Registered]
    offices: Mapping[str, str]
    senders: list[str]
    people: Mapping[str, str]
    courier: Mapping[PaperDirection, int]
    ended: Mapping[Kind, str]


async def listed(request: web.Request) -> web.Response:
    """GET /paper: the form, ready, and what was registered, newest first."""
    return await _page(request, {name: request.query.get(name, "") for name in _KEPT}, {})


async def registered(request: web.Request) -> web.StreamResponse:
    """POST /paper: write one down. A secrecy mark in what was typed is refused and nothing of it is kept or shown again."""
    fields, service, caller = await form(request), request.app[SERVICE], request[CALLER]
    values = {name: str(text) for name, text in fields.items()}
    now = service.watch.signing_now()
    try:
        store.require_registrar(caller)
        typed = items.read(values, await service.database.read(store.counterparts), caller.office)
        if isinstance(typed, Courier):
            await service.database.write(store.count_courier, caller, typed, now)
            return go(f"{HERE}?saved=courier&direction={typed.direction}")
        items.require_unmarked(typed, service.policy)
        evidence = await service.sign(
            store.register,
            service.county.notary,
            caller,
            typed,
            now,
            once=f"{caller.id} {values['once'][:64]}" if values.get("once") else "",
        )
    except Problem as problem:
        if problem.kind.exit in (Exit.POLICY, Exit.REVIEW):
            service.counters["paper refused"] += 1
            return await _page(request, {name: values.get(name, "") for name in _KEPT}, {"title": problem.kind.title}, _WRONG)
        return await _page(request, values, wrong(problem), _WRONG)
    kept = "&".join(f"{name}={getattr(typed, name)}" for name in _KEPT)
    return go(f"{HERE}?saved={evidence}&{kept}")


def wrong(problem: Problem) -> dict[str, Label]:
    """Return what is wrong with which field. Raises the problem when it is not about one."""
    if problem.kind is not ProblemType.REQUEST_MALFORMED:
        raise problem
    if problem.detail == COURIER_BARE:
        return {"reason": BARE}
    if problem.detail not in ERRORS:
        raise problem
    return {problem.detail: ERRORS[problem.detail]}


async def _page(request: web.Request, values: Mapping[str, str], errors: Mapping[str, Label], status: int = 200) -> web.Response:
    service, after = request.app[SERVICE], request.query.get("after")
    now, place = service.watch.now(), None if after is None else PAPERS.read(after)
    shown = await service.database.read(_read, request[CALLER], Window(place, SIZE), now)
    today = now.astimezone(instants.BEIJING).date().isoformat()
    empty = dict.fromkeys(("counterpart", "number", "title", "reason", "late", "pages"), "")
    given = {"direction": PaperDirection.RECEIVED.value, "kind": Kind.NOTICE.value, "dated": today, "copies": "1"}
    return request.app[DESK].render(
        request,
        "paper/papers.html",
        status,
        shown=shown,
        values=empty | given | {name: text for name, text in values.items() if text or errors},
        errors=errors,
        saved=request.query.get("saved", ""),
        once=secrets.token_hex(16),
        directions=tuple(PaperDirection),
        kinds=tuple(Kind),
        reasons=tuple(PaperReason),
        registers=request[CALLER].role in store.REGISTRARS,
        first=after is None,
        month=store.month_of(now),
    )


def _read(tx: Tx, caller: Person, wanted: Window, now: datetime) -> Shown:
    page, month = store.listed(tx, caller, wanted), store.month_of(now)
    offices = {code: name for code, name in store.counterparts(tx).items() if code != caller.office}
    people, day = naming.people(tx, [row.person for row in page.rows]), now.astimezone(instants.BEIJING).date().isoformat()
    ended = {kind: since for kind, since in stops.stops(tx).items() if since <= day}
    return Shown(page, offices, store.senders(tx, caller), people, store.courier_counts(tx, caller, month), ended)


async def courier(request: web.Request) -> web.StreamResponse:
    """POST /paper/courier: put this month's counts right, both or neither."""
    fields, service, caller = await form(request), request.app[SERVICE], request[CALLER]
    counts = []
    for direction in PaperDirection:
        text = str(fields.get(direction.value, ""))
        if not text.isascii() or not text.isdigit() or int(text) > items.MOST_COPIES:
            raise Problem(ProblemType.REQUEST_MALFORMED, direction.value)
        counts.append(Courier(direction=direction, count=int(text)))
    await service.database.write(_set_couriers, caller, counts, service.watch.now())
    return go(f"{HERE}?saved=courier")


def _set_couriers(tx: Tx, caller: Person, counts: list[Courier], now: datetime) -> None:
    for count in counts:
        store.set_courier(tx, caller, store.month_of(now), count, now)


class One(NamedTuple):
    """A paper with its scans that the caller may see."""

    paper: Registered
    scans: list[scans.Scan]
    people: Mapping[str, str]


async def paper(request: web.Request) -> web.Response:
    """GET /paper/{evidence}: one paper, and its scans. Raises Problem NOT_FOUND."""
    return await _one(request, "")


async def attached(request: web.Request) -> web.StreamResponse:
    """POST /paper/{evidence}/scan: link the submission that holds its scan, by its filing number."""
    fields, service, evidence = await form(request), request.app[SERVICE], request.match_info["evidence"]
    filed, person, now = str(fields.get("filed", "")).strip(), request[CALLER], service.watch.signing_now()
    signed = own_act.stated(*said(fields), person, service.trust, now)
    try:
        await service.sign(scans.attach_filed, service.county.notary, person, evidence, filed, now, signed)
    except Problem as problem:
        if problem.kind is not ProblemType.NOT_FOUND or problem.detail != scans.FILED:
            raise
        return await _one(request, filed, _WRONG)
    return go(f"{HERE}/{evidence}")


async def _one(request: web.Request, filed: str, status: int = 200) -> web.Response:
    found = await request.app[SERVICE].database.read(_read_one, request[CALLER], request.match_info["evidence"])
    registers = request[CALLER].role in store.REGISTRARS
    return request.app[DESK].render(
        request,
        "paper/paper.html",
        status,
        one=found,
        filed=filed,
        wrong=status == _WRONG,
        registers=registers,
        linking=Event.SCAN_ATTACHMENT,
    )


def _read_one(tx: Tx, caller: Person, evidence: str) -> One:
    found = store.paper(tx, caller, evidence)
    linked = scans.scans(tx, caller, found)
    return One(found, linked, naming.people(tx, {found.person, *(each.person for each in linked)}))


def pages() -> list[Page]:
    """Return the pages of this room."""

    def act(path: str, handler: Any, id_: str, text: Label) -> Page:
        return Page(id=id_, path=path, handler=handler, text=text, method="POST", roles=store.REGISTRARS)

    return [
        Page(id="papers", path=HERE, handler=listed, text=Label("纸质登记", "papers")),
        act(HERE, registered, "register_paper", Label("登记一件纸质公文", "register a paper")),
        act(f"{HERE}/courier", courier, "count_courier", Label("更正机要件数", "put the courier's count right")),
        Page(id="paper", path=ONE, handler=paper, text=Label("一件纸质公文", "one paper")),
        act(f"{ONE}/scan", attached, "attach_scan", Label("关联扫描件", "link a scan")),
    ]
