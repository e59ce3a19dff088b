"""The forms that an office is asked to answer, and those that it asked others to answer."""

from datetime import datetime, timedelta
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.delivery.states import READERS
from exchange.delivery.store import NAMED_ONLY, WITHOUT_CONTENT
from exchange.forms import rules, store
from exchange.forms.answers import FormListed, Forms
from exchange.forms.rules import UNANSWERED, Filing
from exchange.office.store import Person
from schemas import instants
from schemas.messages import Submission, decode
from schemas.problems import ProblemType
from schemas.words import Repeat

LOOKED_BACK: Final = timedelta(days=366)
MOST: Final = 200
"""Forms of each kind that are listed: those of a year, the newest."""

_COLUMNS: Final = (
    "SELECT submission.id, submission.office AS sender, submission.accepted_at, submission_text.number, submission_text.title,"
    " submission_text.metadata, form.kind, form.closed_at FROM form CROSS JOIN submission ON submission.id = form.submission"
    " JOIN submission_text ON submission_text.submission = submission.id"
)


def listed(tx: Tx, caller: Person, now: datetime) -> Forms:
    """Return both lists, of what the caller may see."""
    return Forms(to_answer(tx, caller, now), sent(tx, caller, now))


def to_answer(tx: Tx, caller: Person, now: datetime) -> tuple[FormListed, ...]:
    """Return the forms that the caller's office was sent as a main recipient, the unanswered first, then by day."""
    if caller.role not in READERS:
        return ()
    rows = tx.rows(
        f"{_COLUMNS} CROSS JOIN delivery ON delivery.submission = submission.id AND delivery.office = :office"
        f" WHERE delivery.copy = 0 AND delivery.review IN ({store.OPEN}) AND delivery.consigned_at >= :since AND {NAMED_ONLY}"
        " ORDER BY submission.accepted_at DESC, submission.id LIMIT :most",
        office=caller.office,
        person=caller.id,
        since=instants.write(now - LOOKED_BACK),
        most=MOST,
    )
    found = [_mine(tx, caller, row, now) for row in rows]
    return tuple(sorted(found, key=lambda each: (each.state not in UNANSWERED, each.due, each.submission)))


def _mine(tx: Tx, caller: Person, row: Any, now: datetime) -> FormListed:
    today, asked = _periods(row, now)
    given = [reply.given for reply in store.replies(tx, row.id, caller.office).get(caller.office, [])]
    sheets = store.uploads(tx, caller, row.id, row.sender, caller.office).get(caller.office, [])
    more = store.extensions(tx, row.id, caller.office).get(caller.office, [])
    standings = rules.standings(asked, given, sheets, more)
    # what was due before and never came is asked for still, the oldest of it first
    waiting = [period for period in asked if standings[period.key].filing in UNANSWERED]
    period = waiting[0] if waiting else rules.current(asked, today)
    stand = standings[period.key]
    late = stand.late or (stand.filing in UNANSWERED and today > stand.last_day)
    return FormListed(**_shared(row), period=period.key, due=stand.last_day, state=stand.filing, late=late)


def sent(tx: Tx, caller: Person, now: datetime) -> tuple[FormListed, ...]:
    """Return the forms that the caller's office sent, with how many have answered in the period of now."""
    if caller.role in WITHOUT_CONTENT:
        return ()
    rows = tx.rows(
        f"{_COLUMNS} WHERE submission.office = :office AND submission.accepted_at >= :since AND {NAMED_ONLY}"
        " ORDER BY submission.accepted_at DESC, submission.id LIMIT :most",
        office=caller.office,
        person=caller.id,
        since=instants.write(now - LOOKED_BACK),
        most=MOST,
    )
    return tuple(_counted(tx, caller, row, now) for row in rows)


def _counted(tx: Tx, caller: Person, row: Any, now: datetime) -> FormListed:
    today, asked = _periods(row, now)
    period = rules.current(asked, today)
    offices = tx.rows(
        f"SELECT office FROM delivery WHERE submission = :id AND copy = 0 AND review IN ({store.OPEN})",  # noqa: S608 - constants
        id=row.id,
    )
    given, sheets = store.given(tx, row.id), store.uploads(tx, caller, row.id, caller.office)
    stands = [rules.standings(asked, given.get(each.office, []), sheets.get(each.office, []))[period.key] for each in offices]
    answered = sum(stand.filing in (Filing.FILED, Filing.NIL) for stand in stands)
    return FormListed(**_shared(row), period=period.key, due=period.due, answered=answered, asked=len(stands))


def _periods(row: Any, now: datetime) -> tuple[str, tuple[rules.Period, ...]]:
    form = decode(bytes(row.metadata), Submission, ProblemType.LEDGER_DAMAGED).reply_form
    assert form is not None  # noqa: S101 - a row of `form` is made of nothing else
    closed_on = None if row.closed_at is None or form.repeat is Repeat.NONE else rules.day_of(row.closed_at)
    return store.today(now), rules.periods(form, store.today(now), closed_on)


def _shared(row: Any) -> dict[str, Any]:
    return {"submission": row.id, "title": row.title, "number": row.number, "from_": row.sender, "kind": row.kind}
