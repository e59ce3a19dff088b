"""The log's checkpoints and inclusion proofs, as the C2SP texts tlog-checkpoint and tlog-proof (`c2sp.org/tlog-proof@v1`) write them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import signed_note
from keys.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash, verify_inclusion
from keys.signed_note import decode, encode, read_decimal
from schemas.problems import Problem, ProblemType

ED25519: Final = 0x01
"""Signature type of a log's own Ed25519 signature."""

_PROOF: Final = b"c2sp.org/tlog-proof@v1\n"
_LONGEST_PATH: Final = 63


@dataclass(frozen=True)
class LogKey:
    """A log's name and its Ed25519 public key (32 raw bytes). Raises Problem CONFIG_INVALID for a name or key that cannot be one."""

    origin: str
    public: bytes

    def __post_init__(self) -> None:
        """Refuse what could not be written in a note."""
        signed_note.check_name(self.origin, self.public)

    @property
    def id(self) -> bytes:
        """The four bytes that name the key beside its origin."""
        return signed_note.key_id(self.origin, ED25519, self.public)

    @property
    def digest(self) -> str:
        """Lower-case hexadecimal SHA-256 of the public key: `log.key` of a receipt."""
        return hashlib.sha256(self.public).hexdigest()

    @property
    def verifier(self) -> str:
        """The key as one line of text, `origin+id+base64`, as C2SP tools take it."""
        return signed_note.write_verifier(self.origin, ED25519, self.public)

    @classmethod
    def parse(cls, verifier: str) -> "LogKey":
        """Read a verifier line. Raises Problem CONFIG_INVALID."""
        return cls(*signed_note.read_verifier(verifier, ED25519))


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: its origin, the number of its leaves, the root over them, and extension lines, which nobody audits."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed. Raises ValueError for values that no reader would take."""
        text = "".join(f"{line}\n" for line in (self.origin, self.size, encode(self.root), *self.extensions))
        try:
            same = _read_checkpoint(text) == self
        except Problem as problem:
            raise ValueError(problem.detail) from problem
        if not same or not signed_note.is_text(text):
            message = "a line of the checkpoint holds a line end or control character"
            raise ValueError(message)
        return text


def sign_note(text: str, key: LogKey, private_key: Ed25519PrivateKey) -> bytes:
    """Return the note: text, blank line, one signature line. The text ends with a line end and holds no other control character."""
    return f"{text}\n{signed_note.signature_line(key.origin, key.id, private_key.sign(text.encode()))}".encode()


def open_note(note: bytes, key: LogKey) -> str:
    """Return the text of a note that `key` has signed; signatures by unknown keys are ignored. Raises Problem CHECKPOINT_SIGNATURE."""
    text, signatures = signed_note.split_note(note)
    known = [signature for signature in signatures if (signature.name, signature.key_id) == (key.origin, key.id)]
    if not known:
        raise Problem(ProblemType.CHECKPOINT_SIGNATURE, "not signed by the log's key")
    for signature in known:
        if not signed_note.signature_matches(key.public, signature.value, text.encode()):
            raise Problem(ProblemType.CHECKPOINT_SIGNATURE, "signature does not match")
    return text


def sign_checkpoint(checkpoint: Checkpoint, private_key: Ed25519PrivateKey) -> bytes:
    """Return the checkpoint as a note signed in its origin's name.

    Whoever signs has made sure that the tree continues every tree signed before. Raises ValueError for impossible values.
    """
    key = LogKey(checkpoint.origin, private_key.public_key().public_bytes_raw())
    return sign_note(checkpoint.text, key, private_key)


def open_checkpoint(note: bytes, key: LogKey) -> Checkpoint:
    """Return the checkpoint that `key` has signed for its own origin. Raises Problem CHECKPOINT_SIGNATURE."""
    checkpoint = _read_checkpoint(open_note(note, key))
    if checkpoint.origin != key.origin:
        raise Problem(ProblemType.CHECKPOINT_SIGNATURE, "checkpoint of another log")
    return checkpoint


def write_proof(index: int, path: Sequence[bytes], note: bytes) -> bytes:
    """Return the proof file: the leaf's index, its inclusion path from the leaf upwards, and the checkpoint as it was signed."""
    lines = "".join(f"{encode(node)}\n" for node in path)
    return _PROOF + f"index {index}\n{lines}\n".encode() + note


def read_proof(proof: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    """Return index, path and checkpoint note of a proof file; nothing is verified. Raises Problem RECEIPT_MALFORMED.

    An `extra` line is passed over: nothing vouches for it.
    """
    malformed = ProblemType.RECEIPT_MALFORMED
    head, blank, note = proof.partition(b"\n\n")
    if len(proof) > signed_note.LONGEST_NOTE or not blank or not head.startswith(_PROOF) or not head.isascii():
        raise Problem(malformed, "not a tlog-proof")
    lines = head[len(_PROOF) :].decode().split("\n")
    if lines[0].startswith("extra "):
        decode(lines.pop(0)[len("extra ") :], malformed)
    if not lines or not lines[0].startswith("index ") or len(lines) > 1 + _LONGEST_PATH:
        raise Problem(malformed, "no index, or too long a path")
    path = tuple(decode(line, malformed) for line in lines[1:])
    if any(len(node) != HASH_SIZE for node in path):
        raise Problem(malformed, "a hash is not 32 bytes long")
    return read_decimal(lines[0][len("index ") :], malformed), path, note


def verify_proof(proof: bytes, entry: bytes, key: LogKey) -> tuple[int, Checkpoint]:
    """Return the index and the checkpoint under which `entry` is in the log of `key`.

    Raises Problem RECEIPT_MALFORMED, CHECKPOINT_SIGNATURE or INCLUSION_PROOF, in this order.
    """
    index, path, note = read_proof(proof)
    checkpoint = open_checkpoint(note, key)
    if not verify_inclusion(index, checkpoint.size, leaf_hash(entry), path, checkpoint.root):
        raise Problem(ProblemType.INCLUSION_PROOF, f"leaf {index} of {checkpoint.size}")
    return index, checkpoint


def _read_checkpoint(text: str) -> Checkpoint:
    malformed = ProblemType.CHECKPOINT_SIGNATURE
    origin, *lines = text.removesuffix("\n").split("\n")
    if len(lines) < 2 or not origin or not all(lines):  # noqa: PLR2004 - size and root
        raise Problem(malformed, "not a checkpoint")
    size, root = read_decimal(lines[0], malformed), decode(lines[1], malformed)
    if len(root) != HASH_SIZE or (size == 0 and root != EMPTY_ROOT):
        raise Problem(malformed, "not a root")
    return Checkpoint(origin, size, root, tuple(lines[2:]))
