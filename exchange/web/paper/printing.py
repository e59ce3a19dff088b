"""The print dialogue of an item, and its sheets: pages of the documents, each with who printed it, when, and which copy it is."""

import secrets
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery.api import submission_id
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paper import printing
from exchange.paper.printing import Print, Printed, Wanted
from exchange.service import SERVICE
from exchange.web.inbox.forms import form, once
from exchange.web.inbox.preview import way
from exchange.web.pages import STAFF, Page, go
from exchange.web.rendering import DESK
from schemas.messages import Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

HERE: Final = "/items/{submission:[0-9a-f]{64}}/print"
ONE: Final = HERE + "/{evidence:[0-9a-f]{32}}"
PRINTERS: Final = STAFF - {Role.AUDITOR, Role.ADMINISTRATOR}
WRONG: Final = 422
_DIGITS: Final = 4
ERRORS: Final = {
    "copies": Label(f"份数填 1 至 {printing.MOST}。", f"Copies: 1 to {printing.MOST}."),
    "purpose": Label("请写明打印用途（1 至 200 字）。", "Say what it is printed for, in 1 to 200 characters."),
}


class Shown(NamedTuple):
    """What the dialogue shows: the sender's words, and what the office has printed before."""

    message: Submission
    prints: list[Print]


class Asked(NamedTuple):
    """What the form of a print says."""

    copies: str = "1"
    purpose: str = ""
    once: str = ""

    @property
    def number(self) -> int:
        """How many copies, 0 for what is no number."""
        return int(self.copies) if self.copies.isascii() and self.copies.isdigit() and len(self.copies) <= _DIGITS else 0


async def wanted(request: web.Request) -> Asked:
    """Read the form."""
    fields = await form(request)
    return Asked(*(str(fields.get(name, "")) for name in ("copies", "purpose", "once")))


async def record(request: web.Request, values: Asked, of: Printed) -> str:
    """Record a print, once however often the form is sent; returns its evidence id. Raises what `printing.print_once` raises."""
    service, caller = request.app[SERVICE], request[CALLER]
    key = once(caller.id, values.once, of.submission, of.receipt or "", values.copies, values.purpose)
    asked_for, now = Wanted(values.number, values.purpose), service.watch.signing_now()
    done: str = await service.sign(printing.print_once, service.county.notary, caller, of, asked_for, key, now)
    return done


async def asked(request: web.Request) -> web.Response:
    """GET /items/{id}/print: how many, and what for. Raises what `printing.require_printable` raises."""
    return await _dialogue(request, Asked(), {})


async def printed(request: web.Request) -> web.StreamResponse:
    """POST /items/{id}/print: record it, then show the sheets."""
    values, submission = await wanted(request), submission_id(request)
    try:
        evidence = await record(request, values, Printed(submission))
    except Problem as problem:
        return await _dialogue(request, values, wrong(problem), WRONG)
    return go(f"/items/{submission}/print/{evidence}")


def wrong(problem: Problem) -> dict[str, Label]:
    """Return what is wrong with which field of the form. Raises the problem when it is not about one."""
    if problem.kind is not ProblemType.REQUEST_MALFORMED or problem.detail not in ERRORS:
        raise problem
    return {problem.detail: ERRORS[problem.detail]}


async def _dialogue(request: web.Request, values: Asked, errors: dict[str, Label], status: int = 200) -> web.Response:
    shown = await request.app[SERVICE].database.read(_read, request[CALLER], submission_id(request))
    return dialogue(request, values, errors, status, title=shown.message.title, prints=shown.prints, granted=shown.message.copies)


def dialogue(
    request: web.Request, values: Asked, errors: dict[str, Label], status: int, *, title: str, prints: list[Print], **more: object
) -> web.Response:
    """Return the dialogue before anything is printed; `granted` is the number of copies that the sender allowed, if any."""
    count = sum(each.copies for each in prints)
    around = {"values": values, "errors": errors, "here": request.path, "most": printing.MOST, "once": secrets.token_hex(16)}
    around |= {"granted": None, "receipt": False, "title": title, "prints": prints, "printed": count}
    return request.app[DESK].render(request, "paper/print.html", status, **(around | more))


def one_of(request: web.Request, prints: list[Print], evidence: str) -> tuple[Print, range, int]:
    """Return the caller's own print of this name, the numbers of its copies, and the one that is asked for. Raises Problem NOT_FOUND."""
    mine = next((each for each in prints if each.evidence_id == evidence), None)
    if mine is None or mine.person != request[CALLER].id:
        raise Problem(ProblemType.NOT_FOUND, "print")
    numbers = range(mine.first, mine.first + mine.copies)
    chosen = request.query.get("copy", str(mine.first))
    if chosen not in map(str, numbers):
        raise Problem(ProblemType.NOT_FOUND, "copy")
    return mine, numbers, int(chosen)


async def sheets(request: web.Request) -> web.Response:
    """GET /items/{id}/print/{evidence}?copy=N: one copy's sheets. Raises Problem NOT_FOUND for what was not recorded."""
    shown = await request.app[SERVICE].database.read(_read, request[CALLER], submission_id(request))
    mine, numbers, copy = one_of(request, shown.prints, request.match_info["evidence"])
    granted = shown.message.copies
    return request.app[DESK].render(
        request,
        "paper/sheets.html",
        shown=shown,
        one=mine,
        numbers=numbers,
        copy=copy,
        beyond=granted is not None and copy > granted,
        submission=submission_id(request),
        way=way,
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
