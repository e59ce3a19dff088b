"""Whom we believe: a certificate's path to the county's root, its purpose, its names and its revocation, at a moment.

The path is built by `cryptography.x509.verification`; what a certificate may be used for is ours and stands in `PROFILES`,
from which certificates are also issued.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from threading import Lock
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from keys import revocation
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, OFFICE_CODE

MOST_CERTIFICATES: Final = 16
"""A signature may bring along so many certificates; a county needs one or two."""

_UNDERSTOOD: Final = frozenset(
    {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.SUBJECT_ALTERNATIVE_NAME},
)
_NAME_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "office": OFFICE_CODE,
    "person": re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}\.[0-9]{1,6}"),
    "service": re.compile(r"[a-z]{1,32}"),
}

_KEY_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class Purpose(Enum):
    """What a certificate is asked to be good for."""

    SUBMISSION = "submission"
    REQUEST = "request"
    RECEIPT = "receipt"
    TIME_STAMP = "time-stamp"


def key_usage(*bits: str) -> x509.KeyUsage:
    """Return a key usage with exactly these bits, named as in `x509.KeyUsage`."""
    return x509.KeyUsage(**{name: name in bits for name in _KEY_USAGES})


@dataclass(frozen=True)
class Profile:
    """What a certificate for one purpose holds, no more and no less.

    `names` are the kinds of `urn:yizhan:<kind>:<value>` in its subject alternative name, each exactly once; an empty value
    stands for any well-formed one.
    """

    key_usage: x509.KeyUsage
    usages: frozenset[x509.ObjectIdentifier]
    usages_critical: bool
    names: Mapping[str, str]


_PERSON: Final = Profile(
    key_usage("digital_signature", "content_commitment"),
    frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION}),
    usages_critical=False,
    names={"office": "", "person": ""},
)
PROFILES: Final[Mapping[Purpose, Profile]] = {
    Purpose.SUBMISSION: _PERSON,
    Purpose.REQUEST: _PERSON,
    Purpose.RECEIPT: Profile(
        key_usage("digital_signature", "content_commitment"),
        frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION}),
        usages_critical=False,
        names={"office": COUNTY, "service": "receipt"},
    ),
    # RFC 3161 section 2.3: the time stamping usage is critical and alone
    Purpose.TIME_STAMP: Profile(
        key_usage("digital_signature"),
        frozenset({ExtendedKeyUsageOID.TIME_STAMPING}),
        usages_critical=True,
        names={"service": "timestamp"},
    ),
}


@dataclass(frozen=True)
class Identity:
    """Who a certificate speaks for; a part that its purpose does not name is empty."""

    office: str
    person: str
    service: str
    certificate: x509.Certificate


@dataclass(frozen=True)
class Trust:
    """What a verifier holds: the one root, known intermediates, and all revocation lists that were ever issued."""

    root: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    crls: tuple[x509.CertificateRevocationList, ...]

    @cached_property
    def lists(self) -> revocation.Lists:
        """The revocation lists that may be asked."""
        return revocation.arrange(self.crls)

    @cached_property
    def root_fingerprint(self) -> str:
        """The root's fingerprint."""
        return fingerprint(self.root)


@dataclass(frozen=True)
class _Path:
    """A path that was verified, leaf first, root last, and the span in which all its certificates are valid."""

    certificates: tuple[x509.Certificate, ...]
    identity: Identity
    not_before: datetime
    not_after: datetime


