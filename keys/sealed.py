"""Sealed packages: bytes that only the holders of named keys can open. Pure: bytes in, bytes out.

A package is a file of AES-256-GCM records under a random key of its own. The key is wrapped for each recipient with HPKE
(base mode; P-256, HKDF-SHA256, AES-256-GCM) and stands apart from the file: whoever is to read it changes without the file
changing, and once every wrapped key is gone the file is noise. Record `n` has the nonce `n` (12 bytes, big endian) and the
additional data context ‖ n (8 bytes) ‖ 01 for the last record or 00, so none can be cut off, moved, or taken from another.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.problems import Problem, ProblemType

RECORD: Final = 256 * 1024
"""Bytes of plaintext in every record but the last."""
TAG: Final = 16
KEY_SIZE: Final = 32
_LENGTH: Final = 8
_LABEL: Final = b"yizhan sealed package v1\0"


def make_key() -> bytes:
    """Return a new key for one package."""
    return AESGCM.generate_key(KEY_SIZE * 8)


def recipient(public_key: ec.EllipticCurvePublicKey) -> str:
    """Return the name of a recipient's key: SHA-256 of its SubjectPublicKeyInfo, hexadecimal."""
    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def wrap(key: bytes, public_key: ec.EllipticCurvePublicKey, context: bytes) -> bytes:
    """Return the package's key for one recipient; `context` says what it belongs to."""
    return _suite().encrypt(key, public_key, info=_LABEL + context)


def unwrap(wrapped: bytes, private_key: ec.EllipticCurvePrivateKey, context: bytes) -> bytes:
    """Return the package's key. Raises Problem KEY_UNREADABLE: not for this key, of another package, or damaged."""
    try:
        key = _suite().decrypt(wrapped, private_key, info=_LABEL + context)
    except (InvalidTag, ValueError) as error:
        raise Problem(ProblemType.KEY_UNREADABLE, "wrapped for another key, or damaged") from error
    if len(key) != KEY_SIZE:
        raise Problem(ProblemType.KEY_UNREADABLE, "not a package's key")
    return key


def seal(key: bytes, context: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the records of a package; a key must seal one package only."""
    cipher, number, waiting = AESGCM(key), 0, bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > RECORD:  # the last record is written once it is known to be the last
            yield cipher.encrypt(_nonce(number), bytes(waiting[:RECORD]), _associated(context, number, last=False))
            del waiting[:RECORD]
            number += 1
    yield cipher.encrypt(_nonce(number), bytes(waiting), _associated(context, number, last=True))


def unseal(key: bytes, context: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the plaintext, record by record. Raises Problem LEDGER_DAMAGED for what was changed, cut or has another key."""
    cipher, number, waiting = _cipher(key), 0, bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > RECORD + TAG:
            yield _opened(cipher, bytes(waiting[: RECORD + TAG]), _nonce(number), _associated(context, number, last=False))
            del waiting[: RECORD + TAG]
            number += 1
    yield _opened(cipher, bytes(waiting), _nonce(number), _associated(context, number, last=True))


def joined(head: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what goes into a package: a head, led by its length (8 bytes, big endian), and then everything else."""
    yield len(head).to_bytes(_LENGTH, "big") + head
    yield from chunks


def split(plain: Iterator[bytes], copy: BinaryIO) -> bytes:
    """Write what comes after the head to a file, and return the head."""
    begin = bytearray()
    length: int | None = None
    for piece in plain:
        begin += piece
        if length is None and len(begin) >= _LENGTH:
            length = _LENGTH + int.from_bytes(begin[:_LENGTH], "big")
        if length is not None and len(begin) >= length:
            break
    copy.write(begin[length:])
    for piece in plain:
        copy.write(piece)
    return bytes(begin[_LENGTH:length])


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_SIZE:
        raise Problem(ProblemType.KEY_UNREADABLE, "not a package's key")
    return AESGCM(key)


def _opened(cipher: AESGCM, record: bytes, nonce: bytes, associated: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, record, associated)
    except InvalidTag as error:
        raise Problem(ProblemType.LEDGER_DAMAGED, "the sealed package was changed or cut, or this is not its key") from error


def _suite() -> Suite:
    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _associated(context: bytes, number: int, *, last: bool) -> bytes:
    return context + number.to_bytes(8, "big") + bytes([last])
