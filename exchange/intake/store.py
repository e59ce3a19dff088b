"""Submissions in the ledger: repetition, what can refuse without writing, and the one transaction that accepts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.ledger.database import Tx, after_closing
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.delivery.moving import consign
from exchange.delivery.states import Review
from exchange.intake import reviews
from exchange.office import refusals
from exchange.office.recipients import require_open
from exchange.policy.review import Reviewed
from schemas import instants
from schemas.messages import Digests, Refusal, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A container that passed every check; its bytes are durable in the blob store, `kept` is its text (`archive.reading.kept`).

    `reviewed` is there where it was let in on a secrecy review; `look` is the rank of a whole look that is still to come, None
    where every page was looked at whole. `pages` is how many it has on paper, where its files tell.
    `joint` says who signed for each office that issues it together with the sender.
    """

    submission: str
    container: str
    size: int
    message: Submission
    metadata: bytes
    person: str
    received_at: datetime
    policy: str
    handling: Handling
    kept: bytes
    reviewed: Reviewed | None = None
    look: int | None = None
    pages: int | None = None
    joint: Mapping[str, str] = field(default_factory=dict)


def known_container(tx: Tx, submission: str) -> str | None:
    """Return the digest of the container that was accepted under this manifest, or None."""
    row = tx.row("SELECT container FROM submission WHERE id = :id", id=submission)
    return None if row is None else str(row.container)


def stored_answer(tx: Tx, submission: str, container: str) -> bytes:
    """Return the complete answer, byte for byte. Raises Problem ALREADY_SENT_OTHER_SIGNATURE or NOT_FOUND."""
    row = tx.row("SELECT container, body FROM submission JOIN answer ON answer.submission = submission.id WHERE id = :id", id=submission)
    if row is None or row.body is None:
        raise Problem(ProblemType.NOT_FOUND, "answer")
    if row.container != container:
        raise Problem(ProblemType.ALREADY_SENT_OTHER_SIGNATURE, submission)
    return bytes(row.body)


def require_admissible(tx: Tx, message: Submission, submission: str, person: str) -> None:
    """Refuse what the ledger alone can refuse, without writing.

    Raises Problem RECIPIENT_UNKNOWN (also for an addressee who is nobody there), RECIPIENT_CLOSED, REFERENCE_USED or REPLACES_UNKNOWN.
    """
    require_open(tx, [*message.to, *message.cc, *message.joint])
    _require_addressees(tx, message)
    # the same submission may have been accepted since it was looked for: that is a repetition, not a second use
    used = "SELECT 1 AS found FROM submission WHERE office = :office AND reference = :reference AND id != :id"
    if tx.row(used, office=message.from_, reference=message.reference, id=submission):
        raise Problem(ProblemType.REFERENCE_USED, message.reference)
    if message.replaces is not None and not _was_returned(tx, message.replaces, message.from_, person):
        raise Problem(ProblemType.REPLACES_UNKNOWN, message.replaces)


def _require_addressees(tx: Tx, message: Submission) -> None:
    for person in message.addressees:
        row = tx.row(
            "SELECT office FROM person JOIN person_period ON person_period.person = person.id AND valid_to IS NULL WHERE id = :id",
            id=person,
        )
        if row is None or row.office not in (*message.to, *message.cc):
            raise Problem(ProblemType.RECIPIENT_UNKNOWN, person)


def _was_returned(tx: Tx, submission: str, office: str, person: str) -> bool:
    """Say whether the office's own submission was returned; one with named addressees is corrected by who sent it, or their successor."""
    return (
        tx.row(
            "SELECT 1 AS found FROM submission JOIN delivery ON delivery.submission = submission.id"
            " WHERE submission.id = :id AND submission.office = :office AND delivery.review = :returned"
            " AND (submission.named = 0 OR submission.person = :person OR EXISTS (SELECT 1 FROM staff_handover"
            " WHERE staff_handover.submission = submission.id AND staff_handover.successor = :person))",
            person=person,
            id=submission,
            office=office,
            returned=Review.RETURNED.value,
        )
        is not None
    )


