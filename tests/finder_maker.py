"""Makes small ledgers in memory that a finder can follow, and indexes that fail in every way while a test wants it."""

import asyncio
import contextlib
import hashlib
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger_maker import begin, notary

from archive.ledger import log
from archive.ledger.database import Database, Tx
from archive.ledger.memory import MemoryDatabase
from archive.reading.kept import KeptPart, pack
from archive.search.engines import Engine
from archive.search.entry import Batch
from archive.search.feeder import Finder, Pauses
from archive.search.index import SearchIndex
from archive.search.memory import MemoryIndex
from archive.search.question import Found, Question, Viewer, Words
from exchange.delivery import moving
from exchange.delivery.states import Action
from exchange.intake import store as submissions
from exchange.intake.store import Accepted
from exchange.legacy import store as legacy
from exchange.legacy.register import Entry
from exchange.legacy.store import File
from exchange.office import store as offices
from schemas import instants
from schemas.messages import Document, SecrecyCheck, Submission, canonical
from schemas.words import UNCLASSIFIED, DocumentRole, Handling, Kind, OfficeKind, Origin, Role

NOW = datetime(2026, 11, 20, 1, 0, 0, 250_000, tzinfo=UTC)
QUICK = Pauses(gather=0.002, poll=0.02, first=0.005, longest=0.02, answer=0.5, close=0.5)
EMPTY = hashlib.sha256(b"").hexdigest()


def message_of(title: str, sender: str, to: tuple[str, ...], names: tuple[str, ...], fields: dict[str, Any]) -> Submission:
    documents = [
        Document(
            name=name,
            role=DocumentRole.ATTACHMENT if place else DocumentRole.MAIN,
            origin=Origin.BORN_DIGITAL,
            media_type="text/plain",
            size=0,
            sha256=EMPTY,
        )
        for place, name in enumerate(names)
    ]
    given: dict[str, Any] = {
        "type": "submission/v1",
        "reference": str(uuid.uuid4()),
        "version": 1,
        "from_": sender,
        "to": list(to),
        "kind": Kind.INFORMATION,
        "title": title,
        "date_issued": "2026-11-19",
        "classification": UNCLASSIFIED,
        "secrecy_check": SecrecyCheck(by="张三", at=instants.write(NOW)),
        "documents": documents,
    }
    return Submission(**(given | fields))


@dataclass
class SmallLedger:
    """A ledger with the offices `county`, `T01`, `T02` and one person in each, `T01.1` and so on."""

    database: Database
    sent: list[str] = field(default_factory=list)

    async def accept(self, title: str = "防汛准备工作情况", text: str = "各村已完成隐患排查。", **fields: Any) -> str:
        """Accept a submission of T01 to the county, unless fields say otherwise; returns its id."""
        sender, to = fields.pop("sender", "T01"), fields.pop("to", ("county",))
        files = fields.pop("files", {"情况.txt": text})
        received_at, handling = fields.pop("received_at", NOW), fields.pop("handling", Handling.NORMAL)
        message = message_of(title, sender, to, tuple(files), fields)
        digest = hashlib.sha256(message.reference.encode()).hexdigest()
        accepted = Accepted(
            submission=digest,
            container=hashlib.sha256(digest.encode()).hexdigest(),
            size=1,
            message=message,
            metadata=canonical(message),
            person=f"{sender}.1",
            received_at=received_at,
            policy="usual-000000000000",
            handling=handling,
            kept=pack(tuple(KeptPart(name, content, ((1, 0),)) for name, content in files.items())),
        )
        await self.database.write(submissions.accept, notary(), accepted, NOW)
        self.sent.append(digest)
        return digest

    async def take_over(self, office: str, *entries: Entry, register: str = "", files: Sequence[File | None] = ()) -> str:
        """Bring documents from before in as one batch, and make it visible; returns the register's digest."""
        register = register or hashlib.sha256(repr(entries).encode()).hexdigest()
        rows = list(zip(entries, files or [None] * len(entries), strict=True))
        await self.database.write(legacy.begin, register, office, "登记簿.xlsx", NOW)
        await self.database.write(legacy.keep, register, rows)
        await self.database.write(legacy.finish, notary(), register, 0, NOW)
        return register

    async def move(self, person: str, submission: str, action: Action, reason: str = "") -> None:
        caller = await self.database.read(offices.person, person)
        await self.database.write(moving.move, notary(), caller, submission, action, NOW, reason=reason)

    async def change(self, sql: str, **parameters: Any) -> int:
        return await self.database.write(_change, sql, parameters)


