"""Commands that need a whole service: by the one that runs, through its socket, or by one of our own for as long as it takes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from exchange.app import running
from exchange.commands import Desk
from exchange.control import hold, run_there
from exchange.county import County
from exchange.typed_arguments import carry_out
from schemas.problems import Problem, ProblemType

Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Runs one command with its arguments and returns its answer. Raises Problem."""


@asynccontextmanager
async def asking(county: County) -> AsyncIterator[Ask]:
    """Give what runs commands; the folder is held meanwhile where no service runs. Raises Problem."""
    with ExitStack() as held:
        try:
            held.enter_context(hold(county.folder))
        except Problem as problem:
            if problem.kind is not ProblemType.FOLDER_IN_USE:
                raise
            yield lambda command, arguments: run_there(county.folder, command, arguments)
            return
        async with running(county) as service:
            desk = Desk(county, service.database, service.watch, service.reload_trust, service.counters, service)
            yield lambda command, arguments: carry_out(desk, command, arguments)
