"""Receipts: what is recorded is what is signed, in a chain without gaps, and never while signing is stopped."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import ledger_maker
import pytest
from ledger_maker import NOW

from archive.ledger import log
from archive.ledger.memory import MemoryDatabase
from archive.ledger.receipts import Fact, entry, envelope_of, moment, record
from exchange.office import store
from keys import cms, notes, timestamp
from schemas import instants
from schemas.messages import Digests, Receipt, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, OfficeKind

NOTARY = ledger_maker.notary()
SUBMISSION = hashlib.sha256(b"a submission").hexdigest()


@pytest.fixture
async def database() -> AsyncIterator[MemoryDatabase]:
    opened = MemoryDatabase(log.close_group(NOTARY), instants.write(NOW))
    await opened.write(ledger_maker.begin, NOTARY)
    await opened.write(store.add_office, NOTARY, "T01", "城关镇", OfficeKind.TOWNSHIP, NOW)
    yield opened
    await opened.close()


async def recorded(database: MemoryDatabase, fact: Fact, now: object = NOW) -> Receipt:
    envelope = await database.read(envelope_of, await database.write(record, NOTARY, fact, now))
    return decode(envelope.receipt, Receipt)


async def test_a_receipt_is_signed_stamped_and_in_the_log(database: MemoryDatabase):
    fact = Fact(
        event=Event.SUBMISSION_ACCEPTANCE,
        office="T01",
        submission=SUBMISSION,
        received_at=NOW - timedelta(seconds=1),
        by="T01.1",
        digests=Digests(manifest=SUBMISSION, container="1" * 64),
    )
    envelope = await database.read(envelope_of, await database.write(record, NOTARY, fact, NOW))
    message = decode(envelope.receipt, Receipt)
    assert canonical(message) == envelope.receipt
    signed = cms.verify(envelope.signature, hashlib.sha256(envelope.receipt).digest())
    assert signed.certificate == NOTARY.receipts.certificate
    stamp = timestamp.verify(envelope.timestamp, envelope.signature)
    assert (stamp.certificate, stamp.at) == (NOTARY.timestamps.certificate, NOW.replace(microsecond=0))
    index, checkpoint = notes.verify_proof(envelope.proof, entry(envelope.receipt, envelope.signature), NOTARY.log)
    assert (index, checkpoint.size) == (2, 3)
    assert (message.event, message.office, message.submission, message.by) == ("SubmissionAcceptance", "T01", SUBMISSION, "T01.1")
    assert (message.received_at, message.at) == ("2026-11-20T00:59:59.250Z", "2026-11-20T01:00:00.250Z")
    assert (message.log.origin, message.log.key) == (NOTARY.log.origin, NOTARY.log.digest)
    assert message.digests == fact.digests


async def test_numbers_of_an_office_have_no_gap_and_events_of_a_submission_are_a_chain(database: MemoryDatabase):
    first = await recorded(database, Fact(event=Event.SUBMISSION_ACCEPTANCE, office="T01", submission=SUBMISSION))
    other = await recorded(database, Fact(event=Event.POLICY_CHANGE, office=COUNTY, subject="x"))
    second = await recorded(database, Fact(event=Event.CONTENT_HANDOVER, office="T01", submission=SUBMISSION, recipient=COUNTY))
    assert (first.sequence, second.sequence) == (1, 2)
    assert other.sequence == 3
    assert (first.previous, second.previous, other.previous) == (None, first.evidence_id, None)


async def test_a_refused_unit_uses_up_no_number(database: MemoryDatabase):
    with pytest.raises(Problem):
        await database.write(store.add_office, NOTARY, "t01", "又一镇", OfficeKind.TOWNSHIP, NOW)
    message = await recorded(database, Fact(event=Event.POLICY_CHANGE, office=COUNTY, subject="x"))
    assert message.sequence == 3


async def test_a_clock_that_goes_back_never_takes_instants_with_it(database: MemoryDatabase):
    later = NOW + timedelta(minutes=5)
    await recorded(database, Fact(event=Event.POLICY_CHANGE, office=COUNTY, subject="x"), later)
    message = await recorded(database, Fact(event=Event.POLICY_CHANGE, office=COUNTY, subject="y"), NOW)
    assert message.at == instants.write(later)


async def test_a_reason_is_bound_by_a_salted_digest_and_its_text_stays_erasable(database: MemoryDatabase):
    fact = Fact(event=Event.CONSIGNMENT_REJECTION, office="T01", submission=SUBMISSION, recipient=COUNTY, reason="缺少附件")
    message = await recorded(database, fact)
    again = await recorded(database, fact)
    row = await database.read(lambda tx: tx.row("SELECT salt, text FROM reason WHERE evidence_id = :id", id=message.evidence_id))
    assert len(row.salt) == 32
    assert message.reason == hashlib.sha256(row.salt + "缺少附件".encode()).hexdigest()
    assert again.reason != message.reason
    await database.write(lambda tx: tx.run("DELETE FROM reason"))
    assert (await database.read(envelope_of, message.evidence_id)).receipt == canonical(message)


async def test_nothing_is_recorded_while_signing_is_stopped(database: MemoryDatabase):
    await database.write(log.halt, "ledger-behind: 1 < 2")
    for unit in (lambda tx: record(tx, NOTARY, Fact(event=Event.POLICY_CHANGE, office=COUNTY), NOW), lambda tx: moment(tx, NOW)):
        with pytest.raises(Problem) as problem:
            await database.write(unit)
        assert (problem.value.kind, problem.value.detail) == (ProblemType.SIGNING_STOPPED, "ledger-behind: 1 < 2")
    assert (await database.read(log.latest)).size == 2


async def test_there_is_no_receipt_of_an_event_that_is_not_there(database: MemoryDatabase):
    with pytest.raises(Problem) as problem:
        await database.read(envelope_of, "0" * 32)
    assert problem.value.kind is ProblemType.NOT_FOUND


async def test_a_receipt_that_is_not_in_the_log_yet_is_shown_to_nobody(database: MemoryDatabase):
    def within(tx: object) -> None:
        envelope_of(tx, record(tx, NOTARY, Fact(event=Event.POLICY_CHANGE, office=COUNTY), NOW))  # type: ignore[arg-type]  # any transaction

    with pytest.raises(Problem) as problem:
        await database.write(within)
    assert problem.value.kind is ProblemType.NOT_FOUND
