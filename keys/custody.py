"""Custody of private keys: the signer seam, encrypted key files, and durable writing. The only place in `keys/` that touches files.

Why the rounds do not matter: the library writes PKCS #8 with PBKDF2 at 2,048 rounds and offers no way to raise them. Rounds slow
down guessing of what people choose; the passphrase here is 256 random bits made by `make_passphrase`, which no number of guesses
reaches. So `store_key` refuses anything shorter than 32 characters, and people never type one.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key

from keys.suites import key_of, suite_of
from schemas.problems import Problem, ProblemType

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

SHORTEST_PASSPHRASE: Final = 32  # characters; 64 hexadecimal digits are what we make
PRIVATE: Final = 0o600


class Signer(Protocol):
    """Seam: something that signs, wherever its key lies (an encrypted file today, a PKCS #11 device later).

    Concurrency: `sign` may be called from several threads at once. Durability and idempotence: none needed, nothing is kept;
    two calls may give two different, equally valid signatures. Errors: a device that does not answer raises
    Problem(SIGNING_STOPPED); a signer never returns a signature that its own certificate does not verify.
    """

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate whose key signs."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The intermediates to embed, without the root."""

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over the message by the certificate's suite (for ECDSA the DER of ECDSA-Sig-Value)."""


@dataclass(frozen=True)
class KeySigner:
    """A signer with its key in memory. Raises Problem: SUITE_NOT_ALLOWED, KEY_UNREADABLE when the key is another certificate's."""

    private_key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        """Check that key and certificate belong together: a signature that nobody can verify is worse than none."""
        suite_of(self.certificate)
        if self.private_key.public_key() != key_of(self.certificate):
            raise Problem(ProblemType.KEY_UNREADABLE, "the key does not belong to the certificate")

    def __repr__(self) -> str:
        """Name the certificate only: a signer may end up in a log line."""
        return f"KeySigner({self.certificate.subject.rfc4514_string()})"

    def sign(self, message: bytes) -> bytes:
        """Sign with the suite of the certificate."""
        return suite_of(self.certificate).sign(self.private_key, message)


def make_passphrase(path: Path) -> bytes:
    """Write and return 32 random bytes as 64 hexadecimal digits. Raises Problem(KEY_EXISTS) when the file is there already."""
    passphrase = secrets.token_hex(32).encode()
    _write_new(path, passphrase + b"\n")
    return passphrase


def read_passphrase(path: Path) -> bytes:
    """Return the passphrase without its line end. Raises Problem(KEY_UNREADABLE)."""
    passphrase = _read(path).strip()
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise Problem(ProblemType.KEY_UNREADABLE, f"{path.name}: too short to be a passphrase of ours")
    return passphrase


def store_key(path: Path, private_key: PrivateKey, passphrase: bytes) -> None:
    """Write the key as encrypted PKCS #8 PEM, mode 0600, durably; a file that exists is never replaced.

    Raises Problem: CONFIG_INVALID (the passphrase is shorter than 32 characters: an operator put it there, and the cure is in
    the configuration), KEY_EXISTS (the file is there already).
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise Problem(ProblemType.CONFIG_INVALID, f"the passphrase is shorter than {SHORTEST_PASSPHRASE} characters")
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    _write_new(path, pem)


def load_key(path: Path, passphrase: bytes) -> PrivateKey:
    """Return the key. Raises Problem(KEY_UNREADABLE): no file, wrong passphrase, not encrypted, damaged, another kind of key."""
    try:
        key = load_pem_private_key(_read(path), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Problem(ProblemType.KEY_UNREADABLE, f"{path.name}: wrong passphrase, not encrypted, or damaged") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise Problem(ProblemType.KEY_UNREADABLE, f"{path.name}: another kind of key")
    return key


def load_signing_key(path: Path, passphrase: bytes) -> ec.EllipticCurvePrivateKey:
    """Return an elliptic curve key, for a KeySigner. Raises Problem(KEY_UNREADABLE)."""
    key = load_key(path, passphrase)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Problem(ProblemType.KEY_UNREADABLE, f"{path.name}: not an elliptic curve key")
    return key


def load_log_key(path: Path, passphrase: bytes) -> ed25519.Ed25519PrivateKey:
    """Return an Ed25519 key, for the log's checkpoints. Raises Problem(KEY_UNREADABLE)."""
    key = load_key(path, passphrase)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise Problem(ProblemType.KEY_UNREADABLE, f"{path.name}: not an Ed25519 key")
    return key


def write_durably(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Write or replace a file so that, whenever the machine stops, the path holds the whole old content or the whole new one.

    On return the content has reached the disk. A kill may leave a temporary file `.NAME.….new` beside it, never a torn one under
    the name. Raises OSError: a full or failing disk is the caller's to report.
    """
    with _written_beside(path, content, mode) as temporary:
        temporary.replace(path)
        _sync_folder(path.parent)


def _write_new(path: Path, content: bytes) -> None:
    # link refuses an existing name in one step, where "look, then rename" would leave a gap for a second process
    with _written_beside(path, content, PRIVATE) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError as error:
            raise Problem(ProblemType.KEY_EXISTS, f"{path.name} is there already and is never replaced") from error
        _sync_folder(path.parent)


@contextmanager
def _written_beside(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """Give a synced temporary file in the same folder, since a name can move only within one file system; remove what is left."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        with open(temporary, "xb", opener=_open_private) as file:
            file.write(content)
            temporary.chmod(mode)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _open_private(name: str, flags: int) -> int:
    # private from the first instant: widened only when the caller asks for a public file
    return os.open(name, flags, PRIVATE)


def _sync_folder(folder: Path) -> None:
    # the name itself is content of the folder; Windows opens no folders and keeps names in its own journal
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(ProblemType.KEY_UNREADABLE, f"{path.name}: {error.strerror}") from error
