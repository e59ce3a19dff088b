"""Every event: the exact bytes against the row, the chain it stands in, the signature and the stamp over it, its reason."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.checking.findings import Findings, TrustThen, each, instant, whole_second
from exchange.county import County
from keys import cms, statement, timestamp
from keys.trust import Purpose, validate
from schemas.messages import Certificate, LogIdentity, Receipt, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event

_EVENTS: Final = (
    "SELECT event.id, event.evidence_id, event, office, sequence, submission, recipient, person, at, receipt, event.signature, timestamp,"
    " reason.salt, reason.text, statement.body AS stated, statement.signature AS stated_signature,"
    " EXISTS (SELECT 1 FROM submission_text WHERE submission_text.submission = event.submission) AS open FROM event"
    " LEFT JOIN reason ON reason.evidence_id = event.evidence_id LEFT JOIN statement ON statement.evidence_id = event.evidence_id"
    " WHERE event.id > :after ORDER BY event.id LIMIT :page"
)
_INNER: Final = ", ".join(sorted(f"'{event.value}'" for event in INNER_EVENTS))
_BEFORE: Final = (
    "SELECT evidence_id FROM event"  # noqa: S608 - constants
    f" WHERE submission = :submission AND id < :id AND event NOT IN ({_INNER}) ORDER BY id DESC LIMIT 1"
)
_BEFORE_THERE: Final = (
    "SELECT evidence_id FROM event WHERE submission = :submission AND recipient = :recipient AND id < :id ORDER BY id DESC LIMIT 1"
)

_SAID_BEFORE: Final = (
    "SELECT 1 AS found FROM event JOIN statement USING (evidence_id) WHERE event.submission = :submission AND event.recipient = :recipient"
    " AND event.person = :person AND event.id < :id AND statement.body = :body LIMIT 1"
)


@dataclass
class Certified:
    """What the events say of people's certificates, by SHA-256: so many as there are certificates, not events."""

    issued: dict[str, Certificate] = field(default_factory=dict)
    revoked: dict[str, Certificate] = field(default_factory=dict)


def check_events(tx: Tx, county: County, findings: Findings) -> Certified:
    """Check every event, in the order in which they happened; returns what they say of certificates."""
    walk = _Walk(tx, county, findings)
    for row in each(tx, _EVENTS, "id", 0):
        walk.see(row)
    lost = tx.row("SELECT count(*) AS count FROM reason WHERE evidence_id NOT IN (SELECT evidence_id FROM event)").count
    findings.expect(not lost, "reason", f"{lost} reasons without an event")
    lost = tx.row("SELECT count(*) AS count FROM statement WHERE evidence_id NOT IN (SELECT evidence_id FROM event)").count
    findings.expect(not lost, "statement", f"{lost} statements without an event")
    return walk.certified


