"""A ZIP that someone packed: its members are read one by one, each as what it holds, in whatever way usual programs zip.

Wider than the zips that documents are (`zip_members`): data descriptors, ZIP64, comments, names in GBK. As there, whatever
two programs could take for different files is refused.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from mmap import mmap
from typing import Final

from archive.reading import archive_names, zip_members
from archive.reading.nested import MAXIMUM_UNPACKED, RATIO, SMALL, Nest
from archive.reading.reading import HAN, Reading
from archive.reading.zip_members import Member
from schemas.problems import Problem, ProblemType

_END: Final = struct.Struct("<4s4H2IH")
_LOCATOR: Final = struct.Struct("<4sIQI")
_LONG_END: Final = struct.Struct("<4sQ2H2I4Q")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_FIELD: Final = struct.Struct("<2H")
_DESCRIPTOR: Final = struct.Struct("<3I")
_LONG_DESCRIPTOR: Final = struct.Struct("<I2Q")
_END_MARK: Final = b"PK\x05\x06"
_DESCRIPTOR_MARK: Final = b"PK\x07\x08"
_LONG: Final = 0xFFFF_FFFF
_SHORT_LONG: Final = 0xFFFF
_LONG_FIELD: Final = 1
_DEFLATED: Final = 8
_AES: Final = 99
_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_DESCRIBED: Final = 1 << 3
_UNIX: Final = 3
_LINK: Final = 0o120000
_KIND: Final = 0o170000
_LARGEST_TYPES: Final = 1 << 20
_LARGEST_LEFTOVER: Final = 1 << 16
_LEFTOVER: Final = re.compile(r"(?:.*/)?(?:\.DS_Store|\._[^/]*)|__MACOSX/.*", re.IGNORECASE)
_LEFT_BEHIND: Final = re.compile(r"(?:.*/)?(?:thumbs\.db|ehthumbs\.db|~\$[^/]*)", re.IGNORECASE)
_MAC_MAGIC: Final = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")
_WORD: Final = re.compile(rf"[{HAN}★☆A-Za-z0-9]{{2,}}")


@dataclass(frozen=True)
class _Row:
    """A row of the central directory; `others` are the names that other programs read there."""

    raw: bytes
    name: str
    others: tuple[str, ...]
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int
    comment: bytes

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


def names(content: bytes | mmap) -> list[str]:
    """Return the names in the directory of any zip, folders too. Raises what `read` raises for its form."""
    return [row.name for row in _rows(content)]


def member(content: bytes | mmap, name: str) -> bytes:
    """Return the bytes of a small member, found whatever its case. Raises Problem DOCUMENT_BROKEN when there is none."""
    for row in _rows(content):
        if row.name.lower() == name.lower():
            return _unpacked(content, row, _LARGEST_TYPES)
    raise _broken("a member is missing")


def read(content: bytes | mmap, nest: Nest) -> Reading:
    """Read a ZIP with everything in it; its own texts are names of empty folders, comments, and other readings of names.

    Raises Problem DOCUMENT_CUT_SHORT, DOCUMENT_BROKEN (not one clear list of files), DOCUMENT_ENCRYPTED, DOCUMENT_EMPTY,
    ARCHIVE_NOT_INSPECTABLE (a compression other than deflate), DOCUMENT_BOMB, NESTED_TOO_DEEP, and those of `Nest.read`.
    """
    end = _End(content)
    rows = list(_rows(content))
    archive_names.refuse_ambiguous([row.name for row in rows])
    files = [row for row in rows if not row.is_folder]
    if not files:
        raise Problem(ProblemType.DOCUMENT_EMPTY, "no file in the ZIP")
    nest.require(sum(not _LEFTOVER.fullmatch(row.name) for row in files))
    if sum(row.size for row in files) > MAXIMUM_UNPACKED:
        raise Problem(ProblemType.DOCUMENT_BOMB, "it unpacks to too much")
    _refuse_gaps(content, rows, end.start)
    texts = [("comment", text) for text in _comments(end.comment, rows)]
    texts += [("name", name) for row in rows for name in ((row.name, *row.others) if row.is_folder else row.others)]
    for row in files:
        whole = _unpacked(content, row, MAXIMUM_UNPACKED)
        if _LEFTOVER.fullmatch(row.name):
            nest.weigh(len(whole))
            texts += _leftover(row.name, whole)
        elif _LEFT_BEHIND.fullmatch(row.name):
            raise _left_behind(row.name)
        else:
            nest.read(row.name, whole)
    return Reading(format="zip", pages=(), texts=tuple(texts))


def _comments(comment: bytes, rows: list[_Row]) -> list[str]:
    found = [comment, *(row.comment for row in rows)]
    return [text for raw in found if raw for text in archive_names.readings(raw)]


def _leftover(name: str, content: bytes) -> list[tuple[str, str]]:
    """Return the words in what macOS leaves beside files: names and labels, which no person is shown."""
    if len(content) > _LARGEST_LEFTOVER or not (content.startswith(_MAC_MAGIC) or not content):
        raise _left_behind(name)
    decoded = (content.decode("utf-8", "ignore"), content.decode("utf-16-be", "ignore"), content[1:].decode("utf-16-be", "ignore"))
    words = [" ".join(_WORD.findall(text)) for text in decoded]
    return [("file", text) for text in words if text]


def _left_behind(name: str) -> Problem:
    return Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"{name[-60:]}: 系统附带的文件，请删去后重新压缩 / left by the system: take it out")


class _End:
    """Where the central directory lies: `start`, `stop`; `count` of its rows, and the comment of the whole."""

    def __init__(self, content: bytes | mmap) -> None:
        """Find the end record, which must end the file. Raises Problem DOCUMENT_CUT_SHORT when there is none."""
        lowest = max(0, len(content) - _END.size - _SHORT_LONG)
        tail = content[lowest:]
        place = tail.find(_END_MARK)
        while place >= 0 and not self._ends(tail[place:]):
            place = tail.find(_END_MARK, place + 1)
        if place < 0:
            whole = _END_MARK in tail[: len(tail) - _END.size + len(_END_MARK)]
            raise Problem(ProblemType.DOCUMENT_BROKEN if whole else ProblemType.DOCUMENT_CUT_SHORT, "the zip has no end")
        end = lowest + place
        _, disk, first, here, count, size, start, _ = _END.unpack_from(tail, place)
        self.comment = bytes(tail[place + _END.size :])
        if _END_MARK in self.comment or disk or first or here != count:
            raise _broken("the end of the zip is malformed")
        stop = end
        if content[max(0, end - _LOCATOR.size) : end][:4] == b"PK\x06\x07":
            stop, count, size, start = _long_end(content, end, (count, size, start))
        if start + size != stop:
            raise _broken("something stands before the zip or in it")
        if count > zip_members.MAXIMUM_MEMBERS:
            raise Problem(ProblemType.NESTED_TOO_DEEP, f"more than {zip_members.MAXIMUM_MEMBERS} members")
        self.start, self.stop, self.count = start, stop, count

    @staticmethod
    def _ends(tail: bytes) -> bool:
        return len(tail) >= _END.size and len(tail) == _END.size + _END.unpack_from(tail)[-1]


def _long_end(content: bytes | mmap, end: int, said: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Return where the ZIP64 end record begins, and what it says; the short record must not say otherwise."""
    _, disk, place, disks = _LOCATOR.unpack(content[end - _LOCATOR.size : end])
    if place + _LONG_END.size != end - _LOCATOR.size or disk or disks > 1:
        raise _broken("the end of the zip is malformed")
    mark, _, _, _, own, first, here, count, size, start = _LONG_END.unpack(content[place : place + _LONG_END.size])
    agrees = all(
        short in {long, unsaid} for short, long, unsaid in zip(said, (count, size, start), (_SHORT_LONG, _LONG, _LONG), strict=True)
    )
    if mark != b"PK\x06\x06" or own or first or here != count or not agrees:
        raise _broken("the end of the zip is malformed")
    return place, count, size, start