class _Paths:
    """The paths that were found last; asked by every thread."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._paths: OrderedDict[tuple[str, str, Purpose], _Path] = OrderedDict()
        self._lock = Lock()

    def recall(self, key: tuple[str, str, Purpose], at: datetime) -> _Path | None:
        with self._lock:
            path = self._paths.get(key)
            if path is None or not path.not_before <= at <= path.not_after:
                return None
            self._paths.move_to_end(key)
            return path

    def keep(self, key: tuple[str, str, Purpose], path: _Path) -> None:
        with self._lock:
            self._paths[key] = path
            self._paths.move_to_end(key)
            if len(self._paths) > self._size:
                self._paths.popitem(last=False)


_PATHS: Final = _Paths(1024)


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the lower-case hexadecimal SHA-256 of the certificate's DER."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def validate(certificate: x509.Certificate, chain: Sequence[x509.Certificate], trust: Trust, *, at: datetime, purpose: Purpose) -> Identity:
    """Say who a certificate speaks for at a moment, or refuse it.

    `at` is aware; it counts in whole seconds, as certificates do. `chain` are untrusted certificates that came along. Checked
    in this order: path to `trust.root`, validity of the whole path, profile of the purpose, revocation. A validated path is
    remembered, revocation is asked every time. Raises Problem SIGNER_UNKNOWN, SIGNER_EXPIRED, SIGNER_NOT_YET_VALID,
    SIGNER_PURPOSE, SIGNER_REVOKED or REVOCATION_UNKNOWN; ValueError when `at` is naive.
    """
    if at.tzinfo is None:
        raise ValueError("a naive time says nothing about when")
    at = at.astimezone(UTC).replace(microsecond=0)
    key = (fingerprint(certificate), trust.root_fingerprint, purpose)
    path = _PATHS.recall(key, at)
    if path is None:
        path = _find(certificate, chain, trust, at, purpose)
        _PATHS.keep(key, path)
    leaf, issuer, *_ = path.certificates
    for authority, above in zip(path.certificates[1:-1], path.certificates[2:], strict=True):
        revocation.check_authority(authority, above, trust.lists, at)
    revocation.check(leaf, issuer, trust.lists, at)
    return path.identity


def identify(certificate: x509.Certificate, purpose: Purpose) -> Identity:
    """Read whom a certificate names, when it fits the profile exactly; says nothing about who signed it.

    Raises Problem SIGNER_PURPOSE.
    """
    profile = PROFILES[purpose]
    try:
        extensions = certificate.extensions
        for extension in extensions:
            if extension.critical and extension.oid not in _UNDERSTOOD:
                raise Problem(ProblemType.SIGNER_PURPOSE, f"critical extension {extension.oid.dotted_string}")
        _check_usages(extensions, profile)
        names = _names(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except revocation.UNREADABLE as error:
        raise Problem(ProblemType.SIGNER_PURPOSE, "an extension is missing or malformed") from error
    if names.keys() != profile.names.keys() or any(names[kind] != value for kind, value in profile.names.items() if value):
        raise Problem(ProblemType.SIGNER_PURPOSE, "names")
    return Identity(names.get("office", ""), names.get("person", ""), names.get("service", ""), certificate)


def name_allowed(kind: str, value: str) -> bool:
    """Whether `urn:yizhan:<kind>:<value>` is well-formed."""
    return kind in _NAME_FORMS and _NAME_FORMS[kind].fullmatch(value) is not None


def _check_usages(extensions: x509.Extensions, profile: Profile) -> None:
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if constraints.value.ca:
        raise Problem(ProblemType.SIGNER_PURPOSE, "an authority signs no documents")
    if usage.value != profile.key_usage or not usage.critical:
        raise Problem(ProblemType.SIGNER_PURPOSE, "key usage")
    if sorted(extended.value, key=str) != sorted(profile.usages, key=str) or (profile.usages_critical and not extended.critical):
        raise Problem(ProblemType.SIGNER_PURPOSE, "extended key usage")


def _names(alternative: x509.SubjectAlternativeName) -> dict[str, str]:
    """Return kind → value of the names; a name of another form, or a kind named twice, is refused."""
    names: dict[str, str] = {}
    for name in alternative:
        scheme, _, rest = name.value.partition("urn:yizhan:") if isinstance(name, x509.UniformResourceIdentifier) else ("?", "", "")
        kind, _, value = rest.partition(":")
        if scheme or kind in names or not name_allowed(kind, value):
            raise Problem(ProblemType.SIGNER_PURPOSE, "subject alternative name")
        names[kind] = value
    return names


def _find(certificate: x509.Certificate, chain: Sequence[x509.Certificate], trust: Trust, at: datetime, purpose: Purpose) -> _Path:
    """Find a path that is valid at `at`; when there is none, say whether there is one at another time."""
    if len(chain) > MOST_CERTIFICATES:
        raise Problem(ProblemType.SIGNER_UNKNOWN, f"more than {MOST_CERTIFICATES} certificates")
    try:
        # the verifier only says that it found nothing: the ends of the certificate's own span tell expiry from strangers
        moments = (at, certificate.not_valid_after_utc, certificate.not_valid_before_utc)
        found = next(
            (path for moment in moments if (path := _path_at(certificate, [*chain, *trust.intermediates], trust.root, moment))), ()
        )
        spans = [(each.not_valid_before_utc, each.not_valid_after_utc) for each in found]
    except revocation.UNREADABLE as error:
        raise Problem(ProblemType.SIGNER_UNKNOWN, "malformed") from error
    if len(found) < 2 or found[-1] != trust.root:  # noqa: PLR2004 - the root itself is no signer
        raise Problem(ProblemType.SIGNER_UNKNOWN, "no path to the root")
    not_before, not_after = max(start for start, _ in spans), min(end for _, end in spans)
    if at > not_after:
        raise Problem(ProblemType.SIGNER_EXPIRED, f"{not_after:%Y-%m-%dT%H:%M:%SZ}")
    if at < not_before:
        raise Problem(ProblemType.SIGNER_NOT_YET_VALID, f"{not_before:%Y-%m-%dT%H:%M:%SZ}")
    return _Path(found, identify(certificate, purpose), not_before, not_after)


def _path_at(
    certificate: x509.Certificate, pool: list[x509.Certificate], root: x509.Certificate, at: datetime
) -> tuple[x509.Certificate, ...]:
    """Return a path, leaf first, that is valid at `at`; empty when there is none."""
    policy = PolicyBuilder().store(Store([root])).time(at).max_chain_depth(1)
    # the end entity's extensions are checked by `identify`: the verifier knows web servers and clients only
    policy = policy.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
    try:
        return tuple(policy.build_client_verifier().verify(certificate, pool).chain)
    except VerificationError:
        return ()