class _Walk:
    def __init__(self, tx: Tx, county: County, findings: Findings) -> None:
        self.tx, self.findings = tx, findings
        self.trust = TrustThen(tx, county)
        ledger = tx.row("SELECT origin, log_key, created_at FROM ledger")
        self.log = LogIdentity(origin=ledger.origin, key=ledger.log_key)
        self.last_at = ledger.created_at
        self.sequences: dict[str, int] = {}
        self.certified = Certified()
        self.said = set[bytes]()

    def see(self, row: Any) -> None:
        findings, name = self.findings, f"event {row.id} {row.evidence_id}"
        findings.checked["events"] += 1
        with findings.guard("event-form", name):
            message = decode(row.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
            _require_form(row, message, self.log)
            self._reason(row, message, name)
            self._statement(row, message, name)
            self._remember(message, name)
            with findings.guard("event-previous", name):
                self._require_previous(row, message)
        expected = self.sequences.get(row.office, 0) + 1
        findings.expect(row.sequence == expected, "event-sequence", f"{name}: {row.office} {row.sequence} instead of {expected}")
        self.sequences[row.office] = row.sequence
        findings.expect(row.at >= self.last_at, "event-time", f"{name}: {row.at} after {self.last_at}")
        self.last_at = max(row.at, self.last_at)
        self._signed(row, name)

    def _signed(self, row: Any, name: str) -> None:
        findings = self.findings
        with findings.guard("event-signature", name):
            signed = cms.verify(row.signature, hashlib.sha256(row.receipt).digest())
            with findings.guard("event-stamp", name):
                stamp = timestamp.verify(row.timestamp, row.signature)
                if stamp.at != whole_second(instant(row.at)):
                    raise Problem(ProblemType.RECEIPT_TIME, f"{stamp.at.isoformat()} instead of {row.at}")
                trust = self.trust.at(stamp.at)
                with findings.guard("event-trust", name):
                    validate(signed.certificate, signed.certificates, trust, at=stamp.at, purpose=Purpose.RECEIPT)
                    validate(stamp.certificate, stamp.certificates, trust, at=stamp.at, purpose=Purpose.TIME_STAMP)
        findings.checked["signatures"] += 2

    def _reason(self, row: Any, message: Receipt, name: str) -> None:
        if row.text is None:  # there never was one, or it went with all that the item says
            self.findings.expect(message.reason is None or not row.open, "reason", f"{name}: its words are gone, its item's are there")
            return
        self.findings.checked["reasons"] += 1
        digest = hashlib.sha256(row.salt + row.text.encode()).hexdigest()
        self.findings.expect(digest == message.reason, "reason", f"{name}: not what the receipt's digest says")

    def _statement(self, row: Any, message: Receipt, name: str) -> None:
        if row.stated is None and message.statement is None:
            return
        self.findings.checked["statements"] += row.stated is not None
        lost = row.stated is None and bool(row.open)
        self.findings.expect(not lost, "statement", f"{name}: what was signed is gone, its item's words are there")
        with self.findings.guard("statement", name):
            at = whole_second(instant(row.at))
            body, signature = (b"", b"") if row.stated is None else (row.stated, row.stated_signature)
            statement.check_in_receipt(message, body, signature, self.trust.at(at), at=at)
        if row.stated is not None and row.submission is not None:
            said = {"submission": row.submission, "recipient": row.recipient, "person": row.person, "body": row.stated}
            before = self.tx.row(_SAID_BEFORE, **said, id=row.id)
            self.findings.expect(before is None, "statement", f"{name}: what was signed once stands behind a second act")
        elif row.stated is not None:  # of an office's own acts there is no index to ask
            said_ = hashlib.sha256(row.stated).digest()
            self.findings.expect(said_ not in self.said, "statement", f"{name}: what was signed once stands behind a second act")
            self.said.add(said_)

    def _require_previous(self, row: Any, message: Receipt) -> None:
        before = None
        if row.submission is not None and row.event in INNER_EVENTS:
            before = self.tx.row(_BEFORE_THERE, submission=row.submission, recipient=row.recipient, id=row.id)
        elif row.submission is not None:
            before = self.tx.row(_BEFORE, submission=row.submission, id=row.id)
        if message.previous != (None if before is None else before.evidence_id):
            raise Problem(ProblemType.RECEIPT_MALFORMED, f"previous is {message.previous}")

    def _remember(self, message: Receipt, name: str) -> None:
        book = {Event.CERTIFICATE_ISSUANCE: self.certified.issued, Event.CERTIFICATE_REVOCATION: self.certified.revoked}
        said = message.certificate
        if said is None or message.event not in book:
            return
        named = book[Event(message.event)]
        self.findings.expect(said.sha256 not in named, "certificate", f"{name}: a second {message.event} of {said.sha256}")
        named[said.sha256] = said


def _require_form(row: Any, message: Receipt, log: LogIdentity) -> None:
    """Refuse a receipt that is spelt differently from how we write it, or that says something else than its row."""
    malformed = ProblemType.RECEIPT_MALFORMED
    if canonical(message) != row.receipt:
        raise Problem(malformed, "not canonical")
    said = (message.evidence_id, message.event, message.office, message.sequence, message.submission, message.recipient)
    if said != (row.evidence_id, row.event, row.office, row.sequence, row.submission, row.recipient):
        raise Problem(malformed, "says something else than the row")
    if (message.by, message.at) != (row.person, row.at):
        raise Problem(malformed, "says something else than the row")
    if message.event not in set(Event):
        raise Problem(malformed, f"event {message.event}")
    if message.event in INNER_EVENTS and message.office != message.recipient:
        raise Problem(malformed, "what is a recipient's inner matter belongs to another office")
    if message.log != log:
        raise Problem(ProblemType.RECEIPT_LOG)
