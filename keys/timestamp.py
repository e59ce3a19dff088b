"""RFC 3161 time stamps: our own authority in process, and verification of its tokens and of other authorities'.

Our authority stands in the same trust domain as the county's receipts: it dates them, it does not make them independent.
Times are whole seconds with one second of accuracy, since the instant is cut and not rounded.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.asn1 import BitString, GeneralizedTime
from cryptography.x509 import ObjectIdentifier

from keys import cms
from keys.custody import Signer
from keys.suites import SHA256, SHA384, SHA512, suite_of
from schemas.problems import Problem, ProblemType

# Our policy: one object identifier under 2.25, where a UUID is a name that needs no registration. The UUID was drawn once at
# random, and the policy it names is this module's docstring.
POLICY_UUID: Final = UUID("b6c3cfa5-f94a-4928-b5d0-b629dbb77daf")
POLICY: Final = ObjectIdentifier(f"2.25.{POLICY_UUID.int}")

GRANTED: Final = (0, 1)  # granted, granted with modifications
REJECTED: Final = 2
_DIGESTS: Final = {SHA256: hashlib.sha256, SHA384: hashlib.sha384, SHA512: hashlib.sha512}


class Failure(IntEnum):
    """Why a request is refused: the bits of PKIFailureInfo in RFC 3161 section 2.4.2."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_FORMAT = 5
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16


@dataclass(frozen=True)
class Stamp:
    """What a token says. `certificates` are the authority's issuers that came along, the nearest first."""

    at: datetime
    certificate: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    serial: int


def stamp(message: bytes, signer: Signer, at: datetime, serial: int) -> bytes:
    """Return a whole TimeStampResp (granted) over SHA-256 of the message, with the signer's certificates.

    `at` is aware and cut to whole seconds; `serial` is never used twice by one authority. Raises Problem(SUITE_NOT_ALLOWED).
    """
    suite = suite_of(signer.certificate)
    imprint = cms.MessageImprint(algorithm=cms.AlgorithmIdentifier(algorithm=suite.digest_algorithm), digest=suite.digest(message))
    return _granted(imprint, None, signer, at, serial, with_certificates=True)


def respond(request: bytes, signer: Signer, at: datetime, serial: int) -> bytes:
    """Answer a TimeStampReq with a TimeStampResp.

    A request that cannot be granted is refused in the protocol's own words (status rejection with PKIFailureInfo), so that the
    asker's software understands it: malformed, another version, a digest other than SHA-256/384/512, a policy that is not
    ours, any extension (RFC 3161 section 2.4.1 lets no unknown one pass). Raises Problem(SUITE_NOT_ALLOWED) as `stamp`.
    """
    try:
        asked = cms.decode(cms.TimeStampRequest, request)
    except Problem:
        return _rejected({Failure.BAD_FORMAT})
    objections = _objections(asked)
    if objections:
        return _rejected(objections)
    return _granted(asked.imprint, asked.nonce, signer, at, serial, with_certificates=asked.certificate_wanted)


def verify(response: bytes, message: bytes) -> Stamp:
    """Check a response and its token over the message: form, signature and imprint, not the authority's path.

    Tokens of other authorities may use the suites of `keys.suites.FOREIGN`; their certificate must be embedded.
    Raises Problem(RECEIPT_TIME_STAMP), whatever is wrong.
    """
    try:
        answer = cms.decode(cms.TimeStampResponse, response)
        if answer.status.status not in GRANTED or answer.token is None:
            raise _refusal("not granted")
        token = cms.verify_token(answer.token)
    except Problem as problem:
        raise _refusal(problem.detail) from problem
    return _stamp_over(message, token)


def _stamp_over(message: bytes, token: cms.Token) -> Stamp:
    info = token.info
    if info.version != 1:
        raise _refusal("another version of TSTInfo")
    if any(extension.critical for extension in info.extensions or ()):
        raise _refusal("a critical extension that we do not know")
    digest = _DIGESTS.get(info.imprint.algorithm.algorithm)
    if digest is None:
        raise _refusal("the imprint's digest algorithm")
    if digest(message).digest() != info.imprint.digest:
        raise _refusal("the stamp is over another message")
    return Stamp(info.time.as_datetime(), token.certificate, token.certificates, info.serial)


def _granted(
    imprint: cms.MessageImprint, nonce: int | None, signer: Signer, at: datetime, serial: int, *, with_certificates: bool
) -> bytes:
    info = cms.encode(
        cms.TimeStampInfo(
            version=1,
            policy=POLICY,
            imprint=imprint,
            serial=serial,
            time=GeneralizedTime(cms.whole_seconds(at)),
            accuracy=cms.Accuracy(seconds=1, milliseconds=None, microseconds=None),
            ordering=False,
            nonce=nonce,
            authority=None,
            extensions=None,
        )
    )
    token = cms.signed_content(
        suite_of(signer.certificate).digest(info),
        signer,
        at,
        content_type=cms.TIME_STAMP_INFO,
        content=info,
        with_certificates=with_certificates,
    )
    return cms.encode(cms.TimeStampResponse(status=cms.Status(status=0, text=None, failure=None), token=token))


def _objections(asked: cms.TimeStampRequest) -> set[Failure]:
    found = set()
    if asked.version != 1:
        found.add(Failure.BAD_REQUEST)
    digest = _DIGESTS.get(asked.imprint.algorithm.algorithm)
    if digest is None:
        found.add(Failure.BAD_ALGORITHM)
    elif len(asked.imprint.digest) != digest().digest_size:
        found.add(Failure.BAD_FORMAT)
    if asked.policy not in (None, POLICY):
        found.add(Failure.UNACCEPTED_POLICY)
    if asked.extensions:
        found.add(Failure.UNACCEPTED_EXTENSION)
    return found


def _rejected(failures: Collection[Failure]) -> bytes:
    bits = sum(1 << (31 - failure) for failure in failures)
    unused = (bits & -bits).bit_length() - 1  # DER: a named bit list ends with its last set bit
    octets = (bits >> (unused // 8 * 8)).to_bytes(4 - unused // 8, "big")
    failure = BitString(octets, unused % 8)
    return cms.encode(cms.TimeStampResponse(status=cms.Status(status=REJECTED, text=None, failure=failure), token=None))


def _refusal(detail: str) -> Problem:
    return Problem(ProblemType.RECEIPT_TIME_STAMP, detail)
