"""Signed notes as the C2SP text signed-note writes them: a text, a blank line, signature lines; Ed25519 only.

A text is ignored unless a known key has signed it. Everything is read strictly, one spelling for each value and no
control characters, so that two readers never see two things.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.problems import Problem, ProblemType

KEY_SIZE: Final = 32
"""Bytes of an Ed25519 public key."""

LONGEST_NOTE: Final = 1 << 20
"""Bytes of a note or proof that are read at most."""

MOST_SIGNATURES: Final = 100
LARGEST: Final = (1 << 63) - 1
"""Largest size, index or time that is read or written."""

_DASH: Final = "\u2014 "  # em dash and space open each signature line
_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class Signature:
    """One signature line of a note; `value` is what follows the key id."""

    name: str
    key_id: bytes
    value: bytes


def split_note(note: bytes) -> tuple[str, tuple[Signature, ...]]:
    """Return a note's text, with its last line end, and its signatures, none of them verified. Raises Problem CHECKPOINT_SIGNATURE."""
    malformed = ProblemType.CHECKPOINT_SIGNATURE
    if len(note) > LONGEST_NOTE:
        raise Problem(malformed, "note too long")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(malformed, "note is not UTF-8") from error
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not is_text(whole):
        raise Problem(malformed, "not a signed note")
    signatures = lines[:-1].split("\n")
    if len(signatures) > MOST_SIGNATURES:
        raise Problem(malformed, "too many signatures")
    return f"{text}\n", tuple(_read_signature(line) for line in signatures)


def is_text(text: str) -> bool:
    """Say whether a text may be signed: it ends with a line end and holds no other ASCII control character."""
    return text.endswith("\n") and not _CONTROL.search(text)


def signature_line(name: str, key_id: bytes, value: bytes) -> str:
    """Return a signature line of a note."""
    return f"{_DASH}{name} {encode(key_id + value)}\n"


def signature_matches(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 signature (64 bytes, RFC 8032) over the message is by the public key (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that name a key of this signature type beside its name."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def check_name(name: str, public: bytes) -> None:
    """Refuse a key name that is empty, not printable, or holds a space or plus, and a key that is not 32 bytes.

    Raises Problem CONFIG_INVALID.
    """
    if not _is_name(name) or not name.isprintable() or len(public) != KEY_SIZE:
        raise Problem(ProblemType.CONFIG_INVALID, "not the name and key of a log or witness")


def write_verifier(name: str, kind: int, public: bytes) -> str:
    """Return the key as one line of text: name, key id in hexadecimal, base64 of signature type and public key."""
    return f"{name}+{key_id(name, kind, public).hex()}+{encode(bytes([kind]) + public)}"


def read_verifier(verifier: str, kind: int) -> tuple[str, bytes]:
    """Return name and public key of a verifier line of this signature type. Raises Problem CONFIG_INVALID."""
    name, _, rest = verifier.partition("+")
    public = decode(rest.partition("+")[2], ProblemType.CONFIG_INVALID)[1:]
    check_name(name, public)
    if write_verifier(name, kind, public) != verifier:
        raise Problem(ProblemType.CONFIG_INVALID, "verifier key of another type or with a wrong key id")
    return name, public


def encode(content: bytes) -> str:
    """Return standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(content).decode()


def decode(text: str, malformed: ProblemType) -> bytes:
    """Read what `encode` could have written; any other spelling raises Problem(malformed)."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(malformed, "not base64") from error
    if encode(content) != text:  # unused bits that are not zero
        raise Problem(malformed, "not base64 as it is written")
    return content


def read_decimal(text: str, malformed: ProblemType) -> int:
    """Read a number of ASCII digits without leading zeros, up to 2**63 - 1. Raises Problem(malformed)."""
    if not _DECIMAL.fullmatch(text) or int(text) > LARGEST:
        raise Problem(malformed, "not a number")
    return int(text)


def _read_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    content = decode(encoded, ProblemType.CHECKPOINT_SIGNATURE)
    if not line.startswith(_DASH) or not space or not _is_name(name) or len(content) <= 4:  # noqa: PLR2004 - key id and something
        raise Problem(ProblemType.CHECKPOINT_SIGNATURE, "not a signature line")
    return Signature(name, content[:4], content[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() or letter < " " for letter in name)
