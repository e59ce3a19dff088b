"""What lies open with somebody who leaves, and who takes it over: nothing that only they could see may be lost with them.

Whoever names a successor need not see the item: of one with named addressees (指定签收人) it is told that it lies there, not its title.
Successors are named by the office's leader. Of an office that has none today the county's administrator names them: it is the county
that files who leads an office, and no clerk should open what is addressed to a colleague to themselves.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.delivery.states import Opening, Review
from exchange.delivery.store import NAMED_ONLY, PARTY, SEALED, SHUT, WITHOUT_CONTENT
from exchange.office import naming
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.staff.filing import may_settle
from exchange.staff.requests import Handing
from exchange.supervision.urging import Said
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind, Role, Urgency, Word


class Why(Word):
    """Why something lies open with a person."""

    NAMED_UNSIGNED = "named_unsigned", "指定其签收，尚未签收", "addressed to them by name, not signed for"
    NAMED_ALONE = "named_alone", "指定其签收，他人无法查看", "addressed to them by name, nobody else can look at it"
    SENT_NAMED = "sent_named", "其报送的指定签收件", "sent by them to named addressees"
    OPENED = "opened", "由其打开，尚未签收", "opened by them, not signed for"
    TO_CORRECT = "to_correct", "其报送后被退回", "sent by them and returned for correction"

    @property
    def by_name(self) -> bool:
        """Whether only named people see it, so that the successor has to become one of them."""
        return self in (Why.NAMED_UNSIGNED, Why.NAMED_ALONE, Why.SENT_NAMED)


class Lying(NamedTuple):
    """One item that lies open with a person: `title` is None where whoever asks may not see the item, `alone` says that nobody else can."""

    submission: str
    why: Why
    filing_number: str
    sender: str
    kind: Kind
    urgency: Urgency
    at: str
    opened: bool
    title: str | None
    successor: str | None
    alone: bool


_OTHERS: Final = (
    "EXISTS (SELECT 1 FROM addressee AS other JOIN person AS them ON them.id = other.person JOIN person_period AS here"
    " ON here.person = them.id AND here.valid_to IS NULL WHERE other.submission = submission.id AND them.office = :office"
    " AND other.person != :leaver)"
)
_TITLE: Final = f"CASE WHEN :own AND {PARTY} AND {NAMED_ONLY} THEN CASE WHEN {SHUT} THEN '' ELSE submission_text.title END END"
"""The title as the caller may know it: NULL where they may not, empty for what their office has no more."""
_HANDED: Final = (
    "(SELECT successor FROM staff_handover WHERE staff_handover.submission = submission.id AND staff_handover.person = :leaver)"
)
_ITEM: Final = (
    "SELECT submission.id, submission.office AS sender, submission.kind, submission.urgency, submission.filing_year,"
    f" submission.filing_ordinal, {_HANDED} AS successor, submission.named = 1 AND NOT {_OTHERS} AS alone,"
    f" {_TITLE} AS title"
)
_TEXT: Final = f" LEFT JOIN submission_text ON submission_text.submission = submission.id WHERE NOT {SEALED}"
_RECEIVED_NAMED: Final = (
    f"{_ITEM}, delivery.consigned_at AS at, delivery.opening, CASE WHEN delivery.review = '{Review.PENDING.value}'"
    f" THEN '{Why.NAMED_UNSIGNED.value}' ELSE '{Why.NAMED_ALONE.value}' END AS why FROM addressee"
    " JOIN submission ON submission.id = addressee.submission"
    f" JOIN delivery ON delivery.submission = submission.id AND delivery.office = :office{_TEXT} AND addressee.person = :leaver"
    f" AND (delivery.review = '{Review.PENDING.value}' OR NOT {_OTHERS}) ORDER BY delivery.consigned_at, submission.id"
)
_SENT_NAMED: Final = (
    f"{_ITEM}, submission.accepted_at AS at, '' AS opening, '{Why.SENT_NAMED.value}' AS why FROM submission{_TEXT}"
    f" AND submission.office = :office AND submission.person = :leaver AND submission.named = 1 AND NOT {_OTHERS}"
    " ORDER BY submission.accepted_at, submission.id"
)
_OPENED: Final = (
    f"{_ITEM}, delivery.consigned_at AS at, delivery.opening, '{Why.OPENED.value}' AS why FROM delivery"  # noqa: S608 - constants
    f" JOIN submission ON submission.id = delivery.submission{_TEXT} AND delivery.office = :office"
    f" AND delivery.review = '{Review.PENDING.value}' AND submission.named = 0 AND EXISTS (SELECT 1 FROM event"
    " WHERE event.submission = submission.id AND event.recipient = :office AND event.person = :leaver"
    f" AND event.event = '{Event.CONTENT_HANDOVER.value}') ORDER BY delivery.consigned_at, submission.id"
)
_TO_CORRECT: Final = (
    f"{_ITEM}, submission.accepted_at AS at, '' AS opening, '{Why.TO_CORRECT.value}' AS why FROM submission{_TEXT}"  # noqa: S608 - constants
    " AND submission.office = :office AND submission.person = :leaver AND submission.named = 0"
    f" AND EXISTS (SELECT 1 FROM delivery WHERE delivery.submission = submission.id AND delivery.review = '{Review.RETURNED.value}')"
    " AND NOT EXISTS (SELECT 1 FROM submission AS later WHERE later.replaces = submission.id)"
    " ORDER BY submission.accepted_at, submission.id"
)


def lying(tx: Tx, caller: Person, leaver: str) -> list[Lying]:
    """Return what lies open with a person, or lay there when they left: with named addressees first.

    A caller of another office reads no title.
    """
    return _lying(tx, caller, leaver, (*_BY_NAME, _OPENED, _TO_CORRECT))


_BY_NAME: Final = (_RECEIVED_NAMED, _SENT_NAMED)


def _lying(tx: Tx, caller: Person, leaver: str, kinds: Sequence[str]) -> list[Lying]:
    office = office_of(leaver)
    asked: dict[str, Any] = {"office": office, "leaver": leaver, "person": caller.id, "own": int(caller.office == office)}
    found = [row for sql in kinds for row in tx.rows(sql, **asked)]
    rows = {row.id: row for row in reversed(found)}  # what an office sent itself lies there twice: once is enough
    return [
        Lying(
            row.id,
            Why(row.why),
            f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}",
            row.sender,
            Kind(row.kind),
            Urgency(row.urgency),
            row.at,
            row.opening == Opening.OPENED,
            row.title,
            row.successor,
            bool(row.alone),
        )
        for row in reversed(rows.values())
    ]


def handed(tx: Tx, caller: Person, leaver: str) -> list[Any]:
    """Return what a person handed over, as rows of submission, successor, at, named, filing number and sender: for the sheet."""
    return tx.rows(
        "SELECT staff_handover.submission, staff_handover.successor, staff_handover.at, staff_handover.named, submission.kind,"  # noqa: S608 - constants
        " submission.office AS sender, printf('%s-%d-%06d', submission.office, submission.filing_year, submission.filing_ordinal)"
        f" AS filing_number, {_TITLE} AS title FROM staff_handover"
        " JOIN submission ON submission.id = staff_handover.submission"
        " LEFT JOIN submission_text ON submission_text.submission = submission.id"
        " WHERE staff_handover.person = :leaver ORDER BY staff_handover.named DESC, filing_number",
        leaver=leaver,
        office=office_of(leaver),
        person=caller.id,
        own=int(caller.office == office_of(leaver)),
    )


def office_of(person: str) -> str:
    """Return the office of a person, who belongs to one for good."""
    return person.rpartition(".")[0]


def may_hand(tx: Tx, caller: Person, office: str) -> bool:
    """Say whether a person names successors at an office: its leader, or the county's administrator where it has none."""
    if caller.role is Role.LEADER:
        return caller.office == office
    return may_settle(caller) and not has_leader(tx, office)


