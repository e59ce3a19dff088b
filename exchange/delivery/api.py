"""What offices ask about their submissions and do with their deliveries; every request is signed by a person's key."""

import asyncio
import contextlib
import re
from typing import Final, TypeVar

from aiohttp import hdrs, web

from archive.ledger import receipts
from exchange.delivery import moves, outgoing, slip, store
from exchange.delivery.answers import Inbox, Move, OfficeReceipts, Outgoing, SubmissionReceipts
from exchange.delivery.moves import Asked
from exchange.delivery.outgoing import Narrowing, Standing
from exchange.delivery.states import Action, Review
from exchange.idempotency import once
from exchange.office.answers import RevocationLists
from exchange.office.session import BODY, caller
from exchange.operation import OPERATION
from exchange.paging import Window, window
from exchange.representation import Tags, answer, tagged
from exchange.service import SERVICE
from keys.container import MEDIA_TYPE
from schemas.messages import decode
from schemas.problems import Problem, ProblemType
from schemas.words import Word

W = TypeVar("W", bound=Word)

_ID: Final = re.compile("[0-9a-f]{64}")
_SEQUENCE: Final = re.compile("[0-9]{1,15}")
PATHS: Final = {
    "open": Action.OPEN,
    "sign-for": Action.SIGN_FOR,
    "return": Action.RETURN,
    "misdirect": Action.MISDIRECT,
    "consent": Action.CONSENT,
    "refuse": Action.REFUSE,
    "propose": Action.PROPOSE,
    "instruct": Action.INSTRUCT,
    "conclude": Action.CONCLUDE,
}
"""The last part of a move's path."""


def submission_id(request: web.Request) -> str:
    """Return the id in the path. Raises Problem NOT_FOUND."""
    text = request.match_info["submission"]
    if not _ID.fullmatch(text):
        raise Problem(ProblemType.NOT_FOUND)
    return text


async def inbox(request: web.Request) -> web.Response:
    """GET /api/v1/inbox?review=pending&after=CURSOR&size=N."""
    person = await caller(request)
    review = _chosen(request, "review", Review)
    listing = store.INBOX if review is None else store.INBOX_NARROWED
    found = await request.app[SERVICE].database.read(store.inbox, person, window(request, listing), review)
    return answer(Inbox(found.rows, found.following))


async def received(request: web.Request) -> web.Response:
    """GET /api/v1/inbox/{id}: the caller's own delivery, with its tag."""
    person = await caller(request)
    return tagged(request, await request.app[SERVICE].database.read(store.received, person, submission_id(request)))


async def handling_slip(request: web.Request) -> web.Response:
    """GET /api/v1/inbox/{id}/slip: what the caller's own office wrote on its handling slip."""
    person = await caller(request)
    return answer(await request.app[SERVICE].database.read(slip.slip, person, submission_id(request)))


async def sent(request: web.Request) -> web.Response:
    """GET /api/v1/submissions?standing=returned&after=CURSOR&size=N."""
    person, service = await caller(request), request.app[SERVICE]
    standing = _chosen(request, "standing", Standing)
    if standing is None:
        found = await service.database.read(store.sent, person, window(request, store.SENT))
    else:
        found = await service.database.read(outgoing.page, person, Narrowing(standing=standing), window(request, outgoing.LISTING))
    return answer(Outgoing(found.rows, found.following))


def _chosen(request: web.Request, name: str, words: type[W]) -> W | None:
    """Return what a parameter chooses of some words, None without it. Raises Problem REQUEST_MALFORMED."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return words(text)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, name) from error


async def status(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}, with its tag."""
    person = await caller(request)
    return tagged(request, await request.app[SERVICE].database.read(store.status, person, submission_id(request)))


async def receipts_of(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/receipts: whole, for they are one piece of evidence."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(store.receipts_of, person, submission_id(request))
    return answer(SubmissionReceipts(found))


async def receipts_for(request: web.Request) -> web.Response:
    """GET /api/v1/receipts?beyond=SEQUENCE or ?after=CURSOR: the office's own, without gaps."""
    person = await caller(request)
    wanted, beyond = window(request, store.RECEIPTS), request.query.get("beyond")
    if beyond is not None:
        if wanted.place is not None or not _SEQUENCE.fullmatch(beyond):
            raise Problem(ProblemType.REQUEST_MALFORMED, "beyond")
        wanted = Window((beyond,), wanted.size)
    found = await request.app[SERVICE].database.read(store.receipts_for, person, wanted)
    return answer(OfficeReceipts(found.rows, found.following))


async def crls(request: web.Request) -> web.Response:
    """GET /api/v1/submissions/{id}/crls: the revocation lists that covered each of its instants, DER in base64."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(store.crls_of, person, submission_id(request))
    return answer(RevocationLists(found))


async def container(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/submissions/{id}/container: the exact bytes that were received."""
    person = await caller(request)
    service = request.app[SERVICE]
    submission = submission_id(request)
    row = await service.database.read(store.require_readable, person, submission)
    chunks = await asyncio.to_thread(service.blobs.read, row.container)  # before the answer begins: a blob that is gone is still said
    if request.method != hdrs.METH_HEAD:
        await service.database.write(store.note_fetch, person, submission, "container", service.watch.now())
    response = web.StreamResponse(headers={"Content-Type": MEDIA_TYPE})
    response.content_length = left = row.size
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        with contextlib.suppress(ConnectionError):  # whoever leaves in the middle may come again
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                await service.database.glance(store.require_still, person, submission)
                await response.write(chunk)
                left -= len(chunk)
            if left > 0:
                raise Problem(ProblemType.STORAGE_FAILED, "the blob was cut short")
            await response.write_eof()
    return response


async def move(request: web.Request) -> web.Response:
    """POST /api/v1/inbox/{id}/open, /sign-for, /return and so on: a POST, so that no prefetch is ever a reception."""
    person = await caller(request)
    service, body = request.app[SERVICE], request[BODY]
    now = service.watch.signing_now()
    wanted = decode(body or b"{}", Move, ProblemType.REQUEST_MALFORMED)
    key, submission = once(request, body), submission_id(request)
    # what was done under this key is answered before it is asked whether the statement would still do
    evidence = None if key is None else await service.database.read(moves.done_before, person, submission, key)
    if evidence is None:
        seen, signed = Tags.read(request, hdrs.IF_MATCH), moves.stated(wanted, person, service.trust, now)
        asked = Asked(PATHS[request[OPERATION].path.rsplit("/", 1)[1]], wanted, seen, key, signed)
        evidence = await service.sign(moves.act, service.county.notary, person, submission, asked, now)
    return answer(await service.database.read(receipts.envelope_of, evidence))
