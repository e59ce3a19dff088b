"""CMS signatures in our one profile, and all ASN.1 of signatures and time stamps: here and nowhere else.

Structures: SignedData (RFC 5652), signing certificate references (RFC 2634, RFC 5035), time stamps (RFC 3161). They are declared
on `cryptography.hazmat.asn1`, which is provisional: if it changes, this file changes and no other.

Profile: detached DER, one SignerInfo named by issuer and serial, signed attributes contentType, messageDigest, signingTime and
signingCertificateV2, each once with one value; embedded are the signer's certificate and its issuers, nothing else.

A trap: an implicitly tagged SET OF is declared as `list[…]`. The bytes are the same, but the decoder does not insist on sorted
elements, and real signers put certificates in path order. For the signed attributes, where order matters, we check it ourselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.asn1 import TLV, Default, Explicit, GeneralizedTime, Implicit, SetOf, UTCTime
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier

from keys.custody import Signer
from keys.suites import FOREIGN, SHA256, SHA384, SHA512, SUITES, Suite, key_of, suite_of
from schemas.problems import Problem, ProblemType

T = TypeVar("T")

DATA: Final = ObjectIdentifier("1.2.840.113549.1.7.1")
SIGNED_DATA: Final = ObjectIdentifier("1.2.840.113549.1.7.2")
TIME_STAMP_INFO: Final = ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE: Final = ObjectIdentifier("1.2.840.113549.1.9.3")
MESSAGE_DIGEST: Final = ObjectIdentifier("1.2.840.113549.1.9.4")
SIGNING_TIME: Final = ObjectIdentifier("1.2.840.113549.1.9.5")
SIGNING_CERTIFICATE: Final = ObjectIdentifier("1.2.840.113549.1.9.16.2.12")
SIGNING_CERTIFICATE_V2: Final = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")

MAXIMUM_SIZE: Final = 65_536  # bytes of one signature or time stamp: ours have 2 KB, foreign ones 5 KB
FIRST_GENERALIZED_YEAR: Final = 2050  # RFC 5652 section 11.3: UTCTime before, GeneralizedTime from then on
_UTC_TIME_TAG: Final = b"\x17"
_REFERENCE_HASHES: Final[Mapping[ObjectIdentifier, hashes.HashAlgorithm]] = {
    SHA256: hashes.SHA256(),
    SHA384: hashes.SHA384(),
    SHA512: hashes.SHA512(),
}


# ---- structures: RFC 5652


@asn1.sequence
class AlgorithmIdentifier:
    """An algorithm; parameters are absent or NULL in everything we accept."""

    algorithm: ObjectIdentifier
    parameters: asn1.Null | None = None


@asn1.sequence
class Attribute:
    """RFC 5652 section 5.3."""

    type: ObjectIdentifier
    values: SetOf[TLV]


@asn1.sequence
class IssuerAndSerialNumber:
    """The only way of naming a signer that we accept."""

    issuer: TLV
    serial: int


@asn1.sequence
class EncapsulatedContentInfo:
    """`content` is absent in a detached signature."""

    content_type: ObjectIdentifier
    content: Annotated[bytes | None, Explicit(0)]


@asn1.sequence
class SignerInfo:
    """RFC 5652 section 5.3."""

    version: int
    identifier: IssuerAndSerialNumber
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: Annotated[list[Attribute] | None, Implicit(0)]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    unsigned_attributes: Annotated[list[TLV] | None, Implicit(1)]


@asn1.sequence
class SignedData:
    """RFC 5652 section 5.1."""

    version: int
    digest_algorithms: SetOf[AlgorithmIdentifier]
    encapsulated: EncapsulatedContentInfo
    certificates: Annotated[list[x509.Certificate] | None, Implicit(0)]
    revocation: Annotated[list[TLV] | None, Implicit(1)]
    signers: SetOf[SignerInfo]


@asn1.sequence
class ContentInfo:
    """The outermost structure of a signature file and of a time-stamp token."""

    content_type: ObjectIdentifier
    content: Annotated[SignedData, Explicit(0)]


@asn1.sequence
class CertificateBody:
    """TBSCertificate, for its names as they stand: re-encoding a parsed name may change its bytes, and may fail on a hostile one."""

    version: Annotated[int | None, Explicit(0)]
    serial: int
    signature: TLV
    issuer: TLV
    validity: TLV
    subject: TLV
    public_key: TLV
    issuer_id: Annotated[asn1.BitString | None, Implicit(1)]
    subject_id: Annotated[asn1.BitString | None, Implicit(2)]
    extensions: Annotated[list[TLV] | None, Explicit(3)]


# ---- structures: references to the signing certificate (RFC 5035; version 1 of RFC 2634 in foreign time stamps only)


@asn1.sequence
class DirectoryName:
    """GeneralNames with exactly one directoryName."""

    name: Annotated[TLV, Explicit(4)]


@asn1.sequence
class IssuerSerial:
    """RFC 5035 section 5."""

    issuer: DirectoryName
    serial: int


@asn1.sequence
class CertificateReferenceV2:
    """ESSCertIDv2; no hash algorithm means SHA-256."""

    hash_algorithm: AlgorithmIdentifier | None
    digest: bytes
    issuer_serial: IssuerSerial | None


@asn1.sequence
class SigningCertificateV2:
    """The first reference names the signer's certificate."""

    references: list[CertificateReferenceV2]
    policies: list[TLV] | None


