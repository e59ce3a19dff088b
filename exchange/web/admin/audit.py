"""The audit trail 审计记录: every event, and what administrators did. No titles, no texts, nobody's diligence.

Receipts of offices, enrolments and policies are public and open here; those of documents are named and lie with their items.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from aiohttp import hdrs, web

from archive.ledger import log
from archive.ledger.database import Tx
from exchange.delivery.store import WITHIN_THE_SEAL, insider
from exchange.office import naming, store
from exchange.office.administration import Act
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paging import CODE, ORDINAL, Listing, Slice, Window, cut
from exchange.service import SERVICE
from exchange.web.admin.acting import ONLOOKERS, render, room
from exchange.web.finding.lists import guarded
from exchange.web.pages import Page
from exchange.web.rendering import moment
from keys.notes import LogKey, open_checkpoint
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import PUBLIC_EVENTS, Event, Label

HERE: Final = "/admin/audit"
ACTS: Final = "/admin/audit/acts"
SIZE: Final = 100
MOST_LINES: Final = 50_000
EVENTS: Final = Listing("audit", (ORDINAL,))
DONE: Final = Listing("audit-acts", (ORDINAL,))
_LAST: Final = 10**15
_FIELDS: Final = ("office", "event", "from", "until")
COLUMNS: Final = (
    "序号 number",
    "时间 time (+08:00)",
    "事件 event",
    "单位 office",
    "收文单位 recipient",
    "办理人 person",
    "对象 about",
    "日志位置（从 0 起）log leaf",
    "回执编号 evidence id",
)


KINDS: Final = tuple(event for event in Event if event is not Event.SUBMISSION_REJECTION)
"""Refusals are not in the trail: auditors see how many there were a month, administrators nothing."""

_WITHIN: Final = ", ".join(f"'{event.value}'" for event in WITHIN_THE_SEAL)
_TOLD: Final = (
    f"event.event != '{Event.SUBMISSION_REJECTION.value}' AND (event.event NOT IN ({_WITHIN}) OR :insider OR event.person = :person)"
)
"""What stays within a seal is told as everywhere (`exchange.delivery.store.TOLD`); of all else that it happened, never what it was."""


class Narrowing(NamedTuple):
    """What of the trail is wanted; empty is everything. Instants, `before` not included."""

    office: str = ""
    event: str = ""
    since: str = ""
    before: str = ""


class Entry(NamedTuple):
    """One event; `number` is its place in this ledger. What it is `about` is said where it is public: an office, a person, a policy."""

    number: int
    at: str
    event: Event
    office: str
    recipient: str | None
    person: str | None
    submission: str | None
    leaf: int | None
    evidence_id: str
    named: bool
    about: str

    @property
    def public(self) -> bool:
        """Whether its receipt is public under `/log/events/`."""
        return self.event in PUBLIC_EVENTS and self.leaf is not None


class Deed(NamedTuple):
    """One act of an administrator; no person: by the command on the county's machine."""

    number: int
    at: str
    person: str | None
    act: Act
    office: str | None
    subject: str


class Trail(NamedTuple):
    """A page of the trail, with names and the log's newest checkpoint."""

    page: Slice[Any]
    offices: Mapping[str, str]
    people: Mapping[str, str]
    all_offices: Mapping[str, str]
    checkpoint: log.Published
    checkpoint_at: str
    leaves: int


async def events(request: web.Request) -> web.Response:
    """GET /admin/audit?office=…&event=…&from=…&until=…&after=…: events, the newest first."""
    chosen, narrowing = _asked(request)
    trail = await request.app[SERVICE].database.read(_events, request[CALLER], narrowing, _window(request, EVENTS))
    return _shown(request, "audit.html", HERE, trail, chosen)


async def acts(request: web.Request) -> web.Response:
    """GET /admin/audit/acts?office=…: what administrators did, the newest first."""
    chosen, narrowing = _asked(request)
    trail = await request.app[SERVICE].database.read(_acts, narrowing, _window(request, DONE))
    return _shown(request, "audit_acts.html", ACTS, trail, chosen)


