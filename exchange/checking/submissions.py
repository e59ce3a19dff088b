"""Every submission: its blob, the container in it, the signatures, the stored answer, and what became of each delivery."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from archive.blobs.store import BlobStore
from archive.ledger.database import Tx
from archive.ledger.receipts import envelope
from archive.reading.kept import kept
from exchange.checking.findings import SHOWN, Findings, TrustThen, each, instant
from exchange.checking.sealed import OPEN, check_sealed
from exchange.county import County
from exchange.delivery.states import TRANSITIONS, Opening, Position, Recall, Review
from exchange.intake.store import is_referenced
from exchange.sealing.packages import Packages
from keys import cms
from keys.container import Container, Reader
from keys.trust import Purpose, validate
from schemas.messages import Digests, Receipt, Submission, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event

_SUBMISSIONS: Final = (
    "SELECT submission.id, container, size, office, person, reference, received_at, accepted_at, submission_text.metadata,"
    " kind, urgency, named, replaces, in_reply_to, submission_text.number, submission_text.title,"
    " coalesce(sealing.state, 'released') AS seal, sealing.package, sealing.package_size,"
    " (SELECT json_group_array(json_array(office, person)) FROM joint_issuer WHERE joint_issuer.submission = submission.id) AS joint"
    " FROM submission"
    " LEFT JOIN submission_text ON submission_text.submission = submission.id"
    " LEFT JOIN sealing ON sealing.submission = submission.id"
    " WHERE submission.id > :after ORDER BY submission.id LIMIT :page"
)
_ANSWER: Final = (
    "SELECT answer.body, event.event, event.submission, event.office, event.person, event.at, receipt, signature, timestamp, proof"
    " FROM answer"
    " JOIN event ON event.evidence_id = answer.evidence_id WHERE answer.submission = :id"
)
_MISNUMBERED: Final = (
    "SELECT id FROM (SELECT submission.id, filing_year, filing_ordinal, CAST(strftime('%Y', event.at, '+8 hours') AS INTEGER) AS year,"
    " row_number() OVER (PARTITION BY submission.office, strftime('%Y', event.at, '+8 hours') ORDER BY event.id) AS number"
    " FROM submission JOIN answer ON answer.submission = submission.id JOIN event ON event.evidence_id = answer.evidence_id)"
    " WHERE filing_year != year OR filing_ordinal != number ORDER BY id LIMIT :most"
)
_DAMAGED: Final = ProblemType.LEDGER_DAMAGED


def check_submissions(tx: Tx, county: County, blobs: BlobStore, findings: Findings) -> None:
    """Check every submission, then that no row is left over."""
    trust, packages = TrustThen(tx, county), Packages(county.folder)
    for row in each(tx, _SUBMISSIONS, "id", ""):
        name = f"submission {row.id}"
        findings.checked["submissions"] += 1
        with findings.guard("blob", name):
            if row.seal in OPEN:
                _check_blob(row, blobs, findings, trust, name)
        with findings.guard("sealed", name):
            check_sealed(tx, row, blobs, packages, findings, name)
        with findings.guard("answer", name):
            _require_answer(tx, row)
        with findings.guard("kept-text", name):
            findings.checked["texts"] += _require_kept_text(tx, row)
        for delivery in tx.rows(
            "SELECT office, opening, review, recall, version, consigned_at FROM delivery WHERE submission = :id ORDER BY office", id=row.id
        ):
            findings.checked["deliveries"] += 1
            with findings.guard("delivery", f"{name} at {delivery.office}"):
                findings.checked["moves"] += _require_replay(tx, row.id, delivery)
    _check_counts(tx, findings)


def check_orphans(tx: Tx, blobs: BlobStore, findings: Findings) -> None:
    """Count blobs without a submission: no error, the next start sweeps them; one may also be newer than the snapshot."""
    for name in blobs.keys():  # noqa: SIM118 - a store, not a dict
        findings.checked["orphan_blobs"] += not is_referenced(tx, name)


def _check_blob(row: Any, blobs: BlobStore, findings: Findings, trust: TrustThen, name: str) -> None:
    size = blobs.stat(row.container)
    findings.expect(size == row.size, "blob", f"{name}: {size} bytes instead of {row.size}")
    digest, reader, refused = hashlib.sha256(), Reader(), False
    for chunk in blobs.read(row.container):
        digest.update(chunk)
        findings.checked["bytes"] += len(chunk)
        if not refused:
            try:
                reader.feed(chunk)
            except Problem as problem:
                refused = True
                findings.problem("container", f"{name}: {problem}")
    findings.expect(digest.hexdigest() == row.container, "blob", f"{name}: other bytes than were accepted")
    if not refused:
        with findings.guard("container", name):
            _check_container(row, reader.finish(), findings, trust, name)


def _check_container(row: Any, whole: Container, findings: Findings, trust: TrustThen, name: str) -> None:
    head = whole.head
    findings.expect(head.manifest_sha256 == row.id, "container", f"{name}: its manifest is {head.manifest_sha256}")
    if row.metadata is not None:  # erasable
        findings.expect(head.metadata == row.metadata, "submission-text", f"{name}: not the container's metadata")
    message = decode(head.metadata, Submission)
    said, kept = (message.from_, message.reference), (row.office, row.reference)
    findings.expect(said == kept, "submission-text", f"{name}: office or reference")
    _check_columns(row, message, findings, name)
    joined = set[tuple[str, str]]()
    for manifest, signature in ((head.manifest, head.signature), *head.further):
        findings.checked["signatures"] += 1
        with findings.guard("submission-signature", name):
            signed = cms.verify(signature, hashlib.sha256(manifest).digest())
            with findings.guard("submission-signer", name):
                at = instant(row.received_at)
                found = validate(signed.certificate, signed.certificates, trust.at(at), at=at, purpose=Purpose.SUBMISSION)
                first = manifest is head.manifest
                mine = (found.office, found.person) == (row.office, row.person)
                findings.expect(mine or not first, "submission-signer", f"{name}: {found.person} instead of {row.person}")
                joined |= set() if first else {(found.office, found.person)}
    strangers = {(office, person) for office, person in json.loads(row.joint)} - joined  # they see it as its sender does
    findings.expect(not strangers, "submission-signer", f"{name}: issued jointly by {sorted(strangers)}, who did not sign it")


def _check_columns(row: Any, message: Submission, findings: Findings, name: str) -> None:
    """Hold what lists, counters and rights are made of against the signed metadata."""
    said = (message.kind.value, message.urgency.value, int(bool(message.addressees)), message.replaces, message.in_reply_to)
    kept_ = (row.kind, row.urgency, row.named, row.replaces, row.in_reply_to)
    findings.expect(said == kept_, "submission-text", f"{name}: kind, urgency, addressees or what it answers are others than were signed")
    if row.metadata is not None:  # erasable
        shown = (row.number, row.title) == (message.number, message.title)
        findings.expect(shown, "submission-text", f"{name}: another title or number than was signed")


def _require_kept_text(tx: Tx, row: Any) -> int:
    """See that the text of every document is kept, and of none where the rest was erased; returns how many there are."""
    found = tx.row("SELECT body FROM kept_text WHERE submission = :id", id=row.id)
    if row.metadata is None:
        if found is not None:
            raise Problem(_DAMAGED, "is there, though title and metadata were erased")
        return 0
    if found is None:
        raise Problem(_DAMAGED, "there is none")
    documents = [document.name for document in decode(row.metadata, Submission).documents]
    inside = tuple(f"{name}/" for name in documents)  # files inside them
    names = [part.name for part in kept(found.body) if not part.name.startswith(inside)]
    if names != documents:
        raise Problem(_DAMAGED, "not of the submission's documents")
    return len(names)


def _require_answer(tx: Tx, row: Any) -> None:
    """Hold the stored answer against the acceptance, and what the acceptance says against the submission."""
    found = tx.row(_ANSWER, id=row.id)
    if found is None or found.body is None:
        raise Problem(_DAMAGED, "there is none")
    if found.event != Event.SUBMISSION_ACCEPTANCE or found.submission != row.id:
        raise Problem(_DAMAGED, "not of this submission's acceptance")
    if found.body != canonical(envelope(found)):
        raise Problem(_DAMAGED, "not the acceptance's receipt")
    message = decode(found.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
    said = (message.digests, message.received_at, message.office, message.by, found.at)
    if said != (Digests(manifest=row.id, container=row.container), row.received_at, row.office, row.person, row.accepted_at):
        raise Problem(_DAMAGED, "the receipt says something else than the row")


BESIDE_THE_TABLE: Final = frozenset({Event.FORM_ANSWER, Event.PRINTING, Event.SUPPLEMENTARY_DELIVERY, Event.STAFF_CHANGE})
"""What happens around a delivery and neither asks nor changes where it stands."""


class Replayed(NamedTuple):
    """Where a delivery stands, and how often it moved; its consignment counts."""

    position: Position
    moves: int


def replay(events: Sequence[str]) -> Replayed:
    """Return where a delivery stands after these events, by the table of states. Raises Problem LEDGER_DAMAGED."""
    events = [event for event in events if event not in BESIDE_THE_TABLE]
    if not events or events[0] != Event.CONTENT_CONSIGNMENT:
        raise Problem(_DAMAGED, "does not begin with its consignment")
    position, moves = Position(Opening.CONSIGNED, Review.PENDING), 1
    for event in events[1:]:
        after = _after(position, event)
        moves += after != position
        position = after
    return Replayed(position, moves)


def _after(position: Position, event: str) -> Position:
    for (state, _), rule in TRANSITIONS.items():
        if state in position and rule.event == event and rule.beside <= set(position):
            return position.after(rule.to)
    raise Problem(_DAMAGED, f"{event} in {', '.join(position.shown())}")


def _require_replay(tx: Tx, submission: str, delivery: Any) -> int:
    """Hold a delivery against the replay of its events; returns how many there were."""
    rows = tx.rows(
        "SELECT event, at FROM event WHERE submission = :submission AND recipient = :office ORDER BY id",
        submission=submission,
        office=delivery.office,
    )
    replayed = replay([row.event for row in rows])
    stands = Position(Opening(delivery.opening), Review(delivery.review), Recall(delivery.recall))
    if stands != replayed.position:
        raise Problem(_DAMAGED, f"{', '.join(stands.shown())} instead of {', '.join(replayed.position.shown())}")
    if delivery.consigned_at != next(row.at for row in rows if row.event == Event.CONTENT_CONSIGNMENT):
        raise Problem(_DAMAGED, f"consigned at {delivery.consigned_at}, not when its event says")
    if delivery.version != replayed.moves:
        raise Problem(_DAMAGED, f"version {delivery.version} after {replayed.moves} moves")
    return len(rows)


def _check_counts(tx: Tx, findings: Findings) -> None:
    """See that no event or row is left over which the walk from the submissions did not meet."""
    count = tx.row(
        "SELECT (SELECT count(*) FROM event WHERE event = :acceptance) AS acceptances, (SELECT count(*) FROM answer) AS answers,"
        " (SELECT count(*) FROM delivery) AS deliveries, (SELECT count(*) FROM event WHERE recipient IS NOT NULL) AS moves,"
        " (SELECT count(*) FROM event WHERE submission IS NOT NULL AND submission NOT IN (SELECT id FROM submission)) AS strangers",
        acceptance=Event.SUBMISSION_ACCEPTANCE.value,
    )
    checked = findings.checked
    findings.expect(count.acceptances == checked["submissions"], "acceptance", f"{count.acceptances} for {checked['submissions']}")
    findings.expect(count.answers == checked["submissions"], "answer", f"{count.answers} for {checked['submissions']} submissions")
    findings.expect(count.deliveries == checked["deliveries"], "delivery", f"{count.deliveries} rows, {checked['deliveries']} reached")
    findings.expect(count.moves == checked["moves"], "delivery", f"{count.moves} events at recipients, {checked['moves']} reached")
    findings.expect(not count.strangers, "acceptance", f"{count.strangers} events of submissions that are not there")
    for row in tx.rows(_MISNUMBERED, most=SHOWN):
        findings.problem("acceptance", f"submission {row.id}: another filing number than its acceptance gave it")
