"""How much a stream of a PDF unpacks to, before anything unpacks it whole."""

import math
import zlib
from typing import Any, Final

from pypdf.generic import ArrayObject, IndirectObject, StreamObject

from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 64 << 20
"""Bytes of one stream of drawing operators."""

_PIECE: Final = 1 << 20
_FLATE: Final = frozenset(["/FlateDecode", "/Fl"])
_RATIOS: Final = {
    **dict.fromkeys(("/ASCIIHexDecode", "/AHx", "/Crypt"), 1),
    **dict.fromkeys(("/ASCII85Decode", "/A85"), 4),
    **dict.fromkeys(("/RunLengthDecode", "/RL"), 64),
    **dict.fromkeys(_FLATE, 1032),
}
_OTHER: Final = 4096
_IMAGES: Final = frozenset(["/DCTDecode", "/DCT", "/JPXDecode", "/CCITTFaxDecode", "/CCF", "/JBIG2Decode"])


def refuse_bomb(stream: StreamObject) -> None:
    """Refuse a stream that unpacks to more than 64 MiB; of images the pixels are bounded elsewhere. Raises Problem DOCUMENT_BOMB.

    Whatever is short enough to be harmless at the highest ratio of its packing is not unpacked.
    """
    filters = _filters(stream)
    if not filters or filters[-1] in _IMAGES or _plain(dict.get(stream, "/Subtype")) == "/Image":
        return
    packed: bytes = stream._data  # noqa: SLF001 - the packed bytes, which pypdf hands out in no other way
    if len(packed) * math.prod(_RATIOS.get(each, _OTHER) for each in filters) <= MAXIMUM:
        return
    if len(filters) > 1:
        stream.get_data()  # within pypdf's limits
    elif filters[0] in _FLATE and _exceeds(packed):
        raise Problem(ProblemType.DOCUMENT_BOMB, f"a stream of more than {MAXIMUM >> 20} MiB")


def _exceeds(packed: bytes) -> bool:
    unpacker, size = zlib.decompressobj(), 0
    try:
        while not unpacker.eof and size <= MAXIMUM:
            piece = unpacker.decompress(packed, _PIECE)
            packed = unpacker.unconsumed_tail
            size += len(piece)
            if not piece and not packed:
                break
    except zlib.error:
        return False  # what is broken unpacks no further
    return size > MAXIMUM


def _filters(stream: StreamObject) -> list[str]:
    value = _plain(dict.get(stream, "/Filter"))
    if isinstance(value, ArrayObject):
        return [str(_plain(each)) for each in list.__iter__(value)]
    return [] if value is None else [str(value)]


def _plain(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value
