"""That the numbers of the registers are what the events make them: a recount, and the digest of a year."""

from collections.abc import Iterator
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.registers.rules import Book, Line, digest
from schemas.words import Event

INTO: Final = {
    Event.CONSIGNMENT_ACCEPTANCE: Book.INCOMING,
    Event.RECEIVED_FROM_NON_ERDS: Book.INCOMING,
    Event.SUBMISSION_ACCEPTANCE: Book.OUTGOING,
    Event.RELAY_TO_NON_ERDS: Book.OUTGOING,
}
"""Which events are entered, and into which book: the recipient's when something is signed for, else that of the event's office."""

_ENTERED: Final = ", ".join(f"'{event.value}'" for event in INTO)
_PAGE: Final = 1000


def recount(tx: Tx) -> Iterator[str]:
    """Yield what is wrong with the entries, held against all events in their order: nothing when each has its own number."""
    numbers: dict[tuple[str, str, int], int] = {}
    seen: set[tuple[str, str, str]] = set()
    for row in _events(tx):
        event = Event(row.event)
        office = row.recipient if event is Event.CONSIGNMENT_ACCEPTANCE else row.office
        known = (office, row.event, row.submission or row.evidence_id)
        if office is None or known in seen:
            if row.number is not None:
                yield f"event {row.evidence_id} is entered a second time"
            continue
        seen.add(known)
        book = (office, INTO[event].value, row.own_year)
        numbers[book] = numbers.get(book, 0) + 1
        if (row.in_office, row.book, row.year, row.number, row.submission_there, row.at_there) != (
            *book,
            numbers[book],
            row.submission,
            row.at,
        ):
            yield f"event {row.evidence_id} is not number {numbers[book]} of {'/'.join(map(str, book))}"
    entries = tx.row("SELECT count(*) AS count FROM register_entry").count
    if entries != sum(numbers.values()):
        yield f"{entries} entries of {sum(numbers.values())} events"


def _events(tx: Tx) -> Iterator[Any]:
    after = 0
    while rows := tx.rows(
        "SELECT event.id, event.evidence_id, event.event, event.office, event.recipient, event.submission, event.at,"  # noqa: S608 - constants
        " CAST(strftime('%Y', event.at, '+8 hours') AS INTEGER) AS own_year, entry.office AS in_office, entry.book, entry.year,"
        " entry.number, entry.submission AS submission_there, entry.at AS at_there"
        " FROM event LEFT JOIN register_entry AS entry ON entry.evidence_id = event.evidence_id"
        f" WHERE event.event IN ({_ENTERED}) AND event.id > :after ORDER BY event.id LIMIT :page",
        after=after,
        page=_PAGE,
    ):
        yield from rows
        after = rows[-1].id


def lines(tx: Tx, office: str, book: Book, year: int) -> Iterator[Line]:
    """Yield what a year's digest is over, by number."""
    corrected: dict[int, list[str]] = {}
    for row in tx.rows(
        "SELECT number, correction.evidence_id FROM register_correction AS correction JOIN event USING (evidence_id)"
        " WHERE correction.office = :office AND book = :book AND year = :year ORDER BY event.id",
        office=office,
        book=book.value,
        year=year,
    ):
        corrected.setdefault(row.number, []).append(row.evidence_id)
    after = 0
    while rows := tx.rows(
        "SELECT number, evidence_id, at FROM register_entry WHERE office = :office AND book = :book AND year = :year"
        " AND number > :after ORDER BY number LIMIT :page",
        office=office,
        book=book.value,
        year=year,
        after=after,
        page=_PAGE,
    ):
        yield from (Line(row.number, row.evidence_id, row.at, tuple(corrected.get(row.number, ()))) for row in rows)
        after = rows[-1].number


def digest_of(tx: Tx, office: str, book: Book, year: int) -> tuple[int, str]:
    """Return how many entries a year's book has, and their digest."""
    return digest(lines(tx, office, book, year))
