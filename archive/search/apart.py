"""Threads for calls that may hang: nobody who waits for them hangs with them, and the program's end does not either."""

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from schemas.problems import Problem, ProblemType

T = TypeVar("T")


class Apart:
    """Runs blocking calls, each in a daemon thread of its own, so that a stuck one holds no thread that others need.

    Belongs to one event loop. Whoever stops waiting does not stop the call: it ends as if nobody had gone away.
    """

    def __init__(self) -> None:
        """Start with nothing running."""
        self._running: set[asyncio.Future[Any]] = set()

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return what the call returns; raises what it raises, and RuntimeError for what is no ordinary error: a panic, an exit."""
        return await asyncio.shield(self.begin(function, *args))

    def begin(self, function: Callable[..., T], *args: object) -> "asyncio.Future[T]":
        """Start a call and return its future, which is done when the thread is; it holds Problem BUSY where no thread is to be had."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(settled: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever waited
                loop.call_soon_threadsafe(settled)

        def call() -> None:
            try:
                outcome = function(*args)
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                settle(functools.partial(_fail, future, error))
            else:
                settle(functools.partial(future.set_result, outcome))

        self._running.add(future)
        future.add_done_callback(self._running.discard)
        try:
            threading.Thread(target=call, name="index", daemon=True).start()
        except RuntimeError:  # the machine gives no more threads; whoever counts calls must see this one end
            _fail(future, Problem(ProblemType.BUSY, "threads"))
        return future

    async def finished(self, seconds: float) -> bool:
        """Wait until no call runs; says whether that was so within `seconds`."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        return not self._running


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not isinstance(error, Exception) or isinstance(error, StopIteration):
        # the loop would take it for its own end, and no future takes a StopIteration
        error = RuntimeError(f"a call raised {type(error).__name__}")
    future.set_exception(error)
    future.exception()  # one who went away must not leave a warning behind
