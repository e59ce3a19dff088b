"""Receipts 回执 judged as a stranger judges them: numbered steps, a distinct problem for each, and never a look at a clock.

Every certificate is judged at the moment that a time stamp tells, by the revocation list that covered that moment, so a
receipt that is good today is good in thirty years, whatever has expired or was revoked since.
"""

import hashlib
import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from keys import cms, merkle, notes, statement, timestamp
from keys.container import Container
from keys.notes import Checkpoint, LogKey
from keys.trust import Identity, Purpose, Trust, validate
from schemas import instants
from schemas.messages import Envelope, Receipt, Submission, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event

LARGEST: Final = 65_536
"""Bytes of a receipt's JSON that are read at most; ours have one thousand."""


@dataclass(frozen=True)
class Anchor:
    """What a verifier believes in: the county's root with what hangs on it, and the log's key when it is known."""

    trust: Trust
    log: LogKey | None


@dataclass(frozen=True)
class Checked:
    """A receipt that passed every step. `at` is the time stamp's; `leaf` and `checkpoint` are None without a log key."""

    receipt: Receipt
    at: datetime
    signer: Identity
    leaf: int | None
    checkpoint: Checkpoint | None


def is_inner(envelope: Envelope) -> bool:
    """Say whether a receipt is of a recipient's inner act: a bundle without it is whole. Raises Problem RECEIPT_MALFORMED."""
    return decode(envelope.receipt, Receipt, ProblemType.RECEIPT_MALFORMED).event in INNER_EVENTS


def check_receipt(envelope: Envelope, anchor: Anchor, *, submission: str | None = None) -> Checked:
    """Check a receipt against an anchor, and that it is about `submission` when that is given.

    1. the receipt is JSON in its one canonical spelling, strictly read (RECEIPT_MALFORMED)
    2. the CAdES signature is over these exact bytes (RECEIPT_SIGNATURE)
    3. the time stamp is over this CAdES (RECEIPT_TIME_STAMP)
    4. its certificate was the county's time-stamp certificate at the stamp's own time (RECEIPT_TIME_STAMP)
    5. the receipt's certificate was the county's receipt certificate then, and not revoked (RECEIPT_SIGNER)
    6. receipt, signature and time stamp tell the same second (RECEIPT_TIME)
    7. the receipt names the anchor's log (RECEIPT_LOG)
    8. the log's key signed the checkpoint (CHECKPOINT_SIGNATURE)
    9. SHA-256(receipt followed by CAdES) is a leaf under that checkpoint (INCLUSION_PROOF)
    10. it is about the submission asked for (RECEIPT_OTHER_SUBMISSION)
    11. where a person signed the act, the statement that comes with it is theirs, and of this act (RECEIPT_STATEMENT)

    Without a log key steps 7 to 9 are left out. Raises the Problem named at the first step that fails; a proof that
    cannot be read is RECEIPT_MALFORMED.
    """
    receipt = _read(envelope.receipt)  # 1
    signed = _signed(envelope)  # 2
    stamp = timestamp.verify(envelope.timestamp, envelope.signature)  # 3
    _believe(stamp, anchor, at=stamp.at, purpose=Purpose.TIME_STAMP, kind=ProblemType.RECEIPT_TIME_STAMP)  # 4
    signer = _believe(signed, anchor, at=stamp.at, purpose=Purpose.RECEIPT, kind=ProblemType.RECEIPT_SIGNER)  # 5
    _check_times(receipt, signed.signing_time, stamp.at)  # 6
    leaf, checkpoint = _logged(envelope, receipt, anchor.log) if anchor.log is not None else (None, None)  # 7 to 9
    for asked in (submission, envelope.submission):  # 10
        if asked is not None and asked != receipt.submission:
            raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION, f"it is about {receipt.submission or 'none'}")
    statement.check_in_receipt(receipt, envelope.statement, envelope.statement_signature, anchor.trust, at=stamp.at)  # 11
    return Checked(receipt, stamp.at, signer, leaf, checkpoint)


