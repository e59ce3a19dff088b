"""All pages of this room."""

from exchange.web.pages import Page
from exchange.web.supervision import matrix, watch


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [*matrix.pages(), *watch.pages()]
