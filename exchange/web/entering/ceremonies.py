"""What scripts ask about passkeys: a question, bound to the browser by a cookie, and the authenticator's answer to it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import hdrs, web
from msgspec import Struct

from exchange.edge import render
from exchange.office import browsers
from exchange.office.passkeys import State
from exchange.office.session import bounded_body, require_json
from exchange.office.signing_in import ANSWERED_WITHIN, CEREMONY, ENTRANCE, Arrival
from exchange.service import SERVICE
from exchange.web.pages import Handler
from schemas.messages import decode
from schemas.problems import Problem, ProblemType

NAME_LENGTH: Final = 60
ENCODED: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 50


class Answer(Struct, frozen=True):
    """What an authenticator answered, as WebAuthn writes it in JSON; `name` is what a new passkey is to be called."""

    answer: dict[str, Any]
    name: str = ""


def for_scripts(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Handler:
    """Let a handler's refusals reach a script as RFC 9457 instead of as a page."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            return render(problem)

    return handle


def ask(request: web.Request, purpose: str, question: tuple[dict[str, Any], State]) -> web.Response:
    """Answer a script with what it is to ask the authenticator."""
    options, state = question
    token = request.app[ENTRANCE].ask(purpose, state, request.remote or "")
    response = web.json_response(options)
    response.set_cookie(CEREMONY, token, max_age=ANSWERED_WITHIN, path="/", secure=True, httponly=True, samesite="Strict")
    return response


async def answer_of(request: web.Request) -> Answer:
    """Return what a script brought. Raises Problem REQUEST_MALFORMED and what `bounded_body` raises."""
    body = await bounded_body(request)
    require_json(request)
    return decode(body, Answer, ProblemType.REQUEST_MALFORMED)


def done(status: int = 201) -> web.Response:
    """Answer that it is done."""
    response = web.json_response({}, status=status)
    response.del_cookie(CEREMONY, path="/", secure=True, httponly=True, samesite="Strict")
    return response


def arrival(request: web.Request) -> Arrival:
    """Return from where a person comes in."""
    return Arrival(request.headers.get(hdrs.USER_AGENT, ""), request.cookies.get(browsers.COOKIE, ""))


def now_of(request: web.Request) -> datetime:
    """Return the time."""
    return request.app[SERVICE].watch.now()


async def field_of(request: web.Request, *names: str) -> list[str]:
    """Return fields of a form, empty where there is none. It is kept in memory, and not waited for without end.

    Raises Problem REQUEST_MALFORMED for any other kind of body, a file above all, and what `bounded_body` raises.
    """
    body = await bounded_body(request)
    if body and request.content_type != ENCODED:
        raise Problem(ProblemType.REQUEST_MALFORMED, "form")
    try:
        form = dict(reversed(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)))
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "form") from error
    return [form.get(name, "") for name in names]
