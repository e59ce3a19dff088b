"""Taking back what was sent, answering whoever asks for it back, and sending it to further offices: forms of an item's page."""

import re
from typing import Final

from aiohttp import web

from exchange.delivery import moves, recall, sender, supplement
from exchange.delivery.answers import Move
from exchange.delivery.api import submission_id
from exchange.delivery.states import SENDERS, Action
from exchange.duty.calendar_api import day_of
from exchange.office.session import CALLER
from exchange.paging import CODE
from exchange.service import SERVICE
from exchange.web.inbox.acts import perform
from exchange.web.inbox.forms import decoded, form, version
from exchange.web.pages import Page, go
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

_CODE: Final = re.compile(CODE)


async def take_back(request: web.Request) -> web.StreamResponse:
    """POST /items/{submission}/take-back: from one office, or from every one that still has it."""
    given, submission, person = await form(request), submission_id(request), request[CALLER]
    service, notary = request.app[SERVICE], request.app[SERVICE].county.notary
    now, reason, office = service.watch.signing_now(), given.get("reason", ""), given.get("office", "")
    if not office:
        await service.sign(recall.recall_everywhere, notary, person, submission, now, reason)
        return go(f"/items/{submission}#taking-back")
    copy = await service.database.read(sender.copy_of, person, submission, office)
    way = recall.way(copy) or Action.ASK_BACK  # where neither leads on, the table says why
    statement, signature = (decoded(given.get(name, ""), name) for name in ("statement", "signature"))
    body = Move(reason, version(given.get("version", "")), statement, signature)
    asked = moves.Asked(way, body, signed=moves.stated(body, person, service.trust, now))
    await service.sign(sender.act, notary, person, submission, office, asked, now)
    return go(f"/items/{submission}#taking-back")


async def add(request: web.Request) -> web.StreamResponse:
    """POST /items/{submission}/further: to further offices."""
    given, submission, person = await form(request), submission_id(request), request[CALLER]
    service = request.app[SERVICE]
    codes = given.getall("offices", [])
    if not codes or not all(map(_CODE.fullmatch, codes)):
        raise Problem(ProblemType.REQUEST_MALFORMED, "offices")
    await service.sign(
        supplement.supplement,
        service.county.notary,
        person,
        submission,
        codes,
        service.watch.signing_now(),
        copy=given.get("copy") == "1",
        reason=given.get("reason", ""),
        respond_by=day_of(given["respond_by"], "respond_by") if given.get("respond_by") else None,
    )
    return go(f"/items/{submission}#copies")


async def consent(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/consent: the office gives it back."""
    return await _answer(request, Action.CONSENT)


async def refuse(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/refuse: with a reason."""
    return await _answer(request, Action.REFUSE)


async def _answer(request: web.Request, action: Action) -> web.StreamResponse:
    given, submission = await form(request), submission_id(request)
    statement, signature = (decoded(given.get(name, ""), name) for name in ("statement", "signature"))
    reason = given.get("reason", "") if action is Action.REFUSE else ""
    await perform(request, submission, action, Move(reason, version(given.get("version", "")), statement, signature))
    return go(f"/inbox/{submission}")


def pages() -> list[Page]:
    """Return the pages of this module."""
    item, inbox = (f"/{place}/{{submission:[0-9a-f]{{64}}}}" for place in ("items", "inbox"))
    return [
        Page(
            id="take_back",
            path=f"{item}/take-back",
            handler=take_back,
            text=Label("撤回", "take it back"),
            method="POST",
            roles=SENDERS - {Role.SERVICE},
        ),
        Page(
            id="further",
            path=f"{item}/further",
            handler=add,
            text=Label("补发", "send it to further offices"),
            method="POST",
            roles=SENDERS - {Role.SERVICE},
        ),
        Page(id="recall_consent", path=f"{inbox}/consent", handler=consent, text=Label("同意撤回", "consent to a recall"), method="POST"),
        Page(id="recall_refuse", path=f"{inbox}/refuse", handler=refuse, text=Label("不同意撤回", "refuse a recall"), method="POST"),
    ]
