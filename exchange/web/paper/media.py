"""What a medium carried while there was no network: what it brought, taken in by the very same way, and what it took to an office."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Final, NamedTuple

from aiohttp import BodyPartReader, hdrs, web

from archive.ledger.database import Tx
from exchange.intake.api import INTAKE
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.paper import carrying, medium
from exchange.paper.medium import BRINGERS, Brought
from exchange.service import SERVICE
from exchange.web.pages import Handler, Page
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import Label

HERE: Final = "/paper/medium"
MOST: Final = 50
PATIENCE: Final = 20.0
"""Seconds for which the page waits for a scan; brought again, it joins the same look or has its receipt."""
_PIECE: Final = 1 << 16
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,120}")


class Earlier(NamedTuple):
    """What media brought before; no titles: the page is for who carries, not for who reads."""

    submission: str
    filed: str
    at: str
    office: str


class Given(NamedTuple):
    """What was put on a medium for an office without a network, and whether that office has opened it since."""

    filed: str
    at: str
    office: str
    opened: bool


class Shown(NamedTuple):
    """The last ones of either way, with names of offices by code."""

    earlier: list[Earlier]
    given: list[Given]
    offices: Mapping[str, str]


async def asked(request: web.Request) -> web.Response:
    """GET /paper/medium: choose the files."""
    medium.require_bringer(request[CALLER])
    return await _page(request, [])


async def brought(request: web.Request) -> web.Response:
    """POST /paper/medium: take in every file of the form, one after the other; nothing of them touches the disk before the verdict."""
    caller, service = request[CALLER], request.app[SERVICE]
    medium.require_bringer(caller)
    if not request.content_type.startswith("multipart/"):
        raise Problem(ProblemType.REQUEST_MALFORMED, "files")
    found: list[Brought] = []
    try:
        parts = await request.multipart()
        async for part in parts:
            if isinstance(part, BodyPartReader) and part.name == "container" and part.filename:
                name = part.filename if _NAME.fullmatch(part.filename) else "?"
                found.append(await medium.bring(service, request.app[INTAKE], name, _pieces(part), caller.id, PATIENCE))
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "files") from error
    return await _page(request, found)


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_PIECE):
        yield chunk


async def _page(request: web.Request, found: list[Brought]) -> web.Response:
    shown = await request.app[SERVICE].database.read(_read)
    return request.app[DESK].render(request, "paper/medium.html", found=found, shown=shown)


def _read(tx: Tx) -> Shown:
    earlier = [
        Earlier(row.submission, f"{row.office}-{row.filing_year}-{row.filing_ordinal:06}", row.at, row.office)
        for row in medium.brought(tx, MOST)
    ]
    given = [
        Given(f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}", row.at, row.office, bool(row.opened))
        for row in carrying.given(tx, MOST)
    ]
    return Shown(earlier, given, naming.offices(tx, {one.office for one in earlier} | {one.office for one in given}))


async def receipt(request: web.Request) -> web.Response:
    """GET /paper/medium/{submission}.json: the stored receipt of what a medium brought, byte for byte."""
    medium.require_bringer(request[CALLER])
    submission = request.match_info["submission"]
    body = await request.app[SERVICE].database.read(medium.receipt_of, submission)
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{submission}.json"'}
    return web.Response(body=body, content_type="application/json", headers=headers)


def pages() -> list[Page]:
    """Return the pages of this room."""

    def of(path: str, handler: Handler, id_: str, text: Label, method: str = "GET") -> Page:
        return Page(id=id_, path=path, handler=handler, text=text, method="POST" if method == "POST" else "GET", roles=BRINGERS)

    return [
        of(HERE, asked, "medium", Label("介质带来", "brought on a medium")),
        of(HERE, brought, "bring_medium", Label("接收介质带来的数据包", "take in what a medium brought"), "POST"),
        of(f"{HERE}/{{submission:[0-9a-f]{{64}}}}.json", receipt, "medium_receipt", Label("带回的回执", "a receipt to take back")),
    ]
