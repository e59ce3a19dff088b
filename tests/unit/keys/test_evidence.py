"""Receipts judged: one test for each numbered step, and that nothing but the evidence itself is asked."""

import inspect
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from authority_maker import County, make_county
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_maker import FOUNDED, ORIGIN, RECEIVED, REVOKED, Book, Case, history, make_case, nodes, open_book, packed
from hypothesis import given
from hypothesis import strategies as st

from keys import bundle, container, evidence, merkle, notes
from keys.authority import Revoked
from keys.evidence import Anchor, Checked, check_acceptance, check_consistency, check_history, check_receipt, check_sequence
from keys.notes import Checkpoint, LogKey
from keys.trust import Trust
from schemas.messages import Digests, Envelope, LogIdentity, Receipt, canonical
from schemas.problems import Problem, ProblemType


@pytest.fixture(scope="module")
def case() -> Case:
    return make_case()


def but(envelope: Envelope, **changes: bytes | None) -> Envelope:
    fields = {name: getattr(envelope, name) for name in ("submission", "receipt", "signature", "timestamp", "proof")}
    return Envelope(**(fields | changes))  # type: ignore[arg-type]  # the caller names fields


def receipt_but(receipt: Receipt, **changes: object) -> Receipt:
    fields = {name: getattr(receipt, name) for name in receipt.__struct_fields__}
    return Receipt(**(fields | changes))


def refusal(envelope: Envelope, anchor: Anchor, submission: str | None = None) -> ProblemType:
    with pytest.raises(Problem) as caught:
        check_receipt(envelope, anchor, submission=submission)
    return caught.value.kind


def first_written(case: Case, write: Callable[[Book, Receipt], None]) -> Envelope:
    """Return the acceptance as `write` puts it into a book."""
    book = open_book(case.county)
    write(book, history(case.container, book.log)[0])
    return book.envelopes()[0]


def test_a_good_receipt_tells_what_was_checked(case: Case):
    checked = check_receipt(case.receipts[0], case.anchor, submission=case.submission)
    assert checked.receipt.event == "SubmissionAcceptance"
    assert checked.at == RECEIVED.replace(microsecond=0) + timedelta(seconds=1)
    assert (checked.signer.office, checked.signer.service) == ("county", "receipt")
    assert (checked.leaf, checked.checkpoint and checked.checkpoint.size) == (5, 11)


def test_a_verifier_without_the_logs_key_leaves_the_log_out(case: Case):
    checked = [check_receipt(but(each, proof=b""), Anchor(case.anchor.trust, None)) for each in case.receipts]
    assert [(each.leaf, each.checkpoint) for each in checked] == [(None, None)] * 3
    with pytest.raises(ValueError, match="whose key is needed"):
        check_history(checked, ["county"])


def test_no_clock_is_asked():
    for module in (evidence, bundle):
        assert not any(clock in inspect.getsource(module) for clock in ("now(", "time()", "import time", "today("))


# ---- 1: the receipt's own form


def spaced(text: bytes) -> bytes:
    return text.replace(b",", b", ", 1)


