"""What the county's confidentiality officers do with sealed submissions; every request is signed by a person's key."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from aiohttp import hdrs, web
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive.ledger import receipts
from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange import idempotency
from exchange.delivery.api import submission_id
from exchange.idempotency import Once, once
from exchange.office.session import BODY, SIGNATURE, caller
from exchange.office.store import Person
from exchange.operation import OPERATION
from exchange.paging import INSTANT, SHA256, Listing, Window, window
from exchange.representation import answer
from exchange.sealing import backups, late, listing, store
from exchange.sealing.answers import Nothing, Officer, Release, Report, Rewrap, SealedItems, SealedPackage, Why, WrappedKey
from exchange.sealing.incident import Incident, incident
from exchange.sealing.sealer import SEALER
from exchange.sealing.states import OFFICER, Act, Seal
from exchange.sealing.store import Wrapped
from exchange.service import SERVICE
from schemas.messages import decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY

T = TypeVar("T")

SEALED: Final = Listing("sealed", (INSTANT, SHA256))
ACTS: Final = {"look": Act.LOOK, "destroy": Act.DESTROY, "confirm": Act.CONFIRM}
"""The last part of an act's path; a release needs the package's key and stands apart."""
_BODIES: Final[dict[Act, type[Why] | type[Nothing]]] = {Act.LOOK: Nothing, Act.DESTROY: Why, Act.CONFIRM: Nothing}


async def signer(request: web.Request) -> Person:
    """Return who signed this request: a browser that is signed in, for days perhaps, opens and destroys nothing.

    Raises what `caller` raises, and Problem REQUEST_NOT_SIGNED for a browser.
    """
    person = await caller(request)
    if SIGNATURE not in request:
        raise Problem(ProblemType.REQUEST_NOT_SIGNED, "browser")
    return person


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/sealed?after=CURSOR&size=N."""
    person = await signer(request)
    service = request.app[SERVICE]
    return answer(await service.database.read(_page, person, window(request, SEALED), service.watch.now()))


def _page(tx: Tx, person: Person, wanted: Window, now: datetime) -> SealedItems:
    store.require_looker(person)
    found = listing.items(tx, person, wanted, SEALED, now)
    return SealedItems(found.rows, found.following, len(store.officers(tx, now)))


async def report(request: web.Request) -> web.Response:
    """POST /api/v1/sealed: a person found a mark."""
    person = await signer(request)
    asked = _body(request, Report)

    def seal(tx: Tx, notary: Notary, now: datetime) -> str:
        return late.seal_reported(tx, notary, person, asked.item, asked.reason, now)

    return await _done(request, person, seal)


async def shown(request: web.Request) -> web.Response:
    """GET /api/v1/sealed/{id}: what is needed to open the package."""
    person = await signer(request)
    service = request.app[SERVICE]
    return answer(await service.database.read(_package, person, submission_id(request), service.watch.now()))


