"""Two people, or one person twice: conditions refuse what was overtaken, keys make a repetition harmless."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ServerDisconnectedError
from county_maker import Running, found, serving
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from exchange import idempotency
from exchange.client.http import Line, line
from exchange.clock import FakeClock
from exchange.supervision import overdue
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ONE, OTHER = "county.1", "county.2"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("two") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        await running.person("T01")
        for name in ("李四", "王五"):
            await running.person("county", name, Role.REVIEWER)
        yield running


async def arrived(county: Running, **fields: Any) -> str:
    _, body = await county.submit(pack(Letter(at=county.clock.now(), fields=fields), county.people["T01.1"]))
    return str(json.loads(body)["submission"])


async def seen(county: Running, path: str, person: str, **headers: str) -> tuple[int, str, Any]:
    """Return status, tag and body."""
    answers: list[Any] = []
    request = county.client._request

    async def kept(*arguments: Any, **options: Any) -> Any:
        answers.append(await request(*arguments, **options))
        return answers[-1]

    county.client._request = kept  # type: ignore[method-assign]
    try:
        status, body = await county.ask("GET", path, person, **headers)
    finally:
        county.client._request = request  # type: ignore[method-assign]
    return status, answers[0].headers.get("ETag", ""), body


async def move(county: Running, submission: str, action: str, person: str = ONE, body: Any = None, **headers: str) -> tuple[int, Any]:
    content = None if body is None else json.dumps(body).encode()
    return await county.ask("POST", f"/api/v1/inbox/{submission}/{action}", person, content, **headers)


async def events(county: Running) -> int:
    await overdue.look(county.service)  # what the clock has brought is there before anybody counts

    def count(tx: Tx) -> int:
        return int(tx.row("SELECT count(*) AS count FROM event").count)

    return await county.service.database.read(count)


# ---- conditions


@pytest.mark.parametrize("view", ["inbox", "submissions"])
async def test_who_has_seen_it_is_told_that_nothing_changed_until_something_did(county: Running, view: str):
    submission = await arrived(county)
    path = f"/api/v1/{view}/{submission}"
    status, tag, body = await seen(county, path, ONE)
    assert (status, body["submission"]) == (200, submission)
    assert tag.startswith('"')
    assert await seen(county, path, ONE, **{"If-None-Match": tag}) == (304, tag, b"")
    assert (await move(county, submission, "open", OTHER))[0] == 200
    status, changed, _ = await seen(county, path, ONE, **{"If-None-Match": tag})
    assert status == 200
    assert changed != tag
    assert (await seen(county, path, ONE, **{"If-Match": tag}))[0] == 412


async def test_a_move_on_what_someone_else_moved_first_is_refused_and_changes_nothing(county: Running):
    submission = await arrived(county)
    _, tag, shown = await seen(county, f"/api/v1/inbox/{submission}", ONE)
    assert (shown["review"], shown["actions"]) == ("pending", ["open", "sign_for", "return", "misdirect"])
    assert (await move(county, submission, "return", OTHER, {"reason": "缺附表"}, **{"If-Match": tag}))[0] == 200
    before = await county.kept()
    status, problem = await move(county, submission, "sign-for", ONE, **{"If-Match": tag})
    assert (status, problem["type"], problem["advice"]) == (412, "/problems/precondition-failed", "请刷新后查看。")
    assert await county.kept() == before
    _, _, shown = await seen(county, f"/api/v1/inbox/{submission}", ONE)
    assert (shown["review"], shown["reason"], shown["version"], shown["actions"]) == ("returned", "缺附表", 2, ["open"])


async def test_of_two_at_once_on_the_same_version_one_wins(county: Running):
    submission = await arrived(county)
    _, tag, _ = await seen(county, f"/api/v1/inbox/{submission}", ONE)
    before = await events(county)
    answers = await asyncio.gather(
        move(county, submission, "sign-for", ONE, **{"If-Match": tag}),
        move(county, submission, "return", OTHER, {"reason": "误"}, **{"If-Match": tag}),
    )
    assert sorted(status for status, _ in answers) == [200, 412]
    assert await events(county) == before + 1


@pytest.mark.parametrize(("condition", "status"), [("*", 200), ("W/{tag}", 412), ('"x", {tag}', 200), ("{bare}", 400)])
async def test_a_condition_on_a_move_is_read_as_the_standard_says(county: Running, condition: str, status: int):
    submission = await arrived(county)
    _, tag, _ = await seen(county, f"/api/v1/inbox/{submission}", ONE)
    wanted = condition.replace("{tag}", tag).replace("{bare}", tag.strip('"'))
    assert (await move(county, submission, "sign-for", ONE, **{"If-Match": wanted}))[0] == status


async def test_one_recipients_tag_tells_nothing_of_another_recipient(county: Running):
    for office in ("T05", "T06"):
        await county.office(office)
        await county.person(office)
    _, body = await county.submit(pack(Letter(at=NOW, to=("T05", "T06")), county.people["T01.1"]))
    submission = json.loads(body)["submission"]
    tags = [(await seen(county, f"/api/v1/{view}/{submission}", "T05.1"))[1] for view in ("inbox", "submissions")]
    assert (await move(county, submission, "return", "T06.1", {"reason": "误"}))[0] == 200
    assert [(await seen(county, f"/api/v1/{view}/{submission}", "T05.1"))[1] for view in ("inbox", "submissions")] == tags
    assert (await seen(county, f"/api/v1/inbox/{submission}", "T01.1"))[0] == 404  # the sender has no delivery


# ---- keys


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


async def test_the_same_request_under_its_key_gets_the_same_answer_and_acts_once(county: Running):
    submission, mine = await arrived(county), key()
    first = await move(county, submission, "return", ONE, {"reason": "缺附表"}, **mine)
    assert first[0] == 200
    before = await county.kept()
    assert await move(county, submission, "return", ONE, {"reason": "缺附表"}, **mine) == first
    assert await county.kept() == before
    assert (await move(county, submission, "return", ONE, {"reason": "缺附表"}))[0] == 409  # without it


async def test_a_repetition_is_answered_even_when_the_version_it_was_made_on_is_gone(county: Running):
    submission, mine = await arrived(county), key()
    _, tag, _ = await seen(county, f"/api/v1/inbox/{submission}", ONE)
    asked = mine | {"If-Match": tag}
    first = await move(county, submission, "sign-for", ONE, **asked)
    assert (await move(county, submission, "return", OTHER, {"reason": "签错"}))[0] == 200
    assert await move(county, submission, "sign-for", ONE, **asked) == first


async def test_two_at_once_under_one_key_get_one_answer(county: Running):
    submission, mine, before = await arrived(county), key(), await events(county)
    answers = await asyncio.gather(*(move(county, submission, "sign-for", ONE, **mine) for _ in range(6)))
    assert answers[0][0] == 200
    assert all(answer == answers[0] for answer in answers)
    assert await events(county) == before + 1


@pytest.mark.parametrize("change", ["body", "action", "submission"])
async def test_a_key_of_another_request_is_refused_and_nothing_is_done(county: Running, change: str):
    submission, mine = await arrived(county), key()
    assert (await move(county, submission, "return", ONE, {"reason": "甲"}, **mine))[0] == 200
    other = await arrived(county) if change == "submission" else submission
    before = await county.kept()
    action = "sign-for" if change == "action" else "return"
    reason = "乙" if change == "body" else "甲"
    status, problem = await move(county, other, action, ONE, {"reason": reason}, **mine)
    assert (status, problem["type"]) == (422, "/problems/idempotency-key-used")
    assert await county.kept() == before


async def test_a_key_is_its_persons_own(county: Running):
    first, second, mine = await arrived(county), await arrived(county), key()
    assert (await move(county, first, "sign-for", ONE, **mine))[0] == 200
    assert (await move(county, second, "sign-for", OTHER, **mine))[0] == 200


async def test_a_refusal_is_not_remembered(county: Running):
    submission, mine = await arrived(county), key()
    assert (await move(county, submission, "return", ONE, {"reason": " "}, **mine))[0] == 422
    assert (await move(county, submission, "return", ONE, {"reason": "缺"}, **mine))[0] == 200


@pytest.mark.parametrize("value", ["", "short", "x" * 15, "x" * 65, "x" * 20 + " y"])
async def test_a_key_that_is_none_is_malformed(county: Running, value: str):
    submission = await arrived(county)
    status, problem = await move(county, submission, "sign-for", ONE, **{"Idempotency-Key": value})
    assert (status, problem["type"]) == (400, "/problems/request-malformed")


async def test_a_key_is_kept_for_a_week_and_then_let_go(county: Running):
    submission, mine = await arrived(county), key()
    first = await move(county, submission, "sign-for", ONE, **mine)
    clock: Any = county.clock
    clock.advance(idempotency.KEPT - timedelta(seconds=1))
    assert (await move(county, await arrived(county), "sign-for", ONE, **key()))[0] == 200  # sweeps
    assert await move(county, submission, "sign-for", ONE, **mine) == first
    clock.advance(timedelta(seconds=2))
    await county.service.renew_crl()
    assert (await move(county, await arrived(county), "sign-for", ONE, **key()))[0] == 200
    assert (await move(county, submission, "sign-for", ONE, **mine))[0] == 409


async def test_a_client_that_lost_the_answer_gets_it_and_nothing_is_done_twice(county: Running, monkeypatch: pytest.MonkeyPatch):
    submission, before, lost = await arrived(county), await events(county), []
    answered = Line._answer

    async def cut(self: Line, response: Any) -> Any:
        if not lost:
            lost.append(await response.read())
            raise ServerDisconnectedError
        return await answered(self, response)

    monkeypatch.setattr(Line, "_answer", cut)
    url = str(county.client.make_url("")).rstrip("/")
    async with line(url, "none", signer=county.people[ONE]) as wire:
        wire.now, wire.pause = county.clock.now, lambda _seconds: asyncio.sleep(0)
        got = await wire.act(f"/api/v1/inbox/{submission}/return", b'{"reason":"x"}', str(uuid.uuid4()))
    assert got == lost[0]
    assert await events(county) == before + 1
