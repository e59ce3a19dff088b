"""One item as the reading pane shows it: gathered in one reading of the ledger, its signature judged beside it."""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.correction import reasons
from exchange.delivery import store as deliveries
from exchange.delivery.answers import ReceivedNow, Status
from exchange.delivery.states import READERS, Action, Opening
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.staff import deputies, leaving
from exchange.staff.deputies import Deputy
from exchange.supervision import urging
from exchange.supervision.mine import Mine, mine
from exchange.supervision.urging import Said
from exchange.web.correction import beside
from exchange.web.correction.beside import Beside
from exchange.web.inbox import preview, slip_part, store, verdict
from exchange.web.inbox.claims import claims_of
from exchange.web.inbox.rows import Row, Wanted
from exchange.web.inbox.verdict import Basis
from exchange.web.supervision import telling
from schemas import instants
from schemas.messages import Document, Submission
from schemas.problems import Problem, ProblemType


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
    said: dict[str, Said]
    tracked: Mine | None
    around: Beside


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
    codes = [status.from_, *received.joint, *(message.to if message else ()), *(message.cc if message else ())]
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
        urging.said(tx, caller, submission) | leaving.noted(tx, submission),
        mine(tx, caller, submission),
        beside.gathered(tx, caller, submission, hinted=Action.RETURN in received.actions),
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
        "timeline_items": telling.lines(
            found.status.events, person.office, found.offices, lambda each: found.names.get(each.by or "", ""), found.said
        ),
        "tracked": found.tracked,
        "chain": found.around.versions,
        "same": found.around.same,
        "one": found.status,
        "may_say": False,
        "hints": await asyncio.to_thread(
            beside.hints, found.around, instants.read(found.received.consigned_at).astimezone(instants.BEIJING).date()
        ),
        "names": found.names,
        "offices": found.offices,
        "to_open": Action.OPEN in found.received.actions,
        "may_open": person.role in READERS,
        "is_open": found.received.opening is Opening.OPENED,
        "acts": found.received.actions,
        "reasons": await service.database.read(reasons.listed),
        "colleague": other,
        "away": await service.database.read(_away, person, found, now),
        "wanted": Wanted.read(request.query),
    }


def _away(tx: Tx, person: Person, found: Found, now: datetime) -> list[Deputy]:
    """Return who acts today for colleagues whom the item names or who opened it."""
    concerned = {each.by for each in found.status.events if each.recipient == person.office}
    concerned |= set(found.message.addressees) if found.message else set()
    return [each for each in deputies.acting(tx, person.office, now) if each.person in concerned]


def _documents(message: Submission) -> list[Shown]:
    return [Shown(number, preview.way(document), document) for number, document in enumerate(message.documents, start=1)]
