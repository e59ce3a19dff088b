"""The page that is kept for when the county cannot be reached is kept anew when anything changes that stands on it."""

from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession
from county_maker import serving

from exchange.clock import FakeClock
from exchange.config import Settings
from exchange.founding import found_county

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


async def version(folder: Path) -> str:
    async with (
        serving(folder, FakeClock(NOW)) as county,
        ClientSession() as browser,
        browser.get(county.client.make_url("/offline-worker.js")) as answer,
    ):
        return (await answer.text()).splitlines()[0]


async def test_another_telephone_number_is_another_worker(tmp_path: Path):
    folder = tmp_path / "county"
    await found_county(folder, Settings(name="示例县人民政府办公室", support="0571-1000"), NOW)
    before = await version(folder)
    assert before.startswith("const VERSION = ")
    assert await version(folder) == before
    settings = folder / "county.toml"
    settings.write_text(settings.read_text().replace("0571-1000", "0571-2000"))
    assert await version(folder) != before
