"""Changes of the registry: proposed by an office, confirmed or returned by the county; compare-and-swap on what the proposer saw.

What is to change stands in the reason of the event StaffChangeRequest: the receipt holds its salted digest, the text is erasable.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.staff import store
from exchange.staff.filing import ChangeKind, StaffFiling, State, checked, may_propose, may_settle, seen
from schemas import instants
from schemas.messages import OfficeCode, PersonId, canonical
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Role

MAX_WORDS: Final = 500
UNCHANGED: Final = "nothing would change"
WAITING: Final = "a change of this person waits already"

Words = Annotated[str, Meta(max_length=MAX_WORDS)]


class Handing(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who takes over what lies open with somebody who leaves: item by item, and everything else; only a leader names them."""

    items: dict[str, PersonId] = {}
    others: PersonId | None = None


class StaffProposal(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A change as it is asked for.

    `seen` names the filing that the proposer saw (`Staff.seen`), `filing` is what is to stand there; of somebody who leaves there is
    none, of somebody who moves it is what they are to be at office `to`.
    """

    kind: ChangeKind
    person: PersonId | None = None
    seen: str | None = None
    filing: StaffFiling | None = None
    to: OfficeCode | None = None
    note: Words = ""
    handing: Handing = Handing()


class Kept(Struct, frozen=True, kw_only=True):
    """A change as it is kept until it is erased: what stood there, and what is to."""

    before: StaffFiling | None
    after: StaffFiling | None
    to: str | None
    note: str
    handing: Handing


class Change(NamedTuple):
    """A proposed change; `kept` is None once it was erased, `words` are the county's where it was returned.

    What the county did of itself is one too: nobody asked, and `direct` says so; `by` is empty for the command on its machine.
    """

    id: str
    office: str
    kind: ChangeKind
    person: str | None
    by: str
    at: str
    state: State
    settled_by: str | None
    settled_at: str | None
    kept: Kept | None
    words: str | None
    direct: bool = False

    @property
    def erasable(self) -> bool:
        """Whether it speaks of somebody who never came: an arrival that was returned, as long as what was said of them is kept."""
        gone = self.state in (State.RETURNED, State.WITHDRAWN)
        return self.kind is ChangeKind.ARRIVAL and gone and (self.kept is not None or self.words is not None)


def propose(tx: Tx, notary: Notary, caller: Person, office: str, asked: StaffProposal, now: datetime) -> str:
    """Propose a change of an office's registry; returns its id, which is that of the event StaffChangeRequest.

    The same arrival proposed again while it waits is that one: nobody arrives twice because an answer was lost.
    Raises Problem NOT_ALLOWED, NOT_FOUND for nobody of this office, STATE_CHANGED when somebody else changed what the proposer saw,
    ACTION_NOT_POSSIBLE while another change of the person waits or when nothing would change, OFFICE_UNKNOWN, and REQUEST_MALFORMED
    naming the field.
    """
    caller = offices.person(tx, caller.id)
    if not may_propose(caller, office):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    before = _seen_before(tx, office, asked)
    kept = _kept(caller, office, asked, before, now)
    if asked.kind is ChangeKind.MOVE:
        _require_other_office(tx, office, kept.to)
    if asked.person is not None and tx.row("SELECT 1 AS found FROM staff_request WHERE person = :id AND state = 'open'", id=asked.person):
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, WAITING)
    if asked.kind is ChangeKind.ARRIVAL and (
        same := [each.id for each in waiting(tx, office) if each.kind is asked.kind and each.kept == kept]
    ):
        return same[0]
    now = moment(tx, now)
    subject = f"{asked.kind.value} {asked.person}" if asked.person else asked.kind.value
    fact = Fact(event=Event.STAFF_CHANGE_REQUEST, office=office, by=caller.id, subject=subject, reason=canonical(kept).decode())
    id_ = record(tx, notary, fact, now)
    tx.run(
        "INSERT INTO staff_request (id, office, kind, person, proposed_by, proposed_at, state)"
        " VALUES (:id, :office, :kind, :person, :by, :at, 'open')",
        id=id_,
        office=office,
        kind=asked.kind.value,
        person=asked.person,
        by=caller.id,
        at=instants.write(now),
    )
    return id_


def _seen_before(tx: Tx, office: str, asked: StaffProposal) -> StaffFiling | None:
    if (asked.kind is ChangeKind.ARRIVAL) != (asked.person is None):
        raise Problem(ProblemType.REQUEST_MALFORMED, "person")
    if asked.person is None:
        return None
    entry = store.entry(tx, asked.person)
    if entry.office != office:
        raise Problem(ProblemType.NOT_FOUND, "person")
    if asked.seen is not None and asked.seen != seen(entry.filing):
        raise Problem(ProblemType.STATE_CHANGED, "staff registry")
    return entry.filing


def _kept(caller: Person, office: str, asked: StaffProposal, before: StaffFiling | None, now: datetime) -> Kept:
    if asked.to is not None and asked.kind is not ChangeKind.MOVE:  # another office's rules are for who goes there
        raise Problem(ProblemType.REQUEST_MALFORMED, "to")
    if asked.kind is ChangeKind.LEAVING:
        filing = None
    else:
        wanted = asked.filing if asked.filing is not None or asked.kind is not ChangeKind.MOVE else before
        if wanted is None:
            raise Problem(ProblemType.REQUEST_MALFORMED, "filing")
        filing = checked(wanted, asked.to or office, before, now)
    if asked.kind is ChangeKind.CORRECTION and filing == before:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, UNCHANGED)
    handing = asked.handing
    if handing != Handing() and (caller.role is not Role.LEADER or asked.kind not in (ChangeKind.LEAVING, ChangeKind.MOVE)):
        raise Problem(ProblemType.NOT_ALLOWED, "successors")
    note = asked.note.strip()
    if len(note) > MAX_WORDS:
        raise Problem(ProblemType.REQUEST_MALFORMED, "note")
    return Kept(before=before, after=filing, to=asked.to, note=note, handing=handing)


def _require_other_office(tx: Tx, office: str, to: str | None) -> None:
    if to is None or to == office or not offices.known_offices(tx, [to]):
        raise Problem(ProblemType.REQUEST_MALFORMED, "to")


def settle(tx: Tx, notary: Notary, by: str | None, id_: str, to: State, now: datetime, words: str = "") -> Change:
    """Take a change out of those that wait, with the event StaffChange; what it brings about is the caller's part (`staff_changes`).

    `by` is None for the command on the county's machine.
    Raises Problem NOT_FOUND, STATE_CHANGED when it waits no more, and REASON_REQUIRED for a return without words.
    """
    change, words, now = one(tx, id_), words.strip(), moment(tx, now)
    if to is State.RETURNED and not words:
        raise Problem(ProblemType.REASON_REQUIRED)
    if len(words) > MAX_WORDS:
        raise Problem(ProblemType.REQUEST_MALFORMED, "words")
    subject = " ".join(filter(None, (to.value, change.kind.value, change.person)))
    evidence = record(tx, notary, Fact(event=Event.STAFF_CHANGE, office=change.office, by=by, subject=subject, reason=words or None), now)
    settled = tx.run(
        "UPDATE staff_request SET state = :to, settled_by = :by, settled_at = :at, settlement = :evidence"
        " WHERE id = :id AND state = 'open'",
        to=to.value,
        by=by,
        at=instants.write(now),
        evidence=evidence,
        id=id_,
    )
    if settled != 1:
        raise Problem(ProblemType.STATE_CHANGED, "staff registry")
    return change


def withdraw(tx: Tx, notary: Notary, caller: Person, id_: str, now: datetime) -> None:
    """Take back a change that waits: whoever may propose changes of that office. Raises what `settle` raises, and NOT_FOUND.

    Of somebody who was to arrive and does not, nothing that was said of them is kept: there is no other way to be rid of it.
    """
    caller = offices.person(tx, caller.id)
    if not may_propose(caller, one(tx, id_).office):
        raise Problem(ProblemType.NOT_FOUND, "change")
    if settle(tx, notary, caller.id, id_, State.WITHDRAWN, now).kind is ChangeKind.ARRIVAL:
        tx.run("DELETE FROM reason WHERE evidence_id = :id", id=id_)


RETURNED_FOR: Final = timedelta(days=90)
"""How long what was said of somebody whose arrival the county returned is kept: to look what was wrong and to propose it anew."""

_NEVER_CAME: Final = (
    "SELECT staff_request.id, office FROM staff_request WHERE kind = 'arrival' AND person IS NULL AND state IN ('returned', 'withdrawn')"
    " AND EXISTS (SELECT 1 FROM reason WHERE evidence_id IN (staff_request.id, staff_request.settlement))"
)


def erase_who_never_came(tx: Tx, caller: Person, id_: str) -> str:
    """Erase what an office had said of somebody whose arrival was returned, and the county's words on it; returns the office.

    Those who propose changes of that office do, and those who settle them. That something was asked and answered stays: events,
    receipts, salted digests. Raises Problem NOT_FOUND, and ACTION_NOT_POSSIBLE for what waits, was confirmed, or is erased already.
    """
    caller, change = offices.person(tx, caller.id), one(tx, id_)
    if not (may_propose(caller, change.office) or may_settle(caller)):
        raise Problem(ProblemType.NOT_FOUND, "change")
    if tx.row(f"{_NEVER_CAME} AND staff_request.id = :id", id=id_) is None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "nobody who did not come")
    _erase(tx, id_)
    return change.office


def erase_returned(tx: Tx, now: datetime, most: int) -> int:
    """Erase by itself what was returned longer ago than `RETURNED_FOR`, at most so many; returns how many. Twice is once."""
    rows = tx.rows(
        f"{_NEVER_CAME} AND settled_at < :at ORDER BY settled_at, id LIMIT :most", at=instants.write(now - RETURNED_FOR), most=most
    )
    for row in rows:
        _erase(tx, row.id)
    return len(rows)


def _erase(tx: Tx, id_: str) -> None:
    sql = "SELECT id FROM staff_request WHERE id = :id UNION SELECT settlement FROM staff_request WHERE id = :id AND settlement IS NOT NULL"
    tx.run(f"DELETE FROM reason WHERE evidence_id IN ({sql})", id=id_)  # noqa: S608 - a constant


def arrived(tx: Tx, id_: str, person: str) -> None:
    """Keep who it is that arrived by a change."""
    tx.run("UPDATE staff_request SET person = :person WHERE id = :id", person=person, id=id_)


_CHANGE: Final = (
    "SELECT staff_request.*, asked.text AS asked, answered.text AS answered FROM staff_request"
    " LEFT JOIN reason AS asked ON asked.evidence_id = staff_request.id"
    " LEFT JOIN reason AS answered ON answered.evidence_id = staff_request.settlement"
)


def one(tx: Tx, id_: str) -> Change:
    """Return a change. Raises Problem NOT_FOUND."""
    row = tx.row(f"{_CHANGE} WHERE staff_request.id = :id", id=id_)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "change")
    return _change(row)


def waiting(tx: Tx, office: str | None = None) -> list[Change]:
    """Return the changes that wait, of one office or of all, the oldest first."""
    rows = tx.rows(
        f"{_CHANGE} WHERE state = 'open' AND (:office IS NULL OR staff_request.office = :office) ORDER BY proposed_at, id", office=office
    )
    return [_change(row) for row in rows]


def settled(tx: Tx, office: str, most: int = 20) -> list[Change]:
    """Return the last changes of an office that wait no more, the newest first."""
    rows = tx.rows(
        f"{_CHANGE} WHERE state != 'open' AND staff_request.office = :office ORDER BY settled_at DESC, id LIMIT :most",
        office=office,
        most=most,
    )
    return [_change(row) for row in rows]


def listed(tx: Tx, office: str | None, state: State | None, after: tuple[str, ...] | None, size: int) -> list[Change]:
    """Return changes of one office or of all, in one state or in any, the newest first; `after` is the time and id of the last seen."""
    at, id_ = after or ("9", "")
    rows = tx.rows(
        f"{_CHANGE} WHERE (:office IS NULL OR staff_request.office = :office) AND (:state IS NULL OR state = :state)"
        " AND (proposed_at, id) < (:at, :id) ORDER BY proposed_at DESC, id DESC LIMIT :size",
        office=office,
        state=None if state is None else state.value,
        at=at,
        id=id_,
        size=size,
    )
    return [_change(row) for row in rows]


def counts(tx: Tx) -> Mapping[str, int]:
    """Return how many changes wait, by office."""
    rows = tx.rows("SELECT office, count(*) AS count FROM staff_request WHERE state = 'open' GROUP BY office ORDER BY office")
    return {row.office: row.count for row in rows}


def _change(row: Any) -> Change:
    kept = None if row.asked is None else msgspec.json.decode(row.asked, type=Kept)
    direct = row.id == row.settlement
    return Change(
        row.id,
        row.office,
        ChangeKind(row.kind),
        row.person,
        row.proposed_by or "",
        row.proposed_at,
        State(row.state),
        row.settled_by,
        row.settled_at,
        kept,
        None if direct else row.answered,
        direct,
    )


def require_unchanged(tx: Tx, change: Change) -> tuple[Kept, store.Entry | None]:
    """Return what was asked and the person's entry of now, which is what the proposer saw.

    Raises Problem STATE_CHANGED when it is not: the person was changed, has left, or the text was erased.
    """
    if change.kept is None:
        raise Problem(ProblemType.STATE_CHANGED, "erased")
    if change.person is None:
        return change.kept, None
    try:
        entry = store.entry(tx, change.person)
    except Problem as problem:
        raise Problem(ProblemType.STATE_CHANGED, "left") from problem
    if entry.filing != change.kept.before:
        raise Problem(ProblemType.STATE_CHANGED, "staff registry")
    return change.kept, entry
