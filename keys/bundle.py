"""The evidence bundle 证据包: one zip from which a stranger checks a submission with `verify.sh`, and we with `check_bundle`.

Members: `SHA256SUMS` (first; over all others), `container.asice`, `container/` (the same, unpacked),
`receipts/NNN.{json,p7s,tsr,tlog-proof}` in the order of events, with `receipts/NNN.statement.{json,p7s}` where a person signed the
act, `trust.pem` (root first, then the issuing authorities), `crls/<number>.pem`, `log.pub.pem`, `verify.sh`, `README.txt`.
Whoever holds a bundle can make another one, checksums
included: what proves anything are the signatures, and whose they are the root's fingerprint tells.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from keys import cms, evidence, trust
from keys import container as containers
from keys.bundle_members import (
    CONTAINER,
    FIXED,
    LOG,
    RECEIPT_PARTS,
    SCRIPT,
    STATEMENT_PARTS,
    SUMS,
    TRUST,
    UNPACKED,
    certificates_pem,
    check_name,
    container_members,
    fixed_members,
    head_files,
    is_list,
    list_members,
    read_certificates,
    receipt_members,
    receipt_name,
    script,
    small_member,
)
from keys.bundle_zip import Members, zip_pieces
from keys.container import Container
from keys.evidence import Anchor, Checked
from keys.member_names import shown
from keys.notes import LogKey
from keys.revocation import UNREADABLE
from keys.trust import Purpose, Trust
from schemas.messages import Envelope, Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Word

_SUM: Final = re.compile(r"(?P<sum>[0-9a-f]{64})  (?P<name>[^\n]+)\n")


class Result(Word):
    """How a step ended."""

    PASSED = "passed", "通过", "passed"
    FAILED = "failed", "未通过", "failed"
    UNKNOWN = "unknown", "无法核对", "cannot be checked here"


class Step(Word):
    """The steps of a check, in their order; `verify.sh` prints the same ones of a bundle."""

    FILES = "files", "文件与校验和", "files and checksums"
    SCRIPT = "script", "核验脚本", "verify.sh is the one of this version"
    ROOT = "root", "根证书", "root certificate"
    LISTS = "lists", "吊销列表", "revocation lists"
    RECEIPTS = "receipts", "回执", "receipts"
    CONTENT = "content", "公文数据包内容", "content of the container"
    SIGNATURE = "signature", "报送签名", "signature of the sender"
    HISTORY = "history", "回执先后", "order of the receipts"
    CERTIFICATE = "certificate", "签名证书", "certificate of the sender"


@dataclass(frozen=True)
class Outcome:
    """One step and how it ended."""

    step: Step
    result: Result

    def render(self) -> dict[str, str]:
        """Return what `--json` prints of a step."""
        return {"step": self.step.value, "name": self.step.zh, "name_en": self.step.en, "result": self.result.value}


@dataclass(frozen=True)
class Report:
    """What a check found when no step failed.

    `office` and `person` are those of the signer, the sender. A lone container was received at no known time, has no
    receipts and no log. `extract_for` is the recipient whose view the bundle is, "" when no receipt is left out.
    """

    outcomes: tuple[Outcome, ...]
    submission: str
    office: str
    person: str
    root: str = ""
    log: LogKey | None = None
    received_at: str = ""
    receipts: tuple[Checked, ...] = ()
    extract_for: str = ""


class _Walk:
    """Collects the steps that were made; a Problem leaves with them as its member `steps`."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        try:
            yield
        except Problem as problem:
            failed = [*self.outcomes, Outcome(step, Result.FAILED)]
            steps = [outcome.render() for outcome in failed]
            raise Problem(problem.kind, problem.detail, **problem.members, steps=steps) from problem
        self.outcomes.append(Outcome(step, Result.PASSED))


def write_bundle(
    out: BinaryIO,
    *,
    container: Path | BinaryIO,
    receipts: Sequence[Envelope],
    trust_pem: bytes,
    crls: Sequence[bytes],
    log_key: LogKey,
) -> None:
    """Write a bundle; nothing in it is verified, but the container must be one.

    `container` is a path or a seekable stream, `receipts` stand in the order of their events, `trust_pem` holds the root
    and then the issuing authorities, `crls` are DER. `out` need not be seekable; the same arguments give the same bytes;
    memory does not grow with the documents. Raises Problem: what `container.read` raises, BUNDLE_MALFORMED for
    certificates and lists that cannot be read, INPUT_CHANGED when the container changes while it is copied.
    """
    opened: AbstractContextManager[BinaryIO] = container.open("rb") if isinstance(container, Path) else nullcontext(container)
    with opened as source:
        out.writelines(bundle_pieces(source, receipts=receipts, trust_pem=trust_pem, crls=crls, log_key=log_key))


