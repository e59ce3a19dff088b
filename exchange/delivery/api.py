"""What offices ask about their submissions and do with their deliveries; every request is signed by a person's key."""

import asyncio
import re
from typing import Any, Final

import msgspec
from aiohttp import web

from archive.ledger import receipts
from exchange.delivery import store
from exchange.delivery.states import Action
from exchange.office import store as offices
from exchange.office.session import BODY, caller
from exchange.service import SERVICE
from schemas.messages import Envelope, canonical, decode
from schemas.problems import Problem, ProblemType

_ID: Final = re.compile("[0-9a-f]{64}")
_SEQUENCE: Final = re.compile("[0-9]{1,15}")
_PATHS: Final = {"open": Action.OPEN, "sign-for": Action.SIGN_FOR, "return": Action.RETURN}


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a move: why, and the version that the caller saw."""

    reason: str = ""
    version: int | None = None


def submission_id(request: web.Request) -> str:
    """Return the id in the path. Raises Problem NOT_FOUND."""
    text = request.match_info["submission"]
    if not _ID.fullmatch(text):
        raise Problem(ProblemType.NOT_FOUND)
    return text


def _envelopes(found: list[Envelope]) -> web.Response:
    return web.Response(body=b'{"receipts":[' + b",".join(map(canonical, found)) + b"]}", content_type="application/json")


def _page(rows: list[dict[str, Any]]) -> web.Response:
    following = rows[-1]["cursor"] if len(rows) == store.PAGE else None
    return web.json_response({"items": [{k: v for k, v in row.items() if k != "cursor"} for row in rows], "next": following})


async def inbox(request: web.Request) -> web.Response:
    """GET /api/v1/inbox?after=CURSOR."""
    person = await caller(request)
    return _page(await request.app[SERVICE].database.read(store.inbox, person, request.query.get("after", "")))


async def sent(request: web.Request) -> web.Response:
    """GET /api/v1/submissions?after=CURSOR."""
    person = await caller(request)
    return _page(await request.app[SERVICE].database.read(store.sent, person, request.query.get("after", "")))


async def status(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}."""
    person = await caller(request)
    return web.json_response(await request.app[SERVICE].database.read(store.status, person, submission_id(request)))


async def receipts_of(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/receipts."""
    person = await caller(request)
    return _envelopes(await request.app[SERVICE].database.read(store.receipts_of, person, submission_id(request)))


async def receipts_for(request: web.Request) -> web.Response:
    """GET /api/v1/receipts?after=SEQUENCE: the office's own, without gaps."""
    person = await caller(request)
    after = request.query.get("after", "0")
    if not _SEQUENCE.fullmatch(after):
        raise Problem(ProblemType.REQUEST_MALFORMED, "after")
    return _envelopes(await request.app[SERVICE].database.read(store.receipts_for, person, int(after)))


async def crls(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/crls: the revocation lists that covered each of its instants, DER in base64."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(store.crls_of, person, submission_id(request))
    return web.Response(body=msgspec.json.encode({"crls": found}), content_type="application/json")


async def container(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/submissions/{id}/container: the exact bytes that were received."""
    person = await caller(request)
    service = request.app[SERVICE]
    row = await service.database.read(store.require_readable, person, submission_id(request))
    response = web.StreamResponse(headers={"Content-Type": "application/vnd.etsi.asic-e+zip", "Cache-Control": "no-store"})
    response.content_length = row.size
    await response.prepare(request)
    chunks = await asyncio.to_thread(service.blobs.read, row.container)
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        await response.write(chunk)
    await response.write_eof()
    return response


async def move(request: web.Request) -> web.Response:
    """POST /api/v1/inbox/{id}/open, /sign-for or /return: a POST, so that no prefetch is ever a reception."""
    person = await caller(request)
    service = request.app[SERVICE]
    asked = decode(request[BODY] or b"{}", Move, ProblemType.REQUEST_MALFORMED)
    action, now = _PATHS[request.match_info["action"]], service.watch.signing_now()
    evidence = await service.sign(
        store.move, service.county.notary, person, submission_id(request), action, now, reason=asked.reason, version=asked.version
    )
    envelope = await service.database.read(receipts.envelope_of, evidence)
    return web.Response(body=canonical(envelope), content_type="application/json")


async def directory(request: web.Request) -> web.Response:
    """GET /api/v1/offices: codes and names, for choosing a recipient."""
    await caller(request)
    found = await request.app[SERVICE].database.read(offices.offices)
    return web.json_response({"items": [{"code": row.code, "name": row.name, "kind": row.kind} for row in found]})


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    one = "/api/v1/submissions/{submission}"
    return [
        web.get("/api/v1/inbox", inbox),
        web.get("/api/v1/submissions", sent),
        web.get("/api/v1/offices", directory),
        web.get("/api/v1/receipts", receipts_for),
        web.get(one, status),
        web.get(f"{one}/receipts", receipts_of),
        web.get(f"{one}/crls", crls),
        web.get(f"{one}/container", container),
        web.post("/api/v1/inbox/{submission}/{action:" + "|".join(_PATHS) + "}", move),
    ]
