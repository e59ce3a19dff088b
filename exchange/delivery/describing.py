"""What the sender wrote about a submission, for those who may see it; what belongs to its content only for those who may have that."""

from typing import NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import store
from exchange.office.store import Person
from schemas.messages import Submission, decode
from schemas.problems import Problem, ProblemType


class Described(NamedTuple):
    """The sender's words, and whether the caller may have the content: notes and lists of annexes are a part of it."""

    message: Submission
    readable: bool


def described(tx: Tx, caller: Person, submission: str) -> Described | None:
    """Return what the sender wrote; None for what is sealed, or closed to the caller's office. Raises Problem NOT_FOUND."""
    if store.require_visible(tx, caller, submission).sealed or store.is_shut(tx, caller, submission):
        return None
    row = tx.row("SELECT metadata FROM submission_text WHERE submission = :id", id=submission)
    message = decode(bytes(row.metadata), Submission, ProblemType.LEDGER_DAMAGED)
    return Described(message, may_read(tx, caller, submission))


def may_read(tx: Tx, caller: Person, submission: str) -> bool:
    """Say whether the caller may have the content now."""
    try:
        store.require_readable(tx, caller, submission)
    except Problem:
        return False
    return True


def visible(tx: Tx, caller: Person, submission: str | None) -> str | None:
    """Return the id when the caller may see that submission, else None: a link to it would say that it is there."""
    if submission is None:
        return None
    try:
        store.require_visible(tx, caller, submission)
    except Problem:
        return None
    return submission
