"""A line of text cut out of its page and laid straight, ready to be read."""

import itertools
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from archive.reading.eyes.colour import Pixels
from archive.reading.eyes.montage import Quad

Boxes = NDArray[np.float64]
"""Left, upper, right and lower edge, a row a line."""

_TALL: Final = 1.6
_LARGEST: Final = 96
"""Height to which a strip is shrunk while it is cut: the model takes half of it."""


def extent(quad: Quad) -> tuple[float, float]:
    """Return width and height of a line along its own edges."""
    across = max(_length(quad[0], quad[1]), _length(quad[3], quad[2]))
    down = max(_length(quad[0], quad[3]), _length(quad[1], quad[2]))
    return across, down


def is_tall(quad: Quad) -> bool:
    """Say whether a line runs downwards: written so, or on a page that lies on its side."""
    across, down = extent(quad)
    return down > _TALL * across


def cut(page: Pixels, quad: Quad) -> Pixels:
    """Return the line, straight; one that runs downwards stays upright."""
    across, down = extent(quad)
    shrink = min(1.0, _LARGEST / max(1.0, min(across, down)))
    width, height = max(4, round(across * shrink)), max(4, round(down * shrink))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def side_by_side(strip: Pixels, more: int = 0) -> Pixels:
    """Return a strip that runs downwards as one that runs to the right: its squares, or so many `more`, from the top, side by side."""
    height, width = strip.shape
    count = max(1, round(height / width)) + more
    edges = np.linspace(0, height, count + 1).round().astype(int)
    squares = [cv2.resize(strip[upper:lower], (width, width)) for upper, lower in itertools.pairwise(edges)]
    return np.hstack(squares).astype(np.uint8)


def box(quad: Quad) -> tuple[float, float, float, float]:
    """Return the upright box around a line: left, upper, right, lower."""
    left, upper = quad.min(axis=0)
    right, lower = quad.max(axis=0)
    return float(left), float(upper), float(right), float(lower)


def boxes(quads: Sequence[Quad]) -> Boxes:
    """Return the upright boxes around lines, a row each."""
    return np.array([box(quad) for quad in quads], np.float64).reshape(-1, 4)


def overlaps(one: Quad, others: Boxes) -> NDArray[np.float64]:
    """Return for each of these boxes how much of the smaller one a line's own and it share, 0 to 1."""
    left, upper, right, lower = box(one)
    a, b, c, d = others.T
    shared = np.maximum(0.0, np.minimum(right, c) - np.maximum(left, a)) * np.maximum(0.0, np.minimum(lower, d) - np.maximum(upper, b))
    smaller = np.minimum((right - left) * (lower - upper), (c - a) * (d - b))
    return np.asarray(shared / np.maximum(1.0, smaller), np.float64)


def _length(start: Quad, end: Quad) -> float:
    return float(np.hypot(*(end - start)))
