"""Events as receipts 回执: recorded inside the transaction that makes them true, signed and stamped before COMMIT."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from archive.ledger.database import Tx
from keys import cms, statement, timestamp
from keys.custody import Signer
from keys.notes import LogKey
from schemas import instants
from schemas.messages import Certificate, Digests, Envelope, LogIdentity, Receipt, Refusal, canonical
from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event


@dataclass(frozen=True)
class Notary:
    """What the county signs receipts with. `random(n)` gives n bytes; tests may fix it."""

    receipts: Signer
    timestamps: Signer
    log_private: Ed25519PrivateKey
    log: LogKey
    random: Callable[[int], bytes] = secrets.token_bytes

    @property
    def identity(self) -> LogIdentity:
        """Which log a receipt names."""
        return LogIdentity(origin=self.log.origin, key=hashlib.sha256(self.log.public).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What happened. `office` is the one to which the receipt belongs; `reason` is a text that stays erasable."""

    event: Event
    office: str
    submission: str | None = None
    recipient: str | None = None
    received_at: datetime | None = None
    by: str | None = None
    reason: str | None = None
    digests: Digests | None = None
    refusal: Refusal | None = None
    certificate: Certificate | None = None
    subject: str | None = None
    stated: "Stated | None" = None


class Stated(NamedTuple):
    """A person's own signed statement of the act, as `keys.statement` makes it: erasable, the receipt holds its digest.

    `certificate` is the SHA-256 of the one that signed it, which has to be in force still when the act is recorded.
    """

    body: bytes
    signature: bytes
    certificate: str = ""


def moment(tx: Tx, now: datetime) -> datetime:
    """Return the instant to record: never before the last one. Raises Problem SIGNING_STOPPED while signing is stopped."""
    ledger = tx.row("SELECT halted, (SELECT at FROM event ORDER BY id DESC LIMIT 1) AS last_at FROM ledger")
    if ledger.halted:
        raise Problem(ProblemType.SIGNING_STOPPED, ledger.halted)
    # written instants sort as they are; a past one need not be read
    return now if (ledger.last_at or "") <= instants.write(now) else instants.read(ledger.last_at)


def record(tx: Tx, notary: Notary, fact: Fact, now: datetime) -> str:
    """Record an event and return its evidence id. The leaf and the proof follow in the group's closing step.

    Raises Problem SIGNING_STOPPED while signing is stopped, and STATEMENT_INVALID for what somebody signed whose certificate has ended
    between asking and this transaction: the receipt would stand on a word that nobody can verify.
    """
    at = moment(tx, now)
    if fact.stated is not None:
        _require_in_force(tx, fact.stated, at)
    evidence_id = notary.random(16).hex()
    salt = notary.random(32) if fact.reason is not None else b""
    message = _receipt(tx, notary, fact, evidence_id, salt, at)
    receipt = canonical(message)
    signature = cms.sign(hashlib.sha256(receipt).digest(), notary.receipts, at)
    stamp = timestamp.stamp(signature, notary.timestamps, at, int.from_bytes(notary.random(15)) | 1)
    tx.run(
        "INSERT INTO event (evidence_id, event, office, sequence, submission, recipient, person, at, receipt, signature, timestamp)"
        " VALUES (:evidence_id, :event, :office, :sequence, :submission, :recipient, :person, :at, :receipt, :signature, :timestamp)",
        evidence_id=evidence_id,
        event=fact.event.value,
        office=fact.office,
        sequence=message.sequence,
        submission=fact.submission,
        recipient=fact.recipient,
        person=fact.by,
        at=instants.write(at),
        receipt=receipt,
        signature=signature,
        timestamp=stamp,
    )
    if fact.reason is not None:
        tx.run("INSERT INTO reason (evidence_id, salt, text) VALUES (:id, :salt, :text)", id=evidence_id, salt=salt, text=fact.reason)
    if fact.stated is not None:
        tx.run(
            "INSERT INTO statement (evidence_id, body, signature) VALUES (:id, :body, :signature)",
            id=evidence_id,
            body=fact.stated.body,
            signature=fact.stated.signature,
        )
    return evidence_id