def _rows(content: bytes | mmap) -> Iterator[_Row]:
    end = _End(content)
    position = end.start
    for _ in range(end.count):
        if position + _CENTRAL.size > end.stop:
            raise _broken("the directory is cut short")
        mark, made, _, flags, method, _, _, crc, packed, size, named, extra, comment, disk, _, outer, header = _CENTRAL.unpack(
            content[position : position + _CENTRAL.size]
        )
        name_start = position + _CENTRAL.size
        extra_start, comment_start = name_start + named, name_start + named + extra
        position = comment_start + comment
        if mark != b"PK\x01\x02" or position > end.stop or disk:
            raise _broken("the directory is malformed")
        if made >> 8 == _UNIX and (outer >> 16) & _KIND == _LINK:
            raise _broken("a member is a link")
        raw = bytes(content[name_start:extra_start])
        fields = _fields(bytes(content[extra_start:comment_start]))
        size, packed, header = _lengthened(fields.get(_LONG_FIELD, b""), (size, packed, header))
        name, *others = archive_names.decoded(raw, flags, fields)
        row = _Row(raw, name, tuple(others), flags, method, crc, packed, size, header, bytes(content[comment_start:position]))
        _refuse(row)
        yield row
    if position != end.stop:
        raise _broken("the directory is malformed")


