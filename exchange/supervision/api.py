"""The receipt matrix and urging, for whoever sent an item: described and answered."""

from typing import Final

from aiohttp import web

from exchange.delivery import moves, own_words
from exchange.delivery.answers import Move
from exchange.delivery.api import submission_id
from exchange.delivery.operations import ID
from exchange.office.session import BODY, caller
from exchange.operation import JSON, Body, Operation
from exchange.representation import answer
from exchange.service import SERVICE
from exchange.supervision import urging
from exchange.supervision.answers import Matrix, Urge, UrgedNow, UrgedOffice
from exchange.supervision.matrix import matrix
from exchange.supervision.urging import Asked, Urged
from schemas.messages import decode
from schemas.problems import ProblemType
from schemas.words import Label, Scope

_ONE: Final = "/api/v1/submissions/{submission}"


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/matrix."""
    person, service = await caller(request), request.app[SERVICE]
    return answer(await service.database.read(matrix, person, submission_id(request), service.watch.now()))


async def urge(request: web.Request) -> web.Response:
    """POST /api/v1/submissions/{id}/urge."""
    person, service = await caller(request), request.app[SERVICE]
    body = decode(request[BODY] or b"{}", Urge, ProblemType.REQUEST_MALFORMED)
    submission, now = submission_id(request), service.watch.signing_now()
    signed = moves.stated(Move(statement=body.statement, signature=body.signature), person, service.trust, now)
    each = own_words.for_one(signed, body.offices, own_words.stated_each(body.signed, person, service.trust, now))
    asked = Asked(body.offices, body.way, body.note, each)
    done = await service.sign(urging.urge, service.county.notary, person, submission, asked, now)
    return answer(told(submission, done))


def told(submission: str, done: Urged) -> UrgedNow:
    """Return what came of an urging as it travels."""
    return UrgedNow(submission, [UrgedOffice(office, evidence) for office, evidence in done.done.items()], list(done.before))


def operations() -> list[Operation]:
    """Return the operations of this room."""
    return [
        Operation(
            id="showMatrix",
            method="GET",
            path=f"{_ONE}/matrix",
            handler=show,
            text=Label(
                "签收矩阵：各收文单位的送达、阅读、签收、退回时间和催办情况",
                "the receipt matrix: every recipient, and when it opened and signed",
            ),
            more=Label(
                "发文单位和联合发文单位可看。phone 是对方值班电话，没有的是其联系人电话；电话和催办说明只给发文单位。",
                "For those who issued it. `phone` is the recipient's duty desk, or the person it has named where it has none; numbers"
                " and notes of urging are for the office that sent it.",
            ),
            tag="submissions",
            scope=Scope.SENT,
            parameters=(ID,),
            answers={200: Body(JSON, Matrix)},
            problems=(ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED),
        ),
        Operation(
            id="urge",
            method="POST",
            path=f"{_ONE}/urge",
            handler=urge,
            text=Label(
                "催办：催一家、几家，或所有尚未签收的单位；也用于记录电话通知", "urge one office, some, or all that have not signed for it"
            ),
            more=Label(
                "每家一个“催办”事件，电话通知（way 为 phone）与网上催办相同。五分钟内同样的催办只记一次，因此重发同一请求不会重复催办。"
                "网上催办：每件每家一小时一次、24 小时内至多三次；加急件半小时一次、六次，特急件十分钟一次、十二次；电话通知不限。",
                "One event an office, the same for a call that was made (`way` is `phone`). What was said within the last five minutes"
                " already is not said again, so a request may be repeated. An office is urged about one item once an hour and three times"
                " in 24 hours at most; every half hour and six times if it is urgent, every ten minutes and twelve times if extra urgent."
                " Calls are not bounded.",
            ),
            tag="submissions",
            scope=Scope.SUBMIT,
            parameters=(ID,),
            body=Body(JSON, Urge, required=False, example={"offices": ["T01"], "way": "phone", "note": "值班员已接"}),
            answers={200: Body(JSON, UrgedNow)},
            problems=(
                ProblemType.NOT_FOUND,
                ProblemType.NOT_ALLOWED,
                ProblemType.SEALED,
                ProblemType.ACTION_NOT_POSSIBLE,
                ProblemType.URGED_LATELY,
                ProblemType.STATEMENT_INVALID,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
    ]
