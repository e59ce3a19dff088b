"""What this browser still keeps 尚未取得回执: signed containers without a verified receipt. The list is the browser's own."""

from aiohttp import web

from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.words import Label


async def outbox(request: web.Request) -> web.Response:
    """GET /outbox: the frame of the list; the service knows nothing of what it has not received."""
    return request.app[DESK].render(request, "outbox.html")


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="outbox", path="/outbox", handler=outbox, text=Label("尚未取得回执", "without a receipt yet"))]
