"""What an office has sent under a number 发文字号: for the hint that it was used before.

A hint, and no refusal: joint papers and corrections bear one number with good reason.
"""

from archive.ledger.database import Tx
from exchange.delivery import store
from exchange.delivery.answers import Status
from exchange.delivery.store import NAMED_ONLY
from exchange.office.store import Person
from schemas.words import NUMBER

MOST = 3
"""Items that are named: whoever sent more than that under one number knows it."""


def sent_as(tx: Tx, caller: Person, number: str, replaces: str | None = None) -> list[Status]:
    """Return what the caller's own office sent under this number and the caller may see, newest first.

    Left out is what is sealed, what a correction has replaced, and what is about to be replaced. A number that is none finds nothing.
    """
    found = NUMBER.fullmatch(number)
    if found is None:
        return []
    rows = tx.rows(
        "SELECT submission.id FROM submission JOIN submission_text ON submission_text.submission = submission.id"  # noqa: S608 - constants
        f" WHERE submission.office = :office AND {NAMED_ONLY} AND submission.accepted_at >= :since AND submission_text.number = :number"
        " AND submission.id IS NOT :replaces AND NOT EXISTS (SELECT 1 FROM submission AS later WHERE later.replaces = submission.id)"
        " ORDER BY submission.accepted_at DESC, submission.id DESC LIMIT :most",
        office=caller.office,
        person=caller.id,
        number=number,
        since=since(number),
        replaces=replaces,
        most=MOST,
    )
    return [store.status(tx, caller, row.id) for row in rows]


def since(number: str) -> str:
    """Return the earliest instant at which something with this number can have been sent: the year that it names begins first in China.

    So the index by office and time answers, and only a year's items are looked at.
    """
    year = int(number.partition("〔")[2][:4])
    return f"{year - 1}-12-31T16:00:00.000Z"
