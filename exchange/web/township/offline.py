"""What a browser keeps for when the county cannot be reached: one page that says so, and the worker that shows it."""

import hashlib
import json
from typing import Final

from aiohttp import hdrs, web

from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.texts import LANGUAGES
from schemas.words import Label

FILES: Final = ("offline/page.css", "offline/page.js")
"""What the page is made of beside itself; no other page loads these."""
POLICY: Final = "default-src 'none'; connect-src 'self'"
"""The worker's own: it fetches from this host, and nothing else."""


async def offline(request: web.Request) -> web.Response:
    """GET /offline: for everybody the same, so that a browser may keep it."""
    return request.app[DESK].render(request, "offline.html")


async def worker(request: web.Request) -> web.Response:
    """GET /offline-worker.js: at the root, for it serves navigations to every page; it changes with the desk's files."""
    assets = request.app[DESK].assets
    files = [assets.url(name) for name in FILES]
    text = f"const VERSION = {json.dumps(_version(request))};\nconst FILES = {json.dumps(files)};\n{assets.text('offline/worker.js')}"
    headers = {hdrs.CACHE_CONTROL: "no-cache", "Content-Security-Policy": POLICY}
    return web.Response(text=text, content_type="text/javascript", charset="utf-8", headers=headers)


def _version(request: web.Request) -> str:
    """Return what changes with the page as it is kept: its words, and the county's name and telephone, lie in no file of the desk."""
    desk = request.app[DESK]
    told = hashlib.sha256(desk.assets.version.encode())
    for language in LANGUAGES:
        told.update(desk.written(request.clone(rel_url=f"/offline?lang={language}"), "offline.html").encode())
    return told.hexdigest()[:16]


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="offline", path="/offline", handler=offline, text=Label("网络不通", "the network is down"), roles=None),
        Page(id="offline_worker", path="/offline-worker.js", handler=worker, text=Label("离线页", "what shows it"), roles=None),
    ]
