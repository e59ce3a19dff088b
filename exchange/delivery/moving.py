"""What writes deliveries: an item put into an inbox, and moves by compare-and-swap with an event in the same transaction."""

from datetime import datetime

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, Stated, moment, record
from exchange.delivery.states import Action, Opening, Position, Recall, Review, Rule, decide
from exchange.delivery.store import happened, mine
from exchange.office.store import Person
from schemas import instants
from schemas.messages import Statement, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event


def consign(tx: Tx, notary: Notary, submission: str, office: str, now: datetime, *, copy: bool) -> str:
    """Put a submission into an office's inbox and record ContentConsignment; returns the evidence id."""
    at = instants.write(now)
    tx.run(
        "INSERT INTO delivery (submission, office, copy, consigned_at, opening, review, version, changed_at)"
        " VALUES (:submission, :office, :copy, :at, :opening, :review, 1, :at)",
        submission=submission,
        office=office,
        copy=int(copy),
        at=at,
        opening=Opening.CONSIGNED.value,
        review=Review.PENDING.value,
    )
    fact = Fact(event=Event.CONTENT_CONSIGNMENT, office=office, submission=submission, recipient=office)
    return record(tx, notary, fact, now)


def move(  # noqa: PLR0913 - one act with all that belongs to it
    tx: Tx,
    notary: Notary,
    caller: Person,
    submission: str,
    action: Action,
    now: datetime,
    *,
    reason: str = "",
    version: int | None = None,
    signed: Stated | None = None,
) -> str:
    """Do an action on the caller's delivery: compare and swap, event, leaf, in one transaction.

    Returns the evidence id. A second opening is no event: the first one's id is returned. `version` is what the caller
    saw; None takes the present one. `signed` is what the person signed, checked by `moves.stated`: it must be this act.
    An entry on the handling slip changes no version, so what was signed once is written once: again, it is the first one's id.
    Raises Problem NOT_FOUND, STATE_CHANGED, STATEMENT_INVALID and what `decide` raises.
    """
    row, now = mine(tx, caller, submission), moment(tx, now)
    position = Position(Opening(row.opening), Review(row.review), Recall(row.recall))
    if action is Action.OPEN and position.opening is Opening.OPENED:
        return _first_opening(tx, caller, submission)
    if version is not None and version != row.version:
        raise Problem(ProblemType.STATE_CHANGED, ", ".join(position.shown()))
    rule = decide(position, action, caller.role, reason, happened=happened(tx, submission, caller.office))
    if signed is not None:
        _require_same_act(decode(signed.body, Statement), rule, caller, submission, row.version, reason)
        if (before := said_before(tx, caller, submission, caller.office, signed)) is not None:
            if rule.inner:
                return before
            raise Problem(ProblemType.STATEMENT_INVALID, "signed for an act that is done")
    after = position.after(rule.to)
    if after != position:  # the sender is told when a copy changed last and, in a statement, at which version
        swap(tx, caller.office, submission, row.version, after, now)
    fact = Fact(
        event=rule.event,
        office=caller.office if rule.inner else row.sender,
        submission=submission,
        recipient=caller.office,
        by=caller.id,
        reason=reason.strip() if rule.needs_reason else None,
        stated=signed,
    )
    return record(tx, notary, fact, now)


def swap(tx: Tx, office: str, submission: str, version: int, after: Position, now: datetime) -> None:
    """Move the delivery to an office from the version that was seen. Raises Problem STATE_CHANGED when another was quicker."""
    changed = tx.run(
        "UPDATE delivery SET opening = :opening, review = :review, recall = :recall, version = version + 1, changed_at = :at"
        " WHERE submission = :id AND office = :office AND version = :version",
        opening=after.opening.value,
        review=after.review.value,
        recall=after.recall.value,
        at=instants.write(now),
        id=submission,
        office=office,
        version=version,
    )
    if changed != 1:
        raise Problem(ProblemType.STATE_CHANGED)


def _require_same_act(stated: Statement, rule: Rule, caller: Person, submission: str, version: int, reason: str) -> None:
    """Raise Problem STATEMENT_INVALID when what was signed is not what is asked for, or not about what lies here."""
    said = (stated.event, stated.submission, stated.office, stated.recipient, stated.person, (stated.reason or "").strip())
    done = (rule.event.value, submission, caller.office, None, caller.id, reason.strip() if rule.needs_reason else "")
    if said != done or stated.version not in (None, version):
        raise Problem(ProblemType.STATEMENT_INVALID, "another act")


def said_before(tx: Tx, caller: Person, submission: str, office: str, signed: Stated) -> str | None:
    """Return the event at this recipient that stands on this very statement already; its signature may be encoded otherwise.

    What somebody signed once is their word for one act: nobody brings it out again behind another.
    """
    row = tx.row(
        "SELECT evidence_id FROM event JOIN statement USING (evidence_id) WHERE event.submission = :id AND event.recipient = :office"
        " AND event.person = :person AND statement.body = :body ORDER BY event.id LIMIT 1",
        id=submission,
        office=office,
        person=caller.id,
        body=signed.body,
    )
    return None if row is None else str(row.evidence_id)


def _first_opening(tx: Tx, caller: Person, submission: str) -> str:
    row = tx.row(
        "SELECT evidence_id FROM event WHERE submission = :id AND recipient = :office AND event = :event ORDER BY id LIMIT 1",
        id=submission,
        office=caller.office,
        event=Event.CONTENT_HANDOVER.value,
    )
    return str(row.evidence_id)
