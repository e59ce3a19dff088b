"""What was refused, for those whom it concerns.

These are who sent it, the leader and the confidentiality officer of that office, and the county's confidentiality officers.
Auditors see counts a month. Nobody sees what it was: nothing of it was kept.
"""

from typing import Annotated, Any, Final

from aiohttp import web
from msgspec import Meta, Struct

from archive.ledger.database import Tx
from exchange.delivery.answers import EvidenceId
from exchange.office.session import caller
from exchange.office.store import Person
from exchange.operation import JSON, Body, Operation
from exchange.paging import CODE, INSTANT, PAGED, Listing, Slice, Window, cut, window
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import Instant, OfficeCode, PersonId, Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role, Scope

REFUSALS: Final = Listing("refusals", (INSTANT, "[0-9a-f]{32}"))
MONTHS: Final = Listing("refusal-months", ("[0-9]{4}-[0-9]{2}", CODE))
_NEVER: Final = "9999"
_OFFICE_WIDE: Final = frozenset({Role.LEADER, Role.CONFIDENTIALITY})
_COUNTING: Final = frozenset({Role.AUDITOR, Role.LEADER, Role.CONFIDENTIALITY})


class Refused(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One refusal: when, whose, by which rules of which policy. `person` is not known of the oldest."""

    evidence_id: EvidenceId
    at: Instant
    office: OfficeCode
    rules: tuple[str, ...]
    policy: str
    person: PersonId | None = None


class Refusals(Struct, frozen=True):
    """A page of refusals, newest first; `next` goes into `after`, null at the end."""

    items: list[Refused]
    next: str | None


class Month(Struct, frozen=True):
    """How often an office was refused in a month of Beijing time."""

    month: Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}$(?!\\n)")]
    office: OfficeCode
    count: int


class Months(Struct, frozen=True):
    """A page of counts, newest month first; `next` goes into `after`, null at the end."""

    items: list[Month]
    next: str | None


def remember(tx: Tx, evidence_id: str, office: str, person: str | None, at: str) -> None:
    """Keep who sent what was refused, with the event that says so."""
    tx.run(
        "INSERT INTO refusal (evidence_id, office, person, at) VALUES (:id, :office, :person, :at)",
        id=evidence_id,
        office=office,
        person=person,
        at=at,
    )


def concerned(caller: Person, table: str) -> str:
    """Return the condition, with `:office` and `:person`, for rows of a table that concern a person.

    Raises Problem NOT_ALLOWED for those who see counts, or nothing.
    """
    if caller.role in (Role.AUDITOR, Role.ADMINISTRATOR):
        raise Problem(ProblemType.NOT_ALLOWED, f"refusals: {caller.role.value}")
    if caller.role is Role.CONFIDENTIALITY and caller.office == COUNTY:
        return "1"
    own = f"{table}.office = :office"
    return own if caller.role in _OFFICE_WIDE else f"({own} AND {table}.person = :person)"


def refusals(tx: Tx, caller: Person, wanted: Window) -> Slice[Refused]:
    """Return what the caller may see, newest first."""
    at, evidence_id = wanted.place or (_NEVER, "")
    rows = tx.rows(
        "SELECT refusal.evidence_id, refusal.at, refusal.office, refusal.person, event.receipt FROM refusal JOIN event USING (evidence_id)"  # noqa: S608 - constants
        f" WHERE {concerned(caller, 'refusal')} AND (refusal.at, refusal.evidence_id) < (:at, :id)"
        " ORDER BY refusal.at DESC, refusal.evidence_id DESC LIMIT :rows",
        office=caller.office,
        person=caller.id,
        at=at,
        id=evidence_id,
        rows=wanted.size + 1,
    )
    return cut(list(map(_refused, rows)), wanted.size, REFUSALS, lambda row: (row.at, row.evidence_id))


def _refused(row: Any) -> Refused:
    said = decode(row.receipt, Receipt, ProblemType.LEDGER_DAMAGED).refusal
    rules, policy = ((), "") if said is None else (tuple(said.rules), said.policy)
    return Refused(evidence_id=row.evidence_id, at=row.at, office=row.office, rules=rules, policy=policy, person=row.person)


def months(tx: Tx, caller: Person, wanted: Window) -> Slice[Month]:
    """Return counts a month: of the own office, and of all to the county's. Raises Problem NOT_ALLOWED."""
    if caller.role not in _COUNTING:
        raise Problem(ProblemType.NOT_ALLOWED, f"refusals: {caller.role.value}")
    month, office = wanted.place or (_NEVER, "")
    rows = tx.rows(
        "SELECT substr(datetime(at, '+8 hours'), 1, 7) AS month, office, count(*) AS count FROM refusal"  # noqa: S608 - constants
        f" WHERE {'1' if caller.office == COUNTY else 'office = :own'} GROUP BY month, office HAVING month < :month"
        " OR (month = :month AND office > :office) ORDER BY month DESC, office LIMIT :rows",
        own=caller.office,
        month=month,
        office=office,
        rows=wanted.size + 1,
    )
    found = [Month(row.month, row.office, row.count) for row in rows]
    return cut(found, wanted.size, MONTHS, lambda row: (row.month, row.office))


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/refusals?after=CURSOR&size=N."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(refusals, person, window(request, REFUSALS))
    return answer(Refusals(found.rows, found.following))


async def counted(request: web.Request) -> web.Response:
    """GET /api/v1/refusals/months?after=CURSOR&size=N."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(months, person, window(request, MONTHS))
    return answer(Months(found.rows, found.following))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="listRefusals",
            method="GET",
            path="/api/v1/refusals",
            handler=listed,
            text=Label("未予接收记录（时间、单位、规则）", "what was refused: when, whose, by which rules"),
            more=Label(
                "报送人看本人的；本单位分管领导和保密员看本单位的；县保密员看全县的。不留任何内容。",
                "Senders see their own, an office's leader and confidentiality officer the office's, the county's confidentiality officers"
                " all. Nothing of the content was kept.",
            ),
            tag="submissions",
            scope=Scope.SENT,
            parameters=PAGED,
            answers={200: Body(JSON, Refusals)},
        ),
        Operation(
            id="countRefusals",
            method="GET",
            path="/api/v1/refusals/months",
            handler=counted,
            text=Label("未予接收次数（按月、按单位）", "how often offices were refused, a month"),
            more=Label("供审计、分管领导和保密员。", "For auditors, leaders and confidentiality officers."),
            tag="submissions",
            parameters=PAGED,
            answers={200: Body(JSON, Months)},
        ),
    ]
