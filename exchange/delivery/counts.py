"""How many deliveries and sent items stand where, as far as a person may see them: from counters, without looking at the items.

The counters (migration 0016) are kept by the transactions themselves and leave out what is for named persons; those that this person
sees are added, and what is sealed is taken away: both are few.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from archive.ledger.database import Tx
from exchange.delivery.states import Review
from exchange.delivery.store import NAMED_ONLY
from exchange.office.store import Person

# CROSS JOIN keeps the order of the tables: from the few to their rows
_NAMED: Final = (
    "(SELECT submission AS id FROM addressee WHERE person = :person UNION SELECT id FROM submission WHERE person = :person AND named = 1)"
)
_HIDDEN: Final = "NOT EXISTS (SELECT 1 FROM submission_text WHERE submission_text.submission = sealing.submission)"
_SHOWN: Final = "EXISTS (SELECT 1 FROM submission_text WHERE submission_text.submission = seen.id)"

_RECEIVED: Final = (
    "SELECT review, sum(count) AS count FROM delivery_count WHERE side = 'received' AND office = :office GROUP BY review"  # noqa: S608 - constants
    f" UNION ALL SELECT delivery.review, count(*) FROM {_NAMED} AS seen CROSS JOIN delivery ON delivery.submission = seen.id"
    f" WHERE delivery.office = :office AND {_SHOWN} GROUP BY delivery.review"
    " UNION ALL SELECT delivery.review, -count(*) FROM sealing CROSS JOIN submission ON submission.id = sealing.submission"
    " CROSS JOIN delivery ON delivery.submission = sealing.submission"
    f" WHERE submission.named = 0 AND delivery.office = :office AND {_HIDDEN} GROUP BY delivery.review"
)
_SENT: Final = (
    "SELECT review, count FROM sent_count WHERE sender = :office"  # noqa: S608 - constants
    f" UNION ALL SELECT review, count(*) FROM {_NAMED} AS seen CROSS JOIN sent_tally ON sent_tally.submission = seen.id"
    f" WHERE sent_tally.sender = :office AND sent_tally.count > 0 AND {_SHOWN} GROUP BY review"
    " UNION ALL SELECT sent_tally.review, -count(*) FROM sealing CROSS JOIN sent_tally ON sent_tally.submission = sealing.submission"
    f" WHERE sent_tally.sender = :office AND sent_tally.named = 0 AND sent_tally.count > 0 AND {_HIDDEN} GROUP BY sent_tally.review"
    # what was issued jointly is counted among its sender's; here for the office that joined, and that is seldom
    " UNION ALL SELECT delivery.review, count(DISTINCT submission.id) FROM joint_issuer"
    " JOIN submission ON submission.id = joint_issuer.submission JOIN submission_text ON submission_text.submission = submission.id"
    f" JOIN delivery ON delivery.submission = submission.id WHERE joint_issuer.office = :office AND {NAMED_ONLY} GROUP BY delivery.review"
)


def received(tx: Tx, caller: Person) -> Mapping[Review, int]:
    """Return how many deliveries of the caller's office that the caller may see the office said what of."""
    return _counted(tx, _RECEIVED, caller)


def sent(tx: Tx, caller: Person) -> Mapping[Review, int]:
    """Return how many items that the caller's office sent and the caller may see have at least one copy that stands so."""
    return _counted(tx, _SENT, caller)


def of_county(tx: Tx) -> Mapping[str, int]:
    """Return of all deliveries how many wait, how many of these nobody has opened, and how many of these are overdue."""
    row = tx.row(
        "SELECT coalesce(sum(count), 0) AS waiting, coalesce(sum(count) FILTER (WHERE opening = 'consigned'), 0) AS unread,"
        " coalesce(sum(count) FILTER (WHERE overdue = 1), 0) AS overdue FROM delivery_count WHERE side = 'received' AND review = 'pending'"
    )
    return {name: int(getattr(row, name)) for name in ("waiting", "unread", "overdue")}


def _counted(tx: Tx, sql: str, caller: Person) -> Mapping[Review, int]:
    found: Counter[Review] = Counter()
    for row in tx.rows(sql, office=caller.office, person=caller.id):
        found[Review(row.review)] += row.count
    return +found
