"""Ink and paper: grey views of a coloured page in which the words stand out.

A red seal over a black mark hides it in plain grey; a mark printed in red vanishes where red is taken away. So a page that
has red ink is looked at both ways, and a page that has none only once.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Rows of pixels: red, green, blue, or grey alone."""

_RED_BY: Final = 45
"""Levels by which red must stand above green and blue to be ink and no shade of paper or desk."""

_RED_SHARE: Final = 0.0008
"""Of a zone; a red 密 alone, in size no. 3, covers about so much of a head zone."""

_UNEVEN: Final = 40
_PALE: Final = 120
_SMALL: Final = 96
_REMOVED: Final = 60
_DARK: Final = 130
_PAPER: Final = 250.0
_LIGHTEST_INK: Final = 200.0


def grey(page: Pixels) -> Pixels:
    """Return the page in grey; red ink is mid-grey in it, black ink black."""
    return cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def without_red(page: Pixels) -> Pixels:
    """Return the page in grey as if red ink were paper, so that black ink beneath a seal stands alone."""
    red = page[:, :, 0]
    return cv2.add(red, cv2.subtract(red, page[:, :, 1]))  # type: ignore[return-value]


def has_red_ink(page: Pixels) -> bool:
    """Say whether more of it is red than chance: red far above green and blue alike, as ink is and wood or paper is not."""
    thumbnail = page[::2, ::2]
    red, green, blue = (thumbnail[:, :, channel].astype(np.int16) for channel in range(3))
    ink = (red - np.maximum(green, blue) > _RED_BY) & (np.abs(green - blue) < 2 * _RED_BY)
    return float(ink.mean()) > _RED_SHARE


def evened(page: Pixels) -> Pixels:
    """Return a grey page with its paper white: shadows divided out, faint ink made dark; untouched when it is even and dark."""
    height, width = page.shape
    scale = _SMALL / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), 5)
    low, high = np.percentile(paper, (5, 95))
    ink = np.percentile(page[::4, ::4], 1)
    if high - low < _UNEVEN and high - ink > _PALE:
        return page
    ground = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    flat = cv2.divide(page, np.maximum(ground, 1), scale=_PAPER)
    dark = min(_LIGHTEST_INK, float(np.percentile(flat[::4, ::4], 0.5)))
    levels = np.clip((np.arange(256) - dark) * (_PAPER / (_PAPER - dark)), 0, 255).astype(np.uint8)
    return cv2.LUT(flat, levels)  # type: ignore[return-value]


def red_in(page: Pixels, clear: Pixels) -> NDArray[np.bool_]:
    """Return where the two grey views of a page differ: its red ink."""
    return cv2.subtract(clear, page) > _REMOVED


def differs(page: Pixels, clear: Pixels) -> bool:
    """Say whether that is more than chance in a part of a page."""
    return float(red_in(page[::2, ::2], clear[::2, ::2]).mean()) > _RED_SHARE


def share_of_red(page: Pixels, clear: Pixels) -> float:
    """Return how much of the ink in a part of a page is red, 0 to 1."""
    red = red_in(page, clear)
    ink = red | (page < _DARK)
    return float(red.sum() / max(1, ink.sum()))
