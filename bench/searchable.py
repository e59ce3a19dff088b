"""How long after its receipt a document is found: 20 a second for half a minute into a county that already holds 10,000.

Each is a signed container with an inspected text PDF, over plain HTTP, sent at its time whether the one before was answered
or not. One person of the county office asks, about every 10 ms and one question at a time, for the titles of all documents that
are still missing; what counts is the time from a document's 201 until an answer that names it is there. At the end each
township finds its last document by a phrase that stands in its text alone. Bare: one document at a time straight into such an
index, committed and found.

The argument says how many documents the county holds before.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvloop
from parts import asking, corpus, counties, figures, ledgers, papers, servers
from parts.asking import Asker
from parts.pieces import pieces

from archive.search import query
from archive.search.entry import Batch
from archive.search.question import Question, Viewer
from archive.search.tantivy_index import TantivyIndex
from keys.custody import Signer

BEFORE: Final = 10_000
RATE: Final = 20
SECONDS: Final = 30
SIZE: Final = 114_000
PAUSE: Final = 0.01
AT_ONCE: Final = 40
LONGEST: Final = 30.0
BARE: Final = 200
BUDGET: Final = 1_000


def prepare(folder: Path, before: int) -> tuple[list[bytes], Signer, Sequence[Signer]]:
    """Return the containers in the order of sending, who asks in the county office, and the clerks of the townships."""
    signers = asyncio.run(counties.founded(folder / "county", len(corpus.OFFICES)))
    reader = asyncio.run(counties.reader(folder / "county"))
    ledgers.fill(folder / "county", pieces(before))
    bodies = []
    for number in range(RATE * SECONDS):
        office = number % len(signers)
        pdf = {"报告.pdf": papers.text_pdf(number, 2, SIZE)}
        bodies.append(counties.packed(corpus.OFFICES[office], signers[office], title(number), pdf))
    return bodies, reader, signers


def title(number: int) -> str:
    """Return a title that is no other's, nor a part of another's."""
    return f"防汛准备工作第{number}次情况"


async def require_texts(port: int, clerks: Sequence[Signer], count: int) -> None:
    """Stop unless every township finds its last document, and nothing else, by what `papers` writes into its text alone."""
    for number in range(count - len(clerks), count):
        async with asking.asker(port, clerks[number % len(clerks)]) as clerk:
            found = await clerk.search(f'"（之{number}）"')
        assert [hit["title"] for hit in found["hits"]] == [title(number)], found["total"]


@dataclass
class Course:
    """What has happened so far: answers by the number of the document, and lags in seconds."""

    accepted: dict[int, tuple[float, str]] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)
    lags: dict[int, float] = field(default_factory=dict)
    asked: list[float] = field(default_factory=list)
    sent: bool = False


async def send(session: aiohttp.ClientSession, port: int, bodies: list[bytes], course: Course) -> None:
    """Send each at its time."""

    async def one(number: int) -> None:
        async with session.post(f"http://127.0.0.1:{port}/api/v1/submissions", data=bodies[number]) as answer:
            told = await answer.json(content_type=None)
            at = time.perf_counter()
            assert answer.status == 201, told
        course.accepted[number] = at, told["submission"]
        course.missing[number] = told["submission"]

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(len(bodies)):
            await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
            tasks.create_task(one(number))
    course.sent = True


async def watch(asker: Asker, course: Course) -> None:
    """Ask for whatever is missing, the oldest first, until all is sent and found."""
    while not course.sent or course.missing:
        wanted = dict(list(course.missing.items())[:AT_ONCE])
        begun = time.perf_counter()
        if wanted:
            found = await asker.search(" OR ".join(f"title:{title(number)}" for number in wanted), facets=0, size=AT_ONCE)
            at = time.perf_counter()
            course.asked.append(at - begun)
            _take(found, wanted, at, course)
            late = [number for number in course.missing if at - course.accepted[number][0] > LONGEST]
            assert not late, f"not found within {LONGEST} s: {late}"
        await asyncio.sleep(max(0.001, begun + PAUSE - time.perf_counter()))


def _take(found: dict[str, Any], wanted: dict[int, str], at: float, course: Course) -> None:
    numbers = {submission: number for number, submission in wanted.items()}
    for hit in found["hits"]:
        number = numbers[hit["submission"]]  # nothing else may be found
        course.lags[number] = at - course.accepted[number][0]
        del course.missing[number]
    assert found["total"] == len(found["hits"])


async def measured(port: int, reader: Signer, bodies: list[bytes], before: int) -> Course:
    course = Course()
    connector = aiohttp.TCPConnector(limit=0)
    async with asking.asker(port, reader) as asker, aiohttp.ClientSession(connector=connector) as session:
        await asker.until(before, 120.0, 0.2)
        await asyncio.gather(send(session, port, bodies, course), watch(asker, course))
        assert len(course.lags) == len(bodies)
        await asker.until(before + len(bodies), 1.0)
    return course


def bare(folder: Path, before: int) -> list[float]:
    """Return the seconds that single documents took into an index that holds as many others."""
    index, taken = TantivyIndex.open(folder), []
    for piece in pieces(before):
        index.apply(Batch(piece.entries, (), piece.entries[-1].accepted))
    for entry in corpus.entries(before + 1, BARE):
        asked = Question(node=query.parse(f'number:"{entry.filing_number}"'), viewer=Viewer("county", "county.1"), facets=False)
        begun = time.perf_counter()
        index.apply(Batch((entry,), (), entry.accepted))
        found = index.search(asked)
        taken.append(time.perf_counter() - begun)
        assert [hit.submission for hit in found.hits] == [entry.submission]
    index.close()
    return taken


def main(before: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bodies, reader, clerks = prepare(folder, before)
        with servers.started("service", folder / "county", "-", "inspecting") as service:
            used = service.seconds()
            course = uvloop.run(measured(service.port, reader, bodies, before))
            used, memory = service.seconds() - used, service.memory("VmHWM")
            asyncio.run(require_texts(service.port, clerks, len(bodies)))
        alone = bare(folder / "bare", before)
    lags, single, asked = (sorted(1000 * one for one in each) for each in (course.lags.values(), alone, course.asked))
    late = figures.percentile(lags, 0.99)
    rows = [
        [name, *(f"{figures.percentile(each, share):.0f}" for share in (0.5, 0.99, 1.0)), *last]
        for name, each, last in (
            ("receipt to found", lags, [f"{BUDGET}", figures.verdict(late, BUDGET, most=True)]),
            ("bare: one commit, found", single, ["", ""]),
            ("one question of the asker", asked, ["", ""]),
        )
    ]
    heading = f"Accepted to searchable: {len(bodies)} documents at {RATE}/s, {before} before, {len(asked)} questions meanwhile (ms)"
    figures.show(heading, ["", "p50", "p99", "most", "budget p99", ""], rows)
    print(f"  service: {used:.1f} processor seconds, memory at most {memory:.0f} MiB")
    figures.keep(
        "searchable",
        {
            "budget_ms_p99": BUDGET,
            "before": before,
            "lag_ms": figures.summary(lags),
            "bare_ms": figures.summary(single),
            "asked_ms": {"count": len(asked), "median": statistics.median(asked), "most": asked[-1]},
        },
        [figures.Budget(f"accepted → searchable at {RATE}/s, p99", BUDGET, late, "ms", most=True)],
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else BEFORE)
