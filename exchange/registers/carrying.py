"""What a new year takes over 结转: open at its beginning, as the events say, and where it stands today."""

from collections.abc import Sequence
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.delivery.states import Review
from exchange.delivery.store import NAMED_ONLY, SEALED, SHUT
from exchange.office.store import Person
from exchange.registers.answers import Carried, Then
from exchange.registers.describing import Names
from exchange.registers.rules import Book, begin_of
from schemas import instants
from schemas.words import Event

MOST: Final = 1000
"""Open items that are listed, the oldest first; an office that concludes nothing has them all."""

_ENDS: Final = (
    f"('{Event.CONCLUSION.value}', '{Event.CONSIGNMENT_REJECTION.value}', '{Event.WITHDRAWAL.value}', '{Event.MISDIRECTION.value}')"
)
_ENDED: Final = (
    "EXISTS (SELECT 1 FROM event AS ended WHERE ended.recipient = delivery.office AND ended.submission = delivery.submission"  # noqa: S608 - constants
    f" AND ended.event IN {_ENDS} AND ended.at < :begin)"
)
_TEXT: Final = (
    f" CASE WHEN {SHUT} THEN NULL ELSE submission_text.number END AS document_number,"  # noqa: S608 - constants
    f" CASE WHEN {SHUT} THEN NULL ELSE submission_text.title END AS title, submission.id, submission.office AS sender,"
    " delivery.office AS there,"
    f" delivery.review, {NAMED_ONLY} AND NOT {SHUT} AS visible, EXISTS (SELECT 1 FROM event AS done WHERE done.recipient = delivery.office"
    f" AND done.submission = delivery.submission AND done.event = '{Event.CONCLUSION.value}') AS concluded"
)
_TABLES: Final = (
    " JOIN submission ON submission.id = delivery.submission LEFT JOIN submission_text ON submission_text.submission = submission.id"
)

_UNCONCLUDED: Final = (
    f"SELECT entry.year, entry.number AS place, entry.at,{_TEXT} FROM register_entry AS entry"  # noqa: S608 - constants
    f" JOIN delivery ON delivery.submission = entry.submission AND delivery.office = entry.office{_TABLES}"
    f" WHERE entry.office = :office AND entry.book = 'incoming' AND entry.year < :year AND NOT {_ENDED} AND NOT {SEALED}"
    " ORDER BY entry.year, entry.number LIMIT :most"
)
_PENDING: Final = (
    # pending then: it still is, or what it became it became later
    f"delivery.consigned_at < :begin AND (delivery.review = 'pending' OR delivery.changed_at >= :begin) AND NOT {_ENDED}"  # noqa: S608 - constants
    " AND NOT EXISTS (SELECT 1 FROM event AS signed WHERE signed.submission = delivery.submission AND signed.recipient = delivery.office"
    f"  AND signed.event = '{Event.CONSIGNMENT_ACCEPTANCE.value}' AND signed.at < :begin) AND NOT {SEALED}"
)
_UNSIGNED: Final = (
    f"SELECT NULL AS year, NULL AS place, delivery.consigned_at AS at,{_TEXT} FROM delivery{_TABLES}"  # noqa: S608 - constants
    f" WHERE delivery.office = :office AND {_PENDING} ORDER BY delivery.consigned_at, delivery.submission LIMIT :most"
)
_OUTSTANDING: Final = (
    f"SELECT entry.year, entry.number AS place, entry.at,{_TEXT} FROM register_entry AS entry"  # noqa: S608 - constants
    f" JOIN delivery ON delivery.submission = entry.submission{_TABLES}"
    f" WHERE entry.office = :office AND entry.book = 'outgoing' AND entry.year < :year AND {_PENDING}"
    " ORDER BY entry.year, entry.number, delivery.office LIMIT :most"
)


def carried(tx: Tx, caller: Person, book: Book, year: int, most: int = MOST) -> list[Carried]:
    """Return what was open when the year began in the caller's own office, the oldest first, `most` of each sort.

    Incoming: signed for and neither concluded nor given back, then not signed for. Outgoing: what a recipient had not signed for.
    """
    sorts: Sequence[tuple[Then, str]] = (
        (("unconcluded", _UNCONCLUDED), ("unsigned", _UNSIGNED)) if book is Book.INCOMING else (("unsigned", _OUTSTANDING),)
    )
    names, begin = Names(tx), begin_of(year)
    asked = {"office": caller.office, "person": caller.id, "year": year, "begin": begin, "most": most}
    return [_carried(names, book, then, row) for then, sql in sorts for row in tx.rows(sql, **_used(sql, asked))]


def count(tx: Tx, caller: Person, book: Book, year: int) -> int:
    """Return how many items `carried` gives at most."""
    begin, found = begin_of(year), 0
    asked = {"office": caller.office, "person": caller.id, "year": year, "begin": begin, "most": MOST}
    for sql in (_UNCONCLUDED, _UNSIGNED) if book is Book.INCOMING else (_OUTSTANDING,):
        found += tx.row(f"SELECT count(*) AS count FROM ({sql})", **_used(sql, asked)).count  # noqa: S608 - constants
    return found


def _used(sql: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if f":{name}" in sql}


def _carried(names: Names, book: Book, then: Then, row: Any) -> Carried:
    now = {Review.PENDING.value: "", Review.SIGNED_FOR.value: "signed_for"}.get(row.review, row.review)
    if now == "signed_for" and then == "unconcluded":
        now = "concluded" if row.concluded else ""
    other = row.sender if book is Book.INCOMING else row.there
    return Carried(
        year=row.year,
        number=row.place,
        day=instants.read(row.at).astimezone(instants.BEIJING).date().isoformat(),
        submission=row.id if row.visible else None,
        office=names.office(other, row.at),
        document_number=(row.document_number or "") if row.visible else "",
        title=(row.title or "") if row.visible else "",
        hidden=not row.visible,
        then=then,
        now=now,
    )
