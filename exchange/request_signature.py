"""Signed requests (RFC 9421): a person's key signs method, path, query, body digest, last checkpoint and conditions.

The authority is left out on purpose: a gateway may end TLS and change the host, and no other county knows the key.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from http_message_signatures import HTTPMessageSignaturesException, HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from multidict import CIMultiDict

from keys.custody import Signer
from keys.trust import fingerprint
from schemas.problems import Problem, ProblemType

CHECKPOINT_HEADER: Final = "Yizhan-Checkpoint"
"""Base64 of the last checkpoint note that the caller verified."""

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
"""A key of the caller's own for one act."""

WINDOW: Final = timedelta(minutes=5)
TAG: Final = "yizhan"
_COVERED: Final = ("@method", "@path", "@query")
_COVERED_WHEN_SENT: Final = (CHECKPOINT_HEADER, IDEMPOTENCY_HEADER, "If-Match")
_LONGEST: Final = 4096
"""Characters of all signatures of a request and what they cover: strangers write them, and reading them costs."""


@dataclass
class Message:
    """The request as the library wants to see it; `url` is absolute."""

    method: str
    url: str
    headers: CIMultiDict[str]


class _Key(HTTPSignatureKeyResolver):
    """The one key that was looked up beforehand, under the one name it was looked up by."""

    def __init__(self, name: str, public_key: Any) -> None:
        self.name, self.public_key = name, public_key

    def resolve_public_key(self, key_id: str) -> Any:
        return self.public_key if key_id == self.name else None

    def resolve_private_key(self, key_id: str) -> Any:
        raise NotImplementedError(key_id)


class _Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Leave the age to `verify_request`, which has the county's clock."""


def _covered(message: Message) -> tuple[str, ...]:
    """Return what must be signed of a message: whatever changes what is done."""
    return _COVERED + tuple(name.lower() for name in _COVERED_WHEN_SENT if name in message.headers)


def sign_request(message: Message, body: bytes | None, signer: Signer, now: datetime) -> None:
    """Add Content-Digest (when there is a body), Signature-Input and Signature to the message's headers."""
    engine = HTTPMessageSigner(signature_algorithm=ECDSA_P256_SHA256)
    prepared = engine.prepare(
        message,
        key_id=fingerprint(signer.certificate),
        created=now,
        nonce=secrets.token_urlsafe(12),
        label=TAG,
        tag=TAG,
        covered_component_ids=_covered(message),
        body=body,
    )
    engine.apply(message, prepared, ECDSA_P256_SHA256.signature_from_der(signer.sign(prepared.signature_base)))


def key_id(headers: CIMultiDict[str] | Any) -> str:
    """Return the certificate fingerprint that a request names. Raises Problem REQUEST_NOT_SIGNED."""
    value = headers.get("Signature-Input", "")
    marker = 'keyid="'
    start = value.find(marker)
    named = value[start + len(marker) : start + len(marker) + 64] if start >= 0 else ""
    if len(named) != 64 or set(named) - set("0123456789abcdef"):  # noqa: PLR2004 - a SHA-256 in hexadecimal
        raise Problem(ProblemType.REQUEST_NOT_SIGNED)
    return named


def verify_request(message: Message, body: bytes | None, public_key: Any, now: datetime) -> str:
    """Check a signed request and return its nonce. Without a body, which comes later, its Content-Digest must be signed.

    Raises Problem REQUEST_NOT_SIGNED, REQUEST_OUT_OF_TIME or REQUEST_SIGNATURE_INVALID.
    """
    name = key_id(message.headers)
    if sum(len(line) for field in ("Signature-Input", "Signature") for line in message.headers.getall(field, [])) > _LONGEST:
        raise Problem(ProblemType.REQUEST_SIGNATURE_INVALID, f"longer than {_LONGEST} characters")
    later = ("content-digest",) if body is None else ()
    engine = _Verifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=_Key(name, public_key))
    try:
        (result,) = engine.verify(message, expect_tag=TAG, require_components=_covered(message) + later, body=body)
    except (HTTPMessageSignaturesException, ValueError, KeyError) as error:
        raise Problem(ProblemType.REQUEST_SIGNATURE_INVALID) from error
    created, expires = result.parameters.get("created"), result.parameters.get("expires")
    if not isinstance(created, int) or abs(now.timestamp() - created) > WINDOW.total_seconds():
        raise Problem(ProblemType.REQUEST_OUT_OF_TIME)
    if isinstance(expires, int) and now.timestamp() > expires:  # whoever signs may ask for less than the window
        raise Problem(ProblemType.REQUEST_OUT_OF_TIME, "expires")
    return str(result.nonce or "")
