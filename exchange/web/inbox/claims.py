"""「张三 正在办理」: who has an item open right now. In memory only: it keeps nobody from acting, and a restart forgets it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from aiohttp import web

from exchange.office.store import Person
from exchange.web.rendering import DESK, Desk

LASTS: Final = timedelta(seconds=90)
"""So long after the last sign of life; an open page gives one every 40 seconds."""


class Claim(NamedTuple):
    """Who has it open, and until when that is believed."""

    person: str
    name: str
    until: datetime


class Claims:
    """Who is at which item, an office's people among themselves."""

    def __init__(self) -> None:
        """Start with nobody anywhere."""
        self._held: dict[tuple[str, str], Claim] = {}

    def take(self, person: Person, submission: str, now: datetime) -> str | None:
        """Say that a person has an item open; returns a colleague's name who had it before and still has."""
        for stale in [each for each, claim in self._held.items() if claim.until <= now or claim.person == person.id]:
            if stale != (person.office, submission):
                del self._held[stale]  # a person is at one item: where they were before, they are no longer
        held = self._held.get((person.office, submission))
        if held is not None and held.person != person.id and held.until > now:
            return held.name
        self._held[person.office, submission] = Claim(person.id, person.name, now + LASTS)
        return None

    def release(self, person: Person, submission: str) -> None:
        """Say that a person has done with an item."""
        held = self._held.get((person.office, submission))
        if held is not None and held.person == person.id:
            del self._held[person.office, submission]

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
    return _OF.setdefault(app[DESK], Claims())
