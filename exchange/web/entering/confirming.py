"""Showing again that it is they: what administrators do, and what changes how somebody signs in, asks for it."""

from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office import browsers, passkeys, passkeys_store, passwords_store, store
from exchange.office.browsers_api import SEEN
from exchange.office.session import CALLER, SIGNATURE, caller
from exchange.office.signing_in import CEREMONY, ENTRANCE, Typed, use_up
from exchange.service import SERVICE
from exchange.web.entering.ceremonies import answer_of, ask, done, field_of, for_scripts, now_of
from exchange.web.entering.signing_in import minutes
from exchange.web.pages import Page, go, next_address
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import Label

_REFUSED: Final = 403
_LOCKED: Final = 429


def require_confirmed(request: web.Request) -> None:
    """Raise Problem CONFIRM_AGAIN for a person who has not shown for a while that it is they."""
    if not request[browsers.SESSION].is_confirmed(now_of(request)):
        raise Problem(ProblemType.CONFIRM_AGAIN)


async def require_lasting(request: web.Request) -> None:
    """Raise Problem SIGNED_IN_FOR_THE_NIGHT for a browser whose key came of a temporary code: nothing may outlive that."""
    certificate = request[browsers.SESSION].certificate
    if certificate is not None and await request.app[SERVICE].database.read(store.is_temporary, certificate):
        raise Problem(ProblemType.SIGNED_IN_FOR_THE_NIGHT)


async def confirm_page(request: web.Request) -> web.Response:
    """GET /confirm?next=…: by this browser's key, a passkey, or password and code, whatever the person has."""
    return await _form(request)


async def confirm_by_password(request: web.Request) -> web.Response:
    """POST /confirm."""
    service, session, now = request.app[SERVICE], request[browsers.SESSION], now_of(request)
    password, code = await field_of(request, "password", "code")
    typed = Typed(session.person.office, session.person.id, password, code)
    try:
        shown = await request.app[ENTRANCE].try_password(typed, request.remote or "", now)
    except Problem as problem:
        if problem.kind is not ProblemType.TOO_MANY_REQUESTS:
            raise
        return await _form(request, _LOCKED, wait=minutes(problem))

    def use(tx: Tx) -> bool:
        used = shown is not None and use_up(tx, shown)
        if used:
            browsers.confirm(tx, session.id, now)
        return used

    if not await service.database.write(use):
        return await _form(request, _REFUSED, wrong=True)
    request.app[ENTRANCE].let_in(typed, request.remote or "")
    return go(next_address(request))


async def confirm_by_key(request: web.Request) -> web.Response:
    """POST /confirm/key: the request is signed by this browser's key, as one that begins a session is."""
    service, session, now = request.app[SERVICE], request[browsers.SESSION], now_of(request)
    person = await caller(request)
    if SIGNATURE not in request or person.id != session.person.id:
        raise Problem(ProblemType.REQUEST_NOT_SIGNED)
    request.app[SEEN].take(*request[SIGNATURE], now)
    await service.database.write(browsers.confirm, session.id, now)
    return web.json_response({})


async def ask_again(request: web.Request) -> web.Response:
    """POST /confirm/passkey/question: one of this person's passkeys."""
    at = request.app[ENTRANCE].party(request.host)
    known = await request.app[SERVICE].database.read(passkeys_store.known, request[CALLER].id, at.rp)
    if not known:
        raise Problem(ProblemType.PASSKEY_REFUSED, "none")
    return ask(request, _purpose(request), passkeys.begin_assertion(at, known))


async def confirm_by_passkey(request: web.Request) -> web.Response:
    """POST /confirm/passkey."""
    service, entrance, now = request.app[SERVICE], request.app[ENTRANCE], now_of(request)
    at, brought = entrance.party(request.host), await answer_of(request)
    passkey, counter = await entrance.heed(at, request.cookies.get(CEREMONY, ""), _purpose(request), brought.answer)
    if passkey.person != request[CALLER].id:
        raise Problem(ProblemType.PASSKEY_REFUSED)

    def use(tx: Tx) -> None:
        passkeys_store.use(tx, passkey, counter, now)
        browsers.confirm(tx, request[browsers.SESSION].id, now)

    await service.database.write(use)
    return done(200)


def _purpose(request: web.Request) -> str:
    return f"confirm {request[browsers.SESSION].id}"


def _ways(tx: Tx, person: str) -> tuple[bool, bool]:
    """Say whether a person has passkeys, and a password."""
    return bool(passkeys_store.of_person(tx, person)), passwords_store.find(tx, person) is not None


async def _form(request: web.Request, status: int = 200, *, wrong: bool = False, wait: int = 0) -> web.Response:
    has_passkeys, has_password = await request.app[SERVICE].database.read(_ways, request[CALLER].id)
    return request.app[DESK].render(
        request,
        "confirm.html",
        status,
        next=next_address(request),
        has_passkeys=has_passkeys,
        has_password=has_password,
        wrong=wrong,
        wait=wait,
    )


def pages() -> list[Page]:
    """Return the pages of this room."""
    text = Label("再次确认身份", "show again that it is you")
    return [
        Page(id="confirm_page", path="/confirm", handler=confirm_page, text=text),
        Page(id="confirm_by_password", path="/confirm", handler=confirm_by_password, text=text, method="POST"),
        Page(id="confirm_by_key", path="/confirm/key", handler=for_scripts(confirm_by_key), text=text, method="POST"),
        Page(id="ask_again", path="/confirm/passkey/question", handler=for_scripts(ask_again), text=text, method="POST"),
        Page(id="confirm_by_passkey", path="/confirm/passkey", handler=for_scripts(confirm_by_passkey), text=text, method="POST"),
    ]
