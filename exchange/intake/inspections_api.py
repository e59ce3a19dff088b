"""GET /api/v1/inspections/TOKEN: how far a scan is, then the very answer that its sender is waiting for; and accepted reviews."""

from aiohttp import web

from exchange.intake import reviews
from exchange.intake.api import INSPECTIONS, INTAKE, PLACE, WHERE, answered, judged
from exchange.intake.inspections import Inspection
from exchange.intake.reviews import AcceptedReviews
from exchange.office.session import caller
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import PAGED, window
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role

TOKEN = Parameter(
    "token",
    "path",
    Label("202 答复的 Location 中的凭据", "the token in the Location of a 202"),
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
    required=True,
)


async def inspection(request: web.Request) -> web.Response:
    """Answer 202 with the progress while it runs, then 201 with the receipt or the problem, as the POST would have."""
    intake = request.app[INTAKE]
    return answered(intake.looked_at(request.app[SERVICE].inspections.find(request.match_info["token"])))


async def accepted_reviews(request: web.Request) -> web.Response:
    """GET /api/v1/reviews?after=CURSOR&size=N, for the county's confidentiality officer alone."""
    person = await caller(request)
    if person.office != COUNTY or person.role is not Role.CONFIDENTIALITY:
        raise Problem(ProblemType.NOT_ALLOWED, person.role.value)
    found = await request.app[SERVICE].database.read(reviews.accepted, window(request, reviews.REVIEWS))
    return answer(AcceptedReviews(found.rows, found.following))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [_inspection(), _reviews()]


def _inspection() -> Operation:
    return Operation(
        id="followInspection",
        method="GET",
        path=INSPECTIONS + "/{token}",
        handler=inspection,
        text=Label("扫描件检查进度，完成后即报送的答复", "how far a scan is; in the end the answer to its submission"),
        more=Label(
            "检查期间答 202（已识别页数、排队位置），完成后给出与直接答复相同的结果，保留约十分钟。"
            "凭据只在内存中：服务重新启动后答 404（send-again），请重新发送同一数据包。",
            "202 with pages done and the place in the queue while it runs, then the same answer that a submission gets at once, kept for"
            " ten minutes. Tokens live in memory only: after a restart the answer is 404 (send-again); send the same container again.",
        ),
        tag="submissions",
        security="none",
        parameters=(TOKEN,),
        answers={
            201: Body(JSON, Envelope, Label("已接收：接收回执", "accepted: the receipt"), PLACE),
            202: Body(JSON, Inspection, Label("正在识别检查", "being looked at"), WHERE),
        },
        problems=(
            *judged(),
            ProblemType.SEND_AGAIN,
            ProblemType.RECOGNITION_MISSING,
            ProblemType.INSPECTION_QUEUE_FULL,
            ProblemType.READER_RESTARTING,
            ProblemType.SIGNING_STOPPED,
        ),
    )


def _reviews() -> Operation:
    return Operation(
        id="listReviews",
        method="GET",
        path="/api/v1/reviews",
        handler=accepted_reviews,
        text=Label("经保密审查接收的件（县保密员）", "what was let in on a secrecy review (the county's confidentiality officer)"),
        tag="submissions",
        parameters=PAGED,
        answers={200: Body(JSON, AcceptedReviews)},
    )
