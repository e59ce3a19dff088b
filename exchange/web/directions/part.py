"""What the page of an item shows its sender of taking it back and of sending it to further offices."""

from datetime import datetime
from typing import NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import recall, sender
from exchange.delivery.answers import Status
from exchange.delivery.recall import Step
from exchange.delivery.states import Action
from exchange.duty import later_days
from exchange.duty.later_days import Day
from exchange.office import naming
from exchange.office.store import Person


class Copy(NamedTuple):
    """One recipient's copy that can be taken back, and how; `carried_at` is since when it lies on a medium, unopened as far as is known."""

    office: str
    name: str
    way: Action
    version: int
    carried_at: str | None = None


class Office(NamedTuple):
    """An office that does not have it yet."""

    code: str
    name: str
    kind: str


class Told(NamedTuple):
    """One step of a recall: what, at which office, when, who did it, and why."""

    step: Step
    office: str
    who: str


class Sending(NamedTuple):
    """What the sender may still do with it; `at_once` and `by_asking` count the ways in which copies can be taken back."""

    copies: tuple[Copy, ...]
    steps: tuple[Told, ...]
    further: tuple[Office, ...]
    day: Day | None = None
    """By when it asks for an answer, where that is over or so near that new offices need a day of their own."""

    @property
    def at_once(self) -> int:
        """How many nobody has opened."""
        return sum(copy.way is Action.WITHDRAW for copy in self.copies)

    @property
    def by_asking(self) -> int:
        """How many need the recipient's consent."""
        return len(self.copies) - self.at_once


def sending(tx: Tx, person: Person, status: Status, now: datetime) -> Sending | None:
    """Return what the sender may still do; None for everybody else, and for what is sealed."""
    if not sender.is_sender(person, status.from_) or status.sealed:
        return None
    found = recall.steps(tx, person, status.submission)
    names = naming.offices(tx, [copy.office for copy in status.deliveries])
    people = naming.people(tx, [each.by for each in found])
    told = tuple(Told(each, names.get(each.recipient, each.recipient), people.get(each.by, each.by)) for each in found)
    if not sender.may_act(person, status.from_, sealed=status.sealed):
        return Sending((), told, ())
    copies = [
        Copy(copy.office, names.get(copy.office, copy.office), way, copy.version, copy.carried_at)
        for copy in status.deliveries
        if (way := recall.way(copy)) is not None
    ]
    day = later_days.day_of(tx, status.submission, now)
    return Sending(tuple(copies), told, _further(tx, status), day if day is not None and day.near else None)


def _further(tx: Tx, status: Status) -> tuple[Office, ...]:
    """Return to whom it can still be sent: nobody once every copy was taken back, nor where only named persons see it."""
    if status.named or all(copy.review.value == "withdrawn" for copy in status.deliveries):
        return ()
    there = {status.from_, *status.joint, *(copy.office for copy in status.deliveries)}
    rows = tx.rows("SELECT office AS code, name, kind FROM office_period WHERE valid_to IS NULL ORDER BY kind DESC, office")
    return tuple(Office(row.code, row.name, row.kind) for row in rows if row.code not in there)
