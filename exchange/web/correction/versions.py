"""What was changed between two versions of an item, side by side."""

import asyncio
import re
from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.correction import differences
from exchange.correction.chain import Version, chain
from exchange.correction.differences import Side
from exchange.delivery.api import submission_id
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.township.items import PATH
from schemas.problems import Problem, ProblemType
from schemas.words import Disclosure, DocumentRole, Handling, Kind, Label, Urgency, Word

_ID: Final = re.compile("[0-9a-f]{64}")
NAMES: Final = {
    "title": Label("标题", "Title"),
    "number": Label("发文字号", "Document number"),
    "kind": Label("文种", "Kind"),
    "to": Label("主送", "To"),
    "cc": Label("抄送", "Copies to"),
    "date_issued": Label("成文日期", "Date of issue"),
    "signatory": Label("签发人", "Signatory"),
    "urgency": Label("紧急程度", "Urgency"),
    "handling": Label("处理范围", "Handling"),
    "respond_by": Label("要求答复日期", "Answer asked for by"),
    "notes": Label("附注", "Notes"),
    "disclosure": Label("公开属性", "Disclosure"),
    "copies": Label("份数", "Copies"),
}
_WORDS: Final[dict[str, type[Word]]] = {"kind": Kind, "urgency": Urgency, "handling": Handling, "disclosure": Disclosure}
ROLES: Final = {each.value: each for each in DocumentRole}


async def shown(request: web.Request) -> web.Response:
    """GET /items/{id}/differences, ?with=ID. Raises Problem NOT_FOUND, and why either version may not be read."""
    person, other = request[CALLER], request.query.get("with")
    if other is not None and not _ID.fullmatch(other):
        raise Problem(ProblemType.NOT_FOUND, "with")
    service, submission = request.app[SERVICE], submission_id(request)
    before, after, offices, versions = await service.database.read(_gathered, person, submission, other)
    found = await asyncio.to_thread(differences.differences, before, after, offices)
    ordinals = {each.submission: each.ordinal for each in versions}
    return request.app[DESK].render(
        request,
        "correction/differences.html",
        found=found,
        before=before,
        after=after,
        ordinals=ordinals,
        versions=versions,
        names=NAMES,
        said=said,
        roles=ROLES,
        here=submission,
    )


def said(name: str, value: str | None) -> Word | str | None:
    """Return an element's value as a template shows it: a word of the house, or what was typed."""
    return _WORDS[name](value) if value is not None and name in _WORDS else value


def _gathered(tx: Tx, person: Person, submission: str, other: str | None) -> tuple[Side, Side, dict[str, str], list[Version]]:
    return (*differences.sides(tx, person, submission, other), chain(tx, person, submission))


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [Page(id="differences", path=f"{PATH}/differences", handler=shown, text=Label("更正前后对照", "what was changed"))]
