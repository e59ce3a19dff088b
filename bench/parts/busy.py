"""Fills a county's ledger by SQL as years of traffic leave it: a million events, ten thousand deliveries in one township's inbox.

Receipts are stand-ins of `RECEIPT` bytes in all; no page that is measured reads one. Everything else are the rows that the service itself
would have written, the counters those of the triggers.
"""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from pysqlite3 import dbapi2 as sqlite

from schemas import instants

RECEIPT: Final = 300
TOWNSHIPS: Final = 18
INBOX: Final = 10_000
PENDING: Final = 0.04
"""Share of the deliveries that still wait; of the full inbox it is `WAITING`."""
WAITING: Final = 0.3
NAMED: Final = 0.01
_START: Final = datetime(2024, 1, 2, tzinfo=UTC)


class Item(NamedTuple):
    """What is to be written: sender, recipients and the share of them that has not signed."""

    sender: str
    to: tuple[str, ...]
    waiting: float


def items(events: int) -> Iterator[Item]:
    """Return items until they make so many events: notices to all townships, letters that fill one inbox, all others to the county."""
    townships = tuple(f"T{number:02}" for number in range(1, TOWNSHIPS + 1))
    written = 0
    notices = INBOX // 2
    for _ in range(notices):
        yield Item("county", townships, PENDING)
        written += 1 + 3 * TOWNSHIPS
    for number in range(INBOX - notices):
        yield Item(townships[1 + number % (TOWNSHIPS - 1)], townships[:1], WAITING)
        written += 4
    number = 0
    while written < events:
        number += 1
        yield Item(townships[number % TOWNSHIPS], ("county",), PENDING)
        written += 4


def fill(ledger: Path, events: int, now: datetime) -> int:
    """Write the rows; returns how many events the ledger has."""
    connection = sqlite.connect(ledger, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    connection.execute("BEGIN")
    writer = _Writer(connection, now)
    for number, item in enumerate(items(events)):
        writer.write(number, item)
    writer.flush()
    connection.execute(
        "UPDATE tracking SET sign_by = ? WHERE sign_by = '' AND review = 'pending'", (instants.write(now + timedelta(days=2)),)
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    count = int(connection.execute("SELECT count(*) FROM event").fetchone()[0])
    connection.close()
    return count


class _Writer:
    def __init__(self, connection: Any, now: datetime) -> None:
        self._connection, self._random = connection, random.Random(7)  # noqa: S311 - the same ledger every time
        self._sequences: dict[str, int] = dict(connection.execute("SELECT office, max(sequence) FROM event GROUP BY office"))
        self._ordinals: dict[str, int] = {}
        self._leaf = int(connection.execute("SELECT coalesce(max(leaf), -1) FROM event").fetchone()[0])
        self._step = (now - _START) / 200_000
        self._rows: dict[str, list[tuple[Any, ...]]] = {"submission": [], "text": [], "delivery": [], "event": []}

    def write(self, number: int, item: Item) -> None:
        at = instants.write(_START + number * self._step)
        name = hashlib.sha256(f"busy {number}".encode()).hexdigest()
        self._ordinals[item.sender] = self._ordinals.get(item.sender, 0) + 1
        named = int(self._random.random() < NAMED and item.sender != "county")
        urgency = self._random.choices(("normal", "urgent", "extra_urgent"), (90, 8, 2))[0]
        rows = self._rows
        rows["submission"].append(
            (name, name, 1000, item.sender, f"{item.sender}.1", str(number), self._ordinals[item.sender], urgency, at, at, named)
        )
        respond_by = '"respond_by":"2026-12-01",' if number % 40 == 0 else ""
        rows["text"].append(
            (name, f"县字〔2026〕{number}号", f"关于报送第{number}期政务信息的报告", f'{{{respond_by}"title":"x"}}'.encode())
        )
        self._event("SubmissionAcceptance", item.sender, name, None, f"{item.sender}.1", at)
        for office in item.to:
            waits = self._random.random() < item.waiting
            opened = not waits or self._random.random() < 0.5
            rows["delivery"].append((name, office, at, "opened" if opened else "consigned", "pending" if waits else "signed_for", at))
            self._event("ContentConsignment", item.sender, name, office, None, at)
            if opened:
                self._event("ContentHandover", item.sender, name, office, f"{office}.1", at)
            if not waits:
                self._event("ConsignmentAcceptance", item.sender, name, office, f"{office}.1", at)
        if len(rows["event"]) > 20_000:
            self.flush()

    def _event(self, event: str, office: str, name: str, recipient: str | None, person: str | None, at: str) -> None:
        self._sequences[office] = sequence = self._sequences.get(office, 0) + 1
        self._leaf += 1
        self._rows["event"].append((f"{self._leaf:032x}", event, office, sequence, name, recipient, person, at, self._leaf))

    def flush(self) -> None:
        rows, many = self._rows, self._connection.executemany
        many(
            "INSERT INTO submission (id, container, size, office, person, reference, filing_year, filing_ordinal, kind, urgency, handling,"
            " received_at, accepted_at, policy, named) VALUES (?, ?, ?, ?, ?, ?, 2026, ?, 'information', ?, 'normal', ?, ?, 'p', ?)",
            rows["submission"],
        )
        many("INSERT INTO submission_text (submission, number, title, metadata) VALUES (?, ?, ?, ?)", rows["text"])
        many(
            "INSERT INTO event (evidence_id, event, office, sequence, submission, recipient, person, at, leaf,"  # noqa: S608 - a constant
            f" receipt, signature, timestamp, proof) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob({RECEIPT}), x'', x'', x'')",
            rows["event"],
        )
        many(
            "INSERT INTO delivery (submission, office, copy, consigned_at, opening, review, version, changed_at)"
            " VALUES (?, ?, 0, ?, ?, ?, 1, ?)",
            rows["delivery"],
        )
        for each in rows.values():
            each.clear()
