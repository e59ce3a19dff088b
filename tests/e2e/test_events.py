"""An office follows what concerns it: each event once, whatever breaks off; nobody else's; and the stream ends when it must."""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import raw_request_maker as raw
from aiohttp import web
from county_maker import Running, found, really_serving
from stream_maker import EVENTS, Follower, following, headers
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from exchange.clock import FakeClock
from exchange.commands import Desk, grant, revoke
from exchange.config import Limits
from exchange.events import api, store
from exchange.events.store import Happening
from exchange.events.streams import STREAMS
from exchange.office import scopes
from exchange.office.store import Person
from exchange.web.inbox.claims import claims_of
from schemas.words import Role, Scope

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TITLE = "关于某某同志有关情况的专报"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("events") / "county"
    await found(folder, NOW, Limits(streams_at_once=6))
    async with really_serving(folder, FakeClock(NOW), shutdown_timeout=60) as running:
        for office in ("T01", "T02", "T03"):
            await running.office(office)
            await running.person(office)
            await running.person(office)
        await running.person("county")
        yield running


async def send(county: Running, *to: str, **fields: Any) -> str:
    letter = Letter(at=county.clock.now(), to=to or ("T02",), title=TITLE, fields=fields)
    status, body = await county.submit(pack(letter, county.people["T01.1"]))
    assert status == 201, body
    return str(json.loads(body)["submission"])


async def act(county: Running, person: str, submission: str, action: str, **body: str) -> None:
    status, answer = await county.ask("POST", f"/api/v1/inbox/{submission}/{action}", person, json.dumps(body).encode())
    assert status == 200, answer


def _rows(tx: Tx, submission: str) -> list[Any]:
    return tx.rows("SELECT evidence_id, event, at, recipient, office, person FROM event WHERE submission = :id ORDER BY id", id=submission)


async def seen(county: Running, submission: str, *people: str) -> list[list[dict[str, Any]]]:
    """Return everything of a submission that each is told from the beginning until the first heartbeat: by then all has been told."""

    async def one(person: str) -> list[dict[str, Any]]:
        async with following(county, person, f"{EVENTS}?after=0") as follower:
            while not follower.comments:
                await follower.block()
            return [told.data for told in follower.told if told.data["submission"] == submission]

    return await asyncio.gather(*map(one, people))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "HEARTBEAT_SECONDS", 1)


@pytest.mark.usefixtures("quick")
async def test_sender_and_recipients_are_told_their_own_part_and_nothing_of_the_content(county: Running):
    submission = await send(county, "T02", "T03")
    await act(county, "T02.1", submission, "open")
    await act(county, "T02.1", submission, "return", reason=TITLE)
    rows = [
        {"event": row.event, "submission": submission, "at": row.at, "office": row.office, "evidence_id": row.evidence_id}
        | ({"recipient": row.recipient} if row.recipient else {})
        | ({"by": row.person} if row.person else {})
        for row in await county.service.database.read(_rows, submission)
    ]
    assert [row["event"] for row in rows] == [
        *("SubmissionAcceptance", "ContentConsignment", "ContentConsignment"),
        *("ContentHandover", "ConsignmentRejection"),
    ]
    assert await seen(county, submission, "T01.2", "T02.2", "T03.1", "county.1") == [
        rows,
        [row for row in rows if row.get("recipient") != "T03"],
        [row for row in rows if row.get("recipient") != "T02"],
        [],
    ]


@pytest.mark.usefixtures("quick")
async def test_an_item_with_named_addressees_is_told_to_these_and_its_sender_alone(county: Running):
    submission = await send(county, addressees=["T02.1"])
    told = await seen(county, submission, "T01.1", "T02.1", "T01.2", "T02.2", "T03.1")
    assert list(map(len, told)) == [2, 2, 0, 0, 0]


async def test_what_happens_is_told_at_once_and_a_stream_without_a_place_begins_now(county: Running):
    await send(county)
    async with following(county, "T02.1") as follower:
        submission = await send(county)
        assert (await follower.next()).data["submission"] == submission
        assert follower.retry == api.RETRY_MILLISECONDS
        first = follower.last
        await act(county, "T02.1", submission, "open")
        told = [await follower.next() for _ in range(2)]
        assert [each.event for each in told] == ["ContentConsignment", "ContentHandover"]
    async with following(county, "T02.1", last=first) as follower:
        assert [await follower.next() for _ in range(2)] == told
    async with following(county, "T02.1", last=told[-1].id) as follower:
        await act(county, "T02.1", submission, "sign-for")
        assert (await follower.next()).event == "ConsignmentAcceptance"


