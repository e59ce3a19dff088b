"""Places in the sandbox: quick documents pass the slow ones, and no office fills them alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from archive.reading.reading import Line, Page, Reading
from exchange.intake import readers
from exchange.intake.readers import Readers
from keys.container import StoredPart
from schemas.problems import Problem, ProblemType

READ = Reading(format="text", pages=(Page(1, (Line("文", 0.1, 0.1, 0.1, 0.1),)),))


class Sandbox:
    """Hangs over what is called `slow`, until it is let go; everything else is read at once."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.inside: list[str] = []
        self.most = 0
        self.begun: list[str] = []

    async def read(self, name: str, _media_type: str, _document: int, _size: int) -> Reading:
        self.begun.append(name)
        self.inside.append(name)
        self.most = max(self.most, len(self.inside))
        try:
            if name.startswith("slow"):
                await self.gate.wait()
            if name.startswith("bad"):
                raise Problem(ProblemType.DOCUMENT_BROKEN, name)
            await asyncio.sleep(0)
            return READ
        finally:
            self.inside.remove(name)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def places(sandbox: Sandbox, seconds: float = 0.01) -> Readers:
    made: Any = sandbox
    return Readers(made, seconds)


OPEN: list[str] = []


async def read(at: Readers, office: str, name: str, size: int = 1) -> Reading:
    @asynccontextmanager
    async def opened() -> AsyncIterator[int]:
        OPEN.append(name)
        try:
            yield 0
        finally:
            OPEN.remove(name)

    return await at.read(office, StoredPart(name, "text/plain", size, "", 0), opened)


async def test_quick_documents_are_read_while_any_number_of_slow_ones_hang(sandbox: Sandbox):
    at = places(sandbox)
    hanging = [asyncio.create_task(read(at, f"T{number % 9:02}", f"slow {number}")) for number in range(30)]
    await asyncio.sleep(0)
    for number in range(12):
        assert await read(at, f"T{number:02}", f"text {number}") is READ
    assert not any(task.done() for task in hanging)
    sandbox.gate.set()
    assert await asyncio.gather(*hanging) == [READ] * 30
    assert (at.reading, at.waiting) == (0, 0)


async def test_never_more_are_read_at_once_than_the_sandbox_has_places(sandbox: Sandbox):
    at = places(sandbox)
    tasks = [asyncio.create_task(read(at, f"T{number % 9:02}", f"slow {number}")) for number in range(20)]
    await asyncio.sleep(0.1)
    assert sandbox.most <= readers.QUICK + readers.SLOW < readers.CHILDREN
    assert len([name for name in sandbox.inside if name.startswith("slow")]) >= readers.SLOW
    assert len(OPEN) == len(sandbox.inside)  # who waits holds no memory
    sandbox.gate.set()
    await asyncio.gather(*tasks)


async def test_one_office_alone_never_has_all_places(sandbox: Sandbox):
    at = places(sandbox, seconds=60)
    tasks = [asyncio.create_task(read(at, "T01", f"slow {number}")) for number in range(9)]
    await asyncio.sleep(0.01)
    assert len(sandbox.inside) == readers.QUICK_OF_OFFICE < readers.QUICK
    assert (at.reading, at.waiting) == (readers.QUICK_OF_OFFICE, 9 - readers.QUICK_OF_OFFICE)
    assert await read(at, "T02", "text") is READ
    sandbox.gate.set()
    await asyncio.gather(*tasks)


async def test_a_small_document_is_read_at_once_while_every_office_sends_large_ones(sandbox: Sandbox):
    at = places(sandbox, seconds=60)
    large = [asyncio.create_task(read(at, f"T{number:02}", f"slow {number}", readers.LARGE + 1)) for number in range(18)]
    await asyncio.sleep(0.01)
    assert len(sandbox.inside) == readers.LARGE_AT_ONCE < readers.QUICK
    for number in range(18):
        assert await read(at, f"T{number:02}", "text", readers.LARGE) is READ
    assert not any(task.done() for task in large)
    sandbox.gate.set()
    assert await asyncio.gather(*large) == [READ] * 18
    assert (at.reading, at.waiting) == (0, 0)


async def test_a_slow_document_is_begun_anew_once_and_its_answer_is_the_second(sandbox: Sandbox):
    at = places(sandbox)
    task = asyncio.create_task(read(at, "T01", "slow"))
    await asyncio.sleep(0.05)
    assert sandbox.begun == ["slow", "slow"]
    assert at.slow == 1
    sandbox.gate.set()
    assert await task is READ


async def test_a_refusal_comes_through_and_gives_the_place_back(sandbox: Sandbox):
    at = places(sandbox)
    for _ in range(9):
        with pytest.raises(Problem, match="document-broken"):
            await read(at, "T01", "bad")
    assert (at.reading, at.waiting) == (0, 0)
    assert await read(at, "T01", "text") is READ


async def test_whoever_goes_away_gives_the_place_back_wherever_they_were(sandbox: Sandbox):
    at = places(sandbox)
    tasks = [asyncio.create_task(read(at, "T01", f"slow {number}")) for number in range(8)]
    await asyncio.sleep(0.03)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (at.reading, at.waiting, sandbox.inside) == (0, 0, [])
    assert await read(at, "T01", "text") is READ
