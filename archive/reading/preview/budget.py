"""How much a preview may hold in all, whatever kind of document it shows."""

import time
from typing import Final

from archive.reading.preview.shapes import Left

OBJECTS: Final = 30_000
CHARACTERS: Final = 400_000
OUTLINES: Final = 3_000_000
"""Shapes, characters, and characters of outlines."""

SECONDS: Final = 6.0
"""Processor time after which no further page is begun: those that are drawn are shown, and the rest are asked for anew."""


class Budget:
    """Counts down; what no longer fits is `left_out`."""

    def __init__(self) -> None:
        """Begin with everything."""
        self.left_out: dict[Left, None] = {}
        self._begun = time.process_time()
        self._objects, self._characters, self._outlines = OBJECTS, CHARACTERS, OUTLINES

    @property
    def is_late(self) -> bool:
        """Say whether the piece should end with the pages that it has."""
        return time.process_time() - self._begun > SECONDS

    def leave(self, what: Left) -> None:
        """Note that something is missing."""
        self.left_out[what] = None

    def take_object(self) -> bool:
        """Count a shape; False when there is no room for it."""
        self._objects -= 1
        if self._objects < 0:
            self.leave("objects")
        return self._objects >= 0

    def words(self, text: str) -> str:
        """Return a text, or what of it fits."""
        if len(text) > self._characters:
            self.leave("text")
            text = text[: max(0, self._characters)]
        self._characters -= len(text)
        return text

    def outline(self, text: str) -> str:
        """Return the steps of an outline, nothing where they do not fit."""
        if len(text) > self._outlines:
            self.leave("objects")
            return ""
        self._outlines -= len(text)
        return text

    @property
    def is_spent(self) -> bool:
        """Say whether nothing more is worth reading."""
        return self._objects <= 0 or self._characters <= 0
