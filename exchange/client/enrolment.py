"""Enrolment: from the slip of paper (address, code, fingerprint) to a certificate that this computer has checked itself.

The code leaves only for a server that shows a certificate of the county whose root bears the fingerprint on the slip (or,
behind a gateway, one that the system trusts). Key and request are on disk before the code is sent: whoever loses the
answer asks again with the same key and gets the same certificate.
"""

import base64
import hashlib
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from exchange.client import home, http
from exchange.client.calling import keep_contact
from exchange.client.core import TrustAnswer
from exchange.client.home import Enrolled
from exchange.terminal import at_beijing
from keys import custody, trust
from keys.authority import make_request
from keys.notes import LogKey
from schemas import instants
from schemas.messages import canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Role

PENDING: Final = "enrolment.json"
MOST_SKEW: Final = timedelta(minutes=5)
"""A signed request may be so far off."""


class Pending(Struct, frozen=True, forbid_unknown_fields=True):
    """An enrolment under way: which slip (a digest), and the key file that was made for it."""

    slip: str
    key: str


class Issued(Struct, frozen=True):
    """The county's answer; what a newer county adds is passed over."""

    certificate: bytes
    issuing: bytes
    office: str
    office_name: str
    person: str
    name: str
    role: str
    county: str
    log: str


async def enrol(folder: Path, url: str, code: str, expected: str) -> Enrolled:
    """Enrol this home, or enrol it anew; the identity before stays in force until the new one is checked and on disk.

    Raises Problem FINGERPRINT_MISMATCH before anything is sent or kept, FOLDER_EXISTS when the home belongs to another
    county, CLOCK_WRONG, CODE_WRONG, NETWORK, and what `keys.trust.validate` raises for the new certificate.
    """
    url = base_url(url)
    expected = re.sub(r"[\s:]", "", expected).lower()
    if (folder / home.IDENTITY).exists() and trust.fingerprint(home.read_root(folder)) != expected:
        raise Problem(ProblemType.FOLDER_EXISTS, f"{folder}: 属于另一个县 / it belongs to another county")
    root = await _root(url, expected)
    home.make_folder(folder)
    home.keep_root(folder, root)
    pem = root.public_bytes(Encoding.PEM)
    tls, believed = await _believed(url, pem)
    pending = _pending(folder, hashlib.sha256(f"{url} {expected} {code}".encode()).hexdigest())
    private = _key(folder, pending)
    body = canonical({"code": code, "csr": base64.b64encode(make_request(private, "yizhan")).decode()})
    async with http.line(url, tls, pem) as line:
        try:
            issued = decode(await line.post("/api/v1/enrolments", body, signed=False), Issued, ProblemType.NETWORK)
        except Problem as problem:
            if problem.kind is ProblemType.CODE_WRONG:
                _forget(folder, pending)
            raise
        at = line.date or datetime.now(UTC)
    crls = believed.crls
    _require_ours(issued, private, trust.Trust(root, (_certificate(believed.issuing),), _lists(crls)), at)
    _require_same_person(folder, issued)
    if issued.log != believed.log:
        raise Problem(ProblemType.RECEIPT_LOG, "log")
    LogKey.parse(issued.log)
    enrolled = _put_in_force(folder, pending, _enrolled(url, tls, pending, issued), crls)
    async with http.line(url, tls, pem, home.open_home(folder).signer) as line:
        await keep_contact(folder, line)
    return enrolled


def _require_same_person(folder: Path, issued: Issued) -> None:
    """Refuse to put one person's key and outbox under another's name. Raises Problem FOLDER_EXISTS; nothing has changed then."""
    if not (folder / home.IDENTITY).exists():
        return
    before = home.open_home(folder).enrolled
    if before.person != issued.person:
        raise Problem(
            ProblemType.FOLDER_EXISTS,
            f"{folder}: 已由 {before.name}（{before.person}）注册 / enrolled for them；请索取新的注册码，并用 --home 另建目录 /"
            " ask for a new code and use another --home",
        )


def base_url(text: str) -> str:
    """Return scheme, host and port. Raises Problem CONFIG_INVALID for anything but https."""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme != "https" or not parts.hostname:
        raise Problem(ProblemType.CONFIG_INVALID, f"{text}: https://…")
    return f"https://{parts.netloc}"


