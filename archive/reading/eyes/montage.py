"""Several pictures on one sheet, so that one detection finds the lines of all: small there, and cut out large afterwards."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from archive.reading.eyes.colour import Pixels

Quad = NDArray[np.float32]
"""Four corners (x, y) of a line, clockwise from its upper left."""

DOTS: Final = 75
"""Per inch, at which lines are looked for; measured: nothing more is found at 90 or 110, and 60 finds as much."""

SHEET: Final = 700_000
"""Pixels of one sheet: what bounds the memory of a detection."""

_GAP: Final = 16
_PAPER: Final = 250
_ALIGNED: Final = 32


@dataclass(frozen=True)
class Piece:
    """A grey picture, drawn at `dots` per inch, on its way to a sheet."""

    picture: Pixels
    dots: int

    @property
    def scale(self) -> float:
        """What makes it small enough for detection."""
        height, width = self.picture.shape
        most = math.sqrt(SHEET / (height * width))
        return min(1.0, DOTS / self.dots, most)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height on the sheet."""
        height, width = self.picture.shape
        return max(1, round(width * self.scale)), max(1, round(height * self.scale))


def sheets(pieces: Sequence[Piece]) -> list[list[int]]:
    """Return which pieces share a sheet: neighbours, one below the other, as many as it holds."""
    shared: list[list[int]] = []
    for index in range(len(pieces)):
        there = [*shared[-1], index] if shared else []
        width = max((pieces[one].size[0] for one in there), default=0)
        height = sum(pieces[one].size[1] + _GAP for one in there)
        if there and width * height <= SHEET:
            shared[-1] = there
        else:
            shared.append([index])
    return shared


def laid(pieces: Sequence[Piece]) -> Pixels:
    """Return the sheet with these pieces one below the other."""
    width = max(piece.size[0] for piece in pieces)
    height = sum(piece.size[1] + _GAP for piece in pieces)
    sheet = np.full((_up(height), _up(width)), _PAPER, np.uint8)
    top = 0
    for piece in pieces:
        across, down = piece.size
        sheet[top : top + down, :across] = cv2.resize(piece.picture, (across, down), interpolation=cv2.INTER_AREA)
        top += down + _GAP
    return sheet


def lifted(pieces: Sequence[Piece], quads: Sequence[Quad]) -> list[list[Quad]]:
    """Return for each piece the lines found on it, in its own pixels; a line belongs where its middle lies."""
    mine: list[list[Quad]] = [[] for _ in pieces]
    tops = np.cumsum([0, *(piece.size[1] + _GAP for piece in pieces)])
    for quad in quads:
        index = int(np.searchsorted(tops, float(quad[:, 1].mean()), side="right")) - 1
        if index >= len(pieces):
            continue
        piece = pieces[index]
        height, width = piece.picture.shape
        own = (quad - np.array([0, tops[index]], np.float32)) / np.float32(piece.scale)
        mine[index].append(np.clip(own, 0, [width, height]).astype(np.float32))
    return mine


def _up(length: int) -> int:
    return -(-length // _ALIGNED) * _ALIGNED
