"""Verifying a receipt 核验回执: where the code on a printed receipt leads. Nobody need be signed in.

Whoever names a receipt's digest holds it in their hands, so they are told what stands on the paper and no more: no title, no number,
no name of a person.
"""

import hashlib
from typing import Any, Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office import naming
from exchange.service import SERVICE
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.words import Event, Label

PATH: Final = "/verify/{submission:[0-9a-f]{64}}/{digest:[0-9a-f]{64}}"


class Verified(NamedTuple):
    """A receipt that is in the ledger as it was shown."""

    event: Event
    at: str
    office: str
    leaf: int
    filing_number: str


async def verify(request: web.Request) -> web.Response:
    """GET /verify/{submission}/{digest}: whether this very receipt was given by this county."""
    asked = request.match_info
    found = await request.app[SERVICE].database.read(_verified, asked["submission"], asked["digest"])
    return request.app[DESK].render(request, "verify.html", 200 if found else 404, found=found, digest=asked["digest"])


def _verified(tx: Tx, submission: str, digest: str) -> Verified | None:
    rows = tx.rows(
        "SELECT event.event, event.at, event.leaf, event.receipt, submission.office, submission.filing_year, submission.filing_ordinal"
        " FROM event JOIN submission ON submission.id = event.submission WHERE event.submission = :id AND event.leaf IS NOT NULL"
        " ORDER BY event.id",
        id=submission,
    )
    row: Any = next((row for row in rows if hashlib.sha256(row.receipt).hexdigest() == digest), None)
    if row is None:
        return None
    name = naming.offices(tx, [row.office], row.at)[row.office]  # as the paper has it, whatever it is called today
    return Verified(Event(row.event), row.at, name, row.leaf, f"{row.office}-{row.filing_year}-{row.filing_ordinal:06}")


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="verify_receipt", path=PATH, handler=verify, text=Label("核验回执", "verify a receipt"), roles=None)]
