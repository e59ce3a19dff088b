"""What people are called, as dated rows."""

from datetime import timedelta
from pathlib import Path

import ledger_maker
import pytest

from exchange.office import naming, periods
from exchange.office.store import person


@pytest.mark.asyncio
async def test_a_clock_that_was_put_back_does_not_bring_the_old_name_back(tmp_path: Path) -> None:
    async with ledger_maker.opened(await ledger_maker.found(tmp_path / "county")) as filled:
        await filled.person("county")
        await filled.database.write(periods.rename_person, "county.1", "改后", ledger_maker.NOW - timedelta(seconds=50))
        assert await filled.database.read(naming.people, ["county.1"]) == {"county.1": "改后"}
        assert (await filled.database.read(person, "county.1")).name == "改后"
