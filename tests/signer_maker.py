"""A throw-away two-level authority, built with cryptography alone, for tests of signatures and time stamps."""

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.custody import KeySigner

AT = datetime(2026, 3, 1, 8, 30, 15, tzinfo=UTC)
_NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
_NOT_AFTER = datetime(2070, 1, 1, tzinfo=UTC)

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def open_key(key: SigningKey) -> bytes:
    """Return the key unencrypted, for the openssl command."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def certify(
    name: str,
    key: SigningKey,
    issuer: x509.Certificate | None,
    issuer_key: SigningKey,
    *,
    path_length: int | None = None,
    usage: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    """Issue a certificate; no issuer makes it self-signed, no path length makes it an end entity."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "测试县人民政府办公室"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    authority = path_length is not None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
        .add_extension(_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=usage == ExtendedKeyUsageOID.TIME_STAMPING)
    return builder.sign(issuer_key, hashes.SHA256())


@dataclass(frozen=True)
class Authority:
    root: x509.Certificate
    root_key: ec.EllipticCurvePrivateKey
    issuing: x509.Certificate
    issuing_key: ec.EllipticCurvePrivateKey

    def signer(self, name: str = "城关镇", usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION) -> KeySigner:
        key = new_key()
        return KeySigner(key, certify(name, key, self.issuing, self.issuing_key, usage=usage), (self.issuing,))

    def stamper(self) -> KeySigner:
        return self.signer("时间戳", ExtendedKeyUsageOID.TIME_STAMPING)

    def write_root(self, folder: Path) -> Path:
        path = folder / "root.pem"
        path.write_bytes(pem(self.root))
        return path


def new_authority() -> Authority:
    root_key, issuing_key = new_key(), new_key()
    root = certify("根", root_key, None, root_key, path_length=1)
    return Authority(root, root_key, certify("签发", issuing_key, root, root_key, path_length=0), issuing_key)


@functools.cache
def authority() -> Authority:
    """Return one authority for the whole run."""
    return new_authority()
