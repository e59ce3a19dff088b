"""Home 今日待办: what waits for this person today. No office is compared with another here, and nobody's diligence is counted."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import waiting
from exchange.delivery.states import DECIDERS
from exchange.delivery.waiting import Fresh, Waiting
from exchange.duty import standing
from exchange.forms import listing
from exchange.forms.answers import FormListed
from exchange.forms.rules import UNANSWERED
from exchange.office import naming, stops
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.staff import requests
from exchange.supervision.watch import SOON
from exchange.web.admin import status
from exchange.web.pages import Page
from exchange.web.rendering import DESK, day
from schemas.words import COUNTY, Label, Role

MOST: Final = 5
"""Rows of each card; the list behind it has them all."""
NEWEST: Final = 6
LATELY: Final = timedelta(days=7)
"""How long a marked document that was stopped stands on the page of those who must act on it."""
_ONLOOKERS: Final = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""They handle no documents: nothing of these waits for them."""


class Board(NamedTuple):
    """What stands on the page; `offices` are names by code, `stopped` counts marked documents that were read lately.

    `forms` are the reply forms 回执单 that the office has yet to answer.
    """

    returned: Waiting
    to_sign: Waiting
    due: Waiting
    fresh: tuple[Fresh, ...]
    offices: dict[str, str]
    stopped: int
    forms: tuple[FormListed, ...] = ()


async def home(request: web.Request) -> web.Response:
    """GET /: what is to be done."""
    person, service = request[CALLER], request.app[SERVICE]
    now = service.watch.now()
    if person.role in _ONLOOKERS:
        administers = person.role is Role.ADMINISTRATOR and person.office == COUNTY
        found = (await status.looked(request))["findings"] if administers else []
        matters = [each for each in found if each.tone != "good"]
        changes = await service.database.read(_changes) if administers else 0
        return request.app[DESK].render(request, "home_onlooker.html", matters=matters, administers=administers, changes=changes)
    board = await service.database.read(_board, person, now)
    duty = await service.database.read(standing.standing, person, now)
    return request.app[DESK].render(
        request,
        "home.html",
        board=board,
        duty=duty,
        today=day(now),
        soon=day(now + SOON),
        most=waiting.MOST_COUNTED,
        most_rows=MOST,
        of_county=person.office == COUNTY,
        decides=person.role in DECIDERS,
    )


def _changes(tx: Tx) -> int:
    """Return how many changes of staff wait for the county."""
    return sum(requests.counts(tx).values())


def _board(tx: Tx, person: Person, now: datetime) -> Board:
    returned = waiting.returned(tx, person, now, MOST)
    to_sign = waiting.to_sign_for(tx, person, now, MOST)
    due = waiting.due(tx, person, now, day(now), MOST)
    fresh = waiting.fresh(tx, person, NEWEST)
    forms = tuple(each for each in listing.to_answer(tx, person, now) if each.state in UNANSWERED)
    named = {item.office for each in (to_sign, due) for item in each.rows}
    named |= {copy.office for item in returned.rows for copy in item.deliveries} | {each.recipient for each in fresh if each.recipient}
    named |= {each.from_ for each in forms}
    return Board(returned, to_sign, due, fresh, naming.offices(tx, named), stops.count(tx, person, now - LATELY), forms)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="home", path="/", handler=home, text=Label("今日待办", "today"))]
