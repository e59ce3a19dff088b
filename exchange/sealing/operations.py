"""The operations on sealed submissions, described."""

from typing import Final

from exchange.delivery.operations import ID
from exchange.idempotency import KEY
from exchange.operation import JSON, Body, Operation
from exchange.paging import PAGED
from exchange.sealing import api
from exchange.sealing.answers import Nothing, Release, Report, Rewrap, SealedItems, SealedPackage, Why
from exchange.sealing.incident import Incident
from schemas.messages import Envelope
from schemas.problems import ProblemType
from schemas.words import Label

_ALL: Final = "/api/v1/sealed"
_ONE: Final = f"{_ALL}/{{submission}}"
_RECEIPT: Final = {200: Body(JSON, Envelope, Label("回执", "the receipt"))}
_WHY: Final = Body(JSON, Why, example={"reason": "经核实属涉密文件"})
_ACTED: Final = (
    ProblemType.NOT_FOUND,
    ProblemType.STATE_CHANGED,
    ProblemType.ACTION_NOT_POSSIBLE,
    ProblemType.REASON_REQUIRED,
    ProblemType.IDEMPOTENCY_KEY_USED,
    ProblemType.SIGNING_STOPPED,
)


def operations() -> list[Operation]:
    """Return the operations of this room; they are the county's confidentiality officers', `confirm` is its leader's."""
    return [*_looking(), *_acting(), *_sheets()]


def _looking() -> list[Operation]:
    return [
        Operation(
            id="listSealed",
            method="GET",
            path=_ALL,
            handler=api.listed,
            text=Label("封存件清单（无标题）", "what is sealed, without titles"),
            tag="sealing",
            parameters=PAGED,
            answers={200: Body(JSON, SealedItems)},
        ),
        Operation(
            id="showSealed",
            method="GET",
            path=_ONE,
            handler=api.shown,
            text=Label("打开封存包所需的密钥", "the package's key as it is wrapped for each officer"),
            tag="sealing",
            parameters=(ID,),
            answers={200: Body(JSON, SealedPackage)},
            problems=(ProblemType.NOT_FOUND, ProblemType.ACTION_NOT_POSSIBLE),
        ),
        Operation(
            id="fetchSealed",
            method="GET",
            path=f"{_ONE}/package",
            handler=api.package,
            text=Label("取出封存包（密文）", "the sealed package: ciphertext"),
            more=Label("须先登记查看。", "A look must have been recorded before."),
            tag="sealing",
            parameters=(ID,),
            answers={200: Body("application/octet-stream", text=Label("封存包", "the package"))},
            problems=(ProblemType.NOT_FOUND, ProblemType.ACTION_NOT_POSSIBLE),
        ),
    ]


def _acting() -> list[Operation]:
    return [
        _report(),
        _act(
            "look", "lookAtSealed", Label("登记查看封存件", "record that one looks at it"), Body(JSON, Nothing, required=False, example={})
        ),
        _release(),
        _act("destroy", "orderDestruction", Label("申请销毁（保密员）", "order its destruction: the confidentiality officer"), _WHY),
        _act(
            "confirm",
            "confirmDestruction",
            Label("确认销毁（分管领导）", "confirm it: a leader of the county, never the same person"),
            Body(JSON, Nothing, required=False, example={}),
        ),
        _rewrap(),
    ]


def _report() -> Operation:
    return Operation(
        id="reportFind",
        method="POST",
        path=_ALL,
        handler=api.report,
        text=Label("报告发现标志，立即封存", "report a find: it is sealed at once"),
        more=Label(
            "县保密员或县管理员。原因不得摘抄文件内容；回执只有加盐摘要。",
            "By the county's confidentiality officer or administrator. The reason must not quote the document; the receipt holds a"
            " salted digest.",
        ),
        tag="sealing",
        parameters=(KEY,),
        body=Body(JSON, Report, example={"item": "T01-2026-000012", "reason": "首页左上角有标志"}),
        answers=_RECEIPT,
        problems=(*_ACTED, ProblemType.SEALED),
    )


def _release() -> Operation:
    return Operation(
        id="releaseSealed",
        method="POST",
        path=f"{_ONE}/release",
        handler=api.release,
        text=Label("解除封存（误报）", "release it: a false alarm"),
        more=Label("须交回封存包的密钥，由县端还原。", "The officer gives the package's key back, and the county restores everything."),
        tag="sealing",
        parameters=(ID, KEY),
        body=Body(JSON, Release, example={"key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "reason": "经核实不涉密"}),
        answers=_RECEIPT,
        problems=_ACTED,
    )


def _rewrap() -> Operation:
    return Operation(
        id="rewrapSealed",
        method="POST",
        path=f"{_ONE}/rewrap",
        handler=api.rewrap,
        text=Label("为现任保密员重新加密密钥", "wrap the package's key for the officers of now"),
        tag="sealing",
        parameters=(ID,),
        body=Body(JSON, Rewrap, example={"keys": [{"recipient": "0" * 64, "wrapped": "AAAA"}]}),
        answers={200: Body(JSON, SealedPackage)},
        problems=(ProblemType.NOT_FOUND, ProblemType.ACTION_NOT_POSSIBLE),
    )


def _act(path: str, name: str, text: Label, body: Body) -> Operation:
    return Operation(
        id=name,
        method="POST",
        path=f"{_ONE}/{path}",
        handler=api.act,
        text=text,
        tag="sealing",
        parameters=(ID, KEY),
        body=body,
        answers=_RECEIPT,
        problems=_ACTED,
    )


def _sheets() -> list[Operation]:
    return [
        Operation(
            id="showIncident",
            method="GET",
            path=f"{_ONE}/incident",
            handler=api.told,
            text=Label("事件单：谁报送、到过哪里、谁看过", "the incident: who sent it, where it came, who had it before them"),
            tag="sealing",
            parameters=(ID,),
            answers={200: Body(JSON, Incident)},
            problems=(ProblemType.NOT_FOUND,),
        ),
        Operation(
            id="printIncident",
            method="GET",
            path=f"{_ONE}/sheet",
            handler=api.printed,
            text=Label("事件单（A4）；销毁后为销毁证明", "the incident sheet on A4; after its destruction, the certificate of that"),
            tag="sealing",
            parameters=(ID,),
            answers={200: Body("application/pdf", text=Label("PDF 文件", "a PDF file"))},
            problems=(ProblemType.NOT_FOUND,),
        ),
    ]
