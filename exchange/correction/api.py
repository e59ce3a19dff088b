"""Returns and corrections over HTTP: reasons, statistics, differences, 改投, numbers used again, and the check of elements."""

import asyncio
import re
from typing import Final

from aiohttp import web

from archive.ledger import receipts
from archive.ledger.database import Tx
from exchange.correction import differences as comparing
from exchange.correction import reasons, redirecting, same_number, statistics
from exchange.correction.answers import OtherItem, Redirection, ReturnReason, ReturnReasons, SaidOfNumber, SameNumber, Statistics
from exchange.correction.differences import Differences
from exchange.delivery.answers import SubmissionReceipts
from exchange.delivery.api import submission_id
from exchange.delivery.operations import ID
from exchange.elements.answers import Asked, Hints, hints
from exchange.office.session import BODY, caller
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import CODE
from exchange.representation import answer
from exchange.service import SERVICE
from schemas import instants
from schemas.messages import Envelope, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Scope

_ONE: Final = "/api/v1/submissions/{submission}"
_YEAR: Final = re.compile("2[0-9]{3}")
_ID: Final = re.compile("[0-9a-f]{64}")


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/return-reasons."""
    await caller(request)
    found = await request.app[SERVICE].database.read(reasons.listed)
    return answer(ReturnReasons(items=tuple(ReturnReason(**each._asdict()) for each in found)))


async def counted(request: web.Request) -> web.Response:
    """GET /api/v1/returns?side=ours&year=2026."""
    person, service = await caller(request), request.app[SERVICE]
    year = request.query.get("year", str(service.watch.now().astimezone(instants.BEIJING).year))
    side = request.query.get("side", statistics.Side.OURS)
    if not _YEAR.fullmatch(year) or side not in {each.value for each in statistics.Side}:
        raise Problem(ProblemType.REQUEST_MALFORMED, "year or side")
    found = await service.database.read(statistics.returns, person, statistics.Wanted(statistics.Side(side), int(year)))
    return answer(Statistics(year=int(year), **statistics.counted(found, int(year))._asdict()))


async def differences(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/differences?with=ID."""
    person, other = await caller(request), request.query.get("with")
    if other is not None and not _ID.fullmatch(other):
        raise Problem(ProblemType.NOT_FOUND, "with")
    found = await request.app[SERVICE].database.read(comparing.sides, person, submission_id(request), other)
    return answer(await asyncio.to_thread(comparing.differences, *found))


async def redirect(request: web.Request) -> web.Response:
    """POST /api/v1/submissions/{id}/deliveries/{office}/redirect."""
    person, service = await caller(request), request.app[SERVICE]
    wanted, now = decode(request[BODY] or b"{}", Redirection, ProblemType.REQUEST_MALFORMED), service.watch.signing_now()
    wrong, notary = request.match_info["office"], service.county.notary
    made = await service.sign(redirecting.redirect, notary, person, submission_id(request), wrong, wanted.office, now)
    return answer(SubmissionReceipts(await service.database.read(_envelopes, made)))


def _envelopes(tx: Tx, evidence: list[str]) -> list[Envelope]:
    return [receipts.envelope_of(tx, each) for each in evidence]