@asn1.sequence
class CertificateReference:
    """ESSCertID: SHA-1 by definition."""

    digest: bytes
    issuer_serial: IssuerSerial | None


@asn1.sequence
class SigningCertificate:
    """As SigningCertificateV2."""

    references: list[CertificateReference]
    policies: list[TLV] | None


# ---- structures: RFC 3161


@asn1.sequence
class MessageImprint:
    """What is stamped."""

    algorithm: AlgorithmIdentifier
    digest: bytes


@asn1.sequence
class Extension:
    """As in certificates."""

    type: ObjectIdentifier
    critical: Annotated[bool, Default(value=False)]
    value: bytes


@asn1.sequence
class TimeStampRequest:
    """RFC 3161 section 2.4.1."""

    version: int
    imprint: MessageImprint
    policy: ObjectIdentifier | None
    nonce: int | None
    certificate_wanted: Annotated[bool, Default(value=False)]
    extensions: Annotated[list[Extension] | None, Implicit(0)]


@asn1.sequence
class Accuracy:
    """How far the true time may lie on either side."""

    seconds: int | None
    milliseconds: Annotated[int | None, Implicit(0)]
    microseconds: Annotated[int | None, Implicit(1)]


@asn1.sequence
class TimeStampInfo:
    """TSTInfo, RFC 3161 section 2.4.2. `authority` is [0] EXPLICIT GeneralName: one element of any kind, the same bytes."""

    version: int
    policy: ObjectIdentifier
    imprint: MessageImprint
    serial: int
    time: GeneralizedTime
    accuracy: Accuracy | None
    ordering: Annotated[bool, Default(value=False)]
    nonce: int | None
    authority: Annotated[list[TLV] | None, Implicit(0)]
    extensions: Annotated[list[Extension] | None, Implicit(1)]


@asn1.sequence
class Status:
    """PKIStatusInfo."""

    status: int
    text: list[str] | None
    failure: asn1.BitString | None


@asn1.sequence
class TimeStampResponse:
    """RFC 3161 section 2.4.2: a token only when the status is granted."""

    status: Status
    token: ContentInfo | None


# ---- encoding


def encode(value: Any) -> bytes:
    """Return the DER of a structure of this module."""
    return asn1.encode_der(value)


def decode(kind: type[T], der: bytes) -> T:
    """Decode DER strictly, nothing may follow. Raises Problem(SIGNATURE_MALFORMED)."""
    if len(der) > MAXIMUM_SIZE:
        raise _malformed(f"longer than {MAXIMUM_SIZE} bytes")
    try:
        return asn1.decode_der(kind, der)
    except (ValueError, x509.InvalidVersion) as error:
        raise _malformed(f"not the DER of a {kind.__name__}") from error


def _element(value: Any) -> TLV:
    return asn1.decode_der(TLV, asn1.encode_der(value))


def _parsed(kind: type[T], element: TLV) -> T:
    return decode(kind, encode(element))


def _malformed(detail: str) -> Problem:
    return Problem(ProblemType.SIGNATURE_MALFORMED, detail)


# ---- signing


