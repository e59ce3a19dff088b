"""The roster of duty 值班表 of an office: who is on duty on a day, with the leader in charge 带班领导; and its diary 值班日志.

A day of duty begins in its morning and ends in the next one: before the hour of the change it is still the day before.
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple, Self

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.delivery.moves import require_here
from exchange.office.store import MAX_NAME, Person
from schemas import instants
from schemas.instants import BEIJING
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Role

CHANGE: Final = time(8, 0)
"""When one day's duty hands over to the next."""
KEEPERS: Final = frozenset({Role.CLERK, Role.REVIEWER, Role.LEADER, Role.DUTY, Role.ADMINISTRATOR})
"""Who keeps the roster of their own office; it tells nothing of documents."""
LONGEST_ENTRY: Final = 1000
_PHONE: Final = re.compile(r"[0-9+(（][0-9 ()（）+*#转分机-]{2,39}")


class Shift(NamedTuple):
    """Who is on duty on a day, and who leads; what is not known is empty."""

    day: date
    officer: str = ""
    officer_phone: str = ""
    leader: str = ""
    leader_phone: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nobody is named."""
        return not any(self[1:])

    @classmethod
    def named(cls, day: str, officer: str, leader: str) -> Self:
        """Return a day as what is kept of a change says it: without numbers to call. Raises ValueError."""
        return cls(date.fromisoformat(day), officer, leader=leader)


class Entry(NamedTuple):
    """An entry of the diary; who wrote it and what are None where that is not kept any more (`keeping`)."""

    at: str
    person: str | None
    name: str
    text: str | None


def day_of(moment: datetime) -> date:
    """Return the day of duty to which a moment belongs."""
    there = moment.astimezone(BEIJING)
    return there.date() if there.time() >= CHANGE else there.date() - timedelta(days=1)


def shift(tx: Tx, office: str, day: date) -> Shift:
    """Return who is on duty; with empty names where nobody is entered."""
    found = shifts(tx, office, day, day)
    return found[0] if found else Shift(day)


def shifts(tx: Tx, office: str, first: date, last: date) -> list[Shift]:
    """Return the days that are entered, by day."""
    rows = tx.rows(
        "SELECT day, officer, officer_phone, leader, leader_phone FROM duty_roster"
        " WHERE office = :office AND day BETWEEN :first AND :last AND officer IS NOT NULL ORDER BY day",
        office=office,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return [Shift(date.fromisoformat(row.day), row.officer, row.officer_phone, row.leader, row.leader_phone) for row in rows]


def faults(one: Shift) -> list[str]:
    """Return the names of the members that cannot stand as they are, none for a day that can be kept."""
    wrong = [name for name in ("officer", "leader") if len(getattr(one, name)) > MAX_NAME or not getattr(one, name).isprintable()]
    for name in ("officer_phone", "leader_phone"):
        number = getattr(one, name)
        if number and (not _PHONE.fullmatch(number) or not getattr(one, name.removesuffix("_phone"))):
            wrong.append(name)
    return wrong


def keep(tx: Tx, notary: Notary, caller: Person, wanted: Iterable[Shift], now: datetime) -> str | None:
    """Put days of the caller's office into its roster, all or none; a day with nobody is taken out.

    Returns the evidence id of the event DutyRosterChange, None where nothing is another: the same once more changes nothing. A day named
    twice is as it is named last. Raises Problem NOT_ALLOWED, and REQUEST_MALFORMED with the day and the member that is wrong.
    """
    require_here(tx, caller)
    if caller.role not in KEEPERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    days: dict[date, Shift] = {}
    for one in wanted:
        cleaned = Shift(one.day, *(each.strip() for each in one[1:]))
        if wrong := faults(cleaned):
            raise Problem(ProblemType.REQUEST_MALFORMED, f"{one.day} {wrong[0]}")
        days[one.day] = cleaned
    changed = [days[day] for day in sorted(days) if days[day] != shift(tx, caller.office, day)]
    if not changed:
        return None
    now = moment(tx, now)
    fact = Fact(event=Event.DUTY_ROSTER_CHANGE, office=caller.office, by=caller.id, subject=subject(changed), reason=written(changed))
    evidence = record(tx, notary, fact, now)
    for one in changed:
        _put(tx, caller, one, evidence, now)
    return evidence


def subject(changed: Sequence[Shift]) -> str:
    """Return how a receipt names a change: the first and the last of the days that changed, and how many they are."""
    return f"{changed[0].day} {changed[-1].day} {len(changed)}"


def written(changed: Sequence[Shift]) -> str:
    """Return what is kept of a change, of which the receipt holds a salted digest: who is on duty and who leads, and no number to call."""
    days = [[one.day.isoformat(), one.officer, one.leader] for one in changed]
    return json.dumps(days, ensure_ascii=False, separators=(",", ":"))


def _put(tx: Tx, caller: Person, one: Shift, evidence: str, now: datetime) -> None:
    tx.run("DELETE FROM duty_roster WHERE office = :office AND day = :day", office=caller.office, day=one.day.isoformat())
    if not one.is_empty:
        tx.run(
            "INSERT INTO duty_roster (office, day, officer, officer_phone, leader, leader_phone, person, at, evidence_id)"
            " VALUES (:office, :day, :officer, :officer_phone, :leader, :leader_phone, :person, :at, :evidence)",
            **(one._asdict() | {"day": one.day.isoformat()}),
            office=caller.office,
            person=caller.id,
            at=instants.write(now),
            evidence=evidence,
        )


class Changed(NamedTuple):
    """A change of a roster: when, by whom, the first and the last day that it changed, and how many they are."""

    evidence_id: str
    at: str
    person: str
    first_day: str
    last_day: str
    days: int


def changes(tx: Tx, office: str, most: int) -> list[Changed]:
    """Return the last changes of an office's roster, the newest first."""
    rows = tx.rows(
        "SELECT evidence_id, at, person, receipt FROM event WHERE office = :office AND event = 'DutyRosterChange'"
        " ORDER BY id DESC LIMIT :most",
        office=office,
        most=most,
    )
    return [_changed(row) for row in rows]


