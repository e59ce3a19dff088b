"""A strict zip format, written and read as a stream: every byte of it is determined by the members.

Stored members only, sizes and CRC-32 in the local headers, no data descriptors, zip64, encryption, extra fields or
comments, nothing between members. The records are those of PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16. What
follows the last member (central directory and end record) is a function of the local headers, so it is compared, not
parsed: a directory that tells another story than the headers cannot be written.

The reader is sans-IO: a walk is a generator that asks for bytes (`Want`) and is fed by `ZipStream.feed`.
"""

import hashlib
import struct
import zlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, TypeVar

from keys import member_names
from schemas.problems import Problem, ProblemType

T = TypeVar("T")

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
_END_SIGNATURE: Final = b"PK\x05\x06"
_SIGNATURE_SIZE: Final = 4

_STORED: Final = 0
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_VERSION: Final = 20
_MADE_BY: Final = 3 << 8 | _VERSION
_FIRST_DATE: Final = 1 << 5 | 1
"""1980-01-01, the first day of the zip calendar."""
_PLAIN_FILE: Final = 0o600 << 16
"""External attributes of every member: neither link nor folder."""


class Want(NamedTuple):
    """How many bytes a walk asks for: at least and at most."""

    least: int
    most: int


Walk: TypeAlias = Generator[Want, bytes | memoryview, T]


@dataclass(frozen=True)
class Entry:
    """One member as its local header states it; `offset` is the header's own place in the stream."""

    name: str
    crc: int
    size: int
    offset: int
    flags: int
    version: int = _VERSION
    time: int = 0
    date: int = _FIRST_DATE

    @property
    def start(self) -> int:
        """Place of the member's first byte."""
        return self.offset + _LOCAL.size + len(self.name.encode())

    @property
    def end(self) -> int:
        """Place behind the member's last byte."""
        return self.start + self.size


def laid_out(members: Sequence[tuple[str, int, int]]) -> tuple[Entry, ...]:
    """Return the entries for `(name, CRC-32, size)` in order, one behind the other."""
    entries: list[Entry] = []
    offset = 0
    for name, crc, size in members:
        entries.append(Entry(name, crc, size, offset, flags=0 if name.isascii() else _UTF8_NAME))
        offset = entries[-1].end
    return tuple(entries)


def local_header(entry: Entry) -> bytes:
    """Return the local header with the name."""
    name = entry.name.encode()
    return (
        _LOCAL.pack(
            _LOCAL_SIGNATURE,
            entry.version,
            entry.flags,
            _STORED,
            entry.time,
            entry.date,
            entry.crc,
            entry.size,
            entry.size,
            len(name),
            0,
        )
        + name
    )


def tail(entries: Sequence[Entry]) -> bytes:
    """Return all that follows the last member: the central directory and the end record."""
    directory = b"".join(_central_header(entry) for entry in entries)
    count = len(entries)
    return directory + _END.pack(_END_SIGNATURE, 0, 0, count, count, len(directory), entries[-1].end, 0)


def _central_header(entry: Entry) -> bytes:
    name = entry.name.encode()
    return (
        _CENTRAL.pack(
            _CENTRAL_SIGNATURE,
            _MADE_BY,
            entry.version,
            entry.flags,
            _STORED,
            entry.time,
            entry.date,
            entry.crc,
            entry.size,
            entry.size,
            len(name),
            0,
            0,
            0,
            0,
            _PLAIN_FILE,
            entry.offset,
        )
        + name
    )


