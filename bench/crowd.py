"""Ordinary work in a crowd: receipts for text papers while 18 scans of 20 pages and 200 hostile files are sent, beside an idle county.

A text of two pages is sent some five times a second, over one connection, and each receipt is waited for: first to a county that
does nothing else, then while the scans are looked at. What is asked is whether receipts stay within a second and the service's
memory level. `python bench/crowd.py [SCANS] [HOSTILE]`.
"""

import asyncio
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
from parts import counties, figures, papers, servers

from keys.custody import KeySigner

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import paper_maker
from scan_maker import Scanner, Sheet, pdf, scanned

OFFICES: Final = 18
SCANS: Final = 18
HOSTILE: Final = 200
PAGES: Final = 20
IDLE: Final = 100
PAUSE: Final = 0.2
BUDGET: Final = 1.0
TOGETHER: Final = 180.0
LEVEL: Final = 64.0
AT_ONCE: Final = 4
"""Offices from which hostile files come, each one after the other."""

_PATH: Final = "/api/v1/submissions"


class Clerks:
    """Those who send texts, office after office, over one connection."""

    def __init__(self, session: aiohttp.ClientSession, signers: list[KeySigner]) -> None:
        """Begin with nothing sent."""
        self.session, self.signers, self.sent = session, signers, 0

    async def text(self) -> float:
        """Send one text; returns the seconds to its receipt."""
        self.sent += 1
        body = packed(self.signers, self.sent % len(self.signers), f"情况{self.sent}", papers.text_pdf(self.sent, 2, 20_000))
        begin = time.perf_counter()
        async with self.session.post(_PATH, data=body) as answer:
            await answer.read()
            assert answer.status == 201, answer.status
        return time.perf_counter() - begin


def packed(signers: list[KeySigner], office: int, title: str, content: bytes) -> bytes:
    """Return a container of an office with one document."""
    return counties.packed(f"T{office + 1:02}", signers[office], title, {"报告.pdf": content})


def prepare(folder: Path, signers: list[KeySigner], scans: int, hostile: int) -> None:
    """Write what `parts.crowd` sends. What is hostile comes from the last offices, everything else from the others."""
    folder.mkdir()
    scan = pdf([scanned(Sheet(page=number), Scanner(seed=number)) for number in range(1, PAGES + 1)])
    for office in range(scans):
        (folder / f"scan-{office:02}").write_bytes(packed(signers, office, f"盖章件{office}", scan))
    bad = list(paper_maker.hostile().values())
    for number in range(hostile):
        place = number % AT_ONCE
        (folder / f"hostile-{place}-{number:03}").write_bytes(packed(signers, OFFICES + place, "来件", bad[number % len(bad)]))


class Flushes:
    """A file like a text's container written and flushed, again and again, beside everything: what the disk alone takes."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing measured."""
        self.took: list[float] = []
        self._place, self._done = folder / "flushed", threading.Event()
        self._thread = threading.Thread(target=self._measure)

    def __enter__(self) -> Self:
        """Measure until the end of the block."""
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Stop."""
        self._done.set()
        self._thread.join()

    def _measure(self) -> None:
        content = os.urandom(24_000)
        while not self._done.wait(PAUSE):
            begin = time.perf_counter()
            with self._place.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self.took.append(time.perf_counter() - begin)


async def measured(server: servers.Server, signers: list[KeySigner], folder: Path) -> dict[str, Any]:
    """Send texts to a county that does nothing else, then beside the crowd until the last of it is answered."""
    timeout = aiohttp.ClientTimeout(total=900)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}", timeout=timeout) as session:
        clerks = Clerks(session, signers[:OFFICES])
        for _ in range(10):
            await clerks.text()
        idle = []
        for _ in range(IDLE):
            idle.append(await clerks.text())
            await asyncio.sleep(PAUSE)
        before = server.memory()
        command = [sys.executable, "-m", "parts.crowd", str(server.port), str(folder)]
        others = await asyncio.create_subprocess_exec(*command, cwd=servers.BENCH, stdout=asyncio.subprocess.PIPE)
        told = asyncio.create_task(others.communicate())
        begin, busy, at = time.perf_counter(), [], []
        with Flushes(folder.parent) as flushes:
            while not told.done():
                at.append(time.perf_counter() - begin)
                busy.append(await clerks.text())
                await asyncio.sleep(PAUSE)
        found = json.loads((await told)[0])
        times = {"idle": idle, "busy": busy, "at": at, "flushes": flushes.took}
        return times | found | {"before": before, "after": server.memory()}


def shown(times: list[float]) -> list[str]:
    ordered = sorted(times)
    return [f"{1000 * figures.percentile(ordered, share):.0f}" for share in (0.5, 0.95)] + [f"{1000 * ordered[-1]:.0f}"]


def main(scans: int, hostile: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        signers = asyncio.run(counties.founded(folder / "county", OFFICES + AT_ONCE))
        prepare(folder / "crowd", signers, scans, hostile)
        with servers.started("service", folder / "county", "-", "inspecting") as server:
            found = asyncio.run(measured(server, signers, folder / "crowd"))
            peak = server.memory("VmHWM")
    idle, busy, took = found["idle"], found["busy"], found["scans"]
    worst, grown = max(busy), found["after"] - found["before"]
    rows = [
        ["texts alone", str(len(idle)), *shown(idle)],
        [f"texts beside {scans} scans and {hostile} hostile files", str(len(busy)), *shown(busy)],
        ["one flush of 24 kB beside them", str(len(found["flushes"])), *shown(found["flushes"])],
        ["scans of 20 pages", str(len(took)), *shown(took)],
    ]
    figures.show("Receipts in a crowd, milliseconds", ["", "count", "p50", "p95", "most"], rows)
    print(f"  hostile files answered: {found['refused']}; service {found['before']:.0f} to {found['after']:.0f} MiB, at most {peak:.0f}")
    figures.keep(
        "crowd",
        {**found, "peak_mib": peak},
        [
            figures.Budget("receipt of a text in a crowd, the slowest", BUDGET, worst, "s", most=True),
            figures.Budget("18 scans of 20 pages at once, the last", TOGETHER, max(took), "s", most=True),
            figures.Budget("growth of the service in a crowd", LEVEL, grown, "MiB", most=True),
        ],
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or (SCANS, HOSTILE)))
