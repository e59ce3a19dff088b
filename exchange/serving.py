"""Serving a county: its address, its TLS, and what its machine lacks."""

import asyncio
import errno
import logging
import resource
import signal
import socket
import ssl
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from archive.reading import confine
from archive.reading.confinement import Confinement
from exchange.app import make_app, running
from exchange.commands import Desk
from exchange.control import hold, listening
from exchange.county import County, server_tls
from exchange.edge import LONGEST_LINE
from exchange.logbook import note, note_the_uncaught, open_logbook
from exchange.sealing.store import NO_OFFICER, officers
from exchange.service import Service
from exchange.terminal import show
from schemas.problems import Problem, ProblemType
from schemas.words import Label

IDLE_SECONDS: Final = 20
"""How long a connection may say nothing, before its first request and between two."""

HANDSHAKE_SECONDS: Final = 10.0


def _hosts(county: County, host: str) -> list[str]:
    named = urlsplit(county.settings.url).hostname
    own = [] if host in ("0.0.0.0", "::") else [host]  # noqa: S104 - compared, not bound
    return list(dict.fromkeys([*own, *([named] if named else []), "localhost", "127.0.0.1", socket.gethostname()]))


def _tls(county: County, host: str, files: tuple[Path, Path | None] | None) -> ssl.SSLContext:
    """Return the server's TLS: the county's own authority, or the certificate and key that were given."""
    if files is None:
        return server_tls(county, _hosts(county, host))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(*files)
    except (OSError, ssl.SSLError) as error:
        raise Problem(ProblemType.KEY_UNREADABLE, "TLS") from error
    return context


class Door(web.TCPSite):
    """A TCP site that gives a peer ten seconds for the TLS handshake instead of aiohttp's minute."""

    async def start(self) -> None:
        """Listen."""
        await web.BaseSite.start(self)
        server = self._runner.server
        if server is None:
            message = "the runner is set up first"
            raise RuntimeError(message)
        self._server = await asyncio.get_running_loop().create_server(
            server, self._host, self._port, ssl=self._ssl_context, backlog=self._backlog, ssl_handshake_timeout=HANDSHAKE_SECONDS
        )


def _open_files() -> None:
    """Take as many open files as the system lets us have: each peer holds one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


_NO_RECOGNITION: Final = Label("缺少文字识别组件，扫描件将暂不接收", "scans are not taken: recognition is not installed")


def lacking(confinement: Confinement, *, recognition: bool, officer: bool) -> list[Label]:
    """Return what this machine or county still lacks."""
    said = [Label(f"读取文件的隔离不完整，缺少：{each.zh}", f"readers of documents lack {each.en}") for each in confinement.missing()]
    return said + ([] if recognition else [_NO_RECOGNITION]) + ([] if officer else [NO_OFFICER])


def _why_not(error: OSError) -> str:
    """Return why an address cannot be listened on, and what to do about it."""
    if error.errno == errno.EADDRINUSE:
        return "端口已被占用，请换 --port 或停止占用它的程序 / the port is in use: give another --port, or stop what uses it"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "无权使用该端口，请用 1024 以上的 --port / not allowed: give a --port from 1024 on"
    return f"不能在此地址提供服务，请核对 --host / cannot be served at: {error.strerror}"


async def _say_what_is_missing(service: Service) -> None:
    """Tell it to the person who starts the service, or to the program that reads its log."""
    officer = bool(await service.database.read(officers, service.watch.now()))
    for label in lacking(service.sandbox.confinement, recognition=service.eyes.available(), officer=officer):
        if service.county.settings.log_format == "json":
            note(logging.WARNING, label.en)
        else:
            print(f"! {label.zh}\n  {label.en}", file=sys.stderr, flush=True)  # noqa: T201 - a command prints


async def serve(county: County, host: str | None, port: int | None, tls: tuple[Path, Path | None] | None, *, as_json: bool) -> None:
    """Serve until SIGINT or SIGTERM; host and port are those of the county's settings where none are given.

    Prints `listening on https://…` once requests are answered. Raises Problem FOLDER_IN_USE, KEY_UNREADABLE for TLS files that cannot
    be read, CONFIG_INVALID for an address that cannot be listened on, and what `running` raises.
    """
    open_logbook(county.settings.log_format)
    note_the_uncaught()
    host, port = host or county.settings.host, county.settings.port if port is None else port
    confine.leave_no_trace()
    _open_files()
    with hold(county.folder):
        async with running(county) as service:
            context = _tls(county, host, tls)
            app = make_app(service)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=20, keepalive_timeout=IDLE_SECONDS, max_line_size=LONGEST_LINE)
            await runner.setup()
            desk = Desk(county, service.database, service.watch, service.reload_trust, service.counters, service)
            try:
                await Door(runner, host, port, ssl_context=context, backlog=1024).start()
            except OSError as error:
                await runner.cleanup()
                raise Problem(ProblemType.CONFIG_INVALID, f"{host}:{port}: {_why_not(error)}") from error
            await _say_what_is_missing(service)
            async with listening(county.folder, desk):
                bound = runner.addresses[0][1]
                show({"url": f"https://{host}:{bound}"}, as_json, f"listening on https://{host}:{bound}")
                await _stopped()
            await runner.cleanup()


async def _stopped() -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
