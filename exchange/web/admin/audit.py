"""The audit trail 审计记录: every event, what administrators did, what anybody took away. No titles, no texts, nobody's diligence.

Receipts of offices, enrolments and policies are public and open here; those of documents are named and lie with their items.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from aiohttp import hdrs, web

from archive.ledger import log
from archive.ledger.database import Tx
from exchange.office import naming
from exchange.office.administration import TAKINGS, Act, Taking, note_taking
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paging import ORDINAL, Listing, Slice, Window, cut
from exchange.service import SERVICE
from exchange.web.admin import objects, trail
from exchange.web.admin.acting import ONLOOKERS, now_of, render, room
from exchange.web.admin.objects import About, Names
from exchange.web.admin.trail import FIELDS, KINDS, Deed, Entry, Narrowing, narrowed
from exchange.web.finding.lists import csv_of, xlsx
from exchange.web.pages import Page
from exchange.web.rendering import moment
from keys.notes import LogKey, open_checkpoint
from schemas.problems import Problem
from schemas.words import NOTICE_ZH, Label, Word

HERE: Final = "/admin/audit"
ACTS: Final = "/admin/audit/acts"
TAKEN: Final = "/admin/audit/takings"
SIZE: Final = 100
MOST_LINES: Final = {"csv": 50_000, "xlsx": 10_000}
"""Lines of a list; it is made in memory, and a workbook takes more of it."""
LISTING: Final = Listing("audit", (ORDINAL,))
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LAST: Final = 10**15
EVENT_COLUMNS: Final = (
    ("序号 number", 8),
    ("时间 time (+08:00)", 17),
    ("事件 event", 28),
    ("单位 office", 22),
    ("收文单位 recipient", 22),
    ("办理人 person", 18),
    ("对象 about", 36),
    ("日志位置（从 0 起）log leaf", 12),
    ("回执编号 evidence id", 36),
)
DEED_COLUMNS: Final = (
    ("序号 number", 8),
    ("时间 time (+08:00)", 17),
    ("操作 act", 28),
    ("办理人 person", 22),
    ("单位 office", 22),
    ("对象 about", 60),
)


class Shown(NamedTuple):
    """A page of the trail: rows with what each is about, names, and the log's newest checkpoint."""

    page: Slice[Any]
    about: Mapping[int, About]
    names: Names
    all_offices: Mapping[str, str]
    checkpoint: log.Published
    checkpoint_at: str
    leaves: int


def _entries(tx: Tx, caller: Person, narrowing: Narrowing, page: tuple[int, int]) -> list[Entry]:
    return trail.entries(tx, caller, narrowing, *page)


def _acts(tx: Tx, caller: Person, narrowing: Narrowing, page: tuple[int, int]) -> list[Deed]:
    return trail.deeds(tx, caller, narrowing, page, taken=False)


def _takings(tx: Tx, caller: Person, narrowing: Narrowing, page: tuple[int, int]) -> list[Deed]:
    return trail.deeds(tx, caller, narrowing, page, taken=True)


class View(NamedTuple):
    """One of the three lists: where its rows come from, its template, the columns of its file, and the kinds to choose from."""

    path: str
    rows: Callable[[Tx, Person, Narrowing, tuple[int, int]], list[Any]]
    template: str
    columns: Sequence[tuple[str, int]]
    field: str
    kinds: Sequence[Word]


EVENTS: Final = View(HERE, _entries, "audit.html", EVENT_COLUMNS, "event", KINDS)
DONE: Final = View(ACTS, _acts, "audit_acts.html", DEED_COLUMNS, "act", tuple(act for act in Act if act not in TAKINGS))
TOOK: Final = View(TAKEN, _takings, "audit_acts.html", DEED_COLUMNS, "act", tuple(act for act in Act if act in TAKINGS))


def _page(view: View) -> Callable[[web.Request], Any]:
    async def shown(request: web.Request) -> web.Response:
        """GET …?office=…&who=…&event=…&act=…&from=…&until=…&after=…: what happened, the newest first."""
        chosen, narrowing = _asked(request)
        after = request.query.get("after")
        wanted = Window(None if after is None else LISTING.read(after), SIZE)
        found = await request.app[SERVICE].database.read(_read, view, request[CALLER], narrowing, wanted)
        return render(
            request,
            view.template,
            HERE,
            trail=found,
            view=view,
            chosen=chosen,
            address=_address(view.path, chosen),
            first=after is None,
            sound=is_sound(found, request.app[SERVICE].county.notary.log),
        )

    return shown


def _file(view: View, form: str) -> Callable[[web.Request], Any]:
    async def exported(request: web.Request) -> web.Response:
        """GET ….csv or .xlsx: the same rows as a list, the newest first, as many as `MOST_LINES`, which the last line says."""
        chosen, narrowing = _asked(request)
        service, caller = request.app[SERVICE], request[CALLER]
        lines, limits = await service.database.read(_lines, view, caller, narrowing, MOST_LINES[form])
        if request.method == hdrs.METH_GET:
            kept = {name: "yes" if name == "who" else value for name, value in chosen.items()}
            taking = Taking(objects.LISTS[view.path], form, len(lines), {"since" if name == "from" else name: kept[name] for name in kept})
            await service.database.write(note_taking, caller.id, caller.office, taking, now_of(request))
        rows = [[title for title, _ in view.columns], *lines]
        write = (lambda: csv_of(rows, limits, NOTICE_ZH)) if form == "csv" else lambda: xlsx(rows, limits, NOTICE_ZH, _widths(view))
        body, kind = await asyncio.to_thread(write), "text/csv" if form == "csv" else XLSX
        name = f"{objects.LISTS[view.path].value}.{form}"
        return web.Response(body=body, content_type=kind, headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'})

    return exported


def _widths(view: View) -> Sequence[int]:
    return [width for _, width in view.columns]


def _asked(request: web.Request) -> tuple[dict[str, str], Narrowing]:
    chosen = {name: request.query[name].strip() for name in FIELDS if request.query.get(name, "").strip()}
    return chosen, narrowed(chosen)


def _address(path: str, chosen: Mapping[str, str]) -> Any:
    def address(name: str = path, **changed: str) -> str:
        """Return the address of a list with something else chosen; an empty value takes a choice away."""
        values = {key: value for key, value in (dict(chosen) | changed).items() if value}
        return f"{name}?{urlencode(values)}" if values else name

    return address


def _read(tx: Tx, view: View, caller: Person, narrowing: Narrowing, wanted: Window) -> Shown:
    (below,) = wanted.place or (str(_LAST),)
    page: Slice[Any] = cut(
        view.rows(tx, caller, narrowing, (int(below), wanted.size + 1)), wanted.size, LISTING, lambda row: (str(row.number),)
    )
    known = objects.names(tx, caller, page.rows)
    checkpoint = log.latest(tx)
    at = tx.row("SELECT at FROM checkpoint WHERE size = :size", size=checkpoint.size).at
    leaves = tx.row("SELECT coalesce(max(leaf), -1) + 1 AS count FROM event").count
    every = {row.office: row.office for row in tx.rows("SELECT DISTINCT office FROM office_period ORDER BY office")}
    about = {row.number: _about(row, known) for row in page.rows}
    return Shown(page, about, known, naming.offices(tx, every), checkpoint, at, leaves)


def _about(row: Entry | Deed, known: Names) -> About:
    return objects.of_event(row, known) if isinstance(row, Entry) else objects.of_deed(row, known)


def _lines(tx: Tx, view: View, caller: Person, narrowing: Narrowing, most: int) -> tuple[list[list[str]], list[str]]:
    rows = view.rows(tx, caller, narrowing, (_LAST, most + 1))
    known = objects.names(tx, caller, rows)
    more = f"只含最近 {most} 行，请按日期分段导出 / the newest {most} lines alone: export day by day"
    return [_line(row, known) for row in rows[:most]], [more] if len(rows) > most else []


def _line(row: Entry | Deed, known: Names) -> list[str]:
    def office(code: str | None) -> str:
        return f"{code} {known.offices.get(code, '')}" if code else ""

    person = f"{row.person} {known.people.get(row.person, '')}" if row.person else ""
    about = _said(_about(row, known))
    if isinstance(row, Deed):
        who = person or "县端机器上的命令 command on the county's machine"
        return [str(row.number), moment(row.at), f"{row.act.zh} {row.act.en}", who, office(row.office), about]
    event, leaf = f"{row.event.zh} {row.event.value}", "" if row.leaf is None else str(row.leaf)
    return [str(row.number), moment(row.at), event, office(row.office), office(row.recipient), person, about, leaf, row.evidence_id]


def _said(about: About) -> str:
    return " ".join(filter(None, (about.kind.zh if about.kind else "", about.name, about.more.zh if about.more else "")))


def is_sound(shown: Shown, key: LogKey) -> bool:
    """Say whether the newest checkpoint bears the county's signature, says what the ledger says, and covers every event."""
    try:
        said = open_checkpoint(shown.checkpoint.note, key)
    except Problem:
        return False
    return (said.size, said.root) == (shown.checkpoint.size, shown.checkpoint.root) and said.size == shown.leaves


def _pages_of(view: View, id_: str, text: Label) -> Iterable[Page]:
    yield room(view.path, _page(view), id_, text, ONLOOKERS)
    for form in MOST_LINES:
        saved = Label(f"导出{text.zh} {form.upper()}", f"{text.en} as {form.upper()}")
        yield room(f"{view.path}.{form}", _file(view, form), f"{id_}_{form}", saved, ONLOOKERS)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        *_pages_of(EVENTS, "admin_audit", Label("审计记录", "audit trail")),
        *_pages_of(DONE, "admin_audit_acts", Label("管理操作记录", "what administrators did")),
        *_pages_of(TOOK, "admin_audit_takings", Label("导出记录", "what was taken away")),
    ]
