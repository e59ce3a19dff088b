"""All pages of the paper leg, for the desk."""

from exchange.web.pages import Page
from exchange.web.paper import legacy, media, printing, rating, receipts, registering


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [page for part in (registering, rating, legacy, media, printing, receipts) for page in part.pages()]
