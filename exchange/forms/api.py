"""What offices ask about reply forms, and how they answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from aiohttp import hdrs, web

from archive.ledger import receipts
from archive.ledger.database import Tx
from exchange.delivery import moves, own_act, own_words
from exchange.delivery import store as deliveries
from exchange.delivery.api import submission_id
from exchange.delivery.own_act import OwnAct
from exchange.forms import acting, gathering, listing, repetition, store, urging
from exchange.forms.answers import AnswerBody, FormShown, OfficeStands, PeriodBody, Same, SameAsked, SameBody, Stand, Turn, UrgeBody, Urged
from exchange.forms.rules import XLSX, Standing
from exchange.forms.store import Asked, Reply, Rolled, Writing
from exchange.forms.urging import Wanted
from exchange.idempotency import once
from exchange.office.session import BODY, caller
from exchange.office.store import Person
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import decode
from schemas.problems import ProblemType

_MALFORMED: Final = ProblemType.REQUEST_MALFORMED


async def forms(request: web.Request) -> web.Response:
    """GET /api/v1/forms."""
    person, service = await caller(request), request.app[SERVICE]
    return answer(await service.database.read(listing.listed, person, service.watch.now()))


async def form(request: web.Request) -> web.Response:
    """GET /api/v1/forms/{id}: to its sender with every office, to its recipient with the own one."""
    person, service = await caller(request), request.app[SERVICE]
    return answer(await service.database.read(shown, person, submission_id(request), service.watch.now()))


def shown(tx: Tx, person: Person, submission: str, now: datetime) -> FormShown:
    """Return a form as the caller may see it. Raises what `store.rollup` and `store.own` raise."""
    if deliveries.require_visible(tx, person, submission).sender == person.office:
        found = store.rollup(tx, person, submission, now)
        return _shown(tx, found.asked, offices=tuple(_stands(found.asked, row) for row in found.rows))
    asked, mine = store.own(tx, person, submission, now)
    return _shown(tx, asked, mine=_stands(asked, mine))


def _shown(tx: Tx, asked: Asked, mine: OfficeStands | None = None, offices: tuple[OfficeStands, ...] = ()) -> FormShown:
    return FormShown(
        submission=asked.submission,
        title=asked.title,
        number=asked.number,
        from_=asked.sender,
        form=asked.form,
        based_on=asked.basis,
        periods=tuple(Turn(period.key, period.due) for period in asked.periods),
        closed_at=asked.closed_at,
        closure=None if asked.closure is None else receipts.envelope_of(tx, asked.closure),
        mine=mine,
        offices=offices,
    )


def _stands(asked: Asked, row: Rolled) -> OfficeStands:
    return OfficeStands(row.office, row.name, tuple(_stand(each.key, row.standings[each.key], row.last) for each in asked.periods))


def _stand(period: str, standing: Standing, last: Mapping[str, Reply]) -> Stand:
    reply = None if standing.upload else last.get(period)
    return Stand(
        period=period,
        state=standing.filing,
        number=standing.number,
        due=standing.last_day,
        late=standing.late,
        at=standing.at or None,
        upload=standing.upload or None,
        answer=None if reply is None else reply.answer,
        by=None if reply is None else reply.by,
    )


async def reply(request: web.Request) -> web.Response:
    """POST /api/v1/forms/{id}/answers."""
    person, service = await caller(request), request.app[SERVICE]
    body = decode(request[BODY], AnswerBody, _MALFORMED)
    key, submission = once(request, request[BODY]), submission_id(request)
    # what was answered under this key is told before it is asked whether the statement would still do
    evidence = None if key is None else await service.database.read(moves.done_before, person, submission, key)
    if evidence is None:
        signed = own_act.stated(body.statement, body.signature, person, service.trust, service.watch.signing_now())
        evidence = await acting.answer(service, person, submission, Writing(body.answer, body.previous, body.sign_for, signed), key)
    return answer(await service.database.read(receipts.envelope_of, evidence))


async def urge(request: web.Request) -> web.Response:
    """POST /api/v1/forms/{id}/urge."""
    person, service = await caller(request), request.app[SERVICE]
    body, now = decode(request[BODY], UrgeBody, _MALFORMED), service.watch.signing_now()
    wanted = Wanted(body.period, body.offices, own_words.stated_each(body.signed, person, service.trust, now))
    return answer(Urged(await service.sign(urging.urge, service.county.notary, person, submission_id(request), wanted, now)))


async def close(request: web.Request) -> web.Response:
    """POST /api/v1/forms/{id}/close: the answer holds the receipt."""
    person, service = await caller(request), request.app[SERVICE]
    body, now = decode(request[BODY] or b"{}", OwnAct, _MALFORMED), service.watch.signing_now()
    signed = own_act.stated(body.statement, body.signature, person, service.trust, now)
    await service.sign(store.close, service.county.notary, person, submission_id(request), now, signed)
    return answer(await service.database.read(shown, person, submission_id(request), service.watch.now()))


async def merged(request: web.Request) -> web.Response:
    """POST /api/v1/forms/{id}/merged: a POST, for what was not opened yet is opened by it."""
    person, service = await caller(request), request.app[SERVICE]
    period = decode(request[BODY], PeriodBody, _MALFORMED).period
    body = await gathering.merged(service, person, submission_id(request), period, chinese=True)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: XLSX})


async def same(request: web.Request) -> web.Response:
    """POST /api/v1/same-figures: what of a new form was asked this quarter."""
    person, service = await caller(request), request.app[SERVICE]
    body = decode(request[BODY], SameBody, _MALFORMED)
    found = await service.database.read(repetition.asked_this_quarter, person, body.labels, body.template, service.watch.now())
    return answer(Same(tuple(SameAsked(**each._asdict()) for each in found)))
