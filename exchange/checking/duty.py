"""Extensions of deadlines, and codes for the night, against the events that gave them."""

from datetime import timedelta

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.duty import later_days
from exchange.duty.codes import LIFE
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.problems import ProblemType
from schemas.words import Event


def differences(tx: Tx) -> list[str]:
    """Return what does not agree: an event without its row, a row that says another recipient, moment or day than its event.

    The day is compared with the reason's first word while that is kept: its salted digest stands in the receipt.
    """
    rows = tx.rows(
        "SELECT event.evidence_id, event.at, event.submission, event.recipient, extension.evidence_id IS NULL AS lost,"
        " extension.submission AS of, extension.office, extension.at AS noted, extension.until, reason.text FROM event"
        " LEFT JOIN deadline_extension AS extension USING (evidence_id) LEFT JOIN reason USING (evidence_id)"
        " WHERE event.event = :event ORDER BY event.id",
        event=Event.DEADLINE_EXTENSION.value,
    )
    found = []
    for row in rows:
        if row.lost:
            found.append(f"{row.evidence_id}: no day is kept")
        elif (row.submission, row.recipient, row.at) != (row.of, row.office, row.noted):
            found.append(f"{row.evidence_id}: says something else than its event")
        elif row.text is not None and row.text.split(" ", 1)[0] != row.until:
            found.append(f"{row.evidence_id}: another day than the reason says")
    strange = tx.row(
        "SELECT count(*) AS count FROM deadline_extension WHERE evidence_id NOT IN (SELECT evidence_id FROM event WHERE event = :event)",
        event=Event.DEADLINE_EXTENSION.value,
    ).count
    return found + ([f"{strange} extensions without an event"] if strange else [])


def code_differences(tx: Tx) -> list[str]:
    """Return what does not agree: a code without its row or event, for another person than its event says, or that ends at another time.

    A key that came of a code is told from one that lasts by this row alone.
    """
    rows = tx.rows(
        "SELECT event.evidence_id, event.at AS event_at, event.office, event.receipt, duty_code.person, duty_code.at, duty_code.ends_at,"
        " event.person IS duty_code.issued_by AS by_them,"
        " person.office AS of_office, invitation.person AS invited, invitation.expires_at FROM event"
        " LEFT JOIN duty_code USING (evidence_id) LEFT JOIN person ON person.id = duty_code.person"
        " LEFT JOIN invitation ON invitation.selector = duty_code.selector WHERE event.event = :event ORDER BY event.id",
        event=Event.DUTY_CODE_ISSUANCE.value,
    )
    found = []
    for row in rows:
        said = decode(row.receipt, Receipt, ProblemType.RECEIPT_MALFORMED).subject
        if row.person is None:
            found.append(f"{row.evidence_id}: no code is kept")
        elif (row.person, row.invited, row.of_office) != (said, said, row.office) or not row.by_them:
            found.append(f"{row.evidence_id}: for somebody else, or by somebody else, than its event says")
        elif not _ends_in_time(row.at, row.ends_at) or row.expires_at > row.ends_at or row.at > row.event_at:
            found.append(f"{row.evidence_id}: ends at another time than its event says")
    strange = tx.row(
        "SELECT count(*) AS count FROM duty_code WHERE evidence_id NOT IN (SELECT evidence_id FROM event WHERE event = :event)",
        event=Event.DUTY_CODE_ISSUANCE.value,
    ).count
    return found + ([f"{strange} codes without an event"] if strange else [])


def withdrawal_differences(tx: Tx) -> list[str]:
    """Return what does not agree: a code taken back without its event, or one that works still, as does the certificate that it brought."""
    rows = tx.rows(
        "SELECT event.evidence_id, event.receipt, duty_code.evidence_id AS given, duty_code.person FROM event"
        " LEFT JOIN withdrawn_code USING (evidence_id) LEFT JOIN duty_code USING (selector) WHERE event.event = :event ORDER BY event.id",
        event=Event.DUTY_CODE_WITHDRAWAL.value,
    )
    said = [(row, decode(row.receipt, Receipt, ProblemType.RECEIPT_MALFORMED).subject) for row in rows]
    found = [f"{row.evidence_id}: no code was taken back" for row, _ in said if row.given is None]
    found += [
        f"{row.evidence_id}: another code than its event says"
        for row, subject in said
        if row.given is not None and subject != f"{row.person} {row.given}"
    ]
    strange = tx.rows(
        "SELECT withdrawn_code.selector FROM withdrawn_code JOIN invitation USING (selector)"
        " LEFT JOIN certificate ON certificate.sha256 = invitation.certificate WHERE invitation.expires_at > withdrawn_code.at"
        " OR invitation.used_at > withdrawn_code.at OR certificate.sha256 IS NOT NULL AND certificate.revoked_at IS NULL"
        " OR (withdrawn_code.evidence_id IS NOT NULL"
        " AND withdrawn_code.evidence_id NOT IN (SELECT evidence_id FROM event WHERE event = :event)) ORDER BY selector",
        event=Event.DUTY_CODE_WITHDRAWAL.value,
    )
    return found + [f"{row.selector}: ended, and works still" for row in strange]


def _ends_in_time(at: str, ends_at: str) -> bool:
    return timedelta(0) < instants.read(ends_at) - instants.read(at) <= LIFE


def check_codes(tx: Tx, findings: Findings) -> None:
    """Check that every code for the night is what its event says."""
    findings.checked["duty_codes"] += int(tx.row("SELECT count(*) AS count FROM duty_code").count)
    for what in (*code_differences(tx), *withdrawal_differences(tx)):
        findings.problem("duty-code", what)


def check_extensions(tx: Tx, findings: Findings) -> None:
    """Check that every extension is what its event says."""
    findings.checked["extensions"] += int(tx.row("SELECT count(*) AS count FROM deadline_extension").count)
    for what in (*differences(tx), *later_days.differences(tx)):
        findings.problem("extension", what)