def reordered(text: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")).encode()


def escaped(text: bytes) -> bytes:
    return text.replace(b"SubmissionA", b"Submission\\u0041")


def without_type(text: bytes) -> bytes:
    return text.replace(b',"type":"receipt/v1"', b"")


def with_null(text: bytes) -> bytes:
    return text.replace(b',"received_at"', b',"reason":null,"received_at"')


def with_more(text: bytes) -> bytes:
    return text.replace(b'{"', b'{"aaa":1,"', 1)


def twice(text: bytes) -> bytes:
    return text.replace(b'"at":', b'"at":"2005-05-10T08:30:16.250Z","at":', 1)


def month_13(text: bytes) -> bytes:
    return text.replace(b"2005-05-10T08:30:16", b"2005-13-10T08:30:16")


def day_31(text: bytes) -> bytes:
    return text.replace(b"2005-05-10T08:30:15", b"2005-04-31T08:30:15")


def too_long(text: bytes) -> bytes:
    return text.replace(b"SubmissionAcceptance", b"S" * 70_000)


def not_utf8(text: bytes) -> bytes:
    return text.replace(b"SubmissionAcceptance", b"\xff")


@pytest.mark.parametrize(
    "spell", [spaced, reordered, escaped, without_type, with_null, with_more, twice, month_13, day_31, too_long, not_utf8, lambda _: b""]
)
def test_step_1_refuses_any_other_spelling_although_the_county_signed_it(case: Case, spell: Callable[[bytes], bytes]):
    envelope = first_written(case, lambda book, receipt: book.write(receipt, message=spell(canonical(receipt))))
    assert envelope.receipt != case.receipts[0].receipt
    assert refusal(envelope, case.anchor) is ProblemType.RECEIPT_MALFORMED


# ---- 2 to 6: signature, time stamp, certificates, times


def test_step_2_refuses_a_signature_over_something_else(case: Case):
    first, second, _ = case.receipts
    for signature in (second.signature, first.signature[:-1] + b"\0", b"", first.timestamp):
        assert refusal(but(first, signature=signature), case.anchor) is ProblemType.RECEIPT_SIGNATURE


def test_step_3_refuses_a_stamp_over_something_else(case: Case):
    first, second, _ = case.receipts
    for stamp in (second.timestamp, b"", first.signature):
        assert refusal(but(first, timestamp=stamp), case.anchor) is ProblemType.RECEIPT_TIME_STAMP


def stamped_by(county: County, case: Case) -> Envelope:
    book = Book(case.county, case.county.receipt_signer, county.timestamp_signer)
    book.write(history(case.container, book.log)[0])
    return book.envelopes()[0]


def test_step_4_refuses_the_stamp_of_a_stranger_or_of_the_wrong_service(case: Case):
    assert refusal(stamped_by(make_county(FOUNDED), case), case.anchor) is ProblemType.RECEIPT_TIME_STAMP
    book = Book(case.county, case.county.receipt_signer, case.county.receipt_signer)
    book.write(history(case.container, book.log)[0])
    assert refusal(book.envelopes()[0], case.anchor) is ProblemType.RECEIPT_TIME_STAMP


def test_step_4_refuses_a_revoked_time_stamp_service(case: Case):
    serial = case.county.timestamp_signer.certificate.serial_number
    crl = case.county.issuing.crl(60, [Revoked(serial, RECEIVED - timedelta(days=1))], RECEIVED - timedelta(hours=1), 7)
    trust = Trust(case.county.root, case.county.chain, (crl,))
    assert refusal(case.receipts[0], Anchor(trust, case.log)) is ProblemType.RECEIPT_TIME_STAMP


def test_step_5_refuses_any_signer_but_the_countys_receipt_service(case: Case):
    for signer in (case.county.person_signer(), case.county.timestamp_signer, make_county(FOUNDED).receipt_signer):
        book = Book(case.county, signer, case.county.timestamp_signer)
        book.write(history(case.container, book.log)[0])
        assert refusal(book.envelopes()[0], case.anchor) is ProblemType.RECEIPT_SIGNER


def test_step_5_asks_the_list_that_covered_the_moment(case: Case):
    serial = case.county.receipt_signer.certificate.serial_number
    issuing = case.county.issuing
    earlier = issuing.crl(59, (), RECEIVED - timedelta(days=9), 7)
    covering = issuing.crl(60, (), RECEIVED - timedelta(days=1), 7)
    revoked_before = issuing.crl(61, [Revoked(serial, RECEIVED - timedelta(hours=2))], RECEIVED - timedelta(hours=1), 7)
    revoked_later = issuing.crl(62, [Revoked(serial, REVOKED)], REVOKED, 7)

    def judged(*crls: object) -> Problem | Checked:
        try:
            trust = Trust(case.county.root, case.county.chain, crls)  # type: ignore[arg-type]  # lists of the county
            return check_receipt(case.receipts[0], Anchor(trust, case.log))
        except Problem as problem:
            return problem

    assert isinstance(judged(earlier, covering), Checked)
    assert isinstance(judged(revoked_later, covering), Checked)
    problem = judged(covering, revoked_before)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemType.RECEIPT_SIGNER
    assert "signer-revoked" in problem.detail
    for lists in ((earlier,), (revoked_later,), ()):
        problem = judged(*lists)
        assert isinstance(problem, Problem)
        assert "revocation-unknown" in problem.detail


@pytest.mark.parametrize(("stamped", "signed"), [(1, 0), (-1, 0), (0, 1), (0, -1), (3600, 3600)])
def test_step_6_refuses_times_that_differ(case: Case, stamped: int, signed: int):
    envelope = first_written(
        case, lambda book, receipt: book.write(receipt, stamped=timedelta(seconds=stamped), signed=timedelta(seconds=signed))
    )
    assert refusal(envelope, case.anchor) is ProblemType.RECEIPT_TIME


def test_step_6_refuses_a_receipt_older_than_what_was_received(case: Case):
    envelope = first_written(case, lambda book, receipt: book.write(receipt_but(receipt, received_at="2005-05-10T08:30:16.251Z")))
    assert refusal(envelope, case.anchor) is ProblemType.RECEIPT_TIME


# ---- 7 to 10: the log, and what was asked


def test_step_7_refuses_another_log(case: Case):
    other = LogKey("elsewhere.example/receipts", case.log.public)
    assert refusal(case.receipts[0], Anchor(case.anchor.trust, other)) is ProblemType.RECEIPT_LOG
    identity = LogIdentity(origin=ORIGIN, key="0" * 64)
    envelope = first_written(case, lambda book, receipt: book.write(receipt_but(receipt, log=identity)))
    assert refusal(envelope, case.anchor) is ProblemType.RECEIPT_LOG


def test_step_8_refuses_a_checkpoint_that_the_log_did_not_sign(case: Case):
    index, path, note = notes.read_proof(case.receipts[0].proof)
    checkpoint = notes.open_checkpoint(note, case.log)
    forged = notes.sign_checkpoint(checkpoint, Ed25519PrivateKey.generate())
    assert refusal(but(case.receipts[0], proof=notes.write_proof(index, path, forged)), case.anchor) is ProblemType.CHECKPOINT_SIGNATURE
    assert refusal(but(case.receipts[0], proof=b"no proof"), case.anchor) is ProblemType.RECEIPT_MALFORMED


def test_step_9_refuses_a_receipt_that_is_not_under_the_checkpoint(case: Case):
    first, second, _ = case.receipts
    index, path, note = notes.read_proof(first.proof)
    for proof in (second.proof, notes.write_proof(index + 1, path, note), notes.write_proof(index, path[:-1], note)):
        assert refusal(but(first, proof=proof), case.anchor) is ProblemType.INCLUSION_PROOF


def test_step_9_takes_a_longer_proof_to_a_later_checkpoint(case: Case):
    book = open_book(case.county)
    book.write(history(case.container, book.log)[0])
    early = book.envelopes()[0]
    book.fill(300)
    late = book.envelopes()[0]
    assert early.proof != late.proof
    sizes = [check_receipt(each, case.anchor).checkpoint for each in (early, late)]
    assert [checkpoint and checkpoint.size for checkpoint in sizes] == [1, 301]


def test_step_10_refuses_a_receipt_about_something_else(case: Case):
    assert refusal(case.receipts[0], case.anchor, "0" * 64) is ProblemType.RECEIPT_OTHER_SUBMISSION
    relabelled = Envelope(
        submission="0" * 64, **{name: getattr(case.receipts[0], name) for name in ("receipt", "signature", "timestamp", "proof")}
    )
    assert refusal(relabelled, case.anchor) is ProblemType.RECEIPT_OTHER_SUBMISSION


# ---- acceptance


def accepted(case: Case, content: bytes, **changes: object) -> Checked:
    book = open_book(case.county)
    book.write(receipt_but(history(content, book.log)[0], **changes))
    return check_receipt(book.envelopes()[0], case.anchor)


def acceptance_refusal(checked: Checked, content: bytes, case: Case) -> ProblemType:
    with pytest.raises(Problem) as caught:
        check_acceptance(checked, container.read(io.BytesIO(content)), case.anchor.trust)
    return caught.value.kind


def test_an_acceptance_binds_container_sender_and_time(case: Case):
    identities = check_acceptance(accepted(case, case.container), container.read(io.BytesIO(case.container)), case.anchor.trust)
    assert [(identity.office, identity.person) for identity in identities] == [("T01", "T01.1")]


def test_an_acceptance_of_anything_else_is_refused(case: Case):
    checked = [check_receipt(each, case.anchor) for each in case.receipts]
    other = packed([case.county.person_signer()])
    assert acceptance_refusal(checked[0], other, case) is ProblemType.RECEIPT_OTHER_SUBMISSION
    assert acceptance_refusal(checked[1], case.container, case) is ProblemType.RECEIPT_OTHER_SUBMISSION
    for changes in (
        {"digests": None},
        {"received_at": None},
        {"submission": "0" * 64},
        {"digests": Digests(manifest="0" * 64, container=checked[0].receipt.digests.container)},  # type: ignore[union-attr]  # it has them
        {"office": "T02"},
        {"by": "T01.2"},
    ):
        changed = accepted(case, case.container, **changes)
        assert acceptance_refusal(changed, case.container, case) is ProblemType.RECEIPT_OTHER_SUBMISSION


def test_the_senders_certificate_is_judged_when_the_container_was_received(case: Case):
    early = accepted(case, case.container, received_at="2005-02-01T00:00:00.000Z")
    assert acceptance_refusal(early, case.container, case) is ProblemType.SIGNER_NOT_YET_VALID
    uncovered = accepted(case, case.container, received_at="2005-04-01T00:00:00.000Z")
    assert acceptance_refusal(uncovered, case.container, case) is ProblemType.REVOCATION_UNKNOWN


def test_every_signature_of_a_container_counts(case: Case):
    stranger = make_county(FOUNDED).person_signer("T02", "T02.1")
    content = packed([case.county.person_signer(), stranger])
    assert acceptance_refusal(accepted(case, content), content, case) is ProblemType.SIGNER_UNKNOWN
    for signer, kind in (
        (case.county.receipt_signer, ProblemType.SIGNER_PURPOSE),
        (case.county.person_signer("T02"), ProblemType.SIGNER_OTHER_OFFICE),
    ):
        content = packed([signer])
        assert acceptance_refusal(accepted(case, content), content, case) is kind


# ---- order, sequence, consistency


def checked_history(case: Case, *changes: dict[str, object]) -> list[Checked]:
    """Return the receipts as checked, with these fields changed: what the county itself would have to get wrong."""
    checked = [check_receipt(each, case.anchor) for each in case.receipts]
    edits = [*changes, *({} for _ in checked[len(changes) :])]
    return [
        Checked(receipt_but(each.receipt, **edit), each.at, each.signer, each.leaf, each.checkpoint)
        for each, edit in zip(checked, edits, strict=True)
    ]


def history_refusal(checked: list[Checked], *recipients: str) -> str:
    with pytest.raises(Problem) as caught:
        check_history(checked, recipients or ["county"])
    assert caught.value.kind is ProblemType.RECEIPT_CHAIN
    return caught.value.detail


def test_a_complete_history_passes_from_its_first_receipt_on(case: Case):
    checked = checked_history(case)
    for count in (1, 2, 3):
        assert check_history(checked[:count], ["county"]) == ""


def test_a_history_with_a_hole_or_out_of_order_is_refused(case: Case):
    checked = checked_history(case)
    assert history_refusal([]) == "the first receipt is missing"
    assert history_refusal(checked[1:]) == "the first receipt is missing"
    assert history_refusal([checked[0], checked[2]]) == "a receipt is missing before receipt 2"
    assert "older" in history_refusal([checked[0], checked[2], checked[1]])
    assert "older" in history_refusal([*checked, checked[-1]])
    assert "one submission" in history_refusal(checked_history(case, {}, {"submission": "0" * 64}))
    assert "one submission" in history_refusal(checked_history(case, {}, {"event": "SubmissionAcceptance"}))
    assert "one submission" in history_refusal(checked_history(case, {"event": "ContentConsignment"}))
    assert "older" in history_refusal(checked_history(case, {}, {}, {"at": "2005-05-10T08:30:16.249Z"}))


def test_an_extract_is_one_recipients_of_several():
    case = make_case(recipients=("county", "D02"))
    accepted_, _, second, _, last = checked_history(case)
    everybody = ["county", "D02"]
    assert check_history([accepted_, second, last], everybody) == "D02"
    assert check_history([accepted_, last], everybody) == "D02"
    assert check_history(checked_history(case), everybody) == ""
    assert "missing before receipt 2" in history_refusal([accepted_, second, last], "D02")
    assert "missing before receipt 2" in history_refusal([accepted_, second, last], "county", "D03")
    without_one = [each for place, each in enumerate(checked_history(case)) if place != 1]
    assert "missing before receipt 2" in history_refusal(without_one, *everybody)
    astray = checked_history(case, {}, {}, {}, {}, {"previous": accepted_.receipt.evidence_id})
    assert "missing before receipt 2" in history_refusal([astray[0], astray[2], astray[4]], *everybody)


def test_a_sequence_has_no_gap_and_one_office(case: Case):
    receipts = [receipt_but(each.receipt, office="T01", sequence=number) for number, each in enumerate(checked_history(case), start=4)]
    assert check_sequence(receipts, 3) == 6
    assert check_sequence([], 3) == 3
    for wrong, after in ((receipts, 2), (receipts, 4), (receipts[::2], 3), (receipts[::-1], 3), ([receipts[0], receipts[0]], 3)):
        with pytest.raises(Problem, match="sequence-gap"):
            check_sequence(wrong, after)
    with pytest.raises(Problem, match="sequence-gap"):
        check_sequence([receipts[0], receipt_but(receipts[1], office="T02")], 3)


def checkpoint_of(entries: list[bytes], size: int, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, merkle.root(nodes(entries), size))


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_log_that_grew_is_consistent_and_one_that_was_rewritten_is_not(size1: int, more: int):
    size2 = size1 + more
    entries = [b"%d" % number for number in range(size2)]
    old, new = checkpoint_of(entries, size1), checkpoint_of(entries, size2)
    proof = merkle.consistency_proof(nodes(entries), size1, size2) if size1 else []
    check_consistency(old, new, proof)
    rewritten = checkpoint_of([b"x", *entries[1:]], size2)
    if size1:
        with pytest.raises(Problem, match="consistency-proof"):
            check_consistency(old, rewritten, proof)
    if more:
        with pytest.raises(Problem, match="consistency-proof"):
            check_consistency(new, old, proof)
    with pytest.raises(Problem, match="consistency-proof"):
        check_consistency(old, checkpoint_of(entries, size2, "elsewhere.example/receipts"), proof)
    with pytest.raises(Problem, match="consistency-proof"):
        check_consistency(old, new, [*proof, bytes(32)])
