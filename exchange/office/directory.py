"""GET /api/v1/offices: codes and names, for choosing a recipient."""

from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office.answers import Office, Offices
from exchange.office.session import caller
from exchange.operation import JSON, Body, Operation
from exchange.paging import CODE, PAGED, Listing, Slice, Window, cut, window
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.words import Label, OfficeKind, Scope

LISTING: Final = Listing("offices", (CODE,))


def page(tx: Tx, wanted: Window) -> Slice[Office]:
    """Return offices of today by code."""
    (after,) = wanted.place or ("",)
    rows = tx.rows(
        "SELECT office AS code, name, kind FROM office_period WHERE valid_to IS NULL AND office > :after ORDER BY office LIMIT :rows",
        after=after,
        rows=wanted.size + 1,
    )
    found = [Office(row.code, row.name, OfficeKind(row.kind)) for row in rows]
    return cut(found, wanted.size, LISTING, lambda row: (row.code,))


async def directory(request: web.Request) -> web.Response:
    """GET /api/v1/offices?after=CURSOR&size=N."""
    await caller(request)
    found = await request.app[SERVICE].database.read(page, window(request, LISTING))
    return answer(Offices(found.rows, found.following))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="listOffices",
            method="GET",
            path="/api/v1/offices",
            handler=directory,
            text=Label("单位目录：代码、名称、类别", "the offices of today: codes, names, kinds"),
            tag="offices",
            scope=Scope.SUBMIT,
            parameters=PAGED,
            answers={200: Body(JSON, Offices)},
        )
    ]
