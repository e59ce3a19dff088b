"""Reply forms: each is what its document says, and answers are what the events FormAnswer say, numbered without a gap."""

from typing import Final

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.forms import answering
from schemas.messages import Submission, decode
from schemas.problems import ProblemType
from schemas.words import Event

_FORMS: Final = (
    "SELECT submission_text.submission AS id, submission_text.metadata, form.kind, form.respond_by, form.repeat"
    " FROM submission_text LEFT JOIN form ON form.submission = submission_text.submission"
    " WHERE form.submission IS NOT NULL OR instr(submission_text.metadata, :named) > 0 ORDER BY submission_text.submission"
)
_NAMED: Final = b'"reply_form"'
_ANSWERS: Final = (
    "SELECT event.evidence_id, event.submission, event.recipient, reason.text, form_answer.submission AS of, form_answer.office,"
    " form_answer.period, form_answer.number, form_answer.nil FROM event LEFT JOIN reason USING (evidence_id)"
    " LEFT JOIN form_answer USING (evidence_id) WHERE event.event = :event ORDER BY event.id"
)


def check_forms(tx: Tx, findings: Findings) -> None:
    """Hold every form against its document, and every answer against its event and the text of that, where it is kept."""
    for row in tx.rows(_FORMS, named=_NAMED):
        with findings.guard("form", f"submission {row.id}"):
            form = decode(bytes(row.metadata), Submission, ProblemType.LEDGER_DAMAGED).reply_form
            said = None if form is None else (form.kind.value, form.respond_by, form.repeat.value)
            kept = None if row.kind is None else (row.kind, row.respond_by, row.repeat)
            findings.expect(said == kept, "form", f"submission {row.id} says another form")
    numbers: dict[tuple[str, str, str], int] = {}
    for row in tx.rows(_ANSWERS, event=Event.FORM_ANSWER.value):
        name = f"answer {row.evidence_id}"
        findings.checked["form_answers"] += 1
        if row.of is None:
            findings.problem("form", f"{name}: an event without its row")
            continue
        key = (row.of, row.office, row.period)
        numbers[key] = numbers.get(key, 0) + 1
        same = (row.of, row.office, row.number) == (row.submission, row.recipient, numbers[key])
        findings.expect(same, "form", f"{name}: another item, office or number than its event's")
        if row.text is not None:
            with findings.guard("form", name):
                answer = answering.read(row.text)
                said_so = (answer.period, int(answer.nil)) == (row.period, row.nil)
                findings.expect(said_so and answering.written(answer) == row.text, "form", f"{name}: another text")
    left = tx.row("SELECT count(*) AS count FROM form_answer WHERE evidence_id NOT IN (SELECT evidence_id FROM event)")
    findings.expect(left.count == 0, "form", f"{left.count} answers without an event")
