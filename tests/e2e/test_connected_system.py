"""An office's own system beside the real service: invited, enrolled, following, watched by monitoring, and stopped with it."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from county_process import COUNTY, ROOT, CountyProcess, Township, county_process
from multidict import CIMultiDict
from prometheus_client.parser import text_string_to_metric_families
from stream_maker import EVENTS, Follower

from exchange import config
from exchange.client.home import open_home
from exchange.request_signature import Message, sign_request

ACCOUNT = ("--office", "T01", "--person", "OA接口", "--role", "service")


@asynccontextmanager
async def session(county: CountyProcess) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cafile=str(county.folder / "trust" / "root.pem"))
    async with aiohttp.ClientSession(county.url, connector=aiohttp.TCPConnector(ssl=context)) as made:
        yield made


def signed(home: Path, url: str, path: str) -> CIMultiDict[str]:
    message = Message("GET", url + path, CIMultiDict())
    sign_request(message, None, open_home(home).signer, datetime.now(UTC))
    return message.headers


def serve_with_json_logs(county: CountyProcess, errors: Path) -> None:
    """Serve anew, with the log as JSON in a file."""
    county.stop()
    settings = county.folder / config.FILE
    settings.write_text(settings.read_text().replace('log_format = "text"', 'log_format = "json"'))
    with errors.open("w") as file:
        command = [*COUNTY, "serve", str(county.folder), "--port", str(county.port)]
        county.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=file, text=True)
    assert county.process.stdout is not None
    assert county.process.stdout.readline() == f"listening on {county.url}\n"


async def test_a_connected_system_does_what_its_scopes_allow_until_the_service_stops(tmp_path: Path):
    with county_process(tmp_path / "county") as county:
        county.office("T01", "城关镇")
        serve_with_json_logs(county, tmp_path / "log")
        slip = county.run("invite", county.folder, *ACCOUNT, "--scope", "events").json
        system = Township(tmp_path / "system")
        system.run("enrol", county.url, "--code", slip["code"], "--fingerprint", slip["fingerprint"])
        system.do("inbox", expect=7)
        county.run("scopes", county.folder, "--person", slip["person"], "--scope", "events", "--scope", "submit", "--scope", "sent")
        async with session(county) as web:
            follower = Follower(await web.get(EVENTS, headers=signed(system.home, county.url, EVENTS)))
            assert await follower.block() is None
            await asyncio.to_thread(submit, system, tmp_path)
            told = [await follower.next() for _ in range(2)]
            assert [(each.event, each.data.get("by")) for each in told] == [
                ("SubmissionAcceptance", slip["person"]),
                ("ContentConsignment", None),
            ]
            families = text_string_to_metric_families(await (await web.get("/metrics")).text())
            samples = {sample.name: sample.value for family in families for sample in family.samples}
            assert samples["yizhan_event_streams"] == samples["yizhan_ledger_submissions"] == 1
            stopping = asyncio.create_task(asyncio.to_thread(county.stop))
            await follower.ended()
            async with asyncio.timeout(15):  # the streams are not waited for: that would take twenty seconds
                assert await stopping == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    requests = {(line["operation"], line["status"], line.get("office")) for line in lines if line["event"] == "request"}
    assert {("followEvents", 200, "T01"), ("listInbox", 403, "T01"), ("submit", 201, None)} <= requests


def submit(system: Township, folder: Path) -> None:
    paper = folder / "信息.txt"
    paper.write_text("关于今年防汛准备工作的情况。\n各村已完成隐患排查，储备沙袋二千只。\n")
    system.do("submit", paper, "--title", "防汛准备工作情况", "--kind", "information", "--to", "county")
