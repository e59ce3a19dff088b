"""Sent 已发: what the office sent, and where each recipient's copy stands. The address holds what was narrowed down."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import outgoing
from exchange.delivery.answers import Sent
from exchange.delivery.outgoing import Narrowing, Standing
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paging import CODE, Slice, Window
from exchange.service import SERVICE
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.township.standing import standing, tone
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Label

SIZE: Final = 50
_FIELDS: Final = ("state", "to", "kind", "from", "until")


class Outgoing(NamedTuple):
    """What stands on the page: the rows, which were replaced, the counts of all, the recipients to choose from, and names by code."""

    page: Slice[Sent]
    replaced: frozenset[str]
    counts: Mapping[Standing, int]
    recipients: list[Any]
    offices: dict[str, str]


async def listed(request: web.Request) -> web.Response:
    """GET /sent?state=…&to=…&kind=…&from=…&until=…&after=….

    Raises Problem REQUEST_MALFORMED for a value that the form does not have.
    """
    chosen = {name: request.query[name].strip() for name in _FIELDS if request.query.get(name, "").strip()}
    narrowing, after = narrowed(chosen), request.query.get("after")
    wanted = Window(None if after is None else outgoing.LISTING.read(after), SIZE)
    shown = await request.app[SERVICE].database.read(_outgoing, request[CALLER], narrowing, wanted)

    def address(**changed: str) -> str:
        """Return the address of this list with something else chosen; an empty value takes a choice away."""
        return "/sent" + _query({name: value for name, value in (chosen | changed).items() if value})

    return request.app[DESK].render(
        request,
        "sent.html",
        shown=shown,
        chosen=chosen,
        narrowing=narrowing,
        address=address,
        first=after is None,
        standings=list(Standing),
        kinds=list(Kind),
        standing=standing,
        tone=tone,
    )


def narrowed(chosen: Mapping[str, str]) -> Narrowing:
    """Return what an address asks for. Raises Problem REQUEST_MALFORMED, naming the field."""
    to = chosen.get("to", "")
    if to and not re.fullmatch(CODE, to):
        raise Problem(ProblemType.REQUEST_MALFORMED, "to")
    try:
        standing_ = Standing(chosen["state"]) if "state" in chosen else None
        kind = Kind(chosen["kind"]) if "kind" in chosen else None
        since = _begin(chosen["from"]) if "from" in chosen else ""
        before = _begin(chosen["until"], timedelta(days=1)) if "until" in chosen else ""
    except (ValueError, OverflowError) as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "state, kind, from, until") from error
    return Narrowing(standing=standing_, to=to, kind=kind, since=since, before=before)


def _begin(text: str, later: timedelta = timedelta()) -> str:
    """Return the instant at which a day begins in China, or one so much later. Raises ValueError or OverflowError."""
    day = date.fromisoformat(text)
    return instants.write(datetime(day.year, day.month, day.day, tzinfo=instants.BEIJING) + later)


def _query(values: Mapping[str, str]) -> str:
    return f"?{urlencode(values)}" if values else ""


def _outgoing(tx: Tx, person: Person, narrowing: Narrowing, wanted: Window) -> Outgoing:
    page = outgoing.page(tx, person, narrowing, wanted)
    codes = {copy.office for row in page.rows for copy in row.deliveries}
    replaced = frozenset(row.submission for row in page.rows if row.replaced_by is not None)
    return Outgoing(page, replaced, outgoing.counts(tx, person), outgoing.recipients(tx, person), naming.offices(tx, codes))


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="sent", path="/sent", handler=listed, text=Label("已发", "sent"))]
