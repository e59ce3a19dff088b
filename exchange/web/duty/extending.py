"""Extension 延期: the sender gives one recipient, or all that are not through with it, more time."""

from datetime import date
from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import sender, store
from exchange.delivery.api import submission_id
from exchange.delivery.states import OPEN_ENDED, SENDERS, Review
from exchange.duty import deadlines, settings
from exchange.duty.deadlines import Deadline, Extension
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK, day
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

PATH: Final = "/sent/{submission:[0-9a-f]{64}}/extend"
_ROLES: Final = SENDERS - {Role.SERVICE}
_WRONG: Final = 422
_FIELDS: Final = {
    ProblemType.DEADLINE_PAST: (
        "until",
        Label("请选今天（下班以前）或以后的日期，五年以内。", "Choose a later day within five years, or today while offices are open."),
    ),
    ProblemType.REASON_REQUIRED: ("reason", Label("请写明延期原因，收文单位看得到。", "Say why; the recipient is shown it.")),
}


async def asked(request: web.Request) -> web.Response:
    """GET /sent/{id}/extend: for whom, to which day, why."""
    return await _shown(request, {}, {})


async def extended(request: web.Request) -> web.StreamResponse:
    """POST /sent/{id}/extend."""
    fields, service, submission = await form(request), request.app[SERVICE], submission_id(request)
    values = {name: str(fields.get(name, "")) for name in ("until", "reason", "office")}
    try:
        until = date.fromisoformat(values["until"])
    except ValueError:
        return await _shown(request, values, {"until": _FIELDS[ProblemType.DEADLINE_PAST][1]}, _WRONG)
    now = service.watch.signing_now()
    offices = [values["office"]] if values["office"] else []
    try:
        await service.sign(deadlines.extend, service.county.notary, request[CALLER], submission, offices, until, values["reason"], now)
    except Problem as problem:
        if problem.kind not in _FIELDS:
            raise
        return await _shown(request, values, dict([_FIELDS[problem.kind]]), _WRONG)
    return go(f"/sent/{submission}/extend?done=1")


async def _shown(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    service, submission = request.app[SERVICE], submission_id(request)
    title, found, given, names, possible = await service.database.read(_read, request[CALLER], submission)
    return request.app[DESK].render(
        request,
        "duty/extend.html",
        status,
        submission=submission,
        title=title,
        deadlines=found,
        given=given,
        names=names,
        possible=possible,
        today=day(service.watch.now()),
        values={"until": "", "reason": "", "office": request.query.get("office", "")} | values,
        errors=errors,
    )


def _read(tx: Tx, person: Person, submission: str) -> tuple[str, list[Deadline], list[Extension], dict[str, str], list[str]]:
    row = sender.require_sender(tx, person, submission)
    found = deadlines.deadlines(tx, person, submission, settings.rules(tx))
    given = deadlines.extensions(tx, person, submission)
    possible = [each.office for each in store.deliveries(tx, person, submission) if Review(each.review) in OPEN_ENDED]
    names = naming.offices(tx, {each.office for each in found}) | naming.people(tx, {each.person for each in given if each.person})
    return row.title or "", found, given, names, possible


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="extend_deadline", path=PATH, handler=asked, text=Label("延期", "extend a deadline"), roles=_ROLES),
        Page(id="extend_deadline_now", path=PATH, handler=extended, text=Label("延期", "extend a deadline"), method="POST", roles=_ROLES),
    ]
