"""What is to be said of an item's signature at one glance; everything is judged anew from the stored bytes and the receipts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509

from archive.blobs.store import BlobStore
from archive.ledger.database import Tx
from exchange.delivery import store as deliveries
from exchange.delivery.locating import head_of
from exchange.office.store import Person
from exchange.service import Service
from exchange.web.inbox import store
from keys import cms, evidence, trust
from keys.container import Head, Reader
from keys.trust import Identity, Purpose, Trust
from schemas import instants
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType
from schemas.words import Event

WHOLE: Final = 4 * 1024 * 1024
"""Containers up to this size are read from end to end for each look; of larger ones the signed head, the rest is fixity's work."""


class Basis(NamedTuple):
    """What the ledger says: where the bytes are, when they came, the acceptance's receipt, and the lists that covered it."""

    container: str
    size: int
    received_at: datetime
    acceptance: Envelope
    crls: tuple[bytes, ...]
    sender: str
    names: dict[str, str]
    office_name: str


@dataclass(frozen=True)
class Verdict:
    """What was found. `problem` is the first thing that is wrong; the other members are there as far as it got.

    `now` says why the signer's registration no longer holds today, None while it does: that takes nothing from what it signed
    before. `whole` says that every byte was read again just now.
    """

    problem: ProblemType | None = None
    name: str = ""
    office: str = ""
    countersigners: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    now: ProblemType | None = None
    signed_at: datetime | None = None
    received_at: datetime | None = None
    whole: bool = False
    leaf: int | None = None

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return self.problem is None


def basis(tx: Tx, caller: Person, submission: str) -> Basis:
    """Return what a verdict rests on. Raises Problem NOT_FOUND, and SEALED where there is nothing to be read any more."""
    row = deliveries.require_visible(tx, caller, submission)
    if row.sealed:
        raise Problem(ProblemType.SEALED)
    envelopes = deliveries.receipts_of(tx, caller, submission)
    office = tx.row("SELECT name FROM office_period WHERE office = :code AND valid_to IS NULL", code=row.sender)
    people = {each.person for each in tx.rows("SELECT person FROM event WHERE submission = :id AND person IS NOT NULL", id=submission)}
    # a leader who countersigned stands in no event of the submission
    people |= {each.person for each in tx.rows("SELECT id AS person FROM person WHERE office = :code", code=row.sender)}
    return Basis(
        row.container,
        row.size,
        instants.read(row.received_at),
        envelopes[0],
        tuple(deliveries.crls_of(tx, caller, submission)),
        row.sent_by,
        store.names(tx, people | {row.sent_by}),
        row.sender if office is None else office.name,
    )


def judge(found: Basis, service: Service, now: datetime) -> Verdict:
    """Judge what is stored. Blocks: for a thread."""
    then = Trust(service.county.root, service.trust.intermediates, tuple(map(x509.load_der_x509_crl, found.crls)))
    verdict = Verdict(office=found.office_name, name=found.names.get(found.sender, found.sender), received_at=found.received_at)
    try:
        whole = found.size <= WHOLE
        head = (whole_of if whole else head_of)(service.blobs, found.container)
        checked = evidence.check_receipt(found.acceptance, evidence.Anchor(then, service.county.notary.log))
        _require_same(checked, head, found.container)
        pairs = ((head.manifest, head.signature), *head.further)
        signed = [cms.verify(signature, hashlib.sha256(manifest).digest()) for manifest, signature in pairs]
        people = [_signer(each, then, found.received_at) for each in signed]
    except Problem as problem:
        return Verdict(problem=problem.kind, office=verdict.office, name=verdict.name, received_at=found.received_at)
    certificate = signed[0].certificate
    return Verdict(
        name=found.names.get(people[0].person, people[0].person),
        office=found.office_name,
        countersigners=tuple(found.names.get(each.person, each.person) for each in people[1:]),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        now=_today(signed[0], service.trust, now),
        signed_at=signed[0].signing_time,
        received_at=found.received_at,
        whole=whole,
        leaf=checked.leaf,
    )


def whole_of(blobs: BlobStore, sha256: str) -> Head:
    """Return the head of a stored container that was read to its end and found in order. Raises Problem."""
    reader = Reader()
    for chunk in blobs.read(sha256):
        reader.feed(chunk)
    container = reader.finish()
    if container.sha256 != sha256:
        raise Problem(ProblemType.DIGEST_MISMATCH, "container")
    return container.head


def _require_same(checked: evidence.Checked, head: Head, container: str) -> None:
    receipt, digests = checked.receipt, checked.receipt.digests
    if receipt.event != Event.SUBMISSION_ACCEPTANCE.value or digests is None:
        raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION)
    if (digests.manifest, digests.container) != (head.manifest_sha256, container):
        raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION)


def _signer(signed: cms.Signed, then: Trust, at: datetime) -> Identity:
    return trust.validate(signed.certificate, signed.certificates, then, at=at, purpose=Purpose.SUBMISSION)


def _today(signed: cms.Signed, today: Trust, now: datetime) -> ProblemType | None:
    try:
        trust.validate(signed.certificate, signed.certificates, today, at=now, purpose=Purpose.SUBMISSION)
    except Problem as problem:
        return problem.kind
    return None
