"""What the sending office does with its deliveries, over HTTP; answers are receipts."""

from typing import Final

from aiohttp import web

from archive.ledger import receipts
from archive.ledger.database import Tx
from exchange.delivery import moves, recall, sender, supplement
from exchange.delivery.answers import Move, SubmissionReceipts, Words
from exchange.delivery.api import submission_id
from exchange.delivery.operations import ID
from exchange.delivery.sender_answers import Further, RecallStep, RecallSteps, Taking
from exchange.delivery.states import Action
from exchange.duty.calendar_api import day_of
from exchange.idempotency import KEY, once
from exchange.office.session import BODY, caller
from exchange.operation import JSON, OPERATION, Body, Operation, Parameter
from exchange.paging import CODE
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import Envelope, decode
from schemas.problems import ProblemType
from schemas.words import Label, Scope

PATHS: Final = {"withdraw": Action.WITHDRAW, "ask-back": Action.ASK_BACK}
"""The last part of the path of an act on one recipient's delivery."""

_ONE: Final = "/api/v1/submissions/{submission}"
_OFFICE: Final = Parameter(
    "office", "path", Label("收文单位代码", "code of the recipient office"), {"type": "string", "pattern": f"^{CODE}$"}, required=True
)
_RECEIPTS: Final = {200: Body(JSON, SubmissionReceipts, Label("回执", "the receipts"))}
_REFUSED: Final = (
    ProblemType.NOT_FOUND,
    ProblemType.NOT_ALLOWED,
    ProblemType.SEALED,
    ProblemType.WITHDRAWN,
    ProblemType.REASON_REQUIRED,
    ProblemType.SIGNING_STOPPED,
)


async def act(request: web.Request) -> web.Response:
    """POST /api/v1/submissions/{id}/deliveries/{office}/withdraw and /ask-back."""
    person = await caller(request)
    service, body = request.app[SERVICE], request[BODY]
    now = service.watch.signing_now()
    wanted = decode(body or b"{}", Move, ProblemType.REQUEST_MALFORMED)
    key, submission, office = once(request, body), submission_id(request), request.match_info["office"]
    # what was done under this key is answered before it is asked whether the statement would still do
    evidence = None if key is None else await service.database.read(sender.done_before, person, submission, key)
    if evidence is None:
        action, signed = PATHS[request[OPERATION].path.rsplit("/", 1)[1]], moves.stated(wanted, person, service.trust, now)
        asked = moves.Asked(action, wanted, once=key, signed=signed)
        evidence = await service.sign(sender.act, service.county.notary, person, submission, office, asked, now)
    return answer(await service.database.read(receipts.envelope_of, evidence))


async def take_back(request: web.Request) -> web.Response:
    """POST /api/v1/submissions/{id}/recall: from every recipient that still has it."""
    person = await caller(request)
    service, now = request.app[SERVICE], request.app[SERVICE].watch.signing_now()
    wanted = decode(request[BODY] or b"{}", Taking, ProblemType.REQUEST_MALFORMED)
    submission = submission_id(request)
    made = await service.sign(recall.recall_everywhere, service.county.notary, person, submission, now, wanted.reason)
    return answer(SubmissionReceipts(await service.database.read(_envelopes, made)))


