"""GET /api/v1/staff and POST /api/v1/staff/changes: an office's registry, and a change of it for the county to confirm."""

from typing import Final

from aiohttp import web

from archive.ledger import receipts
from exchange.delivery import own_act
from exchange.delivery.own_act import OwnAct
from exchange.office.session import BODY, caller
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import CODE
from exchange.representation import answer
from exchange.service import SERVICE
from exchange.staff import answers, deputies, requests
from exchange.staff.answers import NewDeputy, Proposed, Staff
from exchange.staff.requests import StaffProposal
from schemas.messages import Envelope, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label

_EVIDENCE: Final = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_REFUSED: Final = (ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED, ProblemType.STATEMENT_INVALID, ProblemType.SIGNING_STOPPED)
OFFICE: Final = Parameter(
    "office",
    "query",
    Label(
        "单位代码，默认本单位；其他单位仅县管理员、收文岗、值班员可查",
        "the office, one's own by default; others for the county's callers alone",
    ),
    {"type": "string", "pattern": f"^{CODE}$"},
)


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/staff?office=CODE."""
    person, service = await caller(request), request.app[SERVICE]
    person.require_scope(None)
    office = request.query.get("office", person.office)
    return answer(await service.database.read(answers.staff, person, office, service.watch.now()))


async def proposed(request: web.Request) -> web.Response:
    """POST /api/v1/staff/changes."""
    person, service = await caller(request), request.app[SERVICE]
    person.require_scope(None)
    asked, now = decode(request[BODY], StaffProposal, ProblemType.REQUEST_MALFORMED), service.watch.signing_now()
    try:
        id_ = await service.sign(requests.propose, service.county.notary, person, person.office, asked, now)
    except Problem as problem:
        if problem.kind is ProblemType.PERSON_UNKNOWN:
            raise Problem(ProblemType.NOT_FOUND, "person") from problem
        raise
    return answer(Proposed(id_), status=201)


async def deputy_named(request: web.Request) -> web.Response:
    """POST /api/v1/staff/deputies."""
    person, service = await caller(request), request.app[SERVICE]
    person.require_scope(None)
    body, now = decode(request[BODY], NewDeputy, ProblemType.REQUEST_MALFORMED), service.watch.signing_now()
    signed = own_act.stated(body.statement, body.signature, person, service.trust, now)
    wanted = (person, body.person, body.deputy, (body.first_day, body.last_day), now, signed)
    evidence = await service.sign(deputies.name_deputy, service.county.notary, *wanted)
    return answer(await service.database.read(receipts.envelope_of, evidence))


async def deputy_ended(request: web.Request) -> web.Response:
    """POST /api/v1/staff/deputies/{deputy}/end."""
    person, service = await caller(request), request.app[SERVICE]
    person.require_scope(None)
    body, now = decode(request[BODY] or b"{}", OwnAct, ProblemType.REQUEST_MALFORMED), service.watch.signing_now()
    signed = own_act.stated(body.statement, body.signature, person, service.trust, now)
    named = request.match_info["deputy"]
    evidence = await service.sign(deputies.end_deputy, service.county.notary, person, named, now, signed)
    return answer(await service.database.read(receipts.envelope_of, evidence))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="listStaff",
            method="GET",
            path="/api/v1/staff",
            handler=listed,
            text=Label("人员备案：本单位（或指定单位）的办文人员", "the staff registry of an office: who handles documents there"),
            more=Label(
                "手机号只对本单位和县管理员、收文岗、值班员显示；出生年份、培训等只对填报人和县管理员显示。",
                "Mobiles are shown to the office itself and to the county's administrator, reviewers and duty officers; years of birth"
                " and training to those who file them and to the county's administrator.",
            ),
            tag="staff",
            parameters=(OFFICE,),
            answers={200: Body(JSON, Staff)},
            problems=(ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED),
        ),
        Operation(
            id="proposeStaffChange",
            method="POST",
            path="/api/v1/staff/changes",
            handler=proposed,
            text=Label("申报人员变动，由县端确认或退回", "propose a change of the office's registry; the county confirms or returns it"),
            more=Label(
                "seen 是查到该人员时的版本标识；已被他人改动则拒绝。离岗、调出由县端确认时立即吊销证书。",
                "`seen` is the mark with which the person was listed: a change on what somebody else has changed since is refused. Of"
                " whoever leaves or moves, certificates are revoked at the moment the county confirms.",
            ),
            tag="staff",
            body=Body(JSON, StaffProposal, example={"kind": "leaving", "person": "T01.2", "note": "调离"}),
            answers={201: Body(JSON, Proposed)},
            problems=(
                ProblemType.NOT_FOUND,
                ProblemType.STATE_CHANGED,
                ProblemType.ACTION_NOT_POSSIBLE,
                ProblemType.MEDIA_TYPE_UNSUPPORTED,
                ProblemType.BODY_TOO_LARGE,
                ProblemType.BODY_TOO_SLOW,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
        *_of_deputies(),
    ]


def _of_deputies() -> list[Operation]:
    return [
        Operation(
            id="nameDeputy",
            method="POST",
            path="/api/v1/staff/deputies",
            handler=deputy_named,
            text=Label("登记代班，即时生效", "name a deputy; it takes effect at once"),
            more=Label(
                "代班不增加任何权限：代班人以自己的名义办理，回执证明这几天由谁代谁。同样的登记再次提交，得到同一回执。",
                "A deputy gets no further rights and acts in their own name; the receipt proves who stood in for whom on which days. The"
                " very same once more is the same receipt.",
            ),
            tag="staff",
            body=Body(
                JSON,
                NewDeputy,
                example={"person": "T01.2", "deputy": "T01.3", "first_day": "2026-11-23", "last_day": "2026-11-27"},
            ),
            answers={200: Body(JSON, Envelope, Label("回执", "the receipt"))},
            problems=(*_REFUSED, ProblemType.ACTION_NOT_POSSIBLE),
        ),
        Operation(
            id="endDeputy",
            method="POST",
            path="/api/v1/staff/deputies/{deputy:[0-9a-f]{32}}/end",
            handler=deputy_ended,
            text=Label("提前结束代班", "end a deputy's time before its last day"),
            more=Label(
                "deputy 是登记代班回执的 evidence_id；再次请求得到同一回执。",
                "`deputy` is the evidence_id of the receipt that named them; asked again it is the same receipt.",
            ),
            tag="staff",
            parameters=(Parameter("deputy", "path", Label("登记代班回执的 evidence_id", "evidence_id of the receipt"), _EVIDENCE),),
            body=Body(JSON, OwnAct, required=False, example={}),
            answers={200: Body(JSON, Envelope, Label("回执", "the receipt"))},
            problems=_REFUSED,
        ),
    ]
