"""The staff registry: every change stands on its events, and nobody became an addressee otherwise than by the sender or a handover."""

from typing import Final

from archive.ledger.database import Tx
from exchange.checking.findings import Findings, each
from exchange.staff.filing import ChangeKind
from schemas.messages import Receipt, Submission, decode
from schemas.problems import ProblemType
from schemas.words import Event

_NAMED: Final = (
    "SELECT submission.id, submission_text.metadata, (SELECT json_group_array(person) FROM addressee WHERE addressee.submission ="
    " submission.id) AS people, (SELECT json_group_array(successor) FROM staff_handover WHERE staff_handover.submission = submission.id"
    " AND staff_handover.named = 1) AS successors, submission.named FROM submission"
    " JOIN submission_text ON submission_text.submission = submission.id"
    " WHERE (submission.named = 1 OR instr(submission_text.metadata, :written) > 0) AND submission.id > :after"
    " ORDER BY submission.id LIMIT :page"
)
_WRITTEN: Final = b'"addressees"'
_HANDOVERS: Final = (
    "SELECT staff_handover.submission, staff_handover.person, successor, named, event.event, event.receipt,"
    " staff_handover.at = event.at AS then_, EXISTS (SELECT 1 FROM addressee"
    " WHERE addressee.submission = staff_handover.submission AND addressee.person = successor) AS addressed FROM staff_handover"
    " JOIN event ON event.evidence_id = staff_handover.evidence_id ORDER BY staff_handover.submission, staff_handover.person"
)


def check_staff(tx: Tx, findings: Findings) -> None:
    """Hold addressees against what senders wrote and leaders handed over, handovers against events, changes against theirs."""
    for row in each(tx, _NAMED, "id", "", written=_WRITTEN):
        with findings.guard("addressee", f"submission {row.id}"):
            written = decode(row.metadata, Submission).addressees
            known = {*written, *decode(row.successors.encode(), list[str])}
            people = set(decode(row.people.encode(), list[str]))
            strangers, lost = sorted(people - known), sorted(set(written) - people)
            findings.expect(not strangers, "addressee", f"submission {row.id}: {', '.join(strangers)} is named nowhere")
            findings.expect(not lost, "addressee", f"submission {row.id}: {', '.join(lost)} is an addressee no more")
            findings.expect(
                bool(row.named) is bool(written), "addressee", f"submission {row.id}: for named persons, or for none, by mistake"
            )
    for row in tx.rows(_HANDOVERS):
        findings.checked["handovers"] += 1
        name = f"handover of {row.submission} by {row.person}"
        with findings.guard("handover", name):
            said = decode(row.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
            told = row.event == Event.STAFF_CHANGE and (said.submission == row.submission if row.named else said.submission is None)
            findings.expect(told and row.then_, "handover", f"{name}: its event is another")
            whom = row.successor if row.named else f"handover {row.person}"
            findings.expect(said.subject == whom, "handover", f"{name}: to or by somebody else than its event says")
            findings.expect(not row.named or row.addressed, "handover", f"{name}: the successor is no addressee")
    _check_requests(tx, findings)


def _check_requests(tx: Tx, findings: Findings) -> None:
    count = tx.row(
        "SELECT (SELECT count(*) FROM event WHERE event = :asked) AS events, (SELECT count(*) FROM staff_request"
        "  WHERE settlement IS NOT id) AS requests, (SELECT count(*) FROM staff_request WHERE settlement = id) AS direct,"
        " (SELECT count(*) FROM staff_request LEFT JOIN event ON event.evidence_id = staff_request.settlement"
        "  WHERE (staff_request.state = 'open') != (event.event IS NULL) OR event.event != :settled) AS astray",
        asked=Event.STAFF_CHANGE_REQUEST.value,
        settled=Event.STAFF_CHANGE.value,
    )
    findings.checked["staff_changes"] += count.requests + count.direct
    findings.expect(count.events == count.requests, "staff-change", f"{count.requests} changes, {count.events} events")
    findings.expect(not count.astray, "staff-change", f"{count.astray} settled without their event")
    _check_each_request(tx, findings)


def _check_each_request(tx: Tx, findings: Findings) -> None:
    """Hold what is kept of a change against what its receipts say: whose it is, of whom, and what became of it."""
    rows = tx.rows(
        "SELECT staff_request.*, asked.office AS of_office, asked.person AS asked_by, asked.receipt AS asked, asked.at AS asked_at,"
        " settled.person AS done_by, settled.receipt AS settled, settled.at AS done_at FROM staff_request"
        " JOIN event AS asked ON asked.evidence_id = staff_request.id"
        " LEFT JOIN event AS settled ON settled.evidence_id = settlement ORDER BY asked.id"
    )
    for row in rows:
        with findings.guard("staff-change", f"change {row.id}"):
            arrival = row.kind == ChangeKind.ARRIVAL.value  # who arrives has no id before
            whom = [] if arrival or row.person is None else [row.person]
            said, wanted = list[str | None](), list[str]()
            if row.settlement != row.id:  # what the county did at once nobody had asked for
                said.append(decode(row.asked, Receipt, ProblemType.RECEIPT_MALFORMED).subject)
                wanted.append(" ".join([row.kind, *whom]))
            if row.settled is not None:
                said.append(decode(row.settled, Receipt, ProblemType.RECEIPT_MALFORMED).subject)
                wanted.append(" ".join([row.state, row.kind, *whom]))
            findings.expect(said == wanted, "staff-change", f"change {row.id}: not what its receipts say")
            kept = (row.office, row.proposed_by, row.settled_by, row.proposed_at, row.settled_at)
            same = kept == (row.of_office, row.asked_by, row.done_by, row.asked_at, row.done_at)
            findings.expect(same, "staff-change", f"change {row.id}: another office, person or moment than its events'")
