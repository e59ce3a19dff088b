"""The county's list of reasons for returning, kept by its administrator."""

import re
import secrets
from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.correction import reasons
from exchange.correction.builtin import BUILT_IN, Reason
from exchange.correction.reasons import CODE, MOST, Change
from exchange.office.administration import Acting
from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.web.admin.acting import act, is_repetition, now_of, render, room
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from schemas.problems import Problem, ProblemType
from schemas.words import Label

HERE: Final = "/admin/returns"


async def shown(request: web.Request) -> web.Response:
    """GET /admin/returns: the list of today, and how it was changed."""
    listed, changes = await request.app[SERVICE].database.read(_gathered)
    built_in = {each.code for each in BUILT_IN}
    editing = request.query.get("code", "")
    chosen = next((each for each in listed if each.code == editing), None)
    return render(
        request, "reasons.html", HERE, reasons=listed, changes=changes, built_in=built_in, chosen=chosen, most=MOST,
        told="done" in request.query,
    )  # fmt: skip


def _gathered(tx: Tx) -> tuple[tuple[Reason, ...], list[Change]]:
    return reasons.listed(tx), reasons.changes(tx)


async def put(request: web.Request) -> web.StreamResponse:
    """POST /admin/returns: a reason's words, or a new one; `code` may be empty then. Raises what `reasons.put` raises."""
    given = await form(request)
    code = given.get("code", "").strip() or f"own-{secrets.token_hex(4)}"
    if not CODE.fullmatch(code):
        raise Problem(ProblemType.REQUEST_MALFORMED, "code")
    reason = Reason(code, given.get("zh", ""), given.get("en", ""), re.sub(r"\s+", " ", given.get("clause", "")))
    return await _done(request, given.get("once", ""), reason)


async def drop(request: web.Request) -> web.StreamResponse:
    """POST /admin/returns/drop: take a reason off the list. Raises Problem RETURN_CODE_UNKNOWN."""
    given = await form(request)
    return await _done(request, given.get("once", ""), given.get("code", ""))


async def _done(request: web.Request, once: str, what: Reason | str) -> web.StreamResponse:
    acting, database = Acting(request[CALLER].id, once[:64]), request.app[SERVICE].database
    try:
        if isinstance(what, Reason):
            await database.write(reasons.put, acting, what, now_of(request))
        else:
            await database.write(reasons.drop, acting, what, now_of(request))
    except Problem as problem:
        if not is_repetition(problem):
            raise
    return go(f"{HERE}?done=1")


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        room(HERE, shown, "admin_returns", Label("退回原因", "reasons for returning")),
        act(HERE, put, "admin_return_put", Label("设定退回原因", "set a reason for returning")),
        act(f"{HERE}/drop", drop, "admin_return_drop", Label("停用退回原因", "take a reason for returning off")),
    ]
