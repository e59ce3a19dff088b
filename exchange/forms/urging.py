"""Urging 催报: one click urges every office that has not answered a form, as an event of each delivery."""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange.delivery.own_words import OwnWords
from exchange.delivery.sender import act_as_sender
from exchange.delivery.states import Action
from exchange.forms import store
from exchange.forms.rules import UNANSWERED
from exchange.office.store import Person
from exchange.supervision import pace
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event

PAUSE: Final = timedelta(minutes=10)
"""Nobody is urged twice within this: a button was pressed twice."""


class Wanted(NamedTuple):
    """Which period is urged for, which offices (without any, all), and what the person signed, by office."""

    period: str
    offices: tuple[str, ...] = ()
    signed: OwnWords = MappingProxyType({})


def written(period: str) -> str:
    """Return the text that is kept with the event, and that a person signs."""
    return f"催报回执单 {period}"


def urge(tx: Tx, notary: Notary, caller: Person, submission: str, wanted: Wanted, now: datetime) -> tuple[str, ...]:
    """Urge whoever has not answered in a period; returns the codes of those that were urged now.

    Whoever was urged of late is left alone (`pace`). Raises what `store.rollup` and `act_as_sender` raise, ANSWER_WRONG for a period that
    there is not, and URGED_LATELY when everybody was urged of late, but not just now: a button was not pressed twice.
    """
    period, signed = wanted.period, wanted.signed
    found = store.rollup(tx, caller, submission, now)
    if period not in {each.key for each in found.asked.periods}:
        raise Problem(ProblemType.ANSWER_WRONG, "period", fields={})
    recent = tx.rows(
        "SELECT DISTINCT recipient FROM event WHERE submission = :id AND event = :event AND at > :since",
        id=submission,
        event=Event.NOTIFICATION_FOR_ACCEPTANCE.value,
        since=instants.write(now - PAUSE),
    )
    spared = {row.recipient for row in recent}
    chosen = set(wanted.offices) or {row.office for row in found.rows}
    wanting = [row.office for row in found.rows if row.standings[period].filing in UNANSWERED and row.office in chosen - spared]
    later = pace.resting(tx, caller.office, submission, now)
    if wanting and not spared and not {*wanting} - later.keys():
        raise pace.refusal({office: later[office] for office in wanting})
    wanting = [office for office in wanting if office not in later]
    for office in wanting:
        act_as_sender(tx, notary, caller, submission, office, Action.URGE, now, reason=written(period), signed=signed.get(office))
    return tuple(wanting)
