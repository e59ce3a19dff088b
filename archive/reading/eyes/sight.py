"""A page made ready to be looked at: grey, even, and, where it bears red ink, once more without it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from archive.reading.eyes import colour
from archive.reading.eyes.colour import Pixels
from archive.reading.frames import Frame

HEAD: Final = 0.34
"""Share of the page in which heads are looked at: the head zone of 30 % and what a skewed page moves out of it."""

LONGEST: Final = 3400
"""Pixels of the longer side kept, 200 dots an inch on A3: more would only cost memory."""

_A4_LENGTH: Final = 11.7


@dataclass(frozen=True)
class Sight:
    """A page in grey at `dots` per inch; `clear` is the same without its red ink, None where it bears none."""

    path: str
    page: int
    dots: int
    grey: Pixels
    clear: Pixels | None = None


def prepared(frame: Frame) -> Sight:
    """Return a frame as it is looked at."""
    pixels: colour.Pixels = np.frombuffer(frame.pixels, np.uint8).reshape(frame.height, frame.width, 3)
    longer = max(frame.width, frame.height)
    dots = frame.dots or round(longer / _A4_LENGTH)
    if longer > LONGEST:
        shrink = LONGEST / longer
        size = (max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        dots = round(dots * shrink)
    grey = colour.evened(colour.grey(pixels))
    clear = colour.evened(colour.without_red(pixels)) if colour.has_red_ink(pixels) else None
    return Sight(frame.path, frame.page, max(1, dots), grey, clear)


def turned(sight: Sight, quarters: int) -> Sight:
    """Return the page turned anticlockwise by so many quarters."""
    grey = np.ascontiguousarray(np.rot90(sight.grey, quarters))
    clear = None if sight.clear is None else np.ascontiguousarray(np.rot90(sight.clear, quarters))
    return Sight(sight.path, sight.page, sight.dots, grey, clear)


def head(sight: Sight) -> Sight:
    """Return the upper part alone, which is where its `y` begins too; without a second view where that part bears no red."""
    rows = max(1, round(sight.grey.shape[0] * HEAD))
    clear = None if sight.clear is None else sight.clear[:rows]
    red = clear is not None and colour.differs(sight.grey[:rows], clear)
    return Sight(sight.path, sight.page, sight.dots, sight.grey[:rows], clear if red else None)
