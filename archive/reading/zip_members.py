"""The members of a zip that is a document: its two directories must say the same, and nothing may lie beside what they list.

Two readers that take different members out of one file see two documents, so whatever leaves a choice is refused: duplicates,
overlaps, gaps, bytes before or after, a second name.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from mmap import mmap
from typing import Final

from schemas.problems import Problem, ProblemType

MAXIMUM_MEMBERS: Final = 4000
MAXIMUM_SIZE: Final = 64 << 20
"""Bytes that one member may unpack to."""

_RATIO: Final = 200
_SMALL: Final = 16 << 20  # pages that are mostly white pack as well as bombs
_END: Final = struct.Struct("<4s4H2IH")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_FIELD: Final = struct.Struct("<2H")
_DEFLATED: Final = 8
_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_DESCRIBED: Final = 1 << 3
_PATCHED: Final = 1 << 5
_DESCRIPTORS: Final = (12, 16, 20, 24)
_OTHER_NAME: Final = 0x7075
_LONG: Final = 0xFFFF_FFFF
_END_MARK: Final = b"PK\x05\x06"
_LONGEST_COMMENT: Final = 0xFFFF


@dataclass(frozen=True)
class Member:
    """One file of the zip: its name with forward slashes, where its packed bytes lie, and what they unpack to."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    deflated: bool


@dataclass(frozen=True)
class _Listed:
    """A row of the central directory, and where the local header begins."""

    raw: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int


def members(content: bytes | mmap) -> tuple[Member, ...]:
    """Return the files of the zip in the order of its directory, folders left out.

    Raises Problem DOCUMENT_CUT_SHORT, DOCUMENT_BROKEN (not one clear list of members), DOCUMENT_ENCRYPTED,
    FORMAT_NOT_INSPECTABLE (a compression other than deflate), DOCUMENT_TOO_COMPLEX (more than 4,000 members), DOCUMENT_BOMB (one
    over 64 MiB, or packed more than 200 to 1).
    """
    count, start, end = _directory(content)
    rows = list(_rows(content, count, start, end))
    if len({row.name.lower() for row in rows}) != len(rows):
        raise _broken("two members have the same name")
    found: list[Member] = []
    spans: list[tuple[int, int, bool]] = [(start, start, False)]
    for row in rows:
        data = _data_start(content, row)
        spans.append((row.header, data + row.packed, bool(row.flags & _DESCRIBED)))
        if row.name.endswith("/"):
            if row.size:
                raise _broken("a folder that holds bytes")
            continue
        found.append(Member(row.name, data, row.packed, row.size, row.crc, row.method == _DEFLATED))
    _refuse_gaps(sorted(spans))
    return tuple(found)


def unpacked(content: bytes | mmap, member: Member) -> bytes:
    """Return the bytes of a member. Raises Problem DOCUMENT_BROKEN when they are not what the directory says."""
    packed = content[member.start : member.start + member.packed]
    if not member.deflated:
        whole = packed
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            whole = inflater.decompress(packed, member.size + 1)
        except zlib.error as error:
            raise _broken("a member does not unpack") from error
        if not inflater.eof or inflater.unused_data:
            raise _broken("a member is longer or shorter than it says")
    if len(whole) != member.size or zlib.crc32(whole) != member.crc:
        raise _broken("a member is not what its checksum says")
    return whole


def _broken(detail: str) -> Problem:
    return Problem(ProblemType.DOCUMENT_BROKEN, detail)


def _directory(content: bytes | mmap) -> tuple[int, int, int]:
    """Return the number of rows, and where the central directory begins and ends; it must end the file."""
    end = len(content) - _END.size
    if content.rfind(_END_MARK, max(0, end - _LONGEST_COMMENT), max(0, end + len(_END_MARK))) < 0:
        raise Problem(ProblemType.DOCUMENT_CUT_SHORT, "the zip has no end")
    signature, disk, first, here, count, size, start, comment = _END.unpack(content[end:])
    if signature != _END_MARK or comment:
        raise _broken("something follows the zip")
    if disk or first or here != count or start + size != end or content[end - 20 : end - 16] == b"PK\x06\x07":
        raise _broken("the end of the zip is malformed")
    if count > MAXIMUM_MEMBERS:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"more than {MAXIMUM_MEMBERS} members")
    return count, start, end


