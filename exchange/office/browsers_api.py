"""POST /api/v1/sessions: a request that a person's key signed signs the browser in that holds the key."""

from datetime import datetime, timedelta
from typing import Final

from aiohttp import hdrs, web
from msgspec import Struct

from exchange.office import browsers
from exchange.office.session import SIGNATURE, caller
from exchange.operation import JSON, Body, Operation
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import OfficeCode, PersonId
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

REMEMBERED: Final = timedelta(minutes=11)
"""A signed request holds for five minutes on either side; until that is over it is known again."""


class SignedIn(Struct, frozen=True):
    """Who is signed in now."""

    person: PersonId
    name: str
    office: OfficeCode
    role: Role


class Seen:
    """The signed requests that a session was begun with: each begins one."""

    def __init__(self) -> None:
        """Start with none."""
        self._until: dict[tuple[str, str], datetime] = {}

    def take(self, certificate: str, nonce: str, now: datetime) -> None:
        """Raise Problem REQUEST_SIGNATURE_INVALID for a request that came before, or that cannot be told from another."""
        self._until = {key: until for key, until in self._until.items() if until > now}
        if not nonce or (certificate, nonce) in self._until:
            raise Problem(ProblemType.REQUEST_SIGNATURE_INVALID, "nonce")
        self._until[certificate, nonce] = now + REMEMBERED


SEEN: web.AppKey[Seen] = web.AppKey("seen", Seen)


async def begin(request: web.Request) -> web.Response:
    """Sign a browser in. People only: a service account has no browser."""
    person = await caller(request)
    service = request.app[SERVICE]
    if SIGNATURE not in request:
        raise Problem(ProblemType.REQUEST_NOT_SIGNED)
    if person.role is Role.SERVICE:
        raise Problem(ProblemType.NOT_ALLOWED, person.role.value)
    browsers.require_same_site(request)
    certificate, nonce = request[SIGNATURE]
    now = service.watch.now()
    request.app[SEEN].take(certificate, nonce, now)
    agent = request.headers.get(hdrs.USER_AGENT, "")
    await service.database.write(browsers.end_token, request.cookies.get(browsers.COOKIE, ""))  # whoever was signed in here before
    token = await service.database.write(browsers.begin, person.id, "key", agent, now, certificate)
    response = answer(SignedIn(person.id, person.name, person.office, person.role), status=201)
    browsers.set_cookie(response, token)
    return response


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="beginSession",
            method="POST",
            path="/api/v1/sessions",
            handler=begin,
            text=Label("用本机的密钥登录网页", "sign a browser in with the key that it holds"),
            more=Label(
                "仅供本系统网页使用：答复带有 Cookie。程序请逐个请求签名，不要使用会话。",
                "For the pages of this system: the answer sets a cookie. Programs sign each request and have no session.",
            ),
            tag="enrolment",
            answers={201: Body(JSON, SignedIn)},
            problems=(ProblemType.CROSS_SITE,),
        )
    ]
