"""kill -9 of a real service, again and again, under load and during start: what was acknowledged stays, to the byte."""

import asyncio
import json
import signal
import ssl
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import aiohttp
import pytest
from county_maker import found, serving
from forked_county import Forks
from submission_maker import Letter, pack

from exchange import fsck
from exchange.clock import SystemClock
from exchange.config import Limits
from exchange.county import open_folder
from keys.custody import KeySigner

KILLS = 55
CLIENTS = 5
CONTAINERS = 600


@dataclass
class Load:
    """What the clients hold: containers still without an answer, and every answer that was ever given."""

    waiting: list[bytes]
    answers: dict[bytes, bytes] = field(default_factory=dict)
    changed: int = 0
    refused: Counter[int] = field(default_factory=Counter)

    def heard(self, container: bytes, status: int, body: bytes) -> None:
        if status not in (200, 201):
            self.refused[status] += 1
        elif self.answers.setdefault(container, body) != body:
            self.changed += 1


async def send(session: aiohttp.ClientSession, url: str, load: Load, random: Random) -> None:
    """Send what waits; every fourth time send something once more that was already answered."""
    while load.waiting:
        again = load.answers and random.random() < 0.25
        container = random.choice(list(load.answers)) if again else load.waiting.pop()
        try:
            async with session.post(f"{url}/api/v1/submissions", data=container) as answer:
                load.heard(container, answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            if container not in load.answers:
                load.waiting.append(container)
            return


async def one_life(forks: Forks, folder: Path, load: Load, tls: ssl.SSLContext, random: Random, *, while_starting: bool) -> None:
    await forks.start(folder)
    try:
        if while_starting:
            await asyncio.sleep(random.uniform(0.05, 1.0))
            return
        url = await forks.address()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=0)) as session:
            clients = [asyncio.create_task(send(session, url, load, random)) for _ in range(CLIENTS)]
            heard = len(load.answers) + random.choice((0, 2, 4))
            await asyncio.sleep(random.uniform(0.02, 0.35))
            # on a busy machine nothing may have been answered by then
            while len(load.answers) < heard and not all(client.done() for client in clients):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
            await forks.end(signal.SIGKILL)
            await asyncio.gather(*clients)
    finally:
        await forks.end(signal.SIGKILL)


async def enrolled(folder: Path) -> dict[str, KeySigner]:
    people: dict[str, KeySigner] = {}
    async with serving(folder, SystemClock(), people) as county:
        for code in ("T01", "T02"):
            await county.office(code, f"{code}镇")
            await county.person(code)
    return people


async def test_fifty_kills_lose_change_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    random = Random(20261122)
    folder = tmp_path / "county"
    await found(folder, datetime.now(UTC), Limits(submissions_per_office_per_minute=1_000_000))
    people = await enrolled(folder)
    tls = ssl.create_default_context(cafile=str(folder / "trust" / "root.pem"))
    signers = [("T01", people["T01.1"]), ("T02", people["T02.1"])]
    load = Load([pack(Letter(sender=office), signer) for office, signer in signers for _ in range(CONTAINERS // 2)])
    random.shuffle(load.waiting)

    async with Forks.ready() as forks:
        for turn in range(KILLS):
            await one_life(forks, folder, load, tls, random, while_starting=turn % 5 == 4)
        acknowledged = dict(load.answers)

        await forks.start(folder)
        url = await forks.address()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
            for container in [*acknowledged, *load.waiting]:
                async with session.post(f"{url}/api/v1/submissions", data=container) as answer:
                    load.heard(container, answer.status, await answer.read())
                    assert not (container in acknowledged and answer.status != 200)
        assert await forks.end(signal.SIGTERM) == 0

    report = await fsck.check(open_folder(folder))
    submissions = {json.loads(body)["submission"] for body in load.answers.values()}
    lost = len(acknowledged.keys() - load.answers.keys())
    doubled = report["checked"]["submissions"] - len(submissions)
    with capsys.disabled():
        print(f"\n[{KILLS} kills: acknowledged {len(acknowledged)}, lost {lost}, changed {load.changed}, doubled {doubled}]", end=" ")
    assert len(acknowledged) > KILLS
    assert (lost, load.changed, doubled) == (0, 0, 0)
    assert not load.refused
    assert report["ok"], report["problems"]
    assert list((folder / "staging").iterdir()) == []
