"""Large words across a page, level or aslant, that lie under or over its text: a watermark is no line, and lines hide it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from archive.reading.eyes.colour import Pixels
from archive.reading.eyes.montage import Quad
from archive.reading.eyes.sight import Sight

DOTS: Final = 30
"""Dots an inch in which these are looked for."""

LEAST: Final = 20.0
"""Pixels at `DOTS` of the height of such words: 17 millimetres."""

SEEMING: Final = 75
"""Dots an inch for which the small page is passed off, so that it is looked at as it is."""

_THIN: Final = 5
"""Pixels at twice `DOTS`, two millimetres: strokes of ordinary text are thinner and are wiped out."""

_FAINTEST: Final = 12
"""Of 255: paler ink is the paper's own unevenness."""

_ANGLES: Final = (0, 45)
_PAPER: Final = 255


@dataclass(frozen=True)
class View:
    """A page made small and turned; `back` leads from its pixels to those of the page."""

    sight: Sight
    back: NDArray[np.float64]

    def box(self, quad: Quad, page: Sight) -> Quad:
        """Return a square on the page around the middle of what stands here, as high as that is."""
        corners = np.asarray(quad, np.float64)
        middle = self.back @ np.append(corners.mean(axis=0), 1.0)
        half = LEAST / DOTS * page.dots / 2
        left, upper = middle[0] - half, middle[1] - half
        right, lower = middle[0] + half, middle[1] + half
        return np.asarray([[left, upper], [right, upper], [right, lower], [left, lower]], np.float32)


def views(page: Sight) -> Iterator[View]:
    """Give the page as it is looked at for large words, level and turned by an eighth; nothing where it bears none."""
    scale = DOTS / page.dots
    height, width = page.grey.shape
    size = (max(32, round(width * scale)), max(32, round(height * scale)))
    thick = cv2.resize(page.grey, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_AREA)
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((_THIN, _THIN), np.uint8))
    ink = _PAPER - cv2.resize(thick, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    ink -= np.median(ink)
    darkest = float(np.percentile(ink, 99.5))
    if darkest < _FAINTEST:
        return
    small = (_PAPER - np.clip(ink * (_PAPER / darkest), 0, _PAPER)).astype(np.uint8)
    for angle in _ANGLES:
        turned, back = _turned(small, angle)
        yield View(replace(page, grey=turned, clear=None, dots=SEEMING), back / scale)


def _turned(small: Pixels, angle: int) -> tuple[Pixels, NDArray[np.float64]]:
    """Return the page turned by so many degrees, whole, and what leads back."""
    rows, columns = small.shape
    there = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1.0)
    across = round(rows * abs(there[0, 1]) + columns * abs(there[0, 0]))
    down = round(rows * abs(there[0, 0]) + columns * abs(there[0, 1]))
    there[:, 2] += ((across - columns) / 2, (down - rows) / 2)
    turned = cv2.warpAffine(small, there, (across, down), borderValue=_PAPER).astype(np.uint8)
    return turned, np.asarray(cv2.invertAffineTransform(there), np.float64)
