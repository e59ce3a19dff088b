"""Pages of an image file as pictures, for those that browsers do not show."""

from mmap import mmap
from typing import Final

from PIL import Image as Pixels

from archive.reading import image
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.shapes import Drawn, Image, Preview

PAGES: Final = 5
"""Pages of one preview: the first is there soon, further ones are asked for as one goes on."""

_INCH: Final = 25.4
_LONGEST: Final = 1800


def preview(content: bytes | mmap, first: int) -> Preview:
    """Draw pages from number `first` on. Raises what `image.read` raises."""
    album, budget = Album(), Budget()
    drawn: list[Drawn] = []
    total = image.count(content)
    for frame in image.frames(content, range(first, min(total, first + PAGES - 1) + 1), ""):
        found = album.draw(Pixels.frombytes("RGB", (frame.width, frame.height), bytes(frame.pixels)), _LONGEST)
        width, height = frame.width / frame.dots * _INCH, frame.height / frame.dots * _INCH
        marks = (Image(found, (width, 0.0, 0.0, height, 0.0, 0.0)),) if found >= 0 else ()
        drawn.append(Drawn(frame.page, round(width, 2), round(height, 2), marks))
        if budget.is_late:
            break
    return Preview(
        kind="image", sheets=tuple(drawn), pictures=tuple(album.pictures), first=first, total=total, left_out=tuple(album.left_out)
    )
