"""Certificates and lists that no honest authority makes: every part may be changed, left out or signed by someone else."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from authority_maker import County
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.trust import key_usage

PERSON_USAGES = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)
UNKNOWN = x509.ObjectIdentifier("1.3.6.1.4.1.55555.1")


def uris(*names: str) -> x509.SubjectAlternativeName:
    """Make a subject alternative name of URIs."""
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name) for name in names])


def unknown(content: bytes = b"\x05\x00") -> x509.UnrecognizedExtension:
    """Make an extension that nobody knows."""
    return x509.UnrecognizedExtension(UNKNOWN, content)


@dataclass(frozen=True)
class Draft:
    """A person's certificate as a good authority would issue it, to be changed by `but`; a value of None leaves it out."""

    issuer: x509.Name
    issuer_key: ec.EllipticCurvePrivateKey
    public_key: ec.EllipticCurvePublicKey
    start: datetime
    end: datetime
    authority: x509.BasicConstraints | None = field(default=x509.BasicConstraints(ca=False, path_length=None))
    usage: x509.KeyUsage | None = field(default_factory=lambda: key_usage("digital_signature", "content_commitment"))
    usage_critical: bool = True
    extended: Sequence[x509.ObjectIdentifier] | None = PERSON_USAGES
    extended_critical: bool = False
    names: x509.SubjectAlternativeName | None = field(default_factory=lambda: uris("urn:yizhan:office:T01", "urn:yizhan:person:T01.1"))
    more: x509.ExtensionType | None = None
    more_critical: bool = False
    subject: str = "张三"

    def sign(self) -> x509.Certificate:
        """Make the certificate."""
        builder = x509.CertificateBuilder().issuer_name(self.issuer).public_key(self.public_key)
        builder = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.subject)]))
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(self.start).not_valid_after(self.end)
        own, above = self.public_key, self.issuer_key.public_key()
        parts: list[tuple[x509.ExtensionType | None, bool]] = [
            (x509.SubjectKeyIdentifier.from_public_key(own), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False),
            (self.authority, True),
            (self.usage, self.usage_critical),
            (x509.ExtendedKeyUsage(self.extended) if self.extended else None, self.extended_critical),
            (self.names, False),
            (self.more, self.more_critical),
        ]
        for part, critical in parts:
            if part is not None:
                builder = builder.add_extension(part, critical=critical)
        return builder.sign(self.issuer_key, hashes.SHA256())


def draft(county: County, key: ec.EllipticCurvePrivateKey, **changes: object) -> Draft:
    """Start from a good person's certificate of the county."""
    good = Draft(county.issuing.certificate.subject, county.issuing.key, key.public_key(), county.now, county.now + timedelta(days=365))
    return replace(good, **changes)  # type: ignore[arg-type]  # the field names are the test's


def authority_draft(county: County, name: str, key: ec.EllipticCurvePrivateKey, **changes: object) -> Draft:
    """Start from an issuing authority below the county's root."""
    settled: dict[str, object] = {
        "issuer": county.root.subject,
        "issuer_key": county.root_key,
        "authority": x509.BasicConstraints(ca=True, path_length=0),
        "usage": key_usage("key_cert_sign", "crl_sign"),
        "extended": None,
        "names": None,
        "subject": name,
    }
    return draft(county, key, **(settled | changes))


def make_list(  # every part of a list can be wrong
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    at: datetime,
    *,
    number: int | None = 2,
    days: int = 7,
    entries: Sequence[x509.RevokedCertificate] = (),
    more: x509.ExtensionType | None = None,
    critical: bool = False,
) -> x509.CertificateRevocationList:
    """Make a revocation list with whatever parts."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(at).next_update(at + timedelta(days=days))
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    if more is not None:
        builder = builder.add_extension(more, critical=critical)
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, hashes.SHA256())


def entry(serial: int, at: datetime, more: x509.ExtensionType | None = None, *, critical: bool = False) -> x509.RevokedCertificate:
    """Make an entry of a list."""
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
    return (builder.add_extension(more, critical=critical) if more is not None else builder).build()


def _length(content: bytes) -> bytes:
    if len(content) < 0x80:  # the short form
        return bytes([len(content)])
    octets = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets


def sign_bytes(to_be_signed: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Sign any bytes as the inside of a certificate or list: ecdsa-with-SHA256, DER."""
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    signature = b"\0" + key.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))
    content = to_be_signed + algorithm + b"\x03" + _length(signature) + signature
    return b"\x30" + _length(content) + content
