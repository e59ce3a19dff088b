"""What an image file says about itself in words: EXIF, XMP, IPTC, comments and text chunks."""

import re
from collections.abc import Iterator
from typing import Any, Final

from PIL import ExifTags, Image, PngImagePlugin, TiffImagePlugin
from PIL.TiffTags import TAGS_V2

from archive.reading import xmp
from archive.reading.legible import illegible, printed, repaired
from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 1_000_000
"""Characters of words in one file."""

_EXIF: Final = 0x8769
_XMP: Final = 700
_IPTC: Final = 33723
_PHOTOSHOP_IPTC: Final = 0x0404
_TAGS: Final = dict(ExifTags.TAGS)
_CODES: Final = ((b"UNICODE\0", ("utf-16-be", "utf-16-le")), (b"ASCII\0\0\0", ("utf-8", "gb18030")), (b"\0" * 8, ("utf-8", "gb18030")))
_WIDE: Final = frozenset(range(0x9C9B, 0x9CA0))
_MUTE: Final = frozenset([_XMP, _IPTC, 0x8769, 0x8825, 0x927C, 0x8773, 34377])
_DATA_SET: Final = re.compile(rb"\x1c[\x01-\x09].(?=(..))", re.DOTALL)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")


class Words:
    """Collects them as properties, each under a name of its own."""

    def __init__(self) -> None:
        """Begin with none."""
        self.properties: dict[str, str] = {}
        self._characters = 0

    def take(self, image: Image.Image) -> None:
        """Add the words of one opened image. Raises Problem DOCUMENT_TOO_COMPLEX above a million characters."""
        for name, text in _words(image):
            self._note(name, text)

    def _note(self, name: str, text: str) -> None:
        text = repaired(_CONTROLS.sub("", _utf8_again(text))).strip()
        if not printed(text) or text in (self.properties.get(name), self.properties.get(f"{name} 2")):
            return
        self._characters += len(text)
        if self._characters > MAXIMUM:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "too much text beside the image")
        own, number = name, 1
        while own in self.properties:
            number += 1
            own = f"{name} {number}"
        self.properties[own] = text


def _words(image: Image.Image) -> Iterator[tuple[str, str]]:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        yield from _tags(dict(image.tag_v2), TAGS_V2)
        yield from _xmp(image.tag_v2.get(_XMP))
        yield from _iptc(image.tag_v2.get(_IPTC))
    else:
        exif = image.getexif()
        yield from _tags(dict(exif))
        yield from _tags(dict(exif.get_ifd(_EXIF)))
        yield from _xmp(image.info.get("xmp"))
    if isinstance(image, PngImagePlugin.PngImageFile):
        for name, value in image.text.items():
            yield f"text {name}", str(value)
    if comment := image.info.get("comment"):
        yield "comment", _decoded(comment) if isinstance(comment, bytes) else str(comment)
    photoshop = image.info.get("photoshop")
    if isinstance(photoshop, dict):
        yield from _iptc(photoshop.get(_PHOTOSHOP_IPTC))


def _tags(tags: dict[int, Any], names: Any = None) -> Iterator[tuple[str, str]]:
    for tag, value in tags.items():
        if tag in _MUTE:
            continue
        name = f"exif {_TAGS.get(tag) or getattr((names or {}).get(tag), 'name', tag)}"
        for item in value if isinstance(value, (tuple, list)) and tag not in _WIDE else (value,):
            if isinstance(item, str):
                yield name, item
        octets = bytes(value) if isinstance(value, tuple) and tag in _WIDE else value
        if isinstance(octets, bytes):
            text = _CONTROLS.sub("", octets.decode("utf-16-le", "replace") if tag in _WIDE else _decoded(octets))
            if not illegible(text):  # bytes that are no text are many
                yield name, text


def _utf8_again(text: str) -> str:
    """Return a text that was read byte by byte as the UTF-8 that it is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _decoded(octets: bytes) -> str:
    encodings: tuple[str, ...] = ("utf-8", "gb18030")
    for code, meant in _CODES:
        if octets.startswith(code):
            octets, encodings = octets[8:], meant
    readings = [text for encoding in encodings if (text := _read_as(octets, encoding))]
    return min(readings, key=illegible, default=octets.decode("latin-1"))


def _read_as(octets: bytes, encoding: str) -> str:
    try:
        return octets.decode(encoding)
    except UnicodeError:
        return ""


def _xmp(packet: Any) -> Iterator[tuple[str, str]]:
    if isinstance(packet, (bytes, str)):
        for name, text in xmp.words(packet if isinstance(packet, bytes) else packet.encode()):
            yield f"xmp {name}", text


def _iptc(block: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(block, bytes):
        return
    for found in _DATA_SET.finditer(block):
        size = int.from_bytes(found.group(1), "big")
        text = _CONTROLS.sub("", _decoded(block[found.end() + 2 : found.end() + 2 + size]))
        if text and not illegible(text):
            yield "iptc", text
