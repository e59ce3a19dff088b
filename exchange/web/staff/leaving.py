"""The wizard for who leaves 离岗交接: what lies open with them, who takes it over, and the handover sheet 交接单 on paper."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aiohttp import web
from multidict import MultiDict

from archive.ledger.database import Tx
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.staff import leaving, requests, store
from exchange.staff.filing import ChangeKind, may_propose, seen
from exchange.staff.requests import Handing, StaffProposal
from exchange.web.admin.acting import confirm_first, is_confirmed
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from exchange.web.staff.changing import WAITING
from exchange.web.staff.fields import wrong
from exchange.web.staff.registry import HERE, KEEPERS, PERSON
from schemas.problems import Problem, ProblemType
from schemas.words import Label

ONE: Final = f"{HERE}/leaving/{PERSON}"
SHEET: Final = f"{ONE}/sheet"
_WRONG: Final = 422


class Leaver(NamedTuple):
    """Who leaves, or has left: `entry` is None for who has, and `waiting` is the change that waits for the county."""

    person: str
    name: str
    entry: store.Entry | None
    waiting: requests.Change | None
    left_at: str | None
    lying: list[leaving.Lying]
    handed: list[Any]
    successors: list[Person]
    offices: list[Any]
    names: Mapping[str, str]
    senders: Mapping[str, str]
    hands: bool
    """Whether the caller names successors."""


def read(tx: Tx, caller: Person, person: str) -> Leaver:
    """Gather it. Raises Problem NOT_FOUND for nobody of the caller's office, or who left one without a leader for the county."""
    office = leaving.office_of(person)
    former = next((each for each in store.former(tx, office, 1000) if each.person == person), None)
    hands = leaving.may_hand(tx, caller, office)
    if not may_propose(caller, office) and not (hands and former is not None):
        raise Problem(ProblemType.NOT_FOUND, "person")
    entry = store.entry(tx, person) if former is None else None
    found, handed = leaving.lying(tx, caller, person), leaving.handed(tx, caller, person)
    after = leaving.successors(tx, office, person)
    waiting = next((each for each in requests.waiting(tx, office) if each.person == person), None)
    name = former.name if former is not None else entry.filing.name if entry is not None else person
    return Leaver(
        person=person,
        name=name,
        entry=entry,
        waiting=waiting,
        left_at=None if former is None else former.left_at,
        lying=found,
        handed=handed,
        successors=after,
        offices=list(tx.rows(_OFFICES, office=office)),
        names=naming.people(tx, {each.id for each in after} | {row.successor for row in handed} | _planned(waiting)),
        senders=naming.offices(tx, {each.sender for each in found} | {row.sender for row in handed} | {office}),
        hands=hands,
    )


_OFFICES: Final = "SELECT office AS code, name FROM office_period WHERE valid_to IS NULL AND office != :office ORDER BY office"


def _planned(waiting: requests.Change | None) -> set[str]:
    if waiting is None or waiting.kept is None:
        return set()
    handing = waiting.kept.handing
    return {*handing.items.values(), *filter(None, [handing.others])}


async def wizard(request: web.Request) -> web.Response:
    """GET /staff/leaving/{person}: what lies open, and a form. Raises Problem NOT_FOUND."""
    return await _show(request, {}, {})


async def _show(request: web.Request, values: Mapping[str, str], errors: Mapping[str, Label], status: int = 200) -> web.Response:
    person = request[CALLER]
    found = await request.app[SERVICE].database.read(read, person, request.match_info["person"])
    return request.app[DESK].render(
        request,
        "staff/leaving.html",
        status,
        one=found,
        own=leaving.office_of(found.person) == person.office,
        seen="" if found.entry is None else seen(found.entry.filing),
        values=values,
        errors=errors,
        confirmed=is_confirmed(request),
        told=request.query.get("done", ""),
    )


async def asked(request: web.Request) -> web.StreamResponse:
    """POST /staff/leaving/{person}: propose that they leave or move; of who has left, hand over what still lies open."""
    sent, service, caller = await form(request), request.app[SERVICE], request[CALLER]
    person = request.match_info["person"]
    here = f"{HERE}/leaving/{person}"
    if not is_confirmed(request):
        return confirm_first(here)
    found = await service.database.read(read, caller, person)
    now = service.watch.signing_now()
    try:
        handing = _handing(sent)
        if found.entry is None:
            await service.sign(leaving.hand_over, service.county.notary, caller, person, handing, now)
            return go(f"{here}?done=handed")
        kind = ChangeKind.MOVE if sent.get("how") == "move" else ChangeKind.LEAVING
        to = (sent.get("to", "") or None) if kind is ChangeKind.MOVE else None
        note = sent.get("note", "")
        proposal = StaffProposal(kind=kind, person=person, seen=sent.get("seen", ""), to=to, note=note, handing=handing)
        await service.sign(requests.propose, service.county.notary, caller, caller.office, proposal, now)
    except Problem as problem:
        if problem.kind is ProblemType.ACTION_NOT_POSSIBLE and problem.detail == requests.WAITING:
            return await _show(request, dict(sent), {"form": WAITING}, _WRONG)
        return await _show(request, dict(sent), wrong(problem), _WRONG)
    return go(f"{here}?done=proposed")


def _handing(sent: MultiDict[str]) -> Handing:
    """Return who takes over what: a field an item, and one for everything else."""
    items = {name.removeprefix("item-"): value for name, value in sent.items() if name.startswith("item-") and value}
    return Handing(items, sent.get("others", "") or None)


async def sheet(request: web.Request) -> web.Response:
    """GET /staff/leaving/{person}/sheet: the handover sheet 交接单, for signatures on paper. Raises Problem NOT_FOUND."""
    found = await request.app[SERVICE].database.read(read, request[CALLER], request.match_info["person"])
    planned = found.waiting.kept.handing if found.waiting is not None and found.waiting.kept is not None else Handing()
    own = leaving.office_of(found.person) == request[CALLER].office
    return request.app[DESK].render(request, "staff/sheet.html", one=found, planned=planned, own=own)


def pages() -> list[Page]:
    """Return the pages of this module."""
    text = Label("离岗交接", "the handover of who leaves")
    return [
        Page(id="staff_leaving", path=ONE, handler=wizard, text=text, roles=KEEPERS),
        Page(
            id="staff_propose_leaving",
            path=ONE,
            handler=asked,
            text=Label("申报离岗", "propose that somebody leaves"),
            method="POST",
            roles=KEEPERS,
        ),
        Page(id="staff_handover_sheet", path=SHEET, handler=sheet, text=Label("交接单", "the handover sheet"), roles=KEEPERS),
    ]