def sign(digest: bytes, signer: Signer, at: datetime, *, content_type: ObjectIdentifier = DATA, content: bytes | None = None) -> bytes:
    """Return a CAdES-B-B signature over the content with this digest, as DER; detached unless the content is given.

    `digest` is by the signer's suite (32 bytes SHA-256), `at` the claimed signing time (aware, cut to whole seconds).
    Raises Problem(SUITE_NOT_ALLOWED); ValueError when digest and content do not belong together, which is a bug of the caller.
    """
    return encode(signed_content(digest, signer, at, content_type=content_type, content=content))


def signed_content(
    digest: bytes,
    signer: Signer,
    at: datetime,
    *,
    content_type: ObjectIdentifier,
    content: bytes | None,
    with_certificates: bool = True,
) -> ContentInfo:
    """Do what `sign` does and return the structure; a time-stamp authority leaves certificates out when not asked for them."""
    certificate = signer.certificate
    suite = suite_of(certificate)
    if len(digest) != suite.hash.digest_size or (content is not None and suite.digest(content) != digest):
        raise ValueError("the digest is not the content's")
    attributes = sorted(_attributes(certificate, content_type, digest, at), key=encode)  # DER sorts a SET OF by encodings
    digest_algorithm = AlgorithmIdentifier(algorithm=suite.digest_algorithm)
    body = _body(certificate)
    embedded = sorted((certificate, *signer.chain), key=_der) if with_certificates else None
    signer_info = SignerInfo(
        version=1,
        identifier=IssuerAndSerialNumber(issuer=body.issuer, serial=body.serial),
        digest_algorithm=digest_algorithm,
        signed_attributes=attributes,
        signature_algorithm=AlgorithmIdentifier(algorithm=suite.signature_algorithm),
        signature=signer.sign(_signed_bytes(attributes)),
        unsigned_attributes=None,
    )
    return ContentInfo(
        content_type=SIGNED_DATA,
        content=SignedData(
            version=_version(content_type),
            digest_algorithms=SetOf([digest_algorithm]),
            encapsulated=EncapsulatedContentInfo(content_type=content_type, content=content),
            certificates=embedded,
            revocation=None,
            signers=SetOf([signer_info]),
        ),
    )


def whole_seconds(at: datetime) -> datetime:
    """Return the instant in UTC cut to whole seconds. Raises ValueError for a time without a zone, which is a bug of the caller."""
    if at.utcoffset() is None:
        raise ValueError("a time needs its zone")
    return at.astimezone(UTC).replace(microsecond=0)


def _attributes(certificate: x509.Certificate, content_type: ObjectIdentifier, digest: bytes, at: datetime) -> list[Attribute]:
    time = whole_seconds(at)
    reference = CertificateReferenceV2(hash_algorithm=None, digest=_fingerprint(certificate), issuer_serial=None)
    values: dict[ObjectIdentifier, Any] = {
        CONTENT_TYPE: content_type,
        MESSAGE_DIGEST: digest,
        SIGNING_TIME: UTCTime(time) if time.year < FIRST_GENERALIZED_YEAR else GeneralizedTime(time),
        SIGNING_CERTIFICATE_V2: SigningCertificateV2(references=[reference], policies=None),
    }
    return [Attribute(type=type_, values=SetOf([_element(value)])) for type_, value in values.items()]


def _signed_bytes(attributes: list[Attribute]) -> bytes:
    # RFC 5652 section 5.4: not the field's own tag [0] is signed, but a SET OF
    return encode(SetOf(attributes))


def _version(content_type: ObjectIdentifier) -> int:
    return 1 if content_type == DATA else 3  # RFC 5652 section 5.1


# one signer signs many times in a row: what its certificate says is worked out once


@lru_cache(maxsize=64)
def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@lru_cache(maxsize=64)
def _fingerprint(certificate: x509.Certificate) -> bytes:
    return certificate.fingerprint(hashes.SHA256())


@lru_cache(maxsize=64)
def _body(certificate: x509.Certificate) -> CertificateBody:
    return decode(CertificateBody, certificate.tbs_certificate_bytes)


# ---- verifying


@dataclass(frozen=True)
class Signed:
    """Who signed and what time they claim. `certificates` are the signer's issuers that came along, the nearest first: a chain to try."""

    certificate: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    signing_time: datetime
    signature: bytes


