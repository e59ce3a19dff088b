"""Returns counted by reason, kind and month, for one office: what was returned to it, or what it returned. Nobody is ranked or compared.

They are counted from the erasable reasons themselves: what was erased or sealed is counted no more, and nothing is kept twice.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.correction.written import told
from exchange.delivery.store import NAMED_ONLY, SHUT
from exchange.office.store import Person
from schemas import instants
from schemas.words import Event, Kind, Word

OTHER: Final = "other"
"""The code under which returns stand that gave words alone."""
_YEAR: Final = timedelta(days=366)


class Side(Word):
    """Whose returns."""

    OURS = "ours", "退回给本单位的", "Returned to us"
    GIVEN = "given", "本单位退回的", "Returned by us"


class Wanted(NamedTuple):
    """Which returns: a side, a year in China, and for what was returned by us the one office that sent it, if one was chosen."""

    side: Side
    year: int
    office: str = ""


class Return(NamedTuple):
    """One return, as far as the caller may know it: `codes` and `words` are its reason."""

    submission: str
    at: str
    kind: Kind
    sender: str
    recipient: str
    number: str | None
    title: str
    codes: tuple[str, ...]
    words: str

    @property
    def month(self) -> str:
        """The month in China, as 2026-11."""
        return instants.read(self.at).astimezone(instants.BEIJING).strftime("%Y-%m")


class Counted(NamedTuple):
    """How many returns there were, and for what: a return with two reasons counts under either."""

    total: int
    codes: dict[str, int]
    kinds: dict[Kind, int]
    months: dict[str, int]


_RETURNS: Final = (
    "SELECT submission.id, event.at, submission.kind, submission.office AS sender, event.recipient, submission_text.number,"  # noqa: S608 - constants
    " submission_text.title, reason.text FROM event JOIN submission ON submission.id = event.submission"
    " JOIN submission_text ON submission_text.submission = submission.id LEFT JOIN reason USING (evidence_id)"
    # written out, so that the index over returns alone answers
    f" WHERE event.event = '{Event.CONSIGNMENT_REJECTION.value}' AND event.at >= :since AND event.at < :until AND {NAMED_ONLY}"
    f" AND NOT {SHUT}"
)


def returns(tx: Tx, caller: Person, wanted: Wanted) -> list[Return]:
    """Return them, the newest first."""
    whose = "submission.office = :office" if wanted.side is Side.OURS else "event.recipient = :office"
    narrowed = " AND submission.office = :sender" if wanted.office and wanted.side is Side.GIVEN else ""
    rows = tx.rows(
        f"{_RETURNS} AND {whose}{narrowed} ORDER BY event.id DESC",
        office=caller.office,
        person=caller.id,
        since=_begin(wanted.year),
        until=_begin(wanted.year + 1),
        **({"sender": wanted.office} if narrowed else {}),
    )
    return [_return(row) for row in rows]


def senders(found: Sequence[Return]) -> list[str]:
    """Return who sent what was returned, by code: to choose one from, so in no order that says anything."""
    return sorted({each.sender for each in found})


def counted(found: Sequence[Return], year: int) -> Counted:
    """Count returns; every month of the year is there."""
    codes: Counter[str] = Counter()
    for each in found:
        codes.update(each.codes or (OTHER,))
    months = Counter(each.month for each in found)
    return Counted(
        len(found),
        dict(sorted(codes.items(), key=lambda item: (-item[1], item[0]))),
        dict(sorted(Counter(each.kind for each in found).items(), key=lambda item: (-item[1], item[0].value))),
        {f"{year}-{month:02}": months[f"{year}-{month:02}"] for month in range(1, 13)},
    )


def before(tx: Tx, caller: Person, now: datetime) -> dict[str, int]:
    """Return how often what the caller's office sent, and the caller may see, was returned within a year, by code."""
    rows = tx.rows(
        "SELECT reason.text FROM event JOIN submission ON submission.id = event.submission JOIN reason USING (evidence_id)"  # noqa: S608 - a constant
        f" WHERE event.event = '{Event.CONSIGNMENT_REJECTION.value}' AND event.at >= :since AND submission.office = :office"
        f" AND {NAMED_ONLY}",
        office=caller.office,
        person=caller.id,
        since=instants.write(now - _YEAR),
    )
    found: Counter[str] = Counter()
    for row in rows:
        found.update(told(row.text).codes)
    return dict(found)


def _return(row: Any) -> Return:
    apart = told(row.text or "")
    return Return(row.id, row.at, Kind(row.kind), row.sender, row.recipient, row.number, row.title, apart.codes, apart.words)


def _begin(year: int) -> str:
    """Return the instant at which a year begins in China."""
    return instants.write(datetime.combine(date(year, 1, 1), datetime.min.time(), instants.BEIJING))
