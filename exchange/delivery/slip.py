"""The handling slip 文件处理笺 of a delivery: what an office's own people wrote on it, read from events; nobody else's business."""

from typing import Any, Final

from archive.ledger.database import Tx
from exchange.delivery import store
from exchange.delivery.answers import Slip, SlipEntry
from exchange.delivery.handling import Use, require_permitted
from exchange.delivery.states import TRANSITIONS, Action
from exchange.office.store import Person
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Role

WRITTEN: Final = {action: rule.event for (_, action), rule in TRANSITIONS.items() if rule.inner}
"""What can be written on a slip, in the order in which it is printed."""


def slip(tx: Tx, caller: Person, submission: str) -> Slip:
    """Return the slip of the caller's own delivery, to whoever may have its content: what is written there tells it.

    Raises Problem NOT_FOUND, also for what was not sent to them, NOT_ALLOWED, SEALED, MISDIRECTED and WITHDRAWN.
    """
    received = store.received(tx, caller, submission)
    if caller.role in store.WITHOUT_CONTENT:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    if (because := store.SHUT_BECAUSE.get(received.review)) is not None:
        raise Problem(because)
    require_permitted(received.handling, Use.FETCH, caller.role)
    rows = tx.rows(
        "SELECT event.evidence_id, event.event, event.at, event.person, event.receipt, reason.text, person_period.name,"  # noqa: S608 - constants
        " person_period.role FROM event LEFT JOIN reason USING (evidence_id)"
        # a person is named as they were called, and in the role that they had, when they wrote it
        " JOIN person_period ON person_period.person = event.person AND person_period.valid_from = (SELECT max(valid_from)"
        "  FROM person_period AS earlier WHERE earlier.person = event.person AND earlier.valid_from <= event.at)"
        f" WHERE event.submission = :id AND event.recipient = :office AND event.event IN ({store.INNER}) ORDER BY event.id",
        id=submission,
        office=caller.office,
    )
    return Slip(submission=submission, entries=tuple(map(_entry, rows)), actions=writable(received.actions))


def writable(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return those of the possible actions that write on the slip."""
    return tuple(action for action in actions if action in WRITTEN)


def _entry(row: Any) -> SlipEntry:
    return SlipEntry(
        evidence_id=row.evidence_id,
        event=Event(row.event),
        at=row.at,
        by=row.person,
        name=row.name,
        role=Role(row.role),
        asserted_by=decode(row.receipt, Receipt, ProblemType.LEDGER_DAMAGED).asserted_by,
        words=row.text,
    )
