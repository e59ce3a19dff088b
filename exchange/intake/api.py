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


async def expect(request: web.Request) -> web.StreamResponse | None:
    """Answer `Expect: 100-continue`; a body that is too large is refused before it is sent."""
    require_length(request)
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return None


def require_length(request: web.Request) -> None:
    """Raise Problem CONTAINER_TOO_LARGE from the header alone."""
    if (request.content_length or 0) > MOST:
        raise Problem(ProblemType.CONTAINER_TOO_LARGE)


async def submit(request: web.Request) -> web.Response:
    """Take a submission in; 201 with the receipt, 200 with the same bytes on repetition."""
    require_length(request)
    intake = request.app[INTAKE]
    address = request.remote or ""
    elapsed = request.app[SERVICE].watch.clock.elapsed()
    intake.gate.failures.require(address, elapsed)
    with intake.gate.bodies.one(address):
        try:
            answer = await intake.receive(_body(request))
        except Problem as problem:
            if problem.kind not in rules.POLICY_PROBLEMS and problem.kind.status < 500:  # noqa: PLR2004 - the caller's fault
                intake.gate.failures.spend(address, elapsed)
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
    end = loop.time() + rules.deadline(request.content_length or MOST)
    while True:
        wait = min(limits.seconds_between_chunks, end - loop.time())
        try:
            async with asyncio.timeout(max(wait, 0)):
                chunk = await request.content.readany()
        except TimeoutError as error:
            raise Problem(ProblemType.BODY_TOO_SLOW) from error
        except (ConnectionError, web.RequestPayloadError) as error:
            raise Problem(ProblemType.TRUNCATED, "connection lost") from error
        if not chunk:
            return
        yield chunk
