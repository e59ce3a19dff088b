"""The township's home: who is enrolled here, whom they trust, their key. One folder, private to its owner.

identity.json   the enrolment; replaced whole, so an identity is the old one or the new one and never a mixture
trust/          root.pem (the pinned root of TLS and signatures), crls/
keys/           encrypted private keys, passphrase
outbox.db, outbox/   what is not yet proved to have arrived          receipts/   verified receipts
alarm/          what contradicted the log: to be kept and shown to administrator and auditor
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from keys import custody, trust
from keys.custody import KeySigner, write_durably
from keys.notes import LogKey
from schemas.messages import canonical, decode
from schemas.problems import Problem, ProblemType

IDENTITY: Final = "identity.json"
PRIVATE_FOLDER: Final = 0o700
KEYS: Final = "keys"
TRUST: Final = "trust"
ROOT: Final = f"{TRUST}/root.pem"
PASSPHRASE: Final = "passphrase"  # noqa: S105 - the file's name


class Enrolled(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`identity.json`: the county, the person, and what was learned at enrolment. Certificates are DER.

    `tls` says whose certificate the server shows: the county's own authority's, or one that the system trusts.
    """

    type: Literal["identity/v1"]
    url: str
    tls: Literal["own", "system"]
    county: str
    office: str
    office_name: str
    person: str
    name: str
    role: str
    key: str
    certificate: bytes
    issuing: bytes
    log: str


@dataclass(frozen=True)
class Home:
    """An opened home with its enrolment."""

    folder: Path
    enrolled: Enrolled
    root: x509.Certificate

    @property
    def log(self) -> LogKey:
        """The key of the county's log."""
        return LogKey.parse(self.enrolled.log)

    @property
    def receipts(self) -> Path:
        """The folder of verified receipts."""
        return self.folder / "receipts"

    @property
    def alarm(self) -> Path:
        """The folder of what contradicted the log."""
        return self.folder / "alarm"

    @cached_property
    def issuing(self) -> x509.Certificate:
        """The issuing authority's certificate."""
        return x509.load_der_x509_certificate(self.enrolled.issuing)

    @cached_property
    def signer(self) -> KeySigner:
        """The person's key. Raises Problem KEY_UNREADABLE."""
        keys = self.folder / KEYS
        key = custody.load_signing_key(keys / self.enrolled.key, custody.read_passphrase(keys / PASSPHRASE))
        return KeySigner(key, x509.load_der_x509_certificate(self.enrolled.certificate), (self.issuing,))

    @property
    def trust(self) -> trust.Trust:
        """The pinned root, the issuing authority and every revocation list that was kept."""
        return trust.Trust(self.root, (self.issuing,), tuple(read_crls(self.folder)))


def open_home(folder: Path) -> Home:
    """Open a home. Raises Problem FOLDER_UNKNOWN when nobody is enrolled here, CONFIG_INVALID or KEY_UNREADABLE."""
    path = folder / IDENTITY
    if not path.is_file():
        raise Problem(ProblemType.FOLDER_UNKNOWN, f"{folder}: 尚未注册 / nobody is enrolled here")
    enrolled = decode(_bytes(path), Enrolled, ProblemType.CONFIG_INVALID)
    return Home(folder, enrolled, read_root(folder))


def read_root(folder: Path) -> x509.Certificate:
    """Return the pinned root. Raises Problem KEY_UNREADABLE."""
    try:
        return x509.load_pem_x509_certificate(_bytes(folder / ROOT))
    except ValueError as error:
        raise Problem(ProblemType.KEY_UNREADABLE, ROOT) from error


def make_folder(folder: Path) -> None:
    """Make a private folder, with what is above it. Raises Problem FOLDER_READ_ONLY."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, str(folder)) from error


def keep(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write or replace a file of the home durably. Raises Problem FOLDER_READ_ONLY: a full disk is the person's to know of."""
    try:
        write_durably(path, content, mode)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{path.name}: {error.strerror}") from error


def private_keys(folder: Path) -> Iterator[ec.EllipticCurvePrivateKey]:
    """Yield every key of a home, older ones too: something may have been sealed for them. Raises Problem KEY_UNREADABLE."""
    passphrase = custody.read_passphrase(folder / KEYS / PASSPHRASE)
    for path in sorted((folder / KEYS).glob("*.key.pem")):
        yield custody.load_signing_key(path, passphrase)


def keep_root(folder: Path, root: x509.Certificate) -> None:
    """Pin the root."""
    make_folder(folder / TRUST)
    keep(folder / ROOT, root.public_bytes(Encoding.PEM), 0o644)


def keep_identity(folder: Path, enrolled: Enrolled) -> None:
    """Put the identity in place of the one before, in one step."""
    keep(folder / IDENTITY, canonical(enrolled))


def read_crls(folder: Path) -> list[x509.CertificateRevocationList]:
    """Return every revocation list that was kept."""
    return [x509.load_der_x509_crl(path.read_bytes()) for path in sorted((folder / TRUST / "crls").glob("*.crl"))]


def keep_crls(folder: Path, lists: list[bytes]) -> bool:
    """Keep revocation lists (DER); what is unreadable is left out. Says whether one was new."""
    crls, fresh = folder / TRUST / "crls", False
    make_folder(crls)
    for der in lists:
        try:
            number = x509.load_der_x509_crl(der).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        except (ValueError, x509.ExtensionNotFound):
            continue
        path = crls / f"{number:08d}.crl"
        if not path.exists() or path.read_bytes() != der:
            keep(path, der, 0o644)
            fresh = True
    return fresh


def default_folder() -> Path:
    """Return `YIZHAN_HOME`, or `.yizhan` in the person's own folder."""
    return Path(os.environ.get("YIZHAN_HOME") or Path.home() / ".yizhan")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(ProblemType.KEY_UNREADABLE, f"{path.name}: {error.strerror}") from error
