"""The county's certificate authority: a root, an issuing authority below it, certificates for persons and services, lists.

Pure: keys come in, certificates go out. All keys are P-256, all signatures ECDSA with SHA-256. What a certificate holds for
its purpose stands in `keys.trust.PROFILES`, so that nothing is issued that would not be believed.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from keys.trust import PROFILES, Purpose, key_usage, name_allowed
from schemas.problems import Problem, ProblemType

BACKDATED: Final = timedelta(minutes=10)
"""A certificate is valid from so long before it is made.

Clocks in townships run slow: a client must not find the certificate it was just given, or the county's new one, not yet
valid. Ten minutes is what a signing time may be ahead. Nothing is lost by it: when a document came is told by its receipt.
"""

_ROOT_VALID: Final = timedelta(days=7305)  # 20 years
_ISSUING_VALID: Final = timedelta(days=3652)  # 10 years
_LONGEST: Final = 64
_REQUEST_BYTES: Final = 8192
_HOST_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Subject:
    """Who a certificate is for: what is shown (names), and what counts (office, person and service codes)."""

    name: str
    office: str = ""
    office_name: str = ""
    person: str = ""
    service: str = ""


@dataclass(frozen=True)
class Revoked:
    """A serial number that is not believed from `at` on."""

    serial: int
    at: datetime


@dataclass(frozen=True)
class Issuer:
    """An issuing authority: its certificate and its key. Raises Problem KEY_UNREADABLE when they do not belong together."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a key that belongs to another certificate: what it signs nobody would believe."""
        if self.certificate.public_key() != self.key.public_key():
            raise Problem(ProblemType.KEY_UNREADABLE, "not the key of this certificate")

    def issue(
        self, subject: Subject, public_key: ec.EllipticCurvePublicKey, purpose: Purpose, now: datetime, days: float
    ) -> x509.Certificate:
        """Certify a key for one purpose, from `BACKDATED` before `now` to `days` after it, at most as long as the authority.

        Raises Problem NAME_NOT_ALLOWED when a name or code is malformed or not the purpose's, CSR_MALFORMED when the key is
        not P-256, SIGNER_EXPIRED when the authority itself has expired.
        """
        profile = PROFILES[purpose]
        named = {kind: value for kind, value in _codes(subject).items() if value}
        if named.keys() != profile.names.keys() or any(named[kind] != value for kind, value in profile.names.items() if value):
            raise Problem(ProblemType.NAME_NOT_ALLOWED, f"a {purpose.value} certificate names {' and '.join(profile.names)}")
        for kind, value in named.items():
            if not name_allowed(kind, value):
                raise Problem(ProblemType.NAME_NOT_ALLOWED, kind)
        alternative = [x509.UniformResourceIdentifier(f"urn:yizhan:{kind}:{named[kind]}") for kind in profile.names]
        builder = self._leaf(_distinguished(_organization(self.certificate), subject.name, subject.office_name), public_key, now, days)
        builder = builder.add_extension(profile.key_usage, critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(sorted(profile.usages, key=str)), critical=profile.usages_critical)
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue_tls(self, hosts: Sequence[str], public_key: ec.EllipticCurvePublicKey, now: datetime, days: int) -> x509.Certificate:
        """Certify the county's TLS server for these host names and addresses; the names are ASCII, without wildcards.

        Raises Problem like `issue`.
        """
        if not hosts:
            raise Problem(ProblemType.NAME_NOT_ALLOWED, "no host")
        builder = self._leaf(_distinguished(_organization(self.certificate), "Yizhan TLS server"), public_key, now, days)
        builder = builder.add_extension(key_usage("digital_signature"), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def crl(self, number: int, revoked: Iterable[Revoked], now: datetime, days: int) -> x509.CertificateRevocationList:
        """Make the complete list `number` (from 1, growing), good from `now` for `days`; of two dates the earlier counts.

        The list is not backdated: it must not speak about a moment at which it was not yet known.
        """
        dates: dict[int, datetime] = {}
        for each in revoked:
            dates[each.serial] = min(each.at, dates.get(each.serial, each.at))
        moment = _second(now)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(moment).next_update(moment + timedelta(days=days))
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        builder = builder.add_extension(_authority_key(self.certificate), critical=False)
        for serial, at in sorted(dates.items()):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_second(at)).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256())

    def _leaf(self, name: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime, days: float) -> x509.CertificateBuilder:
        not_after = self.certificate.not_valid_after_utc
        if now >= not_after:
            raise Problem(ProblemType.SIGNER_EXPIRED, "the issuing authority")
        span = (max(_second(now) - BACKDATED, self.certificate.not_valid_before_utc), min(_second(now) + timedelta(days=days), not_after))
        builder = _builder(name, self.certificate.subject, _p256(public_key), span)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return builder.add_extension(_authority_key(self.certificate), critical=False)


