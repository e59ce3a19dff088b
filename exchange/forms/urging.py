"""Urging 催报: one click urges every office that has not answered a form, as an event of each delivery."""

from datetime import datetime, timedelta
from typing import Final

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange.delivery.sender import act_as_sender
from exchange.delivery.states import Action
from exchange.forms import store
from exchange.forms.rules import Filing
from exchange.office.store import Person
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event

PAUSE: Final = timedelta(minutes=10)
"""Nobody is urged twice within this: a button was pressed twice."""
UNANSWERED: Final = frozenset({Filing.OPEN, Filing.RETURNED})


def urge(tx: Tx, notary: Notary, caller: Person, submission: str, period: str, now: datetime) -> tuple[str, ...]:
    """Urge whoever has not answered in a period; returns the codes of those that were urged now.

    Raises what `store.rollup` and `act_as_sender` raise, and ANSWER_WRONG for a period that there is not.
    """
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
    wanting = [row.office for row in found.rows if row.standings[period].filing in UNANSWERED and row.office not in spared]
    for office in wanting:
        act_as_sender(tx, notary, caller, submission, office, Action.URGE, now, reason=f"催报回执单 {period}")
    return tuple(wanting)
