"""By when each delivery is to be signed for: worked out once, when it has come in, by the office clock; again when more time was given."""

from datetime import date

from archive.ledger.database import Tx
from exchange.duty.working_days import Rules, limit
from schemas import instants
from schemas.words import Urgency


def fix(tx: Tx, rules: Rules, most: int) -> int:
    """Work out the limits of at most so many deliveries that wait and have none; returns of how many.

    What was laid down once holds, also when the county changes its limits later: an office is measured by what it was told.
    """
    rows = tx.rows(
        "SELECT tracking.submission, tracking.office, tracking.consigned_at, tracking.respond_by, tracking.extended, submission.urgency"
        " FROM tracking JOIN submission ON submission.id = tracking.submission WHERE tracking.review = 'pending' AND sign_by = ''"
        " ORDER BY tracking.submission, tracking.office LIMIT :most",
        most=most,
    )
    for row in rows:
        respond_by, extended = _day(row.respond_by), _day(row.extended)
        at = limit(Urgency(row.urgency), instants.read(row.consigned_at), respond_by, rules, extended)
        tx.run(
            "UPDATE tracking SET sign_by = :at WHERE submission = :submission AND office = :office",
            at=instants.write(at),
            submission=row.submission,
            office=row.office,
        )
    return len(rows)


def extend(tx: Tx, submission: str, office: str, day: date) -> None:
    """Keep that an office has until the close of a day; its limit follows from that alone. Called beside the event of the extension."""
    tx.run(
        "UPDATE tracking SET extended = :day, sign_by = '', expired_at = NULL WHERE submission = :submission AND office = :office",
        day=day.isoformat(),
        submission=submission,
        office=office,
    )


def _day(text: str | None) -> date | None:
    """Return a day that stands in a sender's own words, None for what is none, as 30 February."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None
