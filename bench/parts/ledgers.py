"""A county's ledger filled with the corpus by plain SQL: the rows that intake would write, through the migrations' tables.

Not so: receipts, signatures and proofs are copies of a real one, so that rows are as long as they are; their leaves are
negative and stand in no log. The service goes on from there with real submissions; `fsck` would find fault with the rest.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from archive.ledger import sqlite as ledger
from archive.search.entry import Entry
from exchange.county import open_folder
from parts.pieces import Piece
from schemas import instants
from schemas.messages import Document, SecrecyCheck, Submission, canonical
from schemas.words import UNCLASSIFIED, DocumentRole, Event, Handling, Kind, Origin


class Filler:
    """Writes pieces of the corpus into the ledger of a founded county whose offices all have somebody."""

    def __init__(self, folder: Path) -> None:
        """Open the ledger; nobody else may have it open."""
        self._connection = ledger.connector(open_folder(folder).ledger, writable=True)()
        self._at = instants.write(datetime.now(UTC))
        rows = self._connection.execute("SELECT office, min(id) FROM person GROUP BY office")
        self._people: dict[str, str] = dict(rows.fetchall())
        self._sequences = Counter(dict(self._connection.execute("SELECT office, max(sequence) FROM event GROUP BY office").fetchall()))
        self._like = self._connection.execute("SELECT receipt, signature, timestamp, proof FROM event ORDER BY id DESC LIMIT 1").fetchone()
        self._events = 0

    def add(self, piece: Piece) -> None:
        """Add a piece, in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        messages = [_message(entry, self._at) for entry in piece.entries]
        self._many("submission", [self._submission(entry) for entry in piece.entries])
        texts = [(entry.submission, entry.number or None, entry.title, each) for entry, each in zip(piece.entries, messages, strict=True)]
        self._many("submission_text", texts)
        self._many("kept_text", [(entry.submission, body) for entry, body in zip(piece.entries, piece.bodies, strict=True)])
        self._many("delivery", [row for entry in piece.entries for row in self._deliveries(entry)])
        events = [row for entry in piece.entries for row in self._recorded(entry)]
        columns = "evidence_id, event, office, sequence, submission, recipient, person, at, receipt, signature, timestamp, proof, leaf"
        self._many(f"event ({columns})", events)
        answer = bytes(4 * sum(map(len, self._like)) // 3)  # base64
        accepted = [row for row in events if row[1] == Event.SUBMISSION_ACCEPTANCE.value]
        self._many("answer", [(row[4], row[0], answer) for row in accepted])
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the ledger."""
        self._connection.close()

    def _many(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(rows[0]))
        self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - the tables are named above

    def _submission(self, entry: Entry) -> tuple[Any, ...]:
        year, ordinal = entry.filing_number.split("-")[1:]
        who = (entry.office, self._people[entry.office], str(uuid.UUID(int=entry.accepted)), int(year), int(ordinal))
        what = (entry.kind, entry.urgency, Handling.NORMAL.value, self._at, self._at, None, None, "bench", 0)
        return (entry.submission, entry.submission, 120_000, *who, *what)

    def _deliveries(self, entry: Entry) -> Iterator[tuple[Any, ...]]:
        reviews = dict(standing.split(":received:") for standing in entry.standings if ":received:" in standing)
        for office in entry.recipients:
            opening = "consigned" if reviews[office] == "pending" else "opened"
            yield (entry.submission, office, 0, self._at, opening, reviews[office], 1, self._at)

    def _recorded(self, entry: Entry) -> Iterator[tuple[Any, ...]]:
        yield self._event(entry, Event.SUBMISSION_ACCEPTANCE, entry.office, None)
        for office in entry.recipients:
            yield self._event(entry, Event.CONTENT_CONSIGNMENT, office, office)

    def _event(self, entry: Entry, event: Event, office: str, recipient: str | None) -> tuple[Any, ...]:
        self._events += 1
        self._sequences[office] += 1
        person = self._people[office] if recipient is None else None
        named = (f"{self._events:032x}", event.value, office, self._sequences[office], entry.submission, recipient, person)
        return (*named, self._at, *self._like, -self._events)


def fill(folder: Path, corpus: Iterable[Piece]) -> None:
    """Fill the ledger of a founded county; every office of the corpus must have somebody, the county office too."""
    filler = Filler(folder)
    try:
        for piece in corpus:
            filler.add(piece)
    finally:
        filler.close()


def statistics(folder: Path) -> dict[str, int]:
    """Return how many events the ledger of a county has, and its size in bytes."""
    path = open_folder(folder).ledger
    connection = sqlite.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {"events": connection.execute("SELECT count(*) FROM event").fetchone()[0], "bytes": path.stat().st_size}
    finally:
        connection.close()


def _message(entry: Entry, at: str) -> bytes:
    day = str(entry.date)
    described = Document(
        name=entry.files[0],
        role=DocumentRole.MAIN,
        origin=Origin.BORN_DIGITAL,
        media_type="application/pdf",
        size=120_000,
        sha256=entry.submission,
    )
    message = Submission(
        type="submission/v1",
        reference=str(uuid.UUID(int=entry.accepted)),
        version=1,
        from_=entry.office,
        to=list(entry.recipients),
        kind=Kind(entry.kind),
        number=entry.number or None,
        title=entry.title,
        date_issued=f"{day[:4]}-{day[4:6]}-{day[6:]}",
        classification=UNCLASSIFIED,
        secrecy_check=SecrecyCheck(by="张三", at=at),
        documents=[described],
    )
    return canonical(message)
