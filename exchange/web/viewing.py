"""The viewer's frame: a page of no origin, in which programs that read strangers' files run, apart from the keys, the cookie and the page.

The page around it fetches a document and hands its bytes over; the frame draws them, and can ask for nothing anywhere.
"""

from typing import Final

from aiohttp import web

from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.words import Label

PATH: Final = "/viewer/{version}"
SCRIPT: Final = "viewing/frame.js"
POLICY: Final = (
    "sandbox allow-scripts; default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src blob:; style-src 'self';"
    " img-src blob: data:; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""Sandboxed even where it is opened by itself. Compiled code is for scans packed as JBIG2, fax and JPEG 2000; `blob:` are the PDF
program and its worker, which the page hands over from its own cache: a frame without an origin has none."""


async def viewer(request: web.Request) -> web.Response:
    """GET /viewer/{version}: the empty frame; nothing of anybody stands in it."""
    desk = request.app[DESK]
    answer = desk.render(request, "viewing/frame.html", scripts=sorted(desk.assets.loaded([SCRIPT])))
    answer.headers["Content-Security-Policy"] = POLICY
    del answer.headers["Cross-Origin-Opener-Policy"]  # says nothing in a frame, and contradicts the sandbox outside of one
    answer.headers["X-DNS-Prefetch-Control"] = "off"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [Page(id="viewer", path=PATH, handler=viewer, text=Label("文件查看", "viewer"), roles=None)]
