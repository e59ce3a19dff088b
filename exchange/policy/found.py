"""One finding, and where on a page it is."""

from typing import Final, Literal, NamedTuple

HEAD: Final = 0.30
"""The head zone: the upper 30 % of a page, over its whole width, for old documents bear the mark at the right."""

_UPPER: Final = 1 / 3
_MIDDLE: Final = 2 / 3


class Found(NamedTuple):
    """Rule and text; `y` is its place on the page as a fraction from the top, where that is known."""

    rule: str
    text: str
    y: float | None = None


def third(y: float) -> Literal["upper", "middle", "lower"]:
    """Return in which third of the page that is; what stands off the page belongs to the nearest."""
    return "upper" if y < _UPPER else "middle" if y < _MIDDLE else "lower"
