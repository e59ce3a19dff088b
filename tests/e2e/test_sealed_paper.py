"""The commonest paper of all, with the real reader and the real eyes: the scan of what a leader signed and a seal was put on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
import scan_maker
from county_maker import Running, found, serving
from scan_maker import Sheet
from submission_maker import Letter, pack

from archive.reading.eyes.eyes import Eyes
from exchange.clock import FakeClock

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not Eyes.available(), reason="recognition is not installed"),
]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("sealed") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        await running.person("T01")
        yield running


SECOND = Sheet(body="石桥村安全饮水工程已经完工并投入使用，受益群众三百二十一户。" * 4, page=2)


async def answered(county: Running, *sheets: Sheet) -> tuple[int, Any]:
    """Submit the scan of these sheets, and ask until there is an answer."""
    letter = Letter(at=NOW, files={"盖章件.pdf": scan_maker.pdf([scan_maker.scanned(sheet) for sheet in sheets])})
    answer = await county.client.post("/api/v1/submissions", data=pack(letter, county.people["T01.1"]))
    assert answer.status == 202, await answer.json()
    place = answer.headers["Location"]
    while answer.status == 202:
        await asyncio.sleep(0.05)
        answer = await county.client.get(place)
    return answer.status, await answer.json()


async def test_a_sealed_paper_is_taken_and_then_found_by_what_stands_on_its_second_page(county: Running):
    status, receipt = await answered(county, Sheet(), SECOND)
    assert status == 201, receipt
    for _ in range(600):
        _, page = await county.ask("GET", "/api/v1/search?q=安全饮水工程", "T01.1")
        if page.get("total"):
            break
        await asyncio.sleep(0.1)
    assert [hit["submission"] for hit in page["hits"]] == [receipt["submission"]]
    _, status_now = await county.ask("GET", f"/api/v1/submissions/{receipt['submission']}", "T01.1")
    assert status_now["events"][-1]["event"] == "InspectionCompletion"


async def test_a_sealed_paper_with_a_mark_is_refused_and_the_sender_is_told_where(county: Running):
    before = await county.kept()
    status, problem = await answered(county, Sheet(mark="机密★1年"))
    assert (status, problem["type"]) == (422, "/problems/secrecy-mark")
    assert {finding["part"] for finding in problem["findings"]} == {"盖章件.pdf"}
    assert (await county.kept()).blobs == before.blobs
