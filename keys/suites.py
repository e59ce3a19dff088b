"""Signature suites: which digest goes with which signature and key, under a name that never changes its meaning.

New signatures use a suite of the registry. A new algorithm is a new row with a new name; an old row is never edited, so that
what was signed under it stays verifiable. `FOREIGN` only verifies time stamps of other authorities; nothing is signed with it.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import SignatureAlgorithmOID

from schemas.problems import Problem, ProblemType

SHA256: Final = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
SHA384: Final = ObjectIdentifier("2.16.840.1.101.3.4.2.2")
SHA512: Final = ObjectIdentifier("2.16.840.1.101.3.4.2.3")
RSA_ENCRYPTION: Final = ObjectIdentifier("1.2.840.113549.1.1.1")  # CMS may name the key only; the digest is named beside it
SMALLEST_RSA_KEY: Final = 2048  # bits


@dataclass(frozen=True)
class Suite:
    """One row of the registry; `curve` is None for RSA (PKCS #1 v1.5)."""

    id: str
    digest_algorithm: ObjectIdentifier
    signature_algorithm: ObjectIdentifier
    hash: hashes.HashAlgorithm
    curve: type[ec.EllipticCurve] | None

    def digest(self, content: bytes) -> bytes:
        """Return the suite's digest of the content."""
        return hashlib.new(self.hash.name, content).digest()

    def accepts(self, key: object) -> bool:
        """Return whether this public or private key is of the suite's kind and size."""
        if self.curve is None:
            return isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA_KEY
        return isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) and isinstance(key.curve, self.curve)

    def sign(self, private_key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
        """Return the raw signature over the message: for ECDSA the DER of ECDSA-Sig-Value. Raises Problem(SUITE_NOT_ALLOWED)."""
        if not self.accepts(private_key):
            raise Problem(ProblemType.SUITE_NOT_ALLOWED, f"not a key of {self.id}")
        return private_key.sign(message, ec.ECDSA(self.hash))

    def verify(self, public_key: object, message: bytes, signature: bytes) -> None:
        """Check a raw signature over the message. Raises Problem: SUITE_NOT_ALLOWED (other key), SIGNATURE_INVALID."""
        if not self.accepts(public_key):
            raise Problem(ProblemType.SUITE_NOT_ALLOWED, f"not a key of {self.id}")
        try:
            if isinstance(public_key, rsa.RSAPublicKey):
                public_key.verify(signature, message, padding.PKCS1v15(), self.hash)
            elif isinstance(public_key, ec.EllipticCurvePublicKey):
                public_key.verify(signature, message, ec.ECDSA(self.hash))
        except InvalidSignature as error:
            raise Problem(ProblemType.SIGNATURE_INVALID, "the signature value does not match") from error


P256_SHA256: Final = Suite("p256-sha256-v1", SHA256, SignatureAlgorithmOID.ECDSA_WITH_SHA256, hashes.SHA256(), ec.SECP256R1)
SUITES: Final = {suite.id: suite for suite in (P256_SHA256,)}
# names that are spoken for: a file that bears one is refused today with a reason, and means the same tomorrow
RESERVED: Final = ("rsa3072-sha256-v1", "sm2-sm3-v1", "mldsa65-v1")

_DIGESTS: Final = (
    (hashes.SHA256(), SHA256, SignatureAlgorithmOID.ECDSA_WITH_SHA256, SignatureAlgorithmOID.RSA_WITH_SHA256),
    (hashes.SHA384(), SHA384, SignatureAlgorithmOID.ECDSA_WITH_SHA384, SignatureAlgorithmOID.RSA_WITH_SHA384),
    (hashes.SHA512(), SHA512, SignatureAlgorithmOID.ECDSA_WITH_SHA512, SignatureAlgorithmOID.RSA_WITH_SHA512),
)
FOREIGN: Final = tuple(
    Suite(f"foreign-{name}-{hash_.name}", digest, signature, hash_, curve)
    for hash_, digest, ecdsa, rsa_ in _DIGESTS
    for name, signature, curve in (
        ("p256", ecdsa, ec.SECP256R1),
        ("p384", ecdsa, ec.SECP384R1),
        ("rsa", rsa_, None),
        ("rsa", RSA_ENCRYPTION, None),
    )
)


def suite_named(id: str) -> Suite:  # noqa: A002 - the registry's word for it
    """Return the suite with this name. Raises Problem(SUITE_NOT_ALLOWED), saying whether the name is reserved or unknown."""
    if id in SUITES:
        return SUITES[id]
    reason = "reserved, not in use yet" if id in RESERVED else "unknown"
    raise Problem(ProblemType.SUITE_NOT_ALLOWED, f"{id[:40]}: {reason}")


def key_of(certificate: x509.Certificate) -> object:
    """Return the certificate's public key. Raises Problem(SUITE_NOT_ALLOWED) for a key that the library cannot load."""
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Problem(ProblemType.SUITE_NOT_ALLOWED, "a key of an unknown kind") from error


def suite_of(certificate: x509.Certificate) -> Suite:
    """Return the registry's suite for this certificate's key. Raises Problem(SUITE_NOT_ALLOWED)."""
    key = key_of(certificate)
    for suite in SUITES.values():
        if suite.accepts(key):
            return suite
    raise Problem(ProblemType.SUITE_NOT_ALLOWED, f"no suite for a key of kind {type(key).__name__}")
