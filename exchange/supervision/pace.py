"""How often an office may be urged 催办: now and then, so that a word still counts. Calls are not bounded: they only say what was done.

Bounded is what one office says to another about one delivery, whatever the note, for signing and for an answer alike.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Urgency


class Pace(NamedTuple):
    """How long after one word the next may come, and how many in 24 hours."""

    apart: timedelta
    a_day: int


DAY: Final = timedelta(hours=24)
_MINUTE: Final = timedelta(minutes=1)
PACES: Final[Mapping[Urgency, Pace]] = MappingProxyType(
    {
        Urgency.NORMAL: Pace(timedelta(hours=1), 3),
        Urgency.URGENT: Pace(timedelta(minutes=30), 6),
        Urgency.EXTRA_URGENT: Pace(timedelta(minutes=10), 12),
    }
)
"""What is lost by waiting is small: whoever cannot wait calls, and notes the call."""


def next_at(said: Sequence[datetime], pace: Pace) -> datetime | None:
    """Return when the next word may come after those of the last 24 hours, the oldest first; None where there was none. Pure.

    It is a whole minute, as pages show it.
    """
    if not said:
        return None
    rested = said[-1] + pace.apart
    if len(said) >= pace.a_day:
        rested = max(rested, said[-pace.a_day] + DAY)
    return rested if rested == rested.replace(second=0, microsecond=0) else rested.replace(second=0, microsecond=0) + _MINUTE


def resting(tx: Tx, sender: str, submission: str, now: datetime) -> dict[str, datetime]:
    """Return the offices that may not be urged about a submission just now, and when they may be again."""
    rows = tx.rows(
        "SELECT event.recipient, event.at, submission.urgency FROM event JOIN submission ON submission.id = event.submission"
        " LEFT JOIN reason USING (evidence_id) WHERE event.submission = :id AND event.event = :urged AND event.recipient IS NOT NULL"
        " AND event.office = :sender AND event.at > :since"
        " AND coalesce(reason.text, '') != 'phone' AND coalesce(reason.text, '') NOT LIKE 'phone %' ORDER BY event.id",
        id=submission,
        urged=Event.NOTIFICATION_FOR_ACCEPTANCE.value,
        sender=sender,
        since=instants.write(now - DAY),
    )
    said: dict[str, list[datetime]] = {}
    for row in rows:
        said.setdefault(row.recipient, []).append(instants.read(row.at))
    pace = PACES[Urgency(rows[0].urgency)] if rows else PACES[Urgency.NORMAL]
    found = {office: next_at(times, pace) for office, times in said.items()}
    return {office: until for office, until in found.items() if until is not None and until > now}


def refusal(until: Mapping[str, datetime]) -> Problem:
    """Return the problem that all who were to be urged have been of late; it says when the first of them may be again."""
    office, first = min(until.items(), key=lambda each: (each[1], each[0]))
    shown = first.astimezone(instants.BEIJING).strftime("%Y-%m-%d %H:%M")
    return Problem(ProblemType.URGED_LATELY, f"{office}: {shown}", next_at=instants.write(first))
