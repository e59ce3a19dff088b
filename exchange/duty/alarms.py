"""What is extra urgent 特急: told at once to who is on duty, then to the next person while nobody opens it: officer, leader, county.

Each step is a row, written in one transaction with its messages; the next is due so many minutes after the row before it. Killed at
any point, the service goes on with the first step that has no row.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.duty import messages, roster
from exchange.duty.messages import Address, Note, Outlet
from exchange.office import naming
from exchange.office.store import Person
from schemas import instants
from schemas.words import COUNTY, Word

LOOKED_BACK: Final = timedelta(hours=24)
"""What nobody opened for so long is overdue, not alarming."""
MOST: Final = 100


class Told(Word):
    """Who is told."""

    OFFICER = "officer", "值班员", "the duty officer"
    LEADER = "leader", "带班领导", "the leader in charge"
    COUNTY = "county", "县值班室", "the county's duty desk"
    ADDRESSEE = "addressee", "指定签收人", "the named addressee"


STEPS: Final = (Told.OFFICER, Told.LEADER, Told.COUNTY)


class Waiting(NamedTuple):
    """A delivery that nobody has opened, and the step that is due."""

    submission: str
    office: str
    step: int
    named: bool


class Step(NamedTuple):
    """A step that was taken; `name` is who was on duty, empty where nobody was entered or it is not kept."""

    office: str
    told: Told
    name: str
    at: str


_UNOPENED: Final = (
    " FROM delivery JOIN submission ON submission.id = delivery.submission"
    " JOIN submission_text ON submission_text.submission = submission.id"
    " WHERE delivery.review = 'pending' AND delivery.opening = 'consigned' AND submission.urgency = 'extra_urgent'"
)


def steps_of(office: str, *, named: bool = False) -> tuple[Told, ...]:
    """Return whom to tell of an office's papers, one after the other: behind the county's own leader there is nobody.

    What is for named persons is told to these alone.
    """
    if named:
        return (Told.ADDRESSEE,)
    return STEPS[:-1] if office == COUNTY else STEPS


def waiting(tx: Tx, minutes: int, now: datetime) -> list[Waiting]:
    """Return the steps that are due, the oldest delivery first. A look only."""
    rows = tx.rows(
        "SELECT delivery.submission, delivery.office, submission.named,"  # noqa: S608 - a constant
        " (SELECT max(step) FROM alarm_step AS s WHERE s.submission = delivery.submission AND s.office = delivery.office) AS last,"
        " (SELECT max(at) FROM alarm_step AS s WHERE s.submission = delivery.submission AND s.office = delivery.office) AS at"
        f"{_UNOPENED} AND delivery.consigned_at >= :since ORDER BY delivery.consigned_at, delivery.submission, delivery.office",
        since=instants.write(now - LOOKED_BACK),
    )
    before = instants.write(now - timedelta(minutes=minutes))
    found = [
        Waiting(row.submission, row.office, 0 if row.last is None else row.last + 1, bool(row.named))
        for row in rows
        if row.at is None or row.at <= before
    ]
    return [each for each in found if each.step < len(steps_of(each.office, named=each.named))][:MOST]


def take(tx: Tx, outlet: Outlet, one: Waiting, now: datetime) -> bool:
    """Take a step while the delivery is still unopened and the step not taken; says whether it was."""
    told = steps_of(one.office, named=one.named)[one.step]
    sql = f"SELECT 1 AS found{_UNOPENED} AND delivery.submission = :id AND delivery.office = :office"
    if tx.row(sql, id=one.submission, office=one.office) is None:
        return False
    holder = COUNTY if told is Told.COUNTY else one.office
    name, phone = ("", "") if one.named else _on_duty(tx, holder, told, now)
    new = tx.run(
        "INSERT INTO alarm_step (submission, office, step, told, name, at) VALUES (:id, :office, :step, :told, :name, :at)"
        " ON CONFLICT DO NOTHING",
        id=one.submission,
        office=one.office,
        step=one.step,
        told=told.value,
        name=name or None,
        at=instants.write(now),
    )
    cause = f"alarm:{one.submission}:{one.office}:{one.step}"
    if new and one.named:
        messages.put_for_addressees(tx, outlet, one.submission, one.office, cause, now)
    elif new:
        elsewhere = told is Told.COUNTY and one.office != COUNTY
        named = naming.offices(tx, [one.office]).get(one.office, one.office) if elsewhere else ""
        text = messages.worded(messages.counts(tx, one.office), outlet.county, named)
        known = messages.address(tx, holder)
        to = Address(known.mail, phone or known.mobile)
        messages.put(tx, outlet, Note(one.office, f"{holder}/{told.value}", cause, to, text), now)
    return bool(new)


def _on_duty(tx: Tx, office: str, told: Told, now: datetime) -> tuple[str, str]:
    """Return the name and number of whom to tell, empty where nobody is entered."""
    shift = roster.shift(tx, office, roster.day_of(now))
    return (shift.leader, shift.leader_phone) if told is Told.LEADER else (shift.officer, shift.officer_phone)


def steps(tx: Tx, caller: Person, submission: str) -> list[Step]:
    """Return the steps taken at the caller's own office, to the county those of every office: its duty desk was told of them."""
    rows = tx.rows(
        "SELECT office, told, name, at FROM alarm_step WHERE submission = :id AND (office = :office OR :county) ORDER BY at, office, step",
        id=submission,
        office=caller.office,
        county=caller.office == COUNTY,
    )
    return [Step(row.office, Told(row.told), row.name or "", row.at) for row in rows]
