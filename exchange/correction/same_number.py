"""One number 发文字号 on several items of an office: the sender says why, the recipient is told; nothing is refused for it.

What the sender says is a row beside the item: no member of the signed container, for it is no part of the paper, may be said or put
right after sending, and binds no program; and no event, for nothing happens to the item by it.
"""

from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import sender
from exchange.delivery.numbered import since
from exchange.delivery.states import SENDERS
from exchange.delivery.store import NAMED_ONLY, PARTY, SHUT, require_visible
from exchange.office.store import Person
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import NUMBER, Word

MOST: Final = 5


class Reuse(Word):
    """Why a number is used again."""

    CORRECTION = "correction", "更正", "a correction"
    JOINT = "joint", "联合发文", "issued jointly"
    DISTINCT = "distinct", "确属两件", "really two items"


class Other(NamedTuple):
    """Another item with the number, which the caller may see; `said` is what its sender said of it."""

    submission: str
    title: str
    accepted_at: str
    said: Reuse | None


class Same(NamedTuple):
    """What is known of an item's number: what its sender said, and the other items with it that the caller may see."""

    said: Reuse | None
    others: tuple[Other, ...]


def say(tx: Tx, caller: Person, submission: str, use: Reuse, now: datetime) -> None:
    """Keep what the sending office says; said again it takes the place of what was said. Raises Problem NOT_FOUND, NOT_ALLOWED, SEALED."""
    sender.require_sender(tx, caller, submission)
    if caller.role not in SENDERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    tx.run(
        "INSERT INTO same_number (submission, said, person, at) VALUES (:id, :said, :person, :at)"
        " ON CONFLICT (submission) DO UPDATE SET said = :said, person = :person, at = :at",
        id=submission,
        said=use.value,
        person=caller.id,
        at=instants.write(now),
    )


def same(tx: Tx, caller: Person, submission: str) -> Same | None:
    """Return what is known of an item's number; None where the office used it but once. Raises Problem NOT_FOUND.

    Versions of one item bear one number: they are not named here.
    """
    row = require_visible(tx, caller, submission)
    if not row.number or NUMBER.fullmatch(row.number) is None:
        return None
    rows = tx.rows(
        "SELECT submission.id, submission_text.title, submission.accepted_at, same_number.said FROM submission"  # noqa: S608 - constants
        " JOIN submission_text ON submission_text.submission = submission.id"
        " LEFT JOIN same_number ON same_number.submission = submission.id"
        f" WHERE submission.office = :sender AND submission.accepted_at >= :since AND submission_text.number = :number"
        f" AND submission.id <> :id AND {PARTY} AND {NAMED_ONLY} AND NOT {SHUT}"
        " AND submission.replaces IS NOT :id AND submission.id IS NOT :replaces"
        " AND NOT EXISTS (SELECT 1 FROM submission AS later WHERE later.replaces = submission.id)"
        " ORDER BY submission.accepted_at DESC, submission.id LIMIT :most",
        sender=row.sender,
        since=since(row.number),
        number=row.number,
        id=submission,
        replaces=row.replaces,
        office=caller.office,
        person=caller.id,
        most=MOST,
    )
    others = tuple(Other(each.id, each.title, each.accepted_at, Reuse(each.said) if each.said else None) for each in rows)
    mine = tx.row("SELECT said FROM same_number WHERE submission = :id", id=submission)
    if not others:
        return None
    return Same(None if mine is None else Reuse(mine.said), others)
