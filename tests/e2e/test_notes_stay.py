"""An administrator gets no content of their own office's items, by the form for corrections either."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from county_maker import Running, found, serving
from submission_maker import Letter, pack

from exchange.clock import FakeClock
from exchange.office import browsers
from schemas.messages import Envelope, decode
from schemas.words import Role

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NOTES = "附注里写的是内容"


@pytest.fixture
async def county(tmp_path: Path) -> AsyncIterator[Running]:
    folder = tmp_path / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        yield running


async def page(county: Running, person: str, path: str) -> str:
    token = await county.service.database.write(browsers.begin, person, "key", "Firefox", county.clock.now())
    headers = {"Cookie": f"{browsers.COOKIE}={token}", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    answer = await county.client.get(path, headers=headers)
    return await answer.text()


async def test_the_form_for_corrections_gives_an_administrator_no_notes(county: Running) -> None:
    clerk, administrator = await county.person("T01"), await county.person("T01", "管理员", Role.ADMINISTRATOR)
    letter = Letter(at=county.clock.now(), fields={"notes": NOTES})
    submission = decode((await county.submit(pack(letter, county.people[clerk])))[1], Envelope).submission
    for path in (f"/items/{submission}", f"/submit?replaces={submission}"):
        assert NOTES in await page(county, clerk, path)
        assert NOTES not in await page(county, administrator, path)
