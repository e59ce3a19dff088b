"""Scans and photos as image files: what they say about themselves is read here, what they show is for the eyes.

Pillow's decoders run here only, in a process to be lost; no more than pixels goes on from it.
"""

import io
import math
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from mmap import mmap
from typing import Any, Final

from PIL import BmpImagePlugin, Image, ImageStat, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

from archive.reading.frames import MAXIMUM_PIXELS, MAXIMUM_SIDE, Frame
from archive.reading.image_bytes import MAXIMUM_IMAGES, Kind, kind_of, spans
from archive.reading.image_words import Words
from archive.reading.nested import Nest
from archive.reading.reading import Page, Picture, Reading
from schemas.problems import Problem, ProblemType

LEAST_DOTS: Final = 150
MOST_DOTS: Final = 200
"""Dots an inch between which pages are drawn: fewer hide strokes, more cost time and show nothing new."""

PAPER: Final = (8.27, 11.69)
"""A4 in inches, which an image is taken for that does not credibly say its size."""

_MOST_ENLARGED: Final = 2
_ROOT_TWO: Final = math.sqrt(2)
_TALL: Final = 2 * _ROOT_TWO
_OVERLAP: Final = 0.05
_MAXIMUM_PHOTO: Final = 3 * MAXIMUM_PIXELS
_MAXIMUM_TRIED: Final = 10 * MAXIMUM_PIXELS
_SCREEN: Final = 100
_CREDIBLE_DOTS: Final = 1250
_CREDIBLE_SIDE: Final = (3.0, 17.6)
_BRIGHT: Final = 170
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING: Final = (5, 6, 7, 8)
_DECODERS: Final[dict[Kind, type[ImageFile]]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
}
# what the decoders raise on files that are not what they say
_BROKEN: Final = (
    OSError, SyntaxError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class _Piece:
    """What one page shows: the upright image `frame` of `span`, `width` wide, from `top` to `bottom`; `dots` are its own."""

    span: tuple[int, int]
    frame: int
    width: int
    top: int
    bottom: int
    dots: int


def read(content: mmap | bytes, nest: Nest) -> Reading:  # noqa: ARG001 - the shape of all readers; nothing lies in an image
    """Read an image file (PNG, JPEG, TIFF of up to 100 pages, BMP, WEBP): a picture page for each image.

    One that is much taller than a sheet (a long screenshot) becomes several pages. What the file says about itself is in
    `properties`. Raises Problem FORMAT_NOT_INSPECTABLE (no such image, a moving one, something behind or in it),
    DOCUMENT_CUT_SHORT, DOCUMENT_BROKEN, DOCUMENT_BOMB, TOO_MANY_PAGES, DOCUMENT_TOO_COMPLEX.
    """
    words = Words()
    pages = tuple(Page(number, (), Picture("scan", piece.dots)) for number, piece in enumerate(_pieces(content, words), 1))
    return Reading(format="image", pages=pages, properties=words.properties)


def frames(content: mmap | bytes, pages: Sequence[int], path: str) -> Iterator[Frame]:
    """Draw the wanted pages of `read`, upright, colours over white, at 150 to 200 dots an inch; one at a time in memory.

    Raises what `read` raises; a number that it has no page for is passed over.
    """
    pieces = _pieces(content, None)
    kind = kind_of(content[:16])
    for number in pages:
        if 0 < number <= len(pieces):
            piece = pieces[number - 1]
            with refusing():
                image = _open(content, kind, piece.span)
                if piece.frame:
                    image.seek(piece.frame)
                frame = _frame(_upright(_decoded(image, piece.dots)), piece, path, number)
            yield frame


def count(content: mmap | bytes) -> int:
    """Return how many pages `read` gives, without decoding them. Raises what it raises."""
    return len(_pieces(content, None))


def _pieces(content: mmap | bytes, words: Words | None) -> list[_Piece]:
    """Return the pages of the file; with `words` every image is decoded as well, and what they say is taken."""
    kind = kind_of(content[:16])
    pieces: list[_Piece] = []
    tried = 0
    for span in spans(content, kind):
        with refusing():
            image = _open(content, kind, span)
            for frame in range(_count(image)):
                if frame:
                    image.seek(frame)
                tried += _bounded(image)
                pieces += _smaller(_cut(image, span, frame), pieces[0]) if kind == "jpeg" and pieces else _cut(image, span, frame)
                if len(pieces) > MAXIMUM_IMAGES:
                    raise Problem(ProblemType.TOO_MANY_PAGES, f"more than {MAXIMUM_IMAGES} images")
                if words is not None:
                    if tried <= _MAXIMUM_TRIED:
                        _decoded(image, 0)
                    words.take(image)
    return pieces


def _smaller(cut: list[_Piece], photo: _Piece) -> list[_Piece]:
    """Return the page of a smaller copy behind a photo: it shows the same paper, and is not refused for its few dots."""
    return [replace(cut[0], bottom=cut[-1].bottom, dots=max(cut[0].dots, photo.dots))]


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what decoders raise into Problems: DOCUMENT_BROKEN, DOCUMENT_CUT_SHORT, DOCUMENT_BOMB."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow says of a broken EXIF block nobody would hear
            yield
    except (MemoryError, RecursionError) as error:
        raise Problem(ProblemType.DOCUMENT_BOMB, type(error).__name__) from error
    except _BROKEN as error:
        short = "truncated" in str(error) or isinstance(error, EOFError)
        raise Problem(ProblemType.DOCUMENT_CUT_SHORT if short else ProblemType.DOCUMENT_BROKEN, type(error).__name__) from error


def _open(content: mmap | bytes, kind: Kind, span: tuple[int, int]) -> Any:
    """Open an image without decoding it; the class of its kind, for Pillow's own choice may fall on another one."""
    whole = content if isinstance(content, bytes) and span == (0, len(content)) else content[span[0] : span[1]]
    return _DECODERS[kind](io.BytesIO(whole))


def _count(image: Any) -> int:
    count = getattr(image, "n_frames", 1)
    if count > 1 and not isinstance(image, TiffImagePlugin.TiffImageFile):
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "a moving picture")
    if count > MAXIMUM_IMAGES:
        raise Problem(ProblemType.TOO_MANY_PAGES, f"more than {MAXIMUM_IMAGES} images")
    return int(count)


