"""Every page of this room."""

from typing import Final

from exchange.web.duty import calendar, codes, extending, reminding, roster, today
from exchange.web.pages import Page

ROOMS: Final = (today, roster, codes, extending, calendar, reminding)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [page for room in ROOMS for page in room.pages()]
