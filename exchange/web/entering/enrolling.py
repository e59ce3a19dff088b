"""The way in: a browser is enrolled with a one-time code, and signs in with its own key."""

from aiohttp import web

from exchange.office import browsers
from exchange.service import SERVICE
from exchange.web.pages import Page, go, next_address
from exchange.web.rendering import DESK
from schemas.words import Label


async def sign_in_page(request: web.Request) -> web.Response:
    """GET /signin: with the key of this browser, or by what the person knows or has."""
    if browsers.SESSION in request:
        return go(next_address(request))
    return request.app[DESK].render(request, "signin.html", next=next_address(request))


async def enrol_page(request: web.Request) -> web.Response:
    """GET /enrol: bring a one-time code; this browser makes its key and gets its certificate."""
    return request.app[DESK].render(request, "enrol.html", next=next_address(request))


async def key_page(request: web.Request) -> web.Response:
    """GET /key: whether this computer is enrolled, until when, and how to take that back. Only the browser itself knows."""
    return request.app[DESK].render(request, "key_state.html")


async def sign_out(request: web.Request) -> web.Response:
    """POST /signout."""
    session = request[browsers.SESSION]
    await request.app[SERVICE].database.write(browsers.end, session.person.id, session.id)
    response = go("/signin")
    browsers.drop_cookie(response)
    return response


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="sign_in", path="/signin", handler=sign_in_page, text=Label("登录", "sign in"), roles=None),
        Page(id="enrol_browser", path="/enrol", handler=enrol_page, text=Label("登记本机", "enrol this computer"), roles=None),
        Page(id="this_computer", path="/key", handler=key_page, text=Label("本机登记", "this computer")),
        Page(id="sign_out", path="/signout", handler=sign_out, text=Label("退出", "sign out"), method="POST"),
    ]