async def _root(url: str, expected: str) -> x509.Certificate:
    """Fetch the root from a server that is not believed yet, and compare its fingerprint."""
    async with http.line(url, "none") as line:
        pem = await line.get("/trust/root.pem", signed=False)
        shown = line.date
    try:
        root = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise Problem(ProblemType.FINGERPRINT_MISMATCH, "不是证书 / not a certificate") from error
    found = trust.fingerprint(root)
    if found != expected:
        raise Problem(ProblemType.FINGERPRINT_MISMATCH, found)
    here = datetime.now(UTC)
    if shown is not None and abs(here - shown) > MOST_SKEW:
        mine, theirs = (at_beijing(instants.write(each)) for each in (here, shown))
        raise Problem(
            ProblemType.CLOCK_WRONG, f"北京时间 本机 {mine}，县端 {theirs} / by Beijing time it is {mine} here and {theirs} there"
        )
    return root


async def _believed(url: str, pem: bytes) -> tuple[Literal["own", "system"], TrustAnswer]:
    """Find out whose certificate the server shows, and fetch what the root vouches for."""
    try:
        async with http.line(url, "own", pem) as line:
            return "own", decode(await line.get("/trust", signed=False), TrustAnswer, ProblemType.NETWORK)
    except Problem as problem:
        if not problem.members.get("untrusted"):
            raise
        refused = problem
    try:
        async with http.line(url, "system") as line:
            return "system", decode(await line.get("/trust", signed=False), TrustAnswer, ProblemType.NETWORK)
    except Problem as problem:
        raise refused from problem


def _pending(folder: Path, slip: str) -> Pending:
    """Return the enrolment under way with this slip, or begin one."""
    path = folder / PENDING
    if path.exists():
        before = decode(path.read_bytes(), Pending, ProblemType.CONFIG_INVALID)
        if before.slip == slip and (folder / home.KEYS / before.key).exists():
            return before
    fresh = Pending(slip, f"{secrets.token_hex(6)}.key.pem")
    home.make_folder(folder / home.KEYS)
    passphrase = folder / home.KEYS / home.PASSPHRASE
    secret = custody.read_passphrase(passphrase) if passphrase.exists() else custody.make_passphrase(passphrase)
    custody.store_key(folder / home.KEYS / fresh.key, ec.generate_private_key(ec.SECP256R1()), secret)
    home.keep(path, canonical(fresh))
    return fresh


def _key(folder: Path, pending: Pending) -> ec.EllipticCurvePrivateKey:
    keys = folder / home.KEYS
    return custody.load_signing_key(keys / pending.key, custody.read_passphrase(keys / home.PASSPHRASE))


def _require_ours(issued: Issued, private: ec.EllipticCurvePrivateKey, known: trust.Trust, at: datetime) -> None:
    """Check the certificate before it is kept: our key, the pinned root, the purpose, and the names of the answer."""
    certificate = _certificate(issued.certificate)
    if certificate.public_key() != private.public_key():
        raise Problem(ProblemType.SIGNER_UNKNOWN, "证书不是本机密钥的 / the certificate is for another key")
    identity = trust.validate(certificate, (_certificate(issued.issuing),), known, at=at, purpose=trust.Purpose.SUBMISSION)
    if (identity.office, identity.person) != (issued.office, issued.person):
        raise Problem(ProblemType.SIGNER_OTHER_OFFICE, identity.office)


def _enrolled(url: str, tls: Literal["own", "system"], pending: Pending, issued: Issued) -> Enrolled:
    return Enrolled(
        type="identity/v1",
        url=url,
        tls=tls,
        county=issued.county,
        office=issued.office,
        office_name=issued.office_name,
        person=issued.person,
        name=issued.name,
        role=issued.role,
        key=pending.key,
        certificate=issued.certificate,
        issuing=issued.issuing,
        log=issued.log,
    )


def _put_in_force(folder: Path, pending: Pending, enrolled: Enrolled, crls: list[bytes]) -> Enrolled:
    home.keep_crls(folder, crls)
    home.keep_identity(folder, enrolled)
    (folder / PENDING).unlink(missing_ok=True)
    for path in (folder / home.KEYS).glob("*.key.pem"):
        # a confidentiality officer's older keys still open what was sealed for them
        if path.name != pending.key and enrolled.role != Role.CONFIDENTIALITY:
            path.unlink(missing_ok=True)
    return enrolled


def _forget(folder: Path, pending: Pending) -> None:
    """Leave no key behind of a code that was refused."""
    (folder / PENDING).unlink(missing_ok=True)
    (folder / home.KEYS / pending.key).unlink(missing_ok=True)


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise Problem(ProblemType.SIGNER_UNKNOWN, "证书格式错误 / malformed certificate") from error


def _lists(ders: list[bytes]) -> tuple[x509.CertificateRevocationList, ...]:
    lists = []
    for der in ders:
        with suppress(ValueError):
            lists.append(x509.load_der_x509_crl(der))
    return tuple(lists)
