"""Attacks on the search of a running service: nobody ends it with a long text."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from submission_maker import Letter, pack

from archive.reading import kept
from exchange.clock import FakeClock

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("search") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        for code, name in (("T01", "城关镇"), ("T02", "柳河乡")):
            await running.office(code, name)
            await running.person(code)
        yield running


async def send(county: Running, files: dict[str, bytes]) -> tuple[int, Any]:
    letter = Letter(at=NOW, title="关于值守的通知", to=("T02",), files=files)
    status, body = await county.submit(pack(letter, county.people["T01.1"]))
    return status, json.loads(body)


async def total(county: Running, q: str, person: str) -> int:
    async with asyncio.timeout(60):
        while True:
            status, answer = await county.ask("GET", f"/api/v1/search?{urlencode({'q': q, 'facets': 0})}", person)
            if status == 200 and not answer["index"]["behind"]:
                return int(answer["total"])
            await asyncio.sleep(0.02)


async def test_more_text_than_the_index_can_hold_is_refused_with_a_receipt_and_leaves_nothing(
    county: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(kept, "LONGEST", 1000)
    text = "防汛工作".encode() * 100
    assert (await send(county, {"1.txt": text, "2.txt": text}))[0] == 201
    before = await county.kept()
    status, problem = await send(county, {f"{number}.txt": text for number in range(3)})
    assert (status, problem["type"]) == (422, "/problems/document-too-complex")
    assert problem["receipt"]
    after = await county.kept()
    assert (after.blobs, after.staged, after.rows["kept_text"]) == (before.blobs, before.staged, before.rows["kept_text"])
