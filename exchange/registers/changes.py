"""What changes a register: a correction of one entry, and the lock of a year. Each is an event of the office's own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.delivery.store import CONCERNS
from exchange.office.store import Person
from exchange.registers import numbering, store
from exchange.registers.rules import CORRECTORS, LOCKERS, Book, Column, lock_subject, subject, year_of
from exchange.registers.rules import correct as written
from schemas.problems import Problem, ProblemType
from schemas.words import Event


def correct(tx: Tx, notary: Notary, caller: Person, entry: str, values: Mapping[Column, str], reason: str, now: datetime) -> str:
    """Correct 更正 an entry of the caller's own office, named by its event; returns the evidence id.

    What stood there stays, and is shown beside it. Raises Problem NOT_ALLOWED for other roles and for who is not told of the item,
    NOT_FOUND, REGISTER_OTHER_OFFICE, SEALED, REGISTER_LOCKED, and what `rules.correct` raises.
    """
    if caller.role not in CORRECTORS:
        raise Problem(ProblemType.NOT_ALLOWED, f"register: {caller.role.value}")
    found = _own(tx, caller, entry)
    book = Book(found.book)
    if store.lock(tx, caller.office, book, found.year) is not None:
        raise Problem(ProblemType.REGISTER_LOCKED, str(found.year))
    row = store.one(tx, caller, book, found.year, found.number)
    if row.seal is not None:
        raise Problem(ProblemType.SEALED)
    if not row.visible:
        raise Problem(ProblemType.NOT_ALLOWED, "for named persons")
    fact = Fact(
        event=Event.REGISTER_CORRECTION,
        office=caller.office,
        by=caller.id,
        reason=written(values, reason),
        subject=subject(book, found.year, found.number),
    )
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
    found = store.entry_of(tx, entry)
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


def lock(tx: Tx, notary: Notary, caller: Person, book: Book, year: int, seen: int, now: datetime) -> str:
    """Lock 封年 a year that is over; `seen` is how many entries the caller saw. Returns the evidence id.

    The receipt names the digest over the year's lines, so that whatever changes later shows. Raises Problem NOT_ALLOWED,
    REGISTER_YEAR_NOT_OVER, REGISTER_LOCKED, REGISTER_CHANGED, or NOT_FOUND for a year without entries.
    """
    if caller.role not in LOCKERS:
        raise Problem(ProblemType.NOT_ALLOWED, f"register: {caller.role.value}")
    if year >= year_of(moment(tx, now)):
        raise Problem(ProblemType.REGISTER_YEAR_NOT_OVER, str(year))
    if store.lock(tx, caller.office, book, year) is not None:
        raise Problem(ProblemType.REGISTER_LOCKED, str(year))
    entries, digest = numbering.digest_of(tx, caller.office, book, year)
    if not entries:
        raise Problem(ProblemType.NOT_FOUND, str(year))
    if entries != seen:
        raise Problem(ProblemType.REGISTER_CHANGED, str(entries))
    fact = Fact(event=Event.REGISTER_LOCK, office=caller.office, by=caller.id, subject=lock_subject(book, year, entries, digest))
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
