"""签收 and 退回 under a person's own key: the receipt stands on their word, and a stranger can check it with openssl."""

import base64
import hashlib
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from bundle_maker import run_script
from county_maker import Running, found, serving
from county_process import county_process
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from archive.ledger.receipts import Stated
from exchange.clock import FakeClock
from exchange.delivery import moving
from exchange.delivery.states import Action
from exchange.office.store import person
from keys import evidence, statement
from keys.evidence import Anchor
from schemas import instants
from schemas.messages import Envelope, Receipt, Statement, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("acts") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        await running.person("T01")
        await running.person("county", "李四", Role.REVIEWER)
        await running.person("county", "王五", Role.REVIEWER)
        yield running


async def sent(county: Running) -> str:
    clock: Any = county.clock
    clock.advance(timedelta(seconds=1))
    container = pack(Letter(at=clock.now()), county.people["T01.1"])
    status, body = await county.submit(container)
    assert status == 201
    return str(decode(body, Envelope).submission)


def said(submission: str, now: datetime, **changes: Any) -> Statement:
    members = {"event": "ConsignmentAcceptance", "office": "county", "person": "county.1", "version": 1} | changes
    return Statement(type="statement/v1", submission=submission, at=instants.write(now), nonce="5a" * 16, **members)


def body_of(signed: tuple[bytes, bytes], **members: Any) -> bytes:
    parts = zip(("statement", "signature"), (base64.b64encode(part).decode() for part in signed), strict=True)
    return canonical(dict(parts) | members)


async def test_a_signed_act_makes_a_receipt_on_the_persons_own_word(county: Running):
    submission, now = await sent(county), county.clock.now()
    signed = statement.sign(said(submission, now), county.people["county.1"], now)
    status, answered = await county.ask("POST", f"/api/v1/inbox/{submission}/sign-for", "county.1", body_of(signed))
    assert status == 200, answered
    envelope = decode(canonical(answered), Envelope)
    receipt = decode(envelope.receipt, Receipt)
    assert (receipt.asserted_by, receipt.by) == ("person", "county.1")
    assert receipt.statement == hashlib.sha256(signed[0] + signed[1]).hexdigest()
    assert (envelope.statement, envelope.statement_signature) == signed
    anchor = Anchor(county.service.trust, county.county.notary.log)
    assert evidence.check_receipt(envelope, anchor, submission=submission).receipt == receipt


async def test_a_signed_act_whose_answer_was_lost_is_answered_an_hour_later(county: Running):
    submission, now, key = await sent(county), county.clock.now(), "5f0c2d1e-0000-4000-8000-000000000001"
    body = body_of(statement.sign(said(submission, now), county.people["county.1"], now))
    path, headers = f"/api/v1/inbox/{submission}/sign-for", {"Idempotency-Key": key}
    first = await county.ask("POST", path, "county.1", body, **headers)
    county.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    assert first[0] == 200
    assert await county.ask("POST", path, "county.1", body, **headers) == first
    assert (await county.ask("POST", path, "county.2", body, **headers))[0] == 422


async def test_without_a_key_the_receipt_says_that_it_is_the_services_word(county: Running):
    submission = await sent(county)
    _, answered = await county.ask("POST", f"/api/v1/inbox/{submission}/sign-for", "county.1", b"{}")
    receipt = decode(decode(canonical(answered), Envelope).receipt, Receipt)
    assert (receipt.asserted_by, receipt.statement) == ("county-service", None)


@pytest.mark.parametrize(
    ("signer", "changes", "members"),
    [
        ("county.2", {}, {}),
        ("county.2", {"person": "county.2"}, {}),
        ("county.1", {"event": "ConsignmentRejection"}, {}),
        ("county.1", {"submission": "0" * 64}, {}),
        ("county.1", {"version": 2}, {}),
        ("county.1", {"reason": "缺附件"}, {}),
        ("county.1", {"office": "T01"}, {}),
        ("county.1", {"at": "2026-11-22T07:00:00.000Z"}, {}),
        ("county.1", {"at": "2026-13-42T07:00:00.000Z"}, {}),
    ],
    ids=[
        "another key",
        "another person",
        "another act",
        "another item",
        "another version",
        "another reason",
        "another office",
        "long ago",
        "no day",
    ],
)
async def test_what_was_not_signed_by_this_person_for_this_act_is_refused_and_nothing_is_done(
    county: Running, signer: str, changes: dict[str, Any], members: dict[str, Any]
):
    submission, now = await sent(county), county.clock.now()
    at = changes.pop("at", None)
    wanted = said(changes.pop("submission", submission), now, **changes)
    wanted = wanted if at is None else msgspec.structs.replace(wanted, at=at)
    signed = statement.sign(wanted, county.people[signer], now)
    status, answered = await county.ask("POST", f"/api/v1/inbox/{submission}/sign-for", "county.1", body_of(signed, **members))
    assert (status, answered["type"]) == (422, "/problems/statement-invalid")
    _, now_is = await county.ask("GET", f"/api/v1/inbox/{submission}", "county.1")
    assert (now_is["review"], now_is["version"]) == ("pending", 1)


