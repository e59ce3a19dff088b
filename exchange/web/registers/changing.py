"""What changes a register, in forms: one entry with its corrections, and the lock of a year after what is open was shown."""

import hashlib
import secrets
from datetime import datetime
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange import idempotency
from exchange.idempotency import Once
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.registers import api, carrying, changes, describing, store
from exchange.registers.answers import Entry, Locked
from exchange.registers.columns import COLUMNS, correction, shown
from exchange.registers.rules import CORRECTORS, LOCKERS, Book, Column, year_of
from exchange.registers.taking import Part
from exchange.service import SERVICE
from exchange.web.inbox.forms import form
from exchange.web.pages import go
from exchange.web.registers.showing import around
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType

_KEY: Final = 32
_HEX: Final = frozenset("0123456789abcdef")


class One(NamedTuple):
    """An entry with its year's lock."""

    entry: Entry
    year: int
    locked: Locked | None


class Closing(NamedTuple):
    """What is looked at before a year is locked: how many entries and corrections, and what is still open today."""

    entries: int
    corrections: int
    open: int
    locked: Locked | None


async def entry(request: web.Request) -> web.Response:
    """GET /registers/{book}/{entry}: one entry, its corrections, and a form for another. Raises Problem NOT_FOUND."""
    book, person = api.book_of(request), request[CALLER]
    one = await request.app[SERVICE].database.read(_one, person, book, request.match_info["entry"])
    part = Part(book, one.year)
    return request.app[DESK].render(
        request,
        "registers/entry.html",
        one=one.entry,
        locked=one.locked,
        **around(request, part),
        columns=COLUMNS[book],
        cell=shown,
        correction=correction,
        may_correct=person.role in CORRECTORS and one.locked is None and not one.entry.hidden,
        once=secrets.token_hex(_KEY // 2),
    )


def _one(tx: Tx, person: Person, book: Book, evidence: str) -> One:
    found = store.entry_of(tx, evidence)
    if found is None or (found.office, found.book) != (person.office, book.value):
        raise Problem(ProblemType.NOT_FOUND, "entry")
    row = store.one(tx, person, book, found.year, found.number)
    return One(describing.entries(tx, person, book, [row])[0], found.year, api.locked(tx, person, Part(book, found.year)))


async def correct(request: web.Request) -> web.Response:
    """POST /registers/{book}/{entry}: a correction of the columns whose value is another now; the same form twice corrects once."""
    given, person, service = await form(request), request[CALLER], request.app[SERVICE]
    book, evidence = api.book_of(request), request.match_info["entry"]
    before = (await service.database.read(_one, person, book, evidence)).entry
    held = _held(before, book)
    # a form shows what stood there when it was loaded: what it did not touch is no correction
    values = {
        column: given[column.value].strip()
        for column in held
        if column.value in given and given[column.value].strip() != given.get(f"was_{column.value}", held[column])
    }
    reason = given.get("reason", "")
    once = _once(person, evidence, given.get("once", ""), repr(sorted(values.items())) + reason)

    def do(tx: Tx, notary: Notary, now: datetime) -> None:
        if once is not None and idempotency.recall(tx, person.id, once) is not None:
            return
        done = changes.correct(tx, notary, person, evidence, values, reason, now)
        if once is not None:
            idempotency.remember(tx, person.id, once, done, now)

    await service.sign(do, service.county.notary, service.watch.signing_now())
    return go(f"/registers/{book.value}/{evidence}")


def _held(one: Entry, book: Book) -> dict[Column, str]:
    """Return what stands in the columns that this book lets one correct."""
    values = {
        Column.OTHER: one.other,
        Column.DOCUMENT_NUMBER: one.document_number,
        Column.TITLE: one.title,
        Column.COPIES: str(one.copies or ""),
        Column.PAGES: str(one.pages or ""),
        Column.HANDLER: one.handler,
        Column.PLACE: one.place,
        Column.REMARK: one.remark,
    }
    return {column.corrected: values[column.corrected] for column in COLUMNS[book] if column.corrected is not None}


def _once(person: Person, evidence: str, key: str, asked: str) -> Once | None:
    """Return the key that a form was shown with. Raises Problem REQUEST_MALFORMED."""
    if not key:
        return None
    if len(key) != _KEY or not _HEX.issuperset(key):
        raise Problem(ProblemType.REQUEST_MALFORMED, "once")
    return Once(key, hashlib.sha256(f"{person.id}\n{evidence}\n{asked}".encode("utf-8", "surrogateescape")).hexdigest())


async def before_locking(request: web.Request) -> web.Response:
    """GET /registers/{book}/lock?year=…: what is open is shown before a year is locked."""
    part, person = api.part_of(request), request[CALLER]
    over = part.year < year_of(request.app[SERVICE].watch.now())
    closing = await request.app[SERVICE].database.read(_closing, person, part)
    return request.app[DESK].render(
        request,
        "registers/lock.html",
        closing=closing,
        most=carrying.MOST,
        over=over,
        may_lock=over and person.role in LOCKERS and closing.locked is None and closing.entries > 0,
        **around(request, part),
    )


def _closing(tx: Tx, person: Person, part: Part) -> Closing:
    following = carrying.carried(tx, person, part.book, part.year + 1)
    corrected = store.corrected(tx, person, part.book, part.year)
    entries = store.count(tx, person, part.book, part.year)
    return Closing(entries, corrected, sum(not each.now for each in following), api.locked(tx, person, part))


async def lock(request: web.Request) -> web.Response:
    """POST /registers/{book}/lock: lock the year that was looked at. Raises what `changes.lock` raises."""
    given, part, service = await form(request), api.part_of(request), request.app[SERVICE]
    seen = given.get("entries", "")
    if not seen.isascii() or not seen.isdecimal():
        raise Problem(ProblemType.REQUEST_MALFORMED, "entries")
    arguments = (request[CALLER], part.book, part.year, int(seen[:9]), service.watch.signing_now())
    await service.sign(changes.lock, service.county.notary, *arguments)
    return go(f"/registers/{part.book.value}/lock?year={part.year}")
