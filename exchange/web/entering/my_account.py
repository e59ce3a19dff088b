"""My account: who I am here, where I am signed in, and how I sign in."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office import browsers, passkeys, passkeys_store, passwords_store
from exchange.office.browsers import Session
from exchange.office.passwords_store import Kept
from exchange.office.session import CALLER
from exchange.office.signing_in import CEREMONY, ENTRANCE
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.entering.ceremonies import NAME_LENGTH, answer_of, ask, done, field_of, for_scripts, now_of
from exchange.web.entering.confirming import require_confirmed, require_lasting
from exchange.web.entering.devices import device
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas.problems import Problem
from schemas.words import Label

HERE: Final = "/account"


class Account(NamedTuple):
    """What a person is shown of themselves; `unique` says that nobody else in the office bears the name."""

    sessions: list[Session]
    passkeys: list[Any]
    password: Kept | None
    unique: bool


async def account(request: web.Request) -> web.Response:
    """GET /account."""
    service, person = request.app[SERVICE], request[CALLER]
    shown = await service.database.read(_account, person, now_of(request))
    return request.app[DESK].render(
        request,
        "account.html",
        account=shown,
        device=device,
        confirmed=request[browsers.SESSION].is_confirmed(now_of(request)),
        passkeys_here=_work_here(request),
    )


def _account(tx: Tx, person: Person, now: datetime) -> Account:
    return Account(
        browsers.sessions(tx, person.id, now),
        passkeys_store.of_person(tx, person.id),
        passwords_store.find(tx, person.id),
        passwords_store.namesakes(tx, person.id) == 1,
    )


def _work_here(request: web.Request) -> bool:
    try:
        request.app[ENTRANCE].party(request.host)
    except Problem:
        return False
    return True


async def end_session(request: web.Request) -> web.Response:
    """POST /account/sessions/end: sign one of my browsers out, this one too."""
    session = request[browsers.SESSION]
    (wanted,) = await field_of(request, "session")
    await request.app[SERVICE].database.write(browsers.end, session.person.id, wanted)
    if wanted != session.id:
        return go(HERE)
    response = go("/signin")
    browsers.drop_cookie(response)
    return response


async def end_others(request: web.Request) -> web.Response:
    """POST /account/sessions/end-others: sign all my browsers out but this one."""
    session = request[browsers.SESSION]
    await request.app[SERVICE].database.write(browsers.end_all, session.person.id, session.id)
    return go(HERE)


async def ask_new_passkey(request: web.Request) -> web.Response:
    """POST /account/passkeys/question."""
    require_confirmed(request)
    await require_lasting(request)
    entrance, person = request.app[ENTRANCE], request[CALLER]
    at = entrance.party(request.host)
    known = await request.app[SERVICE].database.read(passkeys_store.known, person.id, at.rp)
    return ask(request, _purpose(request), passkeys.begin_registration(at, person, entrance.user(person.id), known))


async def add_passkey(request: web.Request) -> web.Response:
    """POST /account/passkeys: keep the passkey that the authenticator made, under a name."""
    require_confirmed(request)
    await require_lasting(request)
    service, entrance, person = request.app[SERVICE], request.app[ENTRANCE], request[CALLER]
    at, brought = entrance.party(request.host), await answer_of(request)
    state = entrance.ceremonies.take(request.cookies.get(CEREMONY, ""), _purpose(request), service.watch.clock.elapsed())
    made = passkeys.complete_registration(at, state, brought.answer, person.id)
    name = brought.name.strip()[:NAME_LENGTH] or device(request[browsers.SESSION].agent) or at.rp
    here, now = request[browsers.SESSION], now_of(request)

    def add(tx: Tx) -> None:
        browsers.require_signed_in(tx, here, now)
        passkeys_store.add(tx, made, name, now)

    await service.database.write(add)
    return done()


async def remove_passkey(request: web.Request) -> web.Response:
    """POST /account/passkeys/remove."""
    require_confirmed(request)
    (wanted,) = await field_of(request, "passkey")
    here = request[browsers.SESSION]

    def remove(tx: Tx) -> None:
        passkeys_store.remove(tx, here.person.id, wanted)
        browsers.end_others_by(tx, here.person.id, "passkey", here.id)

    await request.app[SERVICE].database.write(remove)
    return go(HERE)


def _purpose(request: web.Request) -> str:
    return f"register {request[browsers.SESSION].id}"


def pages() -> list[Page]:
    """Return the pages of this room."""
    sessions, mine = Label("登录的设备", "signed-in devices"), Label("快捷登录方式", "passkeys")
    return [
        Page(id="account", path=HERE, handler=account, text=Label("我的账户", "my account")),
        Page(id="end_session", path=f"{HERE}/sessions/end", handler=end_session, text=sessions, method="POST"),
        Page(id="end_other_sessions", path=f"{HERE}/sessions/end-others", handler=end_others, text=sessions, method="POST"),
        Page(id="ask_new_passkey", path=f"{HERE}/passkeys/question", handler=for_scripts(ask_new_passkey), text=mine, method="POST"),
        Page(id="add_passkey", path=f"{HERE}/passkeys", handler=for_scripts(add_passkey), text=mine, method="POST"),
        Page(id="remove_passkey", path=f"{HERE}/passkeys/remove", handler=remove_passkey, text=mine, method="POST"),
    ]