def bundle_pieces(
    container: BinaryIO, *, receipts: Sequence[Envelope], trust_pem: bytes, crls: Sequence[bytes], log_key: LogKey
) -> Iterator[bytes]:
    """Yield the same bundle piece by piece, none larger than a chunk: what a service sends on while it is made.

    `container` is a seekable stream that stays open meanwhile. Raises what `write_bundle` raises, before the first piece but
    for INPUT_CHANGED.
    """
    container.seek(0)
    whole = containers.read(container)
    members = [*container_members(container, whole), *receipt_members(receipts), *list_members(crls), *fixed_members(trust_pem, log_key)]
    sums = "".join(f"{member.sha256}  {member.name}\n" for member in members)
    yield from zip_pieces([small_member(SUMS, sums.encode()), *members])


def check_bundle(path: Path, expected_root: str | None = None) -> Report:
    """Check a bundle from nothing but itself, and that its root is the expected one (64 hexadecimal digits) when given.

    1. a strict zip of the members above, none missing, none else (BUNDLE_MALFORMED), with these checksums (BUNDLE_CHECKSUM)
       (whether its verify.sh is the one of this version is told, no more: an older release made another)
    2. the root signed itself and the authorities (BUNDLE_MALFORMED), and is the expected one (ROOT_MISMATCH)
    3. every revocation list is signed by one of them (BUNDLE_MALFORMED)
    4. every receipt, as `evidence.check_receipt`; all are about one submission
    5. the container, as `container.Reader`, is the accepted one, and the unpacked files are its own (BUNDLE_MALFORMED)
    6. its signatures and its sender, as `evidence.check_acceptance`
    7. the receipts' order, as `evidence.check_history`

    Without `expected_root` the report's root is whoever's made the bundle: compare it. No clock is asked. Raises the
    Problem of the first step that fails, with the steps made as its member `steps`; INPUT_UNREADABLE.
    """
    walk = _Walk()
    with _opened(path) as file:
        with walk.step(Step.FILES):
            members = Members(file, check_name)
            sums = _check_sums(members)
        walk.outcomes.append(Outcome(Step.SCRIPT, Result.PASSED if members.read(SCRIPT) == script() else Result.UNKNOWN))
        with walk.step(Step.ROOT):
            root, *issuing = _read_authorities(members.read(TRUST), expected_root)
        with walk.step(Step.LISTS):
            crls = tuple(_read_list(name, members.read(name), (root, *issuing)) for name in members.sizes if is_list(name))
        with walk.step(Step.RECEIPTS):
            envelopes = _envelopes(members)
            first = decode(envelopes[0].receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
            anchor = Anchor(Trust(root, tuple(issuing), crls), _read_log_key(members.read(LOG), first.log.origin))
            checked = tuple(evidence.check_receipt(envelope, anchor, submission=first.submission) for envelope in envelopes)
        with walk.step(Step.CONTENT):
            whole = _read_container(members.chunks(CONTAINER))
            evidence.received_at(checked[0], whole)
            _check_unpacked(whole, sums)
        with walk.step(Step.SIGNATURE):
            sender, *_ = evidence.check_acceptance(checked[0], whole, anchor.trust)
        with walk.step(Step.HISTORY):
            message = evidence.check_sender(whole, sender)
            extract_for = evidence.check_history(checked, [*message.to, *message.cc])
    return Report(
        outcomes=tuple(walk.outcomes),
        submission=whole.head.manifest_sha256,
        office=sender.office,
        person=sender.person,
        root=anchor.trust.root_fingerprint,
        log=anchor.log,
        received_at=checked[0].receipt.received_at or "",
        receipts=checked,
        extract_for=extract_for,
    )


def check_container(path: Path, anchor: Anchor | None) -> Report:
    """Check a lone container 公文数据包: what it holds, its signatures, and its signers' certificates as far as possible.

    Without a receipt there is only the signers' own word for the time: the certificates are judged at their signing time.
    Without an anchor, or a revocation list for that time, their step's result is UNKNOWN. Raises Problem as
    `container.Reader`, `cms.verify`, `validate` and `evidence.check_sender` do, INPUT_UNREADABLE.
    """
    walk = _Walk()
    with _opened(path) as file, walk.step(Step.CONTENT):
        whole = containers.read(file)
    with walk.step(Step.SIGNATURE):
        signatures = evidence.check_signatures(whole)
        senders = [trust.identify(signed.certificate, Purpose.SUBMISSION) for signed in signatures]
        evidence.check_sender(whole, senders[0])
    with walk.step(Step.CERTIFICATE):
        certificate = _judge_signers(signatures, anchor)
    return Report(
        outcomes=(*walk.outcomes[:-1], Outcome(Step.CERTIFICATE, certificate)),
        submission=whole.head.manifest_sha256,
        office=senders[0].office,
        person=senders[0].person,
        root=anchor.trust.root_fingerprint if anchor is not None else "",
    )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{path.name}: {error.strerror}") from error
    with file:
        yield file


def _judge_signers(signatures: Sequence[cms.Signed], anchor: Anchor | None) -> Result:
    """Check every signer's certificate at its own signing time; UNKNOWN when nothing is known of it. Raises as `validate`."""
    if anchor is None:
        return Result.UNKNOWN
    for signed in signatures:
        try:
            trust.validate(signed.certificate, signed.certificates, anchor.trust, at=signed.signing_time, purpose=Purpose.SUBMISSION)
        except Problem as problem:
            if problem.kind is not ProblemType.REVOCATION_UNKNOWN:
                raise
            return Result.UNKNOWN
    return Result.PASSED


def _check_sums(members: Members) -> dict[str, str]:
    """Return name → SHA-256 of all members but the list itself, once both lists agree and every member is what it says."""
    if missing := FIXED - members.sizes.keys():
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{', '.join(sorted(missing))} missing")
    try:
        lines = members.read(SUMS).decode().splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise Problem(ProblemType.BUNDLE_MALFORMED, SUMS) from error
    found = [_SUM.fullmatch(line) for line in lines]
    sums = {match["name"]: match["sum"] for match in found if match}
    if len(sums) != len(lines) or sums.keys() != members.sizes.keys() - {SUMS}:
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{SUMS} does not list the members that are here")
    for name, wanted in sums.items():
        sha256 = hashlib.sha256()
        for chunk in members.chunks(name):
            sha256.update(chunk)
        if sha256.hexdigest() != wanted:
            raise Problem(ProblemType.BUNDLE_CHECKSUM, shown(name))
    return sums


def _read_authorities(pem: bytes, expected_root: str | None) -> list[x509.Certificate]:
    certificates = read_certificates(pem)
    root = certificates[0]
    try:
        for each in certificates:
            each.verify_directly_issued_by(root)
        same = certificates_pem(certificates) == pem
    except (*UNREADABLE, InvalidSignature) as error:
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{TRUST}: not a root and what it signed") from error
    if not same:
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{TRUST}: more than certificates")
    if expected_root is not None and trust.fingerprint(root) != expected_root.lower():
        raise Problem(ProblemType.ROOT_MISMATCH, trust.fingerprint(root))
    return certificates


def _read_list(name: str, pem: bytes, authorities: Sequence[x509.Certificate]) -> x509.CertificateRevocationList:
    try:
        crl = x509.load_pem_x509_crl(pem)
        signed = any(crl.is_signature_valid(each.public_key()) for each in authorities)  # type: ignore[arg-type]  # a key that cannot sign raises TypeError
        same = crl.public_bytes(Encoding.PEM) == pem
    except UNREADABLE as error:
        raise Problem(ProblemType.BUNDLE_MALFORMED, name) from error
    if not signed or not same:
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{name}: not signed by an authority of {TRUST}")
    return crl


def _envelopes(members: Members) -> list[Envelope]:
    parts = {name for name in members.sizes if name.startswith("receipts/")}
    stated = {number for number in range(1, len(parts) + 1) if any(receipt_name(number, suffix) in parts for suffix in STATEMENT_PARTS)}
    numbers = range(1, (len(parts) - len(STATEMENT_PARTS) * len(stated)) // len(RECEIPT_PARTS) + 1)
    named = {number: RECEIPT_PARTS | (STATEMENT_PARTS if number in stated else {}) for number in numbers}
    if not parts or parts != {receipt_name(number, suffix) for number, suffixes in named.items() for suffix in suffixes}:
        raise Problem(ProblemType.BUNDLE_MALFORMED, "receipts are not numbered from 001, four files each, six where a person signed")
    return [_envelope({part: members.read(receipt_name(number, suffix)) for suffix, part in named[number].items()}) for number in numbers]


def _envelope(parts: Mapping[str, bytes]) -> Envelope:
    envelope = Envelope(
        receipt=parts["receipt"],
        signature=parts["signature"],
        timestamp=parts["timestamp"],
        proof=parts["proof"],
        statement=parts.get("statement", b""),
        statement_signature=parts.get("statement_signature", b""),
    )
    receipt = decode(envelope.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
    if (receipt.statement is not None) != bool(envelope.statement):  # as long as its container is kept, so is what was signed
        raise Problem(ProblemType.RECEIPT_STATEMENT, "missing")
    return envelope


def _read_log_key(pem: bytes, origin: str) -> LogKey:
    try:
        public = load_pem_public_key(pem)
    except UNREADABLE as error:
        raise Problem(ProblemType.BUNDLE_MALFORMED, LOG) from error
    if not isinstance(public, Ed25519PublicKey) or public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) != pem:
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{LOG}: not an Ed25519 key")
    try:
        return LogKey(origin, public.public_bytes_raw())
    except Problem as problem:
        raise Problem(ProblemType.RECEIPT_LOG, problem.detail) from problem


def _read_container(chunks: Iterator[bytes]) -> Container:
    reader = containers.Reader()
    for chunk in chunks:
        reader.feed(chunk)
    return reader.finish()


def _check_unpacked(whole: Container, sums: dict[str, str]) -> None:
    files = {name: hashlib.sha256(content).hexdigest() for name, content in head_files(whole).items()}
    files |= {part.name: part.sha256 for part in whole.parts}
    if {UNPACKED + name: sha256 for name, sha256 in files.items()} != {n: s for n, s in sums.items() if n.startswith(UNPACKED)}:
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{UNPACKED} is not {CONTAINER} unpacked")
