"""What happened, in lines: who did what to whose copy and when; what was done to many at once is one line."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from exchange.delivery.answers import Occurrence
from exchange.supervision.urging import Said, Way
from schemas.words import Event, Word

NAMED: Final = 3
"""So many recipients of one act are named; of the others it is told how many there are."""
TONES: Final[Mapping[Event, str]] = {
    Event.CONSIGNMENT_ACCEPTANCE: "good",
    Event.CONSIGNMENT_REJECTION: "bad",
    Event.MISDIRECTION: "bad",
    Event.WITHDRAWAL: "bad",
    Event.RECALL_REQUEST: "warn",
    Event.NOTIFICATION_FOR_ACCEPTANCE: "warn",
    Event.ACCEPTANCE_REJECTION_EXPIRY: "warn",
    Event.SEALING: "bad",
    Event.DESTRUCTION: "bad",
}


class Line(NamedTuple):
    """One line: what happened, whose copies it concerns where that is not who acted, how, with which note, and who did it."""

    at: str
    event: Event
    recipients: tuple[str, ...]
    offices: int
    way: Word | None
    note: str
    who: str
    tone: str


def lines(
    events: Sequence[Occurrence], mine: str, names: Mapping[str, str], who: Callable[[Occurrence], str], said: Mapping[str, Said]
) -> list[Line]:
    """Return what happened, the oldest first. `mine` is the office that reads: that its own copy is meant need not be said.

    `who` names the person who acted; `said` is what was said in urging, by evidence id.
    """
    told = []
    for (event, by, at, way, note), group in groupby(events, key=lambda each: _like(each, said)):
        alike = list(group)
        codes = [each.recipient for each in alike if each.recipient not in (None, mine, _office(by))]
        named = tuple(names.get(code, code) for code in codes[:NAMED] if code)
        actor = who(alike[0]) if by else ""
        told.append(Line(at, event, named, len(codes), way, note, actor, TONES.get(event, "")))
    return told


def _like(event: Occurrence, said: Mapping[str, Said]) -> tuple[Event, str | None, str, Way | None, str]:
    """Return what must be the same for events to be one line: what a recipient did stands alone."""
    way, note = said.get(event.evidence_id, (None, ""))
    return event.event, event.by, event.at, way, note


def _office(person: str | None) -> str | None:
    return None if person is None else person.rpartition(".")[0]
