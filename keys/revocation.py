"""Revocation lists: which list speaks about a moment, and what it says of a serial number.

Only complete lists signed by the authority itself are read (RFC 5280 section 5). Delta lists, indirect lists, lists with an
issuing distribution point, a freshest-CRL pointer or any critical extension, and lists without number or next update are
as good as absent: whoever has only these has no revocation status.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from schemas.problems import Problem, ProblemType

UNREADABLE: Final = (
    TypeError,
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises, late and piece by piece, over the parts of a malformed certificate or list."""

_REFUSED: Final = (x509.DeltaCRLIndicator, x509.IssuingDistributionPoint, x509.FreshestCRL)


@dataclass(frozen=True)
class RevocationList:
    """The outside of a list, read once and not yet believed; equal when the bytes are."""

    fingerprint: bytes
    number: int = field(compare=False)
    issuer: bytes = field(compare=False)
    this_update: datetime = field(compare=False)
    next_update: datetime = field(compare=False)
    crl: x509.CertificateRevocationList = field(compare=False, repr=False)

    def covers(self, at: datetime) -> bool:
        """Whether the list is the word of its issuer at that moment, both ends included."""
        return self.this_update <= at <= self.next_update


Lists = Mapping[bytes, tuple[RevocationList, ...]]
"""Issuer's name (DER) → its lists, the highest number first."""


def arrange(crls: Iterable[x509.CertificateRevocationList]) -> Lists:
    """Return the lists that may be asked, by issuer, the highest number first; unreadable and refused ones are left out."""
    by_issuer: dict[bytes, list[RevocationList]] = {}
    for crl in crls:
        for listed in _readable(crl):
            by_issuer.setdefault(listed.issuer, []).append(listed)
    return {issuer: tuple(sorted(lists, key=lambda listed: listed.number, reverse=True)) for issuer, lists in by_issuer.items()}


def check(certificate: x509.Certificate, issuer: x509.Certificate, lists: Lists, at: datetime) -> None:
    """Refuse a certificate that its issuer had revoked by `at`, according to the newest list that covers `at`.

    A certificate is revoked from its revocation date on, that moment included. Raises Problem SIGNER_REVOKED, or
    REVOCATION_UNKNOWN when no list of this issuer covers `at`.
    """
    for listed in _issued_by(issuer, lists):
        if listed.covers(at) and _usable(listed, issuer):
            _refuse_revoked(certificate, listed, at)
            return
    raise Problem(ProblemType.REVOCATION_UNKNOWN, f"no list covers {at:%Y-%m-%dT%H:%M:%SZ}")


def check_authority(authority: x509.Certificate, issuer: x509.Certificate, lists: Lists, at: datetime) -> None:
    """Refuse an issuing authority that its root had revoked by `at`, according to any list of the root, however old.

    The root's key lies offline: it makes a list when there is something to revoke, not every week. So its lists are heeded
    when they exist and not demanded. Raises Problem SIGNER_REVOKED.
    """
    for listed in _issued_by(issuer, lists):
        if _usable(listed, issuer):
            _refuse_revoked(authority, listed, at)


def _issued_by(issuer: x509.Certificate, lists: Lists) -> tuple[RevocationList, ...]:
    try:
        return lists.get(issuer.subject.public_bytes(), ())
    except UNREADABLE as error:
        raise Problem(ProblemType.REVOCATION_UNKNOWN, "the issuer's name is malformed") from error


def _refuse_revoked(certificate: x509.Certificate, listed: RevocationList, at: datetime) -> None:
    revoked = _dates(listed).get(certificate.serial_number)
    if revoked is not None and revoked <= at:
        raise Problem(ProblemType.SIGNER_REVOKED, f"since {revoked:%Y-%m-%dT%H:%M:%SZ}")


def _readable(crl: x509.CertificateRevocationList) -> Iterable[RevocationList]:
    """Yield the list, or nothing when its form is not ours."""
    try:
        next_update = crl.next_update_utc
        extensions = list(crl.extensions)
        numbers = [extension.value.crl_number for extension in extensions if isinstance(extension.value, x509.CRLNumber)]
        if next_update is None or not numbers or any(e.critical or isinstance(e.value, _REFUSED) for e in extensions):
            return
        name = crl.issuer.public_bytes()
        yield RevocationList(crl.fingerprint(hashes.SHA256()), numbers[0], name, crl.last_update_utc, next_update, crl)
    except UNREADABLE:
        return


# the signature of a list costs as much as that of a document, so it is checked once per list and issuer
@lru_cache(maxsize=128)
def _usable(listed: RevocationList, issuer: x509.Certificate) -> bool:
    """Whether the issuer signed the list, may sign lists, and no entry carries what we would have to understand."""
    try:
        return (
            issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
            and listed.crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # a key that cannot sign raises TypeError
            and not any(_indirect(entry) for entry in listed.crl)
        )
    except UNREADABLE:
        return False


def _indirect(entry: x509.RevokedCertificate) -> bool:
    return any(extension.critical or isinstance(extension.value, x509.CertificateIssuer) for extension in entry.extensions)


@lru_cache(maxsize=128)
def _dates(listed: RevocationList) -> Mapping[int, datetime]:
    """Return serial number → revocation date; of two dates for one number the earlier counts."""
    dates: dict[int, datetime] = {}
    for entry in listed.crl:
        date = entry.revocation_date_utc
        dates[entry.serial_number] = min(date, dates.get(entry.serial_number, date))
    return dates
