"""The rows of registers as the ledger has them; what of them a person is told is decided by the conditions of `delivery.store`."""

import json
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.store import NAMED_ONLY, SHUT
from exchange.office.store import Person
from exchange.registers.rules import Book, begin_of
from schemas.words import Event

_ROW: Final = (
    "SELECT entry.number AS place, entry.year, entry.evidence_id, entry.at, entry.submission,"  # noqa: S608 - constants
    " coalesce((SELECT person FROM joint_issuer AS signer WHERE signer.submission = entry.submission AND signer.office = entry.office"
    "  AND entry.book = 'outgoing'), event.person) AS done_by,"
    " (SELECT json_group_array(joint.office ORDER BY joint.office) FROM joint_issuer AS joint WHERE joint.submission = entry.submission)"
    " AS joint,"
    " submission.office AS sender, submission.person AS sent_by, submission.kind, submission.urgency, submission.handling,"
    " submission.filing_year, submission.filing_ordinal, submission.pages, submission_text.number, submission_text.title,"
    f" submission_text.metadata, (entry.submission IS NULL OR {NAMED_ONLY}) AS visible, {SHUT} AS shut, sealing.state AS seal,"
    " delivery.review,"
    " paper.evidence_id AS paper, paper.counterpart, paper.other_office, paper.number AS paper_number, paper.title AS paper_title,"
    " paper.kind AS paper_kind, paper.copies AS paper_copies, paper.pages AS paper_pages"
    " FROM register_entry AS entry JOIN event ON event.evidence_id = entry.evidence_id"
    " LEFT JOIN submission ON submission.id = entry.submission"
    " LEFT JOIN submission_text ON submission_text.submission = entry.submission"
    " LEFT JOIN sealing ON sealing.submission = entry.submission AND sealing.state != 'released'"
    " LEFT JOIN delivery ON delivery.submission = entry.submission AND delivery.office = entry.office AND entry.book = 'incoming'"
    " LEFT JOIN paper_item AS paper ON paper.evidence_id = entry.evidence_id"
)
_BOOK: Final = "entry.office = :office AND entry.book = :book AND entry.year = :year"


class Narrowing(NamedTuple):
    """What of a year's book is wanted: instants from and before, and a text in number, title or the other office's name."""

    since: str = ""
    before: str = ""
    text: str = ""

    @classmethod
    def of(cls, year: int, month: int = 0, text: str = "") -> "Narrowing":
        """Return that of a month (0: the whole year) and a text."""
        return cls(begin_of(year, month), begin_of(year, month + 1), text) if month else cls(text=text)


class Range(NamedTuple):
    """Which numbers: behind `after`, or below it when `newest` come first; so many at most."""

    after: int
    most: int
    newest: bool = False


EVERYTHING: Final = Narrowing()
_LAST: Final = 10**9


def rows(tx: Tx, caller: Person, book: Book, year: int, wanted: Range, narrowed: Narrowing = EVERYTHING) -> list[Any]:
    """Return entries of the caller's own office by number."""
    if narrowed.text:
        return _named(tx, caller, book, year, _part(_matching(tx, caller, book, year, narrowed), wanted), newest=wanted.newest)
    month = " AND entry.at >= :since AND entry.at < :before" if narrowed.since else ""
    order, beyond = ("DESC", "entry.number < :after") if wanted.newest else ("ASC", "entry.number > :after")
    return tx.rows(
        f"{_ROW} WHERE {_BOOK}{month} AND {beyond} ORDER BY entry.number {order} LIMIT :most",
        **_mine(caller, book, year),
        **_month(narrowed),
        person=caller.id,
        after=(wanted.after or _LAST) if wanted.newest else wanted.after,
        most=wanted.most,
    )


def _named(tx: Tx, caller: Person, book: Book, year: int, numbers: list[int], *, newest: bool) -> list[Any]:
    order = "DESC" if newest else "ASC"
    return tx.rows(
        f"{_ROW} WHERE {_BOOK} AND entry.number IN (SELECT value FROM json_each(:numbers)) ORDER BY entry.number {order}",  # noqa: S608 - constants
        **_mine(caller, book, year),
        person=caller.id,
        numbers=json.dumps(numbers),
    )


def _part(numbers: list[int], wanted: Range) -> list[int]:
    """Return those of ascending numbers that a range wants."""
    if wanted.newest:
        return [number for number in reversed(numbers) if not wanted.after or number < wanted.after][: wanted.most]
    return [number for number in numbers if number > wanted.after][: wanted.most]


def one(tx: Tx, caller: Person, book: Book, year: int, number: int) -> Any:
    """Return an entry of the caller's own office, or None."""
    return next(iter(rows(tx, caller, book, year, Range(number - 1, 1), EVERYTHING)), None)


def count(tx: Tx, caller: Person, book: Book, year: int, narrowed: Narrowing = EVERYTHING) -> int:
    """Return how many entries there are: all of the year, or those that are wanted."""
    if narrowed.text:
        return len(_matching(tx, caller, book, year, narrowed))
    # numbers have no gap, so the last one counts a year
    what = "count(*)" if narrowed.since else "coalesce(max(number), 0)"
    month = " AND entry.at >= :since AND entry.at < :before" if narrowed.since else ""
    row = tx.row(
        f"SELECT {what} AS count FROM register_entry AS entry WHERE {_BOOK}{month}",  # noqa: S608 - constants
        **_mine(caller, book, year),
        **_month(narrowed),
    )
    return int(row.count)


def _mine(caller: Person, book: Book, year: int) -> dict[str, Any]:
    return {"office": caller.office, "book": book.value, "year": year}


