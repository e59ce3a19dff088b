"""Answering a form in the browser, in under a minute: the boxes, one more attendee, nothing to report, and the answer itself."""

from typing import Any, NamedTuple

from aiohttp import web
from msgspec import structs
from multidict import MultiDict

from archive.ledger.database import Tx
from exchange.delivery import own_act
from exchange.delivery import store as deliveries
from exchange.delivery.answers import ReceivedNow
from exchange.delivery.api import submission_id
from exchange.delivery.states import DECIDERS, Action, Opening
from exchange.forms import acting, answering, store
from exchange.forms.answering import MOST_ROWS, Answer
from exchange.forms.gathering import period_of
from exchange.forms.rules import Filing, Period
from exchange.forms.store import Asked, Reply, Rolled, Writing
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.supervision.watch import SOON
from exchange.web.forms import filling
from exchange.web.inbox import acts
from exchange.web.inbox.forms import decoded, form
from exchange.web.pages import go
from exchange.web.rendering import DESK, language_of
from exchange.web.texts import CHINESE
from schemas.problems import Problem, ProblemType
from schemas.words import Attendance, FormKind, Label


class Found(NamedTuple):
    """What the ledger says of a form and of where the caller's own office stands with it."""

    asked: Asked
    mine: Rolled
    received: ReceivedNow
    before: tuple[Reply, ...]
    people: dict[str, str]
    sender: str
    parts: tuple[tuple[int, str], ...]


def find(tx: Tx, caller: Person, submission: str, now: Any) -> Found:
    """Gather it. Raises what `store.own` raises."""
    asked, mine = store.own(tx, caller, submission, now)
    before = tuple(store.replies(tx, submission, caller.office).get(caller.office, []))
    people = naming.people(tx, {reply.by for reply in before})
    sender = naming.offices(tx, [asked.sender]).get(asked.sender, asked.sender)
    parts = () if asked.form.template is None else store.template_parts(tx, caller, submission, asked.form.template)
    return Found(asked, mine, deliveries.received(tx, caller, submission), before, people, sender, parts)


async def show(request: web.Request, submission: str) -> web.Response:
    """Show the boxes, or before the item was opened the way there."""
    person, service = request[CALLER], request.app[SERVICE]
    received = await service.database.read(deliveries.received, person, submission)
    if received.opening is Opening.CONSIGNED:
        return request.app[DESK].render(request, "forms/unopened.html", received=received, may_open=Action.OPEN in received.actions)
    found = await service.database.read(find, person, submission, service.watch.now())
    period = _period(request, found)
    last = _last(found, period)
    answer = None if last is None else last.answer
    return _shown(request, found, period, filling.begun(found.asked.form, answer), remarks=answer.remarks if answer else "")


def _period(request: web.Request, found: Found) -> Period:
    """Return the period that is meant; where none is named, the oldest that is still open, else the one of now."""
    wanted, asked = request.query.get("period", ""), found.asked.periods
    open_ = [each for each in asked if found.mine.standings[each.key].filing in (Filing.OPEN, Filing.RETURNED)]
    if not wanted and open_:
        return open_[0]
    return period_of(asked, wanted, store.today(request.app[SERVICE].watch.now()))


def _last(found: Found, period: Period) -> Reply | None:
    return next((reply for reply in reversed(found.before) if reply.given.period == period.key), None)


def _shown(
    request: web.Request,
    found: Found,
    period: Period,
    rows: list[dict[str, str]],
    *,
    wrong: dict[str, Label] | None = None,
    remarks: str = "",
    status: int = 200,
    stale: bool = False,
) -> web.Response:
    person, chinese, now = request[CALLER], language_of(request) == CHINESE, request.app[SERVICE].watch.now()
    asked, standing = found.asked, found.mine.standings[period.key]
    return request.app[DESK].render(
        request,
        "forms/answer.html",
        status,
        found=found,
        asked=asked,
        form=asked.form,
        meeting=asked.form.kind is FormKind.MEETING,
        period=period,
        standing=standing,
        last=_last(found, period),
        before=[reply for reply in found.before if reply.given.period == period.key],
        rows=filling.boxes(asked.form, rows, wrong or {}, chinese=chinese),
        most_rows=MOST_ROWS,
        wrong=wrong or {},
        remarks=remarks,
        may_answer=person.role in DECIDERS,
        signs=Action.SIGN_FOR in found.received.actions,
        today=store.today(now),
        soon=store.today(now + SOON),
        stale=stale,
        attendance={each.value: each for each in Attendance},
    )


