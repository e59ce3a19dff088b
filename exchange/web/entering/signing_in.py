"""Signing in without this browser's own key: with a passkey, or with a password and a code."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from exchange.office import browsers, passkeys, store
from exchange.office.passwords import LONGEST
from exchange.office.signing_in import CEREMONY, ENTRANCE, Shown, Typed, enter_with_passkey, enter_with_password
from exchange.service import SERVICE
from exchange.web.entering.ceremonies import answer_of, arrival, ask, done, field_of, for_scripts, now_of
from exchange.web.pages import Page, go, next_address
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import Label

PURPOSE: Final = "sign in"
_REFUSED: Final = 403
_LOCKED: Final = 429
_LONGEST_NAME: Final = 100
_MINUTE: Final = 60


async def password_page(request: web.Request) -> web.Response:
    """GET /signin/password."""
    if browsers.SESSION in request:
        return go(next_address(request))
    return await _form(request, Typed("", "", "", ""))


async def enter_by_password(request: web.Request) -> web.Response:
    """POST /signin/password: one refusal for everything that is wrong."""
    service, now = request.app[SERVICE], now_of(request)
    typed = await typed_in(request)
    try:
        shown: Shown | None = await request.app[ENTRANCE].try_password(typed, request.remote or "", now)
    except Problem as problem:
        if problem.kind is not ProblemType.TOO_MANY_REQUESTS:
            raise
        return await _form(request, typed, _LOCKED, wait=minutes(problem))
    token = None if shown is None else await service.database.write(enter_with_password, shown, arrival(request), now)
    if token is None:
        service.counters["sign-in refused"] += 1
        return await _form(request, typed, _REFUSED, wrong=True)
    request.app[ENTRANCE].let_in(typed, request.remote or "")
    response = go(next_address(request))
    browsers.set_cookie(response, token)
    return response


async def typed_in(request: web.Request) -> Typed:
    """Return what was typed, cut to what can be right."""
    office, name, password, code = await field_of(request, "office", "name", "password", "code")
    return Typed(office[:_LONGEST_NAME], name[:_LONGEST_NAME], password[: LONGEST * 2], code[:_LONGEST_NAME])


def minutes(problem: Problem) -> int:
    """Return how long somebody has to wait who tried too often."""
    return -(-int(problem.members.get("retry_after", _MINUTE)) // _MINUTE)


async def _form(request: web.Request, typed: Typed, status: int = 200, *, wrong: bool = False, wait: int = 0) -> web.Response:
    offices: Sequence[Any] = await request.app[SERVICE].database.read(store.offices)
    return request.app[DESK].render(
        request, "signin_password.html", status, next=next_address(request), offices=offices, typed=typed, wrong=wrong, wait=wait
    )


async def ask_passkey(request: web.Request) -> web.Response:
    """POST /signin/passkey/question: any passkey that the authenticator holds for this host."""
    at = request.app[ENTRANCE].party(request.host)
    return ask(request, PURPOSE, passkeys.begin_assertion(at))


async def enter_by_passkey(request: web.Request) -> web.Response:
    """POST /signin/passkey."""
    service, entrance, now = request.app[SERVICE], request.app[ENTRANCE], now_of(request)
    at, brought = entrance.party(request.host), await answer_of(request)
    passkey, counter = await entrance.heed(at, request.cookies.get(CEREMONY, ""), PURPOSE, brought.answer)
    token = await service.database.write(enter_with_passkey, passkey, counter, arrival(request), now)
    response = done()
    browsers.set_cookie(response, token)
    return response


def pages() -> list[Page]:
    """Return the pages of this room."""
    password, passkey = Label("用口令登录", "sign in with a password"), Label("快捷登录", "sign in with a passkey")
    return [
        Page(id="password_page", path="/signin/password", handler=password_page, text=password, roles=None),
        Page(id="enter_by_password", path="/signin/password", handler=enter_by_password, text=password, method="POST", roles=None),
        Page(id="ask_passkey", path="/signin/passkey/question", handler=for_scripts(ask_passkey), text=passkey, method="POST", roles=None),
        Page(id="enter_by_passkey", path="/signin/passkey", handler=for_scripts(enter_by_passkey), text=passkey, method="POST", roles=None),
    ]
