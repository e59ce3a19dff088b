"""Forms to answer and forms that were sent; one form, as its recipient or its sender sees it; and what the sender does with it."""

from typing import Any, Final
from urllib.parse import quote

from aiohttp import hdrs, web

from archive.ledger.database import Tx
from exchange.delivery import own_act
from exchange.delivery import store as deliveries
from exchange.delivery.api import submission_id
from exchange.delivery.states import SENDERS
from exchange.forms import gathering, listing, store, urging, workbooks
from exchange.forms.gathering import period_of
from exchange.forms.rules import UNANSWERED, XLSX, Filing, Period, fields_of
from exchange.forms.store import Rollup
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.register_changes import Reached, reached
from exchange.service import SERVICE
from exchange.supervision import pace
from exchange.supervision.watch import SOON
from exchange.web.forms import answering
from exchange.web.inbox.forms import form, said
from exchange.web.pages import STAFF, Page, go
from exchange.web.rendering import DESK, language_of
from exchange.web.texts import CHINESE
from schemas.problems import Problem, ProblemType
from schemas.words import Attendance, FormKind, Label, Repeat

ONE: Final = "/forms/{submission:[0-9a-f]{64}}"
_DIGITS: Final = 5
TONES: Final = {Filing.FILED: "good", Filing.NIL: "good", Filing.RETURNED: "bad", Filing.OPEN: ""}


async def forms(request: web.Request) -> web.Response:
    """GET /forms."""
    service, person = request.app[SERVICE], request[CALLER]
    now = service.watch.now()
    found, names = await service.database.read(_listed, person, now)
    today, soon = store.today(now), store.today(now + SOON)
    return request.app[DESK].render(request, "forms/list.html", found=found, offices=names, today=today, soon=soon, tones=TONES)


def _listed(tx: Tx, person: Person, now: Any) -> tuple[Any, dict[str, str]]:
    found = listing.listed(tx, person, now)
    return found, naming.offices(tx, {each.from_ for each in found.to_answer})


async def one(request: web.Request) -> web.StreamResponse:
    """GET /forms/{submission}?period=: the boxes to its recipient, the answers to its sender."""
    submission, service = submission_id(request), request.app[SERVICE]
    row = await service.database.read(deliveries.require_visible, request[CALLER], submission)
    if row.sender != request[CALLER].office:
        return await answering.show(request, submission)
    return await _rolled_up(request, submission)


async def _rolled_up(request: web.Request, submission: str) -> web.Response:
    service, person, now = request.app[SERVICE], request[CALLER], request.app[SERVICE].watch.now()
    found, calls = await service.database.read(_found, person, submission, now)
    period = period_of(found.asked.periods, request.query.get("period", ""), store.today(now))
    meeting = found.asked.form.kind is FormKind.MEETING
    chinese = language_of(request) == CHINESE
    wanting = [row for row in found.rows if row.standings[period.key].filing in UNANSWERED]
    resting = await service.database.read(pace.resting, person.office, submission, now)
    return request.app[DESK].render(
        request,
        "forms/rollup.html" if meeting else "forms/matrix.html",
        found=found,
        asked=found.asked,
        form=found.asked.form,
        period=period,
        counts=counts(found, period) if meeting else {},
        wanting=wanting,
        calls=calls,
        urging_reason=urging.written(period.key),
        fields=fields_of(found.asked.form),
        labels=[workbooks.said(field, chinese=chinese) for field in fields_of(found.asked.form)],
        value=lambda field, text: workbooks.shown(field, text, chinese=chinese),
        tones=TONES,
        resting={row.office: resting[row.office] for row in wanting if row.office in resting},
        acts=person.role in SENDERS,
        urged=int(told) if (told := request.query.get("urged", "")).isdecimal() and len(told) < _DIGITS else None,
        monthly=found.asked.form.repeat is Repeat.MONTHLY,
        today=store.today(now),
        soon=store.today(now + SOON),
    )


def _found(tx: Tx, person: Person, submission: str, now: Any) -> tuple[Rollup, dict[str, Reached]]:
    """Return the roll-up, and how those can be called who have not answered somewhere."""
    found = store.rollup(tx, person, submission, now)
    wanting = [row.office for row in found.rows if any(each.filing in UNANSWERED for each in row.standings.values())]
    return found, {office: reached(tx, office) for office in wanting}


def counts(found: Rollup, period: Period) -> dict[str, int]:
    """Return how many people attend, are excused, come for another; and how many offices have not answered."""
    replies = (row.last.get(period.key) for row in found.rows)
    people = [person.get("attendance", "") for reply in replies if reply is not None and reply.answer for person in reply.answer.rows]
    waiting = sum(row.standings[period.key].filing in UNANSWERED for row in found.rows)
    return {each.value: people.count(each.value) for each in Attendance} | {"waiting": waiting}


