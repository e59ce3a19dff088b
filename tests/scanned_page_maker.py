"""Makes PDFs that are scans: one image over a page, packed in each way in which scanners pack it."""

import io
import struct
import zlib
from typing import Final

import paper_maker
from PIL import Image, ImageOps

SIZE: Final = (1240, 1754)
"""Pixels of A4 at 150 dots an inch."""


def sheet(size: tuple[int, int] = SIZE) -> Image.Image:
    """Return a white sheet with a black bar at its upper left."""
    image = Image.new("1", size, 1)
    image.paste(0, (size[0] // 10, size[1] // 20, size[0] // 2, size[1] // 10))
    return image


def scan(image: Image.Image, packing: str = "flate", *, on_page: bytes = b"", box: bytes = b"0 0 595 842", over: bytes = b"") -> bytes:
    """Return a PDF whose one page the image covers; `over` is drawn on it."""
    packed, extra = _PACKINGS[packing](image)
    kind = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % image.size
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R%s>>" % (box, on_page)
    left, bottom, right, top = (int(side) for side in box.split())
    content = b"q %d 0 0 %d %d %d cm /X Do Q" % (right - left, top - bottom, left, bottom)
    return paper_maker.raw(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            paper_maker.PAGES,
            page,
            paper_maker.stream(content + over),
            paper_maker.stream(packed, kind + extra),
        ]
    )


def _flate(image: Image.Image) -> tuple[bytes, bytes]:
    return zlib.compress(image.convert("L").tobytes()), b"/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"


def _jpeg(image: Image.Image) -> tuple[bytes, bytes]:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG")
    return out.getvalue(), b"/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"


def _jpeg_2000(image: Image.Image) -> tuple[bytes, bytes]:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG2000")
    return out.getvalue(), b"/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/JPXDecode"


def _group_4(image: Image.Image) -> bytes:
    """Return the rows as a fax has them, black runs for black."""
    out = io.BytesIO()
    ImageOps.invert(image.convert("L")).convert("1").save(out, "TIFF", compression="group4", tiffinfo={278: image.height})
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        start, size = tiff.tag_v2[273][0], tiff.tag_v2[279][0]
    return out.getvalue()[start : start + size]


def _fax(image: Image.Image) -> tuple[bytes, bytes]:
    extra = b"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d>>" % image.size
    return _group_4(image), extra


def _jbig2(image: Image.Image) -> tuple[bytes, bytes]:
    """Pack the image as one generic region whose rows are those of a fax (MMR), without a file head, as PDF has it."""
    page = struct.pack(">IIIIBH", *image.size, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", *image.size, 0, 0, 0, 1) + _group_4(image)
    segments = struct.pack(">IBBBI", 0, 48, 0, 1, len(page)) + page + struct.pack(">IBBBI", 1, 38, 0, 1, len(region)) + region
    return segments, b"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode"


_PACKINGS: Final = {"flate": _flate, "jpeg": _jpeg, "JPEG 2000": _jpeg_2000, "fax": _fax, "JBIG2": _jbig2}
PACKINGS: Final = tuple(_PACKINGS)
