"""Registers as they are read: a page of a year's book, the same for paper, what was carried over, and files."""

from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlencode

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.registers import api, carrying, store, taking
from exchange.registers.answers import Carried, Entry, Locked
from exchange.registers.columns import COLUMNS, shown
from exchange.registers.rules import CORRECTORS, LOCKERS, Book, year_of
from exchange.registers.store import Range
from exchange.registers.taking import Form, Part
from exchange.service import SERVICE
from exchange.web.pages import go
from exchange.web.rendering import DESK, language_of
from exchange.web.texts import CHINESE
from schemas.problems import Problem, ProblemType

SIZE: Final = 50
SHEETS: Final = 300
"""Entries of one page for printing; a year's whole book is the PDF."""
BLANK: Final = 14
"""Lines of a sheet: a short month's sheet has blank ones, as the book has."""
_LARGEST: Final = 9
"""Digits of a number."""


class Shown(NamedTuple):
    """A page of a book: lines, how many there are, the years to choose from, the lock, and what was open when the year began."""

    entries: list[Entry]
    more: bool
    found: int
    years: list[int]
    locked: Locked | None
    open: int


async def first(_: web.Request) -> web.Response:
    """GET /registers: the book that is asked for most."""
    return go(f"/registers/{Book.INCOMING.value}")


async def listed(request: web.Request) -> web.Response:
    """GET /registers/{book}?year=…&month=…&text=…&after=…: the newest first. Raises Problem REQUEST_MALFORMED."""
    person, part, after = request[CALLER], api.part_of(request), _after(request)
    wanted = Range(after, SIZE + 1, newest=True)
    page = await request.app[SERVICE].database.read(_read, person, part, wanted, SIZE)
    return request.app[DESK].render(
        request,
        "registers/list.html",
        shown=page,
        **around(request, part),
        first=not after,
        may_correct=person.role in CORRECTORS,
        may_lock=person.role in LOCKERS and part.year < year_of(request.app[SERVICE].watch.now()),
        most_open=carrying.MOST,
    )


async def printed(request: web.Request) -> web.Response:
    """GET /registers/{book}/print?year=…&month=…&after=…: as the paper book has it, by number."""
    part, after = api.part_of(request), _after(request)
    page = await request.app[SERVICE].database.read(_read, request[CALLER], part, Range(after, SHEETS + 1), SHEETS)
    return request.app[DESK].render(
        request,
        "registers/print.html",
        shown=page,
        **around(request, part),
        first=not after,
        columns=COLUMNS[part.book],
        cell=shown,
        blank=max(0, BLANK - len(page.entries)),
    )


async def carried_over(request: web.Request) -> web.Response:
    """GET /registers/{book}/carried?year=…: what was open when the year began, and where it stands today."""
    part = api.part_of(request)

    def read(tx: Tx) -> list[Carried]:
        return carrying.carried(tx, request[CALLER], part.book, part.year)

    items = await request.app[SERVICE].database.read(read)
    return request.app[DESK].render(request, "registers/carried.html", items=items, most=carrying.MOST, **around(request, part))


async def file(request: web.Request) -> web.Response:
    """GET /registers/{book}/file.xlsx or .pdf, narrowed down like the page."""
    form = cast("Form", request.match_info["form"])
    return await api.file(request, request[CALLER], api.part_of(request), form, chinese=language_of(request) == CHINESE)


def around(request: web.Request, part: Part) -> dict[str, Any]:
    """Return what every page of a book says: which part it shows, and addresses of others."""
    chosen = {"year": str(part.year), "month": str(part.month or ""), "text": part.text}

    def address(to: str = "", **changed: object) -> str:
        """Return the address of this part, or a page of it, with something else chosen; an empty value takes a choice away."""
        book = changed.pop("book", part.book.value)
        query = urlencode({name: value for name, value in ({**chosen, **changed}).items() if value})
        return f"/registers/{book}{to}" + (f"?{query}" if query else "")

    chinese = language_of(request) == CHINESE
    return {"part": part, "books": list(Book), "address": address, "book_name": part.name(chinese=chinese), "in_chinese": chinese}


def _read(tx: Tx, person: Person, part: Part, wanted: Range, size: int) -> Shown:
    found = taking.entries(tx, person, part, wanted)
    years = store.years(tx, person, part.book)
    unnarrowed = not (part.month or part.text or wanted.after)
    return Shown(
        found[:size],
        len(found) > size,
        store.count(tx, person, part.book, part.year, part.narrowing),
        years,
        api.locked(tx, person, part),
        carrying.count(tx, person, part.book, part.year) if unnarrowed else 0,
    )


def _after(request: web.Request) -> int:
    text = request.query.get("after", "0")
    if not text.isascii() or not text.isdecimal() or len(text) > _LARGEST:
        raise Problem(ProblemType.REQUEST_MALFORMED, "after")
    return int(text)
