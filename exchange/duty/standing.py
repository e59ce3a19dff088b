"""What stands at the head of the first page and of the inbox: unopened 特急, reminders to sign and to answer, at night who is on duty."""

from datetime import datetime
from typing import NamedTuple

import msgspec
from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery.store import NAMED_ONLY
from exchange.duty import roster, settings
from exchange.duty.roster import Shift
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.supervision import expected
from schemas.words import COUNTY


class Standing(NamedTuple):
    """Counts of what the caller may see: unopened 特急, and what waits to be signed for or answered that the office was reminded of.

    Outside office hours `own` and `county` say who is on duty, as far as anybody is entered.
    """

    urgent: int
    reminded: int
    answers: int
    night: bool
    own: Shift | None
    county: Shift | None


def standing(tx: Tx, caller: Person, now: datetime) -> Standing:
    """Return how things stand for a person."""
    night = not settings.clock(tx).is_at_work(now)
    shifts = roster.on_duty(tx, [caller.office, COUNTY], now) if night else {}
    counted = _counts(tx, caller)
    return Standing(*counted, night, shifts.get(caller.office), shifts.get(COUNTY) if caller.office != COUNTY else None)


def _counts(tx: Tx, caller: Person) -> tuple[int, int, int]:
    row = tx.row(
        "SELECT coalesce(sum(submission.urgency = 'extra_urgent' AND delivery.opening = 'consigned'), 0) AS urgent,"  # noqa: S608 - a constant
        " coalesce(sum(EXISTS (SELECT 1 FROM reminder WHERE reminder.submission = delivery.submission"
        " AND reminder.office = delivery.office AND reminder.rule NOT LIKE 'answer:%')), 0) AS reminded"
        " FROM (SELECT submission, office FROM tracking WHERE office = :office AND review = 'pending' ORDER BY sign_by LIMIT 1000) AS held"
        " JOIN delivery USING (submission, office)"
        " JOIN submission ON submission.id = delivery.submission"
        f" JOIN submission_text ON submission_text.submission = submission.id WHERE {NAMED_ONLY}",
        office=caller.office,
        person=caller.id,
    )
    answers = tx.row(
        "SELECT count(*) AS count FROM (SELECT * FROM expected_answer AS expected WHERE expected.office = :office"  # noqa: S608 - constants
        f" AND {expected.KNOWN} ORDER BY day LIMIT 1000) AS held JOIN submission ON submission.id = held.submission"
        " JOIN submission_text ON submission_text.submission = submission.id WHERE EXISTS (SELECT 1 FROM reminder"
        " WHERE reminder.submission = held.submission AND reminder.office = held.office AND reminder.due = held.day"
        f" AND reminder.rule LIKE 'answer:%') AND {NAMED_ONLY}",
        office=caller.office,
        person=caller.id,
    ).count
    return int(row.urgent), int(row.reminded), int(answers)


async def told(request: web.Request, caller: Person) -> str:
    """Return the counts as a stream tells them beside its events: JSON in one line."""
    urgent, reminded, answers = await request.app[SERVICE].database.glance(_counts, caller)
    return msgspec.json.encode({"urgent": urgent, "reminded": reminded, "answers": answers}).decode()
