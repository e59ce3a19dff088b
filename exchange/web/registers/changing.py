"""What changes a register, in forms: one entry with its corrections, and the lock of a year after what is open was shown."""

import secrets
from datetime import datetime
from typing import NamedTuple

from aiohttp import web
from multidict import MultiDict

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange import idempotency
from exchange.delivery import moves
from exchange.delivery.answers import Move
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.registers import api, carrying, changes, describing, numbering, store
from exchange.registers.answers import Entry, Locked
from exchange.registers.columns import COLUMNS, correction, shown
from exchange.registers.rules import CORRECTORS, LOCKERS, Book, Column, lock_subject, require_unmarked, subject, year_of
from exchange.registers.taking import Part
from exchange.service import SERVICE
from exchange.web.inbox.forms import decoded, form, once
from exchange.web.pages import go
from exchange.web.registers.showing import around
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType


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
    subject: str
    """How the receipt of the lock would name the year as it stands."""


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
        subject=subject(book, one.year, one.entry.number),
        may_correct=person.role in CORRECTORS and one.locked is None and not one.entry.hidden,
        once=secrets.token_hex(16),
    )


def _one(tx: Tx, person: Person, book: Book, evidence: str) -> One:
    found = store.entry_of(tx, person, evidence)
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
    reason, said = given.get("reason", ""), _said(given)
    require_unmarked(values, reason, service.policy)
    key = once(person.id, given.get("once", ""), evidence, repr(sorted(values.items())) + reason)

    def do(tx: Tx, notary: Notary, now: datetime) -> str:
        signed = moves.stated(said, person, service.trust, now)
        return changes.correct(tx, notary, person, changes.Change(evidence, values, reason), now, signed)

    def do_once(tx: Tx, notary: Notary, now: datetime) -> str:
        return idempotency.once_only(tx, person.id, key, lambda: do(tx, notary, now), now)

    await service.sign(do_once, service.county.notary, service.watch.signing_now())
    return go(f"/registers/{book.value}/{evidence}")


def _said(given: MultiDict[str]) -> Move:
    """Return what the person signed of it, in a browser that holds their key."""
    return Move(statement=decoded(given.get("statement", ""), "statement"), signature=decoded(given.get("signature", ""), "signature"))


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
    locked, subject = api.locked(tx, person, part), ""
    if locked is None and person.role in LOCKERS:
        subject = lock_subject(part.book, part.year, *numbering.digest_of(tx, person.office, part.book, part.year))
    return Closing(entries, corrected, sum(not each.now for each in following), locked, subject)


async def lock(request: web.Request) -> web.Response:
    """POST /registers/{book}/lock: lock the year that was looked at. Raises what `changes.lock` raises."""
    given, part, service = await form(request), api.part_of(request), request.app[SERVICE]
    seen = given.get("entries", "")
    if not seen.isascii() or not seen.isdecimal():
        raise Problem(ProblemType.REQUEST_MALFORMED, "entries")
    person, now = request[CALLER], service.watch.signing_now()
    signed, closing = moves.stated(_said(given), person, service.trust, now), changes.Year(part.book, part.year, int(seen[:9]))
    await service.sign(changes.lock, service.county.notary, person, closing, now, signed)
    return go(f"/registers/{part.book.value}/lock?year={part.year}")