def check_acceptance(checked: Checked, container: Container, trust: Trust) -> tuple[Identity, ...]:
    """Check that an acceptance receipt is for this container, and the container's signatures when it was received.

    1. the receipt is of the event SubmissionAcceptance, with digests and `received_at` (RECEIPT_OTHER_SUBMISSION)
    2. its digests are this container's and this manifest's (RECEIPT_OTHER_SUBMISSION)
    3. every signature is over its manifest (as `cms.verify`) by a person of the county at `received_at` (as `validate`)
    4. the first signer is of the office that the metadata names (METADATA_MALFORMED, SIGNER_OTHER_OFFICE)
    5. that office and person are the receipt's (RECEIPT_OTHER_SUBMISSION)

    Returns whom the signers speak for, the sender first.
    """
    received = received_at(checked, container)
    identities = tuple(
        validate(signed.certificate, signed.certificates, trust, at=received, purpose=Purpose.SUBMISSION)
        for signed in check_signatures(container)
    )
    check_sender(container, identities[0])
    if (checked.receipt.office, checked.receipt.by) != (identities[0].office, identities[0].person):
        raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION, "the acceptance names another sender")
    return identities


def received_at(checked: Checked, container: Container) -> datetime:
    """Return when this container was received, after steps 1 and 2 of `check_acceptance`."""
    receipt, manifest = checked.receipt, container.head.manifest_sha256
    if receipt.event != Event.SUBMISSION_ACCEPTANCE.value or receipt.digests is None or receipt.received_at is None:
        raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION, "not an acceptance")
    if (receipt.submission, receipt.digests.manifest, receipt.digests.container) != (manifest, manifest, container.sha256):
        raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION, "the acceptance is for another container")
    return instants.read(receipt.received_at)


def check_signatures(container: Container) -> tuple[cms.Signed, ...]:
    """Check every signature of a container over its manifest, not the signers' paths. Raises Problem as `cms.verify`."""
    head = container.head
    pairs = ((head.manifest, head.signature), *head.further)
    return tuple(cms.verify(signature, hashlib.sha256(manifest).digest()) for manifest, signature in pairs)


def check_sender(container: Container, sender: Identity) -> Submission:
    """Return the metadata when its office is the sender's. Raises Problem METADATA_MALFORMED or SIGNER_OTHER_OFFICE."""
    message = decode(container.head.metadata, Submission)
    if message.from_ != sender.office:
        raise Problem(ProblemType.SIGNER_OTHER_OFFICE, f"{sender.office} signed for {message.from_}")
    return message


def check_history(checked: Sequence[Checked], recipients: Collection[str]) -> str:
    """Check that receipts are what became of one submission, in order, none left out.

    The first is the acceptance; each later one names the one before it, has a later leaf in the log and is not earlier.
    What one recipient did is not another's business, so a recipient gets an extract: it may have gaps, when the
    submission has further `recipients` (those of the container, and those to which a receipt says that it was delivered later) and
    all its receipts are the acceptance's, of such supplementary deliveries, or that one recipient's. Returns that
    recipient's code, or "" when nothing is missing between the first and the last. That nothing came after the last no
    receipt can tell. What a recipient wrote on its handling slip is with its own receipts alone: no other receipt names one of
    these, and each names what happened at that recipient before it. Raises Problem RECEIPT_CHAIN.
    """
    receipts = [each.receipt for each in checked]
    if not receipts or receipts[0].previous is not None:
        raise Problem(ProblemType.RECEIPT_CHAIN, "the first receipt is missing")
    events = [receipt.event == Event.SUBMISSION_ACCEPTANCE.value for receipt in receipts]
    if not events[0] or any(events[1:]) or any(receipt.submission != receipts[0].submission for receipt in receipts):
        raise Problem(ProblemType.RECEIPT_CHAIN, "not the history of one submission")
    for number, (before, after) in enumerate(itertools.pairwise(checked), start=2):
        if after.receipt.at < before.receipt.at or _place(after) <= _place(before):
            raise Problem(ProblemType.RECEIPT_CHAIN, f"receipt {number} is older than the one before it")
    missing = gaps(receipts)
    if not missing:
        return ""
    later = {receipt.recipient for receipt in receipts if receipt.event == Event.SUPPLEMENTARY_DELIVERY.value}
    recipients = {*recipients, *(code for code in later if code is not None)}
    concerned = {receipt.recipient for receipt in receipts if receipt.event != Event.SUPPLEMENTARY_DELIVERY.value} - {None}
    known = {receipt.evidence_id for receipt in receipts}
    # a link to a receipt that is here, but not the one before, is no gap but a forgery
    if len(concerned) != 1 or len(recipients) == 1 or not concerned <= recipients or any(link in known for _, link in missing):
        raise Problem(ProblemType.RECEIPT_CHAIN, f"a receipt is missing before receipt {missing[0][0]}")
    return str(concerned.pop())


