"""Extensions of deadlines against the events that gave them."""

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
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


def check_extensions(tx: Tx, findings: Findings) -> None:
    """Check that every extension is what its event says."""
    findings.checked["extensions"] += int(tx.row("SELECT count(*) AS count FROM deadline_extension").count)
    for what in differences(tx):
        findings.problem("extension", what)
