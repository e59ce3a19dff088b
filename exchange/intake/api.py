"""POST /api/v1/submissions: the body is the container; it needs no credential beyond its own signature."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from exchange.intake import rules
from exchange.intake.accept import Intake
from exchange.service import SERVICE
from keys.container import Limits
from schemas.problems import Problem, ProblemType

INTAKE: web.AppKey[Intake] = web.AppKey("intake", Intake)
MOST: int = Limits().container


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
    """Take a submission in; 201 with the receipt, 200 with the same bytes on repetition."""
    require_plain(request)
    intake = request.app[INTAKE]
    address, service = request.remote or "", request.app[SERVICE]
    with intake.gate.bodies.one(address):
        _invite(request)
        try:
            answer = await intake.receive(_body(request))
        except Problem as problem:
            service.counters[f"not accepted: {problem.kind.type}"] += 1
            if problem.kind not in rules.POLICY_PROBLEMS and problem.kind.status < 500:  # noqa: PLR2004 - the caller's fault
                # an address that has spent its minute learns no more; whoever signs properly behind the same gateway gets through
                service.failures.spend(address, service.watch.clock.elapsed())
            raise
    return web.Response(
        status=answer.status,
        body=answer.body,
        content_type="application/json",
        headers={"Location": f"/api/v1/submissions/{answer.submission}"},
    )


async def _body(request: web.Request) -> AsyncIterator[bytes]:
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
