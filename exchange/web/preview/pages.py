"""A document as it looks: drawn in the reading process when somebody asks for it, written as a page, kept nowhere."""

import asyncio
import re
from typing import Any, Final, NamedTuple

from aiohttp import web
from markupsafe import Markup

from archive.reading import answer, sandbox
from archive.reading.preview.shapes import Drawn, Left, Preview
from archive.search.turns import Turns
from exchange.delivery import store as deliveries
from exchange.delivery.api import submission_id
from exchange.delivery.locating import content_of, located
from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.web.inbox.forms import is_piece
from exchange.web.inbox.preview import chosen, documents
from exchange.web.pages import Page
from exchange.web.preview import svg
from exchange.web.preview.flow import Words, Writer
from exchange.web.rendering import DESK, language_of
from schemas.messages import Document
from schemas.problems import Problem, ProblemType
from schemas.words import Label

TURNS: web.AppKey[Turns] = web.AppKey("previews", Turns)
LARGEST: Final = 100 << 20
"""Bytes of a document above which none is drawn: it is to be had as it was sent."""

_FIRST: Final = re.compile("[1-9][0-9]{0,5}")
_UNDRAWN: Final = answer.REFUSALS | {ProblemType.READER_KILLED, ProblemType.READER_TIMEOUT, ProblemType.PART_TOO_LARGE}

WORDS: Final = {
    "zh-CN": Words("图片", "此处图形未画出", "原文件中为隐藏或已删除"),
    "en": Words("picture", "a drawing that is not drawn here", "hidden or deleted in the document itself"),
}
HIDDEN: Final = Label("隐藏页", "hidden")

LEFT_OUT: Final[dict[Left, Label]] = {
    "objects": Label("页面内容过多，预览未全部画出", "there is more on the pages than is drawn here"),
    "pictures": Label("图片过多，预览未全部显示", "there are more pictures than are shown here"),
    "drawings": Label("有图形（如图表、矢量图）未画出", "some drawings (charts, metafiles) are not drawn here"),
    "rows": Label("行数过多，预览只显示前 500 行", "only the first 500 rows are shown here"),
    "columns": Label("列数过多，预览只显示前 60 列", "only the first 60 columns are shown here"),
    "text": Label("文字过多，预览未全部显示", "there is more text than is shown here"),
}
"""What is said of a preview that is not whole; the original always is."""


class Leaf(NamedTuple):
    """One sheet of a preview as it stands in the page; sizes in millimetres as text, empty where the words say how large it is."""

    number: int
    name: str
    width: str
    height: str
    hidden: bool
    content: Markup


def leaves(preview: Preview, words: Words, hidden: str) -> tuple[list[Leaf], bool]:
    """Return the sheets as they are written, and whether pictures were left out for their weight."""
    store = svg.Store(preview.pictures)
    writer = Writer(store, words)
    made = []
    for sheet in preview.sheets:
        if isinstance(sheet, Drawn):
            content = svg.page(sheet, store, hidden if sheet.hidden else "")
            made.append(Leaf(sheet.number, "", f"{sheet.width:.2f}", f"{sheet.height:.2f}", sheet.hidden, content))
        else:
            width = f"{sheet.width:.2f}" if sheet.width else ""
            made.append(Leaf(sheet.number, sheet.name, width, "", sheet.hidden, writer.sheet(sheet)))
    return made, store.is_short


async def shown(request: web.Request) -> web.Response:
    """GET /items/{submission}/parts/{number}/preview?first=: sheets from that number on; what was opened counts, and nothing more."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    row, message = await service.database.read(documents, person, submission)
    number = chosen(request, message)
    document, first = message.documents[number - 1], _first(request)
    context: dict[str, Any] = {"document": document, "number": number, "submission": submission, "first": first, "preview": None}
    try:
        async with request.app[TURNS].turn(person.id):
            preview = await _drawn(request, row, message, number, first)
            context |= await asyncio.to_thread(_written, preview, language_of(request))
    except Problem as problem:
        if problem.kind not in _UNDRAWN:
            raise
    await service.database.glance(deliveries.require_still, person, submission)
    template = "preview/piece.html" if is_piece(request) else "preview/page.html"
    return request.app[DESK].render(request, template, **context)


def _first(request: web.Request) -> int:
    text = request.query.get("first", "1")
    if not _FIRST.fullmatch(text):
        raise Problem(ProblemType.REQUEST_MALFORMED, "first")
    return int(text)


async def _drawn(request: web.Request, row: Any, message: Any, number: int, first: int) -> Preview:
    service, document = request.app[SERVICE], message.documents[number - 1]
    if document.size > LARGEST:
        raise Problem(ProblemType.PART_TOO_LARGE)
    offset, size, sha256 = await asyncio.to_thread(located, service.blobs, row, message, number)

    async def opened() -> int:
        return await asyncio.to_thread(lambda: sandbox.document_of(content_of(service.blobs, row.container, offset, size, sha256)))

    return await service.sandbox.preview(_name(document), document.media_type, opened, first)


def _name(document: Document) -> str:
    return document.name.rsplit("/", 1)[-1]


def _written(preview: Preview, language: str) -> dict[str, Any]:
    made, is_short = leaves(preview, WORDS.get(language, WORDS["en"]), HIDDEN.zh if language in WORDS and language != "en" else HIDDEN.en)
    left_out = dict.fromkeys((*preview.left_out, *(("pictures",) if is_short else ())))
    last = preview.sheets[-1].number if preview.sheets else 0
    return {"preview": preview, "leaves": made, "left_out": [LEFT_OUT[one] for one in left_out], "last": last}


def pages() -> list[Page]:
    """Return the pages of this module."""
    path = "/items/{submission:[0-9a-f]{64}}/parts/{number}/preview"
    return [Page(id="item_preview", path=path, handler=shown, text=Label("文件预览", "what one document looks like"))]