def _changed(row: Any) -> Changed:
    first, last, days = (decode(row.receipt, Receipt, ProblemType.LEDGER_DAMAGED).subject or "").split(" ")
    return Changed(row.evidence_id, row.at, row.person, first, last, int(days))


def on_duty(tx: Tx, offices: Sequence[str], moment: datetime) -> dict[str, Shift]:
    """Return who is on duty at a moment at each of these offices; an office that has entered nobody is left out."""
    day = day_of(moment)
    found = {office: shift(tx, office, day) for office in dict.fromkeys(offices)}
    return {office: one for office, one in found.items() if not one.is_empty}


def write_entry(tx: Tx, caller: Person, text: str, now: datetime) -> None:
    """Add an entry to the diary of the caller's office. Raises Problem NOT_ALLOWED, or WORDS_REQUIRED for none or too many words."""
    require_here(tx, caller)
    if caller.role not in KEEPERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    words = text.strip()
    if not words or len(words) > LONGEST_ENTRY:
        raise Problem(ProblemType.WORDS_REQUIRED, f"at most {LONGEST_ENTRY} characters")
    tx.run(
        "INSERT INTO duty_entry (office, day, at, person, text) VALUES (:office, :day, :at, :person, :text)",
        office=caller.office,
        day=day_of(now).isoformat(),
        at=instants.write(now),
        person=caller.id,
        text=words,
    )


def entries(tx: Tx, office: str, day: date) -> list[Entry]:
    """Return the entries of a day of duty, the oldest first."""
    rows = tx.rows(
        "SELECT duty_entry.at, duty_entry.person, text, (SELECT name FROM person_period WHERE person_period.person = duty_entry.person"
        " ORDER BY valid_from DESC LIMIT 1) AS name FROM duty_entry WHERE office = :office AND day = :day ORDER BY duty_entry.id",
        office=office,
        day=day.isoformat(),
    )
    return [Entry(row.at, row.person, row.name or row.person or "", row.text) for row in rows]
