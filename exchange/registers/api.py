"""What people and programs ask of their office's registers, and how they change them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from aiohttp import hdrs, web

from archive.ledger import receipts
from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange import idempotency
from exchange.delivery import moves
from exchange.delivery.answers import Move
from exchange.idempotency import Once, once
from exchange.office.session import BODY, caller
from exchange.office.store import Person
from exchange.paging import ORDINAL, Listing, Window, window
from exchange.registers import carrying, changes, store, taking
from exchange.registers.answers import CarriedOver, Correct, Lock, Locked, Register
from exchange.registers.describing import Names
from exchange.registers.rules import Book, require_unmarked, require_year, year_of
from exchange.registers.store import Range
from exchange.registers.taking import TYPES, Form, Part, entries, file_name
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import decode
from schemas.problems import Problem, ProblemType
from schemas.words import Scope

REGISTER: Final = Listing("register", (ORDINAL,))
_SCOPES: Final = {Book.INCOMING: Scope.INBOX, Book.OUTGOING: Scope.SENT}
LONGEST_TEXT: Final = 60
_DECEMBER: Final = 12


async def register(request: web.Request) -> web.Response:
    """GET /api/v1/registers/{book}?year=…&month=…&after=…&size=…."""
    person, part = await _asked(request)
    service, wanted = request.app[SERVICE], window(request, REGISTER)
    return answer(await service.database.read(_register, person, part, wanted))


def _register(tx: Tx, person: Person, part: Part, wanted: Window) -> Register:
    (after,) = wanted.place or ("0",)
    found = entries(tx, person, part, Range(int(after), wanted.size + 1))
    shown = found[: wanted.size]
    following = REGISTER.write(str(shown[-1].number)) if len(found) > wanted.size else None
    count = store.count(tx, person, part.book, part.year, part.narrowing)
    return Register(part.book, person.office, person.office_name, part.year, count, locked(tx, person, part), shown, following)


def locked(tx: Tx, person: Person, part: Part) -> Locked | None:
    """Return the lock of the year of a part, None while it is open."""
    row = store.lock(tx, person.office, part.book, part.year)
    return None if row is None else Locked(row.evidence_id, row.at, Names(tx).person(row.person, row.at), row.entries, row.digest)


async def carried(request: web.Request) -> web.Response:
    """GET /api/v1/registers/{book}/carried?year=…: what was open when the year began."""
    person, part = await _asked(request)
    found = await request.app[SERVICE].database.read(carrying.carried, person, part.book, part.year)
    return answer(CarriedOver(part.book, part.year, found))


async def workbook(request: web.Request) -> web.Response:
    """GET /api/v1/registers/{book}/xlsx?year=…&month=…."""
    return await _file(request, "xlsx")


async def printed(request: web.Request) -> web.Response:
    """GET /api/v1/registers/{book}/pdf?year=…&month=…."""
    return await _file(request, "pdf")


async def _file(request: web.Request, form: Form) -> web.Response:
    person, part = await _asked(request)
    return await file(request, person, part, form, chinese=not request.headers.get(hdrs.ACCEPT_LANGUAGE, "").lower().startswith("en"))


async def file(request: web.Request, person: Person, part: Part, form: Form, *, chinese: bool) -> web.Response:
    """Return a part of a register as a file to be saved."""
    body = b""
    if request.method == hdrs.METH_GET:
        body = await taking.take(request.app[SERVICE], person, part, form, chinese=chinese)
    saved = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{file_name(part, form)}"'}
    return web.Response(body=body, content_type=TYPES[form], headers=saved)


async def correct(request: web.Request) -> web.Response:
    """POST /api/v1/register-corrections."""
    person, asked = await caller(request), decode(request[BODY] or b"{}", Correct, ProblemType.REQUEST_MALFORMED)
    require_unmarked(asked.values, asked.reason, request.app[SERVICE].policy)
    trust = request.app[SERVICE].trust

    def do(tx: Tx, notary: Notary, now: datetime) -> str:
        signed = moves.stated(Move(statement=asked.statement, signature=asked.signature), person, trust, now)
        return changes.correct(tx, notary, person, changes.Change(asked.entry, asked.values, asked.reason), now, signed)

    return await _done(request, person, do)


async def lock(request: web.Request) -> web.Response:
    """POST /api/v1/registers/{book}/lock."""
    person, asked = await caller(request), decode(request[BODY] or b"{}", Lock, ProblemType.REQUEST_MALFORMED)
    book, trust = book_of(request), request.app[SERVICE].trust

    def do(tx: Tx, notary: Notary, now: datetime) -> str:
        # within, since what was done under a key is answered before it is asked whether the statement would still do
        signed = moves.stated(Move(statement=asked.statement, signature=asked.signature), person, trust, now)
        return changes.lock(tx, notary, person, changes.Year(book, asked.year, asked.entries), now, signed)

    return await _done(request, person, do)


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


async def _asked(request: web.Request) -> tuple[Person, Part]:
    person, part = await caller(request), part_of(request)
    person.require_scope(_SCOPES[part.book])
    return person, part


def part_of(request: web.Request) -> Part:
    """Return which part is asked for; this year's without a year. Raises Problem NOT_FOUND or REQUEST_MALFORMED."""
    year, month = request.query.get("year", ""), request.query.get("month", "") or "0"
    if not (month.isascii() and month.isdecimal() and len(month) <= 2 and int(month) <= _DECEMBER):  # noqa: PLR2004 - digits
        raise Problem(ProblemType.REQUEST_MALFORMED, "month")
    text = request.query.get("text", "").strip()
    if len(text) > LONGEST_TEXT:
        raise Problem(ProblemType.REQUEST_MALFORMED, "text")
    now = request.app[SERVICE].watch.now()
    return Part(book_of(request), require_year(year) if year else year_of(now), int(month), text)


def book_of(request: web.Request) -> Book:
    """Return the book in the path. Raises Problem NOT_FOUND."""
    try:
        return Book(request.match_info["book"])
    except ValueError as error:
        raise Problem(ProblemType.NOT_FOUND, "book") from error
