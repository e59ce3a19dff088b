"""The evidence bundle 存证包 of one item, to take away: whoever gets it checks it without us, with the script that lies in it."""

import asyncio
import contextlib
import functools
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from exchange.delivery import evidence, store
from exchange.delivery.api import submission_id
from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.web.pages import Page
from exchange.web.township import items
from schemas.words import Label

PATH: Final = f"{items.PATH}/evidence.zip"
MEDIA_TYPE: Final = "application/zip"


async def bundle(request: web.Request) -> web.StreamResponse:
    """GET /items/{id}/evidence.zip[?slip=1], made while it is sent; who took it is kept. Raises what `evidence.gather` raises."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    wanted = functools.partial(evidence.gather, slip=request.query.get("slip") == "1")
    proof = await service.database.read(wanted, person, submission)
    pieces = evidence.pieces(proof, service.county, service.blobs)
    response = web.StreamResponse(headers=_headers(proof.filing_number))
    if request.method == hdrs.METH_HEAD:
        await response.prepare(request)
        return response
    piece = await asyncio.to_thread(next, pieces, None)  # before the answer begins: what is broken is still said
    await service.database.write(evidence.note, person, submission, service.watch.now())
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # whoever leaves in the middle may come again
        while piece is not None:
            await service.database.glance(store.require_still, person, submission)
            await response.write(piece)
            piece = await asyncio.to_thread(next, pieces, None)
        await response.write_eof()
    return response


def _headers(number: str) -> dict[str, str]:
    named = quote(f"存证包-{number}.zip", safe="")
    saved = f"attachment; filename=\"evidence.zip\"; filename*=UTF-8''{named}"
    return {hdrs.CONTENT_TYPE: MEDIA_TYPE, hdrs.CONTENT_DISPOSITION: saved}


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="item_evidence", path=PATH, handler=bundle, text=Label("下载存证包", "the evidence bundle of an item"))]
