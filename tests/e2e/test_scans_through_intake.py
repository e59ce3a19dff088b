"""Scans through intake: 202 with progress, then the answer a direct submission would have got; and what is looked at afterwards."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from held_eyes_maker import HeldEyes, plain_scan, scan, with_eyes
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from archive.reading.kept import kept
from exchange.clock import FakeClock
from exchange.fsck import check
from exchange.intake import accept, afterwards
from exchange.intake.afterwards import Afterwards
from exchange.intake.inspections import Bounds
from schemas.problems import Problem, ProblemType
from schemas.words import Origin, Urgency

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SEALED_LATE: list[tuple[str, list[str]]] = []


@dataclass
class Scanning:
    """A county with eyes that the test holds."""

    county: Running
    eyes: HeldEyes

    async def post(self, content: bytes) -> tuple[int, dict[str, Any], str]:
        """Submit; returns status, body and where to ask next."""
        answer = await self.county.client.post("/api/v1/submissions", data=content)
        return answer.status, await answer.json(), answer.headers.get("Location", "")

    async def ask(self, place: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        answer = await self.county.client.get(place)
        return answer.status, await answer.json(), dict(answer.headers)

    async def until_answered(self, place: str) -> tuple[int, dict[str, Any]]:
        for _ in range(2000):
            status, body, _ = await self.ask(place)
            if status != 202:
                return status, body
            await asyncio.sleep(0.005)
        raise AssertionError("it never ended")

    def packed(self, content: bytes = b"", sender: str = "T01", **fields: Any) -> bytes:
        letter = Letter(at=NOW, sender=sender, files={"扫描件.txt": content or plain_scan()}, fields=fields)
        return pack(letter, self.county.people[f"{sender}.1"])

    async def whole_looks(self) -> list[Any]:
        return await self.county.service.database.read(rows)

    async def accepted(self, content: bytes) -> str:
        status, _, place = await self.post(content)
        assert status == 202
        status, body = await self.until_answered(place)
        assert status == 201, body
        return str(body["submission"])

    def background(self) -> Afterwards:
        return Afterwards(self.county.service, seal_late)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came about")


def rows(tx: Tx) -> list[Any]:
    return tx.rows("SELECT * FROM whole_look ORDER BY submission")


def seal_late(_tx: Tx, _notary: Any, submission: str, rules: list[str], _policy: str, _now: datetime) -> str:
    SEALED_LATE.append((submission, rules))
    return "0" * 32


def text_of(tx: Tx, submission: str) -> str:
    return kept(tx.row("SELECT body FROM kept_text WHERE submission = :id", id=submission).body)[0].text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("scans") / "county"
    await found(folder, NOW)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(afterwards, "IDLE", 0.01)
        patched.setattr(Afterwards, "run", lambda _self: asyncio.sleep(3600))  # the tests say when
        async with serving(folder, FakeClock(NOW)) as county:
            for office in ("T01", "T02"):
                await county.office(office)
                await county.person(office)
            yield county


@pytest_asyncio.fixture(loop_scope="module")
async def scanning(served: Running, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scanning]:
    eyes = with_eyes(served, monkeypatch)
    bounds = served.service.inspections.bounds
    yield Scanning(served, eyes)
    eyes.gate.set()
    served.service.inspections.bounds = bounds
    await until(lambda: served.service.inspections.quiet)
    kept_now = await served.kept()
    assert (kept_now.staged, kept_now.free) == ([], 32 * 2**20)  # whatever became of them, nothing is staged any more


async def test_a_scan_is_answered_with_progress_and_then_as_any_other(scanning: Scanning):
    scanning.eyes.gate.clear()
    content = scanning.packed(plain_scan(pages=3))
    status, body, place = await scanning.post(content)
    assert (status, body) == (202, {"state": "looking", "pages_done": 0, "pages": 3, "place": 0})
    status, body, headers = await scanning.ask(place)
    assert (status, headers["Content-Type"]) == (202, "application/json")
    assert int(headers["Retry-After"]) >= 1
    scanning.eyes.gate.set()
    status, receipt = await scanning.until_answered(place)
    assert status == 201
    assert json.loads(base64.b64decode(receipt["receipt"]))["digests"]["container"] == hashlib.sha256(content).hexdigest()
    status, again, _ = await scanning.post(content)
    assert (status, again) == (200, receipt)
    assert await scanning.county.ask("GET", f"/api/v1/submissions/{receipt['submission']}/container", "T01.1") == (200, content)


async def test_the_answer_can_be_fetched_again_for_a_while_and_is_then_forgotten(scanning: Scanning, monkeypatch: pytest.MonkeyPatch):
    _, _, place = await scanning.post(scanning.packed())
    first = await scanning.until_answered(place)
    assert await scanning.until_answered(place) == first
    monkeypatch.setattr(scanning.county.service.inspections, "_elapsed", lambda: scanning.county.clock.elapsed() + 3600)
    status, body, _ = await scanning.ask(place)
    assert (status, body["type"]) == (404, "/problems/send-again")


@pytest.mark.parametrize("token", ["A" * 43, "-", "..", "%2e%2e", "a" * 400])
async def test_a_token_that_nobody_has_is_sent_again(scanning: Scanning, token: str):
    answer = await scanning.county.client.get(f"/api/v1/inspections/{token}")
    assert answer.status == 404


async def test_the_same_container_joins_the_job_that_runs(scanning: Scanning):
    scanning.eyes.gate.clear()
    content = scanning.packed()
    _, _, place = await scanning.post(content)
    for _ in range(2):
        status, _, again = await scanning.post(content)
        assert (status, again) == (202, place)
    scanning.eyes.gate.set()
    status, receipt = await scanning.until_answered(place)
    assert status == 201
    assert (await scanning.post(content))[:2] == (200, receipt)
    assert scanning.eyes.begun == ["扫描件.txt"]


async def test_two_at_the_same_instant_are_looked_at_once(scanning: Scanning):
    scanning.eyes.gate.clear()
    content = scanning.packed()
    answers = await asyncio.gather(*(scanning.post(content) for _ in range(4)))
    assert {status for status, _, _ in answers} == {202}
    assert len({place for _, _, place in answers}) == 1
    scanning.eyes.gate.set()
    assert (await scanning.until_answered(answers[0][2]))[0] == 201
    assert scanning.eyes.begun == ["扫描件.txt"]


async def test_another_container_of_the_same_manifest_is_a_job_of_its_own_and_the_first_wins(scanning: Scanning):
    scanning.eyes.gate.clear()
    letter = Letter(at=NOW, files={"扫描件.txt": plain_scan()}, fields={"reference": "00000000-0000-4000-8000-000000000077"})
    first, second = (pack(letter, scanning.county.people["T01.1"]) for _ in range(2))
    assert first != second  # signatures are never the same
    (_, _, one), (_, _, two) = await scanning.post(first), await scanning.post(second)
    assert one != two
    scanning.eyes.gate.set()
    answers = [await scanning.until_answered(one), await scanning.until_answered(two)]
    assert sorted(status for status, _ in answers) == [201, 409]
    assert next(body for status, body in answers if status == 409)["type"] == "/problems/already-sent-other-signature"


async def test_a_mark_that_is_seen_in_the_head_is_refused_with_its_receipt(scanning: Scanning):
    before = await scanning.county.kept()
    content = scanning.packed(scan(("机密★1年", "鹿鸣九皋声闻于野")))
    status, _, place = await scanning.post(content)
    assert status == 202
    status, body = await scanning.until_answered(place)
    assert (status, body["type"]) == (422, "/problems/secrecy-mark")
    assert set(body["receipt"]) >= {"receipt", "signature", "timestamp", "proof"}
    assert {finding["part"] for finding in body["findings"]} == {"扫描件.txt"}
    after = await scanning.county.kept()
    assert after.blobs == before.blobs
    assert after.rows | {"event": 0, "checkpoint": 0} == before.rows | {"event": 0, "checkpoint": 0}
    assert after.rows["event"] == before.rows["event"] + 1


@pytest.mark.parametrize("kind", [ProblemType.SCAN_ILLEGIBLE, ProblemType.SCAN_TOO_COARSE, ProblemType.READER_TIMEOUT])
async def test_what_the_eyes_refuse_is_refused_for_good_with_the_name_of_the_file(scanning: Scanning, kind: ProblemType):
    scanning.eyes.broken = Problem(kind, "page 2")
    _, _, place = await scanning.post(scanning.packed())
    status, body = await scanning.until_answered(place)
    assert (status, body["type"]) == (422, f"/problems/{kind.type}")
    assert body["findings"] == [{"rule": kind.type, "part": "扫描件.txt", "page": 0, "place": "", "text": ""}]
    assert body["receipt"]


@pytest.mark.parametrize("kind", [ProblemType.READER_RESTARTING, ProblemType.RECOGNITION_MISSING])
async def test_what_is_no_fault_of_the_scan_leaves_no_refusal_and_it_is_taken_when_it_comes_again(scanning: Scanning, kind: ProblemType):
    before, content = await scanning.county.kept(), scanning.packed()
    scanning.eyes.broken = Problem(kind)
    _, _, place = await scanning.post(content)
    status, body = await scanning.until_answered(place)
    assert (status, body["type"], "receipt" in body) == (503, f"/problems/{kind.type}", False)
    assert (await scanning.county.kept()).rows == before.rows
    scanning.eyes.broken = None
    assert await scanning.accepted(content)


async def test_without_recognition_a_scan_is_told_to_wait_and_a_text_is_taken(scanning: Scanning):
    scanning.eyes.there = False
    status, body, _ = await scanning.post(scanning.packed())
    assert (status, body["type"]) == (503, "/problems/recognition-missing")
    assert (await scanning.post(pack(Letter(at=NOW), scanning.county.people["T01.1"])))[0] == 201


async def test_an_offices_share_of_the_queue_is_refused_before_the_body_when_scans_are_announced(
    scanning: Scanning, monkeypatch: pytest.MonkeyPatch
):
    scanning.eyes.gate.clear()
    scanning.county.service.inspections.bounds = Bounds(jobs_of_office=1)
    content = scanning.packed()
    assert (await scanning.post(content))[0] == 202
    read: list[str] = []
    reading = scanning.county.service.sandbox.read

    async def told(name: str, *arguments: Any) -> Any:
        read.append(name)
        return await reading(name, *arguments)

    monkeypatch.setattr(scanning.county.service.sandbox, "read", told)
    letter = Letter(at=NOW, files={"扫描件.txt": plain_scan()})
    documents = letter.message
    letter.message = lambda parts: announced(documents(parts))  # type: ignore[method-assign]
    answer = await scanning.county.client.post("/api/v1/submissions", data=pack(letter, scanning.county.people["T01.1"]))
    assert (answer.status, (await answer.json())["type"]) == (503, "/problems/inspection-queue-full")
    assert int(answer.headers["Retry-After"]) > 0
    assert read == []
    status, _, _ = await scanning.post(scanning.packed(sender="T02"))
    assert status == 202  # another office has a share of its own
    assert (await scanning.post(content))[0] == 202  # and who is in already may ask again


def announced(message: Any) -> Any:
    from msgspec.structs import replace  # noqa: PLC0415 - one line of this module

    return replace(message, documents=[replace(each, origin=Origin.SCAN) for each in message.documents])


async def test_what_is_more_urgent_is_looked_at_first(scanning: Scanning):
    scanning.eyes.gate.clear()
    scanning.county.service.inspections.bounds = Bounds(at_once=1)
    places = []
    for sender, urgency in (("T01", Urgency.EXTRA_URGENT), ("T01", Urgency.NORMAL), ("T02", Urgency.EXTRA_URGENT)):
        places.append((await scanning.post(scanning.packed(sender=sender, urgency=urgency)))[2])
    standing = [(await scanning.ask(place))[1]["place"] for place in places]
    assert standing == [0, 2, 1]
    scanning.eyes.gate.set()
    for place in places:
        assert (await scanning.until_answered(place))[0] == 201
    assert scanning.eyes.ranks == [0, 0, 2]


async def test_scans_that_wait_take_no_memory_from_those_that_do_not(scanning: Scanning):
    scanning.eyes.gate.clear()
    await scanning.post(scanning.packed())
    assert scanning.county.service.staging.free == 32 * 2**20
    assert len((await scanning.county.kept()).staged) == 1  # one file without a name


async def test_readings_that_are_too_much_to_wait_with_are_read_anew(scanning: Scanning, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(accept, "LIGHT", 150)
    reading, read = scanning.county.service.sandbox.read, []

    async def told(name: str, *arguments: Any) -> Any:
        read.append(name)
        return await reading(name, *arguments)

    monkeypatch.setattr(scanning.county.service.sandbox, "read", told)
    await scanning.accepted(scanning.packed(plain_scan(pages=1)))
    assert len(read) == 1
    await scanning.accepted(scanning.packed(plain_scan(pages=2)))
    assert len(read) == 3


async def test_a_disk_that_is_full_at_the_end_is_told_and_sending_again_works(scanning: Scanning, monkeypatch: pytest.MonkeyPatch):
    content, before = scanning.packed(), await scanning.county.kept()

    def full(*_arguments: Any) -> None:
        raise Problem(ProblemType.STORAGE_FULL)

    with monkeypatch.context() as patched:
        patched.setattr(scanning.county.service.blobs, "put", full)
        _, _, place = await scanning.post(content)
        status, body = await scanning.until_answered(place)
    assert (status, body["type"]) == (507, "/problems/storage-full")
    assert (await scanning.county.kept()).rows == before.rows
    assert await scanning.accepted(content)


@pytest.mark.parametrize(("alone", "said"), [(True, (422, "/problems/reader-timeout")), (False, (503, "/problems/inspection-queue-full"))])
async def test_what_others_held_up_until_its_time_was_over_is_not_refused_for_good(
    scanning: Scanning,
    monkeypatch: pytest.MonkeyPatch,
    alone: bool,  # noqa: FBT001 - given by the parameters
    said: tuple[int, str],
):
    monkeypatch.setattr(accept, "JOB_SECONDS", 0.3)
    scanning.eyes.gate.clear()
    _, _, place = await scanning.post(scanning.packed())
    if not alone:
        await scanning.post(scanning.packed(sender="T02", urgency=Urgency.EXTRA_URGENT))
    status, body = await scanning.until_answered(place)
    assert (status, body["type"]) == said


async def test_photographs_beside_a_paper_are_looked_at_whole_before_they_are_let_in(scanning: Scanning):
    letter = Letter(at=NOW, files={"件.txt": plain_scan(), "attachments/现场照片.txt": scan(("", ""), ("", ""))})
    submission = await scanning.accepted(pack(letter, scanning.county.people["T01.1"]))
    assert scanning.eyes.begun == ["件.txt", "attachments/现场照片.txt", "attachments/现场照片.txt"]
    assert submission


async def test_signing_that_was_stopped_meanwhile_is_said_and_nothing_is_kept(scanning: Scanning):
    scanning.eyes.gate.clear()
    content, before = scanning.packed(), await scanning.county.kept()
    _, _, place = await scanning.post(content)
    await scanning.county.service.database.write(lambda tx: tx.run("UPDATE ledger SET halted = 'a test'"))
    scanning.eyes.gate.set()
    status, body = await scanning.until_answered(place)
    await scanning.county.service.database.write(lambda tx: tx.run("UPDATE ledger SET halted = ''"))
    assert (status, body["type"]) == (503, "/problems/signing-stopped")
    after = await scanning.county.kept()
    assert (after.rows, after.blobs) == (before.rows, before.blobs)
    assert await scanning.accepted(content)


async def test_a_reference_that_was_used_meanwhile_is_found_out_at_the_commit(scanning: Scanning):
    scanning.eyes.gate.clear()
    reference = {"reference": "00000000-0000-4000-8000-000000000078"}
    _, _, place = await scanning.post(scanning.packed(**reference))
    assert (await scanning.post(pack(Letter(at=NOW, fields=reference), scanning.county.people["T01.1"])))[0] == 201
    scanning.eyes.gate.set()
    status, body = await scanning.until_answered(place)
    assert (status, body["type"]) == (409, "/problems/reference-used")


async def test_the_time_of_reception_is_that_of_the_last_byte(scanning: Scanning):
    scanning.eyes.gate.clear()
    _, _, place = await scanning.post(scanning.packed())
    clock = scanning.county.clock
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(minutes=3))
    scanning.eyes.gate.set()
    _, body = await scanning.until_answered(place)
    _, status = await scanning.county.ask("GET", f"/api/v1/submissions/{body['submission']}", "T01.1")
    received, accepted = (datetime.fromisoformat(status[name]) for name in ("received_at", "accepted_at"))
    assert accepted - received == timedelta(minutes=3)


async def test_metrics_tell_of_scans_and_of_no_office(scanning: Scanning):
    scanning.eyes.gate.clear()
    await scanning.post(scanning.packed())
    text = await (await scanning.county.client.get("/metrics")).text()
    assert "yizhan_scans_looking 1.0" in text
    assert "yizhan_scans_waiting 0.0" in text
    scanning.eyes.gate.set()


async def test_a_service_that_ends_forgets_the_job_and_the_client_sends_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as county:
        await county.office("T01")
        await county.person("T01")
        ended = Scanning(county, with_eyes(county, monkeypatch))
        ended.eyes.gate.clear()
        content, people = ended.packed(), county.people
        _, _, place = await ended.post(content)
    async with serving(folder, FakeClock(NOW), people) as county:
        fresh = Scanning(county, with_eyes(county, monkeypatch))
        assert (await county.kept()).rows["submission"] == 0
        assert (await fresh.ask(place))[0] == 404
        assert await fresh.accepted(content)


# ---- afterwards


async def test_the_whole_is_looked_at_afterwards_and_kept_and_found(scanning: Scanning):
    word = "麂子山村"
    submission = await scanning.accepted(scanning.packed(plain_scan(pages=2, body=f"{word}安全饮水工程已经完工")))
    database = scanning.county.service.database
    assert word not in await database.read(text_of, submission)
    assert [row.submission for row in await scanning.whole_looks() if row.submission == submission] == [submission]
    background = scanning.background()
    while await background.one():
        pass
    assert word in await database.read(text_of, submission)
    assert await scanning.whole_looks() == []
    assert scanning.eyes.ranks[-1] == afterwards.RANK
    _, status = await scanning.county.ask("GET", f"/api/v1/submissions/{submission}", "T01.1")
    assert status["events"][-1]["event"] == "InspectionCompletion"
    for _ in range(400):
        _, page = await scanning.county.ask("GET", f"/api/v1/search?q={word}", "T01.1")
        if page.get("total"):
            break
        await asyncio.sleep(0.02)
    assert [hit["submission"] for hit in page["hits"]] == [submission]


async def test_a_text_needs_no_look_afterwards(scanning: Scanning):
    assert (await scanning.post(pack(Letter(at=NOW), scanning.county.people["T01.1"])))[0] == 201
    background = scanning.background()
    while await background.one():
        pass
    assert await scanning.whole_looks() == []


async def test_a_mark_that_only_the_whole_shows_is_a_late_find(scanning: Scanning):
    submission = await scanning.accepted(scanning.packed(scan(("关于防汛工作的情况", "绝密★长期"), ("第二页", "正文"))))
    background = scanning.background()
    while await background.one():
        pass
    assert [found for found, _ in SEALED_LATE] == [submission]
    assert SEALED_LATE[0][1]
    assert await scanning.whole_looks() == []
    _, status = await scanning.county.ask("GET", f"/api/v1/submissions/{submission}", "T01.1")
    assert "InspectionCompletion" not in [event["event"] for event in status["events"]]


async def test_what_cannot_be_looked_at_whole_is_tried_three_times_and_then_said(scanning: Scanning):
    submission = await scanning.accepted(scanning.packed())
    scanning.eyes.broken = Problem(ProblemType.READER_TIMEOUT)
    background = scanning.background()
    tries = 0
    while await background.one():
        tries += 1
    assert tries == afterwards.TRIES
    (row,) = await scanning.whole_looks()
    assert (row.submission, row.state, row.problem) == (submission, "failed", "reader-timeout")
    assert await scanning.county.service.database.read(afterwards.standing) == {
        "waiting": 0,
        "failed": [{"submission": submission, "problem": "reader-timeout"}],
    }
    scanning.eyes.broken = None
    await scanning.county.service.database.write(afterwards._begin_anew)
    while await background.one():
        pass
    assert await scanning.whole_looks() == []


async def test_what_is_no_fault_of_the_scan_is_not_counted(scanning: Scanning):
    await scanning.accepted(scanning.packed())
    scanning.eyes.broken = Problem(ProblemType.READER_RESTARTING)
    with pytest.raises(Problem, match="reader-restarting"):
        await scanning.background().one()
    (row,) = await scanning.whole_looks()
    assert (row.tries, row.state) == (0, "waiting")
    scanning.eyes.broken = None
    while await scanning.background().one():
        pass


async def test_nothing_is_looked_at_afterwards_while_somebody_waits_for_a_receipt(scanning: Scanning):
    await scanning.accepted(scanning.packed())
    scanning.eyes.gate.clear()
    _, _, place = await scanning.post(scanning.packed())
    assert not await scanning.background().one()
    scanning.eyes.gate.set()
    assert (await scanning.until_answered(place))[0] == 201
    while await scanning.background().one():
        pass
    assert await scanning.whole_looks() == []


async def test_a_kill_while_the_whole_is_looked_at_leaves_the_work_to_be_done(scanning: Scanning):
    await scanning.accepted(scanning.packed())
    scanning.eyes.gate.clear()
    task = asyncio.create_task(scanning.background().one())
    await until(lambda: scanning.eyes.looking > 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = await scanning.whole_looks()
    assert (row.tries, row.state) == (0, "waiting")
    scanning.eyes.gate.set()
    while await scanning.background().one():
        pass


async def test_everything_that_was_done_stands_the_check_of_the_whole_ledger(scanning: Scanning):
    found_ = await check(scanning.county.county)
    assert found_["problems"] == []
    assert found_["checked"]["submissions"] > 5
