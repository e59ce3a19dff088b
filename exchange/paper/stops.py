"""From which day a kind of document comes on paper no more 停收纸质: set by the county's administrator, dated, kept for ever."""

from datetime import date, datetime
from typing import NamedTuple

from archive.ledger.database import Tx
from exchange.office.administration import Act, Acting, begin, note
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Kind


class Stop(NamedTuple):
    """A kind and the day, by Beijing time, from which it comes on paper no more."""

    kind: Kind
    day: str


def set_stop(tx: Tx, acting: Acting, kind: Kind, day: str, now: datetime) -> None:
    """Set the day of a kind; '' takes it back. Raises Problem REQUEST_MALFORMED, and ACTION_NOT_POSSIBLE for a form sent before."""
    begin(tx, acting)
    if day:
        try:
            day = date.fromisoformat(day).isoformat()
        except ValueError as error:
            raise Problem(ProblemType.REQUEST_MALFORMED, "day") from error
    tx.run(
        "INSERT INTO paper_stop (kind, day, at, person) VALUES (:kind, :day, :at, :person)",
        kind=kind.value,
        day=day or None,
        at=instants.write(now),
        person=acting.person or "",
    )
    note(tx, acting, Act.PAPER_STOP_SET, None, f"{kind.zh} {day or '–'}", now)


def stops(tx: Tx) -> dict[Kind, str]:
    """Return the day of every kind that has one, in the order of the kinds."""
    rows = tx.rows("SELECT kind, day FROM paper_stop WHERE id IN (SELECT max(id) FROM paper_stop GROUP BY kind) AND day IS NOT NULL")
    found = {row.kind: row.day for row in rows}
    return {kind: found[kind.value] for kind in Kind if kind.value in found}


def has_ended(tx: Tx, kind: Kind, now: datetime) -> bool:
    """Say whether paper of this kind has ended by now."""
    day = stops(tx).get(kind)
    return day is not None and day <= now.astimezone(instants.BEIJING).date().isoformat()
