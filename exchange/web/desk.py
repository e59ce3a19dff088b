"""The desk as a whole: every page, the files they load, and their place in the application."""

from typing import Final

from aiohttp import web

from exchange.service import SERVICE
from exchange.web import entering, home
from exchange.web.pages import Page, add_pages
from exchange.web.rendering import DESK, Desk

ROOMS: Final = (entering, home)


def pages() -> list[Page]:
    """Return every page of the desk."""
    return [page for room in ROOMS for page in room.pages()]


def add_desk(app: web.Application) -> None:
    """Add the desk to an application that has its service. Raises Problem DESK_INCOMPLETE."""
    desk = app[DESK] = Desk(app[SERVICE])
    app.router.add_get("/static/{version}/{name:.+}", desk.assets.serve)
    add_pages(app, pages())
