"""Every page of this room."""

from exchange.web.directions import acting, grouping
from exchange.web.pages import Page


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [*acting.pages(), *grouping.pages()]
