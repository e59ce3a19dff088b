"""What officers do with a sealed item before it is released or destroyed is theirs; others learn that it is sealed."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sealing_maker import PHRASE, Sealed, holding, sealing_county

from archive.ledger.database import Tx
from exchange import fsck
from exchange.app import sweep
from exchange.county import open_folder
from exchange.events import store as events
from exchange.office.store import person
from exchange.sealing import orphans
from exchange.sealing.sealer import SEALER
from exchange.sealing.states import Seal
from keys import sealed
from schemas.problems import Problem
from schemas.words import Role

WITHIN = {"SealOpening", "SealRewrapping", "DestructionOrder"}
OUTSIDERS = ("clerk", "leader of the sender", "reader", "reviewer", "administrator")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Sealed]:
    async with sealing_county(tmp_path / "county") as made:
        made.who["auditor"] = await made.county.person("county", "auditor", Role.AUDITOR)
        made.who["township's auditor"] = await made.county.person("T02", "auditor", Role.AUDITOR)
        await made.send()
        await made.report()
        await made.until(Seal.SEALED)
        made.who["second"] = await made.county.person("county", "second", Role.CONFIDENTIALITY)
        yield made


async def rewrap(made: Sealed, who: str = "officer") -> None:
    one = f"/api/v1/sealed/{made.submission}"
    key, context = await made.key(who), bytes.fromhex(made.submission)
    keys = []
    for each in (await made.ask("GET", one, who))[1]["officers"]:
        public: Any = load_der_public_key(base64.b64decode(each["key"]))
        keys.append({"recipient": each["recipient"], "wrapped": base64.b64encode(sealed.wrap(key, public, context)).decode()})
    status, answer = await made.ask("POST", f"{one}/rewrap", who, {"keys": keys})
    assert status == 200, answer


async def told(made: Sealed, who: str) -> set[str]:
    """Return the events within the seal that somebody is told; status and stream say the same."""
    status, answer = await made.ask("GET", f"/api/v1/submissions/{made.submission}", who)
    assert status == 200, answer
    assert (answer["sealed"], answer["title"]) == (True, "")

    def followed(tx: Tx) -> list[str]:
        return [each.event for each in events.page(tx, person(tx, made.who[who]), 0).happenings if each.submission == made.submission]

    said = [each["event"] for each in answer["events"]]
    assert await made.county.service.database.read(followed) == said
    assert "Sealing" in said
    return set(said) & WITHIN


async def receipts(made: Sealed, who: str) -> set[str]:
    answer = (await made.ask("GET", f"/api/v1/submissions/{made.submission}/receipts", who))[1]
    return {json.loads(base64.b64decode(each["receipt"]))["event"] for each in answer["receipts"]} & WITHIN


async def test_only_officers_auditors_and_who_did_it_are_told_what_happens_within_a_seal(scene: Sealed):
    one = f"/api/v1/sealed/{scene.submission}"
    await rewrap(scene)
    assert (await scene.ask("POST", f"{one}/look", "officer", {}))[0] == 200
    assert (await scene.ask("POST", f"{one}/destroy", "officer", {"reason": "涉密"}))[0] == 200
    inside, outside = ("officer", "second", "auditor"), (*OUTSIDERS, "township's auditor", "leader")
    assert [await told(scene, who) for who in inside] == [WITHIN] * len(inside)
    assert [await told(scene, who) for who in outside] == [set()] * len(outside)
    # the sender's office has the receipts, which number on in its own chain; a recipient's has not
    assert [await receipts(scene, who) for who in ("clerk", "reader", "reviewer")] == [WITHIN, set(), set()]
    assert (await scene.ask("POST", f"{one}/confirm", "leader", {}))[0] == 200
    await scene.until(Seal.DESTROYED)
    assert await told(scene, "leader") == WITHIN  # the other of the two who destroyed it
    assert await told(scene, "reader") == set()
    status = (await scene.ask("GET", f"/api/v1/submissions/{scene.submission}", "reader"))[1]
    assert status["events"][-1]["event"] == "Destruction"
    assert (await fsck.check(open_folder(scene.county.county.folder)))["problems"] == []


async def test_a_recipients_history_is_whole_again_once_the_seal_was_a_false_alarm(scene: Sealed):
    one = f"/api/v1/sealed/{scene.submission}"
    assert (await scene.ask("POST", f"{one}/look", "officer", {}))[0] == 200
    assert await receipts(scene, "reader") == set()
    body = {"key": base64.b64encode(await scene.key()).decode(), "reason": "误报"}
    assert (await scene.ask("POST", f"{one}/release", "officer", body))[0] == 200
    assert await receipts(scene, "reader") == {"SealOpening"}


async def test_a_key_for_somebody_else_is_an_event_and_the_same_once_more_is_none(scene: Sealed):
    async def recorded() -> list[tuple[str, str | None]]:
        rows = await scene.county.service.database.read(
            lambda tx: tx.rows("SELECT event, person FROM event WHERE event = 'SealRewrapping' ORDER BY id")
        )
        return [(row.event, row.person) for row in rows]

    scene.who["third"] = await scene.county.person("county", "third", Role.CONFIDENTIALITY)
    await rewrap(scene)
    assert await recorded() == [("SealRewrapping", scene.who["officer"])]
    await rewrap(scene)
    assert len(await recorded()) == 1
    await scene.county.leave(scene.who["officer"])
    await rewrap(scene, "third")
    assert [by for _, by in await recorded()] == [scene.who["officer"], scene.who["third"]]
    assert (await fsck.check(open_folder(scene.county.county.folder)))["problems"] == []


async def test_what_a_sweep_sets_aside_only_the_officers_can_open(scene: Sealed):
    content = f"{PHRASE}之二".encode()
    name = hashlib.sha256(content).hexdigest()
    service, sealer = scene.county.service, scene.county.client.app[SEALER]
    service.blobs.put(name, len(content), [content], "2026-11-22")
    assert await sweep(sealer, scene.county.clock.now()) == 1
    assert name not in list(service.blobs.keys())
    (file,) = (scene.county.county.folder / "orphans").iterdir()
    assert holding(scene.county.county.folder, PHRASE) == {}
    keys = {who: scene.county.people[scene.who[who]].private_key for who in ("officer", "second", "leader")}
    for who in ("officer", "second"):
        assert b"".join(orphans.opened(file, [keys[who]])[1]) == content
    with pytest.raises(Problem, match="key-unreadable"):
        orphans.opened(file, [keys["leader"], sealer._own_private()])


async def test_that_the_countys_own_key_lets_go_is_an_event_of_nobody(tmp_path: Path):
    async with sealing_county(tmp_path / "county", officer=False) as made:
        await made.send()
        assert await made.report("administrator") == 200
        await made.until(Seal.SEALED)
        made.who["officer"] = await made.county.person("county", "officer", Role.CONFIDENTIALITY)
        await made.until(Seal.SEALED)
        assert await told(made, "officer") == {"SealRewrapping"}
        assert await told(made, "administrator") == set()
        assert len(await made.key()) == 32
