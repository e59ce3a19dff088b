"""The outer edge of the service: what goes around every handler. Refusals become RFC 9457, bugs become incidents without content."""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from exchange import logbook
from exchange.office.contacts import contact_member
from exchange.office.session import CALLER, heed_checkpoint
from exchange.request_signature import CHECKPOINT_HEADER
from exchange.service import SERVICE
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY

LONGEST_LINE: Final = 64 * 1024
"""Bytes of a request's first line: a query of ten kilobytes is three times as long once it stands in an address."""

PROBLEM: web.ResponseKey[ProblemType] = web.ResponseKey("problem", ProblemType)
"""Which refusal an answer is, for those who count them."""

Shown = Callable[[web.Request, Exception], Awaitable[web.StreamResponse]]
SHOWN: web.AppKey[Shown] = web.AppKey("shown")
"""How an application that has pages shows to a person what was raised."""
MACHINES: Final = ("/api/", "/log/", "/static/")
"""Where nobody is answered with a page, whatever they say that they accept."""

PROBLEM_JSON: Final = "application/problem+json"
UNAUTHORIZED: Final = 401
CHALLENGE: Final = {
    hdrs.WWW_AUTHENTICATE: 'Signature realm="yizhan"',
    "Accept-Signature": 'yizhan=("@method" "@path" "@query");created;keyid;tag="yizhan"',
}
"""How a request is to be signed (RFC 9421, section 5.1), said with every 401."""

_KINDS: Final = {
    404: ProblemType.NOT_FOUND,
    405: ProblemType.METHOD_NOT_ALLOWED,
    413: ProblemType.BODY_TOO_LARGE,
    415: ProblemType.MEDIA_TYPE_UNSUPPORTED,
}
"""What the refusals of the library are called here; any other is a malformed request."""


def without_quotes(record: logging.LogRecord) -> bool:
    """Take out of a log record what aiohttp quotes from the wire, which may be a piece of a document; its kind stays."""
    if record.exc_info and record.exc_info[0] is not None:
        kind = record.exc_info[0].__name__
        record.msg, record.args = f"{record.msg}: %s", (*(record.args or ()), kind)
        record.fields = {"exception": kind}
        record.exc_info = record.exc_text = None
    return True


logging.getLogger("aiohttp.server").addFilter(without_quotes)


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """Say on every answer that nothing here is to be sniffed, framed, executed or kept."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")  # whatever may be kept says so itself
    response.headers["Server"] = "yizhan"


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Render refusals as RFC 9457; anything else that is raised is a bug and gets an incident id.

    What is raised once an answer is under way ends the connection: a second answer behind it would be taken for the rest of
    the first, or for the answer to whoever is next on that connection.
    """
    try:
        return await handler(request)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the outer edge
        if isinstance(error, Problem) and error.kind is ProblemType.SEALED and CALLER in request:
            with contextlib.suppress(Problem):
                error.members |= await request.app[SERVICE].database.glance(contact_member, COUNTY)
        answer = await request.app[SHOWN](request, error) if _asks_for_a_page(request) else _refused(error)
        if request.writer.output_size and request.transport is not None:
            request.transport.abort()
        return answer


def _asks_for_a_page(request: web.Request) -> bool:
    """Say whether a person at a browser waits for the answer."""
    return SHOWN in request.app and "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(MACHINES)


def _refused(error: Exception) -> web.Response:
    """Return what is answered instead."""
    problem, _ = problem_of(error)
    if isinstance(error, web.HTTPException):
        answer = render(problem, error.status)
        if hdrs.ALLOW in error.headers:
            answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return answer
    return render(problem)


def problem_of(error: Exception) -> tuple[Problem, str]:
    """Return what was raised as a problem, with the id under which the log has it when it is a bug, else an empty one."""
    if isinstance(error, Problem):
        return error, ""
    if isinstance(error, web.HTTPException):
        return Problem(_KINDS.get(error.status, ProblemType.REQUEST_MALFORMED), error.reason), ""
    incident = secrets.token_hex(4)
    # neither message nor traceback: both may hold what a document said
    logbook.note(logging.ERROR, "incident", incident=incident, exception=type(error).__name__, trace=logbook.where(error))
    return Problem(ProblemType.INTERNAL, f"incident {incident}", incident=incident), incident


def render(problem: Problem, status: int | None = None) -> web.Response:
    """Return a problem as `application/problem+json`."""
    rendered = problem.render()
    retry = {"Retry-After": str(problem.members["retry_after"])} if "retry_after" in problem.members else {}
    code = status or problem.kind.status or 500
    challenge = CHALLENGE if code == UNAUTHORIZED else {}
    text = json.dumps(rendered | {"status": code}, ensure_ascii=False)
    response = web.Response(text=text, status=code, content_type=PROBLEM_JSON, headers=retry | challenge)
    response[PROBLEM] = problem.kind
    return response


@web.middleware
async def checkpoints(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hold the caller's last checkpoint against the ledger before anything is done for it."""
    header = request.headers.get(CHECKPOINT_HEADER)
    if header is not None and request.match_info.http_exception is None:
        await heed_checkpoint(request.app[SERVICE], header)
    return await handler(request)