def _require_in_force(tx: Tx, stated: Stated, at: datetime) -> None:
    row = tx.row(
        "SELECT 1 AS found FROM certificate WHERE sha256 = :sha256 AND (revoked_at IS NOT NULL OR expires_at < :at)",
        sha256=stated.certificate,
        at=instants.write(at),
    )
    if row is not None:
        raise Problem(ProblemType.STATEMENT_INVALID, "the certificate has ended meanwhile")


def _receipt(tx: Tx, notary: Notary, fact: Fact, evidence_id: str, salt: bytes, at: datetime) -> Receipt:
    sequence = tx.row("SELECT coalesce(max(sequence), 0) + 1 AS next FROM event WHERE office = :office", office=fact.office).next
    return Receipt(
        event=fact.event.value,
        evidence_id=evidence_id,
        submission=fact.submission,
        office=fact.office,
        sequence=sequence,
        recipient=fact.recipient,
        received_at=None if fact.received_at is None else instants.write(fact.received_at),
        at=instants.write(at),
        by=fact.by,
        asserted_by="county-service" if fact.stated is None else "person",
        statement=None if fact.stated is None else statement.digest(fact.stated.body, fact.stated.signature),
        reason=None if fact.reason is None else hashlib.sha256(salt + fact.reason.encode()).hexdigest(),
        previous=_previous(tx, fact),
        digests=fact.digests,
        refusal=fact.refusal,
        certificate=fact.certificate,
        subject=fact.subject,
        log=notary.identity,
    )


_INNER: Final = ", ".join(sorted(f"'{each.value}'" for each in INNER_EVENTS))


def _previous(tx: Tx, fact: Fact) -> str | None:
    """Return the event that a receipt names as the one before it.

    What is a recipient's inner matter goes on from what happened at that recipient, and nothing goes on from it but its like: the
    history that others are shown has neither a gap nor a name where it stands.
    """
    if fact.submission is None:
        return None
    last = "SELECT evidence_id FROM event WHERE submission = :id"
    if fact.event in INNER_EVENTS:
        row = tx.row(f"{last} AND recipient = :recipient ORDER BY id DESC LIMIT 1", id=fact.submission, recipient=fact.recipient)
    else:
        row = tx.row(f"{last} AND event NOT IN ({_INNER}) ORDER BY id DESC LIMIT 1", id=fact.submission)
    return None if row is None else str(row.evidence_id)


def entry(receipt: bytes, signature: bytes) -> bytes:
    """Return the log entry of a receipt: 32 bytes, SHA-256(receipt JSON followed by CAdES)."""
    return hashlib.sha256(receipt + signature).digest()


ENVELOPE: Final = (
    "event.submission, event.receipt, event.signature, event.timestamp, event.proof, event.sequence, event.evidence_id,"
    " statement.body AS statement, statement.signature AS statement_signature"
    " FROM event LEFT JOIN statement ON statement.evidence_id = event.evidence_id"
)
"""The columns of an envelope and where they come from."""


def envelope(row: Any) -> Envelope:
    """Return a receipt of the service's own word as it travels, from an `event` row that has its proof."""
    return Envelope(
        submission=row.submission,
        receipt=row.receipt,
        signature=row.signature,
        timestamp=row.timestamp,
        proof=row.proof,
    )


def stated_envelope(row: Any) -> Envelope:
    """Return any receipt as it travels, with what the person signed where one did, from a row of `ENVELOPE` that has its proof."""
    return structs.replace(envelope(row), statement=row.statement or b"", statement_signature=row.statement_signature or b"")


def envelope_of(tx: Tx, evidence_id: str) -> Envelope:
    """Return one receipt. Raises Problem NOT_FOUND."""
    row = tx.row(f"SELECT {ENVELOPE} WHERE event.evidence_id = :id", id=evidence_id)
    if row is None or row.proof is None:
        raise Problem(ProblemType.NOT_FOUND, "receipt")
    return stated_envelope(row)
