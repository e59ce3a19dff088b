"""What the sending office does with one recipient's delivery: it withdraws it, asks for it back, urges, gives more time.

The same table decides as for the recipient (`states.TRANSITIONS`, the rows with `Side.SENDER`), and the event belongs to the sender.
"""

import json
from datetime import datetime
from typing import Any

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, Stated, moment, record
from exchange import idempotency
from exchange.delivery import moves, moving, store
from exchange.delivery.answers import Delivery
from exchange.delivery.moves import Asked, require_here
from exchange.delivery.states import SENDERS, Action, Opening, Position, Recall, Review, Rule, Side, decide
from exchange.idempotency import Once
from exchange.office.store import Person
from schemas.messages import Statement, decode
from schemas.problems import Problem, ProblemType


def act_as_sender(  # noqa: PLR0913 - one act with all that belongs to it
    tx: Tx,
    notary: Notary,
    caller: Person,
    submission: str,
    office: str,
    action: Action,
    now: datetime,
    *,
    reason: str = "",
    version: int | None = None,
    signed: Stated | None = None,
) -> str:
    """Do the sender's action on the delivery to one recipient: compare and swap, event, leaf, in one transaction.

    Returns the evidence id. `version` is what the caller saw; None takes the present one, and what moves nothing (URGE, EXTEND)
    leaves it as it is. Words that were given are kept, erasable, also where none are asked for. `signed` is what the person signed,
    checked by `moves.stated`: it must be this act, and the same one again is the first one's id.
    Raises Problem NOT_FOUND for what the caller may not see and for an office that has no delivery, NOT_ALLOWED for whom it was sent
    to, SEALED, STATE_CHANGED, STATEMENT_INVALID and what `decide` raises.
    """
    require_here(tx, caller)
    row, now = delivery_of(tx, caller, submission, office), moment(tx, now)
    position = Position(Opening(row.opening), Review(row.review), Recall(row.recall))
    if version is not None and version != row.version:
        raise Problem(ProblemType.STATE_CHANGED, ", ".join(position.shown()))
    rule = decide(position, action, caller.role, reason, side=Side.SENDER)
    words = reason.strip()
    if signed is not None:
        _require_same_act(decode(signed.body, Statement), rule, caller, submission, office, row.version, words)
        if (before := moving.said_before(tx, caller, submission, office, signed)) is not None:
            return before
    after = position.after(rule.to)
    if after != position:
        moving.swap(tx, office, submission, row.version, after, now)
    fact = Fact(
        event=rule.event, office=caller.office, submission=submission, recipient=office, by=caller.id, reason=words or None, stated=signed
    )
    return record(tx, notary, fact, now)


def act(tx: Tx, notary: Notary, caller: Person, submission: str, office: str, asked: Asked, now: datetime) -> str:
    """Do what was asked, or find what it did before under the same key; returns the evidence id.

    Raises what `done_before` raises, REQUEST_MALFORMED for codes, which are for a return, and what `act_as_sender` raises.
    """
    if asked.once is not None and (before := done_before(tx, caller, submission, asked.once)) is not None:
        return before
    if asked.body.codes:
        raise Problem(ProblemType.REQUEST_MALFORMED, "codes are for a return")
    evidence = act_as_sender(
        tx,
        notary,
        caller,
        submission,
        office,
        asked.action,
        now,
        reason=asked.body.reason,
        version=asked.body.version,
        signed=asked.signed,
    )
    if asked.once is not None:
        idempotency.remember(tx, caller.id, asked.once, evidence, now)
    return evidence


def done_before(tx: Tx, caller: Person, submission: str, once: Once) -> str | None:
    """Return the evidence id of what was done under this key. Raises what `require_sender` raises, and IDEMPOTENCY_KEY_USED."""
    require_sender(tx, caller, submission)
    return idempotency.recall(tx, caller.id, once)


def delivery_of(tx: Tx, caller: Person, submission: str, office: str) -> Any:
    """Return one recipient's delivery of what the caller's office sent: opening, review, recall and version.

    Raises Problem NOT_FOUND, NOT_ALLOWED and SEALED.
    """
    sent = require_sender(tx, caller, submission)
    row = tx.row(
        "SELECT opening, review, recall, version FROM delivery WHERE submission = :id AND office = :office", id=sent.id, office=office
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, office)
    return row


def copy_of(tx: Tx, caller: Person, submission: str, office: str) -> Delivery:
    """Return where one recipient's copy of what the caller's office sent stands. Raises what `delivery_of` raises."""
    delivery_of(tx, caller, submission, office)
    return next(each for each in store.deliveries(tx, caller, submission) if each.office == office)


def require_sender(tx: Tx, caller: Person, submission: str) -> Any:
    """Return the row of what the caller's office sent and the caller may see.

    Raises Problem NOT_FOUND, NOT_ALLOWED, also for who has left since they asked, and SEALED.
    """
    moves.require_here(tx, caller)
    row = store.require_visible(tx, caller, submission)
    if not is_sender(caller, row.sender):
        raise Problem(ProblemType.NOT_ALLOWED, "only the sending office")
    if row.sealed:
        raise Problem(ProblemType.SEALED)
    return row


def is_sender(caller: Person, office: str) -> bool:
    """Say whether what this office sent is the caller's to act on: of a joint issue only the office that sent it acts for it."""
    return caller.office == office


def may_act(caller: Person, office: str, *, sealed: bool) -> bool:
    """Say whether pages offer a person what the sender does with an item: where `require_sender` and the table's roles let them."""
    return is_sender(caller, office) and not sealed and caller.role in SENDERS


def require_issuer(tx: Tx, caller: Person, submission: str) -> Any:
    """Return the row of what the caller's office issued, as its sender or jointly 联合发文, and the caller may see.

    Whoever issued something may look where it stands, since it is theirs as well. Raises Problem NOT_FOUND, and NOT_ALLOWED for whom
    it was sent to.
    """
    row = store.require_visible(tx, caller, submission)
    if caller.office not in (row.sender, *json.loads(row.joint)):
        raise Problem(ProblemType.NOT_ALLOWED, "只有发文单位可以这样办 / only the offices that issued it")
    return row


def _require_same_act(stated: Statement, rule: Rule, caller: Person, submission: str, office: str, version: int, words: str) -> None:
    """Raise Problem STATEMENT_INVALID when what was signed is not what is asked for, or not about what lies there."""
    said = (stated.event, stated.submission, stated.office, stated.recipient, stated.person, (stated.reason or "").strip())
    if said != (rule.event.value, submission, caller.office, office, caller.id, words) or stated.version not in (None, version):
        raise Problem(ProblemType.STATEMENT_INVALID, "another act")
