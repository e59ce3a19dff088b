"""Sealing 封存, the first of its two steps: in one transaction the submission is taken from everybody.

With that COMMIT its text stands in no table that any question reads, and its row in `sealing` closes the container. Putting
both under the confidentiality officers' keys is the second step (`sealer`), which may wait for a disk; this one never does.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.delivery.moves import require_here
from exchange.office.store import Person
from exchange.sealing import content
from exchange.sealing.states import REPORTERS, Seal, require_reason
from schemas import filing, instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event

REPORTED: Final = "reported"
"""The rule of a find that a person reports."""


def seal_late(tx: Tx, notary: Notary, submission: str, rules: Sequence[str], policy: str, now: datetime) -> str:
    """Seal an accepted submission in which a mark was found only now; returns the evidence id of the event Sealing.

    The receipt, which is the sender's, holds a salted digest of rules and policy. Raises Problem NOT_FOUND, SEALED (it is
    already) or SIGNING_STOPPED.
    """
    reason = f"policy {policy}: {', '.join(rules)}"
    return _seal(tx, notary, submission, _Find(tuple(rules), policy, reason, None), now)


def seal_reported(tx: Tx, notary: Notary, caller: Person, item: str, reason: str, now: datetime) -> str:
    """Seal what an officer of the county reports: `item` is a submission's id or its filing number 报送编号.

    Raises Problem NOT_ALLOWED, REASON_REQUIRED, NOT_FOUND, SEALED or SIGNING_STOPPED.
    """
    if caller.office != COUNTY or caller.role not in REPORTERS:
        raise Problem(ProblemType.NOT_ALLOWED, f"seal: {caller.role.value}")
    require_here(tx, caller)
    reason = require_reason(reason)
    return _seal(tx, notary, named(tx, item), _Find((REPORTED,), "", reason, caller.id), now)


class _Find:
    """What was found: rules, the policy's version, the reason that the receipt binds, and who found it."""

    def __init__(self, rules: tuple[str, ...], policy: str, reason: str, by: str | None) -> None:
        self.rules, self.policy, self.reason, self.by = rules, policy, reason, by


def _seal(tx: Tx, notary: Notary, submission: str, find: _Find, now: datetime) -> str:
    now = moment(tx, now)
    row = tx.row(
        "SELECT submission.office, sealing.state FROM submission LEFT JOIN sealing ON sealing.submission = submission.id"
        " WHERE submission.id = :id",
        id=submission,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    if row.state not in (None, Seal.RELEASED):
        raise Problem(ProblemType.SEALED)
    body = content.take(tx, submission)
    fact = Fact(event=Event.SEALING, office=row.office, submission=submission, by=find.by, reason=find.reason)
    evidence = record(tx, notary, fact, now)
    changed = tx.run(
        "INSERT INTO sealing (submission, state, version, since, changed_at, rules, policy, evidence_id)"
        " VALUES (:id, :state, 1, :at, :at, :rules, :policy, :evidence)"
        " ON CONFLICT (submission) DO UPDATE SET state = :state, version = version + 1, since = :at, changed_at = :at, rules = :rules,"
        " policy = :policy, evidence_id = :evidence, locked_at = NULL, package = NULL, package_size = NULL, ordered_by = NULL,"
        " confirmed_by = NULL, purged = 0 WHERE state = :released",
        id=submission,
        state=Seal.CONTAINED.value,
        released=Seal.RELEASED.value,
        at=instants.write(now),
        rules=json.dumps(find.rules),
        policy=find.policy,
        evidence=evidence,
    )
    if changed != 1:
        raise Problem(ProblemType.SEALED)
    tx.run("INSERT INTO sealing_content (submission, body) VALUES (:id, :body)", id=submission, body=body)
    return evidence


def named(tx: Tx, item: str) -> str:
    """Return the id of a submission that is named by it or by its filing number. Raises Problem NOT_FOUND."""
    number = filing.read(item)
    row: Any = tx.row("SELECT id FROM submission WHERE id = :item", item=item)
    if row is None and number is not None:
        row = tx.row(
            "SELECT id FROM submission WHERE office = (SELECT code FROM office WHERE lower(code) = lower(:sender))"
            " AND filing_year = :year AND filing_ordinal = :ordinal",
            **number._asdict(),
        )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    return str(row.id)