def accept(tx: Tx, notary: Notary, accepted: Accepted, now: datetime) -> bytes:
    """Accept: submission, deliveries, events and receipts in this transaction; returns the answer that the closing step stores.

    Two equal containers at once: the second finds the first's row and changes nothing. Raises what `stored_answer` and
    `require_admissible` raise, now inside the transaction that decides, and SIGNING_STOPPED.
    """
    known = known_container(tx, accepted.submission)
    if known is not None:
        if known != accepted.container:
            raise Problem(ProblemType.ALREADY_SENT_OTHER_SIGNATURE, accepted.submission)
        return stored_answer(tx, accepted.submission, accepted.container)
    message, now = accepted.message, moment(tx, now)
    require_admissible(tx, message, accepted.submission, accepted.person)
    _insert(tx, accepted, now)
    fact = Fact(
        event=Event.SUBMISSION_ACCEPTANCE,
        office=message.from_,
        submission=accepted.submission,
        received_at=accepted.received_at,
        by=accepted.person,
        digests=Digests(manifest=accepted.submission, container=accepted.container),
    )
    evidence_id = record(tx, notary, fact, now)
    tx.run("INSERT INTO answer (submission, evidence_id) VALUES (:id, :evidence)", id=accepted.submission, evidence=evidence_id)
    for office in dict.fromkeys(message.to):
        consign(tx, notary, accepted.submission, office, now, copy=False)
    for office in dict.fromkeys(message.cc):
        if office not in message.to:
            consign(tx, notary, accepted.submission, office, now, copy=True)
    return after_closing(lambda tx: stored_answer(tx, accepted.submission, accepted.container))


def _insert(tx: Tx, accepted: Accepted, now: datetime) -> None:
    message, year = accepted.message, now.astimezone(instants.BEIJING).year
    tx.run(
        "INSERT INTO submission (id, container, size, office, person, reference, filing_year, filing_ordinal, kind, urgency, handling,"
        " received_at, accepted_at, replaces, in_reply_to, policy, named, pages)"
        " VALUES (:id, :container, :size, :office, :person, :reference, :year, :ordinal, :kind, :urgency, :handling,"
        " :received, :accepted, :replaces, :in_reply_to, :policy, :named, :pages)",
        id=accepted.submission,
        container=accepted.container,
        size=accepted.size,
        office=message.from_,
        person=accepted.person,
        reference=message.reference,
        year=year,
        ordinal=_next_ordinal(tx, message.from_, year),
        kind=message.kind.value,
        urgency=message.urgency.value,
        handling=accepted.handling.value,
        received=instants.write(accepted.received_at),
        accepted=instants.write(now),
        replaces=message.replaces,
        in_reply_to=message.in_reply_to,
        policy=accepted.policy,
        named=int(bool(message.addressees)),
        pages=accepted.pages,
    )
    tx.run(
        "INSERT INTO submission_text (submission, number, title, metadata) VALUES (:id, :number, :title, :metadata)",
        id=accepted.submission,
        number=message.number,
        title=message.title,
        metadata=accepted.metadata,
    )
    tx.run("INSERT INTO kept_text (submission, body) VALUES (:id, :body)", id=accepted.submission, body=accepted.kept)
    if accepted.reviewed is not None:
        reviews.keep(tx, accepted.submission, accepted.reviewed, instants.write(now))
    if accepted.look is not None:
        since = instants.write(now)
        tx.run(
            "INSERT INTO whole_look (submission, rank, since) VALUES (:id, :rank, :at)",
            id=accepted.submission,
            rank=accepted.look,
            at=since,
        )
    for office, person in accepted.joint.items():
        tx.run(
            "INSERT INTO joint_issuer (submission, office, person, accepted_at) VALUES (:id, :office, :person, :at)",
            id=accepted.submission,
            office=office,
            person=person,
            at=instants.write(now),
        )
    for person in dict.fromkeys(message.addressees):
        tx.run("INSERT INTO addressee (submission, person) VALUES (:id, :person)", id=accepted.submission, person=person)


def _next_ordinal(tx: Tx, office: str, year: int) -> int:
    """Return the next number of the 报送编号 of an office in a year. It is never called 发文字号."""
    row = tx.row(
        "SELECT coalesce(max(filing_ordinal), 0) + 1 AS next FROM submission WHERE office = :office AND filing_year = :year",
        office=office,
        year=year,
    )
    return int(row.next)


def reject(
    tx: Tx, notary: Notary, office: str, refusal: Refusal, received_at: datetime, now: datetime, *, person: str | None = None
) -> str:
    """Record a refusal: time, office, rules, and the keyed digest of the manifest; nothing else is kept but who sent it."""
    at = moment(tx, now)
    fact = Fact(event=Event.SUBMISSION_REJECTION, office=office, received_at=received_at, refusal=refusal)
    evidence_id = record(tx, notary, fact, at)
    refusals.remember(tx, evidence_id, office, person, instants.write(at))
    return evidence_id


def blobs(tx: Tx) -> list[Any]:
    """Return container digest, size and acceptance instant of every submission, for sweeping and checking."""
    return tx.rows("SELECT id, container, size, received_at FROM submission ORDER BY received_at, id")


def is_referenced(tx: Tx, container: str) -> bool:
    """Say whether a submission holds this container."""
    return tx.row("SELECT 1 AS found FROM submission WHERE container = :container", container=container) is not None
