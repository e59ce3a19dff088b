"""The outer edge of the service: what goes around every handler. Refusals become RFC 9457, bugs become incidents without content."""

import asyncio
import json
import logging
import secrets
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange.office.session import heed_checkpoint
from exchange.request_signature import CHECKPOINT_HEADER
from exchange.service import SERVICE
from schemas.problems import Problem, ProblemType

LOG: Final = logging.getLogger("yizhan")


def without_quotes(record: logging.LogRecord) -> bool:
    """Take out of a log record what aiohttp quotes from the wire, which may be a piece of a document; its kind stays."""
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = f"{record.msg}: %s", (*(record.args or ()), record.exc_info[0].__name__)
        record.exc_info = record.exc_text = None
    return True


logging.getLogger("aiohttp.server").addFilter(without_quotes)


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """Say on every answer that nothing here is to be sniffed, framed or executed."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers["Server"] = "yizhan"


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Render refusals as RFC 9457; anything else that is raised is a bug and gets an incident id."""
    try:
        return await handler(request)
    except Problem as problem:
        return render(problem)
    except web.HTTPException as error:
        kind = ProblemType.NOT_FOUND if error.status in (404, 405) else ProblemType.REQUEST_MALFORMED
        return render(Problem(kind, error.reason), error.status)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the outer edge
        incident = secrets.token_hex(4)
        # neither message nor traceback: both may hold what a document said
        LOG.error("incident %s: %s at %s", incident, type(error).__name__, _where(error))  # noqa: TRY400
        return render(Problem(ProblemType.INTERNAL, f"incident {incident}", incident=incident))


def render(problem: Problem, status: int | None = None) -> web.Response:
    """Return a problem as `application/problem+json`."""
    rendered = problem.render()
    retry = {"Retry-After": str(problem.members["retry_after"])} if "retry_after" in problem.members else {}
    code = status or problem.kind.status or 500
    text = json.dumps(rendered | {"status": code}, ensure_ascii=False)
    return web.Response(text=text, status=code, content_type="application/problem+json", headers=retry)


def _where(error: BaseException) -> str:
    """Return the places of a traceback, without any text of it."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-6:])


@web.middleware
async def checkpoints(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hold the caller's last checkpoint against the ledger before anything is done for it."""
    header = request.headers.get(CHECKPOINT_HEADER)
    if header is not None:
        await heed_checkpoint(request.app[SERVICE], header)
    return await handler(request)
