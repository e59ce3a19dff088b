"""What a document says of itself, for the clerk who is about to send it: read once, in memory or as ciphertext, and kept nowhere.

Where a secrecy mark is found the clerk is stopped as by a refusal, and those whom a refusal concerns are told (`exchange.office.stops`).
The document was not submitted, so nothing is refused and no receipt says so; but it was here.
"""

import asyncio
import hashlib
import re
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from aiohttp import web

from archive.ledger.database import Tx
from archive.reading.reading import Reading, unseen
from exchange.duty import settings
from exchange.duty.working_days import OfficeClock
from exchange.edge import render
from exchange.elements.layout import Guesses
from exchange.elements.said import Said, of_reading
from exchange.intake import parts, rules
from exchange.intake.api import INTAKE
from exchange.intake.inspections import RANKS
from exchange.intake.prefill import guess
from exchange.intake.staging import StagedItem
from exchange.office import stops, store
from exchange.office.session import CALLER
from exchange.office.stops import Stop
from exchange.office.store import Person
from exchange.policy.rules import Declared, judge
from exchange.policy.verdict import Verdict, told
from exchange.service import SERVICE, Service
from exchange.web.pages import STAFF, Page
from keys.container import Limits, StoredPart
from keys.member_names import check
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Label, OfficeKind, Outcome, Urgency

NAME_HEADER: Final = "Yizhan-Document-Name"
"""The file's name, percent-encoded: a header is written down nowhere, an address in many places."""

MOST: Final = Limits().part
LOOK_SECONDS: Final = 60.0
"""How long a scan may be looked at for the clerk's convenience; whatever was said here, the county judges it again."""

_PIECE: Final = 256 * 1024
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
_ANYTHING: Final = "application/octet-stream"


async def read_document(request: web.Request) -> web.StreamResponse:
    """POST /submit/reading: the body is one document. A refusal is told as RFC 9457, for it is a script that asks."""
    try:
        return web.json_response(await _read(request, request[CALLER]))
    except Problem as problem:
        return render(problem)


async def _read(request: web.Request, person: Person) -> dict[str, Any]:
    """Read, guess and judge. Raises Problem: those of the body and the limits, of readers and eyes, and of `judge`."""
    service, name = request.app[SERVICE], _name(request)
    media_type = request.content_type if _MEDIA_TYPE.fullmatch(request.content_type) else _ANYTHING
    if (request.content_length or 0) > MOST:
        raise Problem(ProblemType.PART_TOO_LARGE)
    request.app[INTAKE].gate.readings.spend(person.office, service.watch.clock.elapsed())
    with request.app[INTAKE].gate.bodies.one(request.remote or ""), service.staging.item() as staged:
        digest = await _stage(request, staged)
        part = StoredPart(name=name, media_type=media_type, size=staged.size, sha256="", offset=0)
        reading, looked = await _reading(service, person.office, part, staged)
    declared = Declared(UNCLASSIFIED, names=(name,))
    verdict = await asyncio.to_thread(judge, declared, {name: reading}, service.policy, partial=True)
    if verdict.outcome is Outcome.BLOCK:  # kept before it is told: who is stopped must not be able to stop that
        await _remember(service, person, verdict, digest)
    guesses = Guesses() if verdict.outcome is Outcome.BLOCK else await _guessed(service, person, reading)
    return _told(reading, looked=looked, verdict=verdict, guesses=guesses)


async def _guessed(service: Service, person: Person, reading: Reading) -> Guesses:
    """Return what the document says of itself; by when to answer only where papers go down: what comes up speaks of other dates."""
    sends_down, clock = await service.database.read(_standing, person.office)
    today = service.watch.now().astimezone(instants.BEIJING).date()
    guesses = guess(reading, today, clock)
    return guesses if sends_down else guesses._replace(respond_by=None)


def _standing(tx: Tx, office: str) -> tuple[bool, OfficeClock]:
    kinds = {each.code: OfficeKind(each.kind) for each in store.offices(tx)}
    return kinds.get(office) in (OfficeKind.COUNTY, OfficeKind.DEPARTMENT), settings.clock(tx)


