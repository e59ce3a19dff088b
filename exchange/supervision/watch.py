"""What is to be looked after 督办: what an office sent that is unread, unsigned, near its limit or over it, and what it has to do itself.

Everything is listed by limit, then by code: no office is compared with another, and nobody is counted against anybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.states import Opening, Review
from exchange.delivery.store import NAMED_ONLY
from exchange.office.store import Person
from exchange.paging import CODE, SHA256, Listing, Slice, cut
from schemas import instants
from schemas.words import Urgency, Word

SOON: Final = timedelta(hours=24)
"""How long before its limit something is near it."""
DATES_LOOKED_BACK: Final = timedelta(days=92)
"""So long after its day an answer is still asked for."""
COUNTED: Final = 10_000
"""Behind this many it is said that there are more."""
LISTING: Final = Listing("watched", ("[0-9TZ:.-]{0,24}", SHA256, CODE))


class Side(Word):
    """Whose deliveries: of what the office sent, or its own."""

    SENT = "sent", "本单位发出的", "sent by us"
    RECEIVED = "received", "本单位要办的", "for us to do"


class State(Word):
    """Why something is to be looked after."""

    WAITING = "waiting", "待签收", "to be signed for"
    UNREAD = "unread", "未读", "unread"
    NEAR = "near", "临近期限", "near the limit"
    OVERDUE = "overdue", "超期", "over the limit"
    ANSWER = "answer", "待回复", "to be answered"


STATES: Final = {
    Side.SENT: (State.OVERDUE, State.NEAR, State.UNREAD, State.WAITING),
    Side.RECEIVED: (State.OVERDUE, State.NEAR, State.WAITING, State.ANSWER),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which deliveries; `office` is the other one: the recipient of what was sent, the sender of what was received."""

    side: Side = Side.SENT
    state: State = State.WAITING
    office: str = ""
    urgency: Urgency | None = None


class Line(NamedTuple):
    """One delivery. `office` is the other office; `sign_by` is empty until the limit was worked out.

    `respond_by` is the day by which the sender asked for an answer, `due` that or a later one that was granted; empty without one.
    """

    submission: str
    filing_number: str
    title: str
    number: str | None
    urgency: Urgency
    office: str
    copy: bool
    opening: Opening
    review: Review
    consigned_at: str
    sign_by: str
    respond_by: str
    due: str
    urged: int
    urged_at: str | None
    overdue: bool
    near: bool

    def place(self, wanted: Wanted) -> tuple[str, str, str]:
        """Return where it stands in the list."""
        first = self.respond_by if wanted.state is State.ANSWER else self.sign_by
        return first, self.submission, self.office


_SIDES: Final = {Side.SENT: ("sender", "office"), Side.RECEIVED: ("office", "sender")}
_STATES: Final = {
    State.WAITING: "",
    State.UNREAD: " AND tracking.opening = 'consigned'",
    State.NEAR: " AND tracking.sign_by >= :now AND tracking.sign_by < :soon",
    State.OVERDUE: " AND tracking.sign_by != '' AND tracking.sign_by < :now",
}
_PENDING: Final = "tracking.review = 'pending'"
_TO_ANSWER: Final = (
    "tracking.answered = 0 AND tracking.respond_by IS NOT NULL AND tracking.respond_by >= :since"
    " AND tracking.review IN ('pending', 'signed_for')"
)
_SEEN: Final = (
    "(tracking.named = 0 OR EXISTS (SELECT 1 FROM submission WHERE submission.id = tracking.submission AND"  # noqa: S608 - a constant
    f" {NAMED_ONLY})) AND tracking.submission NOT IN (SELECT submission FROM sealing WHERE state != 'released')"
)


