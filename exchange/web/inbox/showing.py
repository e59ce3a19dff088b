"""One item as the reading pane shows it: gathered in one reading of the ledger, its signature judged beside it."""

import asyncio
from typing import Any, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import store as deliveries
from exchange.delivery.answers import ReceivedNow, Status
from exchange.delivery.states import READERS, Action, Opening
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox import preview, slip_part, store, verdict
from exchange.web.inbox.claims import claims_of
from exchange.web.inbox.rows import Row, Wanted
from exchange.web.inbox.verdict import Basis
from schemas.messages import Document, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Label

REASONS = (
    Label("缺少附件", "an attachment is missing"),
    Label("附件与正文所列不符", "the attachments are not those that the text lists"),
    Label("缺少发文字号或字号有误", "the document number is missing or wrong"),
    Label("扫描件不清或缺页", "the scan is unclear or lacks pages"),
    Label("未加盖印章", "it is not sealed"),
    Label("未按要求的格式或表样填报", "it is not in the form that was asked for"),
    Label("数据有误，请核对", "figures are wrong: check them"),
    Label("重复报送", "it was sent twice"),
)
"""Why most items are returned; a person adds in words what is not among these."""

_TONES = {Event.CONSIGNMENT_ACCEPTANCE: "good", Event.CONSIGNMENT_REJECTION: "bad", Event.SEALING: "bad"}


class Earlier(NamedTuple):
    """Why the item that this one corrects was returned, and who did that."""

    reason: str
    moved: store.Moved | None


class Found(NamedTuple):
    """What the ledger says of one item, as far as this person may see it."""

    row: Row
    received: ReceivedNow
    status: Status
    basis: Basis
    message: Submission | None
    unreadable: ProblemType | None
    names: dict[str, str]
    offices: dict[str, str]
    moved: store.Moved | None
    earlier: Earlier | None


class Shown(NamedTuple):
    """One document: its number from 1, how it is shown, and what its sender said of it."""

    number: int
    way: str
    document: Document


def find(tx: Tx, caller: Person, submission: str) -> Found:
    """Gather what is shown. Raises Problem NOT_FOUND or SEALED."""
    received, status = deliveries.received(tx, caller, submission), deliveries.status(tx, caller, submission)
    row = store.one(tx, caller, submission)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    message, unreadable = None, None
    try:
        _, message = preview.documents(tx, caller, submission)
    except Problem as problem:
        unreadable = problem.kind
    people = {each.by for each in status.events if each.by} | ({*message.addressees} if message else set())
    codes = [status.from_, *(message.to if message else ()), *(message.cc if message else ())]
    return Found(
        row,
        received,
        status,
        verdict.basis(tx, caller, submission),
        message,
        unreadable,
        store.names(tx, people),
        store.office_names(tx, codes),
        store.last_move(tx, caller, submission),
        _earlier(tx, caller, received.replaces),
    )


def _earlier(tx: Tx, caller: Person, submission: str | None) -> Earlier | None:
    """Return why the item before was returned, where this person sees that one as well."""
    if submission is None:
        return None
    try:
        reason = deliveries.received(tx, caller, submission).reason
    except Problem:
        return None  # sealed meanwhile, or not for this person
    return Earlier(reason, store.last_move(tx, caller, submission)) if reason else None


async def item(request: web.Request, submission: str) -> dict[str, Any]:
    """Return what the templates of one item are filled with. Raises Problem NOT_FOUND or SEALED."""
    person, service = request[CALLER], request.app[SERVICE]
    found = await service.database.read(find, person, submission)
    now = service.watch.now()
    judged = await asyncio.to_thread(verdict.judge, found.basis, service, now)
    claims = claims_of(request.app)
    other = claims.others(person, now).get(submission)
    return {
        "row": found.row,
        "current": submission,
        "received": found.received,
        "moved": found.moved,
        "earlier": found.earlier,
        "record": found.status,
        "slip": await service.database.read(slip_part.shown, person, submission),
        "letter": found.message,
        "unreadable": found.unreadable,
        "verdict": judged,
        "verdict_problem": judged.problem,
        "documents": [] if found.message is None else _documents(found.message),
        "timeline_items": [
            (each.at, each.event, found.names.get(each.by or "", ""), _TONES.get(each.event, "")) for each in found.status.events
        ],
        "names": found.names,
        "offices": found.offices,
        "to_open": Action.OPEN in found.received.actions,
        "may_open": person.role in READERS,
        "is_open": found.received.opening is Opening.OPENED,
        "acts": found.received.actions,
        "reasons": REASONS,
        "colleague": other,
        "wanted": Wanted.read(request.query),
    }


def _documents(message: Submission) -> list[Shown]:
    return [Shown(number, preview.way(document), document) for number, document in enumerate(message.documents, start=1)]
