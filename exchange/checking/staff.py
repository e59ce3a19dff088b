"""The staff registry: every change stands on its events, and nobody became an addressee otherwise than by the sender or a handover."""

from typing import Final

from archive.ledger.database import Tx
from exchange.checking.findings import Findings, each
from schemas.messages import Receipt, Submission, decode
from schemas.problems import ProblemType
from schemas.words import Event

_NAMED: Final = (
    "SELECT submission.id, submission_text.metadata, (SELECT json_group_array(person) FROM addressee WHERE addressee.submission ="
    " submission.id) AS people, (SELECT json_group_array(successor) FROM staff_handover WHERE staff_handover.submission = submission.id"
    " AND staff_handover.named = 1) AS successors FROM submission JOIN submission_text ON submission_text.submission = submission.id"
    " WHERE submission.named = 1 AND submission.id > :after ORDER BY submission.id LIMIT :page"
)
_HANDOVERS: Final = (
    "SELECT staff_handover.submission, staff_handover.person, successor, named, event.event, event.receipt, EXISTS (SELECT 1 FROM addressee"
    " WHERE addressee.submission = staff_handover.submission AND addressee.person = successor) AS addressed FROM staff_handover"
    " JOIN event ON event.evidence_id = staff_handover.evidence_id ORDER BY staff_handover.submission, staff_handover.person"
)


def check_staff(tx: Tx, findings: Findings) -> None:
    """Hold addressees against what senders wrote and leaders handed over, handovers against events, changes against theirs."""
    for row in each(tx, _NAMED, "id", ""):
        with findings.guard("addressee", f"submission {row.id}"):
            written = decode(row.metadata, Submission).addressees
            known = {*written, *decode(row.successors.encode(), list[str])}
            strangers = set(decode(row.people.encode(), list[str])) - known
            findings.expect(not strangers, "addressee", f"submission {row.id}: {', '.join(sorted(strangers))} is named nowhere")
    for row in tx.rows(_HANDOVERS):
        findings.checked["handovers"] += 1
        name = f"handover of {row.submission} by {row.person}"
        with findings.guard("handover", name):
            said = decode(row.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
            told = row.event == Event.STAFF_CHANGE and (said.submission == row.submission if row.named else said.submission is None)
            findings.expect(told, "handover", f"{name}: its event is another")
            findings.expect(not row.named or said.subject == row.successor, "handover", f"{name}: to somebody else than its event says")
            findings.expect(not row.named or row.addressed, "handover", f"{name}: the successor is no addressee")
    _check_requests(tx, findings)


def _check_requests(tx: Tx, findings: Findings) -> None:
    count = tx.row(
        "SELECT (SELECT count(*) FROM event WHERE event = :asked) AS events, (SELECT count(*) FROM staff_request) AS requests,"
        " (SELECT count(*) FROM staff_request LEFT JOIN event ON event.evidence_id = staff_request.settlement"
        "  WHERE (staff_request.state = 'open') != (event.event IS NULL) OR event.event != :settled) AS astray",
        asked=Event.STAFF_CHANGE_REQUEST.value,
        settled=Event.STAFF_CHANGE.value,
    )
    findings.checked["staff_changes"] += count.requests
    findings.expect(count.events == count.requests, "staff-change", f"{count.requests} changes, {count.events} events")
    findings.expect(not count.astray, "staff-change", f"{count.astray} settled without their event")
