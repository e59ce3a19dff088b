"""Codes that the county's duty officer gives at night 临时注册码, after a call back; each is shown once."""

import secrets
from datetime import datetime
from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.duty import codes, roster
from exchange.duty.codes import GIVERS, Kept, Wanted
from exchange.duty.roster import Shift
from exchange.office import contacts, naming, store
from exchange.office.administration import Acting
from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.web.admin.acting import commanding, confirm_first, is_confirmed, is_repetition
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label

HERE: Final = "/duty/codes"
BACK: Final = HERE + "/{code:[0-9A-Z]{4}}/withdrawal"
FIELDS: Final = ("office", "person", "called", "number")
SHOWN: Final = 50
_WRONG: Final = 422
_FAULTS: Final = {
    "name": ("called", Label("请写接电话的人。", "Say who took the call.")),
    "number": ("number", Label("请写回拨的电话号码。", "Write the number that was called back.")),
    "several people of this name": (
        "person",
        Label("有几位同名人员，请填人员编号。", "Several people have this name: write the person's id."),
    ),
}


async def shown(request: web.Request) -> web.Response:
    """GET /duty/codes?office=…: a form that the address may fill in, and what was given lately."""
    return await _shown(request, {name: request.query.get(name, "") for name in FIELDS}, {})


async def given(request: web.Request) -> web.StreamResponse:
    """POST /duty/codes: give a code, which is shown on the answer alone."""
    codes.require_giver(request[CALLER])
    fields = await form(request)
    values = {name: str(fields.get(name, "")).strip() for name in FIELDS}
    if not is_confirmed(request):
        return confirm_first(HERE, values)
    desk = commanding(request, fields.get("once", ""))
    now = desk.watch.signing_now()
    try:
        made = await request.app[SERVICE].sign(codes.give, desk.county.notary, desk.acting, Wanted(**values), now)
    except Problem as problem:
        if is_repetition(problem):
            return go(HERE)
        return await _shown(request, values, _wrong(problem), _WRONG)
    return request.app[DESK].render(
        request, "duty/code_given.html", made=made, url=desk.county.settings.url, fingerprint=desk.county.fingerprint, called=values
    )


async def taken_back(request: web.Request) -> web.StreamResponse:
    """POST /duty/codes/{code}/withdrawal: take a code back at once; nobody is asked who they are first, since it gives nobody anything."""
    codes.require_giver(request[CALLER])
    fields, service = await form(request), request.app[SERVICE]
    acting = Acting(request[CALLER].id, str(fields.get("once", ""))[:64])
    try:
        taken = await service.sign(codes.take_back, service.county, acting, request.match_info["code"], service.watch.signing_now())
    except Problem as problem:
        if is_repetition(problem):
            return go(HERE)
        raise
    await service.reload_trust()
    return go(f"{HERE}?taken={'used' if taken.revoked else 'unused'}")


def _wrong(problem: Problem) -> dict[str, Label]:
    if problem.kind is ProblemType.OFFICE_UNKNOWN:
        return {"office": Label("请选单位。", "Choose an office.")}
    if problem.kind is ProblemType.NOT_ALLOWED:
        return {"person": Label("此人的角色不能凭临时码登记。", "Nobody of this role is given a temporary code.")}
    if problem.kind is ProblemType.REQUEST_MALFORMED:
        for start, (name, label) in _FAULTS.items():
            if problem.detail.startswith(start):
                return {name: label}
    raise problem


async def _shown(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    codes.require_giver(request[CALLER])
    service = request.app[SERVICE]
    offices, kept, names, shifts, desks = await service.database.read(_read, values["office"], service.watch.now())
    return request.app[DESK].render(
        request,
        "duty/codes.html",
        status,
        offices=offices,
        kept=kept,
        names=names,
        shifts=shifts,
        desks=desks,
        values=values,
        errors=errors,
        confirmed=is_confirmed(request),
        once=secrets.token_hex(16),
        taken=request.query.get("taken", ""),
    )


def _read(tx: Tx, office: str, now: datetime) -> tuple[list[tuple[str, str]], list[Kept], dict[str, str], dict[str, Shift], dict[str, str]]:
    found = [(each.code, each.name) for each in store.offices(tx) if each.code != COUNTY]
    kept = codes.given(tx, SHOWN, now)
    people = naming.people(tx, {each.issued_by for each in kept if each.issued_by})
    names = naming.offices(tx, {each.office for each in kept}) | people
    chosen = [office] if office else []
    return found, kept, names, roster.on_duty(tx, chosen, now), contacts.duty_desks(tx, chosen)


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="duty_codes", path=HERE, handler=shown, text=Label("临时注册码", "codes for the night"), roles=GIVERS),
        Page(
            id="give_duty_code",
            path=HERE,
            handler=given,
            text=Label("签发临时注册码", "give a code for the night"),
            method="POST",
            roles=GIVERS,
        ),
        Page(
            id="take_back_duty_code",
            path=BACK,
            handler=taken_back,
            text=Label("作废临时注册码", "take back a code for the night"),
            method="POST",
            roles=GIVERS,
        ),
    ]
