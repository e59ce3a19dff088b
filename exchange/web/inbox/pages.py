"""The inbox's own pages: the list, and one item beside it."""

from typing import Any

from aiohttp import hdrs, web

from archive.ledger.database import Tx
from exchange.correction import reasons
from exchange.delivery.api import submission_id
from exchange.delivery.states import DECIDERS
from exchange.duty import standing
from exchange.events import store as events
from exchange.office import store as offices
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox import acts, batch, claims, marks, preview, showing, slip, store, views
from exchange.web.inbox.acts import pane
from exchange.web.inbox.claims import claims_of
from exchange.web.inbox.forms import is_piece
from exchange.web.inbox.rows import LONG_PAGE, PAGE, Folder, Order, Wanted
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.words import Kind, Label, Urgency

DONE = ("sign_for", "return", "misdirect")


async def inbox(request: web.Request) -> web.StreamResponse:
    """GET /inbox: the list that the address names; for a script, the list alone."""
    shown = await _list(request, "")
    template = "inbox/list.html" if is_piece(request) else "inbox/page.html"
    return _varying(request.app[DESK].render(request, template, **shown))


async def item(request: web.Request) -> web.StreamResponse:
    """GET /inbox/{submission}: the item beside the list. A look at it is no reading: that is a POST."""
    submission = submission_id(request)
    if is_piece(request):
        return await pane(request, submission)
    shown = await showing.item(request, submission)
    return _varying(request.app[DESK].render(request, "inbox/page.html", **(await _list(request, submission) | shown)))


async def _list(request: web.Request, current: str) -> dict[str, Any]:
    person, service, wanted = request[CALLER], request.app[SERVICE], Wanted.read(request.query)
    after = request.query.get("after")
    place = None if not after else wanted.sorting.listing.read(after)
    gathered = await service.database.read(gather, person, wanted, place)
    done = request.query.get("done")
    return gathered | {
        "wanted": wanted,
        "after": after,
        "current": current,
        "received": None,
        "stale": None,
        "duty": await service.database.read(standing.standing, person, service.watch.now()),
        "claims": claims_of(request.app).others(person, service.watch.now()),
        "done": done if done in DONE else None,
        "reasons": await service.database.read(reasons.listed),
        "decides": person.role in DECIDERS,
        "choices": {"folder": Folder, "order": Order, "kind": Kind, "urgency": Urgency, "size": (PAGE, LONG_PAGE)},
    }


def gather(tx: Tx, caller: Person, wanted: Wanted, place: tuple[str, ...] | None) -> dict[str, Any]:
    """Return a list and what stands around it; `mark` is where the events go on that it does not know yet."""
    mark = events.newest(tx).mark
    found = store.listed(tx, caller, wanted, place)
    return {
        "mark": mark,
        "rows": found.rows,
        "following": found.following,
        "folders": store.folders(tx, caller),
        "matching": store.count(tx, caller, wanted) if wanted.is_narrowed else None,
        "views": views.views(tx, caller),
        "offices_known": [(each.code, each.name) for each in offices.offices(tx) if each.code != caller.office],
    }


def _varying(answer: web.Response) -> web.Response:
    answer.headers[hdrs.VARY] = "HX-Request"
    return answer


def pages() -> list[Page]:
    """Return the pages of the inbox."""
    own = [
        Page(id="inbox", path="/inbox", handler=inbox, text=Label("收文箱", "inbox")),
        Page(id="inbox_item", path="/inbox/{submission:[0-9a-f]{64}}", handler=item, text=Label("收文", "an item of the inbox")),
    ]
    return own + [page for room in (acts, marks, claims, batch, views, preview, slip) for page in room.pages()]
