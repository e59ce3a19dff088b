"""Pages of a PDF as pixels, for the eyes."""

import ctypes
import math
from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from archive.reading import objects, pdf_picture
from archive.reading.frames import MAXIMUM_PIXELS, MAXIMUM_SIDE, Frame
from archive.reading.reading import Reason
from schemas.problems import Problem, ProblemType

_WHITE: Final = 0xFFFFFFFF
_HALF: Final = 0.5


def frames(content: mmap | bytes, pages: Sequence[int], path: str) -> Iterator[Frame]:
    """Draw the wanted pages (numbers from 1; others are passed over) as they are read, turned, one at a time in memory.

    Annotations and fields are drawn as far as a reader shows them, and nothing that they cover is lost: where both differ the
    darker one stands. Raises Problem DOCUMENT_BROKEN, DOCUMENT_BOMB.
    """
    try:
        document = opened(content)
    except pypdfium2.PdfiumError as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "it cannot be drawn") from error
    try:
        count = len(document)
        for number in pages:
            if 0 < number <= count:
                yield _frame(document, number, path)
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "it cannot be drawn") from error
    except MemoryError as error:
        raise Problem(ProblemType.DOCUMENT_BOMB, "it cannot be drawn") from error
    finally:
        document.close()


def opened(content: mmap | bytes, end: int = 0) -> pypdfium2.PdfDocument:
    """Open a document, or its version that ends there, in place: a part may be 200 MiB, and the process has 1 GiB."""
    if isinstance(content, bytes):
        return pypdfium2.PdfDocument(content[:end] if end else content)
    return pypdfium2.PdfDocument((ctypes.c_ubyte * (end or len(content))).from_buffer(content))


def _frame(document: pypdfium2.PdfDocument, number: int, path: str) -> Frame:
    page = document[number - 1]
    try:
        drawn = objects.look(page)
        reason: Reason | None = "scan" if drawn.pictures > _HALF or (drawn.pictures and not drawn.texts) else None
        scale, dots = pdf_picture.scale_of(page, reason, drawn)
        wide, high = page.get_size()
        bound = min(scale, MAXIMUM_SIDE / max(wide, high), math.sqrt(MAXIMUM_PIXELS / (wide * high)))
        width, height = max(1, int(wide * bound)), max(1, int(high * bound))
        pixels = _pixels(page, width, height)
        # fields are drawn by this alone; hidden ones are not
        if pdfium.FPDFPage_GetAnnotCount(page) and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
            page.close()
            page = document[number - 1]
            shown = _pixels(page, width, height)
            images = (Image.frombuffer("RGB", (width, height), each, "raw", "RGB", 0, 1) for each in (pixels, shown))
            pixels = bytearray(ImageChops.darker(*images).tobytes())
    finally:
        page.close()
    return Frame(path, number, width, height, round(dots * bound / scale), pixels)


def _pixels(page: Any, width: int, height: int) -> bytearray:
    pixels = bytearray(b"\xff") * (width * height * 3)
    buffer = (ctypes.c_ubyte * len(pixels)).from_buffer(pixels)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, ctypes.cast(buffer, ctypes.c_void_p), width * 3)
    if not bitmap:
        raise MemoryError
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
    pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_REVERSE_BYTE_ORDER)
    pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels
