"""Days for an office to which something was delivered later 补发: a day that was over before it had the item does not count for it.

What the document or its form asks for by a day is asked of the new office by a day of its own: the one that the sender gives it, or the
ordinary number of working days from its consignment. Everything that follows from the day, as limits, reminders and lists, reads
`tracking.respond_by`, where the day stands for each recipient, and `extensions` of a form.
"""

from datetime import date, datetime
from typing import NamedTuple

from archive.ledger.database import Tx
from exchange.duty import settings
from exchange.duty.deadlines import require_ahead
from exchange.duty.working_days import Rules
from schemas import instants
from schemas.instants import BEIJING
from schemas.problems import Problem, ProblemType
from schemas.words import Urgency


class Day(NamedTuple):
    """The day by which something asks for an answer: whether it is over, or so near that a new office is to be given one of its own.

    `proposed` is that day. `closed` says that it is of a form that is asked for no more: signing is still reckoned by it.
    """

    asked: date
    over: bool
    near: bool
    proposed: date
    closed: bool = False


def day_of(tx: Tx, submission: str, now: datetime) -> Day | None:
    """Return the day by which a submission asks for answers, None where it asks for none or its form was closed."""
    found = _day(tx, submission, now)
    return None if found is None or found.closed else found


def _day(tx: Tx, submission: str, now: datetime) -> Day | None:
    row = tx.row(
        "SELECT submission.urgency, form.closed_at, coalesce(form.respond_by, CAST(metadata AS TEXT) ->> '$.respond_by') AS asked"
        " FROM submission JOIN submission_text ON submission_text.submission = submission.id"
        " LEFT JOIN form ON form.submission = submission.id"
        " WHERE submission.id = :id",
        id=submission,
    )
    asked = None if row is None or row.asked is None else _date(row.asked)
    if row is None or asked is None:
        return None
    rules = settings.rules(tx)
    closes, tomorrow = rules.clock.close_of(asked), rules.clock.add_working_days(now, 1)
    return Day(asked, closes <= now, closes <= tomorrow, ordinary(Urgency(row.urgency), now, rules), row.closed_at is not None)


def ordinary(urgency: Urgency, now: datetime, rules: Rules) -> date:
    """Return the day that the county's ordinary limits give what comes now, in whole working days."""
    days = rules.limits.normal_days if urgency is Urgency.NORMAL else rules.limits.urgent_days
    return rules.clock.add_working_days(now, days).astimezone(BEIJING).date()


def choose(tx: Tx, submission: str, wanted: date | None, now: datetime) -> date | None:
    """Return the day that counts for offices to which it is delivered now; None where that is the document's own.

    Raises Problem DEADLINE_PAST for a wanted day that is over or too far off, and REQUEST_MALFORMED for one where nothing is asked for by
    a day, or before a day that is still to come: nobody is given less time than the others.
    """
    found = _day(tx, submission, now)
    if wanted is None:
        return found.proposed if found is not None and found.over else None
    require_ahead(tx, wanted, now)
    if found is None or found.closed:
        raise Problem(ProblemType.REQUEST_MALFORMED, "respond_by: nothing is asked for by a day")
    if wanted < found.asked:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"respond_by: before {found.asked.isoformat()}")
    return wanted


def keep(tx: Tx, submission: str, office: str, day: date, evidence: str, now: datetime) -> None:
    """Keep the day of an office beside the event of its supplementary delivery; its limits follow from it."""
    tx.run(
        "INSERT INTO later_day (submission, office, day, at, evidence_id) VALUES (:submission, :office, :day, :at, :evidence)",
        submission=submission,
        office=office,
        day=day.isoformat(),
        at=instants.write(now),
        evidence=evidence,
    )


def differences(tx: Tx) -> list[str]:
    """Return what does not agree: a day without its supplementary delivery, or another than the kept reason says or tracking goes by."""
    kept = tx.rows(
        "SELECT later_day.submission, later_day.office, later_day.day, reason.text, event.event IS NULL AS lost FROM later_day"
        " LEFT JOIN event ON event.evidence_id = later_day.evidence_id AND event.event = 'SupplementaryDelivery'"
        " AND event.submission = later_day.submission AND event.recipient = later_day.office"
        " LEFT JOIN reason ON reason.evidence_id = later_day.evidence_id ORDER BY later_day.submission, later_day.office"
    )
    reckoned = tx.rows(
        "SELECT tracking.submission, tracking.office, tracking.respond_by FROM tracking JOIN submission_text USING (submission)"
        " LEFT JOIN later_day USING (submission, office) WHERE tracking.respond_by IS NOT"
        " iif(CAST(metadata AS TEXT) ->> '$.respond_by' IS NULL, NULL, coalesce(later_day.day, CAST(metadata AS TEXT) ->> '$.respond_by'))"
        " ORDER BY tracking.submission, tracking.office"
    )
    wrong = [row for row in kept if row.lost or (row.text is not None and row.text.split(" ", 1)[0] != row.day)]
    return [f"{row.submission[:16]} {row.office} {row.day}: not the day of its supplementary delivery" for row in wrong] + [
        f"{row.submission[:16]} {row.office}: reckoned by {row.respond_by}, which nobody asked for" for row in reckoned
    ]


def _date(text: str) -> date | None:
    """Return a day that stands in a sender's own words, None for what is none, as 30 February."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
