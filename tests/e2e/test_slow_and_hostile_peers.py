"""Peers that are slow, rude or hostile take no more than their share; everybody else gets receipts meanwhile."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import raw_request_maker as raw
from county_maker import Running, found, really_serving
from submission_maker import Letter, head_of, pack

from exchange.clock import FakeClock
from exchange.config import Limits
from exchange.intake import rules
from exchange.intake.api import INTAKE

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LIMITS = Limits(seconds_between_chunks=1, failures_per_address_per_minute=30)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("peers") / "county"
    await found(folder, NOW, LIMITS)
    async with really_serving(folder, FakeClock(NOW), keepalive_timeout=1) as running:
        await running.office("T01")
        await running.person("T01")
        yield running


@pytest.fixture
def county(served: Running) -> Running:
    """Return the running county in a fresh minute."""
    assert isinstance(served.clock, FakeClock)
    served.clock.advance(timedelta(minutes=1))
    return served


def good(county: Running) -> bytes:
    return pack(Letter(at=county.clock.now()), county.people["T01.1"])


async def submit(county: Running, content: bytes) -> tuple[int, bytes]:
    """Submit over a connection of its own: idle ones are closed after a second, maybe just as they are used again."""
    return await county.submit(content, Connection="close")


def under_way(county: Running) -> int:
    return county.client.app[INTAKE].gate.bodies._by_address.total() if county.client.app is not None else -1


async def until(county: Running, bodies: int) -> None:
    async with asyncio.timeout(15):
        while under_way(county) != bodies:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_two_hundred_trickling_senders_keep_nobody_from_a_receipt(county: Running):
    content, before = good(county), await county.kept()
    async with AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(raw.wire(raw.port_of(county.client))) for _ in range(200)]
        for wire in slow:
            await wire.send(raw.head(len(content)) + content[:20])
        await until(county, 200)
        for step in range(3):
            for wire in slow:
                await wire.send(content[20 + step : 21 + step])
            assert (await submit(county, good(county)))[0] == 201
        assert under_way(county) == 200
    await until(county, 0)
    kept = await county.kept()
    assert (kept.rows["submission"] - before.rows["submission"], kept.staged, kept.free) == (3, [], before.free)


async def test_a_body_that_stops_is_told_so_and_its_place_is_free_again(county: Running):
    content = good(county)
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(len(content)) + content[:200])
        await until(county, 1)
        answer = await wire.answer()
        assert (answer.status, answer.kind) == (408, "body-too-slow")
        assert under_way(county) == 0


async def test_a_large_announcement_buys_no_time_to_trickle(county: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "deadline", lambda size: 0.5 + size / (16 * 1024))
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(500_000_000) + good(county)[:10])
        trickling = asyncio.create_task(trickled(wire, good(county)[10:1000]))
        answer = await wire.answer()
        trickling.cancel()
    assert (answer.status, answer.kind) == (408, "body-too-slow")
    await until(county, 0)


async def trickled(wire: raw.Wire, content: bytes) -> None:
    for place in range(len(content)):
        try:
            await wire.send(content[place : place + 1])
        except ConnectionError:
            return
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("path", ["/api/v1/enrolments", "/api/v1/inbox/" + "0" * 64 + "/open"])
async def test_a_small_body_that_stops_is_told_so_too(county: Running, path: str):
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(100, path=path) + b"{")
        answer = await wire.answer()
    assert (answer.status, answer.kind) == (408, "body-too-slow")


@pytest.mark.parametrize("beginning", [b"", b"POST /api", b"POST /api/v1/submissions HTTP/1.1\r\nHost: county\r\nX: "])
async def test_headers_that_never_end_are_cut_off_after_the_keep_alive_time(county: Running, beginning: bytes):
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(beginning)
        await trickled(wire, b"a" * 10 if beginning else b"")
        assert await wire.closed() == b""


async def test_endless_headers_are_refused(county: Running):
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(5, X_Long="a" * 20_000))
        assert b" 400 " in (await wire.closed()).split(b"\r\n")[0]


async def test_places_are_limited_for_one_address_and_come_free(tmp_path: Path):
    await found(tmp_path / "county", NOW, Limits(bodies_at_once=3, bodies_at_once_per_address=2))
    async with really_serving(tmp_path / "county", FakeClock(NOW)) as county:
        await county.office("T01")
        await county.person("T01")
        async with raw.wire(raw.port_of(county.client)) as one, raw.wire(raw.port_of(county.client)) as two:
            for wire in (one, two):
                await wire.send(raw.head(1000) + b"PK")
            await until(county, 2)
            answer = await county.client.post(raw.INTAKE, data=b"PK")
            assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
            async with raw.wire(raw.port_of(county.client)) as waiting:
                await waiting.send(raw.head(1000, Expect="100-continue"))
                assert (await waiting.answer()).status == 429  # and not 100
        await until(county, 0)
        assert (await submit(county, good(county)))[0] == 201


async def test_an_address_that_fails_often_learns_no_more_but_signed_submissions_from_there_get_through(county: Running):
    clock = county.clock
    for _ in range(30):
        assert (await submit(county, b"nonsense"))[0] == 400
    answer = await county.client.post(raw.INTAKE, data=b"nonsense")
    assert (answer.status, (await answer.json())["type"]) == (429, "/problems/too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert (await submit(county, good(county)))[0] == 201  # behind one gateway there may be eighteen townships
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(minutes=1))
    assert (await submit(county, b"nonsense"))[0] == 400


async def test_a_refusal_by_policy_is_no_failure_of_the_address(county: Running):
    marked = Letter(at=county.clock.now(), fields={"notes": "绝密★"})
    for _ in range(31):
        marked.fields.pop("reference", None)
        assert (await submit(county, pack(marked, county.people["T01.1"])))[0] == 422
    assert (await submit(county, good(county)))[0] == 201


async def test_one_offices_flood_does_not_use_up_the_others_minute(tmp_path: Path):
    await found(tmp_path / "county", NOW, Limits(submissions_per_office_per_minute=2))
    async with really_serving(tmp_path / "county", FakeClock(NOW)) as county:
        for office in ("T01", "T02"):
            await county.office(office)
            await county.person(office)
        answers = [(await submit(county, good(county)))[0] for _ in range(4)]
        assert answers == [201, 201, 429, 429]
        assert (await submit(county, pack(Letter(sender="T02", at=NOW), county.people["T02.1"])))[0] == 201


@pytest.mark.parametrize(
    "smuggling",
    [
        {"Content_Length": "5", "Transfer_Encoding": "chunked"},
        {"Content_Length": "5, 6"},
        {"Content_Length": "+5"},
        {"Content_Length": "-1"},
        {"Content_Length": "5x"},
        {"Transfer_Encoding": "chunked, identity"},
        {"Transfer_Encoding": "xchunked"},
    ],
    ids=lambda headers: " and ".join(f"{name}: {value}" for name, value in headers.items()),
)
async def test_a_body_whose_length_can_be_read_in_two_ways_is_refused(county: Running, smuggling: dict[str, str]):
    before = await county.kept()
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(None, **smuggling) + b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: county\r\n\r\n")
        answers = await wire.closed()
    assert answers.split(b" ", 2)[1] == b"400"
    assert b"ok\n" not in answers
    assert await county.kept() == before


async def test_a_second_content_length_is_refused(county: Running):
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(b"POST /api/v1/submissions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
        assert b" 400 " in (await wire.closed()).split(b"\r\n")[0]


@pytest.mark.parametrize("chunk", [b"zz\r\nhello\r\n", b"5\r\nhello", b"5\nhello\n0\n\n", b"-5\r\nhello\r\n", b"fffffffffffffffff\r\n"])
async def test_chunks_that_are_none_leave_nothing(county: Running, chunk: bytes):
    before = await county.kept()
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(None, Transfer_Encoding="chunked") + chunk)
        assert (await wire.answer()).status in (400, 408)
    await until(county, 0)
    assert await county.kept() == before


async def test_a_sender_who_hangs_up_in_the_middle_frees_place_and_bytes(county: Running):
    content, before = good(county), await county.kept()
    for place in (1, 100, len(head_of(content)), len(content) - 1):
        async with raw.wire(raw.port_of(county.client)) as wire:
            await wire.send(raw.head(len(content)) + content[:place])
            await until(county, 1)
        await until(county, 0)
    assert await county.kept() == before
    assert (await submit(county, content))[0] == 201


async def test_a_sender_who_hangs_up_after_the_verdict_is_in_the_ledger_and_gets_the_answer_on_asking_again(
    county: Running, monkeypatch: pytest.MonkeyPatch
):
    content, before, blobs = good(county), await county.kept(), county.service.blobs
    loop, reached, released, put = asyncio.get_running_loop(), asyncio.Event(), threading.Event(), county.service.blobs.put

    def waiting(*arguments: Any) -> None:
        loop.call_soon_threadsafe(reached.set)
        released.wait(15)
        put(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(blobs, "put", waiting)
        async with raw.wire(raw.port_of(county.client)) as wire:
            await wire.send(raw.head(len(content)) + content)
            async with asyncio.timeout(15):
                await reached.wait()
        released.set()
        await until(county, 0)
    assert (await county.kept()).rows["submission"] == before.rows["submission"] + 1
    status, body = await submit(county, content)
    assert status == 200
    assert json.loads(body)["submission"]


@pytest.mark.parametrize("host", ["", "[", "a b", "a:99999", "\u0080", "a" * 300])
async def test_an_odd_host_is_no_incident(county: Running, host: str):
    for path in ("/healthz", "/api/v1/inbox"):
        async with raw.wire(raw.port_of(county.client)) as wire:
            headers = f'GET {path} HTTP/1.1\r\nHost: {host}\r\nSignature-Input: yizhan=();keyid="{"0" * 64}"\r\nConnection: close\r\n\r\n'
            await wire.send(headers.encode())
            assert b" 500 " not in (await wire.closed()).split(b"\r\n")[0]
