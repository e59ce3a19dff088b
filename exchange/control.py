"""One process owns a county folder: a file lock, and a local socket through which commands reach the one that holds it."""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import web

from archive.ledger import log
from archive.ledger.sqlite import SqliteDatabase
from exchange import clock as clocks
from exchange.commands import COMMANDS, Desk
from exchange.county import County
from exchange.service import renew_crl
from exchange.typed_arguments import carry_out
from schemas import instants
from schemas.problems import Problem, ProblemType

LOCK: Final = "lock"
SOCKET: Final = "control.sock"
DESK: web.AppKey[Desk] = web.AppKey("desk", Desk)


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a county folder for this process. Raises Problem FOLDER_IN_USE, FOLDER_UNKNOWN or FOLDER_READ_ONLY."""
    if not folder.is_dir():
        raise Problem(ProblemType.FOLDER_UNKNOWN, str(folder))
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, str(folder)) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem(ProblemType.FOLDER_IN_USE, str(folder)) from error
        yield
    finally:
        os.close(descriptor)


async def _answer(request: web.Request) -> web.Response:
    arguments = msgspec.json.decode(await request.read(), type=dict[str, Any])
    try:
        return web.json_response(await carry_out(request.app[DESK], request.match_info["command"], arguments))
    except Problem as problem:
        return web.json_response(problem.render(), status=problem.kind.status or 400, content_type="application/problem+json")


@asynccontextmanager
async def listening(folder: Path, desk: Desk) -> AsyncIterator[None]:
    """Answer commands on the folder's socket, which only its owner can open."""
    app = web.Application()
    app[DESK] = desk
    app.router.add_post("/{command:" + "|".join(COMMANDS) + "}", _answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    path = folder / SOCKET
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, _short(path)).start()
    finally:
        os.umask(before)
    try:
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


def _short(path: Path) -> str:
    """Return a spelling of the path that fits a socket address (108 bytes), relative to the working folder if need be."""
    absolute, relative = str(path.absolute()), os.path.relpath(path)
    return min(absolute, relative, key=len)


async def call(county: County, command: str, **arguments: Any) -> dict[str, Any]:
    """Run a command: here when the folder is free, else through the socket of the process that holds it. Raises Problem."""
    try:
        with hold(county.folder):
            async with at_desk(county) as desk:
                return await carry_out(desk, command, arguments)
    except Problem as problem:
        if problem.kind is not ProblemType.FOLDER_IN_USE:
            raise
    return await run_there(county.folder, command, arguments)


@asynccontextmanager
async def at_desk(county: County) -> AsyncIterator[Desk]:
    """Open a county for one command in this process, which holds its folder. Raises Problem."""
    watch = clocks.Watch(clocks.SystemClock())
    now = watch.now()
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(now), readers=1)
    try:
        await database.read(log.require_own, county.notary)
        clocks.require_sane(now, instants.read(await database.read(log.last_instant)))
        await database.write(renew_crl, county, now)  # what a command signs must be covered by a list
        yield Desk(county, database, watch)
    finally:
        await database.close()


async def run_there(folder: Path, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run a command in the process that holds the folder. Raises Problem, FOLDER_IN_USE when it does not answer."""
    connector = aiohttp.UnixConnector(_short(folder / SOCKET))
    try:
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(f"http://county/{command}", json=arguments) as answer,
        ):
            body = await answer.json(content_type=None)
    except aiohttp.ClientError as error:
        raise Problem(ProblemType.FOLDER_IN_USE, "the process that holds the folder does not answer") from error
    if answer.content_type == "application/problem+json":
        raise Problem(ProblemType.named(body["type"].removeprefix("/problems/")), body.get("detail", ""))
    return dict(body)
