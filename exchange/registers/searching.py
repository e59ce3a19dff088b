"""That what registers are searched by is what their entries say: a recount of the narrow rows beside them (migration 0024)."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from archive.ledger.database import Tx

_PAGE: Final = 1000
_ENTRIES: Final = (
    "SELECT entry.rowid AS place, entry.office, entry.book, entry.year, entry.number, entry.at, submission.office AS sender,"
    " submission.named, submission_text.title, submission_text.number AS document_number, paper.title AS paper_title,"
    " paper.number AS paper_number, paper.counterpart, paper.evidence_id AS paper,"
    " (SELECT json_group_array(office) FROM joint_issuer WHERE joint_issuer.submission = entry.submission) AS joint,"
    " (SELECT json_group_array(office) FROM delivery WHERE delivery.submission = entry.submission) AS recipients,"
    " words.words, words.at AS at_there, words.named AS named_there,"
    " (SELECT json_group_array(party) FROM register_party AS party WHERE party.office = entry.office AND party.book = entry.book"
    "  AND party.year = entry.year AND party.number = entry.number) AS parties"
    " FROM register_entry AS entry LEFT JOIN submission ON submission.id = entry.submission"
    " LEFT JOIN submission_text ON submission_text.submission = entry.submission"
    " LEFT JOIN paper_item AS paper ON paper.evidence_id = entry.evidence_id"
    " LEFT JOIN register_words AS words ON words.office = entry.office AND words.book = entry.book AND words.year = entry.year"
    "  AND words.number = entry.number"
    " WHERE entry.rowid > :after ORDER BY entry.rowid LIMIT :page"
)


def recount(tx: Tx) -> Iterator[str]:
    """Yield which entries are searched by something else than they say; nothing when all agree."""
    entries = after = 0
    while rows := tx.rows(_ENTRIES, after=after, page=_PAGE):
        for row in rows:
            there = (row.words, row.at_there, row.named_there, sorted(_codes(row.parties)))
            if there != (_words(row), row.at, row.named or 0, sorted(_parties(row))):
                yield f"{row.office}/{row.book}/{row.year}/{row.number} is not searched by what it says"
        entries, after = entries + len(rows), rows[-1].place
    for table in ("register_words", "(SELECT DISTINCT office, book, year, number FROM register_party)"):
        found = tx.row(f"SELECT count(*) AS count FROM {table}").count  # noqa: S608 - one of two
        if found > entries:
            yield f"{found} rows to search by of {entries} entries"


def _words(row: Any) -> str:
    if row.title is not None:
        return f"{row.title}\n{row.document_number or ''}"
    return "" if row.paper is None else "\n".join((row.paper_title or "", row.paper_number or "", row.counterpart or ""))


def _parties(row: Any) -> set[str]:
    if row.book == "incoming":
        return {row.sender, *_codes(row.joint)} - {None}
    return {*_codes(row.recipients)}


def _codes(text: str) -> list[str]:
    return msgspec.json.decode(text, type=list[str])
