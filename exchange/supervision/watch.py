"""What is to be looked after 督办: what an office sent that is unread, unsigned, near its limit or over it, and what it has to do itself.

Everything is listed by limit, then by code: no office is compared with another, and nobody is counted against anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.states import Opening, Review
from exchange.delivery.store import NAMED_ONLY
from exchange.office.store import Person
from exchange.paging import CODE, SHA256, Listing, Slice, cut
from exchange.supervision import expected
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
    ANSWER_NEAR = "answer_near", "回复临近期限", "answer near the limit"
    ANSWER_OVERDUE = "answer_overdue", "回复超期", "answer over the limit"


ANSWERS: Final = (State.ANSWER_OVERDUE, State.ANSWER_NEAR, State.ANSWER)
"""What is expected beyond signing: an answer by a day, or to a reply form 回执单."""
STATES: Final = {
    Side.SENT: (State.OVERDUE, State.NEAR, State.UNREAD, State.WAITING, *ANSWERS),
    Side.RECEIVED: (State.OVERDUE, State.NEAR, State.WAITING, *ANSWERS),
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

    `due` is the last day of the oldest answer that is still expected, with what the sender gave beyond it; empty where none is.
    `form` says that the answer is one to a reply form; `overdue` and `near` are said of what the list is about, signing or answers.
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
    due: str
    form: bool
    urged: int
    urged_at: str | None
    overdue: bool
    near: bool

    def place(self, wanted: Wanted) -> tuple[str, str, str]:
        """Return where it stands in the list."""
        first = self.due if wanted.state in ANSWERS else self.sign_by
        return first, self.submission, self.office


_SIDES: Final = {Side.SENT: ("sender", "office"), Side.RECEIVED: ("office", "sender")}
_STATES: Final = {
    State.WAITING: "",
    State.UNREAD: " AND tracking.opening = 'consigned'",
    State.NEAR: " AND tracking.sign_by >= :now AND tracking.sign_by < :soon",
    State.OVERDUE: " AND tracking.sign_by != '' AND tracking.sign_by < :now",
}
_PENDING: Final = "tracking.review = 'pending'"
_EXPECTED: Final = f"{expected.KNOWN} AND expected.day >= :since"
_ANSWERS: Final = {
    State.ANSWER: "",
    State.ANSWER_NEAR: " AND expected.day >= :today AND expected.day <= :tomorrow",
    State.ANSWER_OVERDUE: " AND expected.day < :today",
}
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
    found: dict[State, int] = {state: int(getattr(row, state.value)) for state in STATES[side] if state not in ANSWERS}
    seen = _SEEN.replace("tracking.", "expected.")
    answers = tx.row(
        "SELECT count(*) AS answer, coalesce(sum(day >= :today AND day <= :tomorrow), 0) AS answer_near,"  # noqa: S608 - constants
        " coalesce(sum(day < :today), 0) AS answer_overdue FROM (SELECT expected.day FROM expected_answer AS expected"
        f" WHERE expected.{mine} = :office AND {_EXPECTED} AND {seen} ORDER BY expected.day LIMIT :most)",
        **_values(caller, now),
        most=COUNTED,
    )
    return found | {state: int(getattr(answers, state.value)) for state in ANSWERS}


def page(tx: Tx, caller: Person, wanted: Wanted, now: datetime, place: tuple[str, ...] | None, size: int) -> Slice[Line]:
    """Return a page of a list, the earliest limit first; what is sealed or not for this person is in none."""
    mine, other = _SIDES[wanted.side]
    answer = wanted.state in ANSWERS
    table, first = ("expected", "day") if answer else ("tracking", "sign_by")
    condition = f"{_EXPECTED}{_ANSWERS[wanted.state]}" if answer else f"{_PENDING}{_STATES[wanted.state]}"
    # what is counted on to begin with stands first: the engine does not turn the order of these two round
    day = "expected.day" if answer else "''"
    begun = "expected_answer AS expected CROSS JOIN tracking USING (submission, office)" if answer else "tracking"
    further = f" AND {table}.{other} = :other" if wanted.office else ""
    further += " AND submission.urgency = :urgency" if wanted.urgency else ""
    begin = place or ("", "", "")
    rows = tx.rows(
        f"SELECT tracking.*, tracking.{other} AS other, {day} AS day, delivery.copy,"  # noqa: S608 - constants
        " EXISTS (SELECT 1 FROM form WHERE form.submission = tracking.submission) AS form,"
        " submission.urgency, submission.filing_year, submission.filing_ordinal,"
        f" submission_text.title, submission_text.number FROM {begun}"
        " JOIN submission ON submission.id = tracking.submission"
        " JOIN submission_text ON submission_text.submission = tracking.submission"
        " JOIN delivery ON delivery.submission = tracking.submission AND delivery.office = tracking.office"
        f" WHERE {table}.{mine} = :office AND {condition}{further} AND {NAMED_ONLY}"
        f" AND {table}.{first} >= :from AND ({table}.{first}, {table}.submission, {table}.{other}) > (:from, :submission, :behind)"
        f" ORDER BY {table}.{first}, {table}.submission, {table}.{other} LIMIT :rows",
        **_values(caller, now),
        **{"from": begin[0], "submission": begin[1], "behind": begin[2]},
        other=wanted.office,
        urgency=wanted.urgency and wanted.urgency.value,
        rows=size + 1,
    )
    values = _values(caller, now)
    return cut([_line(row, values) for row in rows], size, LISTING, lambda line: line.place(wanted))


def others(tx: Tx, caller: Person, side: Side, now: datetime) -> list[str]:
    """Return the codes of the offices with which something waits."""
    mine, other = _SIDES[side]
    rows = tx.rows(
        f"SELECT code FROM office WHERE EXISTS (SELECT 1 FROM tracking WHERE tracking.{other} = office.code AND tracking.{mine} = :office"  # noqa: S608 - constants
        f" AND {_PENDING} AND {_SEEN}) OR EXISTS (SELECT 1 FROM expected_answer AS expected WHERE expected.{other} = office.code"
        f" AND expected.{mine} = :office AND {_EXPECTED} AND {_SEEN.replace('tracking.', 'expected.')}) ORDER BY code",
        **_values(caller, now),
    )
    return [row.code for row in rows]


def _values(caller: Person, now: datetime) -> dict[str, str]:
    return {
        "office": caller.office,
        "person": caller.id,
        "now": instants.write(now),
        "soon": instants.write(now + SOON),
        "since": _day(now - DATES_LOOKED_BACK),
        "today": _day(now),
        "tomorrow": _day(now + SOON),
    }


def _day(moment: datetime) -> str:
    return moment.astimezone(instants.BEIJING).date().isoformat()


def _line(row: Any, values: Mapping[str, str]) -> Line:
    """Return a row of either kind; that of an answer has its day."""
    due, waits = row.day, row.review == Review.PENDING
    late = "" < due < values["today"] if due else waits and "" < row.sign_by < values["now"]
    near = values["today"] <= due <= values["tomorrow"] if due else waits and values["now"] <= row.sign_by < values["soon"]
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
        due=due,
        form=bool(row.form),
        urged=row.urged,
        urged_at=row.urged_at,
        overdue=late,
        near=near,
    )
