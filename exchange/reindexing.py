"""`reindex`: the search index is made anew, by the running service beside the one in use, or here when nobody serves."""

import sys
from collections.abc import Callable
from typing import Any

from exchange.commands import PROGRESS_SECONDS
from exchange.control import at_desk, hold, run_there
from exchange.county import County
from schemas.problems import Problem, ProblemType

Draw = Callable[[dict[str, Any]], None]


async def reindex(county: County, draw: Draw | None) -> dict[str, Any]:
    """Make the index anew and wait until it is in use; `draw` is given the progress about once a second.

    Returns `{"generation", "entries", "of", "seconds", "entries_per_second", "finished", "problem"}`. Raises the Problem
    that stopped it: the index that was in use is in use then.
    """
    try:
        with hold(county.folder):
            answer = await _here(county, draw)
    except Problem as problem:
        if problem.kind is not ProblemType.FOLDER_IN_USE:
            raise
        answer = await _there(county, draw)
    if answer["problem"]:
        raise Problem(ProblemType.named(answer["problem"]), "reindex")
    return answer


async def _here(county: County, draw: Draw | None) -> dict[str, Any]:
    async with at_desk(county) as desk:
        finder = desk.finder()
        try:
            progress = finder.begin_rebuild()
            while not progress.finished and not progress.problem:
                await finder.rebuilt(PROGRESS_SECONDS)
                if draw:
                    draw(progress.told())
        finally:
            await finder.close()
        return progress.told()


async def _there(county: County, draw: Draw | None) -> dict[str, Any]:
    answer = await run_there(county.folder, "reindex", {"begin": True})
    while not answer["finished"] and not answer["problem"]:
        if draw:
            draw(answer)
        answer = await run_there(county.folder, "reindex", {"begin": False})
    if draw:
        draw(answer)
    return answer


def draw(progress: dict[str, Any]) -> None:
    """Write the progress over itself, to a terminal."""
    if sys.stderr.isatty():
        end = "\n" if progress["finished"] else ""
        text = f"\r{progress['entries']} / {progress['of']}  {progress['entries_per_second']} 件/秒 entries/s "
        print(text, end=end, file=sys.stderr, flush=True)  # noqa: T201 - a command prints