def gaps(receipts: Sequence[Receipt]) -> list[tuple[int, str | None]]:
    """Return which receipts, from 1, do not name the one before them, and what they name. Raises Problem RECEIPT_CHAIN for slips."""
    found, before, there = [], "", dict[str | None, str]()
    for number, receipt in enumerate(receipts, start=1):
        inner = receipt.event in INNER_EVENTS
        if inner and (None in (receipt.recipient, receipt.previous) or receipt.previous != there.get(receipt.recipient)):
            raise Problem(ProblemType.RECEIPT_CHAIN, f"a receipt is missing before receipt {number}")
        if not inner and number > 1 and receipt.previous != before:
            found.append((number, receipt.previous))
        before = before if inner else receipt.evidence_id
        there[receipt.recipient] = receipt.evidence_id
    return found


def check_sequence(receipts: Sequence[Receipt], after: int) -> int:
    """Check that one office's receipts number on from `after` without a gap, and return the last number.

    Raises Problem SEQUENCE_GAP.
    """
    for expected, receipt in enumerate(receipts, start=after + 1):
        if receipt.office != receipts[0].office or receipt.sequence != expected:
            raise Problem(ProblemType.SEQUENCE_GAP, f"{receipt.office} {receipt.sequence} instead of {receipts[0].office} {expected}")
    return after + len(receipts)


def check_consistency(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that the log of `new` is that of `old`, continued. Both were opened with the log's key.

    Every log continues the empty one. Raises Problem CONSISTENCY_PROOF.
    """
    same = old.origin == new.origin and old.size <= new.size
    proved = not proof if old.size == 0 else merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)
    if not same or not proved:
        raise Problem(ProblemType.CONSISTENCY_PROOF, f"{old.origin} {old.size} to {new.origin} {new.size}")


def _place(checked: Checked) -> int:
    if checked.leaf is None:
        raise ValueError("the order of receipts is that of the log, whose key is needed")
    return checked.leaf


def _read(text: bytes) -> Receipt:
    malformed = ProblemType.RECEIPT_MALFORMED
    if len(text) > LARGEST:
        raise Problem(malformed, f"more than {LARGEST} bytes")
    receipt = decode(text, Receipt, malformed)
    if canonical(receipt) != text:
        raise Problem(malformed, "not in canonical form")
    for instant in (receipt.at, receipt.received_at):
        try:
            instants.read(instant or receipt.at)
        except ValueError as error:
            raise Problem(malformed, "not an instant") from error
    return receipt


def _signed(envelope: Envelope) -> cms.Signed:
    try:
        return cms.verify(envelope.signature, hashlib.sha256(envelope.receipt).digest())
    except Problem as problem:
        raise Problem(ProblemType.RECEIPT_SIGNATURE, problem.detail or problem.kind.type) from problem


def _believe(signed: cms.Signed | timestamp.Stamp, anchor: Anchor, *, at: datetime, purpose: Purpose, kind: ProblemType) -> Identity:
    try:
        return validate(signed.certificate, signed.certificates, anchor.trust, at=at, purpose=purpose)
    except Problem as problem:
        raise Problem(kind, str(problem)) from problem


def _check_times(receipt: Receipt, signing_time: datetime, stamped: datetime) -> None:
    # certificates and tokens count whole seconds, receipts milliseconds; both are cut, never rounded
    at = instants.read(receipt.at)
    if at.replace(microsecond=0) != stamped:
        raise Problem(ProblemType.RECEIPT_TIME, f"receipt {receipt.at}, time stamp {stamped.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    if signing_time != stamped:
        raise Problem(ProblemType.RECEIPT_TIME, f"signature {signing_time:%Y-%m-%dT%H:%M:%SZ}, time stamp {stamped:%Y-%m-%dT%H:%M:%SZ}")
    if receipt.received_at is not None and receipt.received_at > receipt.at:
        raise Problem(ProblemType.RECEIPT_TIME, "received after it was receipted")


def _logged(envelope: Envelope, receipt: Receipt, log: LogKey) -> tuple[int, Checkpoint]:
    if (receipt.log.origin, receipt.log.key) != (log.origin, log.digest):
        raise Problem(ProblemType.RECEIPT_LOG, receipt.log.origin)
    return notes.verify_proof(envelope.proof, hashlib.sha256(envelope.receipt + envelope.signature).digest(), log)
