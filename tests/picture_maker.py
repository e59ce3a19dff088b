"""Makes image files for tests: papers with a red bar at the upper left, in all colours, and what may be hidden in a file."""

import functools
import io
import struct
import zipfile
from typing import Any, Final

from PIL import Image, PngImagePlugin

A4: Final = (1654, 2339)
"""Pixels of A4 at 200 dots an inch."""


SMALL: Final = (414, 585)
"""Pixels of A4 at 50 dots an inch, for whatever does not depend on the size."""


@functools.cache
def paper(size: tuple[int, int] = SMALL) -> Image.Image:
    image = Image.new("RGB", size, "white")
    image.paste((255, 0, 0), (size[0] // 16, size[1] // 23, size[0] // 4, size[1] // 11))
    return image


@functools.cache
def noise() -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise((300, 420), 60)] * 3)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@functools.cache
def colours() -> dict[str, tuple[bytes, tuple[int, int, int]]]:
    """Return the paper in every kind of colour, and what its bar then looks like."""
    whole, red, grey = paper(), (255, 0, 0), (76, 76, 76)
    deep = Image.frombytes("I;16", SMALL, _deep(whole))
    clear = whole.convert("RGBA")
    clear.putalpha(whole.convert("L").point(lambda value: 0 if value > 200 else 255))
    return {
        "cmyk jpeg": (saved(whole.convert("CMYK"), "JPEG", quality=95), red),
        "cmyk tiff": (saved(whole.convert("CMYK"), "TIFF"), red),
        "palette": (saved(whole.quantize(4), "PNG"), red),
        "grey": (saved(whole.convert("L"), "PNG"), grey),
        "grey of 16 bits": (saved(deep, "PNG"), grey),
        "grey of 16 bits in a tiff": (saved(deep, "TIFF"), grey),
        "black and white": (saved(whole.convert("1", dither=Image.Dither.NONE), "TIFF", compression="group4"), (0, 0, 0)),
        "transparent where it is white": (saved(clear, "PNG"), red),
        "transparent grey": (saved(whole.convert("LA"), "PNG"), grey),
        "transparent webp": (saved(clear, "WEBP", lossless=True), red),
    }


def _deep(image: Image.Image) -> bytes:
    octets = image.convert("L").tobytes()
    return bytes(octet for value in octets for octet in (value, value))


def statements(mark: str) -> dict[str, bytes]:
    """Return images that say the mark of themselves, in each place where programs put words."""
    text, small = PngImagePlugin.PngInfo(), Image.new("L", (80, 80))
    text.add_itxt("Title", mark, zip=True)
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:title><rdf:li>{mark}</rdf:li></dc:title></x:xmpmeta>'.encode()
    comment = Image.Exif()
    comment.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + mark.encode("utf-16-be")
    title = Image.Exif()
    title[0x9C9B] = mark.encode("utf-16-le") + b"\0\0"
    iptc = b"\x1c\x02\x78" + struct.pack(">H", len(mark.encode())) + mark.encode()
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    block = b"Photoshop 3.0\0" + resource
    jpeg = saved(small, "JPEG")
    described = b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
    return {
        "text of a PNG": saved(small, "PNG", pnginfo=text),
        "text in another chunk of a PNG": saved(small, "PNG", pnginfo=_plain_text(mark)),
        "comment in UTF-8": saved(small, "JPEG", comment=mark.encode()),
        "comment in GBK": saved(small, "JPEG", comment=mark.encode("gbk")),
        "EXIF comment": saved(small, "JPEG", exif=comment),
        "EXIF title of Windows": saved(small, "JPEG", exif=title),
        "EXIF of a PNG": saved(small, "PNG", exif=title),
        "EXIF of a WEBP": saved(small, "WEBP", exif=title),
        "XMP of a JPEG": saved(small, "JPEG", xmp=packet),
        "XMP of a WEBP": saved(small, "WEBP", xmp=packet),
        "tag of a TIFF": saved(small, "TIFF", tiffinfo={270: mark.encode()}),
        "XMP of a TIFF": saved(small, "TIFF", tiffinfo={700: packet}),
        "IPTC": jpeg[:2] + described + jpeg[2:],
    }


def _plain_text(mark: str) -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    text.add(b"tEXt", b"Comment\0" + mark.encode())  # in UTF-8, though the format says Latin-1: what programs do
    return text


@functools.cache
def documents() -> dict[str, bytes]:
    """Return the beginnings, or the whole, of documents of other formats."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("a.txt", "a")
    return {
        "pdf": b"%PDF-1.7\n" + bytes(80),
        "zip": out.getvalue(),
        "old office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(80),
        "rar": b"Rar!\x1a\x07\x01\0" + bytes(80),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(80),
    }
