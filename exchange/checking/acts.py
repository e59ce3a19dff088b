"""Acts that became events of their own: a form closed, a scan linked, a deputy named and ended, a roster changed.

Each row stands on its event and each event has its row. A row without an event is from before there was one: then it is no younger
than the migration that brought them, and nothing is said of it.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.duty.roster import Shift, subject, written
from exchange.staff import deputies
from schemas.messages import Receipt, decode
from schemas.problems import ProblemType
from schemas.words import Event

BROUGHT: Final = 27
"""The migration that brought these events."""

_CLOSURES: Final = (
    "SELECT form.submission, form.closed_at, form.closed_by, form.closure, event.event, event.submission AS of, event.office, event.at,"
    " event.person, submission.office AS sender FROM form JOIN submission ON submission.id = form.submission"
    " LEFT JOIN event ON event.evidence_id = form.closure WHERE form.closed_at IS NOT NULL OR form.closure IS NOT NULL"
    " ORDER BY form.submission"
)
_SCANS: Final = (
    "SELECT paper_scan.*, paper_item.office AS of_office, event.event, event.office, event.at AS done_at, event.person AS done_by,"
    " event.receipt, reason.text FROM paper_scan JOIN paper_item USING (evidence_id)"
    " LEFT JOIN event ON event.evidence_id = paper_scan.attachment LEFT JOIN reason ON reason.evidence_id = paper_scan.attachment"
    " ORDER BY paper_scan.evidence_id, paper_scan.submission"
)
_DEPUTIES: Final = (
    "SELECT staff_deputy.*, person.office AS of_office, named.event AS named, named.office AS named_at, named.receipt AS naming,"
    " ended.event AS ended, ended.office AS ended_where, ended.at AS ended_when, ended.receipt AS ends FROM staff_deputy"
    " JOIN person ON person.id = staff_deputy.person JOIN event AS named ON named.evidence_id = staff_deputy.evidence_id"
    " LEFT JOIN event AS ended ON ended.evidence_id = staff_deputy.ending ORDER BY staff_deputy.id"
)
_ROSTERS: Final = (
    "SELECT event.evidence_id, event.office, event.at, event.person, event.receipt, reason.text FROM event"
    " LEFT JOIN reason USING (evidence_id) WHERE event.event = 'DutyRosterChange' ORDER BY event.id"
)


def check_acts(tx: Tx, findings: Findings) -> None:
    """Hold every such row against its event, and count that no event lacks its row."""
    brought = tx.row("SELECT at FROM migration WHERE number = :number", number=BROUGHT).at
    for kind, check in (("closure", _closures), ("scan", _scans), ("deputy", _deputies), ("roster", _rosters)):
        for what in check(tx, findings, brought):
            findings.problem(kind, what)


def _count(tx: Tx, event: Event) -> int:
    return int(tx.row("SELECT count(*) AS count FROM event WHERE event = :event", event=event.value).count)


def _said(receipt: bytes) -> str | None:
    return decode(receipt, Receipt, ProblemType.RECEIPT_MALFORMED).subject


def _closures(tx: Tx, findings: Findings, brought: str) -> Iterator[str]:
    stood = 0
    for row in tx.rows(_CLOSURES):
        findings.checked["form_closures"] += 1
        if row.closure is None:
            if row.closed_at > brought:
                yield f"{row.submission}: closed without an event"
            continue
        stood += 1
        told = (row.event, row.of, row.office, row.at, row.person)
        if told != (Event.FORM_CLOSURE.value, row.submission, row.sender, row.closed_at, row.closed_by):
            yield f"{row.submission}: closed otherwise than its event says"
    if (events := _count(tx, Event.FORM_CLOSURE)) != stood:
        yield f"{events} events, {stood} forms"


def _scans(tx: Tx, findings: Findings, brought: str) -> Iterator[str]:
    stood = 0
    for row in tx.rows(_SCANS):
        findings.checked["paper_scans"] += 1
        name = f"{row.evidence_id} {row.submission}"
        if row.attachment is None:
            if row.at > brought:
                yield f"{name}: linked without an event"
            continue
        stood += 1
        told = (row.event, row.office, row.done_at, row.done_by, row.text)
        due = (Event.SCAN_ATTACHMENT.value, row.of_office, row.at, row.person, row.submission)
        if told != due or _said(row.receipt) != row.evidence_id:
            yield f"{name}: linked otherwise than its event says"
    if (events := _count(tx, Event.SCAN_ATTACHMENT)) != stood:
        yield f"{events} events, {stood} links"


def _deputies(tx: Tx, findings: Findings, brought: str) -> Iterator[str]:
    named = ended = 0
    for row in tx.rows(_DEPUTIES):
        findings.checked["deputies"] += 1
        due = deputies.subject(row.person, row.deputy, row.first_day, row.last_day)
        before = row.named == Event.STAFF_CHANGE.value  # of before, when a receipt named no days
        named += not before
        if row.named_at != row.of_office or (_said(row.naming) != (f"deputy {row.person} {row.deputy}" if before else due)):
            yield f"deputy {row.id}: not what its event says"
        elif not before and row.named != Event.DEPUTY_APPOINTMENT.value:
            yield f"deputy {row.id}: its event is another"
        if row.ending is not None:
            ended += 1
            told = (row.ended, row.ended_where, row.ended_when)
            if told != (Event.DEPUTY_END.value, row.of_office, row.ended_at) or _said(row.ends) != due:
                yield f"deputy {row.id}: ended otherwise than its event says"
        elif row.ended_at is not None and row.ended_at > brought:
            yield f"deputy {row.id}: ended without an event"
    for event, stood in ((Event.DEPUTY_APPOINTMENT, named), (Event.DEPUTY_END, ended)):
        if (events := _count(tx, event)) != stood:
            yield f"{events} events {event.value}, {stood} deputies"


def _rosters(tx: Tx, findings: Findings, brought: str) -> Iterator[str]:
    """Replay what the changes say: the last that names a day has it, as long as its words are kept."""
    standing: dict[tuple[str, str], tuple[str, str, str]] = {}
    events: dict[str, Any] = {}
    for event in tx.rows(_ROSTERS):
        findings.checked["roster_changes"] += 1
        events[event.evidence_id] = event
        if event.text is None:  # erased with the names: nothing is known any more of the days that it may have named
            first, last, _ = (_said(event.receipt) or "").split(" ")
            standing = {key: due for key, due in standing.items() if key[0] != event.office or not first <= key[1] <= last}
            continue
        shifts = [Shift.named(*each) for each in json.loads(event.text)]
        if _said(event.receipt) != subject(shifts) or written(shifts) != event.text:
            yield f"{event.evidence_id}: its words are of other days than its receipt"
        standing |= {(event.office, one.day.isoformat()): (event.evidence_id, one.officer, one.leader) for one in shifts}
    for row in tx.rows("SELECT * FROM duty_roster ORDER BY office, day"):
        due = standing.pop((row.office, row.day), None)
        before = row.evidence_id is None and row.at <= brought and due is None
        if not before and not _is_as_said(row, events.get(row.evidence_id), due):
            yield f"{row.office} {row.day}: not what its event says"
    for (office, day), (_, *names) in standing.items():
        if any(names):
            yield f"{office} {day}: nobody is entered, against its event"


def _is_as_said(row: Any, event: Any, due: tuple[str, str, str] | None) -> bool:
    """Say whether a day is as its event says, as far as its words and those of the event are kept."""
    if event is None or (event.office, event.at) != (row.office, row.at) or row.person not in (None, event.person):
        return False
    return row.officer is None or due is None or due == (row.evidence_id, row.officer, row.leader)
