"""What would keep the whole of a scan from ever being looked at: bugs, one that always fails before the others, a crowd, a false alarm."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from county_maker import found, serving
from held_eyes_maker import HeldEyes, plain_scan, with_eyes
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from exchange.clock import FakeClock
from exchange.intake import afterwards
from exchange.intake.afterwards import Afterwards
from exchange.intake.inspections import RANKS
from exchange.sealing import content
from exchange.sealing.late import seal_late
from schemas.problems import Problem, ProblemType
from schemas.words import Urgency

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Scene:
    """A county with accepted scans, and eyes that the test holds."""

    def __init__(self, county: Any, eyes: HeldEyes) -> None:
        self.county, self.eyes = county, eyes
        self.background = Afterwards(county.service, seal_late)

    async def accepted(self) -> str:
        letter = Letter(at=self.county.clock.now(), files={"扫描件.txt": plain_scan()})
        status, _ = await self.county.submit(pack(letter, self.county.people["T01.1"]))
        assert status == 202
        for _ in range(2000):
            if self.county.service.inspections.quiet:
                break
            await asyncio.sleep(0.005)
        return str(await self.county.service.database.read(newest))

    async def left(self) -> set[str]:
        return {row.submission for row in await self.county.service.database.read(waiting)}


def waiting(tx: Tx) -> list[Any]:
    return tx.rows("SELECT submission, rank, since FROM whole_look")


def newest(tx: Tx) -> str:
    return str(tx.row("SELECT id FROM submission ORDER BY rowid DESC LIMIT 1").id)


@pytest_asyncio.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    for name in ("IDLE", "PAUSE", "LATER"):
        monkeypatch.setattr(afterwards, name, 0.01)
    run = Afterwards.run
    monkeypatch.setattr(Afterwards, "run", lambda _self: asyncio.sleep(3600))
    await found(tmp_path / "county", NOW)
    async with serving(tmp_path / "county", FakeClock(NOW)) as county:
        monkeypatch.setattr(Afterwards, "run", run)
        await county.office("T01")
        await county.person("T01")
        yield Scene(county, with_eyes(county, monkeypatch))


async def test_the_work_outlives_what_nobody_foresaw(scene: Scene) -> None:
    await scene.accepted()
    scene.eyes.broken = OSError(errno.EMFILE, "too many open files")
    task = asyncio.create_task(scene.background.run())
    await asyncio.sleep(0.2)
    assert not task.done()
    scene.eyes.broken = None
    for _ in range(400):
        if not await scene.left():
            break
        await asyncio.sleep(0.01)
    assert await scene.left() == set()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_one_that_cannot_be_looked_at_for_no_fault_of_its_own_holds_up_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.accepted()
    await scene.accepted()
    row = await scene.county.service.database.read(afterwards.following)
    read = scene.county.service.blobs.read

    def broken(name: str, *more: int) -> Any:
        if name == row.container:
            raise Problem(ProblemType.STORAGE_FAILED)
        return read(name, *more)

    with monkeypatch.context() as patched:
        patched.setattr(scene.county.service.blobs, "read", broken)
        with pytest.raises(Problem):
            await scene.background.one()
        assert await scene.background.one()
        assert await scene.left() == {row.submission}
    assert not await scene.background.one()  # the round is over, and the next begins with it
    assert await scene.background.one()
    assert await scene.left() == set()


async def test_what_is_overdue_does_not_stand_behind_all_who_come_later(scene: Scene) -> None:
    await scene.accepted()
    assert isinstance(scene.county.clock, FakeClock)
    scene.county.clock.advance(afterwards.OVERDUE + timedelta(seconds=1))
    scene.county.service.watch.clock = scene.county.clock
    assert await scene.background.one()
    assert scene.eyes.ranks[-1] == RANKS[Urgency.EXTRA_URGENT] < afterwards.RANK


async def test_a_false_alarm_does_not_spare_an_item_its_whole_look(scene: Scene) -> None:
    submission = await scene.accepted()
    database = scene.county.service.database
    (before,) = await database.read(waiting)
    body = await database.write(content.take, submission)
    assert await scene.left() == set()
    await database.write(content.give_back, submission, body)
    assert await database.read(waiting) == [before]
