"""The county folder: made whole or not at all, opened with its keys.

county.toml   settings                       keys/     encrypted PKCS#8, passphrase, refusal/<year>.key, signin.key
ledger.db     the ledger                     trust/    root.pem, issuing.pem, receipt.pem, timestamp.pem, tls.pem
blobs/        containers, by day             staging/  empty: staged bytes have no name
index/        the search index, disposable
"""

import secrets
import shutil
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from archive.ledger.receipts import Notary
from exchange import config
from exchange.sums import sync_folder
from keys import authority, custody, trust
from keys.notes import LogKey
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY

LEDGER: Final = "ledger.db"
SERVICE_DAYS: Final = 3 * 365
TLS_DAYS: Final = 397
PERSON_DAYS: Final = 365
CRL_DAYS: Final = 7

KEYS: Final = "keys"
TRUST: Final = "trust"
PASSPHRASE: Final = "passphrase"  # noqa: S105 - the file's name


@dataclass(frozen=True)
class County:
    """An opened county folder."""

    folder: Path
    settings: config.Settings
    root: x509.Certificate
    issuer: authority.Issuer
    notary: Notary

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.folder / LEDGER

    @property
    def index(self) -> Path:
        """The folder of the search index, which may be deleted and is made anew."""
        return self.folder / "index"

    @property
    def fingerprint(self) -> str:
        """What a township compares when it enrols: SHA-256 of the root's DER, in lower-case hexadecimal."""
        return trust.fingerprint(self.root)

    @property
    def chain_pem(self) -> bytes:
        """The root and the issuing certificate, PEM."""
        return self.root.public_bytes(Encoding.PEM) + self.issuer.certificate.public_bytes(Encoding.PEM)

    def refusal_key(self, year: int) -> bytes:
        """Return the year's key under which refused manifests are remembered; made when first needed, never backed up."""
        path = self.folder / KEYS / "refusal" / f"{year}.key"
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            custody.write_durably(path, secrets.token_bytes(32))
        return path.read_bytes()

    def signin_key(self) -> bytes:
        """Return the key without which the ledger alone neither tries passwords nor makes anybody's codes; made when first needed.

        It is backed up with the keys, apart from the ledger: a restored county knows its people again.
        """
        path = self.folder / KEYS / "signin.key"
        if not path.exists():
            custody.write_durably(path, secrets.token_bytes(32))
        return path.read_bytes()


async def found(
    folder: Path, settings: config.Settings, beside: Mapping[str, bytes], now: datetime, complete: Callable[[County], Awaitable[None]]
) -> County:
    """Make a county: authority, keys, settings and the files `beside` them; `complete` makes the ledger.

    The folder appears whole, by one rename.

    Raises Problem FOLDER_EXISTS or FOLDER_READ_ONLY.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(ProblemType.FOLDER_EXISTS, str(folder))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        building.mkdir(mode=0o700)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, str(folder.parent)) from error
    try:
        _make_authority(building, settings, now)
        for name in ("blobs", "staging"):
            (building / name).mkdir(mode=0o700)
        for name, content in {config.FILE: config.write(settings), **beside}.items():
            custody.write_durably(building / name, content, 0o644)
        await complete(open_folder(building))
        building.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return open_folder(folder)


def _make_authority(folder: Path, settings: config.Settings, now: datetime) -> None:
    keys, shown = folder / KEYS, folder / TRUST
    for new in (keys, shown):
        new.mkdir(mode=0o700)
    passphrase = custody.make_passphrase(keys / PASSPHRASE)
    made = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "issuing", "receipt", "timestamp")}
    for name, key in made.items():
        custody.store_key(keys / f"{name}.key.pem", key, passphrase)
    custody.store_key(keys / "log.key.pem", Ed25519PrivateKey.generate(), passphrase)
    root = authority.make_root(settings.name, made["root"], now)
    issuing = authority.make_issuing(settings.name, root, made["root"], made["issuing"], now)
    issuer = authority.Issuer(issuing, made["issuing"])
    certificates = {"root": root, "issuing": issuing}
    for service, purpose in (("receipt", trust.Purpose.RECEIPT), ("timestamp", trust.Purpose.TIME_STAMP)):
        office = COUNTY if purpose is trust.Purpose.RECEIPT else ""
        subject = authority.Subject(name=f"{settings.name} {service} {now.year}", office=office, service=service)
        certificates[service] = issuer.issue(subject, made[service].public_key(), purpose, now, SERVICE_DAYS)
    for name, certificate in certificates.items():
        custody.write_durably(shown / f"{name}.pem", certificate.public_bytes(Encoding.PEM), 0o644)


def open_folder(folder: Path) -> County:
    """Open a county folder with its keys. Raises Problem FOLDER_UNKNOWN, CONFIG_INVALID or KEY_UNREADABLE."""
    settings = config.read(folder)
    passphrase = custody.read_passphrase(folder / KEYS / PASSPHRASE)
    root, issuing = _certificate(folder, "root"), _certificate(folder, "issuing")

    def signer(name: str) -> custody.KeySigner:
        key = custody.load_signing_key(folder / KEYS / f"{name}.key.pem", passphrase)
        return custody.KeySigner(key, _certificate(folder, name), (issuing,))

    log_private = custody.load_log_key(folder / KEYS / "log.key.pem", passphrase)
    return County(
        folder=folder,
        settings=settings,
        root=root,
        issuer=authority.Issuer(issuing, custody.load_signing_key(folder / KEYS / "issuing.key.pem", passphrase)),
        notary=Notary(
            receipts=signer("receipt"),
            timestamps=signer("timestamp"),
            log_private=log_private,
            log=LogKey(f"yizhan.invalid/{trust.fingerprint(root)[:16]}", log_private.public_key().public_bytes_raw()),
        ),
    )


def _certificate(folder: Path, name: str) -> x509.Certificate:
    path = folder / TRUST / f"{name}.pem"
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Problem(ProblemType.KEY_UNREADABLE, path.name) from error


def server_tls(county: County, hosts: list[str]) -> ssl.SSLContext:
    """Return the HTTPS service's TLS by the county's own authority; the certificate is made anew when a host is missing or the end is near.

    Raises Problem KEY_UNREADABLE.
    """
    now = datetime.now(UTC)
    passphrase = custody.read_passphrase(county.folder / KEYS / PASSPHRASE)
    certificate, key = county.folder / TRUST / "tls.pem", county.folder / KEYS / "tls.key.pem"
    if not key.exists():
        custody.store_key(key, ec.generate_private_key(ec.SECP256R1()), passphrase)
    if not _serves(certificate, hosts, now):
        public = custody.load_signing_key(key, passphrase).public_key()
        made = county.issuer.issue_tls(hosts, public, now, TLS_DAYS)
        pem = made.public_bytes(Encoding.PEM) + county.issuer.certificate.public_bytes(Encoding.PEM)
        custody.write_durably(certificate, pem, 0o644)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, passphrase.decode())
    except (OSError, ssl.SSLError) as error:
        raise Problem(ProblemType.KEY_UNREADABLE, "TLS") from error
    return context


def _serves(path: Path, hosts: list[str], now: datetime) -> bool:
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    served = {str(name.value) for name in names}
    left = certificate.not_valid_after_utc - now
    return set(hosts) <= served and certificate.not_valid_before_utc <= now and left.days > TLS_DAYS // 3


def today(now: datetime) -> str:
    """Return the day under which blobs are kept."""
    return now.astimezone(UTC).strftime("%Y-%m-%d")