class ZipStream:
    """Feeds one walk with bytes as they come, and knows how to walk over the records of a zip.

    Memory: at most what a walk asks for at once, never a member's bytes. After a Problem every further call raises it again.
    """

    def __init__(self, largest: int, members: int) -> None:
        """Bound the whole stream to `largest` bytes and `members` members."""
        self.position = 0
        self.entries: list[Entry] = []
        self._largest = largest
        self._members = members
        self._held = bytearray()
        self._want = Want(0, 0)
        self._refused: Problem | None = None

    def begin(self, walk: Walk[None]) -> None:
        """Take up the walk that `feed` will feed; it ends by asking for bytes that must not come."""
        self._walk = walk
        self._want = next(walk)

    def feed(self, chunk: bytes | memoryview) -> None:
        """Give the walk its bytes. Raises Problem as soon as a byte shows one."""
        if self._refused:
            raise self._refused
        try:
            with memoryview(chunk) as view:
                self._feed(view)
        except Problem as problem:
            self._refused = problem
            raise

    def finish(self) -> None:
        """Raise the Problem that was met, if any."""
        if self._refused:
            raise self._refused

    def _feed(self, view: memoryview) -> None:
        start = 0
        while start < len(view):
            with view[start : start + self._want.most - len(self._held)] as piece:
                start += len(piece)
                self.position += len(piece)
                if len(self._held) + len(piece) < self._want.least:
                    self._held += piece
                elif self._held:
                    whole = bytes(self._held + piece)
                    self._held.clear()
                    self._want = self._walk.send(whole)
                else:
                    self._want = self._walk.send(piece)

    def take(self, count: int) -> Walk[bytes]:
        """Walk over exactly `count` bytes and return them. Raises Problem CONTAINER_TOO_LARGE before they come."""
        self._check_room(count)
        return bytes((yield Want(count, count))) if count else b""

    def member(self) -> Walk[Entry | None]:
        """Walk over the next local header; None when the central directory begins instead (its signature is consumed).

        Raises Problem TOO_MANY_MEMBERS, MEMBER_COMPRESSED, UNSAFE_NAME (not UTF-8, too long) or HEADER_MISMATCH.
        """
        offset = self.position
        signature = yield from self.take(_SIGNATURE_SIZE)
        if signature == _CENTRAL_SIGNATURE:
            return None
        if signature != _LOCAL_SIGNATURE:
            raise _mismatch("neither a member nor the central directory")
        if len(self.entries) == self._members:
            raise Problem(ProblemType.TOO_MANY_MEMBERS, f"more than {self._members}")
        header = signature + (yield from self.take(_LOCAL.size - _SIGNATURE_SIZE))
        _, version, flags, method, time, date, crc, packed, size, name_size, extra_size = _LOCAL.unpack(header)
        if method != _STORED or flags & _ENCRYPTED:
            raise Problem(ProblemType.MEMBER_COMPRESSED, f"member {len(self.entries) + 1}")
        if version > _VERSION or flags & ~_UTF8_NAME or extra_size or packed != size:
            raise _mismatch(f"member {len(self.entries) + 1}: version, flags, extra field or sizes")
        if name_size > member_names.LONGEST:
            raise Problem(ProblemType.UNSAFE_NAME, f"longer than {member_names.LONGEST} bytes")
        name = _decoded((yield from self.take(name_size)), flags)
        entry = Entry(name, crc, size, offset, flags, version, time, date)
        self.entries.append(entry)
        return entry

    def content(self, entry: Entry) -> Walk[bytes]:
        """Walk over a small member and return it; the caller bounds its size. Raises Problem DIGEST_MISMATCH (CRC)."""
        content = yield from self.take(entry.size)
        _check_crc(entry, zlib.crc32(content))
        return content

    def digest(self, entry: Entry) -> Walk[str]:
        """Walk over a member, keep nothing, return its SHA-256. Raises Problem DIGEST_MISMATCH (CRC)."""
        self._check_room(entry.size)
        sha256, crc, left = hashlib.sha256(), 0, entry.size
        while left:
            piece = yield Want(1, left)
            left -= len(piece)
            sha256.update(piece)
            crc = zlib.crc32(piece, crc)
        _check_crc(entry, crc)
        return sha256.hexdigest()

    def directory(self) -> Walk[None]:
        """Walk over central directory (behind its first signature) and end record. Raises Problem HEADER_MISMATCH."""
        expected = tail(self.entries)
        place = _SIGNATURE_SIZE
        self._check_room(len(expected) - place)
        while place < len(expected):
            piece = yield Want(1, len(expected) - place)
            if piece != expected[place : place + len(piece)]:
                raise _mismatch("central directory or end record")
            place += len(piece)

    def _check_room(self, count: int) -> None:
        if self.position + count > self._largest:
            raise Problem(ProblemType.CONTAINER_TOO_LARGE, f"more than {self._largest} bytes")


def _decoded(name: bytes, flags: int) -> str:
    try:
        text = name.decode()
    except UnicodeDecodeError as error:
        raise Problem(ProblemType.UNSAFE_NAME, "not UTF-8") from error
    if not text.isascii() and not flags & _UTF8_NAME:
        raise _mismatch(f"name without the UTF-8 flag: {member_names.shown(text)}")
    return text


def _check_crc(entry: Entry, crc: int) -> None:
    if crc != entry.crc:
        raise Problem(ProblemType.DIGEST_MISMATCH, f"CRC of {member_names.shown(entry.name)}")


def _mismatch(detail: str) -> Problem:
    return Problem(ProblemType.HEADER_MISMATCH, detail)