async def steps(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/recall."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(recall.steps, person, submission_id(request))
    return answer(RecallSteps([RecallStep(**each._asdict()) for each in found]))


async def add(request: web.Request) -> web.Response:
    """POST /api/v1/submissions/{id}/deliveries: to further offices."""
    person = await caller(request)
    service, now = request.app[SERVICE], request.app[SERVICE].watch.signing_now()
    wanted = decode(request[BODY] or b"{}", Further, ProblemType.REQUEST_MALFORMED)
    made = await service.sign(
        supplement.supplement,
        service.county.notary,
        person,
        submission_id(request),
        wanted.offices,
        now,
        copy=wanted.copy,
        reason=wanted.reason,
        respond_by=None if wanted.respond_by is None else day_of(wanted.respond_by, "respond_by"),
    )
    return answer(SubmissionReceipts(await service.database.read(_envelopes, made)))


def _envelopes(tx: Tx, evidence: list[str]) -> list[Envelope]:
    return [receipts.envelope_of(tx, each) for each in evidence]


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [*_acts(), *_recalls(), _addition()]


def _acts() -> list[Operation]:
    return [
        Operation(
            id=name,
            method="POST",
            path=f"{_ONE}/deliveries/{{office}}/{path}",
            handler=act,
            text=text,
            more=more,
            tag="submissions",
            scope=Scope.SUBMIT,
            parameters=(ID, _OFFICE, KEY),
            body=Body(JSON, Words, example={"reason": "附件有误，另行报送"}),
            answers={200: Body(JSON, Envelope, Label("回执", "the receipt"))},
            problems=(*_REFUSED, ProblemType.STATE_CHANGED, ProblemType.STATEMENT_INVALID, ProblemType.IDEMPOTENCY_KEY_USED, *problems),
        )
        for path, name, text, more, problems in (
            (
                "withdraw",
                "withdrawDelivery",
                Label("撤回：对方尚未阅读的，立即撤回", "withdraw: at once, from a recipient who has not opened it"),
                Label("原因对方看得到。", "The recipient is shown the reason."),
                (ProblemType.CONSENT_NEEDED, ProblemType.RETURNED),
            ),
            (
                "ask-back",
                "askDeliveryBack",
                Label("申请撤回：对方已阅或已签收的，须对方同意", "ask for it back: a recipient who has opened it must consent"),
                Label(
                    "对方在收文箱中同意或不同意；同意之前一切照旧。",
                    "The recipient consents or refuses in the inbox; until then all stays as it is.",
                ),
                (ProblemType.NOT_OPENED_YET, ProblemType.RECALL_PENDING, ProblemType.RETURNED),
            ),
        )
    ]


def _recalls() -> list[Operation]:
    return [
        Operation(
            id="recallSubmission",
            method="POST",
            path=f"{_ONE}/recall",
            handler=take_back,
            text=Label(
                "全部撤回：未阅的立即撤回，已阅的申请撤回", "take it back from all: at once where unread, by asking where it was opened"
            ),
            tag="submissions",
            scope=Scope.SUBMIT,
            parameters=(ID,),
            body=Body(JSON, Taking, example={"reason": "附件有误，另行报送"}),
            answers=_RECEIPTS,
            problems=(*_REFUSED, ProblemType.RECALL_PENDING, ProblemType.RETURNED),
        ),
        Operation(
            id="showRecall",
            method="GET",
            path=f"{_ONE}/recall",
            handler=steps,
            text=Label("撤回的经过：申请、答复、撤回", "what was asked and answered of a recall"),
            tag="submissions",
            scope=Scope.SENT,
            also=(Scope.INBOX,),
            parameters=(ID,),
            answers={200: Body(JSON, RecallSteps)},
            problems=(ProblemType.NOT_FOUND,),
        ),
    ]


def _addition() -> Operation:
    return Operation(
        id="addDeliveries",
        method="POST",
        path=f"{_ONE}/deliveries",
        handler=add,
        text=Label("补发、增发：把已接收的件再送给其他单位", "deliver what was accepted to further offices"),
        more=Label(
            "数据包已签名，不列新增单位；以补发回执和送达回执为凭。全部送达或全部不送。",
            "The signed container does not name them: the receipts of the supplementary delivery are the proof. All of them or none.",
        ),
        tag="submissions",
        scope=Scope.SUBMIT,
        parameters=(ID,),
        body=Body(JSON, Further, example={"offices": ["D02"], "copy": True, "reason": "请一并研究"}),
        answers=_RECEIPTS,
        problems=(
            *_REFUSED,
            ProblemType.RECIPIENT_UNKNOWN,
            ProblemType.RECIPIENT_CLOSED,
            ProblemType.ALREADY_RECIPIENT,
            ProblemType.ADDRESSEE_ELSEWHERE,
            ProblemType.DEADLINE_PAST,
        ),
    )
