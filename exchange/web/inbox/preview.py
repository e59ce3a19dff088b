"""The documents of an item: one file's bytes out of the stored container, and its text as it was read at reception."""

import asyncio
import contextlib
import hashlib
import re
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from aiohttp import hdrs, web

from archive.ledger.database import Tx
from archive.reading import formats
from archive.reading.kept import KeptPart, kept
from exchange.delivery import store as deliveries
from exchange.delivery.api import submission_id
from exchange.delivery.locating import located
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox.forms import is_piece
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.messages import Document, Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label

SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
SHOWN: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "image/bmp"})
"""What is said to be of its own type; everything else is bytes, whatever the sender called it."""
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/bmp"})
DRAWN: Final = frozenset(one.media_type for one in (formats.OFD, formats.DOCX, formats.XLSX, formats.PPTX, formats.TIFF))
_NUMBER: Final = re.compile("[1-9][0-9]{0,2}")


class Leaf(NamedTuple):
    """One page of a text preview: the file inside the file that it belongs to, its number, its text."""

    name: str
    number: int
    text: str


def way(document: Document) -> str:
    """Return how a document is shown: `pdf`, `picture`, as `sheets` that the service draws, or as `text`."""
    if document.media_type == "application/pdf":
        return "pdf"
    if document.media_type in DRAWN:
        return "sheets"
    return "picture" if document.media_type in PICTURES else "text"


def documents(tx: Tx, caller: Person, submission: str) -> tuple[Any, Submission]:
    """Return the row and the metadata of what the caller may read. Raises what `require_readable` raises."""
    row = deliveries.require_readable(tx, caller, submission)
    text = tx.row("SELECT metadata FROM submission_text WHERE submission = :id", id=submission)
    return row, decode(bytes(text.metadata), Submission)


def kept_text(tx: Tx, caller: Person, submission: str) -> bytes:
    """Return the kept body of what the caller may read. Raises what `require_readable` raises."""
    deliveries.require_readable(tx, caller, submission)
    row = tx.row("SELECT body FROM kept_text WHERE submission = :id", id=submission)
    return b"" if row is None else bytes(row.body)


def leaves(parts: tuple[KeptPart, ...], name: str) -> list[Leaf]:
    """Return a document's text page by page, with that of the files inside it."""
    found = []
    for part in parts:
        if part.name != name and not part.name.startswith(f"{name}/"):
            continue
        inner = part.name[len(name) + 1 :]
        begins = part.pages or ((0, 0),)
        ends = [*(start for _, start in begins[1:]), len(part.text)]
        pages = [(number, part.text[start:end]) for (number, start), end in zip(begins, ends, strict=True)]
        found += [Leaf(inner, number, text.strip()) for number, text in pages if text.strip()]
        found += [Leaf(f"{inner} {place}".strip(), 0, text) for place, text in part.others if text.strip()]
    return found


def chosen(request: web.Request, message: Submission) -> int:
    """Return the number of the document that an address names. Raises Problem NOT_FOUND."""
    text = request.match_info["number"]
    if not _NUMBER.fullmatch(text) or int(text) > len(message.documents):
        raise Problem(ProblemType.NOT_FOUND, "document")
    return int(text)


async def part(request: web.Request) -> web.StreamResponse:
    """GET /items/{submission}/parts/{number}: the exact bytes of one document; who took them is kept."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    row, message = await service.database.read(documents, person, submission)
    number = chosen(request, message)
    document = message.documents[number - 1]
    offset, size, sha256 = await asyncio.to_thread(located, service.blobs, row, message, number)
    if request.method != hdrs.METH_HEAD:
        await service.database.write(deliveries.note_fetch, person, submission, "container", service.watch.now())
    response = web.StreamResponse(headers={
        hdrs.CONTENT_TYPE: document.media_type if document.media_type in SHOWN else "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{quote(document.name.rsplit('/', 1)[-1], safe='')}",
        "Content-Security-Policy": SANDBOX,
        "Cross-Origin-Resource-Policy": "same-origin",
    })  # fmt: skip
    response.content_length = size
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    digest, chunks = hashlib.sha256(), service.blobs.read(row.container, offset, size)
    with contextlib.suppress(ConnectionError):  # whoever leaves in the middle may come again
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            await service.database.glance(deliveries.require_still, person, submission)
            digest.update(chunk)
            size -= len(chunk)
            if size == 0 and digest.hexdigest() != sha256:  # the last piece is held back: a file that is not whole is not got
                raise Problem(ProblemType.STORAGE_FAILED, "other bytes than were signed")
            await response.write(chunk)
        await response.write_eof()
    return response


async def text(request: web.Request) -> web.Response:
    """GET /items/{submission}/parts/{number}/text: what was read from it at reception, to be looked at beside the original."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    _, message = await service.database.read(documents, person, submission)
    number = chosen(request, message)
    body = await service.database.read(kept_text, person, submission)
    shown = await asyncio.to_thread(_leaves, body, message.documents[number - 1].name)
    template = "inbox/text.html" if is_piece(request) else "inbox/text_page.html"
    document = message.documents[number - 1]
    return request.app[DESK].render(request, template, leaves=shown, document=document, number=number, submission=submission)


def _leaves(body: bytes, name: str) -> list[Leaf]:
    return leaves(kept(body), name) if body else []


def pages() -> list[Page]:
    """Return the pages of this module."""
    one = "/items/{submission:[0-9a-f]{64}}/parts/{number}"
    return [
        Page(id="item_part", path=one, handler=part, text=Label("取出一个文件", "fetch one document")),
        Page(id="item_text", path=f"{one}/text", handler=text, text=Label("文字预览", "the text of one document")),
    ]
