"""What an evidence bundle consists of: the members' names, and their contents made from a submission's own parts."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import BinaryIO, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys import container as containers
from keys import member_names
from keys.container import Container
from keys.notes import LogKey
from keys.revocation import UNREADABLE
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType
from schemas.words import NOTICE_EN, NOTICE_ZH

SUMS: Final = "SHA256SUMS"
CONTAINER: Final = "container.asice"
UNPACKED: Final = "container/"
TRUST: Final = "trust.pem"
LOG: Final = "log.pub.pem"
SCRIPT: Final = "verify.sh"
README: Final = "README.txt"
FIXED: Final = frozenset({SUMS, CONTAINER, TRUST, LOG, SCRIPT, README})
RECEIPT_PARTS: Final = {"json": "receipt", "p7s": "signature", "tsr": "timestamp", "tlog-proof": "proof"}
"""Suffix of a receipt's member → field of the envelope."""
STATEMENT_PARTS: Final = {"statement.json": "statement", "statement.p7s": "statement_signature"}
"""The same of what the person signed, where a person did."""

_RECEIPT_NAME: Final = re.compile(r"receipts/(?!000)[0-9]{3,4}\.(json|p7s|tsr|tlog-proof|statement\.json|statement\.p7s)")
_LIST_NAME: Final = re.compile(r"crls/[0-9]+(-[0-9]+)?\.pem")
_CHUNK: Final = 2**18


@dataclass(frozen=True)
class Member:
    """A file to be written; `chunks` gives its bytes, which must be those of `sha256`."""

    name: str
    size: int
    sha256: str
    chunks: Callable[[], Iterator[bytes]]
    mode: int = 0o644


def check_name(name: str) -> None:
    """Refuse what no bundle holds. Raises Problem BUNDLE_MALFORMED or UNSAFE_NAME."""
    if name.startswith(UNPACKED):
        member_names.check(name.removeprefix(UNPACKED))
    elif name not in FIXED and not _RECEIPT_NAME.fullmatch(name) and not is_list(name):
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"a member that does not belong: {member_names.shown(name)}")


def is_list(name: str) -> bool:
    """Say whether a member is a revocation list."""
    return _LIST_NAME.fullmatch(name) is not None


def receipt_name(number: int, suffix: str) -> str:
    """Return the name of a part of the receipt with this number, from 1."""
    return f"receipts/{number:03d}.{suffix}"


def small_member(name: str, content: bytes, mode: int = 0o644) -> Member:
    """Return a member whose bytes are at hand."""
    return Member(name, len(content), hashlib.sha256(content).hexdigest(), lambda: iter((content,)), mode)


def script() -> bytes:
    """Return the verify.sh that this version puts into bundles."""
    return _resource("verify.sh")


def fixed_members(trust_pem: bytes, log_key: LogKey) -> list[Member]:
    """Return the certificates, the log's key, the script and what a person reads first. Raises Problem BUNDLE_MALFORMED."""
    public = Ed25519PublicKey.from_public_bytes(log_key.public)
    readme = _resource("bundle_readme.txt").decode().format(notice_zh=NOTICE_ZH, notice_en=NOTICE_EN)
    return [
        small_member(TRUST, certificates_pem(read_certificates(trust_pem))),
        small_member(LOG, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
        small_member(SCRIPT, script(), mode=0o755),
        small_member(README, readme.encode()),
    ]


def container_members(source: BinaryIO, whole: Container) -> list[Member]:
    """Return the container as one file and unpacked; `source` is sought and read when their bytes are asked for."""
    return [
        Member(CONTAINER, whole.size, whole.sha256, lambda: _slice(source, 0, whole.size)),
        *(small_member(UNPACKED + name, content) for name, content in head_files(whole).items()),
        *(
            Member(UNPACKED + part.name, part.size, part.sha256, lambda part=part: _slice(source, part.offset, part.size))  # type: ignore[misc]  # a default binds the loop's value
            for part in whole.parts
        ),
    ]


def head_files(whole: Container) -> dict[str, bytes]:
    """Return the files of a container that are no documents."""
    head = whole.head
    files = {member_names.MIMETYPE: containers.MEDIA_TYPE.encode()}
    for number, (manifest, signature) in enumerate(((head.manifest, head.signature), *head.further), start=1):
        files |= {containers.manifest_name(number): manifest, containers.signature_name(number): signature}
    return files | {member_names.METADATA: head.metadata}


def receipt_members(receipts: Sequence[Envelope]) -> Iterator[Member]:
    """Yield four members for each receipt, and two more where a person signed the act."""
    for number, envelope in enumerate(receipts, start=1):
        parts = RECEIPT_PARTS | (STATEMENT_PARTS if envelope.statement else {})
        for suffix, part in parts.items():
            yield small_member(receipt_name(number, suffix), getattr(envelope, part))


def list_members(crls: Sequence[bytes]) -> Iterator[Member]:
    """Yield revocation lists (DER) under their numbers; of different authorities two may have the same."""
    names: set[str] = set()
    for der in dict.fromkeys(crls):
        try:
            crl = x509.load_der_x509_crl(der)
            number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        except UNREADABLE as error:
            raise Problem(ProblemType.BUNDLE_MALFORMED, "revocation list") from error
        name, again = f"crls/{number}.pem", 2
        while name in names:
            name, again = f"crls/{number}-{again}.pem", again + 1
        names.add(name)
        yield small_member(name, crl.public_bytes(Encoding.PEM))


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """Read PEM certificates, at least the root and one issuing authority. Raises Problem BUNDLE_MALFORMED."""
    try:
        certificates = x509.load_pem_x509_certificates(pem)
    except UNREADABLE as error:
        raise Problem(ProblemType.BUNDLE_MALFORMED, TRUST) from error
    if len(certificates) < 2:  # noqa: PLR2004 - the root signs no documents
        raise Problem(ProblemType.BUNDLE_MALFORMED, f"{TRUST}: no issuing authority")
    return certificates


def certificates_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """Return the one spelling in which a bundle holds certificates."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def _slice(source: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    source.seek(offset)
    while size and (chunk := source.read(min(_CHUNK, size))):
        size -= len(chunk)
        yield chunk


def _resource(name: str) -> bytes:
    return resources.files("keys").joinpath(name).read_bytes()
