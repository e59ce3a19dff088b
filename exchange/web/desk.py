"""The desk as a whole: every page, the files they load, and their place in the application."""

import contextlib
from typing import Final

from aiohttp import hdrs, web

from archive.reading.answer import PREVIEWS
from archive.search.turns import Turns
from exchange.duty import standing
from exchange.edge import SHOWN
from exchange.events.streams import BESIDE, CLAIMS, DUTY, Beside
from exchange.office import browsers
from exchange.office.signing_in import ENTRANCE, Entrance
from exchange.service import SERVICE
from exchange.web import style_page, viewing
from exchange.web.admin import pages as admin
from exchange.web.correction import pages as corrections
from exchange.web.directions import pages as directions
from exchange.web.duty import pages as duty
from exchange.web.entering import confirming, enrolling, my_account, my_password, signing_in
from exchange.web.finding import lists, searching
from exchange.web.forms import pages as forms
from exchange.web.inbox import claims
from exchange.web.inbox import pages as inbox
from exchange.web.pages import Page, add_pages, refusal
from exchange.web.paper import pages as papers
from exchange.web.preview import pages as previews
from exchange.web.registers import pages as registers
from exchange.web.rendering import DESK, Desk
from exchange.web.staff import pages as staff
from exchange.web.supervision import pages as supervision
from exchange.web.township import (
    calling,
    countersigning,
    evidence,
    home,
    items,
    offline,
    outbox,
    receipts,
    refused,
    sent,
    submitting,
    verifying,
)
from exchange.web.violations import add_violations
from schemas.problems import Problem

ROOMS: Final = (
    enrolling,
    signing_in,
    confirming,
    my_account,
    my_password,
    home,
    sent,
    items,
    evidence,
    receipts,
    refused,
    calling,
    searching,
    verifying,
    lists,
    outbox,
    offline,
    style_page,
    viewing,
    submitting,
    countersigning,
    inbox,
    previews,
    forms,
    directions,
    registers,
    admin,
    corrections,
    staff,
    papers,
    supervision,
    duty,
)


def pages() -> list[Page]:
    """Return every page of the desk."""
    return [page for room in ROOMS for page in room.pages()]


def add_desk(app: web.Application) -> None:
    """Add the desk to an application that has its service. Raises Problem DESK_INCOMPLETE."""
    desk = app[DESK] = Desk(app[SERVICE])
    beside: dict[str, Beside] = {CLAIMS: claims.told, DUTY: standing.told}
    app[BESIDE] = beside
    app[ENTRANCE], app[my_password.UNFINISHED] = Entrance(app[SERVICE]), {}
    app[previews.TURNS] = Turns(PREVIEWS, 1)
    app.router.add_get("/static/{version}/{name:.+}", desk.assets.serve)
    add_pages(app, pages())
    add_violations(app)
    app[SHOWN] = _show


async def _show(request: web.Request, error: Exception) -> web.StreamResponse:
    """Show what was raised outside every page, an unknown address above all; the frame says who is signed in, where it is known."""
    with contextlib.suppress(Problem):
        await browsers.current(request)
    answer = refusal(request, error)
    if isinstance(error, web.HTTPException) and hdrs.ALLOW in error.headers:
        answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
    return answer
