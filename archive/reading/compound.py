"""OLE objects in Office files: an old binary file that holds one other file, which is taken out and read; other kinds are refused.

The layout is read as observed files have it: a header, sectors of 512 bytes or more, a table that chains them, a folder of streams.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.problems import Problem, ProblemType

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_HEADER: Final = struct.Struct("<8s16s5H6x9I")
_HEADER_SIZE: Final = 512
_FIRST_TABLES: Final = 109
_ENTRY: Final = 128
_ROOT: Final = 5
_END: Final = 0xFFFF_FFFA
"""From here on a sector's number is none: free, the end of a chain, a table."""

_SHIFTS: Final = (9, 12)
_MINI_SHIFT: Final = 6
_PACKAGE: Final = "Package"
_NATIVE: Final = "\x01Ole10Native"
_BESIDE: Final = frozenset({"\x01CompObj", "\x01Ole", "\x03ObjInfo", "\x03EPRINT", "\x03LinkInfo", "\x02OlePres000", _PACKAGE, _NATIVE})
_OLD: Final = frozenset({"WordDocument", "Workbook", "Book", "PowerPoint Document", "CONTENTS"})
_CURE: Final = "嵌入对象，请另存为图片或单独附上 / an embedded object: insert it as a picture, or attach the file"


class Held(NamedTuple):
    """The file that an object holds; its name may be empty."""

    name: str
    content: bytes


def held(content: bytes) -> Held:
    """Return the file that an OLE object holds.

    Raises Problem FORMAT_OLD (an old Office document), DOCUMENT_ACTIVE (macros), DOCUMENT_ENCRYPTED, FORMAT_NOT_INSPECTABLE
    (formulas, drawings and others of which nobody here knows what they show), DOCUMENT_BROKEN.
    """
    file = _Compound(content)
    names = {entry.name for entry in file.entries}
    for kind, marks in (
        (ProblemType.DOCUMENT_ENCRYPTED, {"EncryptedPackage"}),
        (ProblemType.DOCUMENT_ACTIVE, {"VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros"}),
        (ProblemType.FORMAT_OLD, _OLD),
    ):
        if names & marks:
            raise Problem(kind, _CURE)
    holders = [entry for entry in file.entries if entry.name in {_PACKAGE, _NATIVE}]
    if len(holders) != 1 or not names <= _BESIDE:
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, _CURE)
    whole = file.read(holders[0])
    return Held("", whole) if holders[0].name == _PACKAGE else _native(whole)


class _Entry(NamedTuple):
    name: str
    start: int
    size: int


class _Compound:
    """The streams of one file; every chain is bounded by the sectors that there are."""

    def __init__(self, content: bytes) -> None:
        if len(content) < _HEADER_SIZE or not content.startswith(MAGIC):
            raise _broken()
        self._content = content
        _, _, _, _, order, shift, mini, _, _, folder, _, self._cutoff, mini_table, _, more, _ = _HEADER.unpack_from(content)
        if order != 0xFFFE or shift not in _SHIFTS or mini != _MINI_SHIFT:  # noqa: PLR2004 - the mark of little-endian
            raise _broken()
        self._size = 1 << shift
        self._table = self._numbers(self._tables(more))
        self.entries: list[_Entry] = []
        root = _Entry("", _END, 0)
        for kind, entry in self._folder(folder):
            if kind == _ROOT:
                root = entry
            elif kind:
                self.entries.append(entry)
        self._mini_table = self._numbers(self._chain(mini_table))
        self._mini = b"".join(map(self._sector, self._chain(root.start)))

    def read(self, entry: _Entry) -> bytes:
        """Return the bytes of a stream."""
        if entry.size > len(self._content):
            raise _broken()
        if entry.size >= self._cutoff:
            whole = b"".join(map(self._sector, self._chain(entry.start)))
        else:
            places = self._follow(entry.start, self._mini_table)
            whole = b"".join(self._mini[place << _MINI_SHIFT : (place + 1) << _MINI_SHIFT] for place in places)
        if len(whole) < entry.size:
            raise _broken()
        return whole[: entry.size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._content):
            raise _broken()
        return self._content[start : start + self._size]

    def _tables(self, more: int) -> Iterator[int]:
        """Give the sectors in which the table of chains stands: the first in the header, the others in a chain of their own."""
        first = struct.unpack_from(f"<{_FIRST_TABLES}I", self._content, _HEADER_SIZE - 4 * _FIRST_TABLES)
        yield from (number for number in first if number < _END)
        for _ in range(len(self._content) // self._size + 1):
            if more >= _END:
                return
            *numbers, more = struct.unpack(f"<{self._size // 4}I", self._sector(more).ljust(self._size, b"\xff"))
            yield from (number for number in numbers if number < _END)
        raise _broken()

    def _numbers(self, sectors: Iterator[int]) -> list[int]:
        found: list[int] = []
        for number in sectors:
            sector = self._sector(number)
            found += struct.unpack(f"<{len(sector) // 4}I", sector[: len(sector) // 4 * 4])
            if len(found) > len(self._content):
                raise _broken()
        return found

    def _chain(self, start: int) -> Iterator[int]:
        return self._follow(start, self._table)

    @staticmethod
    def _follow(start: int, table: list[int]) -> Iterator[int]:
        for _ in range(len(table) + 1):
            if start >= _END:
                return
            if start >= len(table):
                raise _broken()
            yield start
            start = table[start]
        raise _broken()

    def _folder(self, start: int) -> Iterator[tuple[int, _Entry]]:
        for number in self._chain(start):
            sector = self._sector(number)
            for place in range(0, len(sector) - _ENTRY + 1, _ENTRY):
                raw = sector[place : place + _ENTRY]
                length, kind = int.from_bytes(raw[64:66], "little"), raw[66]
                name = raw[: max(0, min(64, length) - 2)].decode("utf-16-le", "replace")
                yield kind, _Entry(name, *struct.unpack_from("<2I", raw, 116))


def _native(whole: bytes) -> Held:
    """Return the file that the packager put in: a length, a mark, label, path, mark, length, path, then length and bytes."""
    place = whole.find(b"\x00", 6)
    name = whole[6:place]
    place = whole.find(b"\x00", place + 1) + 1 + 4
    length = int.from_bytes(whole[place : place + 4], "little")
    place += 4 + length
    size = int.from_bytes(whole[place : place + 4], "little")
    content = whole[place + 4 : place + 4 + size]
    if place < 0 or len(content) != size or not size:
        raise _broken()
    return Held(name.decode("gb18030", "replace").replace("\\", "/").rpartition("/")[2], content)


def _broken() -> Problem:
    return Problem(ProblemType.DOCUMENT_BROKEN, "an embedded object is damaged")