def _month(narrowed: Narrowing) -> dict[str, str]:
    return {"since": narrowed.since, "before": narrowed.before} if narrowed.since else {}


def _matching(tx: Tx, caller: Person, book: Book, year: int, narrowed: Narrowing) -> list[int]:
    """Return the numbers of entries that hold a text: in one pass over the year's narrow rows (migration 0024), whatever is looked for.

    Who may see the item is asked where it is for named persons; the other office's name is no secret of the book.
    """
    month = " AND entry.at >= :since AND entry.at < :before" if narrowed.since else ""
    called = tx.rows("SELECT DISTINCT office FROM office_period WHERE instr(name, :text)", text=narrowed.text)
    codes = {"called": json.dumps([row.office for row in called])} if called else {}
    found = tx.rows(
        f"SELECT entry.number FROM register_words AS entry WHERE {_BOOK}{month} AND (instr(entry.words, :text)"  # noqa: S608 - constants
        f" AND (entry.named = 0 OR {_SEEN}) AND NOT {_GONE}{_OF_CALLED if called else ''}) ORDER BY entry.number",
        **_mine(caller, book, year),
        **_month(narrowed),
        **codes,
        person=caller.id,
        text=narrowed.text,
    )
    return [row.number for row in found]


_SEEN: Final = (
    "EXISTS (SELECT 1 FROM register_entry AS own JOIN submission ON submission.id = own.submission WHERE own.office = entry.office"  # noqa: S608 - constants
    f" AND own.book = entry.book AND own.year = entry.year AND own.number = entry.number AND {NAMED_ONLY})"
)
_GONE: Final = (
    "EXISTS (SELECT 1 FROM register_entry AS own JOIN submission ON submission.id = own.submission WHERE own.office = entry.office"  # noqa: S608 - constants
    f" AND own.book = entry.book AND own.year = entry.year AND own.number = entry.number AND {SHUT})"
)
_OF_CALLED: Final = (
    " OR entry.number IN (SELECT number FROM register_party WHERE office = :office AND book = :book AND year = :year"
    " AND party IN (SELECT value FROM json_each(:called)))"
)


def recipients(tx: Tx, submissions: list[str]) -> list[Any]:
    """Return to whom each of these submissions went: submission, office, copy, review."""
    return tx.rows(
        "SELECT submission, office, copy, review FROM delivery WHERE submission IN (SELECT value FROM json_each(:ids))"
        " ORDER BY submission, copy, office",
        ids=json.dumps(submissions),
    )


def conclusions(tx: Tx, caller: Person, submissions: list[str]) -> dict[str, str]:
    """Return the last conclusion 办理结果 that the caller's office wrote on each slip; empty where the words are sealed."""
    found = tx.rows(
        "SELECT event.submission, coalesce(reason.text, '') AS text FROM event LEFT JOIN reason USING (evidence_id)"
        " WHERE event.recipient = :office AND event.event = :concluded AND event.submission IN (SELECT value FROM json_each(:ids))"
        " ORDER BY event.id",
        office=caller.office,
        concluded=Event.CONCLUSION.value,
        ids=json.dumps(submissions),
    )
    return {row.submission: row.text for row in found}


def corrections(tx: Tx, caller: Person, book: Book, numbers: list[tuple[int, int]]) -> list[Any]:
    """Return the corrections of entries, named by (year, number), in their order; `text` is null once it was erased."""
    return tx.rows(
        "SELECT kept.year, kept.number, kept.evidence_id, event.at, event.person, reason.text FROM register_correction AS kept"
        " JOIN event USING (evidence_id) LEFT JOIN reason USING (evidence_id)"
        " WHERE kept.office = :office AND kept.book = :book AND (kept.year, kept.number) IN"
        " (SELECT value ->> 0, value ->> 1 FROM json_each(:numbers)) ORDER BY event.id",
        office=caller.office,
        book=book.value,
        numbers=json.dumps(numbers),
    )


def corrected(tx: Tx, caller: Person, book: Book, year: int) -> int:
    """Return how many corrections a year's book of the caller's own office has."""
    row = tx.row(
        "SELECT count(*) AS count FROM register_correction WHERE office = :office AND book = :book AND year = :year",
        **_mine(caller, book, year),
    )
    return int(row.count)


def lock(tx: Tx, office: str, book: Book, year: int) -> Any:
    """Return the lock of an office's year, or None while it is open."""
    return tx.row(
        "SELECT kept.evidence_id, kept.entries, kept.digest, event.at, event.person FROM register_lock AS kept"
        " JOIN event USING (evidence_id)"
        " WHERE kept.office = :office AND kept.book = :book AND kept.year = :year",
        office=office,
        book=book.value,
        year=year,
    )


def years(tx: Tx, caller: Person, book: Book) -> list[int]:
    """Return the years in which the caller's office entered anything, the newest first."""
    found, last = [], 10**6
    while (row := tx.row(_BEFORE, office=caller.office, book=book.value, last=last)).year is not None:
        found.append(int(row.year))
        last = row.year
    return found


_BEFORE: Final = "SELECT max(year) AS year FROM register_entry WHERE office = :office AND book = :book AND year < :last"


def entry_of(tx: Tx, caller: Person, evidence_id: str) -> Any:
    """Return which entry an event is, of the caller's own office if there is one: office, book, year, number, submission; or None."""
    return tx.row(
        "SELECT office, book, year, number, submission FROM register_entry WHERE evidence_id = :id"
        " ORDER BY office = :office DESC, office LIMIT 1",
        id=evidence_id,
        office=caller.office,
    )