def _bounded(image: Any) -> int:
    """Return the pixels of the image. Raises Problem DOCUMENT_BOMB for more than are ever decoded."""
    width, height = image.size
    # of a JPEG every second pixel can be decoded alone, which large phone photos need
    most = _MAXIMUM_PHOTO if isinstance(image, JpegImagePlugin.JpegImageFile) else MAXIMUM_PIXELS
    if not 0 < width * height <= most:
        raise Problem(ProblemType.DOCUMENT_BOMB, f"an image of more than {most} pixels")
    return int(width * height)


def _cut(image: Any, span: tuple[int, int], frame: int) -> list[_Piece]:
    width, height = image.size
    if _orientation(image) in _LYING and not isinstance(image, TiffImagePlugin.TiffImageFile):  # whose size is the upright one
        width, height = height, width
    dots = _dots(image, width, height)
    if height <= _TALL * width:
        return [_Piece(span, frame, width, 0, height, dots)]
    sheet, step = round(width * _ROOT_TWO), round(width * (_ROOT_TWO - _OVERLAP))
    tops = range(0, max(1, height - sheet + step), max(1, step))
    return [_Piece(span, frame, width, top, min(height, top + sheet), dots) for top in tops if top < height]


def _dots(image: Any, width: int, height: int) -> int:
    """Return the dots an inch: the file's own where they give a sheet of paper, else those of an A4 page of this width.

    Programs write 72 or 96 where they mean a screen and not a paper.
    """
    try:
        across, down = (float(dots) for dots in image.info.get("dpi", (0, 0)))
    except (TypeError, ValueError, ArithmeticError):
        across = down = 0.0
    if _SCREEN < across <= _CREDIBLE_DOTS and _SCREEN < down <= _CREDIBLE_DOTS:
        longer = max(width, height) / max(across, down)
        if _CREDIBLE_SIDE[0] <= longer <= _CREDIBLE_SIDE[1]:
            return round(min(across, down))
    return round(width / PAPER[width > height])