def _shown(request: web.Request, template: str, path: str, trail: Trail, chosen: dict[str, str]) -> web.Response:
    return render(
        request,
        template,
        HERE,
        trail=trail,
        chosen=chosen,
        address=_address(path, chosen),
        kinds=KINDS,
        first="after" not in request.query,
        sound=is_sound(trail, request.app[SERVICE].county.notary.log),
    )


async def exported(request: web.Request) -> web.Response:
    """GET /admin/audit.csv: the same events as a list, the newest first; at most 50,000 lines, which the last line says."""
    _, narrowing = _asked(request)
    found = await request.app[SERVICE].database.read(_lines, request[CALLER], narrowing)
    saved = 'attachment; filename="audit.csv"'
    return web.Response(body=found, content_type="text/csv", charset="utf-8", headers={hdrs.CONTENT_DISPOSITION: saved})


def narrowed(chosen: Mapping[str, str]) -> Narrowing:
    """Return what an address asks for. Raises Problem REQUEST_MALFORMED, naming the fields."""
    office, event = chosen.get("office", ""), chosen.get("event", "")
    try:
        since = _begin(chosen["from"]) if "from" in chosen else ""
        before = _begin(chosen["until"], timedelta(days=1)) if "until" in chosen else ""
    except (ValueError, OverflowError) as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "from, until") from error
    if (office and not re.fullmatch(CODE, office)) or (event and event not in set(KINDS)):
        raise Problem(ProblemType.REQUEST_MALFORMED, "office, event")
    return Narrowing(office, event, since, before)


def _asked(request: web.Request) -> tuple[dict[str, str], Narrowing]:
    chosen = {name: request.query[name].strip() for name in _FIELDS if request.query.get(name, "").strip()}
    return chosen, narrowed(chosen)


def _window(request: web.Request, listing: Listing) -> Window:
    after = request.query.get("after")
    return Window(None if after is None else listing.read(after), SIZE)


def _begin(text: str, later: timedelta = timedelta()) -> str:
    day = date.fromisoformat(text)
    return instants.write(datetime(day.year, day.month, day.day, tzinfo=instants.BEIJING) + later)


def _address(path: str, chosen: Mapping[str, str]) -> Any:
    def address(name: str = path, **changed: str) -> str:
        """Return the address of a list with something else chosen; an empty value takes a choice away."""
        values = {key: value for key, value in (dict(chosen) | changed).items() if value}
        return f"{name}?{urlencode(values)}" if values else name

    return address


def entries(tx: Tx, caller: Person, narrowing: Narrowing, below: int, most: int) -> list[Entry]:
    """Return events before a number, the newest first."""
    rows = tx.rows(
        "SELECT event.id, event.at, event.event, event.office, event.recipient, event.person, event.submission, event.leaf,"  # noqa: S608 - constants
        " event.evidence_id, event.receipt, EXISTS (SELECT 1 FROM submission WHERE submission.id = event.submission AND named = 1) AS named"
        " FROM event WHERE event.id < :below AND (:wanted = '' OR event.office = :wanted OR event.recipient = :wanted)"
        " AND (:event = '' OR event.event = :event) AND (:since = '' OR event.at >= :since) AND (:before = '' OR event.at < :before)"
        f" AND {_TOLD} ORDER BY event.id DESC LIMIT :most",
        below=below,
        wanted=narrowing.office,
        event=narrowing.event,
        since=narrowing.since,
        before=narrowing.before,
        insider=insider(caller),
        person=caller.id,
        most=most,
    )
    return [
        Entry(
            number=row.id,
            at=row.at,
            event=Event(row.event),
            office=row.office,
            recipient=row.recipient,
            person=row.person,
            submission=row.submission,
            leaf=row.leaf,
            evidence_id=row.evidence_id,
            named=bool(row.named),
            about=_about(row),
        )
        for row in rows
    ]


def _about(row: Any) -> str:
    """Return the office, person or policy that a public event is about, by code, id or version."""
    if row.event not in PUBLIC_EVENTS:
        return ""
    said = decode(row.receipt, Receipt, ProblemType.LEDGER_DAMAGED)
    return said.subject or (said.certificate.person if said.certificate else "")


