"""Calls apart: a stuck one holds nobody, and nothing of it is lost."""

import asyncio
import threading

import pytest

from archive.search.apart import Apart
from schemas.problems import Problem


async def test_a_call_gives_what_it_returns_and_raises_what_it_raises():
    apart = Apart()
    assert await apart.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await apart.run(divmod, 7, 0)
    assert await apart.finished(1)


@pytest.mark.parametrize("error", [StopIteration(), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
async def test_an_error_that_would_stop_the_loop_reaches_whoever_waits(error: BaseException):
    def fail() -> None:
        raise error

    with pytest.raises(RuntimeError):
        await asyncio.wait_for(Apart().run(fail), 5)


async def test_one_who_stops_waiting_does_not_stop_the_call():
    apart, going_on, done = Apart(), threading.Event(), []

    def call() -> None:
        going_on.wait()
        done.append(1)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(apart.run(call), 0.01)
    assert not await apart.finished(0.01)
    going_on.set()
    assert await apart.finished(5)
    assert done == [1]


async def test_many_stuck_calls_hold_up_no_other():
    apart, going_on = Apart(), threading.Event()
    for _ in range(50):
        apart.begin(going_on.wait)
    assert await asyncio.wait_for(apart.run(len, "件"), 5) == 1
    going_on.set()
    assert await apart.finished(5)


def test_a_call_that_outlives_its_loop_ends_in_silence():
    going_on = threading.Event()

    async def leave() -> None:
        Apart().begin(going_on.wait)
        await asyncio.sleep(0)

    asyncio.run(leave())
    going_on.set()
    for thread in threading.enumerate():
        if thread.name == "index":
            thread.join(5)


async def test_a_call_for_which_there_is_no_thread_ends_at_once(monkeypatch: pytest.MonkeyPatch):
    def refuse(_thread: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    apart = Apart()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(Problem, match="busy"):
        await apart.run(len, "件")
    assert await apart.finished(0)
    monkeypatch.undo()
    assert await apart.run(len, "件") == 1
