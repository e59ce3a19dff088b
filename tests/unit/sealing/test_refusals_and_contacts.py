"""Refusals are seen by those whom they concern; contacts by one's own office; machines neither fetch nor find internal texts."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from archive.ledger.migrate import migrations
from exchange.clock import FakeClock
from exchange.commands import Desk, contact
from exchange.office import scopes, stops
from exchange.office.stops import Stop
from exchange.office.store import person
from schemas.problems import Problem, ProblemType
from schemas.words import Handling, Role, Scope

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
"""December already, by Beijing time."""
WORD = "机密★1年"
PEOPLE = {
    "sender": ("T01", Role.CLERK),
    "colleague": ("T01", Role.CLERK),
    "leader": ("T01", Role.LEADER),
    "officer": ("T01", Role.CONFIDENTIALITY),
    "auditor": ("T01", Role.AUDITOR),
    "administrator": ("T01", Role.ADMINISTRATOR),
    "stranger": ("T02", Role.LEADER),
    "county officer": ("county", Role.CONFIDENTIALITY),
    "county leader": ("county", Role.LEADER),
    "county auditor": ("county", Role.AUDITOR),
    "machine": ("T02", Role.SERVICE),
}


@dataclass
class Scene:
    county: Running
    refused: dict[str, Any]
    who: dict[str, str] = field(default_factory=dict)

    async def ask(self, path: str, who: str) -> tuple[int, Any]:
        return await self.county.ask("GET", path, self.who[who])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("refusals") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as county:
        for office in ("T01", "T02"):
            await county.office(office)
        who = {name: await county.person(office, name, role) for name, (office, role) in PEOPLE.items()}
        desk = Desk(county.county, county.service.database, county.service.watch)
        await contact(desk, office="county", person="李慎", phone="0555-1234567")
        letter = Letter(at=NOW, files={"甲.txt": f"{WORD}\n正文\n".encode()})
        status, body = await county.submit(pack(letter, county.people[who["sender"]]))
        assert status == 422
        yield Scene(county, json.loads(body), who)


async def test_who_is_refused_is_told_whom_to_call(scene: Scene):
    assert scene.refused["contact"]["phone"] == "0555-1234567"


@pytest.mark.parametrize(
    ("who", "seen"),
    {"sender": 1, "colleague": 0, "leader": 1, "officer": 1, "stranger": 0, "county officer": 1, "county leader": 0}.items(),
)
async def test_a_refusal_is_seen_by_those_whom_it_concerns(scene: Scene, who: str, seen: int):
    status, page = await scene.ask("/api/v1/refusals", who)
    assert (status, len(page["items"])) == (200, seen)
    for item in page["items"]:
        assert (item["office"], item["person"], item["rules"]) == (
            "T01",
            scene.who["sender"],
            sorted({f["rule"] for f in scene.refused["findings"]}),
        )
        assert set(item) == {"evidence_id", "at", "office", "person", "rules", "policy"}
    assert "★" not in json.dumps(page, ensure_ascii=False)


@pytest.mark.parametrize("who", ["auditor", "county auditor", "administrator"])
async def test_nobody_else_is_shown_one(scene: Scene, who: str):
    assert (await scene.ask("/api/v1/refusals", who))[0] == 403


@pytest.mark.parametrize(("who", "count"), {"auditor": 1, "county auditor": 1, "leader": 1, "county officer": 1, "stranger": 0}.items())
async def test_auditors_see_counts_a_month(scene: Scene, who: str, count: int):
    status, page = await scene.ask("/api/v1/refusals/months", who)
    assert (status, page["items"]) == (200, [{"month": "2026-12", "office": "T01", "count": 1}][:count])


@pytest.mark.parametrize("who", ["sender", "administrator"])
async def test_others_see_no_counts(scene: Scene, who: str):
    assert (await scene.ask("/api/v1/refusals/months", who))[0] == 403


async def test_an_office_sees_its_own_contact_and_the_countys_and_the_former_one_is_kept(scene: Scene):
    desk = Desk(scene.county.county, scene.county.service.database, scene.county.service.watch)
    assert [item["office"] for item in (await scene.ask("/api/v1/contacts", "stranger"))[1]["items"]] == ["county"]
    await contact(desk, office="T02", person="王谨", phone="13800000000")
    scene.county.clock.advance(NOW - NOW.replace(hour=16))
    await contact(desk, office="T02", person="赵慎之", phone="(0555) 123 转 8")
    items = (await scene.ask("/api/v1/contacts", "stranger"))[1]["items"]
    assert [(item["office"], item["name"]) for item in items] == [("T02", "赵慎之"), ("county", "李慎")]
    assert [item["office"] for item in (await scene.ask("/api/v1/contacts", "sender"))[1]["items"]] == ["county"]
    rows = await scene.county.service.database.read(
        lambda tx: tx.rows("SELECT name, valid_to FROM contact WHERE office = 'T02' ORDER BY valid_from")
    )
    assert [(row.name, row.valid_to is None) for row in rows] == [("王谨", False), ("赵慎之", True)]


@pytest.mark.parametrize(
    ("office", "person", "phone", "kind"),
    [
        ("T99", "王谨", "0555", ProblemType.OFFICE_UNKNOWN),
        ("T02", " ", "0555", ProblemType.REQUEST_MALFORMED),
        ("T02", "王谨", "电话", ProblemType.REQUEST_MALFORMED),
        ("T02", "王谨", "0555\n机密", ProblemType.REQUEST_MALFORMED),
    ],
)
async def test_a_contact_that_is_none_is_refused(scene: Scene, office: str, person: str, phone: str, kind: ProblemType):
    desk = Desk(scene.county.county, scene.county.service.database, scene.county.service.watch)
    with pytest.raises(Problem) as refused:
        await contact(desk, office=office, person=person, phone=phone)
    assert refused.value.kind is kind


async def test_a_machine_does_not_fetch_what_is_internal(scene: Scene):
    county, machine = scene.county, scene.who["machine"]
    everything = frozenset({Scope.INBOX, Scope.MOVE, Scope.CONTENT})
    await county.service.database.write(scopes.grant, machine, everything, county.clock.now())
    for handling, expected in ((Handling.NORMAL, 200), (Handling.INTERNAL, 403)):
        letter = Letter(at=county.clock.now(), to=("T02",), fields={"handling": handling})
        status, body = await county.submit(pack(letter, county.people[scene.who["sender"]]))
        assert status == 201
        submission = json.loads(body)["submission"]
        assert (await county.ask("POST", f"/api/v1/inbox/{submission}/open", machine, b"{}"))[0] == 200
        assert (await county.ask("GET", f"/api/v1/submissions/{submission}/container", machine))[0] == expected
        assert (await county.ask("GET", f"/api/v1/submissions/{submission}/container", scene.who["sender"]))[0] == 200
        assert (await county.ask("GET", f"/api/v1/inbox/{submission}", machine))[1].get("handling", "normal") == handling


async def test_a_machine_does_not_find_what_is_internal_by_its_words(scene: Scene):
    county, machine, person = scene.county, scene.who["machine"], scene.who["stranger"]
    await county.service.database.write(scopes.grant, machine, frozenset({Scope.SEARCH}), county.clock.now())
    for number, handling in enumerate(Handling):
        files = {f"第{number}号.txt": "蒹葭苍苍，白露为霜。".encode()}
        letter = Letter(at=county.clock.now(), to=("T02",), title=f"堤防{handling.zh}件", files=files, fields={"handling": handling})
        assert (await county.submit(pack(letter, county.people[scene.who["sender"]])))[0] == 201

    async def titles(q: str, who: str) -> list[str]:
        while True:
            status, answer = await county.ask("GET", f"/api/v1/search?q={quote(q)}", who)
            assert status in (200, 503), answer
            if status == 200 and not answer["index"]["behind"]:
                break
            await asyncio.sleep(0.02)
        found = sorted(hit["title"] for hit in answer["hits"])
        assert answer["total"] == len(found) == sum(each["count"] for each in answer["facets"]["kind"])
        return found

    plain, internal = (f"堤防{handling.zh}件" for handling in (Handling.NORMAL, Handling.INTERNAL))
    both = sorted((plain, internal))
    assert await titles("白露为霜", person) == both
    assert await titles("白露为霜", machine) == [plain]
    assert await titles("堤防", machine) == both
    assert await titles("堤防 -白露为霜", machine) == [internal]  # whether the words are in it or not
    assert await titles("堤防 -没有的话", machine) == both


async def test_a_document_that_was_stopped_while_it_was_read_is_told_to_those_whom_a_refusal_concerns(scene: Scene):
    county, stop = scene.county, Stop(("star-head",), "usual/1", "0" * 64, "2026")
    people = {name: await county.service.database.read(person, each) for name, each in scene.who.items()}
    await county.service.database.write(stops.remember, people["sender"], stop, NOW)
    seeing, told = set(), set()
    for name, each in people.items():
        rows = []
        with contextlib.suppress(Problem):  # auditors see counts, administrators nothing
            rows = await county.service.database.read(stops.stopped, each)
        assert all((row.office, row.person, row.rules) == ("T01", scene.who["sender"], ("star-head",)) for row in rows)
        seeing |= {name} if rows else set()
        told |= {name} if await county.service.database.read(stops.count, each, NOW) else set()
        assert not await county.service.database.read(stops.count, each, NOW + timedelta(days=1))
    assert seeing == {"sender", "leader", "officer", "county officer"}
    assert told == {"leader", "officer", "county officer"}
    with pytest.raises(Exception, match="stays told"):
        await county.service.database.write(lambda tx: tx.run("DELETE FROM stopped_reading"))


async def test_what_was_refused_before_it_was_kept_by_whom_is_in_the_list_without_a_name(scene: Scene):
    """The migration fills in what the events say."""
    (step,) = [step for step in migrations() if step.name == "0006_sealing.sql"]
    (fill,) = [statement for statement in step.sql.split(";") if statement.strip().startswith("INSERT INTO refusal")]

    def anew(tx: Tx) -> list[Any]:
        tx.run("DELETE FROM refusal")
        tx.run(fill)
        return tx.rows("SELECT office, person FROM refusal")

    rows = await scene.county.service.database.write(anew)
    assert [(row.office, row.person) for row in rows] == [("T01", None)]
    assert "person" not in (await scene.ask("/api/v1/refusals", "leader"))[1]["items"][0]
    assert (await scene.ask("/api/v1/refusals", "sender"))[1]["items"] == []
