"""The real service over plain HTTP on a free port: `python -m parts.service FOLDER CORE inspecting|blind`.

The log goes to FOLDER/service.log, a line a request, as where it serves. `blind` puts a stand-in in the sandbox's place that
calls every document clean and makes no memory file for it, for the accept path without inspection; all else is the service
as it runs.

With `PROFILE=FILE` in the environment the profiles of the event loop and of the writer are written to FILE.loop and
FILE.writer at the end, in processor seconds of the thread, waiting not included.
"""

import asyncio
import cProfile
import os
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from archive.ledger import sqlite
from archive.reading.reading import Line, Page, Reading
from exchange import app
from exchange.county import open_folder
from exchange.edge import LONGEST_LINE
from exchange.intake import parts
from exchange.logbook import open_logbook
from parts.servers import pin

CLEAN = Reading(format="pdf", pages=(Page(1, (Line("关于防汛准备工作情况的报告", 0.2, 0.2, 0.6, 0.03),)),))


class Blind:
    """Has the sandbox's shape and reads nothing."""

    def __init__(self, seconds: float, *, children: int) -> None:
        """Take what the sandbox takes."""

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def read(self, _name: str, _media_type: str, _document: int, _size: int) -> Reading:
        """Call the document clean."""
        return CLEAN


async def serve(folder: Path) -> None:
    """Serve until a signal to end."""
    county = open_folder(folder)
    open_logbook(county.settings.log_format, (folder / "service.log").open("w", encoding="utf-8"))
    async with app.running(county) as service:
        runner = web.AppRunner(app.make_app(service), access_log=None, shutdown_timeout=1, max_line_size=LONGEST_LINE)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        print(f"listening on 127.0.0.1:{runner.addresses[0][1]}", flush=True)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        await runner.cleanup()


def profiled(main: Coroutine[Any, Any, None], to: str) -> None:
    """Run with two profilers, for the event loop's thread and for the ledger's writer."""
    loop, writer = cProfile.Profile(time.thread_time), cProfile.Profile(time.thread_time)
    run_group = sqlite.run_group

    def counted(*arguments: Any) -> list[Any]:
        return writer.runcall(run_group, *arguments)

    vars(sqlite)["run_group"] = counted
    loop.enable()
    uvloop.run(main)
    loop.disable()
    loop.dump_stats(f"{to}.loop")
    writer.dump_stats(f"{to}.writer")


def main(arguments: list[str]) -> None:
    """Serve the folder."""
    folder, core, sight = arguments
    pin(core)
    if sight == "blind":
        vars(app)["Sandbox"] = Blind
        vars(parts)["document_of"] = lambda _chunks: os.open(os.devnull, os.O_RDONLY)
    profile = os.environ.get("PROFILE")
    if profile:
        profiled(serve(Path(folder)), profile)
    else:
        uvloop.run(serve(Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