def _fields(extra: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    position = 0
    while position + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, position)
        position += _FIELD.size
        if position + length > len(extra) or (kind in fields and kind in {_LONG_FIELD, archive_names.OTHER_NAME}):
            raise _broken("the directory is malformed")
        fields[kind] = extra[position : position + length]
        position += length
    return fields


def _lengthened(field: bytes, said: tuple[int, ...]) -> Iterator[int]:
    """Give the numbers, those that did not fit taken from the ZIP64 field, which holds them in this order."""
    place = 0
    for number in said:
        if number != _LONG:
            yield number
            continue
        if place + 8 > len(field):
            raise _broken("a ZIP64 member without its sizes")
        yield int.from_bytes(field[place : place + 8], "little")
        place += 8


def _refuse(row: _Row) -> None:
    if row.flags & _ENCRYPTED or row.method == _AES:
        raise Problem(ProblemType.DOCUMENT_ENCRYPTED, row.name[-60:])
    if row.method not in {0, _DEFLATED}:
        raise Problem(ProblemType.ARCHIVE_NOT_INSPECTABLE, f"{row.name[-60:]}: 压缩方式 compression {row.method}")
    if row.method == 0 and row.packed != row.size:
        raise _broken("the directory is malformed")
    if row.is_folder and row.size:
        raise _broken("a folder that holds bytes")
    if row.size > MAXIMUM_UNPACKED or (row.size > SMALL and row.size > RATIO * row.packed):
        raise Problem(ProblemType.DOCUMENT_BOMB, row.name[-60:])


def _unpacked(content: bytes | mmap, row: _Row, most: int) -> bytes:
    if row.size > most:
        raise Problem(ProblemType.DOCUMENT_BOMB, row.name[-60:])
    where = Member(row.name, _start(content, row), row.packed, row.size, row.crc, row.method == _DEFLATED)
    return zip_members.unpacked(content, where)


def _start(content: bytes | mmap, row: _Row) -> int:
    """Return where the packed bytes begin, after a local header that says what the directory says."""
    local = content[row.header : row.header + _LOCAL.size]
    if len(local) < _LOCAL.size:
        raise _broken("a member is cut short")
    mark, _, flags, method, _, _, crc, packed, size, named, extra = _LOCAL.unpack(local)
    name_start = row.header + _LOCAL.size
    fields = _fields(bytes(content[name_start + named : name_start + named + extra]))
    if mark != b"PK\x03\x04" or content[name_start : name_start + named] != row.raw:
        raise _broken("a member is not where the directory says")
    if archive_names.decoded(row.raw, flags, fields)[0] != row.name:
        raise _broken("a member has two names")
    if _LONG_FIELD in fields or not flags & _DESCRIBED:
        size, packed = _lengthened(fields.get(_LONG_FIELD, b""), (size, packed))
    same = (crc, packed, size) == (row.crc, row.packed, row.size)
    unsaid = flags & _DESCRIBED and crc in {0, row.crc} and packed in {0, row.packed} and size in {0, row.size}
    if (flags ^ row.flags) & (_DESCRIBED | _ENCRYPTED) or method != row.method or not (same or unsaid):
        raise _broken("directory and local headers differ")
    return int(name_start + named + extra)


def _refuse_gaps(content: bytes | mmap, rows: list[_Row], stop: int) -> None:
    """Refuse bytes that no member owns or two own; after a member only its data descriptor may stand."""
    spans = sorted((row.header, _start(content, row) + row.packed, row) for row in rows) if len(rows) else []
    if spans and spans[0][0]:
        raise _broken("something stands before the zip")
    for (_, end, row), following in pairwise([*spans, (stop, stop, None)]):
        between = bytes(content[end : min(following[0], end + 32)])
        if following[0] < end or following[0] > end + 32 or (between and (row is None or not _describes(between, row))):
            raise _broken("members overlap, or something stands between them")


def _describes(between: bytes, row: _Row) -> bool:
    """Say whether bytes are the data descriptor of a member, with its mark or without, short or long."""
    if not row.flags & _DESCRIBED:
        return False
    said = between.removeprefix(_DESCRIPTOR_MARK) if len(between) in {16, 24} else between
    long = _LONG_DESCRIPTOR.pack(row.crc, row.packed, row.size)
    return said == long or (max(row.packed, row.size) < _LONG and said == _DESCRIPTOR.pack(row.crc, row.packed, row.size))


def _broken(detail: str) -> Problem:
    return Problem(ProblemType.DOCUMENT_BROKEN, detail)
