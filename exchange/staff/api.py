"""GET /api/v1/staff and POST /api/v1/staff/changes: an office's registry, and a change of it for the county to confirm."""

from typing import Final

from aiohttp import web

from exchange.office.session import BODY, caller
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import CODE
from exchange.representation import answer
from exchange.service import SERVICE
from exchange.staff import answers, requests
from exchange.staff.answers import Proposed, Staff
from exchange.staff.requests import StaffProposal
from schemas.messages import decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label

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
    ]
