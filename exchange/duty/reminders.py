"""Reminders 提醒: by rule, days before a limit, on it and after it; by hand, when a sender urges. Each is noted once.

The limit is that for signing, or the last day of an answer that is still expected: rules of the latter begin with `answer:`.

What is noted stands on the pages at once; messages follow in `announce`, one for each office, however much there is to be reminded of.
A trigger of the ledger notes what is done by hand: the event NotificationForAcceptance 催办.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.duty import messages
from exchange.duty.messages import Note, Outlet
from exchange.duty.settings import Settings
from exchange.duty.working_days import OfficeClock
from exchange.supervision import expected
from schemas import instants
from schemas.instants import BEIJING

LOOKED_AT: Final = timedelta(days=92)
"""How far from its limit a delivery may be to be reminded of."""
MOST: Final = 500
"""Reminders of one transaction; others wait for the writer, too."""
OF_ANSWERS: Final = "answer:"
"""How the rules begin by which an office is reminded of an answer."""


class Due(NamedTuple):
    """A delivery of which a rule says that its office is to be reminded; `due` is the day of the limit, or of the answer."""

    submission: str
    office: str
    rule: str
    due: date


def rule_of(limit: date, today: date, settings: Settings, clock: OfficeClock) -> str | None:
    """Return the rule that applies on a day, None when none does: of several the latest, so that a service that slept does not make up.

    Days are working days: who is reminded on a Sunday can do nothing. Pure.
    """
    away = clock.working_days_between(today, limit)
    if today == limit:
        return "on" if settings.on_the_day else None
    if limit > today:
        days = [each for each in settings.before_days if away <= each]
        return f"before:{min(days)}" if days else None
    days = [each for each in settings.after_days if -away >= each]
    return f"after:{max(days)}" if days else None


def due(tx: Tx, clock: OfficeClock, settings: Settings, now: datetime) -> list[Due]:
    """Return what is to be noted now, at most `MOST`, the earliest limit first. A look only: nothing is written."""
    today = now.astimezone(BEIJING).date()
    found: list[Due] = []
    rules: dict[date, str | None] = {}
    for before, submission, office, limit in (*_to_sign(tx, now), *_to_answer(tx, today)):
        if limit not in rules:
            rules[limit] = rule_of(limit, today, settings, clock)
        rule = rules[limit]
        if rule is not None and not _is_noted(tx, one := Due(submission, office, f"{before}{rule}", limit)):
            found.append(one)
            if len(found) == MOST:
                break
    return found


Limit = tuple[str, str, str, date]
"""How the rule begins, the delivery, and the day of its limit."""


def _to_sign(tx: Tx, now: datetime) -> Iterator[Limit]:
    rows = tx.rows(
        "SELECT submission, office, sign_by FROM tracking WHERE review = 'pending' AND sign_by BETWEEN :since AND :until"
        " AND submission NOT IN (SELECT submission FROM sealing WHERE state != 'released') ORDER BY sign_by, submission, office",
        since=instants.write(now - LOOKED_AT),
        until=instants.write(now + LOOKED_AT),
    )
    return (("", row.submission, row.office, instants.read(row.sign_by).astimezone(BEIJING).date()) for row in rows)


def _to_answer(tx: Tx, today: date) -> Iterator[Limit]:
    rows = tx.rows(
        f"SELECT submission, office, day FROM expected_answer AS expected WHERE {expected.KNOWN} AND day BETWEEN :since AND :until"  # noqa: S608 - a constant
        " AND submission NOT IN (SELECT submission FROM sealing WHERE state != 'released') ORDER BY day, submission, office",
        since=(today - LOOKED_AT).isoformat(),
        until=(today + LOOKED_AT).isoformat(),
    )
    return ((OF_ANSWERS, row.submission, row.office, date.fromisoformat(row.day)) for row in rows)


def _is_noted(tx: Tx, one: Due) -> bool:
    sql = "SELECT 1 AS found FROM reminder WHERE submission = :submission AND office = :office AND rule = :rule AND due = :due"
    return tx.row(sql, **(one._asdict() | {"due": one.due.isoformat()})) is not None


def note(tx: Tx, wanted: Sequence[Due], now: datetime) -> int:
    """Note reminders that are not noted yet, of what still waits; returns how many."""
    still = {
        False: "delivery WHERE submission = :submission AND office = :office AND review = 'pending'",
        True: f"expected_answer AS expected WHERE submission = :submission AND office = :office AND day = :due AND {expected.KNOWN}",
    }
    return sum(
        tx.run(
            "INSERT INTO reminder (submission, office, rule, due, at) SELECT submission, office, :rule, :due, :at"  # noqa: S608 - constants
            f" FROM {still[each.rule.startswith(OF_ANSWERS)]} ON CONFLICT DO NOTHING",
            submission=each.submission,
            office=each.office,
            rule=each.rule,
            due=each.due.isoformat(),
            at=instants.write(now),
        )
        for each in wanted
    )


def is_untold(tx: Tx) -> bool:
    """Say whether there are reminders of which no message was put in."""
    return tx.row("SELECT 1 AS found FROM reminder WHERE told_at IS NULL LIMIT 1") is not None


def announce(tx: Tx, outlet: Outlet, now: datetime) -> list[str]:
    """Put in a message for each office that has reminders which were not told yet; returns these offices, for their streams."""
    today = now.astimezone(BEIJING).date()
    rows = tx.rows(
        "SELECT reminder.office, max(reminder.id) AS last, sum(submission.named = 0) AS open FROM reminder"
        " JOIN submission ON submission.id = reminder.submission WHERE told_at IS NULL GROUP BY reminder.office ORDER BY reminder.office"
    )
    for row in rows:
        counts = messages.counts(tx, row.office, today)
        if row.open and (counts.pending or counts.answers):
            text = messages.worded(counts, outlet.county)
            messages.put(tx, outlet, Note(row.office, row.office, f"remind:{row.last}", messages.address(tx, row.office), text), now)
        _announce_named(tx, outlet, row.office, now)
        tx.run(
            "UPDATE reminder SET told_at = :at WHERE office = :office AND told_at IS NULL AND id <= :last",
            at=instants.write(now),
            office=row.office,
            last=row.last,
        )
    return [row.office for row in rows]


def _announce_named(tx: Tx, outlet: Outlet, office: str, now: datetime) -> None:
    """Put in messages for those to whom something is addressed by name: nobody else is told of it."""
    rows = tx.rows(
        "SELECT reminder.id, reminder.submission FROM reminder JOIN submission ON submission.id = reminder.submission"
        " WHERE reminder.office = :office AND told_at IS NULL AND submission.named = 1 ORDER BY reminder.id",
        office=office,
    )
    for row in rows:
        messages.put_for_addressees(tx, outlet, row.submission, office, f"remind:{row.id}", now, answers=True)
