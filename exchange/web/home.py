"""Home 今日待办: what waits for this person today."""

from aiohttp import web

from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.words import Label


async def home(request: web.Request) -> web.Response:
    """GET /: what is to be done."""
    return request.app[DESK].render(request, "home.html")


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="home", path="/", handler=home, text=Label("今日待办", "today"))]
