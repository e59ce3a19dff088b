"""Monitoring reads true numbers that name nobody, from the addresses it was given and from nowhere else."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import make_mocked_request
from county_maker import Running, found, serving
from prometheus_client.openmetrics import parser as open_parser
from prometheus_client.parser import text_string_to_metric_families
from submission_maker import Letter, pack

from exchange.app import operations
from exchange.clock import FakeClock
from exchange.events.streams import STREAMS
from exchange.metrics import GAUGES, METRICS
from exchange.metrics_api import FORWARDED, require_monitoring
from schemas.problems import Problem, ProblemType

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
USES = ("root", "issuing", "receipt", "timestamp")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("metrics") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        for office in ("T01", "T02"):
            await running.office(office)
            await running.person(office)
        yield running


async def scraped(county: Running) -> Samples:
    answer = await county.client.get("/metrics")
    assert answer.status == 200
    families = text_string_to_metric_families(await answer.text())
    return {(sample.name, frozenset(sample.labels.items())): sample.value for family in families for sample in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"yizhan_{name}", frozenset(labels.items())), 0)


async def test_every_gauge_stands_there_and_says_what_is_so(county: Running):
    await county.submit(pack(Letter(at=NOW, to=("T02",)), county.people["T01.1"]))
    async with asyncio.timeout(20):
        while county.service.finder.behind().events or not county.service.finder.state()["ready"]:  # noqa: ASYNC110 - nobody tells when
            await asyncio.sleep(0.05)
    samples = await scraped(county)
    for name in GAUGES:
        assert (f"yizhan_{name}", frozenset()) in samples, name
    events = (await county.service.database.read(lambda tx: tx.row("SELECT count(*) AS count FROM event"))).count
    submissions = (await county.service.database.read(lambda tx: tx.row("SELECT count(*) AS count FROM submission"))).count
    assert value(samples, "ledger_events") == value(samples, "log_leaves") == events
    assert value(samples, "ledger_submissions") == value(samples, "index_entries") == submissions
    assert value(samples, "index_ready") == 1
    assert value(samples, "index_lag_events") == value(samples, "index_lag_seconds") == value(samples, "index_rebuilding") == 0
    assert value(samples, "staging_free_bytes") == county.service.staging.free
    assert value(samples, "ledger_bytes") >= county.county.ledger.stat().st_size
    assert value(samples, "signing_stopped") == value(samples, "inspections_running") == value(samples, "inspections_waiting") == 0
    ends = {
        use: value(samples, "certificate_end_timestamp_seconds", certificate=use) for use in ("root", "issuing", "receipt", "timestamp")
    }
    assert ends["root"] == county.county.root.not_valid_after_utc.timestamp()
    assert all(end > NOW.timestamp() for end in (*ends.values(), value(samples, "revocation_list_end_timestamp_seconds")))
    assert [labels for name, labels in samples if name == "yizhan_build_info"]
    assert ("process_resident_memory_bytes", frozenset()) in samples


async def test_requests_refusals_and_submissions_are_counted_by_kind(county: Running):
    before = await scraped(county)
    clerk = county.people["T01.1"]
    content = pack(Letter(at=NOW, to=("T02",)), clerk)
    statuses = [
        (await county.submit(body))[0] for body in (content, content, pack(Letter(at=NOW, title="机密★一年"), clerk), b"no container")
    ]
    assert statuses == [201, 200, 422, 400]
    await county.ask("GET", "/api/v1/inbox", "T02.1")
    await county.client.get("/api/v1/inbox")
    await county.client.get("/nothing/here")
    after = await scraped(county)

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    for outcome in ("accepted", "repeated", "refused", "invalid"):
        assert grown("submissions_total", outcome=outcome) == 1, outcome
    assert grown("requests_total", operation="submit", method="POST", status="2xx") == 2
    assert grown("requests_total", operation="submit", method="POST", status="4xx") == 2
    assert grown("requests_total", operation="listInbox", method="GET", status="2xx") == 1
    assert grown("requests_total", operation="listInbox", method="GET", status="4xx") == 1
    assert grown("requests_total", operation="none", method="GET", status="4xx") == 1
    assert grown("problems_total", type="secrecy-mark") == grown("problems_total", type="request-not-signed") == 1
    assert grown("request_seconds_count", operation="submit") == grown("request_seconds_bucket", operation="submit", le="+Inf") == 4
    assert grown("commit_group_size_count") >= 2
    assert grown("commit_group_size_sum") >= grown("commit_group_size_count")


async def test_no_label_names_an_office_a_person_an_id_or_what_was_asked(county: Running):
    """What may stand in a label is known beforehand: whatever else was sent is the sender's own word."""
    await county.client.request("PROPFIND", "/api/v1/secret-word", headers={"X-Request-Id": "T01"})
    await county.client.get("/api/v1/submissions/" + "5" * 64)
    await county.client.get("/problems/no-such-problem")
    await county.ask("GET", "/api/v1/search?query=secret-word", "T01.1")
    kinds = {kind.type for kind in ProblemType}
    ids = {*(operation.id for operation in operations()), "none"}
    for name, labels in await scraped(county):
        for label, text in labels:
            allowed: dict[str, Any] = {
                "operation": ids,
                "method": {"GET", "HEAD", "POST", "other"},
                "status": {"2xx", "3xx", "4xx", "5xx", "gone"},
                "type": kinds,
                "outcome": {"accepted", "repeated", "refused", "invalid"},
                "certificate": set(USES),
            }
            if label not in ("le", "version", "python", "sqlite"):
                assert text in allowed[label], (name, label, text)


