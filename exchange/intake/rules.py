"""What a submission's metadata must say: pure rules over the decoded message, the container's list, and the clock."""

import hashlib
import hmac
from datetime import date, datetime, timedelta
from typing import Final

from keys.container import Container, Head
from schemas import instants
from schemas.messages import Document, SecrecyCheck, SecrecyReview, Submission
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import NUMBER, DocumentRole

MAX_AHEAD: Final = timedelta(minutes=10)
MAX_AGE: Final = timedelta(days=30)

POLICY_PROBLEMS: Final = frozenset(kind for kind in ProblemType if kind.exit in (Exit.POLICY, Exit.REVIEW))
"""Refusals that leave a rejection receipt; the others leave a count."""


def require_signing_time(signed: datetime, received: datetime) -> None:
    """Accept a signing time at most 10 minutes ahead and 30 days old. Raises Problem SIGNING_TIME."""
    if not received - MAX_AGE <= signed <= received + MAX_AHEAD:
        raise Problem(ProblemType.SIGNING_TIME, f"{signed:%Y-%m-%d %H:%M} UTC")


def require_consistent(message: Submission, head: Head) -> None:
    """Check what the message says against itself and the manifest.

    Raises Problem NUMBER_REQUIRED, NUMBER_MALFORMED, METADATA_MALFORMED or DOCUMENT_LIST_MISMATCH.
    """
    if message.kind.statutory and message.number is None:
        raise Problem(ProblemType.NUMBER_REQUIRED, message.kind.value)
    if message.number is not None and not NUMBER.fullmatch(message.number):
        raise Problem(ProblemType.NUMBER_MALFORMED, message.number)
    for name in ("date_issued", "respond_by"):
        _require_date(name, getattr(message, name))
    for name in ("secrecy_check", "secrecy_review"):
        _require_instant(name, getattr(message, name))
    _require_recipients(message)
    listed = [(part.name, part.media_type, part.sha256) for part in head.parts]
    if [(document.name, document.media_type, document.sha256) for document in message.documents] != listed:
        raise Problem(ProblemType.DOCUMENT_LIST_MISMATCH)
    roles = [document.role for document in message.documents]
    if roles[0] is not DocumentRole.MAIN or roles.count(DocumentRole.MAIN) != 1:
        raise Problem(ProblemType.DOCUMENT_LIST_MISMATCH, "exactly one main document, first")


def _require_recipients(message: Submission) -> None:
    recipients = [*message.to, *message.cc]
    if len(set(recipients)) != len(recipients):
        raise Problem(ProblemType.METADATA_MALFORMED, "recipient named twice")
    if message.from_ in recipients:
        raise Problem(ProblemType.METADATA_MALFORMED, "sender is recipient")
    if len({message.from_, *message.joint}) != 1 + len(message.joint):
        raise Problem(ProblemType.METADATA_MALFORMED, "issuer named twice")
    if {*message.joint} & {*recipients}:
        raise Problem(ProblemType.METADATA_MALFORMED, "joint issuer is recipient")
    if not all(text.isprintable() for text in (message.title, message.number or "", message.signatory or "")):
        raise Problem(ProblemType.METADATA_MALFORMED, "control characters")


def _require_date(name: str, text: str | None) -> None:
    if text is None:
        return
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise Problem(ProblemType.METADATA_MALFORMED, name) from error


def _require_instant(name: str, look: SecrecyCheck | SecrecyReview | None) -> None:
    if look is None:
        return
    try:
        instants.read(look.at)
    except ValueError as error:
        raise Problem(ProblemType.METADATA_MALFORMED, f"{name}.at") from error


def require_sizes(documents: list[Document], container: Container) -> None:
    """Check the announced sizes once all bytes are here. Raises Problem DOCUMENT_LIST_MISMATCH."""
    if [document.size for document in documents] != [part.size for part in container.parts]:
        raise Problem(ProblemType.DOCUMENT_LIST_MISMATCH, "size")


def remember(key: bytes, manifest: bytes) -> str:
    """Return the keyed digest (HMAC-SHA-256, hexadecimal) under which a refused manifest is remembered."""
    return hmac.new(key, manifest, hashlib.sha256).hexdigest()


def deadline(size: int) -> float:
    """Return the seconds after which more than `size` bytes must have come: a minute and 16 KiB a second."""
    return 60 + size / (16 * 1024)
