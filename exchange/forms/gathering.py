"""Fetching what came in: every filled workbook is opened as an act of its reader, read in a process to be lost, and merged."""

import asyncio
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.reading import answer, sandbox
from archive.reading.workbook.shapes import Workbook
from exchange.delivery import describing, moving
from exchange.delivery import store as deliveries
from exchange.delivery.locating import content_of, located
from exchange.delivery.moves import require_here
from exchange.delivery.states import READERS, Action
from exchange.forms import merging, rules, store, workbooks
from exchange.forms.merging import Filled, Source
from exchange.forms.rules import XLSX, Period
from exchange.forms.store import Rollup
from exchange.office.store import Person
from exchange.service import Service
from schemas.messages import Submission
from schemas.problems import Problem, ProblemType
from schemas.words import FieldType, FormKind, Scope

_UNREADABLE: Final = answer.REFUSALS | {ProblemType.READER_KILLED, ProblemType.READER_TIMEOUT, ProblemType.PART_TOO_LARGE}
LARGEST: Final = 20 << 20
"""Bytes of a workbook above which it is not read: a filled form is a thousandth of that."""


class Sheet(NamedTuple):
    """A workbook that lies in a container."""

    office: str
    name: str
    row: Any
    message: Submission
    number: int

    @property
    def file(self) -> str:
        """Its name, without the folder."""
        return self.message.documents[self.number - 1].name.rsplit("/", 1)[-1]


async def merged(service: Service, caller: Person, submission: str, period: str, *, chinese: bool) -> bytes:
    """Return the merged workbook of a report's period.

    What has not been opened yet is opened by the caller, and every fetch is noted, as if they had read one after the other. Raises
    what `store.rollup` raises, ANSWER_WRONG for a period that there is not, ACTION_NOT_POSSIBLE for a meeting's form.
    """
    now = service.watch.signing_now()
    rollup = await service.database.read(store.rollup, caller, submission, now)
    if rollup.asked.form.kind is not FormKind.REPORT:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "no report")
    chosen = period_of(rollup.asked.periods, period, store.today(now))
    ids = [(row.office, row.name, row.standings[chosen.key].upload) for row in rollup.rows if row.standings[chosen.key].upload]
    wanting = [each for _, _, each in ids]
    if wanting:
        await service.sign(_open_all, service, caller, wanting, now)
    sheets = await service.database.read(_sheets, caller, ids)
    template = await _template(service, caller, submission, rollup)
    sources = [await _source(service, sheet) for sheet in sheets]
    return await asyncio.to_thread(_made, rollup, chosen, template, sources, chinese=chinese)


def period_of(asked: tuple[Period, ...], key: str, today: str) -> Period:
    """Return the period that is meant, the one of now where none is named. Raises Problem ANSWER_WRONG."""
    found = rules.current(asked, today) if not key else next((each for each in asked if each.key == key), None)
    if found is None:
        raise Problem(ProblemType.ANSWER_WRONG, "period", fields={})
    return found


def _made(rollup: Rollup, chosen: Period, template: Workbook | None, sources: list[Source], *, chinese: bool) -> bytes:
    fields = rollup.asked.form.fields
    filled = []
    for row in rollup.rows:
        reply, standing = row.last.get(chosen.key), row.standings[chosen.key]
        if reply is not None and reply.answer is not None and not standing.upload and reply.answer.rows:
            values = {f.label: workbooks.shown(f, reply.answer.rows[0].get(f.key, ""), chinese=chinese) for f in fields}
            filled.append(Filled(row.office, row.name, values))
    labels = [(field.label, field.type is FieldType.NUMBER) for field in fields]
    table = merging.merge(template, labels, filled, sources)
    return workbooks.merged(table, rollup.rows, chosen, chinese=chinese)


def _open_all(tx: Tx, service: Service, caller: Person, wanting: list[str], now: Any) -> None:
    """Open what nobody of the office has opened, and note whom to ask should it have to be called back.

    Raises Problem NOT_ALLOWED for who has left since, and for a service account that may read and not open.
    """
    require_here(tx, caller)
    for submission in wanting:
        received = deliveries.received(tx, caller, submission)
        if Action.OPEN in received.actions and caller.role in READERS:
            caller.require_scope(Scope.MOVE)
            moving.move(tx, service.county.notary, caller, submission, Action.OPEN, now)
        deliveries.note_fetch(tx, caller, submission, "container", now)


def _sheets(tx: Tx, caller: Person, ids: list[tuple[str, str, str]]) -> list[Sheet]:
    found = []
    for office, name, submission in ids:
        row = deliveries.require_readable(tx, caller, submission)
        described = describing.described(tx, caller, submission)
        if described is None:
            continue
        for number, document in enumerate(described.message.documents, 1):
            if document.media_type == XLSX:
                found.append(Sheet(office, name, row, described.message, number))
    return found


async def _template(service: Service, caller: Person, submission: str, rollup: Rollup) -> Workbook | None:
    wanted = rollup.asked.form.template
    if wanted is None:
        return None
    row = await service.database.read(deliveries.require_readable, caller, submission)
    described = await service.database.read(describing.described, caller, submission)
    if described is None:
        raise Problem(ProblemType.SEALED)
    number = next(place for place, document in enumerate(described.message.documents, 1) if document.name == wanted)
    source = await _source(service, Sheet(caller.office, caller.office_name, row, described.message, number))
    if source.book is None:
        raise Problem(source.problem or ProblemType.DOCUMENT_BROKEN)
    return source.book


async def _source(service: Service, sheet: Sheet) -> Source:
    """Read one workbook where strangers' files are read; what cannot be read is said, and the others are merged."""
    document = sheet.message.documents[sheet.number - 1]
    if document.size > LARGEST:
        return Source(sheet.office, sheet.name, sheet.file, None, ProblemType.PART_TOO_LARGE)
    offset, size, sha256 = await asyncio.to_thread(located, service.blobs, sheet.row, sheet.message, sheet.number)

    async def opened() -> int:
        return await asyncio.to_thread(lambda: sandbox.document_of(content_of(service.blobs, sheet.row.container, offset, size, sha256)))

    try:
        return Source(sheet.office, sheet.name, sheet.file, await service.sandbox.workbook(sheet.file, document.media_type, opened))
    except Problem as problem:
        if problem.kind not in _UNREADABLE:
            raise
        return Source(sheet.office, sheet.name, sheet.file, None, problem.kind)
