"""Tracking and counters: what the triggers kept is what a recount from deliveries and events gives."""

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.supervision import expected, recount


def check_tracking(tx: Tx, findings: Findings) -> None:
    """Count everything again and tell of what differs."""
    findings.checked["counters"] += recount.counted(tx)
    for line in recount.differences(tx):
        findings.problem("counter", line)
    findings.checked["expected_answers"] += expected.counted(tx)
    for line in expected.differences(tx):
        findings.problem("counter", line)
