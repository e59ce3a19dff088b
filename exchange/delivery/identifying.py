"""Which item is meant by what a person has at hand: its id, the first digits of it, or the filing number 报送编号.

One question to the ledger that an index answers, for whatever the caller may see; nothing is said of the rest.
"""

import re
from typing import Any, Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery.answers import Identified, Named
from exchange.delivery.store import ISSUER, NAMED_ONLY
from exchange.office.session import caller
from exchange.office.store import Person
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.representation import answer
from exchange.sealing.states import LOOKERS
from exchange.service import SERVICE
from schemas import filing
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role, Scope

MOST: Final = 10
"""Items that are named: whoever has more has to say more of the id."""

_DIGITS: Final = "[0-9a-f]{8,64}"
_BEHIND: Final = "g"
"""Behind every digit: ends what begins with the same ones."""

_MINE: Final = (
    f"((((:sent AND {ISSUER}) OR (:received AND EXISTS"  # noqa: S608 - constants
    " (SELECT 1 FROM delivery WHERE delivery.submission = submission.id AND delivery.office = :office)))"
    f" AND {NAMED_ONLY}) OR (:looks AND EXISTS (SELECT 1 FROM sealing WHERE sealing.submission = submission.id)))"
)
"""What the caller's office sent or received and the caller may see; for who may see the list of what is sealed, that list."""

_FOUND: Final = "SELECT submission.id, submission.office AS sender, filing_year, filing_ordinal FROM submission WHERE "
_BY_DIGITS: Final = f"{_FOUND} submission.id >= :text AND submission.id < :end AND {_MINE} ORDER BY submission.id LIMIT :rows"
_BY_NUMBER: Final = (
    f"{_FOUND} submission.office = (SELECT code FROM office WHERE lower(code) = lower(:sender))"  # noqa: S608 - constants
    f" AND filing_year = :year AND filing_ordinal = :ordinal AND {_MINE}"
)


def identified(tx: Tx, caller: Person, text: str) -> Identified:
    """Return what is meant, by id. A service account finds among what its scopes let it list. Raises Problem REQUEST_MALFORMED."""
    text = filing.typed(text)
    number = filing.read(text)
    if number is not None:
        found = tx.rows(_BY_NUMBER, **number._asdict(), **_seen(caller))
    elif re.fullmatch(_DIGITS, text):
        found = tx.rows(_BY_DIGITS, text=text, end=text + _BEHIND, rows=MOST + 1, **_seen(caller))
    else:
        raise Problem(ProblemType.REQUEST_MALFORMED, "text")
    items = [Named(row.id, str(filing.Filing(row.sender, row.filing_year, row.filing_ordinal))) for row in found[:MOST]]
    return Identified(items, more=len(found) > MOST)


def visible_by_number(tx: Tx, caller: Person, number: filing.Filing) -> str | None:
    """Return the id of the item with this filing number, if the caller's office sent or received it and the caller may see it."""
    row = tx.row(_BY_NUMBER, **number._asdict(), **(_seen(caller) | {"looks": False}))
    return None if row is None else str(row.id)


def _seen(caller: Person) -> dict[str, Any]:
    """Return the values of `_MINE`."""
    account = caller.role is Role.SERVICE
    return {
        "office": caller.office,
        "person": caller.id,
        "sent": not account or Scope.SENT in caller.scopes,
        "received": not account or Scope.INBOX in caller.scopes,
        "looks": caller.office == COUNTY and caller.role in LOOKERS,
    }


async def find(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/find?text=…."""
    person = await caller(request)
    return answer(await request.app[SERVICE].database.read(identified, person, request.query.get("text", "")))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    text = Parameter(
        "text",
        "query",
        Label("完整编号、前 8 位以上，或报送编号", "the id, its first 8 or more digits, or the filing number"),
        {"type": "string", "maxLength": 64, "pattern": f"^({_DIGITS}|{filing.WRITTEN})$", "examples": ["T01-2026-000012"]},
        required=True,
    )
    return [
        Operation(
            id="findSubmission",
            method="GET",
            path="/api/v1/submissions/find",
            handler=find,
            text=Label("按编号、编号前几位或报送编号找一件", "which item is meant by an id, its first digits or a filing number"),
            more=Label(
                f"只答复本人可见的件，报送的和收到的都算；几件同此开头的都列出，至多 {MOST} 件。",
                f"Only what the caller may see, sent or received; where several begin so, all of them, {MOST} at most.",
            ),
            tag="submissions",
            scope=Scope.SENT,
            also=(Scope.INBOX,),
            parameters=(text,),
            answers={200: Body(JSON, Identified)},
            problems=(ProblemType.REQUEST_MALFORMED,),
        )
    ]
