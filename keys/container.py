"""The container 公文数据包: one ASiC-E file with CAdES, in the one form that the project writes and accepts (design, section 4).

Members, in this order: `mimetype`, `META-INF/ASiCManifest001.xml`, `META-INF/signature001.p7s`, further pairs
002, 003, …, `metadata.json`, the main document, the other documents in the manifest's order. So the signer and
everything that is said about the documents are known (`Reader.head`) before the first byte of a document comes.
Signatures are not judged here: `keys.cms` and `keys.trust` do that with the bytes of the head.
"""

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, overload

from keys import manifest, member_names, zip_stream
from keys.manifest import Listed, Manifest
from keys.zip_stream import Entry, Walk, Want
from schemas.problems import Problem, ProblemType

MEDIA_TYPE: Final = "application/vnd.etsi.asic-e+zip"
MOST_SIGNATURES: Final = 20
_CHUNK: Final = 2**18
_BEFORE_LISTED: Final = 3
"""Members that no manifest lists and no container lacks: mimetype, manifest, signature."""

Sign = Callable[[bytes], bytes]
"""Takes the manifest's bytes, returns the detached CAdES signature over them (DER)."""
Open = Callable[[], BinaryIO]


@dataclass(frozen=True)
class Limits:
    """Bounds in bytes; `members` counts all members; `head` reaches to the end of metadata.json."""

    container: int = 500_000_000
    part: int = 200 * 2**20
    head: int = 2**20
    members: int = 128


