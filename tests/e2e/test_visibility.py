"""A person sees only what their office sent, received or is entitled to; everything else looks like nothing (invariant 9)."""

import base64
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from submission_maker import Letter, pack

from exchange.clock import FakeClock
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NOBODYS = "5" * 64
PLAIN, NAMED = "给两个单位的件甲", "给指定人员的件乙"
REASON = "第一单位的退回原因"


@dataclass
class Scene:
    """T01 sent `plain` to T02 (which returned it) and T03 (which did nothing), and `named` to one person of T02."""

    county: Running
    plain: str
    named: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("visibility") / "county"
    await found(folder, NOW)
    clock = FakeClock(NOW)
    async with serving(folder, clock) as county:
        for office in ("T01", "T02", "T03", "T04"):
            await county.office(office)
            for role in (Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR, Role.CLERK):
                await county.person(office, role.zh, role)
        await county.person("county", "县管理员", Role.ADMINISTRATOR)
        sent = []
        for title, to, fields in ((PLAIN, ("T02", "T03"), {}), (NAMED, ("T02",), {"addressees": ["T02.1"]})):
            letter = Letter(at=clock.now(), title=title, to=to, fields=fields)
            status, body = await county.submit(pack(letter, county.people["T01.1"]))
            assert status == 201
            sent.append(json.loads(body)["submission"])
            clock.advance(timedelta(seconds=1))
        assert await asked(county, "T02.1", f"/api/v1/inbox/{sent[0]}/open", b"") == 200
        assert await asked(county, "T02.1", f"/api/v1/inbox/{sent[0]}/return", json.dumps({"reason": REASON}).encode()) == 200
        assert await asked(county, "T02.1", f"/api/v1/inbox/{sent[1]}/open", b"") == 200
        yield Scene(county, *sent)


async def asked(county: Running, person: str, path: str, body: bytes) -> int:
    return (await county.ask("POST", path, person, body))[0]


LOOKS = ("", "/receipts", "/crls", "/container")
STRANGERS = {
    "plain": ["T04.1", "T04.2", "T04.3", "T04.4", "county.1"],
    # colleagues of the named addressee, of the sender, their auditors and administrators, another recipient, the county itself
    "named": ["T02.2", "T02.3", "T02.4", "T02.5", "T01.2", "T01.3", "T01.4", "T01.5", "T03.1", "T04.1", "county.1"],
}
CASES = [(item, person) for item, people in STRANGERS.items() for person in people]


@pytest.mark.parametrize(("item", "person"), CASES)
async def test_what_is_not_yours_is_answered_as_what_does_not_exist(scene: Scene, item: str, person: str):
    county, real = scene.county, getattr(scene, item)
    for look in LOOKS:
        paths = [f"/api/v1/submissions/{submission}{look}" for submission in (real, NOBODYS)]
        assert (await county.ask("GET", paths[0], person)) == (await county.ask("GET", paths[1], person))
        assert (await county.ask("GET", paths[0], person))[0] == 404
    for action in ("open", "sign-for", "return"):
        for body in (b"", b'{"reason":"x","version":7}', b"{}"):
            answers = [await county.ask("POST", f"/api/v1/inbox/{submission}/{action}", person, body) for submission in (real, NOBODYS)]
            assert answers[0] == answers[1]
            assert answers[0][0] == 404


@pytest.mark.parametrize(("item", "person"), CASES)
async def test_no_list_names_what_is_not_yours(scene: Scene, item: str, person: str):
    for path in ("/api/v1/inbox", "/api/v1/submissions", "/api/v1/inbox?size=1", "/api/v1/submissions?size=99"):
        status, page = await scene.county.ask("GET", path, person)
        assert status == 200
        assert getattr(scene, item) not in json.dumps(page)
        assert (PLAIN if item == "plain" else NAMED) not in json.dumps(page, ensure_ascii=False)


@pytest.mark.parametrize("person", ["T01.1", "T02.1"])
async def test_the_sender_and_the_named_addressee_see_a_named_item(scene: Scene, person: str):
    status, found_ = await scene.county.ask("GET", f"/api/v1/submissions/{scene.named}", person)
    assert (status, found_["title"]) == (200, NAMED)
    listing = "/api/v1/submissions" if person == "T01.1" else "/api/v1/inbox"
    assert scene.named in json.dumps((await scene.county.ask("GET", listing, person))[1])
    assert (await scene.county.ask("GET", f"/api/v1/submissions/{scene.named}/container", person))[0] == 200