@dataclass(frozen=True)
class Token:
    """A time-stamp token whose signature holds; what it says about the message is the caller's to compare."""

    certificate: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    info: TimeStampInfo


@dataclass(frozen=True)
class _Checked:
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]
    attributes: Mapping[ObjectIdentifier, TLV]
    signature: bytes


def verify(signature: bytes, digest: bytes) -> Signed:
    """Check a detached signature over the content with this SHA-256 digest: form and signature, not the path to the root.

    Unsigned attributes are outside the signature and ignored. Raises Problem: SIGNATURE_MALFORMED, SEVERAL_SIGNERS,
    SIGNED_ATTRIBUTES_MISSING, SUITE_NOT_ALLOWED, SIGNATURE_INVALID.
    """
    signed_data = _signed_data(decode(ContentInfo, signature), DATA)
    if signed_data.encapsulated.content is not None:
        raise _malformed("the content is embedded, a detached signature is expected")
    checked = _check(signed_data, tuple(SUITES.values()), lambda _: digest)
    signing_time = _signing_time(_attribute(checked.attributes, SIGNING_TIME, "signingTime"))
    return Signed(checked.certificate, checked.issuers, signing_time, checked.signature)


def verify_token(token: ContentInfo) -> Token:
    """Check a time-stamp token of any authority: form and signature, not the path and not the message. Raises Problem as `verify`."""
    signed_data = _signed_data(token, TIME_STAMP_INFO)
    content = signed_data.encapsulated.content
    if content is None:
        raise _malformed("no TSTInfo")
    checked = _check(signed_data, FOREIGN, lambda suite: suite.digest(content))
    return Token(checked.certificate, checked.issuers, decode(TimeStampInfo, content))


def _signed_data(outer: ContentInfo, content_type: ObjectIdentifier) -> SignedData:
    signed_data = outer.content
    if outer.content_type != SIGNED_DATA or signed_data.encapsulated.content_type != content_type:
        raise _malformed("another content type")
    if signed_data.version != _version(content_type):
        raise _malformed("another version")
    if signed_data.revocation is not None:
        raise _malformed("embedded revocation lists are not in the profile")
    return signed_data


def _check(signed_data: SignedData, suites: Sequence[Suite], digest: Callable[[Suite], bytes]) -> _Checked:
    signers = signed_data.signers.as_list()
    if len(signers) > 1:
        raise Problem(ProblemType.SEVERAL_SIGNERS, f"{len(signers)} signers")
    if not signers or signers[0].version != 1:
        raise _malformed("no signer, or another version")
    signer = signers[0]
    certificate, issuers = _path(signed_data.certificates or [], signer.identifier)
    key = key_of(certificate)
    suite = _suite(signed_data, signer, key, suites)
    attributes = _by_type(signer.signed_attributes)
    content_type = _parsed(ObjectIdentifier, _attribute(attributes, CONTENT_TYPE, "contentType"))
    if content_type != signed_data.encapsulated.content_type:
        raise _malformed("contentType differs from the content's")
    _check_reference(attributes, certificate, signer.identifier)
    if _parsed(bytes, _attribute(attributes, MESSAGE_DIGEST, "messageDigest")) != digest(suite):
        raise Problem(ProblemType.SIGNATURE_INVALID, "another content was signed")
    suite.verify(key, _signed_bytes(signer.signed_attributes or []), signer.signature)
    return _Checked(certificate, issuers, attributes, signer.signature)


def _path(embedded: Sequence[x509.Certificate], signer: IssuerAndSerialNumber) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """Return the signer's certificate and its issuers by name, the nearest first; whatever else is embedded is refused.

    Names only: whether each really signed the next is the path's question, asked against our own root.
    """
    wanted = (encode(signer.issuer), signer.serial)
    bodies = [(one, _body(one)) for one in embedded]
    named = [(one, encode(body.subject), encode(body.issuer), body.serial) for one, body in bodies]
    found = [(one, issuer) for one, _, issuer, serial in named if (issuer, serial) == wanted]
    if len(found) != 1:
        raise _malformed("the signer's certificate is not embedded, or twice")
    certificate, above = found[0]
    others = {subject: (one, issuer) for one, subject, issuer, _ in named if one is not certificate}
    issuers: list[x509.Certificate] = []
    while above in others:
        one, above = others.pop(above)
        issuers.append(one)
    if 1 + len(issuers) != len(embedded):
        raise _malformed("a certificate outside the signer's chain is embedded")
    return certificate, tuple(issuers)