def deeds(tx: Tx, narrowing: Narrowing, below: int, most: int) -> list[Deed]:
    """Return what administrators did before a number, the newest first."""
    rows = tx.rows(
        "SELECT id, at, person, act, office, subject FROM administration WHERE id < :below AND (:office = '' OR office = :office)"
        " AND (:since = '' OR at >= :since) AND (:before = '' OR at < :before) ORDER BY id DESC LIMIT :most",
        below=below,
        office=narrowing.office,
        since=narrowing.since,
        before=narrowing.before,
        most=most,
    )
    return [Deed(row.id, row.at, row.person, Act(row.act), row.office, row.subject) for row in rows]


def _events(tx: Tx, caller: Person, narrowing: Narrowing, wanted: Window) -> Trail:
    (below,) = wanted.place or (str(_LAST),)
    rows = entries(tx, caller, narrowing, int(below), wanted.size + 1)
    return _trail(tx, cut(rows, wanted.size, EVENTS, lambda row: (str(row.number),)), [[row.office, row.recipient] for row in rows])


def _acts(tx: Tx, narrowing: Narrowing, wanted: Window) -> Trail:
    (below,) = wanted.place or (str(_LAST),)
    rows = deeds(tx, narrowing, int(below), wanted.size + 1)
    return _trail(tx, cut(rows, wanted.size, DONE, lambda row: (str(row.number),)), [[row.office] for row in rows])


def _trail(tx: Tx, page: Slice[Any], codes: Iterable[Iterable[str | None]]) -> Trail:
    named = {code for each in codes for code in each if code}
    offices = {row.code: row.name for row in store.offices(tx)}
    people = naming.people(tx, (row.person for row in page.rows if row.person))
    checkpoint = log.latest(tx)
    at = tx.row("SELECT at FROM checkpoint WHERE size = :size", size=checkpoint.size).at
    leaves = tx.row("SELECT coalesce(max(leaf), -1) + 1 AS count FROM event").count
    return Trail(page, naming.offices(tx, named), people, offices, checkpoint, at, leaves)


def _lines(tx: Tx, caller: Person, narrowing: Narrowing) -> bytes:
    rows = entries(tx, caller, narrowing, _LAST, MOST_LINES + 1)
    offices = naming.offices(tx, {code for row in rows for code in (row.office, row.recipient) if code})
    people = naming.people(tx, {row.person for row in rows if row.person})
    lines = [_line(row, offices, people) for row in rows[:MOST_LINES]]
    if len(rows) > MOST_LINES:
        lines.append([f"只含最近 {MOST_LINES} 行，请按日期分段导出 / the newest {MOST_LINES} lines alone: export day by day"])
    return csv_of([COLUMNS, *lines])


def _line(row: Entry, offices: Mapping[str, str], people: Mapping[str, str]) -> list[str]:
    return [
        str(row.number),
        moment(row.at),
        f"{row.event.zh} {row.event.value}",
        f"{row.office} {offices.get(row.office, '')}",
        f"{row.recipient} {offices.get(row.recipient, '')}" if row.recipient else "",
        f"{row.person} {people.get(row.person, '')}" if row.person else "",
        row.about or ("指定人员件" if row.named else row.submission or ""),
        "" if row.leaf is None else str(row.leaf),
        row.evidence_id,
    ]


def csv_of(rows: Iterable[Iterable[str]]) -> bytes:
    """Return CSV as spreadsheets open it: UTF-8 with a mark; what could be taken for a formula has an apostrophe before it."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def is_sound(trail: Trail, key: LogKey) -> bool:
    """Say whether the newest checkpoint bears the county's signature, says what the ledger says, and covers every event."""
    try:
        said = open_checkpoint(trail.checkpoint.note, key)
    except Problem:
        return False
    return (said.size, said.root) == (trail.checkpoint.size, trail.checkpoint.root) and said.size == trail.leaves


def pages() -> list[Page]:
    """Return the pages of this room."""
    text = Label("审计记录", "audit trail")
    return [
        room(HERE, events, "admin_audit", text, ONLOOKERS),
        room(ACTS, acts, "admin_audit_acts", Label("管理操作记录", "what administrators did"), ONLOOKERS),
        room("/admin/audit.csv", exported, "admin_audit_csv", Label("导出审计记录", "the audit trail as CSV"), ONLOOKERS),
    ]