def _rows(content: bytes | mmap, count: int, position: int, end: int) -> Iterator[_Listed]:
    for _ in range(count):
        if position + _CENTRAL.size > end:
            raise _broken("the directory is cut short")
        signature, _, _, flags, method, _, _, crc, packed, size, named, extra, comment, disk, _, _, header = _CENTRAL.unpack(
            content[position : position + _CENTRAL.size]
        )
        name_start = position + _CENTRAL.size
        position = name_start + named + extra + comment
        if signature != b"PK\x01\x02" or position > end or comment or disk or _LONG in {packed, size, header}:
            raise _broken("the directory is malformed")
        raw = content[name_start : name_start + named]
        name = _name(raw)
        _refuse_other_name(content[name_start + named : name_start + named + extra], name)
        row = _Listed(raw, name, flags, method, crc, packed, size, header)
        _refuse(row)
        yield row
    if position != end:
        raise _broken("the directory is malformed")


def _name(raw: bytes) -> str:
    """Return the name; old Chinese programs wrote GBK without saying so."""
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding).replace("\\", "/")
        except UnicodeError:
            continue
        steps = name.removesuffix("/").split("/")
        if ":" in name or any(ord(sign) < ord(" ") for sign in name) or not {"", ".", ".."}.isdisjoint(steps):
            break
        return name
    raise _broken("a member's name is not allowed")


def _refuse_other_name(extra: bytes, name: str) -> None:
    """Refuse a Unicode name that differs, for some programs take it instead."""
    position = 0
    while position + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, position)
        position += _FIELD.size
        if kind == _OTHER_NAME and extra[position + 5 : position + length].decode("utf-8", "replace").replace("\\", "/") != name:
            raise _broken("a member has two names")
        position += length


def _refuse(row: _Listed) -> None:
    if row.flags & _ENCRYPTED:
        raise Problem(ProblemType.DOCUMENT_ENCRYPTED, "a member is encrypted")
    if row.flags & _PATCHED or (row.method == 0 and row.packed != row.size):
        raise _broken("the directory is malformed")
    if row.method not in {0, _DEFLATED}:
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "a member is compressed in an unusual way")
    if row.size > MAXIMUM_SIZE or (row.size > _SMALL and row.size > _RATIO * row.packed):
        raise Problem(ProblemType.DOCUMENT_BOMB, "a member unpacks to too much")


def _data_start(content: bytes | mmap, row: _Listed) -> int:
    """Return where the packed bytes begin, after a local header that says what the directory says."""
    local = content[row.header : row.header + _LOCAL.size]
    if len(local) < _LOCAL.size:
        raise _broken("a member is cut short")
    signature, _, flags, method, _, _, crc, packed, size, named, extra = _LOCAL.unpack(local)
    name_start = row.header + _LOCAL.size
    if signature != b"PK\x03\x04" or content[name_start : name_start + named] != row.raw:
        raise _broken("a member is not where the directory says")
    _refuse_other_name(content[name_start + named : name_start + named + extra], row.name)
    same_sizes = packed in {row.packed, _LONG} and size in {row.size, _LONG}
    unsaid = flags & _DESCRIBED and crc in {0, row.crc} and packed in {0, row.packed, _LONG} and size in {0, row.size, _LONG}
    if (flags ^ row.flags) & (_DESCRIBED | _ENCRYPTED) or method != row.method or not (unsaid or (crc == row.crc and same_sizes)):
        raise _broken("directory and local headers differ")
    return int(name_start + named + extra)


def _refuse_gaps(spans: list[tuple[int, int, bool]]) -> None:
    """Refuse bytes that no member owns, and bytes that two own; after a member only its data descriptor may stand."""
    if spans[0][0]:
        raise _broken("something stands before the zip")
    for (_, end, described), (following, _, _) in pairwise(spans):
        if following != end and not (described and following - end in _DESCRIPTORS):
            raise _broken("members overlap, or something stands between them")
