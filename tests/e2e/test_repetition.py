"""A container that was accepted once gets the same answer for ever, whatever has changed since (invariant 2)."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import raw_request_maker as raw
from county_maker import Running, found, serving
from submission_maker import Letter, head_of, pack

from exchange.clock import FakeClock
from exchange.intake import store
from exchange.supervision import overdue
from schemas.problems import ProblemType

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    await found(tmp_path / "county", NOW)
    return tmp_path / "county"


async def populated(running: Running) -> bytes:
    """Bring people, and return a container that T01's clerk signed."""
    await running.office("T01")
    await running.person("T01")
    await running.person("county", "收文员")
    return pack(Letter(at=running.clock.now()), running.people["T01.1"])


async def test_twenty_equal_requests_at_once_make_one_submission_and_get_one_answer(folder: Path, monkeypatch: pytest.MonkeyPatch):
    stored: list[str] = []
    async with serving(folder, FakeClock(NOW)) as county:
        content = await populated(county)
        before = await county.kept()
        put = county.service.blobs.put
        monkeypatch.setattr(county.service.blobs, "put", lambda name, *rest: (stored.append(name), put(name, *rest)))
        answers = await asyncio.gather(*(county.submit(content) for _ in range(20)))
        after = await county.kept()
    assert {status for status, _ in answers} <= {200, 201}
    assert len({body for _, body in answers}) == 1
    assert stored == after.blobs  # once: the first may be sealed before the last is here, and its blob must not come back
    assert {name: after.rows[name] - before.rows[name] for name in ("submission", "delivery", "answer", "event")} == {
        "submission": 1,
        "delivery": 1,
        "answer": 1,
        "event": 2,
    }


async def test_one_manifest_in_two_containers_at_once_makes_one_submission_and_one_conflict(folder: Path):
    async with serving(folder, FakeClock(NOW)) as county:
        await populated(county)
        letter = Letter(at=NOW, fields={"reference": "11111111-2222-4333-8444-555555555555"})
        both = [pack(letter, county.people["T01.1"]) for _ in range(2)]
        answers = await asyncio.gather(*map(county.submit, both * 5))
        kept = await county.kept()
    assert {status for status, _ in answers} <= {200, 201, 409}
    assert {json.loads(body)["type"] for status, body in answers if status == 409} == {"/problems/already-sent-other-signature"}
    assert (kept.rows["submission"], len(kept.blobs)) == (1, 1)


async def test_a_repetition_that_arrives_between_two_looks_into_the_ledger_is_no_conflict(folder: Path, monkeypatch: pytest.MonkeyPatch):
    async with serving(folder, FakeClock(NOW)) as county:
        content = await populated(county)
        database: Any = county.service.database
        first: list[Any] = []
        read = database.glance

        async def overtaken(unit: Any, *arguments: Any, **keywords: Any) -> Any:
            answer = await read(unit, *arguments, **keywords)
            if unit is store.known_container and not first:
                first.append(None)
                first[0] = await county.submit(content)  # the other request runs to its end right here
            return answer

        monkeypatch.setattr(database, "glance", overtaken)
        second = await county.submit(content)
    assert first[0][0] == 201
    assert second[0] in (200, 201)
    assert second[1] == first[0][1]


async def test_after_a_return_the_stored_answer_stays_the_same(folder: Path):
    async with serving(folder, FakeClock(NOW)) as county:
        content = await populated(county)
        _, body = await county.submit(content)
        submission = json.loads(body)["submission"]
        reason = json.dumps({"reason": "缺少附件"}).encode()
        assert (await county.ask("POST", f"/api/v1/inbox/{submission}/return", "county.1", reason))[0] == 200
        assert await county.submit(content) == (200, body)
        _, status = await county.ask("GET", f"/api/v1/submissions/{submission}", "T01.1")
        assert [delivery["review"] for delivery in status["deliveries"]] == ["returned"]  # the state is said where it is asked for


async def test_a_year_later_with_everything_changed_the_answer_is_the_same_bytes(folder: Path):
    async with serving(folder, FakeClock(NOW)) as county:
        content = await populated(county)
        marked = pack(Letter(at=NOW, fields={"notes": "工作秘密 商业秘密"}), county.people["T01.1"])
        first, people = await county.submit(content), county.people
        status, marked_body = await county.submit(marked)
        assert (first[0], status) == (201, 201)
        await county.leave("T01.1")
    settings = (folder / "county.toml").read_text()
    (folder / "county.toml").write_text(settings.replace('policy = "usual"', 'policy = "strict"'))
    clock = FakeClock(NOW + timedelta(days=400))
    async with serving(folder, clock, people) as county:
        await overdue.look(county.service)  # nobody signed for it in all that time, which the service records by itself
        before = await county.kept()
        assert county.service.policy.name == "strict"
        assert await county.submit(content) == (200, first[1])
        assert await county.submit(marked) == (200, marked_body)
        assert await county.kept() == before
        clock.advance(timedelta(seconds=2))
        fresh = json.loads((await county.submit(pack(Letter(at=clock.now()), people["T01.1"])))[1])
        assert fresh["type"] == "/problems/signer-expired"
        clock.jump(timedelta(minutes=5))  # signing stops, old answers do not
        assert await county.submit(content) == (200, first[1])


async def test_a_known_manifest_is_answered_without_asking_path_revocation_policy_or_document(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    async with serving(folder, FakeClock(NOW)) as county:
        content = await populated(county)
        first = await county.submit(content)

        def never(*_arguments: Any, **_keywords: Any) -> Any:
            raise AssertionError("asked again")

        for place in (
            "keys.trust.validate",
            "keys.cms.verify",
            "exchange.intake.accept.judge",
            "exchange.intake.rules.require_signing_time",
        ):
            monkeypatch.setattr(place, never)
        monkeypatch.setattr(county.service.sandbox, "read", never)
        assert await county.submit(content) == (200, first[1])


async def test_a_known_manifest_with_a_cut_or_changed_body_gets_no_receipt(folder: Path):
    async with serving(folder, FakeClock(NOW)) as county:
        content = await populated(county)
        await county.submit(content)
        assert json.loads((await county.submit(content[:-1]))[1])["type"] == f"/problems/{ProblemType.TRUNCATED.type}"
        assert json.loads((await county.submit(content + b"x"))[1])["type"] == f"/problems/{ProblemType.TRAILING_BYTES.type}"
        async with raw.wire(raw.port_of(county.client)) as wire:
            await wire.send(raw.head(len(content)) + head_of(content))
            with pytest.raises(TimeoutError):
                await wire.answer(0.2)  # the head alone is known to many


async def test_a_returned_submission_that_is_corrected_is_another_one_linked_to_it(folder: Path):
    async with serving(folder, FakeClock(NOW)) as county:
        content = await populated(county)
        submission = json.loads((await county.submit(content))[1])["submission"]
        await county.ask("POST", f"/api/v1/inbox/{submission}/return", "county.1", json.dumps({"reason": "缺少附件"}).encode())
        again = pack(Letter(at=NOW, fields={"replaces": submission}), county.people["T01.1"])
        status, body = await county.submit(again)
        assert status == 201
        _, old = await county.ask("GET", f"/api/v1/submissions/{submission}", "T01.1")
        assert old["replaced_by"] == json.loads(body)["submission"]
