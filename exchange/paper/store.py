"""Papers in the ledger: registered with an event, listed for the office that they belong to, linked with scans of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, Stated, moment, record
from exchange.delivery import own_act
from exchange.delivery import store as deliveries
from exchange.delivery.moves import require_here
from exchange.delivery.store import VISIBLE
from exchange.office import store as offices
from exchange.office.administration import COMMAND, Act, note
from exchange.office.store import Person
from exchange.paging import ORDINAL, Listing, Slice, Window, cut
from exchange.paper import stops
from exchange.paper.items import MOST_COPIES, Courier, Paper
from exchange.paper.words import EVENTS, PaperDirection, PaperReason
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind, Role

REGISTRARS: Final = frozenset({Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.CONFIDENTIALITY, Role.ARCHIVIST})
"""Who may write down a paper for their office."""
PAPERS: Final = Listing("paper", (ORDINAL,))
MOST_SENDERS: Final = 200
LATE: Final = "late"
"""The detail of the refusal of a paper of a kind that comes on paper no more, without a word why it did."""
_LAST: Final = 10**15 - 1


class Registered(NamedTuple):
    """A paper as it is listed; None for texts that were erased."""

    place: int
    evidence_id: str
    direction: PaperDirection
    counterpart: str | None
    number: str | None
    title: str | None
    kind: Kind
    dated: str
    copies: int
    pages: int
    reason: PaperReason
    late: str
    at: str
    person: str
    scans: tuple[str, ...]


def month_of(now: datetime) -> str:
    """Return the month by Beijing time: 2026-11."""
    return now.astimezone(instants.BEIJING).strftime("%Y-%m")


def counterparts(tx: Tx) -> dict[str, str]:
    """Return the offices of today, name by code."""
    return {row.code: row.name for row in offices.offices(tx)}


def senders(tx: Tx, caller: Person) -> list[str]:
    """Return those outside the county whom the caller's office has typed before, the most used first."""
    rows = tx.rows(
        "SELECT name FROM paper_sender WHERE office = :office ORDER BY used DESC, name LIMIT :most", office=caller.office, most=MOST_SENDERS
    )
    return [row.name for row in rows]


def require_registrar(caller: Person, tx: Tx | None = None) -> None:
    """Raise Problem NOT_ALLOWED for whom papers are none of their business, and within a transaction for who has left since."""
    if tx is not None:
        require_here(tx, caller)
    if caller.role not in REGISTRARS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)


def register(tx: Tx, notary: Notary, caller: Person, paper: Paper, now: datetime, *, once: str = "") -> str:
    """Write a paper down for the caller's office, with its event; returns the evidence id, the first one's for a form sent twice.

    Raises Problem NOT_ALLOWED; REQUEST_MALFORMED with the detail `LATE` where paper of this kind has ended inside the county and
    nothing says why there is still some; and SIGNING_STOPPED.
    """
    require_registrar(caller, tx)
    before = tx.row("SELECT evidence_id FROM paper_item WHERE once = :once", once=once) if once else None
    if before is not None:
        return str(before.evidence_id)
    at = moment(tx, now)
    if paper.other_office is not None and not paper.late and stops.has_ended(tx, paper.kind, at):
        raise Problem(ProblemType.REQUEST_MALFORMED, LATE)
    fact = Fact(event=EVENTS[paper.direction], office=caller.office, by=caller.id, reason=paper.line())
    evidence = record(tx, notary, fact, at)
    tx.run(
        "INSERT INTO paper_item (evidence_id, office, direction, other_office, counterpart, number, title, kind, dated, copies, pages,"
        " reason, late, at, month, person, once) VALUES (:evidence, :office, :direction, :other, :counterpart, :number, :title, :kind,"
        " :dated, :copies, :pages, :reason, :late, :at, :month, :person, :once)",
        evidence=evidence,
        office=caller.office,
        direction=paper.direction.value,
        other=paper.other_office,
        counterpart=paper.counterpart,
        number=paper.number or None,
        title=paper.title,
        kind=paper.kind.value,
        dated=paper.dated or None,
        copies=paper.copies,
        pages=paper.pages,
        reason=paper.reason.value,
        late=paper.late or None,
        at=instants.write(at),
        month=month_of(at),
        person=caller.id,
        once=once or None,
    )
    if paper.other_office is None:
        tx.run(
            "INSERT INTO paper_sender (office, name, used) VALUES (:office, :name, 1) ON CONFLICT DO UPDATE SET used = used + 1",
            office=caller.office,
            name=paper.counterpart,
        )
    return evidence


