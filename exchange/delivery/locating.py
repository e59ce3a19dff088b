"""Where a document lies within its stored container, and its exact bytes."""

import hashlib
from collections.abc import Iterator
from typing import Any

from archive.blobs.store import BlobStore
from keys import member_names, zip_stream
from keys.container import MEDIA_TYPE, Head, Reader, manifest_name, signature_name
from schemas.messages import Submission
from schemas.problems import Problem, ProblemType


def head_of(blobs: BlobStore, sha256: str) -> Head:
    """Return the head of a stored container, whatever follows it. Raises Problem."""
    reader = Reader()
    for chunk in blobs.read(sha256):
        try:
            reader.feed(chunk)
        except Problem:
            if reader.head is None:  # what is wrong behind the head is found by who reads that
                raise
        if reader.head is not None:
            return reader.head
    return reader.finish().head


def place(head: Head, message: Submission, number: int) -> tuple[int, int, str]:
    """Return offset, size and digest of the document with this number, from 1: members are stored, so their places follow from sizes."""
    pairs = ((head.manifest, head.signature), *head.further)
    signatures = [
        (name, 0, len(content))
        for index, (manifest, signature) in enumerate(pairs, start=1)
        for name, content in ((manifest_name(index), manifest), (signature_name(index), signature))
    ]
    files = [(document.name, 0, document.size) for document in message.documents]
    members = [(member_names.MIMETYPE, 0, len(MEDIA_TYPE)), *signatures, (member_names.METADATA, 0, len(head.metadata)), *files]
    entry = zip_stream.laid_out(members)[len(members) - len(files) + number - 1]
    return entry.start, entry.size, message.documents[number - 1].sha256


def located(blobs: BlobStore, row: Any, message: Submission, number: int) -> tuple[int, int, str]:
    """Return offset, size and digest of a document within its stored container."""
    return place(head_of(blobs, row.container), message, number)


def content_of(blobs: BlobStore, container: str, offset: int, size: int, sha256: str) -> Iterator[bytes]:
    """Give the bytes of a document. Raises Problem STORAGE_FAILED where they are not what was signed."""
    digest = hashlib.sha256()
    for chunk in blobs.read(container, offset, size):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != sha256:
        raise Problem(ProblemType.STORAGE_FAILED, "other bytes than were signed")
