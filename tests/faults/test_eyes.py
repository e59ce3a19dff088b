"""Looking at pages when something dies, hangs, lies, or is no longer wanted."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from eyes_maker import BrokenSandbox, DrawingSandbox, blank, quick_eyes, scan

from archive.reading.eyes import eyes as room
from archive.reading.eyes.eyes import Eyes
from archive.reading.frames import Frame
from archive.reading.reading import Reading, unseen
from schemas.problems import Problem, ProblemType

PDF = "application/pdf"


@asynccontextmanager
async def looking(sandbox: DrawingSandbox, *, workers: int = 1, waiting: int = 64) -> AsyncIterator[Eyes]:
    eyes = quick_eyes(sandbox, workers=workers, waiting=waiting)
    try:
        yield eyes
    finally:
        await eyes.stop()


def of_width(width: int, *, from_page: int = 1) -> Callable[[str, int], Frame]:
    return lambda path, page: blank(path, page, width if page >= from_page else 40)


async def look(eyes: Eyes, reading: Reading, *, name: str = "a.pdf", rank: int = 0, whole: bool = False) -> Reading:
    return await eyes.look(name, PDF, 0, 0, reading, rank=rank, whole=whole)


async def test_every_page_of_every_part_is_looked_at_and_told() -> None:
    told: list[tuple[int, int]] = []
    reading = scan(6, inner=scan(2, inmost=scan(1)))
    async with looking(DrawingSandbox(), workers=2) as eyes:
        seen = await eyes.look("a.pdf", PDF, 0, 0, reading, progress=lambda done, pages: told.append((done, pages)))
        assert unseen(seen) == []
        assert seen.parts[0][1].parts[0][1].pages[0].seen[0].text
        # heads are enough for all but first pages, until the whole is wanted
        assert [page.look for page in seen.pages] == ["whole", *["head"] * 5]
        assert unseen(await look(eyes, seen, whole=True), whole=True) == []
    assert told[0] == (0, 9)
    assert told[-1] == (9, 9)


async def test_a_killed_worker_is_replaced_and_its_pages_are_looked_at_by_the_next() -> None:
    async with looking(DrawingSandbox()) as eyes:
        before = (await look(eyes, scan())).pages[0].seen[0].text
        os.kill(int(before), signal.SIGKILL)
        assert (await look(eyes, scan())).pages[0].seen[0].text != before


async def test_a_page_that_kills_every_worker_is_refused_after_two_and_the_next_document_is_looked_at() -> None:
    sandbox = DrawingSandbox(of_width(1))
    async with looking(sandbox) as eyes:
        with pytest.raises(Problem) as caught:
            await look(eyes, scan())
        assert caught.value.kind is ProblemType.READER_KILLED
        assert len(sandbox.asked) == 2
        sandbox.drawn = blank
        assert unseen(await look(eyes, scan())) == []


async def test_a_worker_that_hangs_is_ended_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = DrawingSandbox()
    async with looking(sandbox) as eyes:
        await eyes.start()
        monkeypatch.setattr(room, "_SECONDS", 0.5)
        monkeypatch.setattr(room, "_SECONDS_A_PAGE", 0.0)
        sandbox.drawn = of_width(2)
        with pytest.raises(Problem) as caught:
            await look(eyes, scan())
        assert caught.value.kind is ProblemType.READER_TIMEOUT
        monkeypatch.undo()
        sandbox.drawn = blank
        assert unseen(await look(eyes, scan())) == []


@pytest.mark.parametrize("width", [3, 4, 7])
async def test_a_worker_that_says_what_none_says_is_ended(width: int) -> None:
    async with looking(DrawingSandbox(of_width(width))) as eyes:
        with pytest.raises(Problem) as caught:
            await look(eyes, scan())
        assert caught.value.kind is ProblemType.READER_KILLED


@pytest.mark.parametrize("width", [5, 6])
async def test_a_page_that_is_passed_over_is_not_taken_for_an_empty_one(width: int) -> None:
    async with looking(DrawingSandbox(of_width(width, from_page=2))) as eyes:
        with pytest.raises(Problem) as caught:
            await look(eyes, scan(3))
        assert caught.value.kind is ProblemType.DOCUMENT_BROKEN


async def test_a_drawing_child_that_dies_refuses_its_document_and_costs_no_worker() -> None:
    sandbox = DrawingSandbox()
    async with looking(sandbox) as eyes:
        before = (await look(eyes, scan())).pages[0].seen[0].text
        eyes._sandbox = BrokenSandbox()
        with pytest.raises(Problem) as caught:
            await look(eyes, scan())
        assert (caught.value.kind, caught.value.detail) == (ProblemType.READER_KILLED, "by the test")
        eyes._sandbox = sandbox
        assert (await look(eyes, scan())).pages[0].seen[0].text == before


async def test_a_worker_that_leaves_is_replaced_by_a_fresh_one() -> None:
    async with looking(DrawingSandbox(of_width(9))) as eyes:
        first, second = [(await look(eyes, scan())).pages[0].seen[0].text for _ in range(2)]
        assert first != second


async def test_a_first_page_full_of_lines_that_nobody_can_read_is_refused() -> None:
    async with looking(DrawingSandbox(of_width(8))) as eyes:
        with pytest.raises(Problem) as caught:
            await look(eyes, scan())
        assert caught.value.kind is ProblemType.SCAN_ILLEGIBLE


async def test_a_coarse_scan_is_refused_before_it_is_drawn() -> None:
    sandbox = DrawingSandbox()
    async with looking(sandbox) as eyes:
        with pytest.raises(Problem) as caught:
            await look(eyes, scan(2, inner=scan(1, dots=120)))
        assert caught.value.kind is ProblemType.SCAN_TOO_COARSE
    assert sandbox.asked == []


async def test_one_document_too_many_is_refused_but_those_in_the_background_keep_nobody_out() -> None:
    sandbox = DrawingSandbox()
    sandbox.gate.clear()
    async with looking(sandbox, waiting=2) as eyes:
        tasks = [asyncio.create_task(look(eyes, scan(), rank=rank)) for rank in (9, 9)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as caught:
            await look(eyes, scan(), rank=9)
        assert caught.value.kind is ProblemType.INSPECTION_QUEUE_FULL
        tasks += [asyncio.create_task(look(eyes, scan(), rank=rank)) for rank in (0, 0)]
        await asyncio.sleep(0)
        with pytest.raises(Problem):
            await look(eyes, scan(), rank=0)
        assert eyes.inside == 4
        sandbox.gate.set()
        assert [unseen(reading) for reading in await asyncio.gather(*tasks)] == [[]] * 4
        assert eyes.inside == 0


async def test_an_urgent_head_goes_before_the_rest_of_a_long_one_that_waits_in_the_background() -> None:
    sandbox = DrawingSandbox()
    sandbox.gate.clear()
    async with looking(sandbox) as eyes:
        long = asyncio.create_task(look(eyes, scan(12), name="long", rank=9))
        await sandbox.begun.wait()
        urgent = [asyncio.create_task(look(eyes, scan(), name=name, rank=rank)) for name, rank in (("usual", 2), ("urgent", 0))]
        await asyncio.sleep(0)
        sandbox.gate.set()
        await asyncio.gather(long, *urgent)
    assert [name for name, _ in sandbox.asked] == ["long", "urgent", "usual", "long", "long"]


async def test_a_cancelled_look_frees_its_place_and_its_worker() -> None:
    sandbox = DrawingSandbox()
    sandbox.gate.clear()
    async with looking(sandbox, waiting=1) as eyes:
        task = asyncio.create_task(look(eyes, scan(9)))
        await sandbox.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert eyes.inside == 0
        sandbox.gate.set()
        assert unseen(await look(eyes, scan())) == []


async def test_without_packages_or_models_a_scan_is_refused_and_a_text_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Eyes, "available", staticmethod(lambda: False))
    async with looking(DrawingSandbox()) as eyes:
        with pytest.raises(Problem) as caught:
            await look(eyes, scan())
        assert caught.value.kind is ProblemType.RECOGNITION_MISSING
        text = Reading(format="text", pages=())
        assert await look(eyes, text) is text
        with pytest.raises(Problem):
            await eyes.start()
