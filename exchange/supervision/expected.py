"""Answers that are expected 待回复: by which day each office that was asked is still to answer, worked out as things stand.

A row of `expected_answer` follows its delivery, its answers and extensions by the ledger's triggers, which mark it as to be worked out;
a monthly form is worked out again when its next period begins. A recount from deliveries and events must find the same.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.states import OPEN_ENDED, Review
from exchange.delivery.waiting import REPLIED
from exchange.forms import rules, store
from exchange.forms.rules import UNANSWERED, Period
from schemas.messages import Submission, decode
from schemas.problems import ProblemType
from schemas.words import Repeat

KNOWN: Final = "expected.day IS NOT NULL AND coalesce(expected.again, '-') != ''"
"""That an answer is expected, and the day of it worked out, as SQL beside `expected_answer AS expected`."""

_STALE: Final = (
    "SELECT expected.submission, expected.office, expected.sender FROM expected_answer AS expected"
    " JOIN submission_text ON submission_text.submission = expected.submission"
    " WHERE expected.again IS NOT NULL AND expected.again <= :today ORDER BY expected.submission, expected.office LIMIT :most"
)


_STANDS: Final = (
    f"SELECT review, {REPLIED.format(asked=':submission', office=':office', sender=':sender')} AS answered, respond_by"  # noqa: S608 - constants
    " FROM tracking WHERE submission = :submission AND office = :office"
)


class Expected(NamedTuple):
    """The last day of the oldest answer that is still to come, None while none is; and from which day on to look again, None for never."""

    day: str | None
    again: str | None


NOTHING: Final = Expected(None, None)


class Asking(NamedTuple):
    """What a submission asks of its main recipients: answers to a form in its periods, else one by a day, else nothing."""

    periods: tuple[Period, ...]
    goes_on: bool
    day: str | None


def is_any(tx: Tx, now: datetime) -> bool:
    """Say whether a day is to be worked out."""
    return bool(tx.rows(_STALE, today=store.today(now), most=1))


def fix(tx: Tx, now: datetime, most: int) -> int:
    """Work out at most so many days; returns how many."""
    today, asked = store.today(now), dict[str, Asking]()
    rows = tx.rows(_STALE, today=today, most=most)
    for row in rows:
        if row.submission not in asked:
            asked[row.submission] = asking(tx, row.submission, today)
        found = reckoned(tx, row.submission, row.office, row.sender, asked[row.submission])
        tx.run(
            "UPDATE expected_answer SET day = :day, again = :again WHERE submission = :submission AND office = :office",
            **found._asdict(),
            submission=row.submission,
            office=row.office,
        )
    return len(rows)


def asking(tx: Tx, submission: str, today: str | None) -> Asking:
    """Return what a submission asks for by a day; without a day, for whom that makes no difference any more.

    What is sealed has no text: ask only of what has.
    """
    row = tx.row(
        "SELECT metadata, form.closed_at FROM submission_text LEFT JOIN form USING (submission) WHERE submission = :id", id=submission
    )
    message = decode(bytes(row.metadata), Submission, ProblemType.LEDGER_DAMAGED)
    form = message.reply_form
    if form is None:
        return Asking((), goes_on=False, day=_day(message.respond_by))
    closed_on = None if row.closed_at is None else rules.day_of(row.closed_at)
    return Asking(
        rules.periods(form, today or closed_on or form.respond_by, closed_on), form.repeat is Repeat.MONTHLY and closed_on is None, None
    )


def reckoned(tx: Tx, submission: str, office: str, sender: str, asked: Asking) -> Expected:
    """Return what is expected of one office."""
    row = tx.row(_STANDS, submission=submission, office=office, sender=sender)
    if row is None or Review(row.review) not in OPEN_ENDED:
        return NOTHING
    more = store.extensions(tx, submission, office).get(office, [])
    if not asked.periods:
        day = _day(row.respond_by)  # the document's, or that of an office to which it was delivered later
        by_then = None if day is None or row.answered else max(day, more[-1].until if more else "")
        return Expected(by_then, None)
    given = store.given(tx, submission, office).get(office, [])
    sheets = store.uploads(tx, None, submission, sender, office).get(office, [])
    stands = rules.standings(asked.periods, given, sheets, more).values()
    by_then = min((each.last_day for each in stands if each.filing in UNANSWERED), default=None)
    return Expected(by_then, _day_after(asked.periods[-1].due) if asked.goes_on else None)


def differences(tx: Tx) -> Iterator[str]:
    """Yield what does not agree with a recount, a line a row: rows that are missing, and days that are wrong."""
    lost = tx.rows(
        "SELECT delivery.submission, delivery.office FROM delivery JOIN submission_text USING (submission) WHERE copy = 0"
        " AND instr(metadata, CAST('\"respond_by\"' AS BLOB)) > 0 EXCEPT SELECT submission, office FROM expected_answer"
    )
    yield from (f"expected_answer: {row.submission[:16]} {row.office} is missing" for row in lost)
    strange = tx.rows(
        "SELECT submission, office FROM expected_answer EXCEPT SELECT submission, delivery.office FROM delivery"
        " JOIN submission ON submission.id = delivery.submission JOIN expected_answer AS it USING (submission)"
        " WHERE delivery.copy = 0 AND it.office = delivery.office AND it.sender = submission.office AND it.named = submission.named"
    )
    yield from (f"expected_answer: {row.submission[:16]} {row.office} is of another sender, or of nobody who was asked" for row in strange)
    rows = tx.rows(
        "SELECT expected.* FROM expected_answer AS expected JOIN submission_text USING (submission)"
        " WHERE coalesce(again, '-') != '' ORDER BY submission, office"
    )
    last: tuple[str, str | None, Asking] | None = None  # rows of one submission follow one another
    for row in rows:
        # what was worked out holds up to the day before it is to be looked at again
        today = None if row.again is None else (date.fromisoformat(row.again) - timedelta(days=1)).isoformat()
        if last is None or last[:2] != (row.submission, today):
            last = (row.submission, today, asking(tx, row.submission, today))
        if reckoned(tx, row.submission, row.office, row.sender, last[2]) != (row.day, row.again):
            yield f"expected_answer: {row.submission[:16]} {row.office} {row.day} is wrong"


def counted(tx: Tx) -> int:
    """Return how many rows a recount looks at."""
    return int(tx.row("SELECT count(*) AS count FROM expected_answer").count)


def _day(text: str | None) -> str | None:
    """Return a day that stands in a sender's own words, None for what is none, as 30 February."""
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
