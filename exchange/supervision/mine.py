"""What tracking says of the caller's own delivery: by when it is to be signed for, whether that has passed, and how it was urged."""

from typing import NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.states import Review
from exchange.office.store import Person
from exchange.supervision import urging
from exchange.supervision.urging import Last


class Mine(NamedTuple):
    """The own delivery; `sign_by` is empty until the limit was worked out, `late` says that it has passed unsigned."""

    waits: bool
    sign_by: str
    late: bool
    urged: int
    last: Last | None


def mine(tx: Tx, caller: Person, submission: str) -> Mine | None:
    """Return what tracking says, None where the caller's office has no delivery. The caller may see it: ask `store.received` first."""
    row = tx.row(
        "SELECT review, sign_by, expired_at, urged FROM tracking WHERE submission = :id AND office = :office",
        id=submission,
        office=caller.office,
    )
    if row is None:
        return None
    waits = row.review == Review.PENDING
    last = urging.last(tx, submission, caller.office).get(caller.office) if row.urged else None
    return Mine(waits, row.sign_by, waits and row.expired_at is not None, row.urged, last)
