"""What is told of each request: a line in the log, an id on the answer, and the counts; who, what kind and how long, never what."""

import asyncio
import logging
import re
import secrets
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange import logbook
from exchange.edge import PROBLEM
from exchange.metrics import METRICS, Answered
from exchange.office.session import CALLER
from exchange.operation import OPERATION

ID_HEADER: Final = "X-Request-Id"
ID: web.RequestKey[str] = web.RequestKey("id", str)

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
NO_OPERATION: Final = "none"
QUIET: Final = frozenset({"asset"})
"""Operations whose good answers are counted, but are worth no line in the log."""
STREAM: Final = "text/event-stream"


def request_id(asked: str) -> str:
    """Return the caller's own id when it is a plain token, else a new one: 16 hexadecimal digits."""
    return asked if _TOKEN.fullmatch(asked) else secrets.token_hex(8)


@web.middleware
async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note each request once it is answered, or its peer has gone: the outermost of the middlewares."""
    request[ID] = request_id(request.headers.get(ID_HEADER, ""))
    mark, clock = logbook.REQUEST.set(request[ID]), asyncio.get_running_loop().time
    begun, answer = clock(), None
    try:
        answer = await handler(request)
    finally:
        _note(request, answer, clock() - begun)
        logbook.REQUEST.reset(mark)
    return answer


async def identify(request: web.Request, response: web.StreamResponse) -> None:
    """Say on every answer under which id the log has it."""
    if ID in request:  # not before `observed`: an expectation that nobody can meet
        response.headers[ID_HEADER] = request[ID]


def _note(request: web.Request, answer: web.StreamResponse | None, seconds: float) -> None:
    reached = request.get(OPERATION)
    operation = NO_OPERATION if reached is None else reached.id
    method = request.method if request.method in _METHODS else "other"  # whatever else was sent is the sender's own word
    problem = answer.get(PROBLEM) if answer is not None else None
    status = 0 if answer is None else answer.status
    stream = answer is not None and answer.content_type == STREAM
    submission = reached is not None and reached.security == "container"
    request.app[METRICS].answered(Answered(operation, method, status, problem, None if stream else seconds, submission))
    logbook.note(
        logging.DEBUG if operation in QUIET and problem is None else logging.INFO,
        "request",
        operation=operation,
        method=method,
        status=status,
        ms=round(seconds * 1000, 1),
        office=request[CALLER].office if CALLER in request else "",
        problem=problem.type if problem is not None else "",
    )
