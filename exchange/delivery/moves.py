"""One move with what the caller asked around it: act only on the version seen, act once under a key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary, Stated
from exchange import idempotency, representation
from exchange.correction import reasons
from exchange.delivery import moving, store
from exchange.delivery.answers import Move
from exchange.delivery.states import Action, Opening
from exchange.idempotency import Once
from exchange.office.store import Person
from exchange.representation import Tags
from keys import statement
from keys.trust import Trust, fingerprint
from schemas import instants
from schemas.problems import Problem, ProblemType

SPAN: Final = timedelta(minutes=10)
"""How far the instant that a person signed may be from ours."""


@dataclass(frozen=True)
class Asked:
    """A move as it was asked for; `seen` are the tags of the delivery that it may be done on, `signed` what `stated` returned."""

    action: Action
    body: Move
    seen: Tags | None = None
    once: Once | None = None
    signed: Stated | None = None


def stated(body: Move, caller: Person, trust: Trust, now: datetime) -> Stated | None:
    """Return what the caller signed of the act, None when nothing was signed: then the receipt is on the service's word.

    Raises Problem STATEMENT_INVALID: not signed by the caller's own certificate, or not just now.
    """
    if not body.statement and not body.signature:
        return None
    said, identity = statement.check(body.statement, body.signature, trust, at=now, kind=ProblemType.STATEMENT_INVALID)
    if identity.person != caller.id or abs(instants.read(said.at) - now) > SPAN:
        raise Problem(ProblemType.STATEMENT_INVALID, "person or time")
    return Stated(body.statement, body.signature, fingerprint(identity.certificate))


def done_before(tx: Tx, caller: Person, submission: str, once: Once) -> str | None:
    """Return the evidence id of what was done under this key. Raises Problem NOT_FOUND, SEALED or IDEMPOTENCY_KEY_USED."""
    store.received(tx, caller, submission)
    return idempotency.recall(tx, caller.id, once)


def require_here(tx: Tx, caller: Person) -> None:
    """Refuse whoever left, or was given another role, between asking and this transaction. Raises Problem NOT_ALLOWED."""
    row = tx.row("SELECT role FROM person_period WHERE person = :id AND valid_to IS NULL", id=caller.id)
    if row is None or row.role != caller.role.value:
        raise Problem(ProblemType.NOT_ALLOWED, "left" if row is None else "another role since")


def act(tx: Tx, notary: Notary, caller: Person, submission: str, asked: Asked, now: datetime) -> str:
    """Do a move, or find what it did before; returns the evidence id.

    In this order: NOT_ALLOWED for who has left since; NOT_FOUND for what the caller may not see; the same key and request again gives
    the same answer, whoever moved the delivery since; IDEMPOTENCY_KEY_USED; PRECONDITION_FAILED; RETURN_CODE_UNKNOWN; then what
    `moving.move` raises.
    """
    require_here(tx, caller)
    delivery = store.received(tx, caller, submission)
    if asked.once is not None and (before := idempotency.recall(tx, caller.id, asked.once)) is not None:
        return before
    representation.require(asked.seen, representation.encode(delivery))
    if asked.body.codes and asked.action is not Action.RETURN:
        raise Problem(ProblemType.REQUEST_MALFORMED, "codes are for a return")
    reason = reasons.composed(tx, asked.body.codes, asked.body.reason)
    evidence = moving.move(
        tx, notary, caller, submission, asked.action, now, reason=reason, version=asked.body.version, signed=asked.signed
    )
    repeated = asked.action is Action.OPEN and delivery.opening is Opening.OPENED
    if asked.once is not None and not repeated:  # a second opening did nothing, and a million of them must leave nothing
        idempotency.remember(tx, caller.id, asked.once, evidence, now)
    return evidence
