"""Pages over a ledger of a million events: today, the inbox of 10,000 deliveries, sent, what to look after, a receipt matrix.

The service answers over HTTP in this process, one request after the other; the time is until the last byte. Beside the list of the inbox
stands the least that any such list must do: one bare query of the index in the same file.
`python bench/dashboards.py [EVENTS] [--keep FOLDER]`.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from parts import busy, figures
from pysqlite3 import dbapi2 as sqlite

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import ledger_maker

from archive.blobs.files import FileBlobs
from archive.ledger import log
from archive.ledger.sqlite import SqliteDatabase
from archive.reading.eyes.eyes import Eyes
from archive.reading.sandbox import Sandbox
from archive.search.engines import engine
from archive.search.feeder import Finder
from exchange.app import make_app
from exchange.clock import SystemClock, Watch
from exchange.county import County, open_folder
from exchange.intake.inspections import Inspections
from exchange.intake.limits import Rate
from exchange.intake.readers import Readers
from exchange.intake.staging import Staging
from exchange.office import browsers, store
from exchange.policy.rules import load
from exchange.service import Service
from exchange.supervision import recount
from exchange.web.inbox import store as inbox
from exchange.web.inbox.rows import Folder, Order, Wanted
from keys.trust import Trust
from schemas import instants
from schemas.words import COUNTY, OfficeKind, Role

EVENTS: Final = 1_000_000
TIMES: Final = 120
BUDGET_LIST: Final = 50.0
BUDGET_PAGE: Final = 200.0
PAGES: Final = {
    "T01": ("/", "/watch?side=received", "/watch", "/sent", "/inbox?folder=all&order=urgent"),
    COUNTY: ("/", "/inbox", "/watch", "/watch?state=overdue", "/watch?side=received", "/sent", "/sent?state=pending"),
}
LISTS: Final = {
    "to sign for, newest": Wanted(),
    "to sign for, most urgent": Wanted(order=Order.URGENT),
    "all, newest": Wanted(folder=Folder.ALL),
    "all, oldest": Wanted(folder=Folder.ALL, order=Order.OLDEST),
    "all, most urgent": Wanted(folder=Folder.ALL, order=Order.URGENT),
    "signed for": Wanted(folder=Folder.SIGNED_FOR),
    "all, unread": Wanted(folder=Folder.ALL, unread=True),
    "all, of one sender": Wanted(folder=Folder.ALL, office="T05"),
}
"""What is asked of the full inbox."""


async def filled(folder: Path, events: int) -> County:
    """Found a county with offices and people, and fill its ledger."""
    async with ledger_maker.opened(await ledger_maker.found(folder)) as made:
        for number in range(1, busy.TOWNSHIPS + 1):
            code = f"T{number:02}"
            await made.database.write(store.add_office, made.county.notary, code, f"{code}镇", OfficeKind.TOWNSHIP, made.now)
        for code in (*(f"T{number:02}" for number in range(1, busy.TOWNSHIPS + 1)), COUNTY):
            await made.database.write(store.add_person, code, "张三", Role.CLERK if code != COUNTY else Role.REVIEWER, made.now)
    begun = time.monotonic()
    count = busy.fill(folder / "ledger.db", events, datetime.now(UTC))
    size = (folder / "ledger.db").stat().st_size / 1e6
    print(f"  {count:,} events, {size:.0f} MB, filled in {time.monotonic() - begun:.0f} s", flush=True)
    return open_folder(folder)


async def service_of(county: County) -> Service:
    """Return a service that reads the ledger and does nothing by itself."""
    clock = SystemClock()
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(clock.now()))
    sandbox = Sandbox(20.0, children=1)
    finder = Finder(database, county.index, engine(county.settings.search.engine), clock.now)
    return Service(
        county,
        database,
        FileBlobs(county.folder / "blobs"),
        Staging(county.folder / "staging"),
        sandbox,
        load("usual"),
        Watch(clock),
        Trust(county.root, (county.issuer.certificate,), ()),
        Rate(1000),
        Rate(1000),
        finder,
        Readers(sandbox),
        Eyes(sandbox),
        Inspections(clock.elapsed),
    )


async def pages(service: Service) -> dict[str, list[float]]:
    """Ask for every page again and again; returns milliseconds by address."""
    app = make_app(service)
    app.cleanup_ctx.clear()  # nothing goes on beside
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    taken: dict[str, list[float]] = {}
    async with aiohttp.ClientSession() as session:
        for office, paths in PAGES.items():
            token = await service.database.write(browsers.begin, f"{office}.1", "password", "bench", service.watch.now())
            headers = {"Cookie": f"{browsers.COOKIE}={token}"}
            notice = await service.database.read(_a_notice) if office == COUNTY else None
            for path in (*paths, *([f"/sent/{notice}/matrix"] if notice else [])):
                name = f"{office} {path.replace(notice or '-', 'ID')}"
                taken[name] = []
                for _ in range(TIMES):
                    begun = time.perf_counter()
                    async with session.get(f"http://127.0.0.1:{port}{path}", headers=headers, allow_redirects=False) as answer:
                        await answer.read()
                        assert answer.status == 200, (path, answer.status)
                    taken[name].append((time.perf_counter() - begun) * 1000)
    await runner.cleanup()
    return taken


def _a_notice(tx: Any) -> str:
    return str(tx.row("SELECT id FROM submission WHERE office = 'county' ORDER BY accepted_at DESC, id LIMIT 1").id)


async def lists(service: Service) -> dict[str, list[float]]:
    """Ask for the lists of the full inbox, from its head and from somewhere far down; returns milliseconds by list."""
    caller = await service.database.read(store.person, "T01.1")
    taken: dict[str, list[float]] = {}
    for name, wanted in LISTS.items():
        values = taken[name] = []
        place: tuple[str, ...] | None = None
        for _ in range(TIMES):
            begun = time.perf_counter()
            found = await service.database.read(inbox.listed, caller, wanted, place)
            values.append((time.perf_counter() - begun) * 1000)
            place = wanted.sorting.listing.read(found.following) if found.following else None
    values = taken["the folders' counts"] = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        await service.database.read(inbox.folders, caller)
        values.append((time.perf_counter() - begun) * 1000)
    return taken


def bare(ledger: Path) -> list[float]:
    """Ask the index alone for a page of the same inbox."""
    connection = sqlite.connect(ledger)
    sql = "SELECT submission FROM delivery WHERE office = 'T01' ORDER BY consigned_at DESC, submission DESC LIMIT 51"
    return [_milliseconds(lambda: connection.execute(sql).fetchall()) for _ in range(TIMES)]


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


async def measured(folder: Path, events: int) -> dict[str, dict[str, list[float]]]:
    """Fill, or take what was filled before, and measure."""
    county = open_folder(folder) if folder.exists() else await filled(folder, events)
    service = await service_of(county)
    try:
        found = {"lists": await lists(service), "pages": await pages(service)}
        begun = time.perf_counter()
        assert await service.database.read(recount.differences) == []
        print(f"  counters equal to a recount, which took {time.perf_counter() - begun:.0f} s", flush=True)
        return found
    finally:
        await service.database.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("events", nargs="?", type=int, default=EVENTS)
    arguments.add_argument("--keep", type=Path)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="dashboards-") as place:
        folder = (given.keep or Path(place)) / "county"
        found = asyncio.run(measured(folder, given.events))
        beside = bare(folder / "ledger.db")
    rows = []
    for kind, taken in (*found.items(), ("", {"bare: one page of the index": beside})):
        for name, values in taken.items():
            ordered = sorted(values)
            figure = (statistics.median(ordered), figures.percentile(ordered, 0.99), ordered[-1])
            rows.append([f"{kind}: {name}".removeprefix(": "), *(f"{each:.1f}" for each in figure)])
    figures.show(f"{given.events:,} events, one inbox of {busy.INBOX:,} (ms)", ["what", "p50", "p99", "most"], rows)
    slowest = {kind: max(figures.percentile(sorted(values), 0.99) for values in taken.values()) for kind, taken in found.items()}
    budgets = [
        figures.Budget(f"a list of an inbox of {busy.INBOX:,}, p99 of the slowest", BUDGET_LIST, slowest["lists"], "ms", most=True),
        figures.Budget(
            f"a dashboard over {given.events:,} events, p99 of the slowest page", BUDGET_PAGE, slowest["pages"], "ms", most=True
        ),
    ]
    kept = {kind: {name: figures.summary(values) for name, values in taken.items()} for kind, taken in found.items()}
    figures.keep("dashboards", kept | {"bare": figures.summary(beside)}, budgets)
    for budget in budgets:
        print("  " + "  ".join(budget.shown()))


if __name__ == "__main__":
    main()
