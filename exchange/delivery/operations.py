"""The operations on submissions and deliveries, described."""

from collections.abc import Mapping
from typing import Final

from exchange.delivery import api
from exchange.delivery.answers import Inbox, Move, OfficeReceipts, Outgoing, ReceivedNow, Return, Slip, Status, SubmissionReceipts, Words
from exchange.delivery.outgoing import Standing
from exchange.delivery.slip import WRITTEN
from exchange.delivery.states import Action, Review
from exchange.idempotency import KEY
from exchange.office.answers import RevocationLists
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import PAGED
from exchange.representation import CONDITIONS, IF_MATCH
from keys.container import MEDIA_TYPE
from schemas.messages import Envelope
from schemas.problems import ProblemType
from schemas.words import Label, Scope

ID: Final = Parameter(
    "submission",
    "path",
    Label("报送件标识：签名清单的 SHA-256", "the submission's id: SHA-256 of its manifest"),
    {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    required=True,
)
_BEYOND: Final = Parameter(
    "beyond",
    "query",
    Label("只要单位回执序号大于此数的；不与 after 同用", "only receipts with a greater sequence number; not together with `after`"),
    {"type": "integer", "minimum": 0, "maximum": 10**15 - 1},
)
_REVIEW: Final = Parameter(
    "review",
    "query",
    Label("只要处于这一状态的", "only those that stand so"),
    {"type": "string", "enum": [each.value for each in Review]},
)
_STANDING: Final = Parameter(
    "standing",
    "query",
    Label("只要有一家收文单位处于这一状态的", "only those of which one recipient's copy stands so"),
    {"type": "string", "enum": [each.value for each in Standing]},
)
GONE: Final = (ProblemType.SEALED, ProblemType.MISDIRECTED, ProblemType.WITHDRAWN)
"""Why the content of what once lay here is closed."""
_ONE: Final = "/api/v1/submissions/{submission}"
_OWN: Final = Label(
    "签收之后由本单位人员填写，可多次，不改动已写的；内容只有本单位看得到，报送单位看不到内容、回执和动态。",
    "Once it was signed for, by the office's own people, as often as need be; what was written is never changed. No other office is"
    " shown its words, its receipt or its event, the sender's included.",
)
_MOVES: Final[Mapping[Action, tuple[str, Label, Label, Body]]] = {
    Action.OPEN: (
        "openDelivery",
        Label("阅读：登记收到时间，此后可取出文件", "open: records the time of reception, then the container may be fetched"),
        Label(
            "再次阅读不产生新事件，答复为首次阅读的回执。",
            "A second opening makes no event: it is answered with the first one's receipt.",
        ),
        Body(JSON, Move, required=False, example={}),
    ),
    Action.SIGN_FOR: (
        "signForDelivery",
        Label("签收", "sign for it"),
        Label(
            "回执载明由县端服务代为声明：此签收尚非由签收人本人密钥签署。",
            "The receipt says that it is the county service's assertion: the act itself is not yet signed by the person's own key.",
        ),
        Body(JSON, Move, required=False, example={}),
    ),
    Action.RETURN: (
        "returnDelivery",
        Label("退回补正（须写明原因）", "return it for correction, with a reason"),
        Label("原因只给报送单位看；回执中只有加盐摘要。", "Only the sender is shown the reason; the receipt holds a salted digest of it."),
        Body(JSON, Return, example={"codes": ["attachment-missing"], "reason": "缺少附件二"}),
    ),
    Action.MISDIRECT: (
        "misdirectDelivery",
        Label("误投退件（须写明原因）", "say that it was misdirected, with a reason"),
        Label(
            "自此本单位不能再取出内容，标题也不再显示；报送单位收到通知，可改投。",
            "From then on the office is given neither its content nor its title; the sender is told and may send it to the right office.",
        ),
        Body(JSON, Words, example={"reason": "属水务局职责"}),
    ),
    Action.CONSENT: (
        "consentToRecall",
        Label("同意撤回：内容自此不再对本单位开放", "consent to the recall: the office is given the content no more"),
        Label("发文单位申请撤回后方可办理。", "Once the sender has asked for it back."),
        Body(JSON, Move, required=False, example={}),
    ),
    Action.REFUSE: (
        "refuseRecall",
        Label("不同意撤回（须写明原因）", "refuse the recall, with a reason"),
        Label("原因只给报送单位看。", "Only the sender is shown the reason."),
        Body(JSON, Words, example={"reason": "已按文办理"}),
    ),
    Action.PROPOSE: (
        "writeProposal",
        Label("拟办：在本单位文件处理笺上写拟办意见", "write a proposed action on the office's handling slip"),
        _OWN,
        Body(JSON, Words, example={"reason": "拟请农业农村局阅处"}),
    ),
    Action.INSTRUCT: (
        "writeInstruction",
        Label("批示：在本单位文件处理笺上写领导批示", "write a leader's instruction on the office's handling slip"),
        _OWN,
        Body(JSON, Words, example={"reason": "同意拟办意见"}),
    ),
    Action.CONCLUDE: (
        "writeConclusion",
        Label("办理结果：在本单位文件处理笺上写办理结果", "write what came of it on the office's handling slip"),
        _OWN,
        Body(JSON, Words, example={"reason": "已电话答复并归档"}),
    ),
}


def operations() -> list[Operation]:
    """Return the operations of this room."""
    return [*_incoming(), *_outgoing(), *_receipts(), *(_move(path, action) for path, action in api.PATHS.items())]


def _incoming() -> list[Operation]:
    return [
        Operation(
            id="listInbox",
            method="GET",
            path="/api/v1/inbox",
            handler=api.inbox,
            text=Label("本单位收件，新件在前", "what the office received, newest first"),
            tag="inbox",
            scope=Scope.INBOX,
            parameters=(*PAGED, _REVIEW),
            answers={200: Body(JSON, Inbox)},
        ),
        Operation(
            id="showDelivery",
            method="GET",
            path="/api/v1/inbox/{submission}",
            handler=api.received,
            text=Label("本单位的这一件及可以办理的操作", "the office's own delivery of a submission, and what may be done with it"),
            more=Label(
                "办理时把这里的 ETag 放进 If-Match：若他人已先行办理，答 412 而不会误办。",
                "Put its ETag into If-Match of a move: when someone else moved it first, the answer is 412 and nothing is done.",
            ),
            tag="inbox",
            scope=Scope.INBOX,
            parameters=(ID, *CONDITIONS),
            tagged=True,
            answers={200: Body(JSON, ReceivedNow)},
            problems=(ProblemType.NOT_FOUND, ProblemType.SEALED),
        ),
        Operation(
            id="showSlip",
            method="GET",
            path="/api/v1/inbox/{submission}/slip",
            handler=api.handling_slip,
            text=Label("本单位的文件处理笺：拟办、批示、办理结果", "the office's own handling slip: proposals, instructions, results"),
            more=_OWN,
            tag="inbox",
            scope=Scope.CONTENT,
            parameters=(ID,),
            answers={200: Body(JSON, Slip)},
            problems=(ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED, *GONE),
        ),
    ]


def _outgoing() -> list[Operation]:
    return [
        Operation(
            id="listSubmissions",
            method="GET",
            path="/api/v1/submissions",
            handler=api.sent,
            text=Label("本单位报送的件，新件在前", "what the office sent, newest first"),
            tag="submissions",
            scope=Scope.SENT,
            parameters=(*PAGED, _STANDING),
            answers={200: Body(JSON, Outgoing)},
        ),
        Operation(
            id="showSubmission",
            method="GET",
            path=_ONE,
            handler=api.status,
            text=Label("一件的办理状态、事件和更正件", "one submission: deliveries, events, and what replaced it"),
            tag="submissions",
            scope=Scope.SENT,
            also=(Scope.INBOX,),
            parameters=(ID, *CONDITIONS),
            tagged=True,
            answers={200: Body(JSON, Status)},
            problems=(ProblemType.NOT_FOUND,),
        ),
        Operation(
            id="fetchContainer",
            method="GET",
            path=f"{_ONE}/container",
            handler=api.container,
            text=Label("取出公文数据包（原始字节）", "the container, the exact bytes that were received"),
            more=Label(
                "收文单位须先“阅读”；审计和管理员不能取出；接口账号不能取出“内部”件。每次取出都有记录。",
                "A recipient's staff must have opened it; auditors and administrators never get it, service accounts not what is handled as"
                " internal. Each fetch is recorded.",
            ),
            tag="submissions",
            scope=Scope.CONTENT,
            parameters=(ID,),
            answers={200: Body(MEDIA_TYPE, text=Label("ASiC-E 数据包", "the ASiC-E container"))},
            problems=(ProblemType.NOT_FOUND, ProblemType.ACTION_NOT_POSSIBLE, *GONE),
        ),
    ]


def _receipts() -> list[Operation]:
    return [
        Operation(
            id="listReceipts",
            method="GET",
            path="/api/v1/receipts",
            handler=api.receipts_for,
            text=Label("本单位全部回执，序号连续", "the office's own receipts, by sequence without a gap"),
            tag="receipts",
            scope=Scope.SENT,
            parameters=(*PAGED, _BEYOND),
            answers={200: Body(JSON, OfficeReceipts)},
        ),
        Operation(
            id="showReceipts",
            method="GET",
            path=f"{_ONE}/receipts",
            handler=api.receipts_of,
            text=Label("一件的全部回执（与本单位有关的）", "every receipt of a submission that concerns the caller's office"),
            tag="receipts",
            scope=Scope.SENT,
            also=(Scope.INBOX,),
            parameters=(ID,),
            answers={200: Body(JSON, SubmissionReceipts)},
            problems=(ProblemType.NOT_FOUND,),
        ),
        Operation(
            id="showRevocationLists",
            method="GET",
            path=f"{_ONE}/crls",
            handler=api.crls,
            text=Label("核验这一件所需的吊销列表", "the revocation lists that covered the submission's instants"),
            tag="receipts",
            scope=Scope.SENT,
            also=(Scope.INBOX,),
            parameters=(ID,),
            answers={200: Body(JSON, RevocationLists)},
            problems=(ProblemType.NOT_FOUND,),
        ),
    ]


def _move(path: str, action: Action) -> Operation:
    name, text, more, body = _MOVES[action]
    wanting = {
        Action.RETURN: (ProblemType.REASON_REQUIRED, ProblemType.RETURN_CODE_UNKNOWN, ProblemType.HANDLED_ALREADY),
        Action.MISDIRECT: (ProblemType.REASON_REQUIRED,),
        Action.CONSENT: (ProblemType.RECALL_NOT_ASKED,),
        Action.REFUSE: (ProblemType.RECALL_NOT_ASKED, ProblemType.REASON_REQUIRED),
    } | dict.fromkeys(WRITTEN, (ProblemType.WORDS_REQUIRED,))
    return Operation(
        id=name,
        method="POST",
        path=f"/api/v1/inbox/{{submission}}/{path}",
        handler=api.move,
        text=text,
        more=more,
        tag="inbox",
        scope=Scope.MOVE,
        parameters=(ID, KEY, IF_MATCH),
        body=body,
        answers={200: Body(JSON, Envelope, Label("回执", "the receipt"))},
        problems=(
            ProblemType.NOT_FOUND,
            ProblemType.SEALED,
            ProblemType.STATE_CHANGED,
            ProblemType.WITHDRAWN,
            ProblemType.ACTION_NOT_POSSIBLE,
            ProblemType.PRECONDITION_FAILED,
            ProblemType.IDEMPOTENCY_KEY_USED,
            ProblemType.STATEMENT_INVALID,
            ProblemType.SIGNING_STOPPED,
            *wanting.get(action, ()),
        ),
    )
