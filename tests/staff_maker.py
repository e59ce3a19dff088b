"""Makes registries: an office with a leader and clerks in a small ledger, and filings to propose."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from finder_maker import NOW, SmallLedger, small_ledger
from ledger_maker import notary

from exchange.office import store as offices
from exchange.staff import requests, store
from exchange.staff.filing import ChangeKind, StaffFiling, Training, seen
from exchange.staff.requests import StaffProposal
from schemas.words import COUNTY, Role

LEADER, CLERK, SECOND, REVIEWER = "T01.2", "T01.3", "T01.4", "T01.1"
ADMINISTRATOR, AUDITOR, CALLER = "county.2", "county.3", "county.1"
FILED = StaffFiling(
    name="李四",
    role=Role.CLERK,
    post="党政办干事",
    mobile="13800000001",
    birth_year=1990,
    full_time=True,
    since="2024-03",
    training=(Training("2026-03-02", "公文处理与保密", 8),),
)


@dataclass
class Registry:
    """A ledger with T01's reviewer, leader and two clerks, and the county's reviewer, administrator and auditor."""

    ledger: SmallLedger
    now: datetime = NOW

    def later(self, **span: int) -> datetime:
        self.now += timedelta(**span) if span else timedelta(seconds=1)
        return self.now

    async def read(self, unit: Any, *arguments: Any, **named: Any) -> Any:
        return await self.ledger.database.read(unit, *arguments, **named)

    async def write(self, unit: Any, *arguments: Any, **named: Any) -> Any:
        return await self.ledger.database.write(unit, *arguments, **named)

    async def person(self, person: str) -> offices.Person:
        found: offices.Person = await self.read(offices.person, person)
        return found

    async def propose(self, by: str, **fields: Any) -> str:
        caller = await self.person(by)
        asked = StaffProposal(**fields)
        id_: str = await self.write(requests.propose, notary(), caller, caller.office, asked, self.later())
        return id_

    async def correct(self, by: str, person: str, filing: StaffFiling) -> str:
        entry = await self.read(store.entry, person)
        return await self.propose(by, kind=ChangeKind.CORRECTION, person=person, seen=seen(entry.filing), filing=filing)


@contextlib.asynccontextmanager
async def registry() -> AsyncIterator[Registry]:
    async with small_ledger() as ledger:
        made = Registry(ledger)
        for office, name, role in (
            ("T01", "王镇长", Role.LEADER),
            ("T01", "李四", Role.CLERK),
            ("T01", "赵五", Role.CLERK),
            (COUNTY, "县管理员", Role.ADMINISTRATOR),
            (COUNTY, "县审计", Role.AUDITOR),
        ):
            await made.write(offices.add_person, office, name, role, NOW)
        yield made
