"""What changes a register: a correction of one entry, and the lock of a year. Each is an event of the office's own."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, Stated, moment, record
from exchange.delivery.moves import require_here
from exchange.delivery.store import CONCERNS
from exchange.office.store import Person
from exchange.registers import numbering, store
from exchange.registers.rules import CORRECTORS, LOCKERS, Book, Column, lock_subject, subject, year_of
from exchange.registers.rules import correct as written
from schemas.messages import Statement, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event


class Change(NamedTuple):
    """What of an entry, named by its event, is to be another now, and why."""

    entry: str
    values: Mapping[Column, str]
    reason: str


def correct(tx: Tx, notary: Notary, caller: Person, change: Change, now: datetime, signed: Stated | None = None) -> str:
    """Correct 更正 an entry of the caller's own office; returns the evidence id.

    What stood there stays, and is shown beside it. `signed` is the caller's own statement; the same one again finds what it did, and
    STATEMENT_INVALID says that it is about something else. Raises Problem NOT_ALLOWED for other roles and for who is not told of the item,
    NOT_FOUND, REGISTER_OTHER_OFFICE, SEALED, REGISTER_LOCKED, and what `rules.correct` raises.
    """
    require_here(tx, caller)
    if caller.role not in CORRECTORS:
        raise Problem(ProblemType.NOT_ALLOWED, f"register: {caller.role.value}")
    found = _own(tx, caller, change.entry)
    book = Book(found.book)
    if store.lock(tx, caller.office, book, found.year) is not None:
        raise Problem(ProblemType.REGISTER_LOCKED, str(found.year))
    row = store.one(tx, caller, book, found.year, found.number)
    if row.seal is not None:
        raise Problem(ProblemType.SEALED)
    if not row.visible or row.shut:
        raise Problem(ProblemType.NOT_ALLOWED, "for named persons" if not row.visible else "shut")
    fact = Fact(
        event=Event.REGISTER_CORRECTION,
        office=caller.office,
        by=caller.id,
        reason=written(change.values, change.reason),
        subject=subject(book, found.year, found.number),
        stated=signed,
    )
    if (before := _said_before(tx, caller, fact)) is not None:
        return before
    evidence = record(tx, notary, fact, now)
    tx.run(
        "INSERT INTO register_correction (evidence_id, office, book, year, number) VALUES (:id, :office, :book, :year, :number)",
        id=evidence,
        office=caller.office,
        book=book.value,
        year=found.year,
        number=found.number,
    )
    return evidence


def _own(tx: Tx, caller: Person, entry: str) -> Any:
    """Return which entry an event is. Of another office's it is said that it is, to those who know the event anyway."""
    found = store.entry_of(tx, caller, entry)
    if found is None:
        raise Problem(ProblemType.NOT_FOUND, "entry")
    if found.office != caller.office:
        known = tx.row(
            f"SELECT 1 AS found FROM event WHERE evidence_id = :id AND event.submission IS NOT NULL AND {CONCERNS}"  # noqa: S608 - constants
            " AND EXISTS (SELECT 1 FROM submission LEFT JOIN delivery ON delivery.submission = submission.id AND delivery.office = :office"
            "  WHERE submission.id = event.submission AND (submission.office = :office OR delivery.office = :office)"
            "  AND (submission.named = 0 OR submission.person = :person))",
            id=entry,
            office=caller.office,
            person=caller.id,
        )
        raise Problem(ProblemType.REGISTER_OTHER_OFFICE if known else ProblemType.NOT_FOUND, "entry")
    return found


def _said_before(tx: Tx, caller: Person, fact: Fact) -> str | None:
    """Hold what the caller signed against what is to be done, and return what stands on that very statement already.

    Raises Problem STATEMENT_INVALID.
    """
    if fact.stated is None:
        return None
    said = decode(fact.stated.body, Statement, ProblemType.STATEMENT_INVALID)
    told = (said.event, said.subject, said.office, said.person, said.recipient, said.version, said.reason)
    reason = None if fact.reason is None else hashlib.sha256(fact.reason.encode()).hexdigest()
    if told != (fact.event.value, fact.subject, fact.office, caller.id, None, None, reason):
        raise Problem(ProblemType.STATEMENT_INVALID, "another act")
    row = tx.row(
        "SELECT evidence_id FROM statement JOIN event USING (evidence_id) WHERE event.office = :office AND event.event = :event"
        " AND event.person = :person AND statement.body = :body ORDER BY event.id LIMIT 1",
        office=fact.office,
        event=fact.event.value,
        person=caller.id,
        body=fact.stated.body,
    )
    return None if row is None else str(row.evidence_id)


class Year(NamedTuple):
    """A year of a book that is to be locked, and how many entries the caller saw."""

    book: Book
    year: int
    seen: int


def lock(tx: Tx, notary: Notary, caller: Person, closing: Year, now: datetime, signed: Stated | None = None) -> str:
    """Lock 封年 a year that is over. Returns the evidence id.

    The receipt names the digest over the year's lines, so that whatever changes later shows; a caller's own statement names the same
    digest, so one that was signed over other lines is refused. Raises STATEMENT_INVALID, and Problem NOT_ALLOWED,
    REGISTER_YEAR_NOT_OVER, REGISTER_LOCKED, REGISTER_CHANGED, or NOT_FOUND for a year without entries.
    """
    require_here(tx, caller)
    if caller.role not in LOCKERS:
        raise Problem(ProblemType.NOT_ALLOWED, f"register: {caller.role.value}")
    book, year = closing.book, closing.year
    if year >= year_of(moment(tx, now)):
        raise Problem(ProblemType.REGISTER_YEAR_NOT_OVER, str(year))
    if store.lock(tx, caller.office, book, year) is not None:
        raise Problem(ProblemType.REGISTER_LOCKED, str(year))
    entries, digest = numbering.digest_of(tx, caller.office, book, year)
    if not entries:
        raise Problem(ProblemType.NOT_FOUND, str(year))
    if entries != closing.seen:
        raise Problem(ProblemType.REGISTER_CHANGED, str(entries))
    named = lock_subject(book, year, entries, digest)
    fact = Fact(event=Event.REGISTER_LOCK, office=caller.office, by=caller.id, subject=named, stated=signed)
    _said_before(tx, caller, fact)
    evidence = record(tx, notary, fact, now)
    tx.run(
        "INSERT INTO register_lock (office, book, year, evidence_id, entries, digest)"
        " VALUES (:office, :book, :year, :id, :entries, :digest)",
        office=caller.office,
        book=book.value,
        year=year,
        id=evidence,
        entries=entries,
        digest=digest,
    )
    return evidence
