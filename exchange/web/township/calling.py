"""Whom to call 联系人: one's own office and the county; whoever answers for secrecy at an office keeps its numbers there."""

import secrets
from datetime import datetime
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.duty import roster
from exchange.duty.roster import Shift
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.register_changes import Reached, keep_reached, reached
from exchange.service import SERVICE
from exchange.staff import deputies
from exchange.staff.filing import Sight, sight
from exchange.web.admin.acting import commanding, confirm_first, is_confirmed, is_repetition
from exchange.web.admin.offices import wrong_contact
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas.problems import Problem
from schemas.words import COUNTY, Label, Role

HERE: Final = "/contacts"
KEEPERS: Final = frozenset({Role.CONFIDENTIALITY, Role.LEADER})
FIELDS: Final = ("person", "phone", "duty")
_WRONG: Final = 422


class Reach(NamedTuple):
    """An office, how it is reached, and who is on duty there now, as far as anybody is entered."""

    name: str
    told: Reached
    shift: Shift | None


async def shown(request: web.Request) -> web.Response:
    """GET /contacts: one's own office, then the county; a form for who keeps the own one's."""
    return await _shown(request, {name: request.query.get(name, "") for name in FIELDS}, {})


async def kept(request: web.Request) -> web.StreamResponse:
    """POST /contacts: keep how one's own office is reached. Who did it is kept."""
    fields, service = await form(request), request.app[SERVICE]
    values = {name: str(fields.get(name, "")) for name in FIELDS}
    if not is_confirmed(request):
        return confirm_first(HERE, values)
    desk = commanding(request, fields.get("once", ""))
    try:
        await service.database.write(keep_reached, desk, request[CALLER].office, Reached(**values))
    except Problem as problem:
        if not is_repetition(problem):
            return await _shown(request, values, wrong_contact(problem), _WRONG)
    return go(f"{HERE}?done=1")


async def _shown(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    person, now = request[CALLER], request.app[SERVICE].watch.now()
    offices = await request.app[SERVICE].database.read(_read, list(dict.fromkeys((person.office, COUNTY))), now)
    own, service = offices[0].told, request.app[SERVICE]
    away = await service.database.read(deputies.acting, person.office, service.watch.now())
    return request.app[DESK].render(
        request,
        "contacts.html",
        status,
        offices=offices,
        one={"contact": own.person, "phone": own.phone, "duty": own.duty},
        values=values,
        errors=errors,
        keeps=person.role in KEEPERS,
        away=away if sight(person, person.office) is not Sight.NONE else [],
        registry=sight(person, person.office) is not Sight.NONE,
        confirmed=is_confirmed(request),
        once=secrets.token_hex(16),
    )


def _read(tx: Tx, codes: list[str], now: datetime) -> list[Reach]:
    names, shifts = naming.offices(tx, codes), roster.on_duty(tx, codes, now)
    return [Reach(names.get(code, code), reached(tx, code), shifts.get(code)) for code in codes]


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="contacts", path=HERE, handler=shown, text=Label("联系人", "whom to call")),
        Page(
            id="keep_contacts", path=HERE, handler=kept, text=Label("登记本单位联系人", "keep whom to call"), method="POST", roles=KEEPERS
        ),
    ]
