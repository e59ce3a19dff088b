"""The evidence bundle 存证包 of one item, made by the service as `yizhan evidence` makes it: by `keys.bundle`."""

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding

from archive.blobs.store import BlobStore
from archive.ledger.database import Tx
from exchange.county import County
from exchange.delivery import store
from exchange.office import administration
from exchange.office.administration import Act, Acting
from exchange.office.store import Person
from keys import bundle, evidence
from schemas.messages import Envelope

_BUFFER: Final = 256 * 1024


class Proof(NamedTuple):
    """What proves an item to the caller's office: the container's name and size, receipts in order, the lists that cover them."""

    container: str
    filing_number: str
    receipts: list[Envelope]
    crls: list[bytes]


def gather(tx: Tx, caller: Person, submission: str, *, slip: bool = False) -> Proof:
    """Return what a bundle is made of, for who may have the content; with what the office wrote on its slip only when asked for.

    A bundle is made to be given away, and the slip is the office's inner matter. Raises what `store.require_readable` raises.
    """
    row = store.require_readable(tx, caller, submission)
    status = store.status(tx, caller, submission)
    receipts = [each for each in store.receipts_of(tx, caller, submission) if slip or not evidence.is_inner(each)]
    return Proof(row.container, status.filing_number, receipts, store.crls_of(tx, caller, submission))


def note(tx: Tx, caller: Person, submission: str, now: datetime) -> None:
    """Keep that a person takes a bundle: among those who took the content, and for whoever audits. Raises what `gather` raises."""
    store.note_fetch(tx, caller, submission, "container", now)
    administration.note(tx, Acting(caller.id), Act.EVIDENCE_TAKEN, caller.office, submission, now)


def pieces(proof: Proof, county: County, blobs: BlobStore) -> Iterator[bytes]:
    """Yield the bundle piece by piece: it is never whole in memory nor on the disk. Raises what `bundle.bundle_pieces` raises."""
    authorities = (county.root, county.issuer.certificate)
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in authorities)
    with io.BufferedReader(Kept(blobs, proof.container), _BUFFER) as container:
        yield from bundle.bundle_pieces(container, receipts=proof.receipts, trust_pem=pem, crls=proof.crls, log_key=county.notary.log)


class Kept(io.RawIOBase):
    """A blob as a stream that can be sought. Raises Problem NOT_FOUND at once when there is none."""

    def __init__(self, blobs: BlobStore, sha256: str) -> None:
        """Stand at its beginning."""
        self._blobs, self._sha256, self._size, self._at = blobs, sha256, blobs.stat(sha256), 0
        self._coming: Iterator[bytes] = iter(())
        self._left = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be sought."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Stand somewhere else; the blob is read from there with the next call."""
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if begin + offset != self._at:
            self._at, self._left, self._coming = begin + offset, b"", iter(())
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read what there is of the next piece, as much as there is room for; 0 at the end."""
        if not self._left:
            self._left = next(self._coming, b"")
        if not self._left and self._at < self._size:
            self._coming = self._blobs.read(self._sha256, self._at)
            self._left = next(self._coming, b"")
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        self._at += len(taken)
        return len(taken)
