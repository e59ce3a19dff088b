"""What a good submission leaves: the exact bytes, deliveries, receipts, and an answer that a stranger could verify."""

import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import paper_maker
import pytest
import pytest_asyncio
import raw_request_maker as raw
from county_maker import Running, found, serving
from submission_maker import TEXT, Letter, pack

from archive.ledger.receipts import entry
from exchange.clock import FakeClock
from exchange.intake.staging import Staging
from keys import cms, merkle, notes, timestamp
from keys.trust import Purpose, validate
from schemas.words import Handling, Kind, Urgency

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("accepts") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        for office in ("T01", "T02"):
            await running.office(office)
            await running.person(office)
        await running.person("county", "收文员")
        yield running


async def test_the_receipt_can_be_checked_with_nothing_but_the_root_and_the_log_key(county: Running):
    content = pack(Letter(at=NOW), county.people["T01.1"])
    status, body = await county.submit(content)
    answer = json.loads(body)
    receipt, signature, stamp, proof = (base64.b64decode(answer[name]) for name in ("receipt", "signature", "timestamp", "proof"))
    said = json.loads(receipt)
    assert (status, said["event"], said["office"], said["by"]) == (201, "SubmissionAcceptance", "T01", "T01.1")
    assert said["digests"] == {"manifest": answer["submission"], "container": hashlib.sha256(content).hexdigest()}
    signed = cms.verify(signature, hashlib.sha256(receipt).digest())
    validate(signed.certificate, signed.certificates, county.service.trust, at=NOW, purpose=Purpose.RECEIPT)
    stamped = timestamp.verify(stamp, signature)
    validate(stamped.certificate, stamped.certificates, county.service.trust, at=NOW, purpose=Purpose.TIME_STAMP)
    index, path, note = notes.read_proof(proof)
    checkpoint = notes.open_checkpoint(note, county.county.notary.log)
    assert merkle.verify_inclusion(index, checkpoint.size, merkle.leaf_hash(entry(receipt, signature)), path, checkpoint.root)


async def test_the_container_comes_back_byte_for_byte_once_it_was_opened(county: Running):
    content = pack(Letter(at=NOW), county.people["T01.1"])
    submission = json.loads((await county.submit(content))[1])["submission"]
    path = f"/api/v1/submissions/{submission}/container"
    assert await county.ask("GET", path, "T01.1") == (200, content)
    assert (await county.ask("GET", path, "county.1"))[0] == 409
    assert (await county.ask("POST", f"/api/v1/inbox/{submission}/open", "county.1"))[0] == 200
    assert await county.ask("GET", path, "county.1") == (200, content)


async def test_every_recipient_and_every_copy_gets_a_delivery(county: Running):
    letter = Letter(at=NOW, fields={"cc": ["T02"], "kind": Kind.REPORT, "number": "城政发〔2026〕12号"})
    submission = json.loads((await county.submit(pack(letter, county.people["T01.1"])))[1])["submission"]
    _, status = await county.ask("GET", f"/api/v1/submissions/{submission}", "T01.1")
    assert [(each["office"], each["copy"], each["review"]) for each in status["deliveries"]] == [
        ("county", False, "pending"),
        ("T02", True, "pending"),
    ]
    assert status["number"] == "城政发〔2026〕12号"
    assert [event["event"] for event in status["events"]] == ["SubmissionAcceptance", "ContentConsignment", "ContentConsignment"]


GOOD: dict[str, Letter] = {
    "a PDF": Letter(at=NOW, files={"件.pdf": paper_maker.pdf(pages=2)}),
    "several files": Letter(at=NOW, files={"件.pdf": paper_maker.pdf(), "attachments/附件一.txt": TEXT, "attachments/二/附件.txt": TEXT}),
    "internal papers": Letter(at=NOW, files={"件.txt": "内部资料\n".encode() + TEXT}),
    "words of secrecy in a sentence": Letter(at=NOW, files={"件.txt": "严禁通过互联网传输国家秘密和机密文件。\n".encode() + TEXT}),
    "every optional field": Letter(
        at=NOW,
        fields={"copies": 3, "respond_by": "2028-02-29", "paper_annex": ["图纸一卷"], "notes": "请查收", "signatory": "李四"}
        | {"in_reply_to": "a" * 64, "handling": Handling.INTERNAL, "urgency": Urgency.EXTRA_URGENT},
    ),
}


@pytest.mark.parametrize("name", GOOD)
async def test_what_is_good_is_accepted(county: Running, name: str):
    letter = GOOD[name]
    letter.fields |= {"reference": f"00000000-0000-4000-8000-{list(GOOD).index(name):012}"}
    status, body = await county.submit(pack(letter, county.people["T01.1"]))
    assert status == 201, body.decode()


async def test_an_internal_marking_is_handled_as_internal(county: Running):
    letter = Letter(at=NOW, files={"件.txt": "内部资料\n".encode() + TEXT})
    submission = json.loads((await county.submit(pack(letter, county.people["T01.1"])))[1])["submission"]
    assert (await county.ask("GET", f"/api/v1/submissions/{submission}", "T01.1"))[1]["handling"] == "internal"


async def test_a_large_container_goes_through_the_sealed_file_and_arrives_whole(county: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(county.service, "staging", Staging(county.county.folder / "staging", memory=200_000))
    pages = paper_maker.pdf(pages=3, title="".join(chr(0x4E00 + byte) for byte in os.urandom(12)))
    letter = Letter(at=NOW, files={"件.pdf": pages, "attachments/长文.txt": TEXT * 30_000})
    content = pack(letter, county.people["T01.1"])
    assert len(content) > 2_500_000
    status, body = await county.submit(content)
    assert status == 201
    kept = await county.kept()
    assert (kept.staged, kept.free) == ([], 200_000)
    assert b"".join(county.service.blobs.read(hashlib.sha256(content).hexdigest())) == content
    assert json.loads(body)["submission"]


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_bytes_may_come_in_pieces_of_any_size(county: Running, size: int):
    content = pack(Letter(at=NOW), county.people["T01.1"])
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(None, Transfer_Encoding="chunked") + raw.chunked(*pieces))
        assert (await wire.answer()).status == 201


async def test_the_offices_receipts_are_gapless_and_in_time_order(county: Running):
    clock: Any = county.clock
    for step in (timedelta(seconds=3), timedelta(seconds=-2), timedelta(seconds=1)):
        clock.jump(step)
        assert (await county.submit(pack(Letter(at=county.clock.now()), county.people["T01.1"])))[0] == 201
    _, page = await county.ask("GET", "/api/v1/receipts", "T01.1")
    receipts = [json.loads(base64.b64decode(each["receipt"])) for each in page["receipts"]]
    assert [receipt["sequence"] for receipt in receipts] == list(range(1, len(receipts) + 1))
    times = [receipt["at"] for receipt in receipts]
    assert times == sorted(times)
