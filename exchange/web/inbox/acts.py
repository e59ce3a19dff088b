"""What a person does with one item: open it, sign for it, return it; then the next one is there."""

from datetime import datetime
from typing import Any, Final

from aiohttp import hdrs, web
from multidict import MultiDict

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange.correction import reasons
from exchange.delivery import moves
from exchange.delivery import store as deliveries
from exchange.delivery.answers import Move
from exchange.delivery.api import submission_id
from exchange.delivery.moves import Asked
from exchange.delivery.states import MAX_REASON, READERS, Action, Opening
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox import showing, store
from exchange.web.inbox.claims import claims_of
from exchange.web.inbox.forms import decoded, form, is_piece, version
from exchange.web.inbox.rows import Wanted
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import Label

STALE: Final = frozenset(
    {ProblemType.STATE_CHANGED, ProblemType.ACTION_NOT_POSSIBLE, ProblemType.RECALL_NOT_ASKED, ProblemType.HANDLED_ALREADY}
)
"""Somebody else was quicker, or it has gone on since it was shown."""
_ID: Final = 64


def note_open(tx: Tx, notary: Notary, caller: Person, submission: str, now: datetime) -> None:
    """Record that a person reads an item, and take the office's mark that it is unread. An auditor's look is nothing.

    Raises Problem NOT_FOUND or SEALED.
    """
    received = deliveries.received(tx, caller, submission)
    if Action.OPEN in received.actions:
        moves.act(tx, notary, caller, submission, Asked(Action.OPEN, Move()), now)
    if caller.role in READERS:
        tx.run("UPDATE mark SET unread = 0 WHERE submission = :id AND office = :office", id=submission, office=caller.office)