def count_courier(tx: Tx, caller: Person, courier: Courier, now: datetime) -> int:
    """Add to this month's count of what went by confidential courier 机要; returns it. It has no event: a receipt would say when.

    Raises Problem NOT_ALLOWED, and REQUEST_MALFORMED for more than can be.
    """
    require_registrar(caller, tx)
    month = month_of(now)
    before = courier_counts(tx, caller, month)[courier.direction]
    if before + courier.count > MOST_COPIES:
        raise Problem(ProblemType.REQUEST_MALFORMED, "copies")
    set_courier(tx, caller, month, Courier(direction=courier.direction, count=before + courier.count), now)
    return before + courier.count


def set_courier(tx: Tx, caller: Person, month: str, courier: Courier, now: datetime) -> None:
    """Say how many went by courier in a month: a count that was mistyped is put right. Raises Problem NOT_ALLOWED."""
    require_registrar(caller, tx)
    tx.run(
        "INSERT INTO paper_courier (office, direction, month, count, at, person) VALUES (:office, :direction, :month, :count, :at, :person)"
        " ON CONFLICT DO UPDATE SET count = :count, at = :at, person = :person",
        office=caller.office,
        direction=courier.direction.value,
        month=month,
        count=courier.count,
        at=instants.write(now),
        person=caller.id,
    )


def courier_counts(tx: Tx, caller: Person, month: str) -> Mapping[PaperDirection, int]:
    """Return the office's counts of a month."""
    rows = tx.rows(
        "SELECT direction, count FROM paper_courier WHERE office = :office AND month = :month", office=caller.office, month=month
    )
    return dict.fromkeys(PaperDirection, 0) | {PaperDirection(row.direction): row.count for row in rows}


_LISTED: Final = (
    "SELECT event.id AS place, paper_item.*, (SELECT group_concat(submission, ' ') FROM paper_scan"  # noqa: S608 - a constant
    " JOIN submission ON submission.id = paper_scan.submission"
    f" WHERE paper_scan.evidence_id = paper_item.evidence_id AND {VISIBLE}) AS scans"
    " FROM paper_item JOIN event ON event.evidence_id = paper_item.evidence_id"
)


def listed(tx: Tx, caller: Person, wanted: Window) -> Slice[Registered]:
    """Return the papers of the caller's office, newest first."""
    (before,) = wanted.place or (str(_LAST),)
    rows = tx.rows(
        f"{_LISTED} WHERE paper_item.office = :office AND event.id < :before ORDER BY event.id DESC LIMIT :rows",
        office=caller.office,
        person=caller.id,
        before=int(before),
        rows=wanted.size + 1,
    )
    return cut([_registered(row) for row in rows], wanted.size, PAPERS, lambda one: (str(one.place),))


def paper(tx: Tx, caller: Person, evidence_id: str) -> Registered:
    """Return one paper of the caller's office. Raises Problem NOT_FOUND."""
    row = tx.row(
        f"{_LISTED} WHERE paper_item.office = :office AND paper_item.evidence_id = :id",
        office=caller.office,
        person=caller.id,
        id=evidence_id,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "paper")
    return _registered(row)