def _change(tx: Tx, sql: str, parameters: dict[str, Any]) -> int:
    return tx.run(sql, **parameters)


def _begin(tx: Tx) -> None:
    begin(tx, notary())
    for code in ("T01", "T02"):
        offices.add_office(tx, notary(), code, f"{code} 镇", OfficeKind.TOWNSHIP, NOW)
    for code in ("T01", "T02", "county"):
        offices.add_person(tx, code, "张三", Role.REVIEWER, NOW)


@contextlib.asynccontextmanager
async def small_ledger() -> AsyncIterator[SmallLedger]:
    database = MemoryDatabase(log.close_group(notary()), instants.write(NOW))
    try:
        await database.write(_begin)
        yield SmallLedger(database)
    finally:
        await database.close()


class Faulty:
    """An index in memory whose methods raise, or hang until `heal`, whatever `faults` names."""

    def __init__(self, shelf: "Shelf", index: MemoryIndex) -> None:
        self.shelf = shelf
        self.index = index

    def upto(self) -> int:
        self.shelf.suffer("upto")
        return self.index.upto()

    def count(self) -> int:
        self.shelf.suffer("count")
        return self.index.count()

    def apply(self, batch: Batch) -> None:
        self.shelf.suffer("apply")
        self.shelf.batches.append(batch)
        self.index.apply(batch)

    def search(self, question: Question) -> Found:
        self.shelf.suffer("search")
        return self.index.search(question)

    def close(self) -> None:
        self.shelf.suffer("close")


@dataclass
class Shelf:
    """Indexes by folder: one that is opened again holds what it held, as one on a disk would."""

    name: str = "memory 1"
    indexes: dict[Path, MemoryIndex] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    faults: dict[str, BaseException | None] = field(default_factory=dict)
    healed: threading.Event = field(default_factory=threading.Event)
    hanging: int = 0

    def suffer(self, method: str) -> None:
        """Fail as this method is to fail: with an error, or, for None, by hanging."""
        if method in self.faults:
            fault = self.faults[method]
            if fault is None:
                self.hanging += 1
                self.healed.wait()
                return
            raise fault

    def heal(self) -> None:
        self.faults.clear()
        self.healed.set()

    def open(self, folder: Path) -> SearchIndex:
        self.suffer("open")
        return Faulty(self, self.indexes.setdefault(folder, MemoryIndex()))

    @property
    def engine(self) -> Engine:
        return Engine(self.name, self.open)


@contextlib.asynccontextmanager
async def finding(ledger: SmallLedger, folder: Path, engine: Engine, pauses: Pauses = QUICK) -> AsyncIterator[Finder]:
    """Follow a ledger with a finder of its own."""
    finder = Finder(ledger.database, folder, engine, lambda: NOW, pauses)
    finder.start()
    try:
        yield finder
    finally:
        await finder.close()


async def until(holds: Callable[[], object], seconds: float = 20) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for rings no bell
            await asyncio.sleep(0.002)


async def caught_up(finder: Finder, ledger: SmallLedger) -> None:
    """Wait until everything that is in the ledger by now is in the index that answers."""
    newest = await ledger.database.read(lambda tx: tx.row("SELECT max(id) AS id FROM event").id)
    await until(lambda: finder.state()["ready"] and finder.state()["upto"] >= newest)


async def found(finder: Finder, text: str, office: str = "T01", person: str = "") -> list[str]:
    """Return what a person finds, one answer after the other."""
    question = Question(node=Words(text), viewer=Viewer(office, person or f"{office}.1"), size=1000)
    return [hit.submission for hit in (await finder.ask(question)).hits]
