"""A register as a file to take away: read piece by piece, so that nobody waits for a whole year's."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple

from archive.ledger.database import Tx
from exchange.office.administration import List, Taking, note_taking
from exchange.office.store import Person
from exchange.registers import describing, store
from exchange.registers.answers import Entry
from exchange.registers.rules import Book
from exchange.registers.store import Narrowing, Range
from exchange.service import Service
from schemas import instants
from schemas.problems import Problem, ProblemType

Form = Literal["xlsx", "pdf"]
TYPES: Final[Mapping[Form, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
PIECE: Final = 500
MOST: Final[Mapping[Form, int]] = {"xlsx": 50_000, "pdf": 5_000}
"""Entries of one file. It is made in memory: no file of titles lies about on the disk. So many sheets are printed month by month."""


class Part(NamedTuple):
    """Which part of a register: a month (0: the whole year), and words that narrow it down."""

    book: Book
    year: int
    month: int = 0
    text: str = ""

    @property
    def narrowing(self) -> Narrowing:
        """What the store is asked for."""
        return Narrowing.of(self.year, self.month, self.text)

    def name(self, *, chinese: bool) -> str:
        """Return what the part is called."""
        if not chinese:
            return f"{self.book.en.capitalize()} {self.year}" + (f"-{self.month:02}" if self.month else "")
        return f"{self.book.zh}（{self.year}年{f'{self.month}月' if self.month else ''}）"


async def take(service: Service, person: Person, part: Part, form: Form, *, chinese: bool) -> bytes:
    """Return a part of the register of a person's own office as a file, and keep that it was taken.

    Raises Problem REQUEST_MALFORMED for one that is too long for a file: it is taken month by month.
    """
    pieces = await read(service, person, part, MOST[form])
    narrowed = {"book": part.book.value, "year": str(part.year), "month": str(part.month), "words": "yes" if part.text else "no"}
    taking = Taking(List.REGISTER, form, sum(map(len, pieces)), narrowed)
    now = service.watch.now()
    await service.database.write(note_taking, person.id, person.office, taking, now)
    return await asyncio.to_thread(_write, person, part, pieces, form, now, chinese=chinese)


async def read(service: Service, person: Person, part: Part, most: int) -> list[list[Entry]]:
    """Return the entries of a part in pieces, each read by itself. Raises Problem REQUEST_MALFORMED for too many."""
    if await service.database.read(store.count, person, part.book, part.year, part.narrowing) > most:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"month: more than {most} entries in one file")
    pieces: list[list[Entry]] = []
    after = 0
    while piece := await service.database.read(entries, person, part, Range(after, PIECE)):
        pieces.append(piece)
        after = piece[-1].number
    return pieces


def entries(tx: Tx, person: Person, part: Part, wanted: Range) -> list[Entry]:
    """Return some entries of a part as the person is told them."""
    return describing.entries(tx, person, part.book, store.rows(tx, person, part.book, part.year, wanted, part.narrowing))


def _write(person: Person, part: Part, pieces: list[list[Entry]], form: Form, now: datetime, *, chinese: bool) -> bytes:
    from exchange.registers import printed, workbook  # noqa: PLC0415 - the printer takes long to load, and is rarely asked

    name = part.name(chinese=chinese)
    if form == "xlsx":
        return workbook.write(part.book, f"{person.office_name}　{name}", pieces, chinese=chinese)
    at = f"{now.astimezone(instants.BEIJING):%Y-%m-%d %H:%M}"
    by = f"{'打印' if chinese else 'Printed by'}：{person.office_name} {person.name} {at}"
    office = f"{'单位' if chinese else 'Office'}：{person.office_name}"
    return printed.write(part.book, printed.Heading(name, office, by), pieces, chinese=chinese)


def file_name(part: Part, form: Form) -> str:
    """Return what the file is called, in letters that every header takes."""
    return f"register-{part.book.value}-{part.year}" + (f"-{part.month:02}" if part.month else "") + f".{form}"