@dataclass(frozen=True)
class Part:
    """A document of a container; `sha256` in lower-case hex."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class StoredPart(Part):
    """A document and where its bytes begin within the container (members are stored, not compressed)."""

    offset: int


@dataclass(frozen=True)
class Head:
    """What is known before the documents come; `parts` are the documents that must follow, the main document first."""

    manifest: bytes
    manifest_sha256: str
    signature: bytes
    further: tuple[tuple[bytes, bytes], ...]
    metadata: bytes
    parts: tuple[Listed, ...]


@dataclass(frozen=True)
class Container:
    """A whole container that passed every check of this module; `parts` are the documents, the main document first."""

    sha256: str
    size: int
    head: Head
    parts: tuple[StoredPart, ...]


@dataclass(frozen=True)
class Source:
    """A file to be packed; `open` is called twice and must give the same bytes."""

    name: str
    media_type: str
    open: Open


@overload
def main_document(of: Container) -> StoredPart: ...
@overload
def main_document(of: Head) -> Listed: ...
def main_document(of: Container | Head) -> StoredPart | Listed:
    """Return the main document 正文."""
    return of.parts[0]


def manifest_name(number: int) -> str:
    """Return the name of the manifest with this number, from 1."""
    return f"{member_names.FOLDER}/ASiCManifest{number:03d}.xml"


def signature_name(number: int) -> str:
    """Return the name of the signature with this number, from 1."""
    return f"{member_names.FOLDER}/signature{number:03d}.p7s"


class Reader:
    """Reads a container as it comes, in chunks of any size; memory does not grow with the documents.

    Every check is made at the first byte that allows it, and the verdict does not depend on the chunks:

    1. `mimetype` first, with our media type (NOT_A_CONTAINER)
    2. manifest 001 and its signature, then further pairs that list the same (MANIFEST_MALFORMED, MEMBER_ORDER,
       TOO_MANY_MEMBERS), all names safe and distinct (UNSAFE_NAME, DUPLICATE_NAME)
    3. `metadata.json` as listed (DIGEST_MISMATCH), all of this within the head's bound (HEAD_TOO_LARGE); `head` is set now
    4. the documents: exactly those listed, in their order (MEMBER_ORDER, UNLISTED_MEMBER, MISSING_MEMBER), stored
       (MEMBER_COMPRESSED), within bounds (PART_TOO_LARGE, CONTAINER_TOO_LARGE), as listed (DIGEST_MISMATCH)
    5. central directory and end record repeat the local headers (HEADER_MISMATCH) and nothing follows (TRAILING_BYTES)
    """

    def __init__(self, limits: Limits = Limits()) -> None:
        """Start with nothing read."""
        self.head: Head | None = None
        self._limits = limits
        self._sha256 = hashlib.sha256()
        self._parts: list[StoredPart] = []
        self._manifest: Manifest | None = None
        self._complete = False
        self._zip = zip_stream.ZipStream(limits.container, limits.members)
        self._zip.begin(self._walk())

    def feed(self, chunk: bytes | memoryview) -> None:
        """Read on. Raises Problem; after one, every further call raises it again."""
        self._sha256.update(chunk)
        self._zip.feed(chunk)

    def finish(self) -> Container:
        """Return the container when all of it has come. Raises Problem TRUNCATED, or the one already met."""
        self._zip.finish()
        if self.head is None or not self._complete:
            raise Problem(ProblemType.TRUNCATED, f"after {self._zip.position} bytes")
        return Container(self._sha256.hexdigest(), self._zip.position, self.head, tuple(self._parts))

    def _walk(self) -> Walk[None]:
        yield from self._mimetype()
        self.head = yield from self._head()
        for listed in self.head.parts:
            yield from self._document(listed)
        after = yield from self._zip.member()
        if after is not None:
            raise self._misplaced(after, "the central directory")
        yield from self._zip.directory()
        self._complete = True
        yield Want(1, 1)
        raise Problem(ProblemType.TRAILING_BYTES)

    def _mimetype(self) -> Walk[None]:
        not_a_container = Problem(ProblemType.NOT_A_CONTAINER, "mimetype must come first")
        try:
            entry = yield from self._zip.member()
        except Problem as problem:
            raise not_a_container from problem
        if entry is None or entry.name != member_names.MIMETYPE or entry.size != len(MEDIA_TYPE):
            raise not_a_container
        if (yield from self._zip.content(entry)) != MEDIA_TYPE.encode():
            raise not_a_container

    def _head(self) -> Walk[Head]:
        entry = yield from self._next(manifest_name(1))
        first = yield from self._small(entry)
        self._manifest = listed = self._parsed(first, 1)
        signature = yield from self._signature(1)
        further: list[tuple[bytes, bytes]] = []
        entry = yield from self._next(manifest_name(2), member_names.METADATA)
        while entry.name != member_names.METADATA:
            number = len(further) + 2
            if number > MOST_SIGNATURES:
                raise Problem(ProblemType.TOO_MANY_MEMBERS, f"more than {MOST_SIGNATURES} signatures")
            content = yield from self._small(entry)
            read = self._parsed(content, number)
            if (read.metadata, read.documents) != (listed.metadata, listed.documents):
                raise Problem(ProblemType.MANIFEST_MALFORMED, f"manifest {number} lists something else than manifest 1")
            further.append((content, (yield from self._signature(number))))
            entry = yield from self._next(manifest_name(number + 1), member_names.METADATA)
        metadata = yield from self._small(entry)
        if hashlib.sha256(metadata).hexdigest() != listed.metadata.sha256:
            raise Problem(ProblemType.DIGEST_MISMATCH, member_names.METADATA)
        return Head(first, hashlib.sha256(first).hexdigest(), signature, tuple(further), metadata, listed.documents)

    def _signature(self, number: int) -> Walk[bytes]:
        entry = yield from self._next(signature_name(number))
        return (yield from self._small(entry))

    def _parsed(self, content: bytes, number: int) -> Manifest:
        read = manifest.parse(content, self._limits.members - _BEFORE_LISTED)
        if read.signature != signature_name(number):
            raise Problem(ProblemType.MANIFEST_MALFORMED, f"manifest {number} names another signature")
        return read

    def _document(self, listed: Listed) -> Walk[None]:
        entry = yield from self._next(listed.name)
        if entry.size > self._limits.part:
            raise Problem(ProblemType.PART_TOO_LARGE, member_names.shown(entry.name))
        if (yield from self._zip.digest(entry)) != listed.sha256:
            raise Problem(ProblemType.DIGEST_MISMATCH, member_names.shown(entry.name))
        self._parts.append(StoredPart(listed.name, listed.media_type, entry.size, listed.sha256, entry.start))

    def _next(self, *names: str) -> Walk[Entry]:
        """Walk over the local header of a member that must bear one of these names."""
        entry = yield from self._zip.member()
        if entry is None:
            raise Problem(ProblemType.MISSING_MEMBER, member_names.shown(names[-1]))
        if entry.name not in names:
            raise self._misplaced(entry, names[-1])
        return entry

    def _small(self, entry: Entry) -> Walk[bytes]:
        if entry.end > self._limits.head:
            raise Problem(ProblemType.HEAD_TOO_LARGE, f"{entry.name}: more than {self._limits.head} bytes")
        return (yield from self._zip.content(entry))

    def _misplaced(self, entry: Entry, expected: str) -> Problem:
        """Name what is wrong with a member that stands where another should."""
        name = member_names.folded(entry.name)
        if any(name == member_names.folded(earlier.name) for earlier in self._zip.entries if earlier is not entry):
            return Problem(ProblemType.DUPLICATE_NAME, member_names.shown(entry.name))
        member_names.check(entry.name)
        documents = () if self._manifest is None else self._manifest.documents
        head_names = {member_names.METADATA, *map(manifest_name, range(1, 1000)), *map(signature_name, range(1, 1000))}
        if self.head is None or entry.name in head_names or entry.name in {listed.name for listed in documents}:
            return Problem(ProblemType.MEMBER_ORDER, f"{member_names.shown(entry.name)} instead of {member_names.shown(expected)}")
        return Problem(ProblemType.UNLISTED_MEMBER, member_names.shown(entry.name))


def read(source: BinaryIO, limits: Limits = Limits()) -> Container:
    """Read a whole file through `Reader`, to its end. Raises Problem."""
    reader = Reader(limits)
    while chunk := source.read(_CHUNK):
        reader.feed(chunk)
    return reader.finish()


def write(
    out: BinaryIO,
    metadata: bytes,
    parts: Sequence[tuple[Part, Open]],
    sign: Sign,
    further: Sequence[Sign] = (),
    limits: Limits = Limits(),
) -> str:
    """Write a container and return the SHA-256 of its manifest 001, which is the submission's id.

    Each file is opened twice and read in small pieces: before signing, to learn its CRC-32, and for the copy. `out` need
    not be seekable; after a Problem what was written is worthless. The same arguments and signatures give the same bytes.
    `further` signers sign manifests 002, 003, …; nothing is signed before every name and file was found in order.

    Raises Problem INPUT_CHANGED (a file differs from its Part), UNSAFE_NAME, DUPLICATE_NAME, MANIFEST_MALFORMED (media
    type), PART_TOO_LARGE, TOO_MANY_MEMBERS, HEAD_TOO_LARGE, CONTAINER_TOO_LARGE; what `open` raises passes through.
    """
    manifest.check_documents([part.name for part, _ in parts])
    measured = [_measure(Source(part.name, part.media_type, open_), limits.part) for part, open_ in parts]
    for (part, _), found in zip(parts, measured, strict=True):
        if found.part != part:
            raise _changed(part)
    return _assemble(out, metadata, measured, (sign, *further), limits)


def pack(
    out: BinaryIO,
    metadata_of: Callable[[Sequence[Part]], bytes],
    files: Sequence[Source],
    sign: Sign,
    further: Sequence[Sign] = (),
    limits: Limits = Limits(),
) -> str:
    """Measure the files, the main document first, ask for the metadata that describes them, and write as `write` does."""
    manifest.check_documents([source.name for source in files])
    measured = [_measure(source, limits.part) for source in files]
    metadata = metadata_of([found.part for found in measured])
    return _assemble(out, metadata, measured, (sign, *further), limits)


@dataclass(frozen=True)
class _Measured:
    part: Part
    crc: int
    open: Open


def _measure(source: Source, largest: int) -> _Measured:
    """Read a file once. Raises Problem PART_TOO_LARGE without reading further than that."""
    sha256, crc, size = hashlib.sha256(), 0, 0
    with source.open() as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > largest:
                raise Problem(ProblemType.PART_TOO_LARGE, member_names.shown(source.name))
            sha256.update(chunk)
            crc = zlib.crc32(chunk, crc)
    return _Measured(Part(source.name, source.media_type, size, sha256.hexdigest()), crc, source.open)


def _assemble(out: BinaryIO, metadata: bytes, documents: Sequence[_Measured], signers: Sequence[Sign], limits: Limits) -> str:
    members = _BEFORE_LISTED + 2 * len(signers[1:]) + 1 + len(documents)
    if len(signers) > MOST_SIGNATURES or members > limits.members:
        raise Problem(ProblemType.TOO_MANY_MEMBERS, f"more than {limits.members} members or {MOST_SIGNATURES} signatures")
    head, manifest_sha256 = _signed_head(metadata, [found.part for found in documents], signers)
    entries = zip_stream.laid_out(
        [(name, zlib.crc32(content), len(content)) for name, content in head]
        + [(found.part.name, found.crc, found.part.size) for found in documents],
    )
    tail = zip_stream.tail(entries)
    if entries[len(head) - 1].end > limits.head:
        raise Problem(ProblemType.HEAD_TOO_LARGE, f"more than {limits.head} bytes")
    if entries[-1].end + len(tail) > limits.container:
        raise Problem(ProblemType.CONTAINER_TOO_LARGE, f"more than {limits.container} bytes")
    out.writelines(zip_stream.local_header(entry) + content for entry, (_, content) in zip(entries, head, strict=False))
    for entry, found in zip(entries[len(head) :], documents, strict=True):
        out.write(zip_stream.local_header(entry))
        _copy(out, found)
    out.write(tail)
    return manifest_sha256


def _signed_head(metadata: bytes, parts: Sequence[Part], signers: Sequence[Sign]) -> tuple[list[tuple[str, bytes]], str]:
    """Return the members before the documents, and the SHA-256 of manifest 001."""
    described = Listed(member_names.METADATA, manifest.METADATA_TYPE, hashlib.sha256(metadata).hexdigest())
    documents = tuple(Listed(part.name, part.media_type, part.sha256) for part in parts)
    head = [(member_names.MIMETYPE, MEDIA_TYPE.encode())]
    for number, sign in enumerate(signers, start=1):
        content = manifest.write(Manifest(signature_name(number), described, documents))
        head += [(manifest_name(number), content), (signature_name(number), sign(content))]
    _, (_, first), *_ = head
    return [*head, (member_names.METADATA, metadata)], hashlib.sha256(first).hexdigest()


def _copy(out: BinaryIO, found: _Measured) -> None:
    """Copy a file that must still be what was measured; never more than one byte beyond is read."""
    sha256, left = hashlib.sha256(), found.part.size
    with found.open() as stream:
        while chunk := stream.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise _changed(found.part)
            sha256.update(chunk)
            out.write(chunk)
    if left or sha256.hexdigest() != found.part.sha256:
        raise _changed(found.part)


def _changed(part: Part) -> Problem:
    return Problem(ProblemType.INPUT_CHANGED, member_names.shown(part.name))
