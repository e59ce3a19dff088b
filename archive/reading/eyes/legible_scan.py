"""When a scan is too poor to be judged: too few dots, or words that are there and cannot be read. Pure rules."""

from collections.abc import Iterable
from typing import Final

from archive.reading.eyes.seen import Sighting
from archive.reading.reading import Reading, within
from schemas.problems import Problem, ProblemType

FEWEST_DOTS: Final = 150
"""Per inch, of a page of a PDF or OFD that is a picture."""

FEWEST_DOTS_ASSUMED: Final = 100
"""Of an image file, which may only be taken for an A4 page, and of a picture in an office document, where it may be a photograph."""

ROUNDING: Final = 0.96
"""What scanners and office programs make of a round number: 144 for 150, 96 for 100."""

KEPT: Final = 0.4
"""Certainty from which a line is kept; signatures, stamps and dirt lie below."""

_READ: Final = 0.8
"""Certainty from which a line counts as read; measured: 0.98 and more on scans at 150 dots, 0.74 where marks begin to be misread."""

_LEAST_READ: Final = 0.5
_PAGE_OF_WORDS: Final = 10
"""Lines from which a page is one of words; fewer may be a photograph's chance shapes."""

_PAGES: Final = frozenset({"pdf", "ofd"})


def require_dots(reading: Reading, pages: Iterable[tuple[str, int]]) -> None:
    """Refuse scans among these pages (path and number) that have too few dots; what nobody knows passes.

    Raises Problem SCAN_TOO_COARSE.
    """
    wanted = set(pages)
    for path, part in within(reading):
        fewest = FEWEST_DOTS if part.format in _PAGES else FEWEST_DOTS_ASSUMED
        for page in part.pages:
            if page.picture is None or page.picture.reason != "scan" or (path, page.number) not in wanted:
                continue
            if 0 < page.picture.dots < ROUNDING * fewest:
                raise Problem(ProblemType.SCAN_TOO_COARSE, f"page {page.number}: {page.picture.dots} dpi")


def require_words(sighting: Sighting) -> None:
    """Refuse a first page, looked at whole, that is full of lines of which most cannot be read. Raises Problem SCAN_ILLEGIBLE."""
    if sighting.page != 1 or not sighting.whole or len(sighting.glimpses) < _PAGE_OF_WORDS:
        return
    characters = sum(len(glimpse.text) for glimpse in sighting.glimpses)
    read = sum(len(glimpse.text) for glimpse in sighting.glimpses if glimpse.score >= _READ)
    if read < _LEAST_READ * characters:
        raise Problem(ProblemType.SCAN_ILLEGIBLE, f"page {sighting.page}")
