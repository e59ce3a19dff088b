"""The registers: entries are what the events make them, corrections and locks have their events, locked years are as they were."""

import itertools

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.registers import numbering, rules, searching
from exchange.registers.rules import Book
from schemas.messages import Receipt, decode
from schemas.problems import ProblemType
from schemas.words import Event

_LOST = (
    "SELECT count(*) AS count FROM event LEFT JOIN {table} AS kept ON kept.evidence_id = event.evidence_id"
    " AND kept.office = event.office WHERE event.event = :event AND kept.evidence_id IS NULL"
)
_STRAY = (
    "SELECT count(*) AS count FROM {table} AS kept LEFT JOIN event ON event.evidence_id = kept.evidence_id AND event.event = :event"
    " WHERE event.id IS NULL"
)


def check_registers(tx: Tx, findings: Findings) -> None:
    """Recount every book, and hold corrections and locks against their events."""
    findings.checked["register_entries"] += tx.row("SELECT count(*) AS count FROM register_entry").count
    for wrong in itertools.chain(numbering.recount(tx), searching.recount(tx)):
        findings.problem("register", wrong)
    for table, event in (("register_correction", Event.REGISTER_CORRECTION), ("register_lock", Event.REGISTER_LOCK)):
        for sql in (_LOST, _STRAY):
            count = tx.row(sql.format(table=table), event=event.value).count
            findings.expect(not count, "register", f"{count} of {table} and its events lack the other")
    _check_corrections(tx, findings)
    _check_locks(tx, findings)


def _check_corrections(tx: Tx, findings: Findings) -> None:
    for row in tx.rows(
        "SELECT kept.evidence_id, kept.book, kept.year, kept.number, event.receipt, reason.text FROM register_correction AS kept"
        " JOIN event USING (evidence_id) LEFT JOIN reason USING (evidence_id) ORDER BY event.id"
    ):
        findings.checked["register_corrections"] += 1
        with findings.guard("register", f"correction {row.evidence_id}"):
            said = decode(row.receipt, Receipt, ProblemType.RECEIPT_MALFORMED).subject
            named = rules.subject(Book(row.book), row.year, row.number)
            findings.expect(said == named, "register", f"correction {row.evidence_id} is of {said}, not {named}")
            if row.text is not None:
                rules.read(row.text)


def _check_locks(tx: Tx, findings: Findings) -> None:
    for row in tx.rows("SELECT kept.*, event.receipt FROM register_lock AS kept JOIN event USING (evidence_id) ORDER BY event.id"):
        findings.checked["register_locks"] += 1
        name = f"{row.office}/{row.book}/{row.year}"
        with findings.guard("register-lock", name):
            said = decode(row.receipt, Receipt, ProblemType.RECEIPT_MALFORMED).subject
            count, found = numbering.digest_of(tx, row.office, Book(row.book), row.year)
            kept = (row.entries, row.digest) == (count, found)
            findings.expect(kept, "register-lock", f"{name} is not as it was when it was locked")
            now = rules.lock_subject(Book(row.book), row.year, row.entries, row.digest)
            findings.expect(said == now, "register-lock", f"{name}: its receipt names another digest")
