"""Ordinary work in a crowd: receipts for text papers while 18 scans of 20 pages and 200 hostile files are sent, beside an idle county.

One clerk sends a text of two pages five times a second, over one connection, and waits for each receipt: first to a county that
does nothing else, then while the scans are looked at. What is asked is whether receipts stay within a second and the service's
memory level. `python bench/crowd.py [SCANS] [HOSTILE]`.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import aiohttp
from parts import counties, figures, papers, servers

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


class Crowd:
    """A county that runs, and everybody who sends to it."""

    def __init__(self, session: aiohttp.ClientSession, signers: list[object]) -> None:
        """Begin with nothing sent. What is hostile comes from the last offices, everything else from the others."""
        self.session, self.signers, self.ordinary = session, signers, len(signers) - AT_ONCE
        self.texts = 0
        self.refused: Counter[int] = Counter()

    def packed(self, office: int, title: str, content: bytes) -> bytes:
        """Return a container of an office with one document."""
        return counties.packed(f"T{office + 1:02}", self.signers[office], title, {"报告.pdf": content})

    async def text(self) -> float:
        """Send one text; returns the seconds to its receipt."""
        self.texts += 1
        body = self.packed(self.texts % self.ordinary, f"情况{self.texts}", papers.text_pdf(self.texts, 2, 20_000))
        begin = time.perf_counter()
        async with self.session.post(_PATH, data=body) as answer:
            await answer.read()
            assert answer.status == 201, answer.status
        return time.perf_counter() - begin

    async def scan(self, office: int, content: bytes) -> float:
        """Send one scan; returns the seconds to its receipt."""
        body = self.packed(office, f"盖章件{office}", content)
        begin = time.perf_counter()
        async with self.session.post(_PATH, data=body) as answer:
            status, place = answer.status, answer.headers["Location"]
        while status == 202:
            await asyncio.sleep(0.5)
            async with self.session.get(place) as answer:
                status = answer.status
        assert status == 201, status
        return time.perf_counter() - begin

    async def hostile(self, office: int, files: list[bytes]) -> None:
        """Send what is thrown at the county, one after the other."""
        while files:
            body = self.packed(office, "来件", files.pop())
            async with self.session.post(_PATH, data=body) as answer:
                await answer.read()
                self.refused[answer.status] += 1


async def measured(port: int, signers: list[object], scans: int, hostile: int, server: servers.Server) -> dict[str, object]:
    image = [scanned(Sheet(page=number), Scanner(seed=number)) for number in range(1, PAGES + 1)]
    scan, bad = pdf(image), list(paper_maker.hostile().values())
    files = [bad[number % len(bad)] for number in range(hostile)]
    timeout = aiohttp.ClientTimeout(total=900)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as session:
        crowd = Crowd(session, signers)
        for _ in range(10):
            await crowd.text()
        idle = []
        for _ in range(IDLE):
            idle.append(await crowd.text())
            await asyncio.sleep(PAUSE)
        before = server.memory()
        waiting = asyncio.gather(*(crowd.scan(office, scan) for office in range(scans)))
        thrown = asyncio.gather(*(crowd.hostile(crowd.ordinary + place, files) for place in range(AT_ONCE)))
        busy = []
        while not (waiting.done() and thrown.done()):
            busy.append(await crowd.text())
            await asyncio.sleep(PAUSE)
        took = await waiting
        await thrown
        return {"idle": idle, "busy": busy, "scans": took, "refused": dict(crowd.refused), "before": before, "after": server.memory()}


def shown(times: list[float]) -> list[str]:
    ordered = sorted(times)
    return [f"{1000 * figures.percentile(ordered, share):.0f}" for share in (0.5, 0.95)] + [f"{1000 * ordered[-1]:.0f}"]


def main(scans: int, hostile: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        signers = asyncio.run(counties.founded(folder / "county", OFFICES + AT_ONCE))
        with servers.started("service", folder / "county", "-", "inspecting") as server:
            found = asyncio.run(measured(server.port, signers, scans, hostile, server))
            peak = server.memory("VmHWM")
    idle, busy, took = found["idle"], found["busy"], found["scans"]
    worst, grown = max(busy), found["after"] - found["before"]
    rows = [
        ["texts alone", str(len(idle)), *shown(idle)],
        [f"texts beside {scans} scans and {hostile} hostile files", str(len(busy)), *shown(busy)],
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