def has_leader(tx: Tx, office: str) -> bool:
    """Say whether an office has a leader today."""
    led = (
        "SELECT 1 AS found FROM person JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        " WHERE person.office = :office AND now.role = 'leader' LIMIT 1"
    )
    return tx.row(led, office=office) is not None


def successors(tx: Tx, office: str, leaver: str) -> list[Person]:
    """Return who may take something over: people of the office of today who may have content."""
    rows = tx.rows(
        "SELECT person.id FROM person JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        " WHERE person.office = :office AND person.id != :leaver ORDER BY person.created_at, length(person.id), person.id",
        office=office,
        leaver=leaver,
    )
    found = [offices.person(tx, row.id) for row in rows]
    return [each for each in found if each.role not in WITHOUT_CONTENT and each.role is not Role.SERVICE]


def hand_over(tx: Tx, notary: Notary, by: Person, leaver: str, handing: Handing, now: datetime) -> int:
    """Give what lay open with somebody who has left to their successors; returns how many items.

    Of an item with named addressees the successor becomes one, with the event StaffChange in its history. Only who `may_hand` does
    this, and only once they have left: before that, nobody gets at what is addressed to somebody by name.
    Raises Problem NOT_ALLOWED, NOT_FOUND and REQUEST_MALFORMED for a successor who cannot be one.
    """
    by, office = offices.person(tx, by.id), office_of(leaver)
    if by.office != office and not may_settle(by):
        raise Problem(ProblemType.NOT_FOUND if by.role is Role.LEADER else ProblemType.NOT_ALLOWED, "person")
    if not may_hand(tx, by, office):
        raise Problem(ProblemType.NOT_ALLOWED, "the office's leader names successors")
    require_left(tx, office, leaver)
    possible = {each.id for each in successors(tx, office, leaver)}
    if not {*handing.items.values(), *filter(None, [handing.others])} <= possible:
        raise Problem(ProblemType.REQUEST_MALFORMED, "successor")
    return _give(tx, notary, by, leaver, handing, now)