async def test_who_is_at_an_item_is_told_beside_the_events_to_colleagues_who_see_it(county: Running):
    shown, named = await send(county), await send(county, addressees=["T02.1"])
    claims, now = claims_of(county.client.app), county.clock.now()
    first = Person("T02.1", "T02", "张三", Role.CLERK, "城关镇")
    asked = f"{EVENTS}?beside=claims"
    async with (
        following(county, "T02.2", asked) as colleague,
        following(county, "T03.1", asked) as stranger,
        following(county, "T02.2") as machine,
    ):
        place = colleague.last
        assert [(told.event, told.data) for told in (await colleague.next(), await stranger.next())] == [("claims", {})] * 2
        claims.take(first, shown, now)
        assert (await colleague.next()).data == {shown: "张三"}
        claims.take(first, named, now)
        assert (await colleague.next()).data == {}  # which item it is now is not for this colleague to know
        claims.take(first, shown, now)
        assert (await colleague.next()).data == {shown: "张三"}
        claims.release(first, shown)
        assert (await colleague.next()).data == {}
        assert colleague.last == place  # where to go on after a break is the ledger's alone
        last = await send(county, "T02", "T03")
        told = [await each.next() for each in (colleague, stranger, machine)]
        assert {each.data["submission"] for each in told} == {last}
    status, answer = await county.ask("GET", f"{EVENTS}?beside=all", "T02.1")
    assert (status, answer["type"].rsplit("/", 1)[-1]) == (400, "request-malformed")


async def test_whoever_was_told_nothing_yet_comes_back_to_where_they_began(county: Running):
    async with following(county, "T02.1") as follower:
        place = follower.last
    submission = await send(county)
    async with following(county, "T02.1", last=place) as follower:
        assert (await follower.next()).data["submission"] == submission


async def test_followers_that_break_off_at_any_moment_are_told_each_event_once(county: Running):
    chance, finished = random.Random(7), asyncio.Event()

    async def happen() -> None:
        for number in range(12):
            submission = await send(county, *(("T02", "T03") if number % 3 else ("T02",)), addressees=["T02.1"] if number % 4 == 3 else [])
            await act(county, "T02.1", submission, "open")
            if number % 2:
                await act(county, "T02.1", submission, "sign-for")
        finished.set()

    async def follow(person: str, last: str | None, wanted: int) -> list[str]:
        told: list[str] = []
        while len(told) < wanted:
            async with following(county, person, last=last) as follower:
                last = follower.last
                for _ in range(min(chance.randint(1, 9), wanted - len(told))):
                    told.append((await follower.next()).data["evidence_id"])
                    last = follower.last
        return told

    wanted = {"T01.1": 50, "T01.2": 36, "T02.1": 42, "T02.2": 30, "T03.1": 12}
    start = await county.service.database.read(store.newest)
    *told, _ = await asyncio.gather(*(follow(person, start.mark, count) for person, count in wanted.items()), happen())
    assert finished.is_set()
    for (person, count), ids in zip(wanted.items(), told, strict=True):
        assert len(set(ids)) == len(ids) == count, person
        assert ids == await county.service.database.read(_theirs, person, start.number), person


def _theirs(tx: Tx, person: str, after: int) -> list[str]:
    """Return the evidence ids that a person may be told of, found in another way than the stream's."""
    office, found_ = person.split(".", maxsplit=1)[0], []
    for row in tx.rows(
        "SELECT evidence_id, submission, recipient FROM event WHERE submission IS NOT NULL AND id > :after ORDER BY id", after=after
    ):
        sender = tx.row("SELECT office, person FROM submission WHERE id = :id", id=row.submission)
        offices = {each.office for each in tx.rows("SELECT office FROM delivery WHERE submission = :id", id=row.submission)}
        named = {each.person for each in tx.rows("SELECT person FROM addressee WHERE submission = :id", id=row.submission)}
        if named and person not in named | {sender.person}:
            continue
        if office == sender.office or (office in offices and row.recipient in (None, office)):
            found_.append(row.evidence_id)
    return found_


@pytest.mark.parametrize(
    ("path", "last", "expected"),
    [
        (f"{EVENTS}?after=x", None, (400, "request-malformed")),
        (f"{EVENTS}?after=1", None, (400, "request-malformed")),
        (f"{EVENTS}?after=999-00000000", None, (409, "events-unknown")),
        (EVENTS, "1-00000000", (409, "events-unknown")),
        (EVENTS, "机密", (400, "request-malformed")),
        (f"{EVENTS}?before=0", None, (400, "request-malformed")),
    ],
)
async def test_a_place_that_this_ledger_never_gave_is_refused(county: Running, path: str, last: str | None, expected: tuple[int, str]):
    answer = await county.client.get(path, headers=headers(county, "T01.1", path, last))
    assert (answer.status, (await answer.json())["type"].removeprefix("/problems/")) == expected
    assert len(county.client.app[STREAMS]) == 0


async def test_nobody_who_did_not_sign_may_listen(county: Running):
    assert (await county.client.get(EVENTS)).status == 401


