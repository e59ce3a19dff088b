"""The operations of this room: which there are, what they take and what they answer."""

from typing import Any, Final

from exchange.delivery.operations import GONE, ID
from exchange.delivery.own_act import OwnAct
from exchange.forms import api
from exchange.forms.answers import AnswerBody, Forms, FormShown, PeriodBody, Same, SameBody, UrgeBody, Urged
from exchange.forms.rules import XLSX
from exchange.idempotency import KEY
from exchange.operation import JSON, Body, Operation
from schemas.messages import Envelope
from schemas.problems import ProblemType
from schemas.words import Label, Scope

_ONE: Final = "/api/v1/forms/{submission}"
_REFUSED: Final = (ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED, *GONE)
_EXAMPLE: Final[dict[str, Any]] = {
    "answer": {
        "type": "form-answer/v1",
        "period": "2026-12",
        "rows": [{"attendance": "attend", "name": "李四", "post": "副镇长", "phone": "13800001234"}],
    },
    "previous": 0,
    "sign_for": True,
}


def operations() -> list[Operation]:
    """Return the operations of this room."""
    return [*_asking(), *_acting()]


def _asking() -> list[Operation]:
    return [
        Operation(
            id="listForms",
            method="GET",
            path="/api/v1/forms",
            handler=api.forms,
            text=Label("回执单：待本单位回复的和本单位发出的", "reply forms: those to answer, and those that the office sent"),
            tag="forms",
            scope=Scope.INBOX,
            also=(Scope.SENT,),
            answers={200: Body(JSON, Forms)},
        ),
        Operation(
            id="showForm",
            method="GET",
            path=_ONE,
            handler=api.form,
            text=Label("一份回执单及填报情况", "one reply form, and who has answered"),
            more=Label(
                "发文单位看到全部单位的填报情况，收文单位只看到本单位的；收文单位须先“阅读”。",
                "Its sender is told of every office, a recipient of its own alone, once it has opened the document.",
            ),
            tag="forms",
            scope=Scope.CONTENT,
            parameters=(ID,),
            answers={200: Body(JSON, FormShown)},
            problems=(*_REFUSED, ProblemType.ACTION_NOT_POSSIBLE),
        ),
        Operation(
            id="findSameFigures",
            method="POST",
            path="/api/v1/same-figures",
            handler=api.same,
            text=Label("本季度是否已要过同样的数据", "which documents of this quarter asked for the same figures"),
            tag="forms",
            scope=Scope.SENT,
            body=Body(JSON, SameBody, example={"labels": ["沙袋储备（只）"]}),
            answers={200: Body(JSON, Same)},
        ),
    ]


def _acting() -> list[Operation]:
    return [
        Operation(
            id="answerForm",
            method="POST",
            path=f"{_ONE}/answers",
            handler=api.reply,
            text=Label("填报回执单；再次填报即更正，历次均保留", "answer a reply form; a further answer corrects, all are kept"),
            more=Label(
                "填报即视为已阅；期限之后仍可填报，标记为逾期。文字按保密规则检查，有标志的不予接收，不留内容。",
                "Whoever answers has opened the document. After the last day it is taken and marked as late. Its words are judged by the"
                " policy; what bears a mark is refused and not kept.",
            ),
            tag="forms",
            scope=Scope.MOVE,
            parameters=(ID, KEY),
            body=Body(JSON, AnswerBody, example=_EXAMPLE),
            answers={200: Body(JSON, Envelope, Label("回执", "the receipt"))},
            problems=(
                *_REFUSED,
                ProblemType.ANSWER_WRONG,
                ProblemType.STATE_CHANGED,
                ProblemType.ACTION_NOT_POSSIBLE,
                ProblemType.STATEMENT_INVALID,
                ProblemType.IDEMPOTENCY_KEY_USED,
                ProblemType.SECRECY_MARK,
                ProblemType.SECRECY_REVIEW_NEEDED,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
        Operation(
            id="urgeForm",
            method="POST",
            path=f"{_ONE}/urge",
            handler=api.urge,
            text=Label("催报：催办尚未填报的全部或部分单位", "urge every office that has not answered, or some of them"),
            tag="forms",
            scope=Scope.MOVE,
            parameters=(ID,),
            body=Body(JSON, UrgeBody, example={"period": "2026-12"}),
            answers={200: Body(JSON, Urged)},
            problems=(
                *_REFUSED,
                ProblemType.ANSWER_WRONG,
                ProblemType.URGED_LATELY,
                ProblemType.STATEMENT_INVALID,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
        Operation(
            id="closeForm",
            method="POST",
            path=f"{_ONE}/close",
            handler=api.close,
            text=Label("停止按月收取", "ask for a monthly form no more"),
            more=Label(
                "各收文单位都看得到；答复中的 closure 是“停止填报”回执，再次请求得到同一回执。",
                "All recipients are told. `closure` in the answer is its receipt (FormClosure); asked again it is the same one.",
            ),
            tag="forms",
            scope=Scope.MOVE,
            parameters=(ID,),
            body=Body(JSON, OwnAct, required=False, example={}),
            answers={200: Body(JSON, FormShown)},
            problems=(*_REFUSED, ProblemType.ACTION_NOT_POSSIBLE, ProblemType.STATEMENT_INVALID, ProblemType.SIGNING_STOPPED),
        ),
        Operation(
            id="mergeForms",
            method="POST",
            path=f"{_ONE}/merged",
            handler=api.merged,
            text=Label("汇总各单位报表为一个 XLSX，逐格标明来源", "one XLSX of all that was filed, each cell with its origin"),
            more=Label(
                "尚未阅读的报表由此阅读，产生“已阅”回执。",
                "What nobody of the office had opened is opened by this, and leaves its receipt.",
            ),
            tag="forms",
            scope=Scope.CONTENT,
            parameters=(ID,),
            body=Body(JSON, PeriodBody, example={"period": "2026-12"}),
            answers={200: Body(XLSX, text=Label("汇总表", "the workbook"))},
            problems=(*_REFUSED, ProblemType.ANSWER_WRONG, ProblemType.ACTION_NOT_POSSIBLE, ProblemType.STORAGE_FAILED),
        ),
    ]
