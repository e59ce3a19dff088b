"""Makes an in-memory ledger with offices and people, and accepts items in it by the ledger's own unit, without containers or blobs."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ledger_maker
from ledger_maker import NOW
from submission_maker import Letter

from archive.ledger import log
from archive.ledger.memory import MemoryDatabase
from archive.ledger.receipts import Notary
from archive.reading.kept import KeptPart, pack
from exchange.delivery import moving
from exchange.delivery.states import Action
from exchange.intake import store as submissions
from exchange.intake.store import Accepted
from exchange.office import store
from exchange.office.store import Person
from keys.container import Part
from schemas import instants
from schemas.messages import Submission, canonical
from schemas.words import COUNTY, Handling, OfficeKind, Role


@dataclass
class Ledger:
    """The ledger and its notary; `send` accepts an item, `act` moves an office's copy."""

    database: MemoryDatabase
    notary: Notary
    count: int = 0

    async def person(self, office: str, role: Role = Role.CLERK, name: str = "张三") -> Person:
        made = await self.database.write(store.add_person, office, name, role, NOW)
        return await self.database.read(store.person, made)

    async def office(self, code: str) -> None:
        await self.database.write(store.add_office, self.notary, code, f"{code}镇", OfficeKind.TOWNSHIP, NOW)

    async def send(self, sender: Person, *to: str, now: datetime = NOW, **fields: Any) -> str:
        self.count += 1
        text = b"text"
        part = Part("a.txt", "text/plain", len(text), hashlib.sha256(text).hexdigest())
        message: Submission = Letter(sender=sender.office, to=to, at=now, fields=fields).message([part])
        name = hashlib.sha256(str(self.count).encode()).hexdigest()
        accepted = Accepted(
            submission=name,
            container=hashlib.sha256(name.encode()).hexdigest(),
            size=len(text),
            message=message,
            metadata=canonical(message),
            person=sender.id,
            received_at=now,
            policy="usual-000000000000",
            handling=Handling.NORMAL,
            kept=pack((KeptPart("a.txt", "text", ((1, 0),)),)),
        )
        await self.database.write(submissions.accept, self.notary, accepted, now)
        return name

    async def act(self, person: Person, submission: str, *actions: Action, now: datetime = NOW, reason: str = "原因") -> None:
        for action in actions:
            await self.database.write(moving.move, self.notary, person, submission, action, now, reason=reason)


@asynccontextmanager
async def ledger(townships: int = 3) -> AsyncIterator[Ledger]:
    """Give a ledger with the county and so many townships T01…."""
    notary = ledger_maker.notary()
    database = MemoryDatabase(log.close_group(notary), instants.write(NOW))
    await database.write(ledger_maker.begin, notary)
    made = Ledger(database, notary)
    for number in range(1, townships + 1):
        await made.office(f"T{number:02}")
    yield made
    await database.close()


__all__ = ["COUNTY", "NOW", "Ledger", "ledger"]