async def test_streams_are_counted_and_their_places_given_back(county: Running):
    streams = county.client.app[STREAMS]
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(following(county, "T01.1"))
        answer = await county.client.get(EVENTS, headers=headers(county, "T01.1"))
        assert (answer.status, (await answer.json())["type"]) == (429, "/problems/too-many-requests")
        assert int(answer.headers["Retry-After"]) > 0
        for person in ("T01.2", "T02.1", "T02.2"):
            await stack.enter_async_context(following(county, person))
        assert (await county.client.get(EVENTS, headers=headers(county, "T03.1"))).status == 429
        assert len(streams) == 6
    await gone(county)
    async with following(county, "T03.1"):
        assert len(streams) == 1


async def gone(county: Running) -> None:
    async with asyncio.timeout(20):
        while county.client.app[STREAMS]._open:  # noqa: ASYNC110 - nobody tells when a peer's going was noticed
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("quick")
async def test_a_stream_ends_when_its_caller_is_revoked(county: Running):
    desk = Desk(county.county, county.service.database, county.service.watch, county.service.reload_trust)
    leaver = await county.person("T02")
    async with following(county, leaver) as follower, following(county, "T02.2") as colleague:
        await revoke(desk, person=leaver)
        county.clock.advance(timedelta(seconds=2))
        await follower.ended()
        submission = await send(county)
        assert (await colleague.next()).data["submission"] == submission
        assert follower.told == []
    answer = await county.client.get(EVENTS, headers=headers(county, leaver))
    assert (answer.status, (await answer.json())["type"]) == (403, "/problems/signer-revoked")


@pytest.mark.usefixtures("quick")
async def test_a_service_account_listens_while_it_has_the_scope(county: Running):
    account = await county.person("T02", "OA接口", Role.SERVICE)
    desk = Desk(county.county, county.service.database, county.service.watch)
    await county.service.database.write(scopes.grant, account, frozenset({Scope.SEARCH}), county.clock.now())
    answer = await county.client.get(EVENTS, headers=headers(county, account))
    assert (answer.status, (await answer.json())["detail"]) == (403, "scope events")
    await grant(desk, person=account, scope=["events"])
    async with following(county, account) as follower:
        submission = await send(county)
        assert (await follower.next()).data["submission"] == submission
        await grant(desk, person=account, scope=["search"])
        await follower.ended()


PADDING = 2**20


def _padded(_: Happening) -> str:
    return json.dumps("x" * PADDING)


async def test_a_reader_that_takes_nothing_is_cut_off_and_costs_no_memory(county: Running):
    path = f"{EVENTS}?after={(await county.service.database.read(store.newest)).mark}"
    for _ in range(8):
        await send(county, "T02", "T03")
    streams = county.client.app[STREAMS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "DRAIN_SECONDS", 0.5)
        patch.setattr(api, "told", _padded)
        async with raw.wire(raw.port_of(county.client)) as wire:
            signed = {name.replace("-", "_"): value for name, value in headers(county, "T01.1", path).items()}
            await wire.send(raw.head(None, path, "GET", **signed))
            await wire.reader.readuntil(b"\r\n\r\n")
            (stream,) = streams._open
            transport = stream._request.transport
            assert transport is not None
            while stream.alive:
                assert transport.get_write_buffer_size() < 3 * PADDING
                await asyncio.sleep(0.01)
            await gone(county)
    async with following(county, "T01.1", path) as follower:
        assert [(await follower.next()).event for _ in range(24)].count("SubmissionAcceptance") == 8


async def test_who_leaves_before_the_first_answer_is_no_incident(county: Running, caplog: pytest.LogCaptureFixture):
    recognised = api.caller

    async def recognised_too_late(request: web.Request) -> Person:
        person = await recognised(request)
        transport = request.transport
        assert transport is not None
        transport.abort()
        while request.transport is not None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
        return person

    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.INFO, "yizhan"):
        patch.setattr(api, "caller", recognised_too_late)
        path = f"{EVENTS}?after=0"
        async with raw.wire(raw.port_of(county.client)) as wire:
            signed = {name.replace("-", "_"): value for name, value in headers(county, "T01.1", path).items()}
            await wire.send(raw.head(None, path, "GET", **signed))
            with suppress(ConnectionError):
                assert await wire.reader.read() == b""
        while not any("followEvents" in str(vars(record)) for record in caplog.records):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    await gone(county)


async def test_the_service_stops_at_once_with_streams_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "told", _padded)
    await found(tmp_path / "county", NOW)
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(30), really_serving(tmp_path / "county", FakeClock(NOW), shutdown_timeout=300) as county:
            for office in ("T01", "T02"):
                await county.office(office)
                await county.person(office)
            for _ in range(8):
                await send(county)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            idle = Follower(await session.get(county.client.make_url(EVENTS), headers=headers(county, "T02.1")))
            assert await idle.block() is None
            stuck = await session.get(county.client.make_url(f"{EVENTS}?after=0"), headers=headers(county, "T01.1", f"{EVENTS}?after=0"))
            streams = county.client.app[STREAMS]
            while not any(stream.sending for stream in streams._open):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
            assert len(streams) == 2
        await idle.ended()
        assert idle.told == []
        with suppress(aiohttp.ClientError):
            await stuck.read()
