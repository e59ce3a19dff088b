"""The text of a submission as it is kept: everything that search needs, so that no document is ever read a second time.

Kept body: `YZKT`, one byte of version, four bytes of the unpacked length (both fixed, so that a reader knows what it will
cost before it unpacks), then zlib over a msgpack array of parts in the container's order.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

import msgspec

from archive.reading import answer
from archive.reading.reading import Reading, flowing_with_pages, within
from schemas.problems import Problem, ProblemType

VERSION: Final = 1
HEAD: Final = struct.Struct(">4sBI")
MAXIMUM: Final = 100 * answer.MAXIMUM
"""Unpacked bytes: as many documents as a submission may have, each with the longest text that reading gives."""

LONGEST: Final = 8 << 20
"""Characters of text that a submission may have in all, as many as its longest single document: some ten thousand pages.
Policy and index hold the whole in memory several times over, so without a bound one submission could end the service."""

LONG: Final = 100_000
"""Characters from which packing takes so long that it belongs into a thread."""

_MAGIC: Final = b"YZKT"
_LEVEL: Final = 6


@dataclass(frozen=True)
class KeptPart:
    """One file's text: `text` is the flow of its pages, joined as policy reads it, and `pages` says where each begins.

    A file inside another has both names, "附件.zip/甲/表.xlsx". The text of a page that is a picture is what was recognised in it
    once all of it has been looked at, and until then what the file claims to show; a later body takes the place of this one.
    `pages` are (page number, index in `text`), in order. `others` are (place, text) of what a reader is shown outside the
    pages: annotations, form values, bookmarks. A file's statements about itself (author, producer) are not kept.
    """

    name: str
    text: str
    pages: tuple[tuple[int, int], ...]
    others: tuple[tuple[str, str], ...] = ()


class Allowance:
    """How much text a submission may yet have. A sign that NFKC writes out in several characters counts as these, as in the index."""

    def __init__(self) -> None:
        """Begin with `LONGEST`."""
        self._left = LONGEST

    def take(self, reading: Reading) -> Reading:
        """Return the reading. Raises Problem DOCUMENT_TOO_COMPLEX where with it the submission has more than it may."""
        self._left -= sum(len(normalize("NFKC", text)) for text in _texts(reading))
        if self._left < 0:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"the whole has more than {LONGEST} characters of text")
        return reading


def keep(readings: Mapping[str, Reading]) -> bytes:
    """Return the kept body of a submission's readings, by the name of the part, in their order, each before those inside it."""
    return pack(tuple(_part(path, part) for name, reading in readings.items() for path, part in within(reading, name)))


def length(readings: Mapping[str, Reading]) -> int:
    """Return roughly how many characters `keep` will pack."""
    return sum(len(text) for reading in readings.values() for text in _texts(reading))


def _texts(reading: Reading) -> Iterator[str]:
    """Give every text of a reading and of all that are inside it, claimed and recognised ones alike."""
    for _, part in within(reading):
        yield from (line.text for page in part.pages for line in (*page.lines, *page.seen))
        yield from (text for _, text in part.texts)


def pack(parts: tuple[KeptPart, ...]) -> bytes:
    """Return the kept body of these parts."""
    packed = _ENCODER.encode([(part.name, part.text, part.pages, part.others) for part in parts])
    return HEAD.pack(_MAGIC, VERSION, len(packed)) + zlib.compress(packed, _LEVEL)


def kept(body: bytes) -> tuple[KeptPart, ...]:
    """Return the parts of a kept body.

    Raises Problem LEDGER_NEWER for a version that a newer program wrote, LEDGER_DAMAGED for anything that `keep` did not write.
    """
    size = unpacked_size(body)
    unpacker = zlib.decompressobj()
    try:
        packed = unpacker.decompress(memoryview(body)[HEAD.size :], size + 1)
        rows = _DECODER.decode(packed) if unpacker.eof and not unpacker.unused_data and len(packed) == size else None
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(ProblemType.LEDGER_DAMAGED, "kept text") from error
    if rows is None:
        raise Problem(ProblemType.LEDGER_DAMAGED, "kept text: not its length")
    return tuple(KeptPart(*row) for row in rows)


def unpacked_size(head: bytes) -> int:
    """Return how many bytes a kept body unpacks to, from its first bytes (`HEAD.size`). Raises what `kept` raises."""
    if len(head) < HEAD.size:
        raise Problem(ProblemType.LEDGER_DAMAGED, "kept text: cut short")
    magic, version, size = HEAD.unpack_from(head)
    if magic != _MAGIC or size > MAXIMUM:
        raise Problem(ProblemType.LEDGER_DAMAGED, "kept text: none of ours")
    if version != VERSION:
        raise Problem(ProblemType.LEDGER_NEWER, f"kept text of version {version}")
    return int(size)


_Row = tuple[str, str, tuple[tuple[int, int], ...], tuple[tuple[str, str], ...]]
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[_Row])


def _part(name: str, reading: Reading) -> KeptPart:
    text, pages = flowing_with_pages(reading.pages)
    return KeptPart(name, text, tuple(pages), reading.texts)
