"""By when one delivery is to be signed for and answered, and extensions 延期, which are the sender's."""

from collections.abc import Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange.delivery.own_words import OwnWords
from exchange.delivery.sender import act_as_sender, require_sender
from exchange.delivery.states import OPEN_ENDED, Action, Review
from exchange.delivery.store import ISSUER, SHUT
from exchange.duty import settings
from exchange.duty.working_days import Rules, limit
from exchange.office.store import Person
from exchange.supervision import limits
from schemas import instants
from schemas.instants import BEIJING
from schemas.problems import Problem, ProblemType
from schemas.words import Urgency

_OF_FORM: Final = (
    "(SELECT max(form.respond_by, coalesce((SELECT day FROM later_day WHERE later_day.submission = delivery.submission"
    " AND later_day.office = delivery.office), '')) FROM form WHERE form.submission = submission.id AND form.repeat = 'none')"
)
"""The last day of a form that is asked once, or of an office that got it later; one of each month has a last day for each."""
EXTENDED: Final = (
    "(SELECT until FROM deadline_extension WHERE deadline_extension.submission = delivery.submission"
    " AND deadline_extension.office = delivery.office ORDER BY deadline_extension.at DESC, deadline_extension.rowid DESC LIMIT 1)"
)
"""The latest extension of a delivery, as SQL beside `delivery`."""
FURTHEST_YEARS: Final = 5


class Deadline(NamedTuple):
    """How long one recipient has: the day that the document asks for, the day to which the sender extended it, when to sign for it."""

    office: str
    asked: date | None
    extended: date | None
    sign_by: datetime

    @property
    def answer_by(self) -> date | None:
        """The day that counts for an answer: an extension never takes time away; None when none is asked for and none was given."""
        return max((each for each in (self.asked, self.extended) if each is not None), default=None)


class Extension(NamedTuple):
    """One extension: for which recipient, to which day, when, by whom, and why; None where the reason is not kept."""

    evidence_id: str
    office: str
    until: date
    at: str
    person: str | None
    reason: str | None


def deadlines(tx: Tx, caller: Person, submission: str, rules: Rules) -> list[Deadline]:
    """Return the deadlines of a submission's recipients: all to those who issued it, its own to a recipient.

    Nothing of what is sealed, or closed to the caller's office. The caller must be known to see it (`store.require_visible`).
    """
    rows = tx.rows(
        f"SELECT delivery.office, delivery.consigned_at, submission.urgency, tracking.respond_by AS asked, {_OF_FORM} AS of_form,"  # noqa: S608 - constants
        f" {EXTENDED} AS extended"
        " FROM delivery JOIN submission ON submission.id = delivery.submission"
        " JOIN submission_text ON submission_text.submission = submission.id"
        " LEFT JOIN tracking ON tracking.submission = delivery.submission AND tracking.office = delivery.office"
        f" WHERE delivery.submission = :id AND (:office = delivery.office OR {ISSUER}) AND NOT {SHUT} ORDER BY delivery.office",
        id=submission,
        office=caller.office,
    )
    return [_reckoned(row, rules) for row in rows]


def _reckoned(row: Any, rules: Rules) -> Deadline:
    """Return the deadline that a row's columns make: what a form asks bears on the answer, not on signing."""
    wanted, given = _date(row.asked), _date(row.extended)
    sign_by = limit(Urgency(row.urgency), instants.read(row.consigned_at), wanted, rules, given)
    return Deadline(row.office, _date(row.of_form) or wanted, given, sign_by)


def _date(text: str | None) -> date | None:
    """Return a day that stands in a sender's own words, None for what is none."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


def extensions(tx: Tx, caller: Person, submission: str) -> list[Extension]:
    """Return the extensions of a submission, the oldest first: all to those who issued it, its own to a recipient."""
    rows = tx.rows(
        "SELECT deadline_extension.evidence_id, deadline_extension.office, until, deadline_extension.at, event.person, reason.text"  # noqa: S608 - a constant
        " FROM deadline_extension JOIN event USING (evidence_id) LEFT JOIN reason USING (evidence_id)"
        " JOIN submission ON submission.id = deadline_extension.submission"
        f" WHERE deadline_extension.submission = :id AND (:office = deadline_extension.office OR {ISSUER})"
        " ORDER BY event.id",
        id=submission,
        office=caller.office,
    )
    return [Extension(row.evidence_id, row.office, date.fromisoformat(row.until), row.at, row.person, row.text) for row in rows]


def extend(  # noqa: PLR0913 - one act with all that belongs to it
    tx: Tx,
    notary: Notary,
    caller: Person,
    submission: str,
    offices: Sequence[str],
    until: date,
    reason: str,
    now: datetime,
    *,
    signed: OwnWords = MappingProxyType({}),
) -> list[str]:
    """Give one recipient, or with no office named all that are not through with it, time until a day; returns the evidence ids.

    The reason that is kept begins with the day, so that its salted digest binds it. Raises Problem DEADLINE_PAST for a day on which
    the offices have closed already, or beyond five years; ACTION_NOT_POSSIBLE when nobody is left; and what `act_as_sender` raises: all
    or none.
    """
    require_ahead(tx, until, now)
    chosen = list(dict.fromkeys(offices)) or _open_ended(tx, caller, submission)
    if not chosen:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, Action.EXTEND.value)
    made, words = [], worded(until, reason)
    for office in chosen:
        made.append(act_as_sender(tx, notary, caller, submission, office, Action.EXTEND, now, reason=words, signed=signed.get(office)))
        fresh = tx.run(
            "INSERT INTO deadline_extension (evidence_id, submission, office, until, at)"
            " SELECT evidence_id, :submission, :office, :until, at FROM event WHERE evidence_id = :evidence ON CONFLICT DO NOTHING",
            evidence=made[-1],
            submission=submission,
            office=office,
            until=until.isoformat(),
        )
        if fresh:  # else it was said again on the very same word: what was given since stays
            limits.extend(tx, submission, office, until)
    return made


def require_ahead(tx: Tx, until: date, now: datetime) -> None:
    """Raise Problem DEADLINE_PAST for a day on which the offices have closed already, or beyond five years."""
    today = now.astimezone(BEIJING).date()
    if not today <= until <= today.replace(year=today.year + FURTHEST_YEARS, day=min(today.day, 28)):
        raise Problem(ProblemType.DEADLINE_PAST, until.isoformat())
    if settings.clock(tx).close_of(until) <= now:  # it would be overdue by being given
        raise Problem(ProblemType.DEADLINE_PAST, until.isoformat())


def worded(until: date, reason: str) -> str:
    """Return the reason as it is kept, and as a person signs it. Raises Problem REASON_REQUIRED."""
    if not reason.strip():
        raise Problem(ProblemType.REASON_REQUIRED)
    return f"{until.isoformat()} {reason.strip()}"


def _open_ended(tx: Tx, caller: Person, submission: str) -> list[str]:
    require_sender(tx, caller, submission)
    rows = tx.rows("SELECT office, review FROM delivery WHERE submission = :id ORDER BY office", id=submission)
    return [row.office for row in rows if Review(row.review) in OPEN_ENDED]
