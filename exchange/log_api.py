"""The log for everyone: checkpoint, tiles, consistency, public events; and what a township needs to trust us."""

import base64

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.receipts import envelope
from exchange.office import store as offices
from exchange.service import SERVICE
from schemas import instants
from schemas.messages import Envelope, canonical
from schemas.problems import Problem, ProblemType
from schemas.words import PUBLIC_EVENTS

_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


async def checkpoint(request: web.Request) -> web.Response:
    """GET /log/checkpoint."""
    published = await request.app[SERVICE].database.read(log.latest)
    return web.Response(body=published.note, content_type="text/plain", charset="utf-8", headers={"Cache-Control": "no-store"})


async def tile(request: web.Request) -> web.Response:
    """GET /log/tile/…: tiles and entry bundles as C2SP tlog-tiles names them."""
    content = await request.app[SERVICE].database.read(log.tile, f"tile/{request.match_info['path']}")
    return web.Response(body=content, content_type="application/octet-stream", headers=_IMMUTABLE)


async def consistency(request: web.Request) -> web.Response:
    """GET /log/consistency/{size1}/{size2}: the RFC 9162 proof, base64 lines."""
    size1, size2 = int(request.match_info["size1"]), int(request.match_info["size2"])
    proof = await request.app[SERVICE].database.read(log.consistency, size1, size2)
    return web.Response(text="".join(base64.b64encode(node).decode() + "\n" for node in proof))


def _public_event(tx: Tx, leaf: int) -> Envelope:
    row = tx.row("SELECT event, submission, receipt, signature, timestamp, proof FROM event WHERE leaf = :leaf", leaf=leaf)
    if row is None or row.event not in PUBLIC_EVENTS:
        raise Problem(ProblemType.NOT_FOUND)
    return envelope(row)


async def event(request: web.Request) -> web.Response:
    """GET /log/events/{index}: receipts of registration, enrolment, revocation and policy are public."""
    found = await request.app[SERVICE].database.read(_public_event, int(request.match_info["index"]))
    return web.Response(body=canonical(found), content_type="application/json")


async def root(request: web.Request) -> web.Response:
    """GET /trust/root.pem: to be compared with the fingerprint on the code slip before anything else is sent."""
    county = request.app[SERVICE].county
    return web.Response(body=county.root.public_bytes(Encoding.PEM), content_type="application/x-pem-file")


async def trust(request: web.Request) -> web.Response:
    """GET /trust: issuing certificate, newest revocation lists, log key; every part is signed or checked against the root."""
    service = request.app[SERVICE]
    county = service.county
    body = {
        "issuing": county.issuer.certificate.public_bytes(Encoding.DER),
        "crls": [each.public_bytes(Encoding.DER) for each in service.trust.crls],
        "log": county.notary.log.verifier,
    }
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


async def crls(request: web.Request) -> web.Response:
    """GET /trust/crls?at=INSTANT: the list that covered an instant, for old receipts; every list is kept."""
    at = request.query.get("at", "")
    try:
        instants.read(at)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "at") from error
    found = await request.app[SERVICE].database.read(offices.crls_covering, [at])
    return web.Response(body=msgspec.json.encode({"crls": found}), content_type="application/json")


async def healthy(_request: web.Request) -> web.Response:
    """GET /healthz: the process answers."""
    return web.Response(text="ok\n")


def _halted(tx: Tx) -> str:
    return str(tx.row("SELECT halted FROM ledger").halted)


async def ready(request: web.Request) -> web.Response:
    """GET /readyz: the ledger answers and signing is not stopped."""
    service = request.app[SERVICE]
    reason = service.watch.stopped or await service.database.read(_halted)
    if reason:
        raise Problem(ProblemType.SIGNING_STOPPED, reason)
    return web.Response(text="ready\n")


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/log/checkpoint", checkpoint),
        web.get("/log/tile/{path:.+}", tile),
        web.get(r"/log/consistency/{size1:\d{1,15}}/{size2:\d{1,15}}", consistency),
        web.get(r"/log/events/{index:\d{1,15}}", event),
        web.get("/trust/root.pem", root),
        web.get("/trust", trust),
        web.get("/trust/crls", crls),
        web.get("/healthz", healthy),
        web.get("/readyz", ready),
    ]