def counts(tx: Tx, caller: Person, side: Side, now: datetime) -> dict[State, int]:
    """Return how many deliveries each list of a side has; what waits is read from the index alone."""
    mine, _ = _SIDES[side]
    row = tx.row(
        "SELECT count(*) AS waiting, coalesce(sum(opening = 'consigned'), 0) AS unread,"  # noqa: S608 - constants
        " coalesce(sum(sign_by >= :now AND sign_by < :soon), 0) AS near,"
        " coalesce(sum(sign_by != '' AND sign_by < :now), 0) AS overdue FROM (SELECT tracking.opening, tracking.sign_by FROM tracking"
        f" WHERE tracking.{mine} = :office AND {_PENDING} AND {_SEEN} ORDER BY tracking.sign_by LIMIT :most)",
        **_values(caller, now),
        most=COUNTED,
    )
    found: dict[State, int] = {state: int(getattr(row, state.value)) for state in STATES[side] if state is not State.ANSWER}
    if side is Side.RECEIVED:
        to_answer = f"SELECT count(*) AS count FROM (SELECT 1 FROM tracking WHERE tracking.office = :office AND {_TO_ANSWER} AND {_SEEN} LIMIT :most)"  # noqa: E501, S608 - constants
        found[State.ANSWER] = tx.row(to_answer, **_values(caller, now), most=COUNTED).count
    return found


def page(tx: Tx, caller: Person, wanted: Wanted, now: datetime, place: tuple[str, ...] | None, size: int) -> Slice[Line]:
    """Return a page of a list, the earliest limit first; what is sealed or not for this person is in none."""
    mine, other = _SIDES[wanted.side]
    answer = wanted.state is State.ANSWER
    first = "respond_by" if answer else "sign_by"
    condition = _TO_ANSWER if answer else f"{_PENDING}{_STATES[wanted.state]}"
    further = f" AND tracking.{other} = :other" if wanted.office else ""
    further += " AND submission.urgency = :urgency" if wanted.urgency else ""
    begin = place or ("", "", "")
    rows = tx.rows(
        f"SELECT tracking.*, tracking.{other} AS other, delivery.copy, submission.urgency,"  # noqa: S608 - constants
        " submission.filing_year, submission.filing_ordinal, submission_text.title, submission_text.number FROM tracking"
        " JOIN submission ON submission.id = tracking.submission"
        " JOIN submission_text ON submission_text.submission = tracking.submission"
        " JOIN delivery ON delivery.submission = tracking.submission AND delivery.office = tracking.office"
        f" WHERE tracking.{mine} = :office AND {condition}{further} AND {NAMED_ONLY}"
        f" AND tracking.{first} >= :from AND (tracking.{first}, tracking.submission, tracking.{other}) > (:from, :submission, :behind)"
        f" ORDER BY tracking.{first}, tracking.submission, tracking.{other} LIMIT :rows",
        **_values(caller, now),
        **{"from": begin[0], "submission": begin[1], "behind": begin[2]},
        other=wanted.office,
        urgency=wanted.urgency and wanted.urgency.value,
        rows=size + 1,
    )
    at, soon = instants.write(now), instants.write(now + SOON)
    return cut([_line(row, at, soon) for row in rows], size, LISTING, lambda line: line.place(wanted))


def others(tx: Tx, caller: Person, side: Side) -> list[str]:
    """Return the codes of the offices with which something waits."""
    mine, other = _SIDES[side]
    rows = tx.rows(
        f"SELECT code FROM office WHERE EXISTS (SELECT 1 FROM tracking WHERE tracking.{other} = office.code AND tracking.{mine} = :office"  # noqa: S608 - constants
        f" AND {_PENDING} AND {_SEEN}) ORDER BY code",
        office=caller.office,
        person=caller.id,
    )
    return [row.code for row in rows]


def _values(caller: Person, now: datetime) -> dict[str, str]:
    return {
        "office": caller.office,
        "person": caller.id,
        "now": instants.write(now),
        "soon": instants.write(now + SOON),
        "since": (now - DATES_LOOKED_BACK).astimezone(instants.BEIJING).date().isoformat(),
    }


def _line(row: Any, at: str, soon: str) -> Line:
    return Line(
        submission=row.submission,
        filing_number=f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}",
        title=row.title,
        number=row.number,
        urgency=Urgency(row.urgency),
        office=row.other,
        copy=bool(row.copy),
        opening=Opening(row.opening),
        review=Review(row.review),
        consigned_at=row.consigned_at,
        sign_by=row.sign_by,
        respond_by=row.respond_by or "",
        due=row.extended or row.respond_by or "",
        urged=row.urged,
        urged_at=row.urged_at,
        overdue=row.review == Review.PENDING and "" < row.sign_by < at,
        near=row.review == Review.PENDING and at <= row.sign_by < soon,
    )
