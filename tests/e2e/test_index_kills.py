"""kill -9 of a real service while it indexes and while it makes the index anew: every accepted submission is found, once."""

import asyncio
import json
import signal
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import aiohttp
from county_maker import found, serving
from forked_county import Forks
from submission_maker import Letter, pack

from archive.ledger import log
from archive.ledger.sqlite import SqliteDatabase
from archive.search.engines import engine
from archive.search.feeder import Finder
from archive.search.question import Everything, Question, Viewer, Words
from exchange.clock import SystemClock
from exchange.config import Limits
from exchange.control import run_there
from exchange.county import open_folder
from keys.custody import KeySigner
from schemas import instants
from schemas.problems import Problem

KILLS = 4
CONTAINERS = 120


async def send(session: aiohttp.ClientSession, url: str, waiting: list[bytes], accepted: set[str]) -> None:
    while waiting:
        container = waiting.pop()
        try:
            async with session.post(f"{url}/api/v1/submissions", data=container) as answer:
                body = await answer.read()
                assert answer.status in (200, 201), body
                accepted.add(json.loads(body)["submission"])
        except (aiohttp.ClientError, ConnectionError):
            waiting.append(container)
            return


async def one_life(
    forks: Forks, folder: Path, tls: ssl.SSLContext, waiting: list[bytes], accepted: set[str], random: Random, *, anew: bool
) -> None:
    await forks.start(folder)
    try:
        url = await forks.address()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
            wanted = len(accepted) + 2
            clients = [asyncio.create_task(send(session, url, waiting, accepted)) for _ in range(2)]
            await asyncio.sleep(random.uniform(0.1, 0.4))
            async with asyncio.timeout(30):
                while len(accepted) < wanted:  # noqa: ASYNC110 - on a machine that has much else to do
                    await asyncio.sleep(0.02)
            if anew:
                asking = asyncio.create_task(run_there(folder, "reindex", {"begin": True}))
                await asyncio.sleep(random.uniform(0.01, 0.3))
                asking.cancel()
                with suppress(asyncio.CancelledError, Problem):
                    await asking
            await forks.end(signal.SIGKILL)
            await asyncio.gather(*clients)
    finally:
        await forks.end(signal.SIGKILL)


async def test_after_any_kill_every_accepted_submission_is_found_once(tmp_path: Path):
    random, folder = Random(20261122), tmp_path / "county"
    await found(folder, datetime.now(UTC), Limits(submissions_per_office_per_minute=1_000_000))
    people: dict[str, KeySigner] = {}
    async with serving(folder, SystemClock(), people) as county:
        await county.office("T01")
        await county.person("T01")
    tls = ssl.create_default_context(cafile=str(folder / "trust" / "root.pem"))
    waiting = [pack(Letter(title=f"第{number}期简报"), people["T01.1"]) for number in range(CONTAINERS)]
    accepted: set[str] = set()
    generations = set()
    async with Forks.ready() as forks:
        for turn in range(KILLS):
            await one_life(forks, folder, tls, waiting, accepted, random, anew=turn % 2 == 1)
            generations |= {path.name for path in (folder / "index").glob("0*")}
        assert len(accepted) > KILLS
        assert len(generations) > 1

        await forks.start(folder)
        await forks.address()
        status = await run_there(folder, "status", {})
        async with asyncio.timeout(30):
            while not status["index"]["ready"] or status["index"]["lag"]["events"]:
                await asyncio.sleep(0.05)
                status = await run_there(folder, "status", {})
        assert status["index"]["entries"] == status["submissions"]
        assert await forks.end(signal.SIGINT) == 0
    await assert_found_once(folder, accepted)


async def assert_found_once(folder: Path, accepted: set[str]) -> None:
    county = open_folder(folder)
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(datetime.now(UTC)))
    finder = Finder(database, county.index, engine("tantivy"), lambda: datetime.now(UTC))
    try:
        assert (await finder.look())["lag"]["events"] == 0
        kept = await database.read(lambda tx: {row.id for row in tx.rows("SELECT id FROM submission")})
        for node in (Everything(), Words("防汛"), Words("期简报", "title")):
            hits = (await finder.ask(Question(node=node, viewer=Viewer("county", "county.1"), size=10_000))).hits
            assert len(hits) == len(kept)
            assert {hit.submission for hit in hits} == kept >= accepted
        assert sorted(path.name for path in county.index.iterdir())[1:] == ["current"]
    finally:
        await finder.close()
        await database.close()