async def _remember(service: Service, person: Person, verdict: Verdict, digest: bytes) -> None:
    """Keep that a document with a mark was here, for those whom it concerns."""
    now = service.watch.now()
    keyed = rules.remember(service.county.refusal_key(now.year), digest)
    service.counters["reading stopped"] += 1
    await service.database.write(stops.remember, person, Stop(verdict.rules, verdict.policy, keyed, str(now.year)), now)


def _name(request: web.Request) -> str:
    """Return the document's name. Raises Problem UNSAFE_NAME, or REQUEST_MALFORMED where there is none."""
    name = unquote(request.headers.get(NAME_HEADER, ""))
    if not name:
        raise Problem(ProblemType.REQUEST_MALFORMED, NAME_HEADER)
    check(name)
    return name


async def _stage(request: web.Request, staged: StagedItem) -> bytes:
    """Take the body in; returns its SHA-256.

    Raises Problem PART_TOO_LARGE, DOCUMENT_WITHOUT_TEXT (empty), BODY_TOO_SLOW, TRUNCATED, and those of staging.
    """
    digest = hashlib.sha256()
    loop, begun, seconds = asyncio.get_running_loop(), 0.0, request.app[SERVICE].county.settings.limits.seconds_between_chunks
    begun = loop.time()
    try:
        while True:
            async with asyncio.timeout(max(0.0, min(seconds, begun + rules.deadline(staged.size) - loop.time()))):
                chunk = await request.content.read(_PIECE)
            if not chunk:
                break
            if staged.size + len(chunk) > MOST:
                raise Problem(ProblemType.PART_TOO_LARGE)
            digest.update(chunk)
            staged.write(chunk)
    except TimeoutError as error:
        raise Problem(ProblemType.BODY_TOO_SLOW) from error
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Problem(ProblemType.TRUNCATED, "connection lost") from error
    if staged.size == 0:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "empty")
    staged.seal()
    return digest.digest()


async def _reading(service: Service, office: str, part: StoredPart, staged: StagedItem) -> tuple[Reading, bool]:
    """Return the reading, of a scan its first and last page alone, and whether all that is a picture in it was looked at.

    Raises what the sandbox raises.
    """
    (outcome,) = await parts.read(lambda one, opened: service.readers.read(office, one, opened), (part,), staged.chunks)
    if isinstance(outcome, BaseException):
        raise outcome
    assert outcome is not None  # noqa: S101 - one part: nothing else could have stopped it
    if not unseen(outcome):
        return outcome, True
    # number and title stand on the first page, the date on the last; all the others are looked at when it is sent
    pages = outcome.pages[:1] + (outcome.pages[-1:] if len(outcome.pages) > 1 else ())
    short = msgspec.structs.replace(outcome, pages=pages, parts=())
    if not service.eyes.available():
        return short, False
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            seen = await parts.look(service.eyes, (part,), staged.chunks, {part.name: short}, whole=True, rank=RANKS[Urgency.NORMAL])
    except TimeoutError:
        return short, False
    return seen[part.name], True


def _told(reading: Reading, *, looked: bool, verdict: Verdict, guesses: Guesses) -> dict[str, Any]:
    found = {
        name: {"value": each.value, "page": each.page} | ({"words": each.words} if each.words else {})
        for name, each in guesses._asdict().items()
        if each is not None
    }
    scan = bool(reading.pages) and reading.pages[0].picture is not None and reading.pages[0].picture.reason == "scan"
    said = {} if verdict.outcome is Outcome.BLOCK else _said(reading, guesses)
    judged = {"verdict": verdict.outcome.value, "findings": told(verdict.hits)}
    return {"guesses": found, "said": said, "scan": scan, "looked": looked} | judged


def _said(reading: Reading, guesses: Guesses) -> dict[str, Any]:
    """Return what the check of elements wants to know of the text: facts, and nothing of the text but what stands in the form as well."""
    read = [(name, each.value) for name, each in guesses._asdict().items() if each is not None and name in Said.__struct_fields__]
    return dict(msgspec.to_builtins(of_reading(reading, read)))


def pages() -> list[Page]:
    """Return the page of this room."""
    return [
        Page(
            id="read_document",
            path="/submit/reading",
            handler=read_document,
            text=Label("读取文件要素", "read a document"),
            method="POST",
            roles=STAFF,
        )
    ]
