"""A notice to 500 offices: one container, one blob, a delivery and a receipt for each recipient, accepted in one transaction.

The whole acceptance stands beside what alone cannot be less: the same number of bare signatures and time stamps, and a bare insert of as
many rows. `python bench/notice.py [OFFICES]`.
"""

import asyncio
import hashlib
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from parts import figures

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import ledger_maker
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from ledger_maker import Filled, opened
from pysqlite3 import dbapi2 as sqlite

from exchange.delivery import store as deliveries
from exchange.duty.working_days import Rules
from exchange.office import store
from exchange.supervision import limits, recount
from exchange.supervision.matrix import matrix
from exchange.supervision.urging import Asked, urge
from schemas.words import COUNTY, Kind, OfficeKind, Role

OFFICES: Final = 500
RUNS: Final = 7
BUDGET: Final = 1000.0


async def timed(made: Filled, offices: list[str]) -> dict[str, list[float]]:
    """Send notices; returns milliseconds of each step."""
    taken: dict[str, list[float]] = {"accepted": [], "limits": [], "urged": [], "matrix": [], "item page": []}
    caller = await made.database.read(store.person, "county.1")
    for run in range(RUNS):
        made.now += timedelta(seconds=1)
        begun = time.perf_counter()
        half = len(offices) // 2
        submission = await made.send("county.1", *offices[:half], cc=offices[half:], kind=Kind.MEETING, title=f"第{run}次会议通知")
        taken["accepted"].append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        await made.database.write(limits.fix, Rules(), len(offices))
        limited = time.perf_counter()
        await made.database.write(urge, made.county.notary, caller, submission, Asked(), made.now)
        urged = time.perf_counter()
        await made.database.read(matrix, caller, submission, made.now)
        shown = time.perf_counter()
        await made.database.read(deliveries.status, caller, submission)
        steps = {"limits": limited - begun, "urged": urged - limited, "matrix": shown - urged, "item page": time.perf_counter() - shown}
        for name, seconds in steps.items():
            taken[name].append(seconds * 1000)
    assert await made.database.read(recount.differences) == []
    return taken


def signatures(count: int) -> float:
    """Return milliseconds of twice so many bare P-256 signatures: one of the receipt, one of its time stamp."""
    key, digest = ec.generate_private_key(ec.SECP256R1()), hashlib.sha256(b"receipt").digest()
    begun = time.perf_counter()
    for _ in range(2 * count):
        key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    return (time.perf_counter() - begun) * 1000


def rows(folder: Path, count: int) -> float:
    """Return milliseconds of a bare transaction that inserts so many rows of a receipt's size, durable at its end."""
    connection = sqlite.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, receipt BLOB)")
    begun = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    for _ in range(count):
        connection.execute("INSERT INTO event (receipt) VALUES (?)", (bytes(5000),))
    connection.execute("COMMIT")
    return (time.perf_counter() - begun) * 1000


async def measured(folder: Path, count: int) -> dict[str, list[float]]:
    """Make a county with so many offices and send to them."""
    async with opened(await ledger_maker.found(folder)) as made:
        codes = [f"T{number:03}" for number in range(1, count + 1)]
        for code in codes:
            await made.database.write(store.add_office, made.county.notary, code, f"{code}镇", OfficeKind.TOWNSHIP, made.now)
        await made.person(COUNTY, Role.REVIEWER)
        return await timed(made, codes)


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else OFFICES
    with tempfile.TemporaryDirectory(prefix="notice-") as folder:
        taken = asyncio.run(measured(Path(folder) / "county", count))
        bare = {
            "bare signatures": [signatures(count + 1) for _ in range(RUNS)],
            "bare inserts": [rows(Path(folder), count + 1) for _ in range(RUNS)],
        }
    shown = [
        [name, f"{statistics.median(values):.0f}", f"{min(values):.0f}", f"{max(values):.0f}"] for name, values in (taken | bare).items()
    ]
    figures.show(f"A notice to {count} offices (ms)", ["step", "median", "least", "most"], shown)
    line = figures.Budget(f"a notice to {count} offices accepted, most of {RUNS}", BUDGET, max(taken["accepted"]), "ms", most=True)
    figures.keep("notice", {name: figures.summary(values) for name, values in (taken | bare).items()}, [line])
    print("  " + "  ".join(line.shown()))


if __name__ == "__main__":
    main()
