"""Forms in which an office proposes a change: somebody new, or other details of somebody who is there."""

from typing import Final

from aiohttp import web

from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.staff import requests, store
from exchange.staff.filing import PROPOSERS, ChangeKind, StaffFiling, Training, may_propose, seen
from exchange.staff.requests import StaffProposal
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from exchange.web.staff import fields as forms
from exchange.web.staff.registry import HERE, KEEPERS, PERSON
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

ARRIVAL: Final = f"{HERE}/arrival"
_WRONG: Final = 422
_EMPTY: Final = StaffFiling(name="", role=Role.CLERK)
UNCHANGED: Final = Label("没有改动任何内容。", "Nothing would change.")
WAITING: Final = Label(
    "此人已有一项变动待县端确认，请先撤回或等待。", "A change of this person waits already: take it back first, or wait."
)


async def arrival(request: web.Request) -> web.Response:
    """GET /staff/arrival: a form for somebody new."""
    return _form(request, None, _EMPTY, "", {})


async def details(request: web.Request) -> web.Response:
    """GET /staff/people/{person}: what somebody is filed with, as a form. Raises Problem NOT_FOUND."""
    entry = await _entry(request)
    return _form(request, entry, entry.filing, "", {})


async def arrived(request: web.Request) -> web.Response:
    """POST /staff/arrival: propose somebody new."""
    return await _proposed(request, None)


async def detailed(request: web.Request) -> web.Response:
    """POST /staff/people/{person}: propose other details."""
    return await _proposed(request, await _entry(request))


async def _proposed(request: web.Request, entry: store.Entry | None) -> web.Response:
    sent, service, person = await form(request), request.app[SERVICE], request[CALLER]
    kind = ChangeKind.ARRIVAL if entry is None else ChangeKind.CORRECTION
    note = sent.get("note", "")
    try:
        asked = StaffProposal(
            kind=kind,
            person=None if entry is None else entry.person,
            seen=None if entry is None else sent.get("seen", ""),
            filing=forms.filing(sent),
            note=note,
        )
        now = service.watch.signing_now()
        await service.sign(requests.propose, service.county.notary, person, person.office, asked, now)
    except Problem as problem:
        errors = _wrong(problem)
        return _form(request, entry, _typed(sent, _EMPTY if entry is None else entry.filing), note, errors, _WRONG)
    return go(f"{HERE}?done=proposed#waiting")


def _wrong(problem: Problem) -> dict[str, Label]:
    if problem.kind is ProblemType.ACTION_NOT_POSSIBLE and problem.detail in (requests.UNCHANGED, requests.WAITING):
        return {"form": UNCHANGED if problem.detail == requests.UNCHANGED else WAITING}
    return forms.wrong(problem)


def _typed(sent: object, before: StaffFiling) -> StaffFiling:
    """Return what was typed as far as it can be read, to be put right: what cannot be read is as it was."""
    fields = dict(sent.items()) if hasattr(sent, "items") else {}
    year = fields.get("birth_year", "").strip()
    role = fields.get("role", "")
    try:
        training: tuple[Training, ...] = forms.trainings(sent)  # type: ignore[arg-type]
    except Problem:
        training = before.training
    return StaffFiling(
        name=fields.get("name", ""),
        role=Role(role) if role in set(Role) else before.role,
        post=fields.get("post", ""),
        mobile=fields.get("mobile", ""),
        birth_year=int(year) if year.isascii() and year.isdecimal() else None,
        full_time={"yes": True, "no": False}.get(fields.get("full_time", "")),
        since=fields.get("since", ""),
        in_charge=fields.get("in_charge") == "yes",
        training=training,
    )


async def _entry(request: web.Request) -> store.Entry:
    """Return the person of the address, of the caller's own office. Raises Problem NOT_FOUND."""
    entry = await request.app[SERVICE].database.read(store.entry, request.match_info["person"])
    if not may_propose(request[CALLER], entry.office):
        raise Problem(ProblemType.NOT_FOUND, "person")
    return entry


def _form(
    request: web.Request, entry: store.Entry | None, filing: StaffFiling, note: str, errors: dict[str, Label], status: int = 200
) -> web.Response:
    held = None if entry is None else entry.filing.role
    return request.app[DESK].render(
        request,
        "staff/change.html",
        status,
        entry=entry,
        one=filing,
        seen="" if entry is None else seen(entry.filing),
        roles=(held,) if held is Role.ADMINISTRATOR else forms.ROLES,
        blanks=forms.BLANKS,
        note=note,
        errors=errors,
    )


def pages() -> list[Page]:
    """Return the pages of this module."""
    one = f"{HERE}/people/{PERSON}"
    new, other = Label("申报人员到岗", "propose somebody new"), Label("申报信息变更", "propose other details")
    return [
        Page(id="staff_arrival", path=ARRIVAL, handler=arrival, text=new, roles=PROPOSERS | KEEPERS),
        Page(id="staff_propose_arrival", path=ARRIVAL, handler=arrived, text=new, method="POST", roles=KEEPERS),
        Page(id="staff_person", path=one, handler=details, text=other, roles=KEEPERS),
        Page(id="staff_propose_details", path=one, handler=detailed, text=other, method="POST", roles=KEEPERS),
    ]