def _package(tx: Tx, person: Person, submission: str, now: datetime) -> SealedPackage:
    _require_officer(person)
    row = store.one(tx, submission)
    if row.state not in (Seal.SEALED, Seal.ORDERED):
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, row.state)
    return SealedPackage(
        item=listing.item(tx, person, row, now),
        package=row.package,
        size=row.package_size,
        keys=[WrappedKey(each.recipient, each.key) for each in store.keys_of(tx, submission)],
        officers=[
            Officer(each.person or "", each.name, each.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
            for each in store.officers(tx, now)
        ],
    )


def _require_officer(person: Person) -> None:
    if person.office != COUNTY or person.role is not OFFICER:
        raise Problem(ProblemType.NOT_ALLOWED, f"sealed: {person.role.value}")


async def act(request: web.Request) -> web.Response:
    """POST /api/v1/sealed/{id}/look, /destroy or /confirm."""
    person = await signer(request)
    wanted = ACTS[request[OPERATION].path.rsplit("/", 1)[1]]
    asked, submission = _body(request, _BODIES[wanted]), submission_id(request)
    reason = asked.reason if isinstance(asked, Why) else ""

    def do(tx: Tx, notary: Notary, now: datetime) -> str:
        return store.act(tx, notary, person, submission, wanted, now, reason)

    return await _done(request, person, do)


async def release(request: web.Request) -> web.Response:
    """POST /api/v1/sealed/{id}/release: a false alarm."""
    person = await signer(request)
    asked, submission, service = _body(request, Release), submission_id(request), request.app[SERVICE]
    key = once(request, request[BODY])
    if key is not None and (before := await service.database.read(idempotency.recall, person.id, key)) is not None:
        return answer(await service.database.read(receipts.envelope_of, before))
    await service.database.read(store.decide_for, person, submission, Act.RELEASE, asked.reason)
    async with request.app[SEALER].restored(submission, asked.key) as rows:

        def do(tx: Tx, notary: Notary, now: datetime) -> str:
            return store.act(tx, notary, person, submission, Act.RELEASE, now, asked.reason, rows)

        return await _done(request, person, do)


async def rewrap(request: web.Request) -> web.Response:
    """POST /api/v1/sealed/{id}/rewrap: the same key, for the officers of now."""
    person = await signer(request)
    asked, submission, service = _body(request, Rewrap), submission_id(request), request.app[SERVICE]

    def put(tx: Tx, notary: Notary, now: datetime) -> SealedPackage:
        _require_officer(person)
        known = {each.name: each.person for each in store.officers(tx, now)}
        if sorted(each.recipient for each in asked.keys) != sorted(known):
            raise Problem(ProblemType.REQUEST_MALFORMED, "keys: one for each officer of now")
        wrapped = [Wrapped(each.recipient, known[each.recipient], each.wrapped) for each in asked.keys]
        store.rewrap_by(tx, notary, person, submission, wrapped, now)
        return _package(tx, person, submission, now)

    return answer(await service.sign(put, service.county.notary, service.watch.signing_now()))


async def package(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/sealed/{id}/package: ciphertext, for an officer whose look is recorded."""
    person = await signer(request)
    service, submission = request.app[SERVICE], submission_id(request)

    def ready(tx: Tx) -> Any:
        _require_officer(person)
        row = store.one(tx, submission)
        if row.state not in (Seal.SEALED, Seal.ORDERED) or not store.looked(tx, submission, person.id):
            raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "look at it first")
        return row

    row = await service.database.read(ready)
    chunks = await asyncio.to_thread(request.app[SEALER].packages.read, row.package)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = row.package_size
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            await response.write(chunk)
        await response.write_eof()
    return response


async def told(request: web.Request) -> web.Response:
    """GET /api/v1/sealed/{id}/incident: who sent it, whom it reached, who had it before them."""
    return answer(await _incident(request))


async def printed(request: web.Request) -> web.Response:
    """GET /api/v1/sealed/{id}/sheet: the same on A4."""
    from exchange.sealing import sheet  # noqa: PLC0415 - the printer takes longer to load than all else, and is rarely asked

    found = await _incident(request)
    service = request.app[SERVICE]
    body = await asyncio.to_thread(sheet.pdf, found, service.county.settings.name, service.watch.now())
    return web.Response(body=body, content_type="application/pdf")


async def _incident(request: web.Request) -> Incident:
    person = await signer(request)
    service, submission = request.app[SERVICE], submission_id(request)
    made = await asyncio.to_thread(backups.made, service.county.folder)

    def read(tx: Tx) -> Incident:
        store.require_looker(person)
        return incident(tx, submission, made)

    return await service.database.read(read)


def _body(request: web.Request, kind: type[T]) -> T:
    return decode(request[BODY] or b"{}", kind, ProblemType.REQUEST_MALFORMED)


async def _done(request: web.Request, person: Person, do: Callable[[Tx, Notary, datetime], str]) -> web.Response:
    """Do something once in a transaction and answer with its receipt."""
    service, key = request.app[SERVICE], once(request, request[BODY])
    evidence = await service.sign(_act_once, service.county.notary, person, key, do, service.watch.signing_now())
    return answer(await service.database.read(receipts.envelope_of, evidence))


def _act_once(tx: Tx, notary: Notary, person: Person, key: Once | None, do: Callable[[Tx, Notary, datetime], str], now: datetime) -> str:
    before = None if key is None else idempotency.recall(tx, person.id, key)
    if before is not None:
        return before
    evidence = do(tx, notary, now)
    if key is not None:
        idempotency.remember(tx, person.id, key, evidence, now)
    return evidence
