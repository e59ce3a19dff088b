"""The handling slip over the API: the recipient's own people write it, and to everybody else it is as if it were not there."""

import asyncio
import base64
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import ledger_maker
import pytest
import pytest_asyncio
from sealing_maker import Sealed, sealing_county

from exchange import fsck
from exchange.county import open_folder
from exchange.delivery import slip
from exchange.delivery.states import MAX_REASON, Action
from exchange.events import store as events
from exchange.office.store import Person, person
from exchange.sealing import incident
from exchange.sealing.states import Seal
from exchange.web.admin import trail
from keys import evidence, statement
from keys.evidence import Anchor, Checked
from schemas import instants
from schemas.messages import Envelope, Receipt, Statement, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event, Role

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROPOSED, INSTRUCTED, CONCLUDED = "拟请农业农村局阅处", "同意拟办意见。\n请于周五前报结果", "已电话答复"
OTHERS = ("clerk", "leader of the sender", "reviewer", "leader", "officer", "administrator", "stranger")
"""The sender's people, those of another recipient with the county's officers among them, and an office that has nothing to do with it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sealed]:
    async with sealing_county(tmp_path_factory.mktemp("slip") / "county") as made:
        await made.county.office("T03", "山前镇")
        made.who |= {
            "own leader": await made.county.person("T02", "周镇长", Role.LEADER),
            "own auditor": await made.county.person("T02", "审计员", Role.AUDITOR),
            "stranger": await made.county.person("T03", "外人"),
        }
        yield made


async def begun(scene: Sealed) -> str:
    """Send one and let T02 sign for it; returns where its delivery is."""
    await scene.send()
    inbox = f"/api/v1/inbox/{scene.submission}"
    assert (await scene.ask("POST", f"{inbox}/sign-for", "reader", {}))[0] == 200
    return inbox


async def write(scene: Sealed, act: str, who: str, words: str, **more: Any) -> tuple[int, Any]:
    return await scene.ask("POST", f"/api/v1/inbox/{scene.submission}/{act}", who, {"reason": words} | more)


async def written(scene: Sealed) -> None:
    for act, who, words in (("propose", "machine", PROPOSED), ("instruct", "own leader", INSTRUCTED), ("conclude", "reader", CONCLUDED)):
        scene.county.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
        status, answer = await write(scene, act, who, words)
        assert status == 200, answer


async def read(scene: Sealed, unit: Any, who: str, *args: Any) -> Any:
    caller = await scene.county.service.database.read(person, scene.who[who])
    return await scene.county.service.database.read(unit, caller, *args)


def everything(tx: Any, caller: Person) -> tuple[Any, ...]:
    """Return what the event stream and the audit trail tell a person from the beginning."""
    told = events.page(tx, caller, 0)
    assert not told.more
    listed = trail.entries(tx, caller, trail.Narrowing(), 10**9, 1000)
    return {event.evidence_id for event in told.happenings}, {entry.evidence_id for entry in listed}


async def told(scene: Sealed, who: str) -> list[Any]:
    """Return all that a person is told of the submission, as exact as it comes."""
    one = f"/api/v1/submissions/{scene.submission}"
    paths = (one, f"{one}/receipts", f"{one}/crls", "/api/v1/submissions", "/api/v1/inbox", "/api/v1/receipts?size=100")
    answers = [await scene.ask("GET", path, who) for path in (*paths, f"/api/v1/inbox/{scene.submission}")]
    return [*answers, await read(scene, everything, who)]


def receipts(answer: Any) -> list[Receipt]:
    return [decode(base64.b64decode(each["receipt"]), Receipt) for each in answer["receipts"]]


def bare(answers: Collection[Any]) -> str:
    """Return answers with what is in base64 laid open."""
    text = json.dumps(answers, ensure_ascii=False, default=str)
    for envelope in (each for _, answer in list(answers)[:-1] if isinstance(answer, dict) for each in answer.get("receipts", [])):
        text += "".join(base64.b64decode(each).decode("utf-8", "replace") for each in envelope.values())
    return text


async def searched(scene: Sealed, who: str) -> tuple[int, Any]:
    """Search for what was proposed, once the index of a county that has just begun is there."""
    for _ in range(600):
        status, found = await scene.ask("GET", f"/api/v1/search?q={PROPOSED}", who)
        if status != 503:
            return status, found
        await asyncio.sleep(0.05)
    raise AssertionError(found)


async def test_whoever_else_there_is_is_told_exactly_what_they_were_told_before(scene: Sealed):
    await begun(scene)
    before = {who: await told(scene, who) for who in OTHERS}
    newest = (await scene.county.service.database.read(events.newest)).number
    await written(scene)
    _, rung = await scene.county.service.database.read(events.concerned, newest)
    assert rung == {"T02"}, "no other office's stream is woken"
    for who in OTHERS:
        after = await told(scene, who)
        assert after == before[who], who
        found = await searched(scene, who)
        assert (found[0], found[1]["total"]) == (200, 0)
        for words in (PROPOSED, INSTRUCTED, CONCLUDED, *INNER_EVENTS, "文件处理笺"):
            assert words not in bare(after), who
        status, answer = await scene.ask("GET", f"/api/v1/inbox/{scene.submission}/slip", who)
        assert (status, PROPOSED in json.dumps(answer, ensure_ascii=False)) == (
            404 if who in ("clerk", "leader of the sender", "stranger") else 403 if who == "administrator" else 200,
            False,
        )
        for act in ("propose", "instruct", "conclude"):
            assert (await write(scene, act, who, "越权"))[0] in (403, 404, 409)


async def test_its_own_office_has_all_of_it_and_all_of_its_receipts(scene: Sealed):
    inbox = await begun(scene)
    await written(scene)
    for who in ("reader", "own leader", "machine"):
        _, slip = await scene.ask("GET", f"{inbox}/slip", who)
        assert [(each["event"], each["name"], each["role"], each["words"]) for each in slip["entries"]] == [
            ("Proposal", "machine", "clerk", PROPOSED),
            ("Instruction", "周镇长", "leader", INSTRUCTED),
            ("Conclusion", "reader", "reviewer", CONCLUDED),
        ]
        assert slip["actions"] == (["instruct", "conclude"] if who == "own leader" else ["propose", "conclude"])
    _, answer = await scene.ask("GET", f"/api/v1/submissions/{scene.submission}/receipts", "reader")
    inner = [each for each in receipts(answer) if each.event in INNER_EVENTS]
    assert [(each.office, each.recipient, each.asserted_by) for each in inner] == [("T02", "T02", "county-service")] * 3
    _, own = await scene.ask("GET", "/api/v1/receipts?size=100", "own auditor")
    assert evidence.check_sequence(receipts(own), 0) == len(own["receipts"])
    assert (await scene.ask("GET", f"{inbox}/slip", "own auditor"))[1]["type"] == "/problems/not-allowed"  # as with the paper itself
    for whole in (own, (await scene.ask("GET", f"/api/v1/submissions/{scene.submission}/receipts", "own auditor"))[1]):
        told = [each for each, receipt in zip(whole["receipts"], receipts(whole), strict=True) if receipt.event in INNER_EVENTS]
        assert told
        assert not any(each.get("statement") for each in told)
    _, delivery = await scene.ask("GET", inbox, "reader")
    assert delivery["version"] == 2  # what is written on a slip is no move: the sender would see the numbers go up


async def checked(scene: Sealed, who: str) -> list[Checked]:
    """Return the receipts that a person has, checked one by one as a verifier does."""
    _, answer = await scene.ask("GET", f"/api/v1/submissions/{scene.submission}/receipts", who)
    anchor = Anchor(scene.county.service.trust, scene.county.county.notary.log)
    return [evidence.check_receipt(decode(canonical(each), Envelope), anchor) for each in answer["receipts"]]


async def test_histories_hold_with_and_without_the_slip_and_none_of_it_can_be_left_out(scene: Sealed):
    inbox = await begun(scene)
    await written(scene)
    status, problem = await scene.ask("POST", f"{inbox}/return", "reader", {"reason": "缺附件"})
    assert (status, problem["type"]) == (409, "/problems/handled-already")  # its result was noted
    asked = f"/api/v1/submissions/{scene.submission}/deliveries/T02/ask-back"
    assert (await scene.ask("POST", asked, "clerk", {"reason": "附件有误"}))[0] == 200
    assert (await scene.ask("POST", f"{inbox}/consent", "reader", {}))[0] == 200
    assert (await write(scene, "propose", "reader", "再拟"))[0] == 409  # it is the sender's again
    sender, own = await checked(scene, "clerk"), await checked(scene, "reader")
    assert evidence.check_history(sender, ("T02", "county")) == ""
    assert evidence.check_history(own, ("T02", "county")) == "T02"
    links = {each.receipt.previous for each in sender}
    for place, each in enumerate(own):
        if each.receipt.event in INNER_EVENTS:
            assert each.receipt.evidence_id not in links
            if place + 1 < len(own) and own[place + 1].receipt.event in INNER_EVENTS:
                with pytest.raises(Problem, match="missing") as caught:
                    evidence.check_history(own[:place] + own[place + 1 :], ("T02", "county"))
                assert caught.value.kind is ProblemType.RECEIPT_CHAIN


async def test_what_another_recipient_does_meanwhile_is_no_link_of_the_slip(scene: Sealed):
    inbox = await begun(scene)
    assert (await write(scene, "propose", "machine", PROPOSED))[0] == 200
    for act in ("open", "sign-for"):
        assert (await scene.ask("POST", f"/api/v1/inbox/{scene.submission}/{act}", "reviewer", {}))[0] == 200
    assert (await write(scene, "conclude", "reader", CONCLUDED))[0] == 200
    assert (await scene.ask("POST", f"{inbox}/open", "reader", {}))[0] == 200
    own = await checked(scene, "reader")
    proposal, conclusion = (each.receipt for each in own if each.receipt.event in INNER_EVENTS)
    assert conclusion.previous == proposal.evidence_id
    assert evidence.check_history(own, ("T02", "county")) == "T02"


async def test_a_leaders_own_word_stands_on_the_slip_and_openssl_verifies_it(scene: Sealed, tmp_path: Path):
    await begun(scene)
    now, leader = scene.county.clock.now(), scene.who["own leader"]
    said = Statement(
        type="statement/v1",
        event=Event.INSTRUCTION,
        submission=scene.submission,
        office="T02",
        person=leader,
        at=instants.write(now),
        nonce="5a" * 16,
        version=2,
        reason=INSTRUCTED,
    )
    signed = statement.sign(said, scene.county.people[leader], now)
    word = {name: base64.b64encode(part).decode() for name, part in zip(("statement", "signature"), signed, strict=True)}
    assert (await write(scene, "instruct", "own leader", "别的话", **word))[1]["type"] == "/problems/statement-invalid"
    assert (await write(scene, "conclude", "own leader", INSTRUCTED, **word))[1]["type"] == "/problems/statement-invalid"
    status, first = await write(scene, "instruct", "own leader", INSTRUCTED, **word)
    assert status == 200
    # no version goes up, so nothing else keeps the same word from being brought out again and counted twice
    assert await write(scene, "instruct", "own leader", INSTRUCTED, **word) == (200, first)
    assert await write(scene, "instruct", "own leader", INSTRUCTED + "\n", **word) == (200, first)
    _, slip = await scene.ask("GET", f"/api/v1/inbox/{scene.submission}/slip", "reader")
    assert [each["asserted_by"] for each in slip["entries"]] == ["person"]
    envelope = (await checked(scene, "reader"))[-1]
    assert envelope.receipt.asserted_by == "person"
    county = scene.county.county
    (tmp_path / "root.pem").write_bytes(_pem(county.root) + _pem(county.issuer.certificate))
    for name, part in zip(("said.json", "said.p7s"), signed, strict=True):
        (tmp_path / name).write_bytes(part)
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "said.p7s", "-content", "said.json"]
    options = ["-CAfile", "root.pem", "-purpose", "any", "-attime", str(int(now.timestamp())), "-out", "out"]
    assert (await asyncio.to_thread(subprocess.run, [*command, *options], cwd=tmp_path, capture_output=True, check=False)).returncode == 0
    (tmp_path / "said.json").write_bytes(signed[0].replace("周五".encode(), "周六".encode()))
    assert (await asyncio.to_thread(subprocess.run, [*command, *options], cwd=tmp_path, capture_output=True, check=False)).returncode != 0


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - used here alone

    return bytes(certificate.public_bytes(Encoding.PEM))


async def test_who_may_write_what_and_when_and_how_much(scene: Sealed):
    await scene.send()
    assert (await write(scene, "propose", "reader", "早了"))[1]["type"] == "/problems/action-not-possible"  # not yet signed for
    inbox = f"/api/v1/inbox/{scene.submission}"
    assert (await scene.ask("POST", f"{inbox}/sign-for", "reader", {}))[0] == 200
    for act, who, words, refused in (
        ("instruct", "machine", INSTRUCTED, (403, "/problems/not-allowed")),  # a clerk gives no instruction
        ("instruct", "reader", INSTRUCTED, (403, "/problems/not-allowed")),
        ("propose", "own leader", PROPOSED, (403, "/problems/not-allowed")),
        ("conclude", "own auditor", CONCLUDED, (403, "/problems/not-allowed")),
        ("instruct", "own leader", " \n　", (422, "/problems/words-required")),
        ("instruct", "own leader", "\u200b\u2060\ufeff", (422, "/problems/words-required")),  # nothing that anybody sees
        ("instruct", "own leader", "", (422, "/problems/words-required")),
    ):
        status, answer = await write(scene, act, who, words)
        assert (status, answer["type"]) == refused, (act, who)
    assert (await write(scene, "propose", "machine", "长" * (MAX_REASON + 1)))[0] == 400
    assert (await write(scene, "propose", "machine", PROPOSED, version=1))[1]["type"] == "/problems/state-changed"
    assert (await scene.ask("GET", f"{inbox}/slip", "reader"))[1]["entries"] == []
    assert (await write(scene, "propose", "machine", "长" * MAX_REASON))[0] == 200


async def test_sealing_takes_the_words_with_it_and_release_brings_them_back(scene: Sealed):
    inbox = await begun(scene)
    await written(scene)
    assert await scene.report() in (200, 201)
    status, answer = await scene.ask("GET", f"{inbox}/slip", "reader")
    assert (status, answer["type"]) == (409, "/problems/sealed")
    assert (await write(scene, "conclude", "reader", CONCLUDED))[1]["type"] == "/problems/sealed"
    ledger = sqlite3.connect(f"file:{scene.county.county.ledger}?mode=ro", uri=True)
    held = ledger.execute("SELECT text FROM reason JOIN event USING (evidence_id) WHERE submission = ?", (scene.submission,)).fetchall()
    ledger.close()
    assert [text for (text,) in held if text in (PROPOSED, INSTRUCTED, CONCLUDED)] == []
    sheet = await scene.county.service.database.read(incident.incident, scene.submission, [])
    assert not {each.event for each in sheet.events} & INNER_EVENTS
    assert not {decode(each.receipt, Receipt).event for each in sheet.receipts} & INNER_EVENTS
    await scene.until(Seal.SEALED)
    assert (await fsck.check(scene.county.county))["problems"] == []
    opened = {"key": base64.b64encode(await scene.key()).decode(), "reason": "误报"}
    status, answer = await scene.ask("POST", f"/api/v1/sealed/{scene.submission}/release", "officer", opened)
    assert status == 200, answer
    slip = (await scene.ask("GET", f"{inbox}/slip", "reader"))[1]
    assert [each["words"] for each in slip["entries"]] == [PROPOSED, INSTRUCTED, CONCLUDED]
    assert (await fsck.check(scene.county.county))["problems"] == []


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from archive.ledger import log
from archive.ledger.sqlite import SqliteDatabase
from exchange.county import open_folder
from exchange.delivery import moving
from exchange.delivery.states import Action
from exchange.office.store import person
from schemas import instants

county = open_folder(Path(sys.argv[1]))
now = instants.read(sys.argv[3])

def act(tx):
    moving.move(tx, county.notary, person(tx, "county.1"), sys.argv[2], Action.PROPOSE, now, reason="写到一半")
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=sys.argv[3])
    try:
        await database.write(act)
    finally:
        await database.close()

asyncio.run(main())
"""


async def test_a_kill_before_the_commit_leaves_nothing_of_an_entry(tmp_path: Path):
    county = await ledger_maker.found(tmp_path / "county")
    async with ledger_maker.opened(county) as filled:
        await filled.office("T01")
        for office in ("T01", "county"):
            await filled.person(office)
        submission = await filled.send("T01.1")
        await filled.move("county.1", submission, Action.SIGN_FOR)
    arguments = [sys.executable, "-c", _KILLED, str(tmp_path / "county"), submission, instants.write(ledger_maker.NOW)]
    killed = await asyncio.to_thread(subprocess.run, arguments, check=False, capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    async with ledger_maker.opened(open_folder(tmp_path / "county")) as again:
        assert (await again.database.read(slip.slip, await again.database.read(person, "county.1"), submission)).entries == ()
        await again.move("county.1", submission, Action.PROPOSE, "再写一次")
        (entry,) = (await again.database.read(slip.slip, await again.database.read(person, "county.1"), submission)).entries
        assert entry.words == "再写一次"
    assert (await fsck.check(county))["problems"] == []
