"""Taking back what was sent 撤回: at once where nobody has read it, by asking where somebody has; and what came of asking."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange.delivery import sender, store
from exchange.delivery.answers import Delivery
from exchange.delivery.states import OPEN_ENDED, Action, Opening, Recall, Review
from exchange.office.store import Person
from schemas.problems import Problem, ProblemType
from schemas.words import Event


class Step(NamedTuple):
    """One step of a recall at one recipient: who did it and why; `words` are None where there are none or they were erased."""

    event: Event
    recipient: str
    at: str
    by: str
    words: str | None


def way(delivery: Delivery) -> Action | None:
    """Return how a copy can be taken back now: at once, by asking, or not at all."""
    if delivery.review not in OPEN_ENDED or delivery.recall is Recall.REQUESTED:
        return None
    return Action.WITHDRAW if (delivery.opening, delivery.review) == (Opening.CONSIGNED, Review.PENDING) else Action.ASK_BACK


def recall_everywhere(tx: Tx, notary: Notary, caller: Person, submission: str, now: datetime, reason: str) -> list[str]:
    """Take back every copy that can be taken back, each in its own way, in this transaction; returns the evidence ids.

    Copies that were given back, taken back or are being asked for stay as they are. Raises what `act_as_sender` raises; where no
    copy is left, what it says of the first one.
    """
    sender.require_sender(tx, caller, submission)
    copies = store.deliveries(tx, caller, submission)
    ways = [(copy.office, action) for copy in copies if (action := way(copy)) is not None]
    wanted = ways or [(copy.office, Action.ASK_BACK) for copy in copies[:1]]
    return [sender.act_as_sender(tx, notary, caller, submission, office, action, now, reason=reason) for office, action in wanted]


def steps(tx: Tx, caller: Person, submission: str) -> Sequence[Step]:
    """Return what was asked and answered, in order: all of it to the sender, its own to a recipient. Raises Problem NOT_FOUND."""
    row = store.require_visible(tx, caller, submission)
    rows = tx.rows(
        "SELECT event.event, event.recipient, event.at, event.person, reason.text FROM event LEFT JOIN reason USING (evidence_id)"
        " WHERE event.submission = :id AND event.event IN (:request, :refusal, :withdrawal) AND (:whole OR event.recipient = :office)"
        " ORDER BY event.id",
        id=submission,
        request=Event.RECALL_REQUEST.value,
        refusal=Event.RECALL_REFUSAL.value,
        withdrawal=Event.WITHDRAWAL.value,
        whole=int(caller.office in (row.sender, *json.loads(row.joint))),
        office=caller.office,
    )
    return [Step(Event(each.event), each.recipient, each.at, each.person, each.text) for each in rows]


def require_left(tx: Tx, submission: str) -> None:
    """Raise Problem WITHDRAWN when every copy was taken back."""
    rows = tx.rows("SELECT DISTINCT review FROM delivery WHERE submission = :id", id=submission)
    if [row.review for row in rows] == [Review.WITHDRAWN.value]:
        raise Problem(ProblemType.WITHDRAWN, "every copy")
