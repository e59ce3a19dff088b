"""What an attacker tried: each stays mended."""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from sealing_maker import holding
from submission_maker import Letter, pack, pack_with

from exchange.app import ASIDE
from exchange.clock import FakeClock
from exchange.intake.accept import Intake
from exchange.intake.staging import Staging
from exchange.sealing import orphans
from schemas.problems import Problem, ProblemType
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("attacks") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        for role in (Role.CLERK, Role.CLERK):
            await running.person("T01", "张三", role)
        await running.person("county", "李四", Role.REVIEWER)
        yield running


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def refused(receiving: Any) -> ProblemType:
    with pytest.raises(Problem) as caught:
        await receiving
    return caught.value.kind


async def test_strangers_together_hold_no_more_than_their_share_of_memory(county: Running):
    intake = Intake(county.service)
    intake.gate.heads.most = 100_000
    stop = asyncio.Event()

    async def slow(content: bytes) -> AsyncIterator[bytes]:
        yield content[:60_000]
        await stop.wait()

    head = pack(Letter(at=NOW, fields={"notes": "一" * 2000}), county.people["T01.1"])[:1000] + bytes(59_000)
    holders = [asyncio.create_task(refused(intake.receive(slow(head)))) for _ in range(1)]
    await asyncio.sleep(0)
    held = intake.gate.heads.held
    good = pack(Letter(at=NOW), county.people["T01.1"])
    assert (await intake.receive(pieces(good))).status == 201  # an honest head is small
    assert await refused(intake.receive(pieces(bytes(100_001 - held)))) is ProblemType.BUSY
    stop.set()
    await asyncio.gather(*holders)
    assert intake.gate.heads.held == 0


async def test_the_first_refusal_stops_the_reading_of_the_rest(county: Running, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    read = county.service.sandbox.read

    async def counted(name: str, *rest: Any) -> Any:
        asked.append(name)
        return await read(name, *rest)

    monkeypatch.setattr(county.service.sandbox, "read", counted)
    files = {"正文.txt": b"\0binary"} | {f"attachments/{n}.txt": "防汛材料。".encode() for n in range(40)}
    status, body = await county.submit(pack(Letter(at=NOW, files=files), county.people["T01.1"]))
    assert (status, json.loads(body)["type"]) == (422, "/problems/format-not-inspectable")
    assert len(asked) < 10


async def test_one_office_with_many_slow_files_does_not_keep_another_waiting(county: Running, monkeypatch: pytest.MonkeyPatch):
    await county.office("T02", "青龙镇")
    await county.person("T02")
    read, running, most = county.service.sandbox.read, 0, 0

    async def slow(name: str, *rest: Any) -> Any:
        nonlocal running, most
        running += "slow" in name
        most = max(most, running)
        await asyncio.sleep(0.05 if "slow" in name else 0)
        running -= "slow" in name
        return await read(name, *rest)

    monkeypatch.setattr(county.service.sandbox, "read", slow)
    files = {f"slow{n}.txt" if n == 0 else f"attachments/slow{n}.txt": "防汛材料。".encode() for n in range(8)}
    flood = [asyncio.create_task(county.submit(pack(Letter(at=NOW, files=files), county.people["T01.1"]))) for _ in range(6)]
    await asyncio.sleep(0.05)
    honest = await county.submit(pack(Letter(sender="T02", at=NOW), county.people["T02.1"]))
    assert honest[0] == 201
    assert not all(task.done() for task in flood)  # it did not wait for the flood to end
    assert [status for status, _ in await asyncio.gather(*flood)] == [201] * 6
    assert most <= 4


async def test_metadata_has_one_spelling(county: Running):
    letter = Letter(at=NOW)
    packed = pack_with(letter, county.people["T01.1"], change=lambda metadata: metadata.replace(b'"T01"', rb'"T0\u0031"', 1))
    status, body = await county.submit(packed)
    assert (status, json.loads(body)["type"]) == (422, "/problems/metadata-malformed")


async def test_an_orphan_is_set_aside_for_a_month(tmp_path: Path):
    folder = tmp_path / "county"
    await found(folder, NOW)
    content, day = "鸿雁于飞肃肃其羽".encode(), folder / "blobs" / "2026-11-22"
    name = hashlib.sha256(content).hexdigest()
    day.mkdir(parents=True)
    (day / name).write_bytes(content)
    for age, there in ((timedelta(0), True), (ASIDE + timedelta(days=1), False)):
        async with serving(folder, FakeClock(NOW + age)):
            kept = folder / "orphans" / f"{name}.sealed"
            assert kept.exists() is there
            assert not (day / name).exists()
            if there:
                assert holding(folder, content.decode()) == {}
                opening = [str(kept), "--keys", str(folder / "keys"), "--out", str(tmp_path / "out")]
                assert orphans.main(opening) == 0
                assert (tmp_path / "out" / name).read_bytes() == content
                os.utime(kept, (NOW.timestamp(), NOW.timestamp()))


async def test_a_colleague_cannot_correct_what_only_named_people_see(county: Running):
    letter = Letter(at=NOW, fields={"addressees": ["county.1"]})
    _, body = await county.submit(pack(letter, county.people["T01.1"]))
    submission = json.loads(body)["submission"]
    assert (await county.ask("POST", f"/api/v1/inbox/{submission}/return", "county.1", '{"reason":"补正"}'.encode()))[0] == 200
    answers = {}
    for person in ("T01.2", "T01.1"):
        again = pack(Letter(at=NOW, fields={"replaces": submission}), county.people[person])
        answers[person] = (await county.submit(again))[0]
    assert answers == {"T01.2": 409, "T01.1": 201}


async def test_a_flood_does_not_fill_the_ledgers_disk(tmp_path: Path):
    staging = Staging(tmp_path / "staging", room=1_000_000)
    staging.wipe()
    with staging.item() as first:
        first.write(bytes(900_000))
        with staging.item() as second:
            with pytest.raises(Problem) as caught:
                second.write(bytes(200_000))
            assert caught.value.kind is ProblemType.BUSY
        first.write(bytes(100_000))
    with staging.item() as third:
        third.write(bytes(1_000_000))


async def test_no_title_stops_the_clock_of_the_service(county: Running):
    begun = time.process_time()
    for filler in (" " * 490, "　" * 490, "- " * 240, "机" * 240 + "密" * 240):
        title = f"秘密{filler}x"[:500]
        status, _ = await county.submit(
            pack(Letter(at=NOW, title=title, fields={"notes": f"秘密{filler * 3}x"[:2000]}), county.people["T01.1"])
        )
        assert status in (201, 422)
    assert time.process_time() - begun < 60  # it was hours: a bound of sense, not a measurement
