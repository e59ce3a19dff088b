"""Urging 催办: a word to offices that have not signed for something yet, here or by telephone. Both leave the same event.

Which way it was, and a note, stand in the event's erasable text: the code of the way, and the note behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange.delivery import sender
from exchange.delivery.own_words import OwnWords
from exchange.delivery.states import Action
from exchange.office.store import Person
from exchange.supervision import expected, pace
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Word

MAX_NOTE: Final = 200
AGAIN: Final = timedelta(minutes=5)
"""Within this time the same word to the same office is the same urging: a button pressed twice, colleagues who press it one after the
other."""


class Way(Word):
    """How an office was urged."""

    WEB = "web", "网上催办", "urged here"
    PHONE = "phone", "已电话通知", "told by telephone"


class Urged(NamedTuple):
    """What came of it: evidence ids by office, and the offices that were left alone because they had been urged of late."""

    done: dict[str, str]
    before: tuple[str, ...]


Said = tuple[Way | None, str]
"""Which way an office was urged, None where that was erased, and the note."""


class Last(NamedTuple):
    """The last urging of an office: when, by whom, which way (None where that was erased), and the note."""

    at: str
    by: str | None
    way: Way | None
    note: str


@dataclass(frozen=True)
class Asked:
    """Whom to urge: these offices, or with none everyone who has not signed. `signed` is what the person signed, by office."""

    offices: tuple[str, ...] = ()
    way: Way = Way.WEB
    note: str = ""
    signed: OwnWords = field(default_factory=dict)


def written(way: Way, note: str) -> str:
    """Return the text that is kept with the event."""
    return f"{way.value} {note}".strip()


def read(text: str | None) -> Said:
    """Return way and note of what was kept; what was erased or is written otherwise has no way."""
    code, _, note = (text or "").partition(" ")
    return (Way(code), note) if code in set(Way) else (None, text or "")


def urge(tx: Tx, notary: Notary, caller: Person, submission: str, asked: Asked, now: datetime) -> Urged:
    """Urge: one event an office, all or none.

    Offices that are named must still have to sign for it; of all, those who signed meanwhile are left alone, and so is whoever was urged
    of late (`pace`). Raises Problem REQUEST_MALFORMED for a note that is too long, ACTION_NOT_POSSIBLE when nobody has anything left to
    sign for, URGED_LATELY when everybody was urged of late and not in the same words just now, and what `sender.act_as_sender` raises.
    """
    sender.require_sender(tx, caller, submission)
    note = " ".join(asked.note.split())
    if len(note) > MAX_NOTE:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"note: at most {MAX_NOTE} characters")
    offices = tuple(dict.fromkeys(asked.offices)) or waiting(tx, submission)
    if not offices:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, Action.URGE.value)
    resting = pace.resting(tx, caller.office, submission, now) if asked.way is Way.WEB else {}
    done: dict[str, str] = {}
    before, later = [], dict[str, datetime]()
    for office in offices:
        if _said_just_before(tx, submission, office, (asked.way, note), now):
            before.append(office)
        elif office in resting:
            later[office] = resting[office]
        else:
            done[office] = sender.act_as_sender(
                tx, notary, caller, submission, office, Action.URGE, now, reason=written(asked.way, note), signed=asked.signed.get(office)
            )
    if later and not done and not before:
        raise pace.refusal(later)
    return Urged(done, (*before, *later))


def urge_each(tx: Tx, notary: Notary, caller: Person, deliveries: Sequence[tuple[str, str]], way: Way, note: str, now: datetime) -> Urged:
    """Urge offices about different items, `(submission, office)`: those that by now have not signed for it, or not answered it.

    Raises what `urge` raises, URGED_LATELY when that holds of every item.
    """
    done: dict[str, str] = {}
    before: list[str] = []
    refused: Problem | None = None
    for submission, offices in _by_item(deliveries).items():
        sender.require_sender(tx, caller, submission)  # first: who still waits is nobody else's business
        still = {*waiting(tx, submission), *_unanswered(tx, submission)}
        if named := tuple(office for office in offices if office in still):
            try:
                urged = urge(tx, notary, caller, submission, Asked(named, way, note), now)
            except Problem as problem:
                if problem.kind is not ProblemType.URGED_LATELY:
                    raise
                refused = refused or problem  # it was raised before anything was written
                continue
            done |= {f"{submission}:{office}": evidence for office, evidence in urged.done.items()}
            before += urged.before
    if refused is not None and not done and not before:
        raise refused
    return Urged(done, tuple(before))


def _by_item(deliveries: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for submission, office in deliveries:
        found.setdefault(submission, []).append(office)
    return found


def waiting(tx: Tx, submission: str) -> tuple[str, ...]:
    """Return the offices that have not signed for a submission and did not send it back, by code."""
    rows = tx.rows("SELECT office FROM delivery WHERE submission = :id AND review = 'pending' ORDER BY office", id=submission)
    return tuple(row.office for row in rows)


def _unanswered(tx: Tx, submission: str) -> tuple[str, ...]:
    """Return the offices of which an answer is expected that has not come."""
    rows = tx.rows(
        f"SELECT office FROM expected_answer AS expected WHERE submission = :id AND {expected.KNOWN} ORDER BY office",  # noqa: S608 - a constant
        id=submission,
    )
    return tuple(row.office for row in rows)


def last(tx: Tx, submission: str, office: str | None = None) -> dict[str, Last]:
    """Return the last urging of each office, or of one. The caller may see it: ask first."""
    rows = tx.rows(
        "SELECT event.recipient, event.at, event.person, reason.text FROM event LEFT JOIN reason USING (evidence_id)"
        " WHERE event.submission = :id AND event.event = :urged AND (:office IS NULL OR event.recipient = :office) ORDER BY event.id",
        id=submission,
        urged=Event.NOTIFICATION_FOR_ACCEPTANCE.value,
        office=office,
    )
    return {row.recipient: _last(row) for row in rows}


def said(tx: Tx, caller: Person, submission: str) -> dict[str, Said]:
    """Return what was said each time, by evidence id: all to the sender, its own to a recipient. The caller may see it: ask first."""
    rows = tx.rows(
        "SELECT event.evidence_id, reason.text FROM event JOIN reason USING (evidence_id) WHERE event.submission = :id"
        " AND event.event = :urged AND :office IN (event.office, event.recipient) ORDER BY event.id",
        id=submission,
        urged=Event.NOTIFICATION_FOR_ACCEPTANCE.value,
        office=caller.office,
    )
    return {row.evidence_id: read(row.text) for row in rows}


def _last(row: Any) -> Last:
    return Last(row.at, row.person, *read(row.text))


def _said_just_before(tx: Tx, submission: str, office: str, said: tuple[Way, str], now: datetime) -> bool:
    row = tx.row(
        "SELECT urged_at FROM tracking WHERE submission = :id AND office = :office AND review IN ('pending', 'signed_for')",
        id=submission,
        office=office,
    )
    if row is None or row.urged_at is None or now - instants.read(row.urged_at) >= AGAIN:
        return False
    before = last(tx, submission, office)[office]
    return (before.way, before.note) == said