def _registered(row: Any) -> Registered:
    return Registered(
        place=row.place,
        evidence_id=row.evidence_id,
        direction=PaperDirection(row.direction),
        counterpart=row.counterpart,
        number=row.number,
        title=row.title,
        kind=Kind(row.kind),
        dated=row.dated or "",
        copies=row.copies,
        pages=row.pages,
        reason=PaperReason(row.reason),
        late=row.late or "",
        at=row.at,
        person=row.person,
        scans=tuple((row.scans or "").split()),
    )


_CORRECTIONS: Final = (
    "SELECT correction.evidence_id FROM register_correction AS correction JOIN register_entry USING (office, book, year, number)"
    " WHERE register_entry.evidence_id = :id"
)
"""The events that corrected a paper's entry in the register: they say its words again."""


def erase(tx: Tx, evidence_id: str, now: datetime) -> None:
    """Take the words of a paper out, for good: they should never have been typed. That there was one, and of what kind, stays.

    Raises Problem NOT_FOUND.
    """
    row = tx.row("SELECT office, other_office, counterpart FROM paper_item WHERE evidence_id = :id", id=evidence_id)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "paper")
    tx.run("UPDATE paper_item SET counterpart = NULL, number = NULL, title = NULL, late = NULL WHERE evidence_id = :id", id=evidence_id)
    for table in ("reason", "statement", "idempotency"):  # what a correction of its register's entry says may be the very words
        tx.run(f"DELETE FROM {table} WHERE evidence_id = :id OR evidence_id IN ({_CORRECTIONS})", id=evidence_id)  # noqa: S608 - constants
    tx.run("INSERT INTO erasure (paper) VALUES (:id)", id=evidence_id)
    if row.other_office is None and row.counterpart is not None:  # nor is it proposed to the next one who types
        once_less = {"office": row.office, "name": row.counterpart}
        tx.run("UPDATE paper_sender SET used = used - 1 WHERE office = :office AND name = :name", **once_less)
        tx.run("DELETE FROM paper_sender WHERE office = :office AND name = :name AND used < 1", **once_less)
    note(tx, COMMAND, Act.WORDS_ERASED, row.office, evidence_id, now)


def attach(
    tx: Tx, notary: Notary, caller: Person, evidence_id: str, submission: str, now: datetime, signed: Stated | None = None
) -> str | None:
    """Link a paper with an accepted submission that holds its scan; returns the evidence id of its event ScanAttachment.

    A scan must be signed and judged like everything else, so it is no upload of its own: it comes as a submission, to whoever has to
    have it, and is linked here. The event is the office's own and none of the submission's, whose other parties learn nothing of the
    paper. Its receipt names the paper; of the submission's id it holds a salted digest, for not everybody of the office may know that one.
    Linked twice is once: the answer is the first event, None for a link from before there was one. `signed` is the caller's own
    statement. Raises Problem NOT_ALLOWED, NOT_FOUND for a paper that is not the office's or a submission that the caller may not see,
    SEALED, and STATEMENT_INVALID.
    """
    require_registrar(caller, tx)
    paper(tx, caller, evidence_id)
    deliveries.require_readable(tx, caller, submission)
    fact = Fact(event=Event.SCAN_ATTACHMENT, office=caller.office, by=caller.id, subject=evidence_id, reason=submission, stated=signed)
    own_act.require_same_act(fact)
    before = tx.row(
        "SELECT attachment FROM paper_scan WHERE evidence_id = :evidence AND submission = :submission",
        evidence=evidence_id,
        submission=submission,
    )
    if before is not None:
        return None if before.attachment is None else str(before.attachment)
    now = moment(tx, now)
    attachment = record(tx, notary, fact, now)
    tx.run(
        "INSERT INTO paper_scan (evidence_id, submission, at, person, attachment)"
        " VALUES (:evidence, :submission, :at, :person, :attachment)",
        evidence=evidence_id,
        submission=submission,
        at=instants.write(now),
        person=caller.id,
        attachment=attachment,
    )
    return attachment
