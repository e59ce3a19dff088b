"""What is known of a sealed submission, from rows and events, for the people who have to clear it up; never its text."""

import json
from typing import Any, Final

from msgspec import Struct

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.receipts import envelope
from exchange.delivery.answers import EvidenceId, FilingNumber
from exchange.delivery.states import Opening, Review
from exchange.delivery.store import INNER
from exchange.sealing import store
from exchange.sealing.states import Seal
from schemas.messages import Digest, Envelope, Instant, OfficeCode, PersonId
from schemas.words import Event


class Someone(Struct, frozen=True):
    """A person 人员, as the register names them."""

    person: PersonId
    name: str
    office: OfficeCode
    office_name: str


class Reached(Struct, frozen=True):
    """An office that it was sent to, and how far it came there."""

    office: OfficeCode
    office_name: str
    copy: bool
    opening: Opening
    review: Review
    consigned_at: Instant


class Contact(Struct, frozen=True):
    """A person who had it before them: `opened`, took the `container`, made a `print`, or `looked` at it under seal."""

    who: Someone
    act: str
    first_at: Instant
    last_at: Instant
    times: int


class Act(Struct, frozen=True):
    """An event, with its leaf in the log; `reason` where it is still kept, of sealing and destroying alone."""

    evidence_id: EvidenceId
    event: Event
    at: Instant
    leaf: int
    recipient: OfficeCode | None = None
    by: Someone | None = None
    reason: str | None = None


class Log(Struct, frozen=True):
    """The log's newest checkpoint, under which all these events stand; `root` in hexadecimal."""

    origin: str
    size: int
    root: Digest


class Backup(Struct, frozen=True):
    """A backup that was made while the county had the submission: where, when, and whether it holds it in the open."""

    out: str
    at: Instant
    readable: bool


class Incident(Struct, frozen=True, kw_only=True):
    """The incident sheet 事件单; once it was destroyed, the certificate of destruction 销毁证明."""

    submission: Digest
    filing_number: FilingNumber
    state: Seal
    since: Instant
    rules: tuple[str, ...]
    policy: str
    found_by: Someone | None
    office: OfficeCode
    office_name: str
    sent_by: Someone
    received_at: Instant
    accepted_at: Instant
    container: Digest
    size: int
    package: Digest | None
    ordered_by: Someone | None
    confirmed_by: Someone | None
    destroyed_at: Instant | None
    recipients: tuple[Reached, ...]
    people: tuple[Contact, ...]
    events: tuple[Act, ...]
    log: Log
    backups: tuple[Backup, ...]
    receipts: tuple[Envelope, ...]


_ABOUT_THE_SEAL: Final = frozenset({Event.SEALING, Event.SEAL_RELEASE, Event.DESTRUCTION_ORDER})


def incident(tx: Tx, submission: str, backups: list[tuple[str, str]]) -> Incident:
    """Return everything; `backups` are all that were made, place and instant. Raises Problem NOT_FOUND."""
    row, published = store.one(tx, submission), log.latest(tx)
    events = _events(tx, submission)
    sealing = next(event for event in reversed(events) if event.event == Event.SEALING)
    state = Seal(row.state)
    end = row.changed_at if state is Seal.DESTROYED else None
    return Incident(
        submission=submission,
        filing_number=f"{row.office}-{row.filing_year}-{row.filing_ordinal:06}",
        state=state,
        since=row.since,
        rules=tuple(json.loads(row.rules)),
        policy=row.policy,
        found_by=None if sealing.person is None else someone(tx, sealing.person),
        office=row.office,
        office_name=_office(tx, row.office),
        sent_by=someone(tx, row.sent_by),
        received_at=row.received_at,
        accepted_at=row.accepted_at,
        container=row.container,
        size=row.size,
        package=row.package,
        ordered_by=None if row.ordered_by is None else someone(tx, row.ordered_by),
        confirmed_by=None if row.confirmed_by is None else someone(tx, row.confirmed_by),
        destroyed_at=end,
        recipients=_recipients(tx, submission),
        people=_people(tx, submission, events),
        events=tuple(_act(tx, event) for event in events),
        log=Log(tx.row("SELECT origin FROM ledger").origin, published.size, published.root.hex()),
        backups=_backups(row, backups, end),
        receipts=tuple(envelope(event) for event in events),
    )


def _backups(row: Any, made: list[tuple[str, str]], end: str | None) -> tuple[Backup, ...]:
    """Return those that were made while the county had it: in the open before its package was made, as ciphertext after."""
    held = ((out, at) for out, at in made if at >= row.received_at and (end is None or at < end))
    return tuple(Backup(out, at, row.locked_at is None or at <= row.locked_at) for out, at in held)


def someone(tx: Tx, person: str) -> Someone:
    """Return how the register names a person, also one who has left."""
    row = tx.row(
        "SELECT person.office, person_period.name FROM person JOIN person_period ON person_period.person = person.id"
        " WHERE person.id = :id ORDER BY valid_from DESC LIMIT 1",
        id=person,
    )
    return Someone(person, row.name, row.office, _office(tx, row.office))


def _office(tx: Tx, code: str) -> str:
    return str(tx.row("SELECT name FROM office_period WHERE office = :code ORDER BY valid_from DESC LIMIT 1", code=code).name)


def _events(tx: Tx, submission: str) -> list[Any]:
    return tx.rows(
        "SELECT event.*, reason.text AS reason FROM event LEFT JOIN reason ON reason.evidence_id = event.evidence_id"  # noqa: S608 - constants
        f" WHERE submission = :id AND event.event NOT IN ({INNER}) ORDER BY event.id",  # what recipients wrote on their slips is theirs
        id=submission,
    )


def _act(tx: Tx, row: Any) -> Act:
    return Act(
        evidence_id=row.evidence_id,
        event=Event(row.event),
        at=row.at,
        leaf=row.leaf,
        recipient=row.recipient,
        by=None if row.person is None else someone(tx, row.person),
        reason=row.reason if row.event in _ABOUT_THE_SEAL else None,
    )


def _recipients(tx: Tx, submission: str) -> tuple[Reached, ...]:
    rows = tx.rows(
        "SELECT office, copy, opening, review, consigned_at FROM delivery WHERE submission = :id ORDER BY copy, office", id=submission
    )
    return tuple(
        Reached(row.office, _office(tx, row.office), bool(row.copy), Opening(row.opening), Review(row.review), row.consigned_at)
        for row in rows
    )


def _people(tx: Tx, submission: str, events: list[Any]) -> tuple[Contact, ...]:
    """Return who had it before them, in order of time: readings and looks are events, what was taken is kept apart."""
    named = {Event.CONTENT_HANDOVER: "opened", Event.SEAL_OPENING: "looked"}
    seen = [Contact(someone(tx, event.person), named[event.event], event.at, event.at, 1) for event in events if event.event in named]
    rows = tx.rows(
        "SELECT person, act, first_at, last_at, times FROM fetched WHERE submission = :id ORDER BY first_at, person", id=submission
    )
    seen += [Contact(someone(tx, row.person), row.act, row.first_at, row.last_at, row.times) for row in rows]
    return tuple(sorted(seen, key=lambda contact: (contact.first_at, contact.who.person)))
