"""Image files inside other files, opened without decoding them: only once `image.read` has let them through."""

import io
from typing import Final

from PIL import Image

from schemas.problems import Problem, ProblemType

_KINDS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")

Image.preinit()  # a confined process could not load the decoders any more


def opened(content: bytes) -> Image.Image:
    """Return the image, to be closed by the caller. Raises Problem DOCUMENT_BROKEN."""
    try:
        return Image.open(io.BytesIO(content), formats=_KINDS)
    except (OSError, ValueError, SyntaxError) as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "a picture") from error


def size(content: bytes) -> tuple[int, int]:
    """Return width and height. Raises Problem DOCUMENT_BROKEN."""
    with opened(content) as image:
        return image.size