async def test_open_streams_and_stopped_signing_show(county: Running):
    assert value(await scraped(county), "event_streams") == 0
    with county.client.app[STREAMS].one("T01.1", make_mocked_request("GET", "/", transport=Peer("127.0.0.1"))):
        assert value(await scraped(county), "event_streams") == 1
    county.service.watch.stopped = "clock-jump: +70 s"
    try:
        assert value(await scraped(county), "signing_stopped") == 1
        answer = await county.client.get("/readyz")
        assert (answer.status, (await answer.json())["detail"]) == (503, "clock-jump: +70 s")
    finally:
        county.service.watch.stopped = ""


async def test_openmetrics_is_given_when_asked_for(county: Running):
    async with aiohttp.ClientSession() as session:
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
        answer = await session.get(county.client.make_url("/metrics"), headers={"Accept": accept})
        assert answer.content_type == "application/openmetrics-text"
        families = {family.name for family in open_parser.text_string_to_metric_families(await answer.text())}
    assert {"yizhan_requests", "yizhan_ledger_events"} <= families


@pytest.mark.parametrize("header", FORWARDED)
async def test_whoever_comes_through_a_proxy_finds_nothing(county: Running, header: str):
    answer = await county.client.get("/metrics", headers={header: "127.0.0.1"})
    assert (answer.status, (await answer.json())["type"]) == (404, "/problems/not-found")


class Peer:
    """Just enough of a transport to have an address."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self.address, 1234) if name == "peername" else default

    def is_closing(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        (("127.0.0.0/8", "::1/128"), "127.0.0.1", True),
        (("127.0.0.0/8", "::1/128"), "::1", True),
        (("127.0.0.0/8",), "::ffff:127.0.0.1", True),
        (("127.0.0.0/8", "::1/128"), "10.1.2.3", False),
        (("127.0.0.0/8",), "::1", False),
        (("10.1.0.0/16",), "10.1.2.3", True),
        (("10.1.0.0/16",), "10.2.2.3", False),
        (("fe80::/10",), "fe80::1%eth0", True),
        ((), "127.0.0.1", False),
        (("0.0.0.0/0",), "", False),
    ],
)
async def test_only_the_networks_of_the_monitoring_may_read(networks: tuple[str, ...], address: str, allowed: bool):  # noqa: FBT001 - a case
    request = make_mocked_request("GET", "/metrics", transport=Peer(address))
    if allowed:
        require_monitoring(networks, request)
    else:
        with pytest.raises(Problem, match="not-found"):
            require_monitoring(networks, request)


async def test_two_services_in_one_process_count_apart(county: Running, tmp_path: Path):
    await found(tmp_path / "county", NOW)
    async with serving(tmp_path / "county", FakeClock(NOW)) as other:
        assert other.client.app[METRICS].registry is not county.client.app[METRICS].registry
        answer = json.dumps(sorted(name for name, _ in await scraped(other)))
        assert "yizhan_submissions_total" not in answer