def _orientation(image: Any) -> int:
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) else 1


def _decoded(image: Any, dots: int) -> Any:
    """Decode the image, a large JPEG only as far as is needed for `dots` (0: to learn that it is whole)."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        width, height = image.size
        share = MOST_DOTS / dots if dots > MOST_DOTS else 1.0
        if width * height > MAXIMUM_PIXELS:
            share = min(share, 0.5)
        if not dots:
            share = 0.01
        image.draft("", (max(1, math.ceil(width * share)), max(1, math.ceil(height * share))))
    image.load()
    return image


def upright(image: Any) -> Image.Image:
    """Return a decoded image as it is to be seen, turned and in red, green, blue; what shines through keeps its transparency."""
    turn = _TURNS.get(_orientation(image))
    if image.mode.startswith("I") or image.mode == "F":
        image = _levelled(image)
    turned: Image.Image = image if turn is None else image.transpose(turn)
    return turned.convert("RGBA" if image.has_transparency_data else "RGB")


def _upright(image: Any) -> Image.Image:
    turn = _TURNS.get(_orientation(image))  # Pillow has turned a TIFF already, and taken the orientation away
    return _coloured(image if turn is None else image.transpose(turn))


def _coloured(image: Image.Image) -> Image.Image:
    """Return the image in red, green, blue; what is transparent over white, or over black where all that shows is bright."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _levelled(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    whole = image.convert("RGBA")
    alpha = whole.getchannel("A")
    visible = alpha.point(lambda value: 255 if value else 0)
    bright = visible.getbbox() is not None and ImageStat.Stat(whole.convert("L"), visible).mean[0] > _BRIGHT
    paper = Image.new("RGB", whole.size, (0, 0, 0) if bright else (255, 255, 255))
    paper.paste(whole, mask=alpha)
    return paper


def _levelled(image: Image.Image) -> Image.Image:
    """Return grey of more than 8 bits as grey of 8."""
    numbers = image.convert("F")
    lowest, highest = numbers.getextrema()
    ceiling = 65535.0 if image.mode != "F" and float(highest) > 255 else max(1.0, float(highest))  # type: ignore[arg-type]  # noqa: PLR2004
    floor = min(0.0, float(lowest))  # type: ignore[arg-type]
    return numbers.point(lambda value: value * (255 / (ceiling - floor)) - floor * 255 / (ceiling - floor)).convert("L")


def _frame(image: Image.Image, piece: _Piece, path: str, number: int) -> Frame:
    """Cut the page out of the upright image, which may have been decoded smaller, and bring it to the wanted dots."""
    decoded = image.width / piece.width
    upper, lower = (min(image.height, round(edge * decoded)) for edge in (piece.top, piece.bottom))
    if (upper, lower) != (0, image.height):
        image = image.crop((0, upper, image.width, lower))
    width, height, dots = drawn_size(piece.width, piece.bottom - piece.top, piece.dots)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.LANCZOS if width > image.width else Image.Resampling.BOX)
    return Frame(path, number, width, height, dots, image.tobytes())


def drawn_size(width: int, height: int, dots: int) -> tuple[int, int, int]:
    """Return width, height and dots in which an image of these is drawn: 150 to 200 dots, and within the bounds of a frame."""
    wanted = min(max(dots, LEAST_DOTS), MOST_DOTS, _MOST_ENLARGED * dots)
    scale = min(wanted / max(1, dots), MAXIMUM_SIDE / max(width, height), math.sqrt(MAXIMUM_PIXELS / (width * height)))
    return max(1, int(width * scale)), max(1, int(height * scale)), round(dots * scale)
