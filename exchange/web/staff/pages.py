"""Every page of the staff registry."""

from exchange.web.pages import Page
from exchange.web.staff import changing, county, leaving, printing, registry


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [page for module in (registry, changing, leaving, printing, county) for page in module.pages()]
