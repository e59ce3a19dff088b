"""That the numbers of the registers are what the events make them: a recount, and the digest of a year."""

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

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
_EVENT: Final = (
    "SELECT id, evidence_id, event, submission, at, CAST(strftime('%Y', at, '+8 hours') AS INTEGER) AS own_year,"  # noqa: S608 - a constant
    f" iif(event = '{Event.CONSIGNMENT_ACCEPTANCE.value}', recipient, office) AS own_office FROM event"
)


class _There(NamedTuple):
    """The entry of an event in an office's book, as the ledger has it; Nones where there is none."""

    office: str | None
    book: str | None
    year: int | None
    number: int | None
    submission: str | None
    at: str | None


def recount(tx: Tx) -> Iterator[str]:
    """Yield what is wrong with the entries, held against all events in their order: nothing when each has its own number."""
    numbers: dict[tuple[str, str, int], int] = {}
    seen: set[tuple[str, str, str]] = set()
    for row, office, there in _expected(tx):
        known = (office, row.event, row.submission or row.evidence_id)
        if not office or known in seen:
            if there.number is not None:
                yield f"event {row.evidence_id} is entered a second time"
            continue
        seen.add(known)
        book = (office, INTO[Event(row.event)].value, row.own_year)
        numbers[book] = numbers.get(book, 0) + 1
        if there != (*book, numbers[book], row.submission, row.at):
            yield f"event {row.evidence_id} is not number {numbers[book]} of {'/'.join(map(str, book))}"
    entries = tx.row("SELECT count(*) AS count FROM register_entry").count
    if entries != sum(numbers.values()):
        yield f"{entries} entries of {sum(numbers.values())} events"


def _expected(tx: Tx) -> Iterator[tuple[Any, str, _There]]:
    """Yield every event that is entered, for each office in whose book it belongs, with the entry that is there."""
    for row in _events(tx):
        yield row, row.own_office, _There(row.in_office, row.book, row.year, row.number, row.submission_there, row.at_there)
        for office, *there in json.loads(row.joint):
            yield row, office, _There(*there)


def _events(tx: Tx) -> Iterator[Any]:
    since = tx.row("SELECT since FROM register_jointly").since  # before it, those who joined had no entry
    after = 0
    while rows := tx.rows(
        "SELECT event.*, entry.office AS in_office, entry.book, entry.year, entry.number, entry.submission AS submission_there,"  # noqa: S608 - constants
        " entry.at AS at_there, (SELECT json_group_array(json_array(joint.office, own.office, own.book, own.year, own.number,"
        "  own.submission, own.at) ORDER BY joint.office) FROM joint_issuer AS joint LEFT JOIN register_entry AS own"
        "  ON own.evidence_id = event.evidence_id AND own.office = joint.office"
        "  WHERE joint.submission = event.submission AND event.event = :accepted AND event.id > :since) AS joint"
        f" FROM ({_EVENT} WHERE event IN ({_ENTERED}) AND id > :after ORDER BY id LIMIT :page) AS event"
        " LEFT JOIN register_entry AS entry ON entry.evidence_id = event.evidence_id AND entry.office = event.own_office ORDER BY event.id",
        accepted=Event.SUBMISSION_ACCEPTANCE.value,
        since=since,
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