def _suite(signed_data: SignedData, signer: SignerInfo, key: object, suites: Sequence[Suite]) -> Suite:
    listed = [algorithm.algorithm for algorithm in signed_data.digest_algorithms.as_list()]
    if listed != [signer.digest_algorithm.algorithm]:
        raise _malformed("the listed digest algorithm is not the signer's")
    algorithms = (signer.digest_algorithm.algorithm, signer.signature_algorithm.algorithm)
    for suite in suites:
        if algorithms == (suite.digest_algorithm, suite.signature_algorithm) and suite.accepts(key):
            if suite.curve is not None and signer.signature_algorithm.parameters is not None:
                raise _malformed("ECDSA has no parameters")  # RFC 5758 section 3.2
            return suite
    named = " with ".join(algorithm.dotted_string for algorithm in algorithms)
    raise Problem(ProblemType.SUITE_NOT_ALLOWED, f"{named}, or its key")


def _by_type(attributes: Sequence[Attribute] | None) -> Mapping[ObjectIdentifier, TLV]:
    if not attributes:
        raise Problem(ProblemType.SIGNED_ATTRIBUTES_MISSING, "no signed attributes")
    encoded = [encode(attribute) for attribute in attributes]
    if encoded != sorted(encoded):
        raise _malformed("signed attributes are not DER")  # RFC 5652 section 5.3
    found: dict[ObjectIdentifier, TLV] = {}
    for attribute in attributes:
        values = attribute.values.as_list()
        if attribute.type in found or len(values) != 1:
            raise _malformed(f"attribute {attribute.type.dotted_string} repeated, or not with one value")
        found[attribute.type] = values[0]
    return found


def _attribute(attributes: Mapping[ObjectIdentifier, TLV], type_: ObjectIdentifier, name: str) -> TLV:
    if type_ not in attributes:
        raise Problem(ProblemType.SIGNED_ATTRIBUTES_MISSING, name)
    return attributes[type_]


def _check_reference(attributes: Mapping[ObjectIdentifier, TLV], certificate: x509.Certificate, signer: IssuerAndSerialNumber) -> None:
    reference: CertificateReference | CertificateReferenceV2
    hash_: hashes.HashAlgorithm | None
    if SIGNING_CERTIFICATE_V2 not in attributes and _is_time_stamp(attributes) and SIGNING_CERTIFICATE in attributes:
        # RFC 3161 asked for version 1, and its SHA-1 only names the certificate: the signature itself never rests on SHA-1
        reference = _only(_parsed(SigningCertificate, attributes[SIGNING_CERTIFICATE]).references)
        hash_ = hashes.SHA1()  # noqa: S303 - see above
    else:
        second = _only(_parsed(SigningCertificateV2, _attribute(attributes, SIGNING_CERTIFICATE_V2, "signingCertificateV2")).references)
        reference = second
        hash_ = _REFERENCE_HASHES.get(second.hash_algorithm.algorithm if second.hash_algorithm else SHA256)
    if hash_ is None:
        raise Problem(ProblemType.SUITE_NOT_ALLOWED, "the digest in signingCertificateV2")
    named = reference.issuer_serial
    same_name = named is None or (encode(named.issuer.name), named.serial) == (encode(signer.issuer), signer.serial)
    if reference.digest != certificate.fingerprint(hash_) or not same_name:
        raise Problem(ProblemType.SIGNATURE_INVALID, "signingCertificateV2 names another certificate")


def _is_time_stamp(attributes: Mapping[ObjectIdentifier, TLV]) -> bool:
    return encode(attributes[CONTENT_TYPE]) == encode(TIME_STAMP_INFO)


def _only(references: Sequence[T]) -> T:
    if len(references) != 1:
        raise _malformed("the signing certificate reference names several certificates, or none")
    return references[0]


def _signing_time(element: TLV) -> datetime:
    if element.tag_bytes == _UTC_TIME_TAG:
        return _parsed(UTCTime, element).as_datetime()
    time = _parsed(GeneralizedTime, element).as_datetime()
    if time.year < FIRST_GENERALIZED_YEAR or time.microsecond:
        raise _malformed("signingTime is not in its prescribed form")
    return time
