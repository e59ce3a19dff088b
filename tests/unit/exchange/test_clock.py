"""A clock that is wrong is not started with, one that jumps stops signing, and no receipt is older than the one before."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from county_maker import found, serving
from submission_maker import Letter, pack

from exchange.app import running
from exchange.clock import BUILT, FakeClock, SystemClock, Watch, require_sane
from exchange.county import open_folder
from schemas.problems import Problem, ProblemType

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("step", "stops"), [(60, False), (61, True), (-60, False), (-61, True), (86_400, True)])
def test_a_jump_of_more_than_a_minute_either_way_stops_signing_for_good(step: int, stops: bool):  # noqa: FBT001 - a table
    clock = FakeClock(NOW)
    watch = Watch(clock)
    clock.jump(timedelta(seconds=step))
    watch.now()
    clock.jump(timedelta(seconds=-step))  # setting it right again does not help
    watch.now()
    assert bool(watch.stopped) is stops
    if stops:
        with pytest.raises(Problem) as caught:
            watch.signing_now()
        assert caught.value.kind is ProblemType.SIGNING_STOPPED
    else:
        assert watch.signing_now() == NOW


def test_time_that_really_passed_is_no_jump():
    clock = FakeClock(NOW)
    watch = Watch(clock)
    clock.advance(timedelta(days=30))  # suspended, or nobody asked
    assert watch.signing_now() == NOW + timedelta(days=30)


def test_the_first_reason_stays():
    clock = FakeClock(NOW)
    watch = Watch(clock)
    for step in (100, 9000):
        clock.jump(timedelta(seconds=step))
        watch.now()
    assert "+100" in watch.stopped


def test_the_systems_clock_is_aware_and_its_elapsed_time_goes_on():
    clock = SystemClock()
    first = clock.elapsed()
    assert clock.now().utcoffset() == timedelta()
    assert clock.elapsed() >= first
    assert not Watch(clock).stopped


@pytest.mark.parametrize(
    ("now", "last"), [(BUILT - timedelta(seconds=1), BUILT - timedelta(days=9)), (NOW, NOW + timedelta(milliseconds=1))]
)
def test_a_clock_before_the_build_or_before_the_last_event_is_refused(now: datetime, last: datetime):
    with pytest.raises(Problem) as caught:
        require_sane(now, last)
    assert caught.value.kind is ProblemType.CLOCK_WRONG


async def test_a_service_does_not_start_backwards_and_starts_when_the_clock_is_right_again(tmp_path: Path):
    await found(tmp_path / "county", NOW)
    with pytest.raises(Problem) as caught:
        async with running(open_folder(tmp_path / "county"), FakeClock(NOW - timedelta(seconds=1))):
            pass
    assert caught.value.kind is ProblemType.CLOCK_WRONG
    async with running(open_folder(tmp_path / "county"), FakeClock(NOW)) as service:
        assert service.watch.signing_now() == NOW


async def test_after_a_jump_nothing_is_signed_until_the_service_is_started_anew_but_looking_goes_on(tmp_path: Path):
    await found(tmp_path / "county", NOW)
    clock = FakeClock(NOW)
    async with serving(tmp_path / "county", clock) as county:
        await county.office("T01")
        await county.person("T01")
        await county.person("county", "收文员")
        status, body = await county.submit(pack(Letter(at=NOW), county.people["T01.1"]))
        assert status == 201
        before, people = await county.kept(), county.people
        clock.jump(timedelta(seconds=61))
        content = pack(Letter(at=clock.now()), people["T01.1"])
        answers = [
            await county.submit(content),
            await county.submit(pack(Letter(at=clock.now(), fields={"notes": "绝密★"}), people["T01.1"])),
        ]
        assert {(status, json.loads(body)["type"]) for status, body in answers} == {(503, "/problems/signing-stopped")}
        path = f"/api/v1/inbox/{json.loads(body)['submission']}/sign-for"
        assert (await county.ask("POST", path, "county.1"))[1]["type"] == "/problems/signing-stopped"
        assert (await county.client.get("/readyz")).status == 503
        assert (await county.client.get("/healthz")).status == 200
        assert (await county.ask("GET", "/api/v1/submissions", "T01.1"))[0] == 200
        assert await county.kept() == before
    async with serving(tmp_path / "county", clock, people) as county:
        assert (await county.submit(content))[0] == 201


async def test_receipts_never_go_back_in_time_when_the_clock_does_a_little(tmp_path: Path):
    await found(tmp_path / "county", NOW)
    clock = FakeClock(NOW + timedelta(minutes=5))
    async with serving(tmp_path / "county", clock) as county:
        await county.office("T01")
        await county.person("T01")
        for step in (0, -50, -50, 20, -50):
            clock.jump(timedelta(seconds=step))
            assert (await county.submit(pack(Letter(at=clock.now()), county.people["T01.1"])))[0] == 201
        _, page = await county.ask("GET", "/api/v1/receipts", "T01.1")
        receipts = [json.loads(base64.b64decode(each["receipt"])) for each in page["receipts"]]
    times = [receipt["at"] for receipt in receipts]
    assert times == sorted(times)
    assert [receipt["received_at"] for receipt in receipts if "received_at" in receipt] != sorted(
        receipt["received_at"] for receipt in receipts if "received_at" in receipt
    )  # what the clock said at the last byte is told as it was
