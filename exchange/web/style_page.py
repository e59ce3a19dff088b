"""The style page: every piece that pages are made of, in every state; open to everybody, because it shows nothing that is kept."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.words import Label

_AT: Final = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)


async def style(request: web.Request) -> web.Response:
    """GET /style: the pieces, with invented content."""
    return request.app[DESK].render(request, "style.html", at=_AT)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="style", path="/style", handler=style, text=Label("界面样式", "style"), roles=None)]