async def open_item(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/open: a person reads it now; that is the time of reception."""
    submission = submission_id(request)
    await _open(request, submission)
    if not is_piece(request):
        return go(f"/inbox/{submission}?{_state(request)}")
    return await pane(request, submission)


async def next_item(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/next: open the next item that is yet to be signed for; `passed` are left out."""
    given = await form(request)
    passed = frozenset(text for text in given.getall("passed", []) if len(text) == _ID)
    return await _next(request, submission_id(request), passed)


async def pane(request: web.Request, submission: str, status: int = 200, **more: Any) -> web.Response:
    """Return the reading pane, the item's row beside it, and the address that it has."""
    shown = await showing.item(request, submission) | {"stale": None} | more
    counts = await request.app[SERVICE].database.read(store.folders, request[CALLER])
    answer = request.app[DESK].render(request, "inbox/opened.html", status, **shown, folders=counts, claims={})
    answer.headers["HX-Push-Url"] = f"/inbox/{submission}?{_state(request)}".rstrip("?")
    answer.headers[hdrs.VARY] = "HX-Request"
    return answer


async def sign_for(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/sign-for."""
    return await _act(request, Action.SIGN_FOR)


async def send_back(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/return: with a reason."""
    return await _act(request, Action.RETURN)


async def misdirect(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/misdirect: it is not for this office; from now on it is closed to it."""
    return await _act(request, Action.MISDIRECT)


def why_of(given: MultiDict[str]) -> Move:
    """Return what a form says of a return: reasons of the county's list, by code, and what was written.

    A script that signs sends the whole as it is written down (`exchange.correction.written`), in `reason` alone.
    """
    codes = tuple(dict.fromkeys(given.getall("chip", [])))
    if len(codes) > reasons.MOST_CODES or not all(map(reasons.CODE.fullmatch, codes)):
        raise Problem(ProblemType.RETURN_CODE_UNKNOWN, "codes")
    return Move(given.get("reason", "").strip()[: MAX_REASON + 1], codes=codes)


async def perform(request: web.Request, submission: str, action: Action, body: Move) -> str:
    """Do an act; returns the evidence id of its receipt. Raises what `moves.stated` and `moves.act` raise."""
    service, person = request.app[SERVICE], request[CALLER]
    now = service.watch.signing_now()
    asked = Asked(action, body, signed=moves.stated(body, person, service.trust, now))
    return await service.sign(moves.act, service.county.notary, person, submission, asked, now)


async def _act(request: web.Request, action: Action) -> web.StreamResponse:
    given, submission, person = await form(request), submission_id(request), request[CALLER]
    why = why_of(given) if action is Action.RETURN else Move(given.get("reason", "") if action is Action.MISDIRECT else "")
    try:
        statement, signature = (decoded(given.get(name, ""), name) for name in ("statement", "signature"))
        await perform(request, submission, action, Move(why.reason, version(given.get("version", "")), statement, signature, why.codes))
    except Problem as problem:
        if problem.kind not in STALE:
            raise
        return await _stale(request, submission, problem)
    claims_of(request.app).release(person, submission)
    if not is_piece(request):
        following = await request.app[SERVICE].database.read(store.following, person, Wanted.read(request.query), submission)
        query = _state(request, done=action.value)
        return go(f"/inbox/{following}?{query}" if following else f"/inbox?{query}")
    counts = await request.app[SERVICE].database.read(store.folders, person)
    row = await request.app[SERVICE].database.read(store.one, person, submission)
    wanted = Wanted.read(request.query)
    return request.app[DESK].render(
        request, "inbox/acted.html", row=row, action=action, folders=counts, wanted=wanted, claims={}, current=""
    )


async def _stale(request: web.Request, submission: str, problem: Problem) -> web.Response:
    """Say who did what meanwhile, beside the item as it is now."""
    moved = await request.app[SERVICE].database.read(store.last_move, request[CALLER], submission)
    stale = (moved, problem.kind)
    status = problem.kind.status
    if is_piece(request):
        return await pane(request, submission, status, stale=stale)
    shown = await showing.item(request, submission)
    return request.app[DESK].render(request, "inbox/stale_page.html", status, **shown, stale=stale)


async def _open(request: web.Request, submission: str) -> None:
    service, person = request.app[SERVICE], request[CALLER]
    row = await service.database.read(deliveries.received, person, submission)
    marked = await service.database.read(store.one, person, submission)
    if Action.OPEN in row.actions or (row.opening is Opening.OPENED and marked is not None and marked.unread):
        await service.sign(note_open, service.county.notary, person, submission, service.watch.signing_now())
    if person.role in READERS:
        claims_of(request.app).take(person, submission, service.watch.now())


async def _next(request: web.Request, submission: str, passed: frozenset[str]) -> web.StreamResponse:
    wanted, database = Wanted.read(request.query), request.app[SERVICE].database
    following = await database.read(store.following, request[CALLER], wanted, submission, passed)
    if following is not None:
        await _open(request, following)
        if is_piece(request):
            return await pane(request, following)
        return go(f"/inbox/{following}?{_state(request)}")
    if not is_piece(request):
        return go(f"/inbox?{_state(request)}")
    answer = request.app[DESK].render(request, "inbox/finished.html", wanted=wanted)
    answer.headers["HX-Push-Url"] = f"/inbox?{_state(request)}".rstrip("?")
    return answer


def _state(request: web.Request, **more: str) -> str:
    """Return the list's state as it stands in the address."""
    return Wanted.read(request.query).query(after=request.query.get("after"), **more)


def pages() -> list[Page]:
    """Return the pages of this module."""
    one = "/inbox/{submission:[0-9a-f]{64}}"
    return [
        Page(id="inbox_open", path=f"{one}/open", handler=open_item, text=Label("打开阅读", "open an item"), method="POST"),
        Page(id="inbox_next", path=f"{one}/next", handler=next_item, text=Label("下一件", "the next item"), method="POST"),
        Page(id="inbox_sign_for", path=f"{one}/sign-for", handler=sign_for, text=Label("签收", "sign for an item"), method="POST"),
        Page(id="inbox_return", path=f"{one}/return", handler=send_back, text=Label("退回补正", "return an item"), method="POST"),
        Page(
            id="inbox_misdirect",
            path=f"{one}/misdirect",
            handler=misdirect,
            text=Label("误投退件", "give back what was misdirected"),
            method="POST",
        ),
    ]
