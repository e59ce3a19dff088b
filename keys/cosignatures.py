"""Witness cosignatures under a checkpoint, as the C2SP text tlog-cosignature writes them (Ed25519, `cosignature/v1`).

A witness says: at this time, this was the largest tree of this log that I have seen, and it continued every tree that I
saw before. The townships' clients are the witnesses of the county's log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import signed_note
from keys.notes import LogKey, open_note
from schemas.problems import Problem, ProblemType

COSIGNATURE: Final = 0x04
"""Signature type of a cosignature with a time."""

_TIME_SIZE: Final = 8


@dataclass(frozen=True)
class WitnessKey:
    """A witness's name and its Ed25519 public key (32 raw bytes). Raises Problem CONFIG_INVALID for what cannot be one."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        """Refuse what could not be written in a note."""
        signed_note.check_name(self.name, self.public)

    @property
    def id(self) -> bytes:
        """The four bytes that name the key beside the witness's name."""
        return signed_note.key_id(self.name, COSIGNATURE, self.public)

    @property
    def verifier(self) -> str:
        """The key as one line of text, as C2SP tools take it."""
        return signed_note.write_verifier(self.name, COSIGNATURE, self.public)

    @classmethod
    def parse(cls, verifier: str) -> "WitnessKey":
        """Read a verifier line. Raises Problem CONFIG_INVALID."""
        return cls(*signed_note.read_verifier(verifier, COSIGNATURE))


@dataclass(frozen=True)
class Cosignature:
    """A cosignature that was verified; `at` is in seconds since 1970-01-01 UTC."""

    witness: WitnessKey
    at: int


def cosign(note: bytes, log: LogKey, name: str, private_key: Ed25519PrivateKey, at: int) -> bytes:
    """Return the signature line that the witness `name` adds at the end of a checkpoint.

    Whoever cosigns has verified consistency with the last checkpoint seen. Raises Problem CHECKPOINT_SIGNATURE when `log`
    has not signed the note, and ValueError for an impossible time.
    """
    if not 0 <= at <= signed_note.LARGEST:
        message = f"no time: {at}"
        raise ValueError(message)
    key = WitnessKey(name, private_key.public_key().public_bytes_raw())
    signature = private_key.sign(_message(open_note(note, log), at))
    return signed_note.signature_line(name, key.id, at.to_bytes(_TIME_SIZE) + signature).encode()


def open_cosignatures(note: bytes, witnesses: Iterable[WitnessKey]) -> tuple[Cosignature, ...]:
    """Return the newest cosignature of each of these witnesses that has one; the log's own signature is not looked at.

    Raises Problem CHECKPOINT_SIGNATURE when the note is malformed or a cosignature of a known witness does not match.
    """
    text, signatures = signed_note.split_note(note)
    found: dict[WitnessKey, Cosignature] = {}
    known = {(witness.name, witness.id): witness for witness in witnesses}
    for signature in signatures:
        witness = known.get((signature.name, signature.key_id))
        if witness is None:
            continue
        at = int.from_bytes(signature.value[:_TIME_SIZE])
        if at > signed_note.LARGEST or not signed_note.signature_matches(witness.public, signature.value[_TIME_SIZE:], _message(text, at)):
            raise Problem(ProblemType.CHECKPOINT_SIGNATURE, f"cosignature of {witness.name} does not match")
        if witness not in found or found[witness].at < at:
            found[witness] = Cosignature(witness, at)
    return tuple(found.values())


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
