"""Every page about returns and corrections."""

from typing import Final

from exchange.web.correction import acting, list_of_reasons, returns, versions
from exchange.web.pages import Page

ROOMS: Final = (versions, returns, acting, list_of_reasons)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [page for room in ROOMS for page in room.pages()]
