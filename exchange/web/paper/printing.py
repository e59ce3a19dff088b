"""The print dialogue of an item, and its sheets: pages of the documents, each with who printed it, when, and which copy it is."""

from datetime import datetime
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery.api import submission_id
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paper import printing
from exchange.paper.printing import Print
from exchange.service import SERVICE
from exchange.web.inbox.forms import form
from exchange.web.inbox.preview import way
from exchange.web.pages import STAFF, Page, go
from exchange.web.rendering import DESK
from schemas.messages import Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

HERE: Final = "/items/{submission:[0-9a-f]{64}}/print"
ONE: Final = HERE + "/{evidence:[0-9a-f]{32}}"
PRINTERS: Final = STAFF - {Role.AUDITOR, Role.ADMINISTRATOR}
_WRONG: Final = 422
ERRORS: Final = {
    "copies": Label(f"份数填 1 至 {printing.MOST}。", f"Copies: 1 to {printing.MOST}."),
    "purpose": Label("请写明打印用途（1 至 200 字）。", "Say what it is printed for, in 1 to 200 characters."),
}


class Shown(NamedTuple):
    """What the dialogue shows: the sender's words, and what the office has printed before."""

    message: Submission
    prints: list[Print]

    @property
    def copies(self) -> int:
        """How many copies there are."""
        return sum(each.copies for each in self.prints)


async def asked(request: web.Request) -> web.Response:
    """GET /items/{id}/print: how many, and what for. Raises what `printing.require_printable` raises."""
    return await _dialogue(request, {"copies": "1", "purpose": ""}, {})


async def printed(request: web.Request) -> web.StreamResponse:
    """POST /items/{id}/print: record it, then show the sheets."""
    fields, service, submission = await form(request), request.app[SERVICE], submission_id(request)
    values = {name: str(fields.get(name, "")) for name in ("copies", "purpose")}
    copies = int(values["copies"]) if values["copies"].isascii() and values["copies"].isdigit() else 0
    now = service.watch.signing_now()
    try:
        notary, caller = service.county.notary, request[CALLER]
        evidence = await service.sign(printing.print_item, notary, caller, submission, copies, values["purpose"], now)
    except Problem as problem:
        if problem.kind is not ProblemType.REQUEST_MALFORMED or problem.detail not in ERRORS:
            raise
        return await _dialogue(request, values, {problem.detail: ERRORS[problem.detail]}, _WRONG)
    return go(f"/items/{submission}/print/{evidence}")


async def _dialogue(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    shown = await request.app[SERVICE].database.read(_read, request[CALLER], submission_id(request))
    return request.app[DESK].render(
        request,
        "paper/print.html",
        status,
        shown=shown,
        values=values,
        errors=errors,
        submission=submission_id(request),
        most=printing.MOST,
    )


async def sheets(request: web.Request) -> web.Response:
    """GET /items/{id}/print/{evidence}?copy=N: one copy's sheets. Raises Problem NOT_FOUND for what was not recorded."""
    shown = await request.app[SERVICE].database.read(_read, request[CALLER], submission_id(request))
    mine = next((each for each in shown.prints if each.evidence_id == request.match_info["evidence"]), None)
    if mine is None or mine.person != request[CALLER].id:
        raise Problem(ProblemType.NOT_FOUND, "print")
    numbers = range(mine.first, mine.first + mine.copies)
    wanted = request.query.get("copy", str(mine.first))
    if wanted not in map(str, numbers):
        raise Problem(ProblemType.NOT_FOUND, "copy")
    granted = shown.message.copies
    return request.app[DESK].render(
        request,
        "paper/sheets.html",
        shown=shown,
        one=mine,
        numbers=numbers,
        copy=int(wanted),
        beyond=granted is not None and int(wanted) > granted,
        submission=submission_id(request),
        way=way,
        at=datetime.fromisoformat(mine.at),
    )


def _read(tx: Tx, caller: Person, submission: str) -> Shown:
    return Shown(printing.require_printable(tx, caller, submission), printing.prints(tx, caller, submission))


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="print_item", path=HERE, handler=asked, text=Label("打印", "print"), roles=PRINTERS),
        Page(id="printed_item", path=HERE, handler=printed, text=Label("登记打印", "record a print"), method="POST", roles=PRINTERS),
        Page(id="print_sheets", path=ONE, handler=sheets, text=Label("打印页", "sheets of a print"), roles=PRINTERS),
    ]
