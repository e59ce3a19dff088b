"""An act that its event and what it is about say wholly: no version, no recipient, no words. A person may sign it as it is."""

from datetime import datetime

from msgspec import Struct

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Stated
from exchange.delivery import moves
from exchange.delivery.answers import Move
from exchange.office.store import Person
from keys.trust import Trust
from schemas.messages import Statement, decode
from schemas.problems import Problem, ProblemType


class OwnAct(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A `Statement` of the act in canonical form and a detached CAdES over it, both base64; without them it is on the service's word."""

    statement: bytes = b""
    signature: bytes = b""


def stated(statement: bytes, signature: bytes, caller: Person, trust: Trust, now: datetime) -> Stated | None:
    """Return what the caller signed, None where nothing was. Raises Problem STATEMENT_INVALID."""
    return moves.stated(Move(statement=statement, signature=signature), caller, trust, now)


def require_unsaid(tx: Tx, fact: Fact) -> None:
    """Raise Problem STATEMENT_INVALID for what was signed for an act that is done: it is nobody's word for a second one."""
    if fact.stated is None:
        return
    row = tx.row(
        "SELECT 1 AS found FROM event JOIN statement USING (evidence_id) WHERE event.office = :office AND event.event = :event"
        " AND event.person = :person AND statement.body = :body LIMIT 1",
        office=fact.office,
        event=fact.event.value,
        person=fact.by,
        body=fact.stated.body,
    )
    if row is not None:
        raise Problem(ProblemType.STATEMENT_INVALID, "signed for an act that is done")


def require_same_act(fact: Fact) -> None:
    """Raise Problem STATEMENT_INVALID when what was signed is not what is about to be recorded."""
    if fact.stated is None:
        return
    said = decode(fact.stated.body, Statement, ProblemType.STATEMENT_INVALID)
    told = (said.event, said.submission, said.subject, said.office, said.person, said.recipient, said.version, said.reason)
    if told != (fact.event.value, fact.submission, fact.subject, fact.office, fact.by, None, None, fact.reason):
        raise Problem(ProblemType.STATEMENT_INVALID, "another act")
