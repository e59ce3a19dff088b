"""Deadlines, extensions and rosters of duty, over HTTP."""

import re
from datetime import date
from typing import Final

from aiohttp import web

from archive.ledger import receipts
from archive.ledger.database import Tx
from exchange.delivery import moves, own_words, store
from exchange.delivery.answers import Move, SubmissionReceipts
from exchange.delivery.api import submission_id
from exchange.delivery.operations import ID
from exchange.duty import calendar_api, codes_api, deadlines, diary_api, roster, settings
from exchange.duty.answers import Deadlines, Extend, GivenTime, KeptRoster, OfficeDeadline, OfficeOnDuty, OnDuty, Roster, told
from exchange.duty.calendar_api import SPAN, day_of, span_of
from exchange.duty.roster import Shift
from exchange.office import store as offices
from exchange.office.session import BODY, caller
from exchange.office.store import Person
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import CODE
from exchange.representation import answer
from exchange.service import SERVICE
from schemas import instants
from schemas.messages import Envelope, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Scope

_ONE: Final = "/api/v1/submissions/{submission}"


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/deadlines."""
    person = await caller(request)
    return answer(await request.app[SERVICE].database.read(_deadlines, person, submission_id(request)))


def _deadlines(tx: Tx, person: Person, submission: str) -> Deadlines:
    if store.require_visible(tx, person, submission).sealed:
        raise Problem(ProblemType.SEALED)
    found = deadlines.deadlines(tx, person, submission, settings.rules(tx))
    return Deadlines(
        submission,
        [
            OfficeDeadline(
                office=each.office,
                sign_by=instants.write(each.sign_by),
                asked=None if each.asked is None else each.asked.isoformat(),
                extended=None if each.extended is None else each.extended.isoformat(),
            )
            for each in found
        ],
        [
            GivenTime(evidence_id=each.evidence_id, office=each.office, until=each.until.isoformat(), at=each.at, reason=each.reason)
            for each in deadlines.extensions(tx, person, submission)
        ],
    )


async def extend(request: web.Request) -> web.Response:
    """POST /api/v1/submissions/{id}/extension."""
    person, service = await caller(request), request.app[SERVICE]
    body = decode(request[BODY] or b"{}", Extend, ProblemType.REQUEST_MALFORMED)
    now = service.watch.signing_now()
    signed = moves.stated(Move(statement=body.statement, signature=body.signature), person, service.trust, now)
    each = own_words.for_one(signed, body.offices, own_words.stated_each(body.signed, person, service.trust, now))
    wanted = (submission_id(request), body.offices, day_of(body.until, "until"), body.reason, now)
    made = await service.sign(deadlines.extend, service.county.notary, person, *wanted, signed=each)
    return answer(SubmissionReceipts(await service.database.read(_envelopes, made)))


def _envelopes(tx: Tx, evidence: list[str]) -> list[Envelope]:
    return [receipts.envelope_of(tx, each) for each in evidence]


async def on_duty(request: web.Request) -> web.Response:
    """GET /api/v1/duty."""
    person, service = await caller(request), request.app[SERVICE]
    found = await service.database.read(roster.on_duty, [person.office, COUNTY], service.watch.now())
    return answer(OnDuty([OfficeOnDuty(office, told(shift)) for office, shift in found.items()]))


async def show_roster(request: web.Request) -> web.Response:
    """GET /api/v1/duty/roster."""
    person = await caller(request)
    first, last = span_of(request)
    office = request.query.get("office", person.office)
    if person.office not in {office, COUNTY}:
        raise Problem(ProblemType.NOT_ALLOWED, "another office's roster")
    found = await request.app[SERVICE].database.read(_of_office, office, first, last)
    return answer(Roster([told(each) for each in found]))


def _of_office(tx: Tx, office: str, first: date, last: date) -> list[Shift]:
    if not re.fullmatch(CODE, office) or not offices.known_offices(tx, [office]):
        raise Problem(ProblemType.NOT_FOUND, "office")
    return roster.shifts(tx, office, first, last)


async def keep_roster(request: web.Request) -> web.Response:
    """PUT /api/v1/duty/roster."""
    person, service = await caller(request), request.app[SERVICE]
    body = decode(request[BODY] or b"{}", Roster, ProblemType.REQUEST_MALFORMED)
    wanted = [Shift(day_of(each.day, "day"), each.officer, each.officer_phone, each.leader, each.leader_phone) for each in body.items]
    evidence = await service.sign(roster.keep, service.county.notary, person, wanted, service.watch.signing_now())
    receipt = None if evidence is None else await service.database.read(receipts.envelope_of, evidence)
    return answer(KeptRoster(body.items, receipt))


def operations() -> list[Operation]:
    """Return the operations of this room."""
    return [*_of_deadlines(), *_of_duty(), *calendar_api.operations(), *diary_api.operations(), *codes_api.operations()]


def _of_deadlines() -> list[Operation]:
    return [
        Operation(
            id="showDeadlines",
            method="GET",
            path=f"{_ONE}/deadlines",
            handler=show,
            text=Label("签收期限、回复期限和延期情况", "by when it is to be signed for and answered, and extensions"),
            tag="submissions",
            scope=Scope.SENT,
            also=(Scope.INBOX,),
            parameters=(ID,),
            answers={200: Body(JSON, Deadlines)},
            problems=(ProblemType.NOT_FOUND, ProblemType.SEALED),
        ),
        Operation(
            id="extendDeadline",
            method="POST",
            path=f"{_ONE}/extension",
            handler=extend,
            text=Label("延期：给一家、几家，或所有未办结的收文单位", "give one recipient, some or all more time"),
            more=Label(
                "每家一个“延期”事件；最后一次延期有效。原因以日期开头保存，收文单位看得到。",
                "One event an office; the latest extension counts. The reason is kept with the day in front; the recipient is shown it.",
            ),
            tag="submissions",
            scope=Scope.SUBMIT,
            parameters=(ID,),
            body=Body(JSON, Extend, example={"until": "2026-12-05", "reason": "因防汛延期", "offices": ["T01"]}),
            answers={200: Body(JSON, SubmissionReceipts, Label("回执", "the receipts"))},
            problems=(
                ProblemType.NOT_FOUND,
                ProblemType.NOT_ALLOWED,
                ProblemType.SEALED,
                ProblemType.DEADLINE_PAST,
                ProblemType.REASON_REQUIRED,
                ProblemType.ACTION_NOT_POSSIBLE,
                ProblemType.STATEMENT_INVALID,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
    ]


def _of_duty() -> list[Operation]:
    return [
        Operation(
            id="showDuty",
            method="GET",
            path="/api/v1/duty",
            handler=on_duty,
            text=Label("此刻的值班员和带班领导（本单位和县）", "who is on duty now, at one's own office and at the county"),
            tag="offices",
            scope=Scope.INBOX,
            answers={200: Body(JSON, OnDuty)},
        ),
        Operation(
            id="showRoster",
            method="GET",
            path="/api/v1/duty/roster",
            handler=show_roster,
            text=Label("值班表：本单位的；县里可看各单位的", "the roster of duty of one's own office; to the county that of any"),
            tag="offices",
            parameters=(
                *SPAN,
                Parameter(
                    "office",
                    "query",
                    Label("单位代码，默认本单位", "code of the office; one's own without it"),
                    {"type": "string", "pattern": f"^{CODE}$"},
                ),
            ),
            answers={200: Body(JSON, Roster)},
            problems=(ProblemType.NOT_ALLOWED, ProblemType.NOT_FOUND),
        ),
        Operation(
            id="keepRoster",
            method="PUT",
            path="/api/v1/duty/roster",
            handler=keep_roster,
            text=Label("登记本单位值班表", "keep days of the roster of duty of one's own office"),
            more=Label(
                "给出的日期整体替换，没有人的日期删去；其他日期不变。有变动的，receipt 是“变更值班表”回执，其中没有姓名和电话。",
                "Days that are given are replaced, those with nobody are taken out. Where something changed, `receipt` is that of the event"
                " DutyRosterChange; it holds no name and no number.",
            ),
            tag="offices",
            body=Body(JSON, Roster, example={"items": [{"day": "2026-11-22", "officer": "张三", "officer_phone": "13800000000"}]}),
            answers={200: Body(JSON, KeptRoster)},
            problems=(ProblemType.NOT_ALLOWED, ProblemType.SIGNING_STOPPED),
        ),
    ]
