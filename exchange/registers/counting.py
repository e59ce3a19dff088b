"""How many pages 页数 an item has: of its main document and attachments, where every one of them is a file that has pages."""

from collections.abc import Mapping
from typing import Final

from archive.reading.reading import Reading
from schemas.messages import Submission
from schemas.words import DocumentRole

_PAGED: Final = frozenset({"pdf", "ofd", "image"})
"""A text, a sheet or a slide show has as many pages as the printer makes of it: nothing is said of them."""
_COUNTED: Final = frozenset({DocumentRole.MAIN, DocumentRole.ATTACHMENT})


def pages_of(message: Submission, readings: Mapping[str, Reading]) -> int | None:
    """Return how many pages the item has on paper, None where its files do not tell."""
    counted = [readings.get(document.name) for document in message.documents if document.role in _COUNTED]
    if not all(reading is not None and reading.format in _PAGED and reading.pages for reading in counted):
        return None
    return sum(len(reading.pages) for reading in counted if reading is not None) or None
