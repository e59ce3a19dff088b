"""Marks that an office's people share: unread again, starred; and who is at an item just now."""

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import store as deliveries
from exchange.delivery.api import submission_id
from exchange.delivery.states import READERS
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox import store
from exchange.web.inbox.claims import claims_of
from exchange.web.inbox.forms import form, is_piece
from exchange.web.inbox.rows import Row, Wanted
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import Label


def mark(tx: Tx, caller: Person, submission: str, *, unread: bool | None = None, starred: bool | None = None) -> Row:
    """Set or take a mark; what is None stays. Returns the row as lists now show it.

    Raises Problem NOT_FOUND, SEALED, and NOT_ALLOWED for those whose look counts for nothing.
    """
    deliveries.received(tx, caller, submission)
    if caller.role not in READERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    tx.run(
        "INSERT INTO mark (submission, office, unread, starred) VALUES (:id, :office, coalesce(:unread, 0), coalesce(:starred, 0))"
        " ON CONFLICT (submission, office) DO UPDATE SET unread = coalesce(:unread, unread), starred = coalesce(:starred, starred)",
        id=submission,
        office=caller.office,
        unread=None if unread is None else int(unread),
        starred=None if starred is None else int(starred),
    )
    row = store.one(tx, caller, submission)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    return row


async def star(request: web.Request) -> web.Response:
    """POST /inbox/{submission}/star: `starred` is 1 or 0."""
    given = await form(request)
    return await _marked(request, starred=given.get("starred") == "1")


async def unread(request: web.Request) -> web.Response:
    """POST /inbox/{submission}/unread: `unread` is 1 or 0."""
    given = await form(request)
    return await _marked(request, unread=given.get("unread", "1") == "1")


async def claim(request: web.Request) -> web.Response:
    """POST /inbox/{submission}/claim: the page is still open; answers who else is at it."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    await service.database.read(deliveries.received, person, submission)
    other = claims_of(request.app).take(person, submission, service.watch.now()) if person.role in READERS else None
    return request.app[DESK].render(request, "inbox/claim.html", colleague=other)


async def _marked(request: web.Request, *, unread: bool | None = None, starred: bool | None = None) -> web.Response:
    person, submission = request[CALLER], submission_id(request)
    row = await request.app[SERVICE].database.write(mark, person, submission, unread=unread, starred=starred)
    wanted = Wanted.read(request.query)
    if not is_piece(request):
        query = wanted.query(after=request.query.get("after"))
        return go(f"/inbox?{query}" if request.query.get("from") == "list" else f"/inbox/{submission}?{query}")
    current = request.query.get("current", "")
    return request.app[DESK].render(request, "inbox/row.html", row=row, wanted=wanted, claims={}, current=current)


def pages() -> list[Page]:
    """Return the pages of this module."""
    one = "/inbox/{submission:[0-9a-f]{64}}"
    return [
        Page(id="inbox_star", path=f"{one}/star", handler=star, text=Label("加星标", "star an item"), method="POST"),
        Page(id="inbox_unread", path=f"{one}/unread", handler=unread, text=Label("标为未读", "mark as unread"), method="POST"),
        Page(id="inbox_claim", path=f"{one}/claim", handler=claim, text=Label("正在办理", "say that one is at it"), method="POST"),
    ]