async def test_what_was_signed_long_before_the_receipt_is_not_that_persons_word(county: Running):
    """A county that keeps what it refused, and brings it out an hour later, convinces nobody."""
    submission, now = await sent(county), county.clock.now()
    signed = statement.sign(said(submission, now), county.people["county.1"], now)
    later = now + timedelta(hours=1)

    def lie(tx: Tx) -> None:
        moving.move(tx, county.county.notary, person(tx, "county.1"), submission, Action.SIGN_FOR, later, signed=Stated(*signed))

    await county.service.database.write(lie)
    county.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    _, answered = await county.ask("GET", f"/api/v1/submissions/{submission}/receipts", "T01.1")
    envelope = decode(canonical(answered["receipts"][-1]), Envelope)
    assert decode(envelope.receipt, Receipt).asserted_by == "person"
    anchor = Anchor(county.service.trust, county.county.notary.log)
    with pytest.raises(Problem, match="another time") as refused:
        evidence.check_receipt(envelope, anchor)
    assert refused.value.kind is ProblemType.RECEIPT_STATEMENT


async def test_a_returned_items_reason_is_in_what_was_signed_and_both_can_be_erased(county: Running):
    submission, now = await sent(county), county.clock.now()
    signed = statement.sign(said(submission, now, event="ConsignmentRejection", reason="缺盖章页"), county.people["county.1"], now)
    status, answered = await county.ask("POST", f"/api/v1/inbox/{submission}/return", "county.1", body_of(signed, reason="缺盖章页"))
    assert status == 200
    envelope = decode(canonical(answered), Envelope)
    assert decode(envelope.receipt, Receipt).reason is not None
    anchor = Anchor(county.service.trust, county.county.notary.log)
    erased = Envelope(
        submission=submission, receipt=envelope.receipt, signature=envelope.signature, timestamp=envelope.timestamp, proof=envelope.proof
    )
    assert evidence.check_receipt(erased, anchor).receipt.asserted_by == "person"
    other = statement.sign(said(submission, now, event="ConsignmentRejection", reason="别的原因"), county.people["county.1"], now)
    forged = Envelope(
        submission=submission,
        receipt=envelope.receipt,
        signature=envelope.signature,
        timestamp=envelope.timestamp,
        proof=envelope.proof,
        statement=other[0],
        statement_signature=other[1],
    )
    with pytest.raises(Problem) as refused:
        evidence.check_receipt(forged, anchor)
    assert refused.value.kind is ProblemType.RECEIPT_STATEMENT


async def test_what_was_signed_about_a_named_item_is_told_to_those_who_may_see_it_alone(county: Running):
    colleague, auditor = await county.person("T01", "同事"), await county.person("T01", "审计员", Role.AUDITOR)
    now = county.clock.now()
    letter = Letter(at=now, fields={"addressees": ["county.1"]})
    submission = str(decode((await county.submit(pack(letter, county.people["T01.1"])))[1], Envelope).submission)
    signed = statement.sign(said(submission, now, event="ConsignmentRejection", reason="只说给发件人"), county.people["county.1"], now)
    status, _ = await county.ask("POST", f"/api/v1/inbox/{submission}/return", "county.1", body_of(signed, reason="只说给发件人"))
    assert status == 200

    async def told(who: str) -> list[dict[str, Any]]:
        receipts = (await county.ask("GET", "/api/v1/receipts?size=100", who))[1]["receipts"]
        return [each for each in receipts if each.get("submission") == submission]

    assert [each["statement"] for each in await told("T01.1") if "statement" in each] == [base64.b64encode(signed[0]).decode()]
    for other in (colleague, auditor):
        assert (await county.ask("GET", f"/api/v1/submissions/{submission}", other))[0] == 404
        assert len(await told(other)) == len(await told("T01.1"))  # none is missing
        assert [each for each in await told(other) if "statement" in each or "statement_signature" in each] == []


async def test_the_command_signs_its_acts_fsck_agrees_and_a_stranger_checks_them_with_openssl(tmp_path: Path):
    with county_process(tmp_path / "county") as process:
        process.office("T01", "城关镇")
        clerk = process.enrol(tmp_path / "clerk", "T01", "张三")
        reviewer = process.enrol(tmp_path / "reviewer", "county", "李四", "reviewer")
        paper = tmp_path / "情况.txt"
        paper.write_text("关于防汛准备工作情况的报告", encoding="utf-8")
        sent_now = clerk.do("submit", paper, "--title", "防汛准备情况", "--kind", "信息", "--to", "county").lines[0]
        submission = sent_now["submission"]
        reviewer.run("sign-for", submission)
        reviewer.run("return", submission, "--reason", "缺盖章页")
        assert process.run("fsck", process.folder).json["ok"]
        clerk.do("evidence", submission, "--out", tmp_path / "证据.zip")
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(tmp_path / "证据.zip") as archive:
        archive.extractall(folder)
    names = sorted(path.name for path in (folder / "receipts").glob("*.statement.*"))
    assert names == ["003.statement.json", "003.statement.p7s", "004.statement.json", "004.statement.p7s"]
    verdict = run_script(folder)
    assert verdict.status == 0, verdict.output
    said_there = folder / "receipts/004.statement.json"
    honest = said_there.read_bytes()
    said_there.write_bytes(honest.replace("缺盖章页".encode(), "缺附件页".encode()))
    _sum_again(folder)
    assert "statement" in run_script(folder).failed
    said_there.unlink()
    (folder / "receipts/004.statement.p7s").unlink()
    _sum_again(folder)
    assert "statement" in run_script(folder).failed


def _sum_again(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
