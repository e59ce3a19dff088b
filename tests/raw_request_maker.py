"""Makes HTTP requests byte by byte over a socket: heads without bodies, bodies that stop, and what no client would send."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

INTAKE = "/api/v1/submissions"


class Answer(NamedTuple):
    """What the server wrote: the status line's code, headers in lower case, the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The problem's type."""
        return str(json.loads(self.body)["type"]).removeprefix("/problems/")


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def answer(self, seconds: float = 15) -> Answer:
        """Read one answer; `100 Continue` counts as one without a body."""
        async with asyncio.timeout(seconds):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(first.split()[1]), headers, body)

    async def closed(self, seconds: float = 15) -> bytes:
        """Read until the server closes."""
        async with asyncio.timeout(seconds):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@asynccontextmanager
async def wire(port: int, source: str = "127.0.0.1") -> AsyncIterator[Wire]:
    """Connect from an address of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):  # the server was faster
            await writer.wait_closed()


def head(length: int | None, path: str = INTAKE, method: str = "POST", **headers: str) -> bytes:
    """Return a request's head; underscores in names stand for hyphens, no length sends none."""
    lines = [f"{method} {path} HTTP/1.1", "Host: county"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunked(*pieces: bytes) -> bytes:
    """Return pieces as a chunked body."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b"")) if all(pieces) else b"0\r\n\r\n"


def port_of(client: Any) -> int:
    """Return the port of a test client's server."""
    return int(client.server.port)
