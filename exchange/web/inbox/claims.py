"""「张三 正在办理」: who has an item open right now. In memory only: it keeps nobody from acting, and a restart forgets it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery.api import submission_id
from exchange.events.streams import STREAMS
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox import store
from exchange.web.pages import Page
from exchange.web.rendering import DESK, Desk
from schemas.words import Label

LASTS: Final = timedelta(seconds=90)
"""So long after the last sign of life; an open page gives one every 40 seconds."""


class Claim(NamedTuple):
    """Who has it open, and until when that is believed."""

    person: str
    name: str
    until: datetime


class Claims:
    """Who is at which item, an office's people among themselves."""

    def __init__(self, changed: Callable[[str], None] = lambda _office: None) -> None:
        """Start with nobody anywhere. `changed` is told of an office where somebody came to an item, or went."""
        self._held: dict[tuple[str, str], Claim] = {}
        self._changed = changed

    def take(self, person: Person, submission: str, now: datetime) -> str | None:
        """Say that a person has an item open; returns a colleague's name who had it before and still has."""
        before = self._at(person.office)
        for stale in [each for each, claim in self._held.items() if claim.until <= now or claim.person == person.id]:
            if stale != (person.office, submission):
                del self._held[stale]  # a person is at one item: where they were before, they are no longer
        held = self._held.get((person.office, submission))
        if held is None or held.person == person.id or held.until <= now:
            held = self._held[person.office, submission] = Claim(person.id, person.name, now + LASTS)
        if self._at(person.office) != before:
            self._changed(person.office)
        return None if held.person == person.id else held.name

    def release(self, person: Person, submission: str) -> None:
        """Say that a person has done with an item."""
        held = self._held.get((person.office, submission))
        if held is not None and held.person == person.id:
            del self._held[person.office, submission]
            self._changed(person.office)

    def _at(self, office: str) -> set[tuple[str, str]]:
        return {(submission, claim.person) for (held, submission), claim in self._held.items() if held == office}

    def others(self, person: Person, now: datetime) -> Mapping[str, str]:
        """Return which items a person's colleagues have open: names by submission."""
        return {
            submission: claim.name
            for (office, submission), claim in self._held.items()
            if office == person.office and claim.person != person.id and claim.until > now
        }


_OF: Final[WeakKeyDictionary[Desk, Claims]] = WeakKeyDictionary()


def claims_of(app: web.Application) -> Claims:
    """Return the claims of one running desk: they live and end with it."""
    desk, streams = app[DESK], app[STREAMS]
    if desk not in _OF:
        _OF[desk] = Claims(lambda office: streams.ring(frozenset({office})))
    return _OF[desk]


async def told(request: web.Request, person: Person) -> str:
    """Return, for a stream of events, which items a person's colleagues have open, as far as the person sees these items."""
    service = request.app[SERVICE]
    others = claims_of(request.app).others(person, service.watch.now())
    seen = await service.database.read(_seen, person, frozenset(others)) if others else ()
    return msgspec.json.encode({submission: others[submission] for submission in sorted(seen)}).decode()


def _seen(tx: Tx, person: Person, submissions: frozenset[str]) -> list[str]:
    return [each for each in submissions if store.one(tx, person, each) is not None]


async def leave(request: web.Request) -> web.Response:
    """POST /inbox/{submission}/leave: the page was left; what nobody says is believed for a while longer."""
    claims_of(request.app).release(request[CALLER], submission_id(request))
    return web.Response(status=204)


def pages() -> list[Page]:
    """Return the pages of this module."""
    path = "/inbox/{submission:[0-9a-f]{64}}/leave"
    return [Page(id="inbox_leave", path=path, handler=leave, text=Label("离开一件", "leave an item"), method="POST")]
