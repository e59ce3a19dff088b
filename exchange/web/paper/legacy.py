"""Documents from before 历史件: listed and shown to the office that they belong to, said to be unsigned, handed out file by file."""

import asyncio
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from exchange.legacy import finding, store
from exchange.legacy.store import ITEMS
from exchange.office.session import CALLER
from exchange.paging import ORDINAL, Window
from exchange.paper.words import PaperDirection
from exchange.service import SERVICE
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.words import Label

HERE: Final = "/paper/legacy"
SIZE: Final = 50
LONGEST: Final = 100


async def listed(request: web.Request) -> web.Response:
    """GET /paper/legacy?q=…: those of the caller's office whose title, number or other office hold every word."""
    words, after = request.query.get("q", "").strip()[:LONGEST], request.query.get("after")
    wanted = Window(None if after is None else ITEMS.read(after), SIZE)
    page = await request.app[SERVICE].database.read(store.listed, request[CALLER], words, wanted)
    following = f"{HERE}?q={quote(words)}&after={page.following}" if page.following else ""
    return request.app[DESK].render(
        request,
        "paper/legacy.html",
        page=page,
        words=words,
        longest=LONGEST,
        directions={each.value: each for each in PaperDirection},
        before=f"{HERE}?q={quote(words)}" if after else "",
        following=following,
    )


async def shown(request: web.Request) -> web.Response:
    """GET /paper/legacy/{id}: one of them. Raises Problem NOT_FOUND."""
    person = request[CALLER]
    one = await request.app[SERVICE].database.read(store.item, person, int(request.match_info["id"]))
    directions = {each.value: each for each in PaperDirection}
    return request.app[DESK].render(
        request, "paper/legacy_item.html", one=one, directions=directions, may_fetch=finding.may_fetch(person, one)
    )


async def fetched(request: web.Request) -> web.StreamResponse:
    """GET /paper/legacy/{id}/file: its file. Raises Problem NOT_FOUND and NOT_ALLOWED."""
    service = request.app[SERVICE]
    found = await service.database.read(store.item, request[CALLER], int(request.match_info["id"]), content=True)
    chunks = await asyncio.to_thread(service.legacy.read, found.blob or "")
    name = quote(found.file.rpartition("/")[2])
    response = web.StreamResponse(headers={hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{name}"})
    response.content_type, response.content_length = found.media_type, found.size
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            await response.write(chunk)
        await response.write_eof()
    return response


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="legacy", path=HERE, handler=listed, text=Label("历史件", "documents from before")),
        Page(id="legacy_item", path=f"{HERE}/{{id:{ORDINAL}}}", handler=shown, text=Label("一件历史件", "a document from before")),
        Page(id="legacy_file", path=f"{HERE}/{{id:{ORDINAL}}}/file", handler=fetched, text=Label("历史件原文", "a file from before")),
    ]