def make_root(name: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Make the county's root, valid for 20 years; one level of issuing authorities may stand below it.

    `name` is the county office's name. Raises Problem NAME_NOT_ALLOWED or CSR_MALFORMED (the key is not P-256).
    """
    subject = _distinguished(name, f"Yizhan Root CA {_second(now).year}")
    builder = _authority(subject, subject, key.public_key(), (_second(now) - BACKDATED, _second(now) + _ROOT_VALID), below=1)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return builder.add_extension(own, critical=False).sign(key, hashes.SHA256())


def make_issuing(
    name: str, root_certificate: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    """Make an issuing authority below the root, valid for 10 years but not longer than the root; it certifies no authority.

    `name` is the county office's name. The common name ends in the key's identifier, so that after a change of keys the two
    authorities, and their lists, have different names. Raises Problem like `make_root`, KEY_UNREADABLE, SIGNER_EXPIRED.
    """
    root = Issuer(root_certificate, root_key)
    identifier = x509.SubjectKeyIdentifier.from_public_key(_p256(key.public_key())).digest.hex()[:8]
    if now >= root_certificate.not_valid_after_utc:
        raise Problem(ProblemType.SIGNER_EXPIRED, "the root")
    subject = _distinguished(name, f"Yizhan Issuing CA {_second(now).year} {identifier}")
    not_before = max(_second(now) - BACKDATED, root_certificate.not_valid_before_utc)
    span = (not_before, min(_second(now) + _ISSUING_VALID, root_certificate.not_valid_after_utc))
    builder = _authority(subject, root_certificate.subject, key.public_key(), span, below=0)
    return builder.add_extension(_authority_key(root_certificate), critical=False).sign(root.key, hashes.SHA256())


def make_request(key: ec.EllipticCurvePrivateKey, name: str) -> bytes:
    """Make a certificate request in DER: the key, proof that one has it, and a name for whoever looks at the file."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([_common_name(name)]))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def read_request(der: bytes) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key of a certificate request after checking that the sender has its private half.

    Subject and wanted extensions are ignored: what a certificate says comes from the register. Raises Problem CSR_MALFORMED.
    """
    if len(der) > _REQUEST_BYTES:
        raise Problem(ProblemType.CSR_MALFORMED, f"more than {_REQUEST_BYTES} bytes")
    try:
        request = x509.load_der_x509_csr(der)
        public_key = request.public_key()
        proven = request.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256 and request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise Problem(ProblemType.CSR_MALFORMED, "not a readable request") from error
    if not proven:
        raise Problem(ProblemType.CSR_MALFORMED, "the signature does not prove possession of the key")
    if not isinstance(public_key, ec.EllipticCurvePublicKey):
        raise Problem(ProblemType.CSR_MALFORMED, "not a P-256 key")
    return _p256(public_key)


def _authority(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, span: tuple[datetime, datetime], *, below: int
) -> x509.CertificateBuilder:
    builder = _builder(subject, issuer, _p256(public_key), span)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
    return builder.add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, span: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(span[0]).not_valid_after(span[1])
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _codes(subject: Subject) -> dict[str, str]:
    return {"office": subject.office, "person": subject.person, "service": subject.service}


def _distinguished(organization: str, common_name: str, unit: str = "") -> x509.Name:
    """Return C=CN, O, OU (when there is one), CN."""
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, _shown(organization))]
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _shown(unit)))
    return x509.Name([*parts, _common_name(common_name)])


def _common_name(name: str) -> x509.NameAttribute[str]:
    # RFC 5280 appendix A.1 allows 64 characters; the library counts bytes of UTF-8 and refuses more
    if len(_shown(name).encode()) > _LONGEST:
        raise Problem(ProblemType.NAME_NOT_ALLOWED, f"a common name longer than {_LONGEST} bytes (21 Han characters)")
    return x509.NameAttribute(NameOID.COMMON_NAME, name)


def _shown(name: str) -> str:
    """Refuse what a certificate cannot show as it was meant.

    A name is never cut: half a name may be another office's, and a certificate is read for decades.
    """
    if not name.strip() or len(name) > _LONGEST:
        raise Problem(ProblemType.NAME_NOT_ALLOWED, f"empty, or longer than {_LONGEST} characters")
    if any(unicodedata.category(character) in _UNSEEN for character in name):
        raise Problem(ProblemType.NAME_NOT_ALLOWED, "control or invisible characters")
    return name


def _organization(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if len(host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in host.split(".")):  # noqa: PLR2004 - RFC 1035's limit, as text
            raise Problem(ProblemType.NAME_NOT_ALLOWED, "host name") from None
        return x509.DNSName(host)


def _p256(public_key: ec.EllipticCurvePublicKey) -> ec.EllipticCurvePublicKey:
    if not isinstance(public_key.curve, ec.SECP256R1):
        raise Problem(ProblemType.CSR_MALFORMED, "not a P-256 key")
    return public_key


def _second(at: datetime) -> datetime:
    """Return the time in UTC as certificates count it, in whole seconds. Raises ValueError when it is naive."""
    if at.tzinfo is None:
        raise ValueError("a naive time says nothing about when")
    return at.astimezone(UTC).replace(microsecond=0)
