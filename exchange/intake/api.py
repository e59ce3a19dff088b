"""POST /api/v1/submissions: the body is the container; it needs no credential beyond its own signature."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

from aiohttp import web

from exchange.intake import rules
from exchange.intake.accept import Intake
from exchange.intake.inspections import Answer, Inspection
from exchange.operation import JSON, Body, Operation
from exchange.service import SERVICE
from keys.container import MEDIA_TYPE, Limits
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType
from schemas.words import Label

INTAKE: web.AppKey[Intake] = web.AppKey("intake", Intake)
MOST: int = Limits().container
ACCEPTED: Final = 202
INSPECTIONS: Final = "/api/v1/inspections"
PLACE: Final = {"Location": Label("这一件的地址", "where the submission is")}
WHERE: Final = {
    "Location": Label("查询检查进度的地址", "where to ask how far it is"),
    "Retry-After": Label("几秒后再问", "seconds after which to ask again"),
}
"""The headers of an answer to what was accepted, and to what is being looked at."""


async def expect(_request: web.Request) -> web.StreamResponse | None:
    """Leave `Expect: 100-continue` to `submit`: this runs outside the middlewares, so nothing can be refused here."""
    return None


def _invite(request: web.Request) -> None:
    """Ask for a body whose sender waits for `100 Continue`; whoever was refused before has sent none of it."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def require_plain(request: web.Request) -> None:
    """Judge the headers alone. Raises Problem CONTAINER_TOO_LARGE, or REQUEST_MALFORMED for a body packed once more."""
    if (request.content_length or 0) > MOST:
        raise Problem(ProblemType.CONTAINER_TOO_LARGE)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(ProblemType.REQUEST_MALFORMED, "Content-Encoding")


async def submit(request: web.Request) -> web.Response:
    """Take a submission in; 201 with the receipt, 200 with the same bytes on repetition, 202 while a scan is looked at."""
    require_plain(request)
    with request.app[INTAKE].gate.bodies.one(request.remote or ""):
        _invite(request)
        return await taken_in(request, arriving(request))


async def taken_in(request: web.Request, body: AsyncIterable[bytes]) -> web.Response:
    """Judge a container, whichever way its bytes come, and answer as `submit` does. Raises what `Intake.receive` raises."""
    address, service = request.remote or "", request.app[SERVICE]
    try:
        answer = await request.app[INTAKE].receive(body)
    except Problem as problem:
        service.counters[f"not accepted: {problem.kind.type}"] += 1
        if problem.kind not in rules.POLICY_PROBLEMS and problem.kind.status < 500:  # noqa: PLR2004 - the caller's fault
            # an address that has spent its minute learns no more; whoever signs properly behind the same gateway gets through
            service.failures.spend(address, service.watch.clock.elapsed())
        raise
    return answered(answer)


def answered(answer: Answer) -> web.Response:
    """Return what is told of a container: where it stands now, or where the question how far it is can be asked again."""
    if answer.status == ACCEPTED:
        headers = {"Location": f"{INSPECTIONS}/{answer.token}", "Retry-After": str(answer.retry)}
    else:
        headers = {"Location": f"/api/v1/submissions/{answer.submission}"}
    return web.Response(status=answer.status, body=answer.body, content_type=JSON, headers=headers)


def judged() -> tuple[ProblemType, ...]:
    """Return every problem that a container may be answered with."""
    rows = list(ProblemType)
    return tuple(rows[rows.index(ProblemType.NOT_A_CONTAINER) : rows.index(ProblemType.REPLACES_UNKNOWN) + 1])


ANSWERS: Final = {
    201: Body(JSON, Envelope, Label("已接收：接收回执", "accepted: the receipt"), PLACE),
    200: Body(JSON, Envelope, Label("此前已接收：同样的回执", "accepted before: the same receipt"), PLACE),
    202: Body(JSON, Inspection, Label("扫描件正在识别检查，尚未接收", "a scan is being looked at: not accepted yet"), WHERE),
}
"""How a container is answered, whichever way it came."""


def refusals() -> tuple[ProblemType, ...]:
    """Return every problem that a container may be answered with once it is here."""
    return (
        *judged(),
        ProblemType.RECOGNITION_MISSING,
        ProblemType.INSPECTION_QUEUE_FULL,
        ProblemType.READER_RESTARTING,
        ProblemType.NOT_ALLOWED,
        ProblemType.TOO_MANY_REQUESTS,
        ProblemType.QUOTA_SPENT,
        ProblemType.SIGNING_STOPPED,
    )


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="submit",
            method="POST",
            path="/api/v1/submissions",
            handler=submit,
            expect_handler=expect,
            text=Label("报送：内容为公文数据包", "submit: the body is the container"),
            more=Label(
                "数据包自带报送签名，请求本身不必另签。先发 Expect: 100-continue，被拒时就不必传完。"
                "重发同一数据包永远得到同样的回执（200）。"
                "含扫描件时先答 202：尚未接收，请按 Location 查询进度，直到取得与直接答复相同的结果；再次发送同一数据包也可。"
                "取得回执才算报送成功；被规则拒收的答复带有未予接收回执（receipt）和检查结果（findings）。",
                "The container bears its own signature, the request needs none. With Expect: 100-continue a refusal costs no upload. The"
                " same container again gets the same receipt, for ever (200). A container with scans is first answered with 202: it is not"
                " accepted yet; ask at the Location until it gives the answer, or send the same again. Only a receipt means that it was"
                " submitted; a refusal by policy carries its own `receipt` and `findings`. `metadata.json` in the container is a"
                " `Submission` of this document.",
            ),
            tag="submissions",
            security="container",
            body=Body(MEDIA_TYPE, text=Label("公文数据包（ASiC-E），不超过 500 MB", "the container (ASiC-E), at most 500 MB")),
            answers=ANSWERS,
            problems=(*refusals(), ProblemType.BODY_TOO_SLOW),
        )
    ]


async def arriving(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises Problem BODY_TOO_SLOW or TRUNCATED when the sender goes away."""
    limits = request.app[SERVICE].county.settings.limits
    loop = asyncio.get_running_loop()
    start, received = loop.time(), 0
    while True:
        # counted from what has come, not from what was announced: a large announcement buys no time
        wait = min(limits.seconds_between_chunks, start + rules.deadline(received) - loop.time())
        try:
            async with asyncio.timeout(max(wait, 0)):
                chunk = await request.content.readany()
        except TimeoutError as error:
            raise Problem(ProblemType.BODY_TOO_SLOW) from error
        except (ConnectionError, web.RequestPayloadError) as error:
            raise Problem(ProblemType.TRUNCATED, "connection lost") from error
        if not chunk:
            return
        received += len(chunk)
        yield chunk