async def number(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/same-number."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(same_number.same, person, submission_id(request))
    if found is None:
        return answer(SameNumber())
    return answer(SameNumber(said=found.said, others=tuple(OtherItem(**each._asdict()) for each in found.others)))


async def say(request: web.Request) -> web.Response:
    """PUT /api/v1/submissions/{id}/same-number."""
    person, service = await caller(request), request.app[SERVICE]
    wanted = decode(request[BODY] or b"{}", SaidOfNumber, ProblemType.REQUEST_MALFORMED)
    await service.database.write(same_number.say, person, submission_id(request), wanted.said, service.watch.now())
    return answer(wanted)


async def elements(request: web.Request) -> web.Response:
    """POST /api/v1/elements."""
    person, service = await caller(request), request.app[SERVICE]
    asked, now = decode(request[BODY], Asked, ProblemType.REQUEST_MALFORMED), service.watch.now()
    past = await service.database.read(statistics.before, person, now)
    return answer(hints(asked.elements(person.office, now.astimezone(instants.BEIJING).date()), past))


def operations() -> list[Operation]:
    """Return the operations of this room."""
    return [*_looking(), *_doing()]


def _looking() -> list[Operation]:
    year = Parameter(
        "year", "query", Label("年份，默认今年", "the year; this one by default"), {"type": "string", "pattern": "^2[0-9]{3}$"}
    )
    side = Parameter(
        "side", "query", Label("ours：退回给本单位的；given：本单位退回的", "ours: returned to us; given: returned by us"),
        {"type": "string", "enum": [each.value for each in statistics.Side], "default": "ours"},
    )  # fmt: skip
    other = Parameter(
        "with", "query", Label("另一版的编号，默认前一版", "the id of the other version; the one before by default"),
        {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    )  # fmt: skip
    return [
        Operation(
            id="listReturnReasons", method="GET", path="/api/v1/return-reasons", handler=listed, tag="inbox", scope=Scope.INBOX,
            also=(Scope.SENT,), text=Label("现行退回原因清单", "the county's list of reasons for returning, of today"),
            answers={200: Body(JSON, ReturnReasons)},
        ),
        Operation(
            id="countReturns", method="GET", path="/api/v1/returns", handler=counted, tag="inbox", scope=Scope.SENT, also=(Scope.INBOX,),
            text=Label("本单位一年的退回统计：按原因、文种、月份", "the office's own returns of a year, by reason, kind and month"),
            more=Label("只有本单位自己的；不比较、不排名。", "One's own office's alone: nobody is compared or ranked."),
            parameters=(side, year), answers={200: Body(JSON, Statistics)},
        ),
        Operation(
            id="compareVersions", method="GET", path=f"{_ONE}/differences", handler=differences, tag="submissions", scope=Scope.CONTENT,
            text=Label("更正件与前一版逐项对照", "a correction beside the version before it"),
            more=Label("两版都能取出内容的人才能对照。", "For whoever may have the content of both."),
            parameters=(ID, other), answers={200: Body(JSON, Differences)},
            problems=(
                ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED, ProblemType.SEALED, ProblemType.MISDIRECTED, ProblemType.WITHDRAWN,
                ProblemType.ACTION_NOT_POSSIBLE,
            ),
        ),
        Operation(
            id="showSameNumber", method="GET", path=f"{_ONE}/same-number", handler=number, tag="submissions", scope=Scope.SENT,
            also=(Scope.INBOX,), text=Label("文号重复使用的说明", "what is known of a document number that was used before"),
            parameters=(ID,), answers={200: Body(JSON, SameNumber)}, problems=(ProblemType.NOT_FOUND,),
        ),
    ]  # fmt: skip


def _doing() -> list[Operation]:
    office = Parameter(
        "office", "path", Label("称误投的单位代码", "code of the office that said so"), {"type": "string", "pattern": f"^{CODE}$"},
        required=True,
    )  # fmt: skip
    acts = (ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED, ProblemType.SEALED)
    return [
        Operation(
            id="saySameNumber", method="PUT", path=f"{_ONE}/same-number", handler=say, tag="submissions", scope=Scope.SUBMIT,
            text=Label("说明文号为何与前一件相同", "say why the document number was used again"),
            parameters=(ID,), body=Body(JSON, SaidOfNumber, example={"said": "joint"}),
            answers={200: Body(JSON, SaidOfNumber)}, problems=acts,
        ),
        Operation(
            id="redirectDelivery", method="POST", path=f"{_ONE}/deliveries/{{office}}/redirect", handler=redirect, tag="submissions",
            scope=Scope.SUBMIT, text=Label("改投：误投件改送应收单位", "send what was misdirected to the office that it is for"),
            parameters=(ID, office), body=Body(JSON, Redirection, example={"office": "water"}),
            answers={200: Body(JSON, SubmissionReceipts, Label("回执", "the receipts"))},
            problems=(
                *acts, ProblemType.ACTION_NOT_POSSIBLE, ProblemType.RECIPIENT_UNKNOWN, ProblemType.RECIPIENT_CLOSED,
                ProblemType.ALREADY_RECIPIENT, ProblemType.ADDRESSEE_ELSEWHERE, ProblemType.SIGNING_STOPPED,
            ),
        ),
        Operation(
            id="checkElements", method="POST", path="/api/v1/elements", handler=elements, tag="submissions", scope=Scope.SUBMIT,
            text=Label("报送前检查公文要素", "hold the elements of a document against the rules, before it is sent"),
            more=Label("只作提示，不拒收；所送内容不保存。", "It predicts and refuses nothing; nothing that is sent here is kept."),
            body=Body(
                JSON, Asked, example={"kind": "request", "number": "城政发〔2026〕12号", "title": "关于修路的请示", "to": ["county"]}
            ),
            answers={200: Body(JSON, Hints)},
        ),
    ]  # fmt: skip
