"""Every page of the administration."""

from typing import Final

from exchange.web.admin import audit, invitations, offices, people, policy, status, tokens
from exchange.web.pages import Page

ROOMS: Final = (status, offices, people, invitations, tokens, policy, audit)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [page for room in ROOMS for page in room.pages()]