def carry_out(tx: Tx, notary: Notary, planner: Person, leaver: str, handing: Handing, now: datetime) -> int:
    """Do what a leader planned before the county confirmed; a successor who is not there any more is passed over.

    The office is the planner's, who may have left since. What is passed over goes on lying open, and the wizard shows it.
    """
    possible = {each.id for each in successors(tx, planner.office, leaver)}
    items = {item: successor for item, successor in handing.items.items() if successor in possible}
    others = handing.others if handing.others in possible else None
    return _give(tx, notary, planner, leaver, Handing(items, others), now)


def require_left(tx: Tx, office: str, person: str) -> None:
    """Raise Problem NOT_FOUND for nobody of this office, ACTION_NOT_POSSIBLE for who is still there."""
    row = tx.row(
        "SELECT EXISTS (SELECT 1 FROM person_period WHERE person_period.person = person.id AND valid_to IS NULL) AS here FROM person"
        " WHERE id = :person AND office = :office",
        person=person,
        office=office,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "person")
    if row.here:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "has not left")


def _give(tx: Tx, notary: Notary, by: Person, leaver: str, handing: Handing, now: datetime) -> int:
    now, given = moment(tx, now), 0
    inner: str | None = None
    for item in lying(tx, by, leaver):
        successor = handing.items.get(item.submission, handing.others)
        if item.successor is not None or successor is None:
            continue
        if item.why.by_name:
            evidence = _name(tx, notary, by.id, item, successor, now)
        else:  # the office sees it anyway: that somebody minds it now is the office's own matter, and one event for all of it
            inner = inner or record(
                tx, notary, Fact(event=Event.STAFF_CHANGE, office=office_of(leaver), by=by.id, subject=f"handover {leaver}"), now
            )
            evidence = inner
        tx.run(
            "INSERT INTO staff_handover (submission, person, successor, named, at, evidence_id)"
            " VALUES (:submission, :leaver, :successor, :named, :at, :evidence)",
            submission=item.submission,
            leaver=leaver,
            successor=successor,
            named=int(item.why.by_name),
            at=instants.write(now),
            evidence=evidence,
        )
        given += 1
    return given


def _name(tx: Tx, notary: Notary, by: str, item: Lying, successor: str, now: datetime) -> str:
    tx.run("INSERT OR IGNORE INTO addressee (submission, person) VALUES (:id, :person)", id=item.submission, person=successor)
    fact = Fact(
        event=Event.STAFF_CHANGE,
        office=item.sender,
        submission=item.submission,
        recipient=None if item.why is Why.SENT_NAMED else office_of(successor),
        by=by,
        subject=successor,
    )
    return record(tx, notary, fact, now)


class Taken(NamedTuple):
    """An item that somebody took over: from whom, and whether it came in or was sent; `title` is None where it may not be seen."""

    submission: str
    person: str
    filing_number: str
    title: str | None
    received: bool


def taken_over(tx: Tx, caller: Person) -> list[Taken]:
    """Return what a person took over and nobody has signed for or corrected yet, the last first."""
    rows = tx.rows(
        "SELECT submission.id, staff_handover.person,"  # noqa: S608 - constants
        " printf('%s-%d-%06d', submission.office, submission.filing_year, submission.filing_ordinal) AS filing_number,"
        f" {_TITLE} AS title, mine.office IS NOT NULL AS received"
        " FROM staff_handover JOIN submission ON submission.id = staff_handover.submission"
        f" LEFT JOIN delivery AS mine ON mine.submission = submission.id AND mine.office = :office{_TEXT}"
        f" AND staff_handover.successor = :person AND (mine.review IS NULL OR mine.review = '{Review.PENDING.value}')"
        " ORDER BY staff_handover.at DESC, submission.id LIMIT 50",
        office=caller.office,
        own=1,
        person=caller.id,
    )
    return [Taken(row.id, row.person, row.filing_number, row.title, bool(row.received)) for row in rows]


def noted(tx: Tx, submission: str) -> dict[str, Said]:
    """Return who took a named item over, by the event's id, as its history tells it beside the event."""
    rows = tx.rows(
        "SELECT evidence_id, successor FROM staff_handover WHERE submission = :id AND named = 1 ORDER BY evidence_id", id=submission
    )
    names = naming.people(tx, {row.successor for row in rows})
    return {row.evidence_id: (None, f"→ {names[row.successor]}") for row in rows}


def unhanded(tx: Tx, caller: Person, office: str | None = None) -> Mapping[str, int]:
    """Return who left an office, the caller's own unless one is given, with something still open that only they could see, how much."""
    rows = tx.rows(
        "SELECT DISTINCT person.id FROM person WHERE person.office = :office AND NOT EXISTS (SELECT 1 FROM person_period"
        " WHERE person_period.person = person.id AND valid_to IS NULL) ORDER BY person.id",
        office=office or caller.office,
    )
    open_ = {row.id: sum(each.alone and each.successor is None for each in _lying(tx, caller, row.id, _BY_NAME)) for row in rows}
    return {person: count for person, count in open_.items() if count}
