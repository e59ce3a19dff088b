"""Setting a password with its second step: the password first, then the authenticator, and then both begin to count."""

from datetime import datetime
from typing import Final, NamedTuple

import segno
from aiohttp import web

from archive.ledger.database import Tx
from exchange.office import browsers, passwords, passwords_store
from exchange.office.browsers import Session
from exchange.office.passwords_store import Kept
from exchange.office.session import CALLER
from exchange.office.signing_in import ENTRANCE
from exchange.service import SERVICE
from exchange.web.entering.ceremonies import field_of, now_of
from exchange.web.entering.confirming import require_confirmed, require_lasting
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas.words import Label

HERE: Final = "/account/password"
FINISHED_WITHIN: Final = 900
"""Seconds between choosing a password and showing the first code."""
TRIES: Final = 10
_REFUSED: Final = 422


class Begun(NamedTuple):
    """A password that does not count yet: its digest, and the authenticator's secret. In memory only."""

    until: float
    password: str
    secret: bytes
    tries: int = 0


Unfinished = dict[str, Begun]
"""By session."""
UNFINISHED: web.AppKey[Unfinished] = web.AppKey("unfinished", dict)


async def password_form(request: web.Request) -> web.Response:
    """GET /account/password."""
    require_confirmed(request)
    return _ask_password(request)


async def choose(request: web.Request) -> web.Response:
    """POST /account/password: a good password leads on to the authenticator; nothing is kept yet."""
    require_confirmed(request)
    await require_lasting(request)
    person, entrance = request[CALLER], request.app[ENTRANCE]
    password, again = await field_of(request, "password", "again")
    names = (person.id, person.name, person.office, person.office_name, request.app[SERVICE].county.settings.name)
    weakness = passwords.weakness(password, names)
    if weakness is not None or passwords.normal(password) != passwords.normal(again):
        return _ask_password(request, _REFUSED, weakness=weakness, unequal=weakness is None)
    now, waiting = request.app[SERVICE].watch.clock.elapsed(), request.app[UNFINISHED]
    for session in [each for each, begun in waiting.items() if begun.until <= now]:
        del waiting[session]
    kept = await entrance.work(entrance.keeper.keep, password)
    begun = waiting[request[browsers.SESSION].id] = Begun(now + FINISHED_WITHIN, kept, passwords.make_secret())
    return _ask_code(request, begun)


async def finish(request: web.Request) -> web.Response:
    """POST /account/password/finish: the first code shows that the authenticator works; from now on both count."""
    require_confirmed(request)
    await require_lasting(request)
    service, session, waiting = request.app[SERVICE], request[browsers.SESSION], request.app[UNFINISHED]
    begun = waiting.pop(session.id, None)
    if begun is None or begun.until <= service.watch.clock.elapsed() or begun.tries >= TRIES:
        return _ask_password(request, _REFUSED, late=True)
    (code,) = await field_of(request, "code")
    step = passwords.matching_step(begun.secret, code, now_of(request), 0)
    if step is None:
        begun = waiting[session.id] = begun._replace(tries=begun.tries + 1)
        return _ask_code(request, begun, _REFUSED, wrong=True)
    codes = passwords.make_recovery_codes()
    await service.database.write(_keep, _digested(request, begun, step, codes), session, now_of(request))
    return request.app[DESK].render(request, "account_recovery.html", codes=codes)


def _digested(request: web.Request, begun: Begun, step: int, codes: list[str]) -> tuple[Kept, list[str]]:
    keeper, person = request.app[ENTRANCE].keeper, request[CALLER].id
    kept = Kept(person, begun.password, keeper.seal(person, begun.secret), step, "", len(codes))
    return kept, [keeper.recovery_digest(person, code) for code in codes]


def _keep(tx: Tx, made: tuple[Kept, list[str]], here: Session, now: datetime) -> None:
    """Keep it, and sign out the browsers that came in by a password: it may be changed because somebody else knew it."""
    browsers.require_signed_in(tx, here, now)
    passwords_store.keep(tx, *made, now)
    browsers.end_others_by(tx, here.person.id, "password", here.id)


async def remove(request: web.Request) -> web.Response:
    """POST /account/password/remove."""
    require_confirmed(request)
    here = request[browsers.SESSION]

    def erase(tx: Tx) -> None:
        passwords_store.remove(tx, here.person.id)
        browsers.end_others_by(tx, here.person.id, "password", here.id)

    await request.app[SERVICE].database.write(erase)
    return go("/account")


def _ask_password(
    request: web.Request, status: int = 200, *, weakness: passwords.Weakness | None = None, unequal: bool = False, late: bool = False
) -> web.Response:
    return request.app[DESK].render(request, "account_password.html", status, weakness=weakness, unequal=unequal, late=late)


def _ask_code(request: web.Request, begun: Begun, status: int = 200, *, wrong: bool = False) -> web.Response:
    person, county = request[CALLER], request.app[SERVICE].county.settings.name
    address = passwords.address(begun.secret, f"{person.name} {person.office_name}", county)
    picture = segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    return request.app[DESK].render(request, "account_code.html", status, picture=picture, typed=passwords.typed(begun.secret), wrong=wrong)


def pages() -> list[Page]:
    """Return the pages of this room."""
    text = Label("登录口令", "password")
    return [
        Page(id="password_form", path=HERE, handler=password_form, text=text),
        Page(id="choose_password", path=HERE, handler=choose, text=text, method="POST"),
        Page(id="finish_password", path=f"{HERE}/finish", handler=finish, text=text, method="POST"),
        Page(id="remove_password", path=f"{HERE}/remove", handler=remove, text=text, method="POST"),
    ]
