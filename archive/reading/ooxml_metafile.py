"""Drawings in Windows metafiles (EMF, WMF): the words that they write. They cannot be drawn here, so most may not fill a page.

The records are read as observed files have them; no conformance is stated.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_EMF_MARK: Final = b" EMF"
_WMF_MARKS: Final = (b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00\x00\x03", b"\x02\x00\x09\x00\x00\x03")
_RECORD: Final = struct.Struct("<2I")
_TEXTS: Final = {83: "gb18030", 84: "utf-16-le"}
_SMALL_TEXT: Final = 108
_SMALL_HEAD: Final = 36
_COMMENT: Final = 70
_END: Final = 14
_PICTURES: Final = frozenset({76, 77, 78, 79, 80, 81, 114, 116})
_WMF_PICTURES: Final = frozenset({0x0940, 0x0B41, 0x0D33, 0x0F43})
_LINES: Final = frozenset({2, 3, 4, 5, 6, 7, 8, 85, 86, 87, 88, 89, 90, 91})
"""Polygons and curves, several points in one record."""

_GLYPHS: Final = 0x10
_NO_RECT: Final = 0x100
_NARROW: Final = 0x200
_MOST_POINTS: Final = 4000
_PLACEABLE: Final = 22
_WMF_HEAD: Final = 18


class Told(NamedTuple):
    """The words of a metafile, and whether it is nothing but words and lines: pictures and outlines of letters tell no words.

    `pictures` says that images stand in it.
    """

    words: str
    whole: bool
    pictures: bool = False


def is_metafile(content: bytes) -> bool:
    """Say whether bytes are an EMF or WMF."""
    return content[40:44] == _EMF_MARK or content.startswith(_WMF_MARKS)


def told(content: bytes) -> Told:
    """Return what a metafile writes; of one that is damaged what stands before the damage, and not the whole."""
    if content[40:44] == _EMF_MARK:
        return _emf(content)
    return Told("\n".join(_wmf(content)), whole=False, pictures=_draws_image(content))


def _draws_image(content: bytes) -> bool:
    """Say whether a WMF holds an image."""
    place = _WMF_HEAD + (_PLACEABLE if content.startswith(_WMF_MARKS[0]) else 0)
    while place + 6 <= len(content):
        words, kind = struct.unpack_from("<IH", content, place)
        if kind in _WMF_PICTURES:
            return True
        if words < 3:  # noqa: PLR2004 - shorter than its own head
            return False
        place += 2 * words
    return False


def _emf(content: bytes) -> Told:
    words: list[str] = []
    place = points = 0
    whole, pictures = True, False
    while place + _RECORD.size <= len(content):
        kind, size = _RECORD.unpack_from(content, place)
        if size < _RECORD.size or place + size > len(content):
            return Told("\n".join(words), whole=False, pictures=pictures)
        record = content[place : place + size]
        place += size
        if kind in _TEXTS or kind == _SMALL_TEXT:
            text = _small(record) if kind == _SMALL_TEXT else _long(record, _TEXTS[kind])
            whole = whole and bool(text)
            words += [text] if text else []
        elif kind in _PICTURES:
            pictures = True
        elif kind in _LINES:
            points += size // 4
        elif kind == _COMMENT and record[12:16] == b"EMF+":
            whole = whole and _is_dual(record)
        elif kind == _END:
            return Told("\n".join(words), whole=whole and not pictures and points <= _MOST_POINTS, pictures=pictures)
    return Told("\n".join(words), whole=False, pictures=pictures)


def _long(record: bytes, encoding: str) -> str:
    """Return the text of a record that says where in it the text stands; empty where it names glyphs instead."""
    if len(record) < 56:  # noqa: PLR2004 - up to its options
        return ""
    count, offset, options = struct.unpack_from("<3I", record, 44)
    if options & _GLYPHS:
        return ""
    return record[offset : offset + count * (2 if encoding == "utf-16-le" else 1)].decode(encoding, "replace")


def _small(record: bytes) -> str:
    if len(record) < _SMALL_HEAD:
        return ""
    count, options = struct.unpack_from("<2I", record, 16)
    start = _SMALL_HEAD + (0 if options & _NO_RECT else 16)
    if options & _GLYPHS:
        return ""
    narrow = options & _NARROW
    return record[start : start + count * (1 if narrow else 2)].decode("latin-1" if narrow else "utf-16-le", "replace")


def _is_dual(record: bytes) -> bool:
    """Say whether newer records beside the old ones draw the same: the first of them says so."""
    kind, flags = struct.unpack_from("<2H", record.ljust(20, b"\0"), 16)
    return kind != 0x4001 or bool(flags & 1)  # noqa: PLR2004 - the header of these records


def _wmf(content: bytes) -> Iterator[str]:
    place = _WMF_HEAD + (_PLACEABLE if content.startswith(_WMF_MARKS[0]) else 0)
    while place + 6 <= len(content):
        words, kind = struct.unpack_from("<IH", content, place)
        record = content[place + 6 : place + 2 * words]
        if words < 3:  # noqa: PLR2004 - shorter than its own head
            return
        place += 2 * words
        if kind == 0x0521:  # noqa: PLR2004 - TextOut
            length = int.from_bytes(record[:2], "little")
            yield record[2 : 2 + length].decode("gb18030", "replace")
        elif kind == 0x0A32:  # noqa: PLR2004 - ExtTextOut
            _, _, length, options = struct.unpack_from("<4H", record.ljust(8, b"\0"))
            start = 8 + (8 if options & 6 else 0)
            yield record[start : start + length].decode("gb18030", "replace")
