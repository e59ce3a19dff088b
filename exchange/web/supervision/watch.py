"""The one screen of what is to be looked after 督办; every row is one click from urging or calling."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office import naming
from exchange.office.contacts import Contact, contacts_of, duty_desks
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paging import CODE, Slice
from exchange.service import SERVICE
from exchange.supervision import pace, urging, watch
from exchange.supervision.watch import COUNTED, LISTING, STATES, Line, Side, State, Wanted
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from exchange.web.supervision.matrix import MOST_URGED, dial, may_urge_as, outcome, rested, told, way
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Urgency

SIZE: Final = 50
_FIELDS: Final = ("side", "state", "office", "urgency")
_DELIVERY: Final = re.compile(f"([0-9a-f]{{64}}):({CODE})")


class Watched(NamedTuple):
    """What stands on the page."""

    page: Slice[Line]
    counts: Mapping[State, int]
    other_side: Mapping[State, int]
    others: list[str]
    names: dict[str, str]
    desks: dict[str, str]
    contacts: dict[str, Contact]
    resting: dict[str, datetime]
    """From when on a delivery, `submission:office`, may be urged again that was of late."""


async def show(request: web.Request) -> web.Response:
    """GET /watch?side=…&state=…&office=…&urgency=…&after=…. Raises Problem REQUEST_MALFORMED for a value that the page does not have."""
    person, service = request[CALLER], request.app[SERVICE]
    chosen = {name: request.query[name] for name in _FIELDS if request.query.get(name)}
    wanted, after = read(chosen), request.query.get("after")
    place = LISTING.read(after) if after else None
    shown = await service.database.read(_read, person, wanted, service.watch.now(), place)

    def address(**changed: str) -> str:
        """Return the address of this list with something else chosen; an empty value takes a choice away."""
        return "/watch" + query({name: value for name, value in (chosen | changed).items() if value})

    return request.app[DESK].render(
        request,
        "supervision/watch.html",
        shown=shown,
        wanted=wanted,
        chosen=chosen,
        address=address,
        first=after is None,
        sides=list(Side),
        states=STATES[wanted.side],
        urgencies=list(Urgency),
        most=COUNTED,
        may_urge=wanted.side is Side.SENT and may_urge_as(person),
        answers=watch.ANSWERS,
        done=told(request.query),
        dial=dial,
    )


def read(chosen: Mapping[str, str]) -> Wanted:
    """Return what an address asks for. Raises Problem REQUEST_MALFORMED."""
    try:
        side = Side(chosen.get("side", Side.SENT.value))
        state = State(chosen.get("state", State.WAITING.value))
        urgency = Urgency(chosen["urgency"]) if "urgency" in chosen else None
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "side, state, urgency") from error
    office = chosen.get("office", "")
    if state not in STATES[side] or (office and not re.fullmatch(CODE, office)):
        raise Problem(ProblemType.REQUEST_MALFORMED, "state, office")
    return Wanted(side=side, state=state, office=office, urgency=urgency)


def query(values: Mapping[str, str]) -> str:
    """Return the end of an address."""
    return f"?{urlencode(values)}" if values else ""


def _read(tx: Tx, person: Person, wanted: Wanted, now: datetime, place: tuple[str, ...] | None) -> Watched:
    found = watch.page(tx, person, wanted, now, place, SIZE)
    others = watch.others(tx, person, wanted.side, now)
    here = {line.office for line in found.rows}
    return Watched(
        found,
        watch.counts(tx, person, wanted.side, now),
        watch.counts(tx, person, Side.RECEIVED if wanted.side is Side.SENT else Side.SENT, now),
        others,
        naming.offices(tx, {*others, *here, *filter(None, [wanted.office])}),
        duty_desks(tx, here),
        contacts_of(tx, here),
        _resting(tx, person, found.rows, now) if wanted.side is Side.SENT else {},
    )


def _resting(tx: Tx, person: Person, rows: Sequence[Line], now: datetime) -> dict[str, datetime]:
    lately = dict.fromkeys(row.submission for row in rows if row.urged_at is not None and now - instants.read(row.urged_at) < pace.DAY)
    return {f"{one}:{office}": until for one in lately for office, until in pace.resting(tx, person.office, one, now).items()}


async def urge(request: web.Request) -> web.StreamResponse:
    """POST /watch/urge?side=…: the `chosen` of `items`, or the one that `urge` or `call` names; back to the list that the address names."""
    person, service, given = request[CALLER], request.app[SERVICE], await form(request)
    chosen = {name: request.query[name] for name in _FIELDS if request.query.get(name)}
    read(chosen)
    one = given.get("call") or given.get("urge")
    deliveries = [_delivery(text) for text in ([one] if one else given.getall("items", []))]
    if not deliveries or len(deliveries) > MOST_URGED:
        raise Problem(ProblemType.REQUEST_MALFORMED, "items")
    now = service.watch.signing_now()
    try:
        done = await service.sign(urging.urge_each, service.county.notary, person, deliveries, way(given), given.get("note", ""), now)
    except Problem as problem:
        done = rested(problem, len(deliveries))
    return go("/watch" + query(chosen | outcome(done, way(given))))


def _delivery(text: str) -> tuple[str, str]:
    found = _DELIVERY.fullmatch(text)
    if found is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "items")
    return found[1], found[2]


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="watch", path="/watch", handler=show, text=Label("督办", "what to look after")),
        Page(id="watch_urge", path="/watch/urge", handler=urge, text=Label("催办", "urge"), method="POST"),
    ]
