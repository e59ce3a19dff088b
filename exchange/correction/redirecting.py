"""改投: what a recipient said is misdirected goes to the right office, as it is: a supplementary delivery, linked to the wrong one."""

from datetime import datetime
from typing import NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange.delivery import sender, supplement
from exchange.delivery.states import Review
from exchange.office.store import Person
from schemas import instants
from schemas.problems import Problem, ProblemType


class Redirected(NamedTuple):
    """A misdirected delivery of what the caller's office sent, and where it went instead, empty while it went nowhere."""

    office: str
    instead: tuple[str, ...]


def redirect(tx: Tx, notary: Notary, caller: Person, submission: str, misdirected: str, office: str, now: datetime) -> list[str]:
    """Deliver to the right office what was misdirected to another; returns the evidence ids of the supplementary delivery.

    Raises Problem ACTION_NOT_POSSIBLE where nobody said so, and what `supplement.supplement` raises.
    """
    sender.require_sender(tx, caller, submission)
    wrong = tx.row("SELECT review, copy FROM delivery WHERE submission = :id AND office = :office", id=submission, office=misdirected)
    if wrong is None or Review(wrong.review) is not Review.MISDIRECTED:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "not misdirected")
    made = supplement.supplement(tx, notary, caller, submission, (office,), now, copy=bool(wrong.copy))
    tx.run(
        "INSERT INTO redirection (submission, misdirected, office, person, at) VALUES (:id, :misdirected, :office, :person, :at)",
        id=submission,
        misdirected=misdirected,
        office=office,
        person=caller.id,
        at=instants.write(now),
    )
    return made


def redirected(tx: Tx, caller: Person, submission: str) -> list[Redirected]:
    """Return which deliveries were misdirected, and where they went instead: to the sender's office alone."""
    rows = tx.rows(
        "SELECT delivery.office, redirection.office AS instead FROM delivery JOIN submission ON submission.id = delivery.submission"
        " LEFT JOIN redirection ON redirection.submission = delivery.submission AND redirection.misdirected = delivery.office"
        " WHERE delivery.submission = :id AND submission.office = :office AND delivery.review = :review"
        " ORDER BY delivery.office, redirection.at",
        id=submission,
        office=caller.office,
        review=Review.MISDIRECTED.value,
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.office, []).extend([row.instead] if row.instead else [])
    return [Redirected(office, tuple(instead)) for office, instead in found.items()]
