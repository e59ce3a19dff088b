"""A receipt 回执 on paper: the same dialogue as for an item, a number for every copy, and the copy itself with its foot."""

from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import store
from exchange.delivery.api import submission_id
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paper import printing
from exchange.paper.printing import Print, Printed
from exchange.service import SERVICE
from exchange.web.pages import Page, go
from exchange.web.paper.printing import WRONG, Asked, dialogue, one_of, record, wanted, wrong
from exchange.web.township import receipts
from schemas.problems import Problem
from schemas.words import Label

HERE: Final = f"{receipts.PATH}/print"
ONE: Final = HERE + "/{print:[0-9a-f]{32}}"


class Shown(NamedTuple):
    """What the dialogue shows: the filing number, and what the office has printed of the receipt before."""

    filing_number: str
    prints: list[Print]


def _read(tx: Tx, caller: Person, submission: str, receipt: str) -> Shown:
    return Shown(store.status(tx, caller, submission).filing_number, printing.prints(tx, caller, submission, receipt))


async def asked(request: web.Request) -> web.Response:
    """GET /items/{id}/receipts/{evidence}/print. Raises Problem NOT_FOUND."""
    return await _dialogue(request, Asked(), {})


async def printed(request: web.Request) -> web.StreamResponse:
    """POST /items/{id}/receipts/{evidence}/print: record it, then show the copy."""
    values = await wanted(request)
    try:
        done = await record(request, values, Printed(submission_id(request), request.match_info["evidence"]))
    except Problem as problem:
        return await _dialogue(request, values, wrong(problem), WRONG)
    return go(f"{request.path}/{done}")


async def _dialogue(request: web.Request, values: Asked, errors: dict[str, Label], status: int = 200) -> web.Response:
    shown = await _shown(request)
    return dialogue(request, values, errors, status, title=shown.filing_number, prints=shown.prints, receipt=True)


async def copy(request: web.Request) -> web.Response:
    """GET /items/{id}/receipts/{evidence}/print/{print}?copy=N. Raises Problem NOT_FOUND for what was not recorded."""
    mine, numbers, chosen = one_of(request, (await _shown(request)).prints, request.match_info["print"])
    return await receipts.page(request, printed=mine, numbers=numbers, copy=chosen)


async def _shown(request: web.Request) -> Shown:
    named = (submission_id(request), request.match_info["evidence"])
    return await request.app[SERVICE].database.read(_read, request[CALLER], *named)


def pages() -> list[Page]:
    """Return the pages of this room."""
    recorded = Label("登记打印回执", "record a print of a receipt")
    return [
        Page(id="print_receipt", path=HERE, handler=asked, text=Label("打印回执", "print a receipt")),
        Page(id="printed_receipt", path=HERE, handler=printed, text=recorded, method="POST"),
        Page(id="receipt_copy", path=ONE, handler=copy, text=Label("回执打印页", "one copy of a receipt")),
    ]
