"""While scans are looked at and hostile files are thrown at it, ordinary papers get their receipts: by order, not by the clock."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import paper_maker
import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from held_eyes_maker import HeldEyes, plain_scan, with_eyes
from submission_maker import Letter, pack

from exchange.clock import FakeClock
from schemas.words import Urgency

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TOWNS = [f"T{number:02}" for number in range(1, 19)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("crowd") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        for office in TOWNS:
            await running.office(office)
            await running.person(office)
        yield running


def packed(county: Running, office: str, name: str, content: bytes, **fields: Any) -> bytes:
    return pack(Letter(at=NOW, sender=office, files={name: content}, fields=fields), county.people[f"{office}.1"])


def scans(county: Running) -> list[bytes]:
    return [packed(county, office, "扫描件.txt", plain_scan(20), urgency=Urgency.EXTRA_URGENT) for office in TOWNS]


def hostile(count: int) -> list[bytes]:
    kinds = [*paper_maker.ACTIVE.values(), paper_maker.pdf()[:-200], b"", b"%PDF-1.7\n", paper_maker.encrypted("secret")]
    return [kinds[number % len(kinds)] for number in range(count)]


async def posted(county: Running, content: bytes) -> tuple[int, str]:
    answer = await county.client.post("/api/v1/submissions", data=content)
    await answer.read()
    return answer.status, answer.headers.get("Location", "")


async def until_answered(county: Running, place: str) -> int:
    for _ in range(2000):
        status = (await county.client.get(place)).status
        if status != 202:
            return status
        await asyncio.sleep(0.01)
    raise AssertionError("it never ended")


async def test_texts_get_their_receipts_while_every_scan_still_waits(county: Running, monkeypatch: pytest.MonkeyPatch):
    eyes: HeldEyes = with_eyes(county, monkeypatch)
    eyes.gate.clear()  # nothing is recognised before the last text has its receipt
    waiting = await asyncio.gather(*(posted(county, content) for content in scans(county)))
    assert {status for status, _ in waiting} == {202}
    assert eyes.looking == county.service.inspections.bounds.at_once

    bad = [packed(county, TOWNS[number % 18], "件.pdf", content) for number, content in enumerate(hostile(40))]
    good = [packed(county, office, "件.txt", "关于今年防汛准备工作的情况。\n".encode() * 9) for office in TOWNS for _ in range(2)]
    refusals = asyncio.gather(*(posted(county, content) for content in bad))
    receipts = await asyncio.gather(*(posted(county, content) for content in good))
    assert [status for status, _ in receipts] == [201] * len(good)
    assert {(await county.client.get(place)).status for _, place in waiting} == {202}
    assert {status for status, _ in await refusals} == {422}

    assert len((await county.kept()).staged) == len(TOWNS)  # each scan as one file without a name, and nothing else
    assert county.service.staging.free == 32 * 2**20
    eyes.gate.set()
    assert await asyncio.gather(*(until_answered(county, place) for _, place in waiting)) == [201] * len(TOWNS)
    assert (await county.kept()).staged == []


async def test_the_county_is_as_well_as_before(county: Running):
    assert (await county.client.get("/healthz")).status == 200
    assert (await county.client.get("/readyz")).status == 200
    status, body = await county.submit(packed(county, "T01", "件.txt", "关于今年防汛准备工作的情况。\n".encode() * 9))
    assert (status, bool(json.loads(body)["receipt"])) == (201, True)
