"""The wire against small servers that behave as real ones do when they do not want the rest of a body."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from exchange.client import http
from exchange.client.core import Answer
from schemas.problems import Problem, ProblemType

REFUSAL = json.dumps(Problem(ProblemType.SIGNER_REVOKED).render()).encode()
HEAD = f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\nContent-Length: {len(REFUSAL)}\r\n".encode()
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SIZE = 30_000_000


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    tasks: list[asyncio.Task[None]] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        try:
            await serve(reader, writer)
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            writer.transport.abort()

    running = await asyncio.start_server(one, "127.0.0.1", 0)
    async with running:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    await asyncio.gather(*tasks)


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@pytest.fixture
def container(tmp_path: Path) -> Path:
    path = tmp_path / "x.asice"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


async def sent_to(serve: Serve, container: Path) -> tuple[object, int]:
    gone: list[int] = []
    async with server(serve) as url, http.line(url, "none") as line:
        answer = await line.upload("/api/v1/submissions", container, gone.append)
    return answer, sum(gone)


async def test_a_body_that_is_refused_before_it_is_asked_for_is_never_sent(container: Path) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"100-continue" in await head(reader)
        writer.write(HEAD + b"\r\n" + REFUSAL)
        await writer.drain()

    answer, gone = await sent_to(refuse, container)
    assert answer.status == 403
    assert gone == 0


@pytest.mark.parametrize("reset", [False, True])
async def test_an_answer_in_the_middle_of_the_body_is_understood(container: Path, *, reset: bool) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await reader.readexactly(1_000_000)
        writer.write(HEAD + b"Connection: close\r\n\r\n" + REFUSAL)
        await writer.drain()
        await asyncio.sleep(0.2)  # as a server that lingers for a moment
        if reset:
            taken = writer.get_extra_info("socket")
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    answer, gone = await sent_to(refuse, container)
    assert http.problem_of(answer).kind is ProblemType.SIGNER_REVOKED
    assert gone < SIZE


async def test_a_connection_that_breaks_is_trouble_of_the_network(container: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await head(reader)

    with pytest.raises(Problem) as caught:
        await sent_to(hang_up, container)
    assert caught.value.kind is ProblemType.NETWORK


async def test_nobody_listening_is_trouble_of_the_network() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with http.line(url, "none") as line:
        with pytest.raises(Problem) as caught:
            await line.get("/healthz", signed=False)
    assert caught.value.kind is ProblemType.NETWORK


async def test_a_redirect_is_not_followed() -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    async with server(redirect) as url, http.line(url, "none") as line:
        with pytest.raises(Problem) as caught:
            await line.get("/trust", signed=False)
    assert "302" in caught.value.detail


async def test_every_request_carries_the_last_checkpoint() -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await head(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()

    async with server(listen) as url, http.line(url, "none", checkpoint="bm90ZQ==") as line:
        assert await line.get("/healthz", signed=False) == b"ok"
    assert b"Yizhan-Checkpoint: bm90ZQ==" in heard[0]


# ---- acts under a key


@asynccontextmanager
async def acting(answers: list[bytes], heard: list[bytes], waited: list[float]) -> AsyncIterator[http.Line]:
    """A server that gives these answers one after the other; an empty one is a connection that breaks."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await head(reader) + await reader.readexactly(2))
        writer.write(answers[min(len(heard), len(answers)) - 1])
        await writer.drain()

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    async with server(serve) as url, http.line(url, "none") as line:
        line.pause = pause
        yield line


GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
REFUSED = HEAD + b"Connection: close\r\n\r\n" + REFUSAL


@pytest.mark.parametrize("lost", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf", GATEWAY], ids=["cut", "half", "gateway"])
async def test_an_act_whose_answer_was_lost_is_sent_again_under_the_same_key(lost: bytes) -> None:
    heard: list[bytes] = []
    waited: list[float] = []
    async with acting([lost, lost, GOOD], heard, waited) as line:
        assert await line.act("/x", b"{}", "the-same-key-16-times") == b"ok"
    assert len(heard) == 3
    assert all(b"Idempotency-Key: the-same-key-16-times\r\n" in each for each in heard)
    assert waited == sorted(waited)
    assert len(waited) == 2


async def test_an_act_is_given_up_after_three_tries() -> None:
    heard: list[bytes] = []
    async with acting([b""], heard, []) as line:
        with pytest.raises(Problem) as caught:
            await line.act("/x", b"{}", "k" * 16)
    assert caught.value.kind is ProblemType.NETWORK
    assert len(heard) == 3


async def test_an_act_that_the_county_refuses_is_not_sent_again() -> None:
    heard: list[bytes] = []
    async with acting([REFUSED, GOOD], heard, []) as line:
        with pytest.raises(Problem) as caught:
            await line.act("/x", b"{}", "k" * 16)
    assert caught.value.kind is ProblemType.SIGNER_REVOKED
    assert len(heard) == 1


async def told(headers: str, body: bytes = b"{}") -> Answer:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(f"HTTP/1.1 503 Busy\r\n{headers}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()

    async with server(serve) as url, http.line(url, "none") as line:
        return await line.ask("/")


@pytest.mark.parametrize("number", ["9" * 400, "99999999999"])
async def test_nobody_is_told_to_come_again_in_a_year(number: str) -> None:
    assert (await told(f"Retry-After: {number}")).retry_after == 3600.0


@pytest.mark.parametrize("date", ["soon", "Mon, 99 Foo 2026 25:61:61 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"])
async def test_a_date_that_is_none_is_not_heard(date: str) -> None:
    assert (await told(f"Date: {date}")).status == 503


async def test_an_answer_without_end_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_MOST_ANSWER", 1000)
    with pytest.raises(Problem, match="network"):
        await told("Content-Type: text/plain", b"a" * 100_000)