async def test_one_recipient_learns_nothing_of_what_the_other_did(scene: Scene):
    county = scene.county
    _, status = await county.ask("GET", f"/api/v1/submissions/{scene.plain}", "T03.1")
    assert [delivery["office"] for delivery in status["deliveries"]] == ["T03"]
    assert {event["recipient"] for event in status["events"]} == {None, "T03"}
    _, found_ = await county.ask("GET", f"/api/v1/submissions/{scene.plain}/receipts", "T03.1")
    events = [json.loads(base64.b64decode(each["receipt"])) for each in found_["receipts"]]
    assert [event["event"] for event in events] == ["SubmissionAcceptance", "ContentConsignment"]
    _, inbox = await county.ask("GET", "/api/v1/inbox", "T03.1")
    _, own = await county.ask("GET", "/api/v1/receipts", "T03.1")
    own_events = [json.loads(base64.b64decode(each["receipt"])) for each in own["receipts"]]
    everything = json.dumps([status, inbox, events, own_events], ensure_ascii=False)
    assert REASON not in everything
    assert not re.search(r"\bT02\b", everything)
    assert "ConsignmentRejection" not in everything


async def test_the_sender_learns_what_each_recipient_did(scene: Scene):
    _, status = await scene.county.ask("GET", f"/api/v1/submissions/{scene.plain}", "T01.5")
    assert {delivery["office"]: delivery["review"] for delivery in status["deliveries"]} == {"T02": "returned", "T03": "pending"}
    assert [delivery.get("reason") for delivery in status["deliveries"]] == [REASON, None]


@pytest.mark.parametrize("person", ["T02.3", "T02.4", "T01.3", "T01.4"])
async def test_auditor_and_administrator_of_a_party_look_but_never_get_the_content_nor_move_it(scene: Scene, person: str):
    county = scene.county
    assert (await county.ask("GET", f"/api/v1/submissions/{scene.plain}", person))[0] == 200
    status, problem = await county.ask("GET", f"/api/v1/submissions/{scene.plain}/container", person)
    assert (status, problem["type"]) == (403, "/problems/not-allowed")
    before = await county.kept()
    for action in ("sign-for", "return"):
        status, _ = await county.ask("POST", f"/api/v1/inbox/{scene.plain}/{action}", person, b'{"reason":"x"}')
        assert status == (403 if person.startswith("T02") else 404)
    assert await county.kept() == before


async def test_an_auditor_never_opens_but_a_reader_must_before_reading(scene: Scene):
    county = scene.county
    path = f"/api/v1/submissions/{scene.plain}/container"
    assert (await county.ask("POST", f"/api/v1/inbox/{scene.plain}/open", "T03.3"))[1]["type"] == "/problems/not-allowed"
    assert (await county.ask("GET", path, "T03.1"))[1]["type"] == "/problems/action-not-possible"


async def test_receipts_of_the_office_never_hold_title_name_or_text(scene: Scene):
    for person in ("T01.3", "T02.2"):
        _, page = await scene.county.ask("GET", "/api/v1/receipts", person)
        texts = b"".join(base64.b64decode(each["receipt"]) for each in page["receipts"]).decode()
        assert not any(word in texts for word in (PLAIN, NAMED, REASON, "防汛"))


async def test_the_public_log_shows_no_event_of_a_submission(scene: Scene):
    county = scene.county
    shown: list[dict[str, Any]] = []
    size = (await county.service.database.read(lambda tx: tx.row("SELECT count(*) AS count FROM event"))).count
    for index in range(size):
        answer = await county.client.get(f"/log/events/{index}")
        if answer.status == 200:
            shown.append(json.loads(base64.b64decode((await answer.json())["receipt"])))
        else:
            assert (await answer.json())["type"] == "/problems/not-found"
    assert {event["event"] for event in shown} == {"OfficeRegistration", "PolicyChange", "CertificateIssuance"}
    assert all("submission" not in event for event in shown)


async def test_nobody_who_did_not_sign_sees_anything(scene: Scene):
    for path in ("/api/v1/inbox", "/api/v1/submissions", "/api/v1/receipts", "/api/v1/offices", f"/api/v1/submissions/{scene.plain}"):
        answer = await scene.county.client.get(path)
        assert (answer.status, (await answer.json())["type"]) == (401, "/problems/request-not-signed")
