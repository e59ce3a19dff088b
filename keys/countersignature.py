"""A further signature for a container that is packed already: nothing else of it changes, so it stays the same submission."""

import hashlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from keys import manifest, member_names, zip_stream
from keys.container import MEDIA_TYPE, MOST_SIGNATURES, Container, Limits, Sign, manifest_name, signature_name
from keys.manifest import Manifest
from schemas.problems import Problem, ProblemType

_CHUNK = 2**18


def add_signature(source: BinaryIO, whole: Container, out: BinaryIO, sign: Sign) -> None:
    """Write the container that `source` holds, and `whole` is the reading of, with one manifest and signature more to `out`.

    Raises Problem TOO_MANY_MEMBERS, HEAD_TOO_LARGE or CONTAINER_TOO_LARGE, and INPUT_CHANGED for a source that is no longer what
    was read; then what was written is worthless.
    """
    head, limits = whole.head, Limits()
    number = len(head.further) + 2
    if number > MOST_SIGNATURES or 2 * number + 2 + len(whole.parts) > limits.members:
        raise Problem(ProblemType.TOO_MANY_MEMBERS, f"more than {limits.members} members or {MOST_SIGNATURES} signatures")
    listed = manifest.parse(head.manifest, limits.members)
    content = manifest.write(Manifest(signature_name(number), listed.metadata, listed.documents))
    members = [(member_names.MIMETYPE, MEDIA_TYPE.encode())]
    for place, pair in enumerate(((head.manifest, head.signature), *head.further, (content, sign(content))), start=1):
        members += [(manifest_name(place), pair[0]), (signature_name(place), pair[1])]
    members.append((member_names.METADATA, head.metadata))
    entries = zip_stream.laid_out(
        [(name, zlib.crc32(content), len(content)) for name, content in members]
        + [(part.name, _measured(source, part.offset, part.size, part.sha256), part.size) for part in whole.parts],
    )
    tail = zip_stream.tail(entries)
    if entries[len(members) - 1].end > limits.head:
        raise Problem(ProblemType.HEAD_TOO_LARGE, f"more than {limits.head} bytes")
    if entries[-1].end + len(tail) > limits.container:
        raise Problem(ProblemType.CONTAINER_TOO_LARGE, f"more than {limits.container} bytes")
    out.writelines(zip_stream.local_header(entry) + content for entry, (_, content) in zip(entries, members, strict=False))
    for entry, part in zip(entries[len(members) :], whole.parts, strict=True):
        out.write(zip_stream.local_header(entry))
        out.writelines(_pieces(source, part.offset, part.size))
    out.write(tail)


def _measured(source: BinaryIO, offset: int, size: int, sha256: str) -> int:
    crc, digest = 0, hashlib.sha256()
    for piece in _pieces(source, offset, size):
        crc = zlib.crc32(piece, crc)
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise Problem(ProblemType.INPUT_CHANGED)
    return crc


def _pieces(source: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    source.seek(offset)
    while size and (piece := source.read(min(size, _CHUNK))):
        size -= len(piece)
        yield piece
