"""Makes papers as they are typed, and registers them in a small ledger."""

from typing import Any

from finder_maker import NOW, SmallLedger
from ledger_maker import notary

from exchange.checking.findings import Findings
from exchange.checking.paper import check_paper
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.paging import Window
from exchange.paper import items, store
from exchange.paper.items import Courier, Paper

OFFICES = {"county": "示例县", "T01": "T01 镇", "T02": "T02 镇"}
LINE = {
    "direction": "received",
    "counterpart": "T02 T02 镇",
    "number": "青政发〔2026〕3号",
    "title": "关于防汛值班的通知",
    "kind": "notice",
    "dated": "2026-11-19",
    "copies": "2",
    "pages": "5",
    "reason": "outage",
}


def read(**fields: str) -> Paper | Courier:
    return items.read(LINE | fields, OFFICES, "T01")


def paper(**fields: str) -> Paper:
    found = read(**fields)
    assert isinstance(found, Paper)
    return found


async def person(ledger: SmallLedger, name: str = "T01.1") -> Person:
    return await ledger.database.read(offices.person, name)


async def register(ledger: SmallLedger, given: Paper, name: str = "T01.1", once: str = "") -> str:
    return await ledger.database.write(store.register, notary(), await person(ledger, name), given, NOW, once=once)


async def listed(ledger: SmallLedger, name: str = "T01.1") -> list[store.Registered]:
    return (await ledger.database.read(store.listed, await person(ledger, name), Window())).rows


async def checked(ledger: SmallLedger) -> list[Any]:
    findings = Findings()
    await ledger.database.read(check_paper, findings)
    return findings.report()["problems"]
