"""The pictures of a preview: decoded here, made smaller, and written anew, so that no byte of a stranger's image goes further."""

import hashlib
import io
import warnings
from collections.abc import Callable
from typing import Final

from PIL import Image as Pixels

from archive.reading import image, pixels
from archive.reading.frames import MAXIMUM_PIXELS
from archive.reading.image import refusing
from archive.reading.image_bytes import kind_of
from archive.reading.preview.shapes import Left, Picture
from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 200
"""Pictures of one preview."""

MAXIMUM_BYTES: Final = 6 << 20
"""Bytes of all pictures of one preview, as they are sent."""

LONGEST_SIDE: Final = 1600
_SMALL_PALETTE: Final = 200
_QUALITY: Final = 80
_SAMPLE: Final = (400, 400)


class Album:
    """Takes pictures in, each once, within bounds; what does not fit is `left_out`."""

    def __init__(self) -> None:
        """Begin with none."""
        self.pictures: list[Picture] = []
        self.left_out: dict[Left, None] = {}
        self._bytes = 0
        self._known: dict[bytes, int] = {}

    def take(self, content: bytes) -> int:
        """Return the number of a picture, -1 for one that cannot be drawn: another kind, broken, too large, one too many."""
        key = hashlib.sha256(content).digest()
        if key not in self._known:
            self._known[key] = self._add(lambda: _decoded(content), "drawings")
        return self._known[key]

    def draw(self, drawn: Pixels.Image, longest: int = LONGEST_SIDE) -> int:
        """Return the number of pixels that were decoded already; -1 when there is no more room."""
        return self._add(lambda: drawn, "pictures", longest)

    def _add(self, decoded: Callable[[], Pixels.Image], otherwise: Left, longest: int = LONGEST_SIDE) -> int:
        if len(self.pictures) >= MAXIMUM or self._bytes >= MAXIMUM_BYTES:
            self.left_out["pictures"] = None
            return -1
        try:
            picture = _written(decoded(), longest)
        except Problem:
            self.left_out[otherwise] = None
            return -1
        if self._bytes + len(picture.content) > MAXIMUM_BYTES:
            self.left_out["pictures"] = None
            return -1
        self._bytes += len(picture.content)
        self.pictures.append(picture)
        return len(self.pictures) - 1


def _decoded(content: bytes) -> Pixels.Image:
    """Decode a picture no larger than it will be shown. Raises Problem for what cannot be shown."""
    kind_of(content[:16])
    with refusing(), warnings.catch_warnings(), pixels.opened(content) as opened:
        warnings.simplefilter("ignore")
        if opened.width * opened.height > MAXIMUM_PIXELS:
            raise Problem(ProblemType.DOCUMENT_BOMB, "an image of too many pixels")
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        return image.upright(opened)


def _written(drawn: Pixels.Image, longest: int) -> Picture:
    """Write a picture: few colours and what shines through as PNG, photos as JPEG."""
    with refusing():
        if max(drawn.size) > longest:
            share = longest / max(drawn.size)
            drawn = drawn.resize((max(1, round(drawn.width * share)), max(1, round(drawn.height * share))), Pixels.Resampling.BOX)
        out = io.BytesIO()
        if drawn.mode == "RGBA" and drawn.getchannel("A").getextrema() == (255, 255):
            drawn = drawn.convert("RGB")
        if drawn.mode == "RGBA":
            drawn.quantize(256).save(out, "PNG")
        elif _is_plain(drawn):
            _least(drawn).save(out, "PNG")
        else:
            drawn.convert("RGB").save(out, "JPEG", quality=_QUALITY)
            return Picture("jpeg", drawn.width, drawn.height, out.getvalue())
        return Picture("png", drawn.width, drawn.height, out.getvalue())


def _is_plain(drawn: Pixels.Image) -> bool:
    """Say whether a picture has few colours, as drawings and black-and-white scans have."""
    sample = drawn.convert("RGB").resize(_SAMPLE, Pixels.Resampling.NEAREST)
    return sample.getcolors(_SMALL_PALETTE) is not None


def _least(drawn: Pixels.Image) -> Pixels.Image:
    """Return a picture with as few bits as it needs."""
    whole = drawn.convert("RGB")
    colours = whole.getcolors(_SMALL_PALETTE)
    if colours is None:
        return whole.quantize(64, dither=Pixels.Dither.NONE)
    if {colour for _, colour in colours} <= {(0, 0, 0), (255, 255, 255)}:
        return whole.convert("1", dither=Pixels.Dither.NONE)
    return whole.quantize(len(colours), dither=Pixels.Dither.NONE)
