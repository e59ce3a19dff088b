"""Pages on their way from a child that draws to a process that looks: how it ends, who waits for whom, and what it takes from others."""

import asyncio
import json
import os
import pathlib
import signal
import socket
from collections.abc import AsyncIterator
from typing import Any

import paper_maker
import pytest

from archive.reading import answer, confine, frames, read_document, sandbox, zygote
from archive.reading.answer import Request
from archive.reading.sandbox import Sandbox, document_of
from schemas.problems import Problem, ProblemType

TESTS = pathlib.Path(__file__).parents[1]
GOOD = paper_maker.pdf()


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    monkeypatch.setattr(sandbox, "_ZYGOTE", "drawing_zygote")
    monkeypatch.setattr(sandbox, "_ROOT", f"{sandbox._ROOT}:{TESTS}")
    made = Sandbox(20)
    await made.start()
    yield made
    await made.stop()


class Drawing:
    """One drawing under way, and the end of its channel at which somebody looks."""

    def __init__(self, box: Sandbox, pages: int = 1, seconds: float = 20, **asked: Any) -> None:
        self.ours, self.theirs = socket.socketpair()
        content = json.dumps(asked).encode()
        document = document_of([content])
        wanted = tuple(("附件.zip/图.pdf", number) for number in range(1, pages + 1))
        self.task = asyncio.ensure_future(box.show("a.pdf", "application/pdf", document, len(content), wanted, self.theirs, seconds))
        self.task.add_done_callback(lambda _: os.close(document))

    async def seen(self) -> list[frames.Frame]:
        with self.ours:
            return await asyncio.to_thread(lambda: list(frames.received(self.ours)))

    async def ends_in(self) -> ProblemType:
        with pytest.raises(Problem) as caught:
            await self.task
        self.ours.close()
        return caught.value.kind


async def read(box: Sandbox) -> None:
    document = document_of([GOOD])
    try:
        assert await box.read("正文.pdf", "application/pdf", document, len(GOOD))
    finally:
        os.close(document)


async def working(box: Sandbox, count: int) -> list[int]:
    """Wait until so many children have their document; the youngest waits ahead for its own."""
    zygote = box._zygote.pid
    while True:
        children = [int(child) for child in pathlib.Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()]
        if len(children) == count + 1:
            return children[:-1]
        await asyncio.sleep(0.005)


async def test_pages_arrive_in_order_and_the_channel_ends(box: Sandbox):
    drawing = Drawing(box, pages=3, side=40)
    seen = await drawing.seen()
    await drawing.task
    assert [(one.path, one.page, one.width, len(one.pixels)) for one in seen] == [
        ("附件.zip/图.pdf", number, 40, 4800) for number in (1, 2, 3)
    ]
    assert drawing.theirs.fileno() == -1


async def test_a_refusal_while_drawing_is_told_by_its_type(box: Sandbox):
    for kind in sorted(answer.REFUSALS, key=lambda kind: kind.type):
        assert await Drawing(box, problem=kind.type).ends_in() is kind
    assert await Drawing(box, problem="internal").ends_in() is ProblemType.READER_KILLED


async def test_a_drawing_that_hangs_is_ended_by_the_clock(box: Sandbox):
    assert await Drawing(box, seconds=0.3, sleep=True).ends_in() is ProblemType.READER_TIMEOUT
    assert await Drawing(box, seconds=0.3, spin=True).ends_in() is ProblemType.READER_TIMEOUT
    await read(box)


def test_a_drawing_without_end_does_not_hold_the_one_who_looks_for_all_of_its_time(monkeypatch: pytest.MonkeyPatch):
    allowed: list[float] = []
    monkeypatch.setattr(confine, "limit_time", allowed.append)
    monkeypatch.setattr(read_document, "show", lambda *_: [])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for seconds, pages in ((120.0, 4), (3.0, 4)):
            request = Request("a.pdf", "application/pdf", 1, seconds, tuple(("", number) for number in range(pages)))
            assert zygote._show(request, 0, theirs) == answer.ENDED
    assert allowed == [confine.PROCESSOR_SECONDS + 4 * confine.PROCESSOR_SECONDS_A_PAGE, 4.0]


async def test_a_viewer_that_does_not_look_holds_the_drawing_up_until_its_time_is_over(box: Sandbox):
    drawing = Drawing(box, pages=50, seconds=0.5, side=1000)
    assert await drawing.ends_in() is ProblemType.READER_TIMEOUT


async def test_a_viewer_that_has_seen_enough_ends_the_drawing(box: Sandbox):
    drawing = Drawing(box, pages=50, side=1000)
    await working(box, 1)
    drawing.ours.close()
    await drawing.task


async def test_a_killed_drawing_refuses_its_document_and_a_killed_zygote_does_not(box: Sandbox):
    drawing = Drawing(box, sleep=True)
    (child,) = await working(box, 1)
    os.kill(child, signal.SIGKILL)
    assert await drawing.ends_in() is ProblemType.READER_KILLED
    drawing = Drawing(box, sleep=True)
    await working(box, 1)
    os.kill(box._zygote.pid, signal.SIGKILL)
    assert await drawing.ends_in() is ProblemType.READER_RESTARTING
    await read(box)


async def test_a_cancelled_drawing_kills_its_child(box: Sandbox):
    drawing = Drawing(box, sleep=True)
    await working(box, 1)
    drawing.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing.task
    await working(box, 0)
    assert await drawing.seen() == []


async def test_drawings_take_no_place_from_documents_that_are_read(box: Sandbox):
    drawings = [Drawing(box, sleep=True) for _ in range(answer.SHOWING + 3)]
    held = await working(box, answer.SHOWING)
    await asyncio.gather(*(read(box) for _ in range(4)))
    assert await working(box, answer.SHOWING) == held
    for drawing in drawings:
        drawing.task.cancel()
    await asyncio.gather(*(drawing.task for drawing in drawings), return_exceptions=True)
    assert {drawing.theirs.fileno() for drawing in drawings} == {-1}
    for drawing in drawings:
        drawing.ours.close()


async def test_more_pages_than_a_request_can_name_are_refused(box: Sandbox):
    drawing = Drawing(box, pages=10_000)
    assert await drawing.ends_in() is ProblemType.TOO_MANY_PAGES
    assert drawing.theirs.fileno() == -1