async def urge(request: web.Request) -> web.StreamResponse:
    """POST /forms/{submission}/urge: urge whoever has not answered."""
    submission, service = submission_id(request), request.app[SERVICE]
    period = (await form(request)).get("period", "")
    now = service.watch.signing_now()
    try:
        urged = await service.sign(urging.urge, service.county.notary, request[CALLER], submission, urging.Wanted(period), now)
    except Problem as problem:
        if problem.kind is not ProblemType.URGED_LATELY:
            raise
        urged = ()  # the page says from when on
    return go(f"/forms/{submission}?period={period}&urged={len(urged)}")


async def close(request: web.Request) -> web.StreamResponse:
    """POST /forms/{submission}/close: ask for it no more."""
    submission, service, person = submission_id(request), request.app[SERVICE], request[CALLER]
    given, now = await form(request), service.watch.signing_now()
    signed = own_act.stated(*said(given), person, service.trust, now)
    await service.sign(store.close, service.county.notary, person, submission, now, signed)
    return go(f"/forms/{submission}")


async def sheet(request: web.Request) -> web.StreamResponse:
    """GET /forms/{submission}/sheet: the sign-in sheet 签到表, made for A4."""
    submission, service = submission_id(request), request.app[SERVICE]
    now = service.watch.now()
    found = await service.database.read(store.rollup, request[CALLER], submission, now)
    period = found.asked.periods[0]
    people, excused, silent = [], [], []
    for row in found.rows:
        reply = row.last.get(period.key)
        rows = reply.answer.rows if reply is not None and reply.answer is not None else []
        people += [(row.name, each) for each in rows if each.get("attendance") != Attendance.LEAVE]
        excused += [(row.name, each) for each in rows if each.get("attendance") == Attendance.LEAVE]
        silent += [] if rows else [row.name]
    return request.app[DESK].render(
        request,
        "forms/sheet.html",
        asked=found.asked,
        people=people,
        excused=excused,
        silent=silent,
        substitute=Attendance.SUBSTITUTE,
    )


async def taken(request: web.Request) -> web.StreamResponse:
    """GET /forms/{submission}/answers.xlsx?period=: the answers of one period."""
    submission, service, now = submission_id(request), request.app[SERVICE], request.app[SERVICE].watch.now()
    found = await service.database.read(store.rollup, request[CALLER], submission, now)
    period = period_of(found.asked.periods, request.query.get("period", ""), store.today(now))
    body = workbooks.answers(found, period, chinese=language_of(request) == CHINESE)
    return _file(body, f"回执汇总-{period.key}.xlsx")


async def merged(request: web.Request) -> web.StreamResponse:
    """POST /forms/{submission}/merged.xlsx: one workbook of all that was filed; what was not opened yet is opened by this."""
    submission, service = submission_id(request), request.app[SERVICE]
    period = (await form(request)).get("period", "")
    body = await gathering.merged(service, request[CALLER], submission, period, chinese=language_of(request) == CHINESE)
    return _file(body, f"报表汇总-{period}.xlsx")


def _file(body: bytes, name: str) -> web.Response:
    saved = f"attachment; filename=\"form.xlsx\"; filename*=UTF-8''{quote(name, safe='')}"
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: XLSX, hdrs.CONTENT_DISPOSITION: saved})


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="forms", path="/forms", handler=forms, text=Label("回执单", "reply forms"), roles=STAFF),
        Page(id="form", path=ONE, handler=one, text=Label("回执单填报与汇总", "one reply form")),
        Page(id="form_open", path=f"{ONE}/open", handler=answering.open_form, text=Label("打开并填写", "open and fill in"), method="POST"),
        Page(id="form_answer", path=f"{ONE}/answer", handler=answering.answer, text=Label("填报回执单", "answer a form"), method="POST"),
        Page(
            id="form_draft",
            path=f"{ONE}/draft",
            handler=answering.draft,
            text=Label("待签的填报内容", "what is to be signed"),
            method="POST",
        ),
        Page(id="form_urge", path=f"{ONE}/urge", handler=urge, text=Label("催报", "urge"), method="POST"),
        Page(id="form_close", path=f"{ONE}/close", handler=close, text=Label("停止收取", "ask for it no more"), method="POST"),
        Page(id="form_sheet", path=f"{ONE}/sheet", handler=sheet, text=Label("签到表", "sign-in sheet")),
        Page(id="form_answers", path=f"{ONE}/answers.xlsx", handler=taken, text=Label("导出回执", "take the answers away")),
        Page(id="form_merged", path=f"{ONE}/merged.xlsx", handler=merged, text=Label("汇总报表", "merge the reports"), method="POST"),
    ]
