"""The outbox 待发箱: signed bytes that the county has not yet been proved to have, and what became of the others.

Write order: bytes durable, then the row, then the first sending; receipt durable, then the row, then the bytes go. So a
kill at any instant leaves a row with its bytes, which is sent again as it is, or bytes without a row, which nobody was
told of and `sweep` removes. A refusal for good overwrites the row with time, rule and next step, and deletes the bytes.

SQLite is the interpreter's own, whose builds may have the WAL-reset bug: rollback journal, synchronous=FULL.
"""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from exchange.client.home import keep, make_folder
from schemas.problems import Problem, ProblemType
from schemas.words import Word

FOLDER: Final = "outbox"
DATABASE: Final = "outbox.db"
_STRAY_SECONDS: Final = 3600.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS item (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, submission TEXT, container TEXT, intent TEXT, created_at TEXT NOT NULL,
  changed_at TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at TEXT, problem TEXT, detail TEXT, rules TEXT,
  told INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS item_submission ON item (submission);
CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS receipt (
  log TEXT, sequence INTEGER, evidence_id TEXT NOT NULL, chained INTEGER NOT NULL, PRIMARY KEY (log, sequence)
);
"""


class State(Word):
    """Where an item stands."""

    SAVED = "saved", "待发", "waiting to be sent"
    ACCEPTED = "accepted", "已接收", "accepted"
    RETURNED = "returned", "已退回", "returned"
    REFUSED = "refused", "未予接收", "refused"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row. A refused item has neither submission nor container: nothing that points at its content."""

    id: str
    state: State
    submission: str | None
    container: str | None
    created_at: str
    changed_at: str
    attempts: int
    next_at: str | None
    problem: str | None
    detail: str | None
    rules: str | None


class Outbox:
    """The outbox of one home. Several processes may have it open; a transaction waits for the other's."""

    def __init__(self, home: Path) -> None:
        """Open or make it. Raises Problem FOLDER_READ_ONLY or LEDGER_DAMAGED."""
        self.folder = home / FOLDER
        make_folder(self.folder)
        path = home / DATABASE
        with _failing(path):
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            for pragma in ("busy_timeout=30000", "journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON"):
                self._connection.execute(f"PRAGMA {pragma}").fetchall()
            self._connection.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        """Be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self._connection.close()

    def bytes_of(self, item: str) -> Path:
        """Return where an item's container lies while it is kept."""
        return self.folder / f"{item}.asice"

    def add(self, item: str, container: Path, submission: str, digest: str, intent: str, now: str) -> Item:
        """Take a finished container into custody; `container` lies in `folder` and is moved. On return nothing can lose it."""
        with _failing(self.folder):
            _settle(container, self.bytes_of(item))
        self._run(
            "INSERT INTO item (id, state, submission, container, intent, created_at, changed_at, next_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(item, State.SAVED, submission, digest, intent, now, now, now),
        )
        return self.item(item)

    def item(self, item: str) -> Item:
        """Return an item. Raises Problem NOT_FOUND."""
        return self._one("id = ?", item)

    def known(self, submission: str) -> Item | None:
        """Return the item that holds, or held, a submission."""
        rows = self._rows("SELECT * FROM item WHERE submission = ? ORDER BY created_at DESC LIMIT 1", submission)
        return _item(rows[0]) if rows else None

    def unfinished(self, intent: str) -> Item | None:
        """Return the item of an earlier run with the same intent whose end nobody was told: killed, or still waiting."""
        rows = self._rows(
            "SELECT * FROM item WHERE intent = ? AND (state = ? OR (state = ? AND told = 0)) ORDER BY created_at DESC LIMIT 1",
            *(intent, State.SAVED, State.ACCEPTED),
        )
        return _item(rows[0]) if rows else None

    def intended(self, intent: str) -> Item | None:
        """Return the newest item with this intent that was not refused, told or not."""
        rows = self._rows("SELECT * FROM item WHERE intent = ? AND state != ? ORDER BY created_at DESC LIMIT 1", intent, State.REFUSED)
        return _item(rows[0]) if rows else None

    def waiting(self) -> list[Item]:
        """Return what is still to be sent, oldest first."""
        return [_item(row) for row in self._rows("SELECT * FROM item WHERE state = ? ORDER BY created_at, id", State.SAVED)]

    def listed(self) -> list[Item]:
        """Return what waits and what was refused, oldest first."""
        rows = self._rows("SELECT * FROM item WHERE state IN (?, ?) ORDER BY created_at, id", State.SAVED, State.REFUSED)
        return [_item(row) for row in rows]

    def starting_with(self, prefix: str) -> list[str]:
        """Return the submissions whose id begins so."""
        rows = self._rows("SELECT DISTINCT submission FROM item WHERE substr(submission, 1, ?) = ?", len(prefix), prefix)
        return [row["submission"] for row in rows]

    def put_off(self, item: str, problem: Problem, now: str, next_at: str) -> None:
        """Note an attempt that decided nothing."""
        self._run(
            "UPDATE item SET attempts = attempts + 1, problem = ?, detail = ?, changed_at = ?, next_at = ? WHERE id = ? AND state = ?",
            *(problem.kind.type, problem.detail, now, next_at, item, State.SAVED),
        )

    def accept(self, item: str, now: str, state: State = State.ACCEPTED) -> None:
        """Note that the receipt is verified and on disk, and let the bytes go."""
        self._run("UPDATE item SET state = ?, changed_at = ?, next_at = NULL, problem = NULL, detail = NULL WHERE id = ?", state, now, item)
        self._drop(item)

    def refuse(self, item: str, problem: Problem, rules: str, now: str) -> None:
        """Overwrite the row with time, rule and next step (which follows from the problem), and delete the bytes."""
        self._run(
            "UPDATE item SET state = ?, submission = NULL, container = NULL, intent = NULL, next_at = NULL, detail = NULL,"
            " problem = ?, rules = ?, changed_at = ? WHERE id = ?",
            *(State.REFUSED, problem.kind.type, rules, now, item),
        )
        self._drop(item)

    def note_refusal(self, item: str, problem: Problem, rules: str, now: str) -> None:
        """Keep a refusal of this computer's own check: there never were any bytes."""
        self._run(
            "INSERT INTO item (id, state, created_at, changed_at, problem, rules) VALUES (?, ?, ?, ?, ?, ?)",
            *(item, State.REFUSED, now, now, problem.kind.type, rules),
        )

    def told(self, submissions: Iterable[str]) -> None:
        """Note that the person has been told the end of these."""
        with self._transaction():
            self._connection.executemany("UPDATE item SET told = 1 WHERE submission = ?", [(each,) for each in submissions])

    def sweep(self) -> None:
        """Remove bytes that no row waits for: a run was killed before it promised anything, or after it was all over."""
        with _failing(self.folder):
            waiting = {item.id for item in self.waiting()}
            for path in self.folder.iterdir():
                with suppress(FileNotFoundError):
                    if path.name.removesuffix(".asice") not in waiting and time.time() - path.stat().st_mtime > _STRAY_SECONDS:
                        path.unlink()

    def checkpoint(self) -> bytes:
        """Return the newest verified checkpoint note; empty before the first."""
        rows = self._rows("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        return bytes(rows[0]["note"]) if rows else b""

    def root_at(self, size: int) -> bytes | None:
        """Return the verified root of the tree of this size, if it was seen."""
        rows = self._rows("SELECT root FROM checkpoint WHERE size = ?", size)
        return bytes(rows[0]["root"]) if rows else None

    def keep_checkpoint(self, size: int, root: bytes, note: bytes) -> None:
        """Keep a checkpoint that was verified against the newest one."""
        self._run("INSERT OR IGNORE INTO checkpoint (size, root, note) VALUES (?, ?, ?)", size, root, note)

    def hold_receipt(self, log: str, sequence: int, evidence: str) -> None:
        """Remember a verified receipt of the own office by its number, for the comparison with the county's list."""
        self._run("INSERT OR IGNORE INTO receipt (log, sequence, evidence_id, chained) VALUES (?, ?, ?, 0)", log, sequence, evidence)

    def held_receipts(self, log: str) -> dict[int, str]:
        """Return number and evidence id of verified receipts that no gapless list has confirmed yet."""
        return {
            row["sequence"]: row["evidence_id"]
            for row in self._rows("SELECT sequence, evidence_id FROM receipt WHERE log = ? AND chained = 0 ORDER BY sequence", log)
        }

    def chain_end(self, log: str) -> int:
        """Return the last number up to which the office's receipts were checked without a gap."""
        return int(self._rows("SELECT coalesce(max(sequence), 0) AS last FROM receipt WHERE log = ? AND chained = 1", log)[0]["last"])

    def extend_chain(self, log: str, links: list[tuple[int, str]]) -> None:
        """Keep (number, evidence id) of receipts that were checked without a gap."""
        with self._transaction():
            for sequence, evidence in links:
                self._connection.execute(
                    "INSERT INTO receipt (log, sequence, evidence_id, chained) VALUES (?, ?, ?, 1)"
                    " ON CONFLICT (log, sequence) DO UPDATE SET chained = 1",
                    (log, sequence, evidence),
                )

    def _one(self, condition: str, value: str) -> Item:
        rows = self._rows(f"SELECT * FROM item WHERE {condition}", value)  # noqa: S608 - a constant
        if not rows:
            raise Problem(ProblemType.NOT_FOUND, value)
        return _item(rows[0])

    def _rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with _failing(self.folder):
            return self._connection.execute(sql, [_plain(value) for value in values]).fetchall()

    def _run(self, sql: str, *values: Any) -> None:
        with self._transaction():
            self._connection.execute(sql, [_plain(value) for value in values])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _failing(self.folder):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                raise

    def _drop(self, item: str) -> None:
        with _failing(self.folder):
            self.bytes_of(item).unlink(missing_ok=True)
            _sync(self.folder)


def keep_receipt(folder: Path, submission: str, exact: bytes) -> Path:
    """Keep a verified receipt, the county's exact answer, under the submission's id."""
    make_folder(folder)
    path = folder / f"{submission}.json"
    keep(path, exact)
    return path


def _settle(container: Path, place: Path) -> None:

    descriptor = os.open(container, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    container.replace(place)
    _sync(place.parent)


def _sync(folder: Path) -> None:

    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Word) else value


def _item(row: sqlite3.Row) -> Item:
    fields = {name: row[name] for name in Item.__dataclass_fields__}
    return Item(**fields | {"state": State(row["state"])})


@contextmanager
def _failing(place: Path) -> Iterator[None]:
    """Say a full or failing disk in words."""
    try:
        yield
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{place}: {error.strerror}") from error
    except sqlite3.OperationalError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{place}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Problem(ProblemType.LEDGER_DAMAGED, f"{place}: {error}") from error
