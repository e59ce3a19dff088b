"""Who is asking: a signed request, or a browser that is signed in, is turned into a person of today.

The checkpoint that a request names is held against our ledger.
"""

import asyncio
import base64
from typing import NamedTuple

from aiohttp import hdrs, web
from cryptography import x509
from multidict import CIMultiDict

from archive.ledger import log
from archive.ledger.database import Tx
from exchange.office import browsers, store
from exchange.office.store import Person
from exchange.operation import JSON, OPERATION, require_query
from exchange.request_signature import CHECKPOINT_HEADER, Message, key_id, verify_request
from exchange.service import SERVICE, Service
from keys.notes import open_checkpoint
from keys.trust import Purpose, validate
from schemas import instants
from schemas.problems import Problem, ProblemType

MAX_BODY = 64 * 1024
BODY: web.RequestKey[bytes] = web.RequestKey("body", bytes)
"""The body of a request whose signature was verified."""
CALLER: web.RequestKey[Person] = web.RequestKey("caller", Person)
"""Who signed it, or whose browser it came from."""


class Signature(NamedTuple):
    """How a request was signed: the SHA-256 of the certificate, and the signature's own nonce, empty without one."""

    certificate: str
    nonce: str


SIGNATURE: web.RequestKey[Signature] = web.RequestKey("signature", Signature)


async def caller(request: web.Request) -> Person:
    """Return who signed this request, or who is signed in at the browser that made it.

    Raises what `browsers.current` raises for a browser; else Problem REQUEST_NOT_SIGNED, REQUEST_SIGNATURE_INVALID,
    REQUEST_OUT_OF_TIME, and what `validate` raises for the certificate; NOT_ALLOWED for a person who has left and for a service
    account without the operation's scope; then, for now it is known who asks, what `require_query` and `require_json` raise.
    """
    body = request[BODY] = await bounded_body(request)
    return _permitted(request, await _asking(request, body), body)


async def streaming_caller(request: web.Request) -> Person:
    """Do what `caller` does, and leave the body, which may be large, to the handler.

    A signed request's signature must cover Content-Digest, which the handler holds against what comes. Raises what `caller` raises.
    """
    return _permitted(request, await _asking(request, None), b"")


async def _asking(request: web.Request, body: bytes | None) -> Person:
    """Return who asks; a body that is None is yet to come."""
    service = request.app[SERVICE]
    if browsers.COOKIE in request.cookies and "Signature-Input" not in request.headers:
        return (await browsers.current(request)).person
    certificate, person = await service.database.glance(_holder, key_id(request.headers))
    now = service.watch.now()
    # the target alone: the authority is not signed, and what a Host header says must not become a part of the path
    message = Message(request.method, f"https://county{request.rel_url}", CIMultiDict(request.headers))
    request[SIGNATURE] = Signature(key_id(request.headers), verify_request(message, body, certificate.public_key(), now))
    identity = validate(certificate, (), service.trust, at=now, purpose=Purpose.REQUEST)
    if (identity.office, identity.person) != (person.office, person.id):
        raise Problem(ProblemType.NOT_ALLOWED, "certificate")
    return person


def _permitted(request: web.Request, person: Person, body: bytes) -> Person:
    """Ask whether this person may do this, and only then whether it is asked well."""
    request[CALLER] = person
    person.require_scope(request[OPERATION].scope, *request[OPERATION].also)
    require_query(request)
    if body and request[OPERATION].body is not None:
        require_json(request)
    return person


async def present(request: web.Request) -> Person:
    """Return who made this request, as things stand now: for answers that go on long after `caller` looked.

    Raises what `caller` raises for the certificate, the session and the person.
    """
    service = request.app[SERVICE]
    if browsers.SESSION in request:
        return await browsers.still(service, request[browsers.SESSION])
    sha256 = key_id(request.headers)
    certificate, person = await service.database.glance(_holder, sha256)
    identity = validate(certificate, (), service.trust, at=service.watch.now(), purpose=Purpose.REQUEST)
    if (identity.office, identity.person) != (person.office, person.id):
        raise Problem(ProblemType.NOT_ALLOWED, "certificate")
    return person


def require_json(request: web.Request) -> None:
    """Let through a body that is said to be JSON, or of which nothing is said. Raises Problem MEDIA_TYPE_UNSUPPORTED."""
    if hdrs.CONTENT_TYPE in request.headers and request.content_type != JSON:
        raise Problem(ProblemType.MEDIA_TYPE_UNSUPPORTED, "Content-Type")


async def bounded_body(request: web.Request) -> bytes:
    """Return the body of a small request. Raises Problem BODY_TOO_LARGE, BODY_TOO_SLOW or REQUEST_MALFORMED (broken off)."""
    too_large = Problem(ProblemType.BODY_TOO_LARGE, f"{MAX_BODY // 1024} KiB")
    if (request.content_length or 0) > MAX_BODY:
        raise too_large
    body = b""
    try:
        async with asyncio.timeout(request.app[SERVICE].county.settings.limits.seconds_between_chunks):
            while len(body) <= MAX_BODY and (more := await request.content.read(MAX_BODY + 1)):
                body += more
    except TimeoutError as error:
        raise Problem(ProblemType.BODY_TOO_SLOW) from error
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "body broken off") from error
    if len(body) > MAX_BODY:
        raise too_large
    return body


def _holder(tx: Tx, sha256: str) -> tuple[x509.Certificate, Person]:
    row = store.certificate(tx, sha256)
    try:
        person = store.person(tx, row.person)
    except Problem as problem:
        raise Problem(ProblemType.NOT_ALLOWED, "本人已办理离岗，登记已停用 / you have left this office") from problem
    return x509.load_der_x509_certificate(row.der), person


async def heed_checkpoint(service: Service, header: str) -> None:
    """Hold the caller's last checkpoint against the ledger; one that does not fit stops signing with an alarm.

    Only a note with our own log key's signature counts, so nobody can stop the service with an invented one. Raises
    Problem REQUEST_MALFORMED, or SIGNING_STOPPED when the ledger is behind or forked.
    """
    try:
        seen = open_checkpoint(base64.b64decode(header, validate=True), service.county.notary.log)
    except (ValueError, Problem) as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, CHECKPOINT_HEADER) from error
    reason = await service.database.glance(log.contradicts, seen)
    if reason:
        await service.database.write(log.contradicted, seen, reason, instants.write(service.watch.now()))
        raise Problem(ProblemType.SIGNING_STOPPED, reason)