async def open_form(request: web.Request) -> web.StreamResponse:
    """POST /forms/{submission}/open: read the item from here; that is the time of reception, as in the inbox."""
    submission, service = submission_id(request), request.app[SERVICE]
    await service.sign(acts.note_open, service.county.notary, request[CALLER], submission, service.watch.signing_now())
    return go(f"/forms/{submission}")


async def answer(request: web.Request) -> web.StreamResponse:
    """POST /forms/{submission}/answer?period=: keep the answer; or show one row more, or one less."""
    submission, person, service = submission_id(request), request[CALLER], request.app[SERVICE]
    given = await form(request)
    found = await service.database.read(find, person, submission, service.watch.now())
    period, wanted = _period(request, found), found.asked.form
    rows = filling.rows(wanted, given)
    act = given.get("act", "")
    if act == "more" or act.startswith("drop-"):
        rows = [row for number, row in enumerate(rows) if act != f"drop-{number}"]
        rows = [*rows, {"attendance": Attendance.ATTEND.value}] if act == "more" and len(rows) < MOST_ROWS else rows
        return _shown(request, found, period, rows or filling.begun(wanted, None), remarks=given.get("remarks", ""))
    try:
        writing = _writing(request, _wanted(wanted, given, period), given)
        await acting.answer(service, person, submission, writing)
    except Problem as problem:
        if problem.kind is ProblemType.ANSWER_WRONG and problem.members.get("fields"):
            wrong = {place: Label(*said) for place, said in problem.members["fields"].items()}
            return _shown(request, found, period, rows, wrong=wrong, remarks=given.get("remarks", ""), status=problem.kind.status)
        if problem.kind is not ProblemType.STATE_CHANGED:
            raise
        fresh = await service.database.read(find, person, submission, service.watch.now())
        return _shown(request, fresh, period, rows, remarks=given.get("remarks", ""), status=problem.kind.status, stale=True)
    return go(f"/forms/{submission}?period={period.key}&done=1")


async def draft(request: web.Request) -> web.Response:
    """POST /forms/{submission}/draft?period=: what would be kept, for a person to sign; nothing is. Raises what `answer` would."""
    submission, person, service = submission_id(request), request[CALLER], request.app[SERVICE]
    given = await form(request)
    found = await service.database.read(find, person, submission, service.watch.now())
    answer_ = _wanted(found.asked.form, given, _period(request, found))
    settled = answering.settled(found.asked.form, found.asked.periods, answer_)
    return web.json_response({"answer": answering.written(settled)})


def _wanted(wanted: Any, given: MultiDict[str], period: Period) -> Answer:
    found = filling.sent(wanted, given, period.key)
    return found if given.get("answer") else structs.replace(found, rows=filling.filled(wanted, found.rows))


def _writing(request: web.Request, answer_: Answer, given: MultiDict[str]) -> Writing:
    service, person = request.app[SERVICE], request[CALLER]
    now = service.watch.signing_now()
    names = ("statement", "signature", "sign_statement", "sign_signature")
    said, signature, sign_said, sign_signature = (decoded(given.get(name, ""), name) for name in names)
    previous = given.get("previous", "0")
    if not previous.isascii() or not previous.isdigit() or len(previous) > 6:  # noqa: PLR2004 - far above what anybody corrects
        raise Problem(ProblemType.REQUEST_MALFORMED, "previous")
    return Writing(
        answer_,
        int(previous),
        given.get("sign_for") == "1",
        own_act.stated(said, signature, person, service.trust, now),
        own_act.stated(sign_said, sign_signature, person, service.trust, now),
    )
