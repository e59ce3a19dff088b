"""Where an image file begins and ends: nothing may lie behind it, and no second document in it.

A file that one program shows as a photo and another opens as a ZIP or a PDF is two documents, of which the eyes see one. The
layouts are read as observed files have them; no conformance to any of them is stated.
"""

import re
from mmap import mmap
from typing import Final, Literal

from schemas.problems import Problem, ProblemType

Kind = Literal["png", "jpeg", "tiff", "bmp", "webp"]
Span = tuple[int, int]

MAXIMUM_IMAGES: Final = 100
"""Images in one file."""

_MAGICS: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"BM", "bmp"),
)
_FOREIGN: Final = re.compile(rb"%PDF-[12]\.|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07")
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_SIZE: Final = 22
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_ALONE: Final = frozenset([0x01, *range(0xD0, 0xD8)])
_END_OF_IMAGE: Final = 0xD9
_START_OF_SCAN: Final = 0xDA
_CHUNK: Final = 12
_PIECE: Final = 1 << 16


def kind_of(head: bytes) -> Kind:
    """Return which kind of image begins with these bytes (12 or more). Raises Problem FORMAT_NOT_INSPECTABLE."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "no kind of image that can be inspected")


def spans(content: mmap | bytes, kind: Kind) -> list[Span]:
    """Return where the images of a file stand in it: one, save that phones put smaller copies behind a photo.

    Raises Problem DOCUMENT_CUT_SHORT where the file ends before its image does, FORMAT_NOT_INSPECTABLE where something else
    lies behind it or in it, DOCUMENT_BROKEN, and TOO_MANY_PAGES.
    """
    _refuse_foreign(content)
    match kind:
        case "png":
            return [_whole(content, _end_of_png(content))]
        case "jpeg":
            return _jpegs(content)
        case "webp":
            size = 8 + int.from_bytes(content[4:8], "little")
            return [_whole(content, size + size % 2 if size < len(content) else size)]
        case "bmp":
            return [_whole(content, _end_of_bmp(content))]
        case "tiff":  # a TIFF has no end: its parts lie anywhere
            return [(0, len(content))]


def _refuse_foreign(content: mmap | bytes) -> None:
    end = content.rfind(_ZIP_END, max(0, len(content) - _ZIP_END_SIZE - 0xFFFF))
    comment = int.from_bytes(content[end + 20 : end + 22], "little") if end >= 0 else -1
    if _FOREIGN.search(content) or (end >= 0 and end + _ZIP_END_SIZE + comment == len(content)):
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "another document lies in the image")


def _whole(content: mmap | bytes, end: int) -> Span:
    if end > len(content):
        raise Problem(ProblemType.DOCUMENT_CUT_SHORT, "the image ends too early")
    if _rest(content, end) < len(content):
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "something lies behind the image")
    return 0, end


def _rest(content: mmap | bytes, start: int) -> int:
    """Return where the first byte that is not zero stands, or the length."""
    while start < len(content):
        piece = content[start : start + _PIECE]
        left = piece.lstrip(b"\0")
        if left:
            return start + len(piece) - len(left)
        start += len(piece)
    return len(content)


def _end_of_png(content: mmap | bytes) -> int:
    place = 8
    while place + _CHUNK <= len(content):
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        place += _CHUNK + size
        if kind == b"IEND":
            return place
        if kind == b"acTL":
            raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "a moving picture")
    raise Problem(ProblemType.DOCUMENT_CUT_SHORT, "the image ends too early")


def _jpegs(content: mmap | bytes) -> list[Span]:
    found: list[Span] = []
    place = 0
    while place < len(content):
        if content[place : place + 3] != b"\xff\xd8\xff":
            raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "something lies behind the image")
        if len(found) == MAXIMUM_IMAGES:
            raise Problem(ProblemType.TOO_MANY_PAGES, f"more than {MAXIMUM_IMAGES} images")
        end = _end_of_jpeg(content, place + 2)
        found.append((place, end))
        place = _rest(content, end)
    return found


def _end_of_jpeg(content: mmap | bytes, place: int) -> int:
    while place + 1 < len(content):
        if content[place] != 0xFF:  # noqa: PLR2004 - every marker begins with it
            raise Problem(ProblemType.DOCUMENT_BROKEN, "the image is not laid out as one")
        marker = content[place + 1]
        place += 1 if marker == 0xFF else 2  # noqa: PLR2004 - fill bytes
        if marker == _END_OF_IMAGE:
            return place
        if marker == 0xFF or marker in _ALONE:  # noqa: PLR2004 - fill bytes
            continue
        place += max(2, int.from_bytes(content[place : place + 2], "big"))
        if marker == _START_OF_SCAN:
            following = _MARKER.search(content, place)
            place = following.start() if following else len(content)
    raise Problem(ProblemType.DOCUMENT_CUT_SHORT, "the image ends too early")


def _end_of_bmp(content: mmap | bytes) -> int:
    start, header = int.from_bytes(content[10:14], "little"), int.from_bytes(content[14:18], "little")
    if header < 40:  # noqa: PLR2004 - the size of the header that all programs of this century write
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "an image of an old kind")
    width, height = (abs(int.from_bytes(content[at : at + 4], "little", signed=True)) for at in (18, 22))
    bits, packing = int.from_bytes(content[28:30], "little"), int.from_bytes(content[30:34], "little")
    if packing in {0, 3, 6}:
        return start + (width * bits + 31) // 32 * 4 * height
    return start + int.from_bytes(content[34:38], "little")
