"""Who has it beyond what the container says, and who issued it: recipients, supplementary deliveries and joint issuers agree."""

from typing import Any

import msgspec

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from schemas.words import Event


class _Named(msgspec.Struct, rename={"from_": "from"}):
    to: list[str] = []
    cc: list[str] = []
    joint: list[str] = []


def check_directions(tx: Tx, findings: Findings) -> None:
    """Check that each delivery is one that the container lists or that a supplementary delivery made, and each joint issuer its own."""
    added = tx.rows(
        "SELECT submission, recipient FROM event WHERE event = :event ORDER BY id",
        event=Event.SUPPLEMENTARY_DELIVERY.value,
    )
    later: dict[str, list[str]] = {}
    for row in added:
        later.setdefault(row.submission, []).append(row.recipient)
        findings.checked["supplements"] += 1
    rows = tx.rows(
        "SELECT submission.id, submission.accepted_at, metadata,"
        " (SELECT json_group_array(office) FROM delivery WHERE delivery.submission = submission.id) AS offices,"
        " (SELECT json_group_array(office) FROM delivery WHERE delivery.submission = submission.id AND copy = 1) AS copies,"
        " (SELECT json_group_array(office) FROM joint_issuer WHERE joint_issuer.submission = submission.id"
        "  AND joint_issuer.accepted_at = submission.accepted_at) AS joint"
        " FROM submission JOIN submission_text ON submission_text.submission = submission.id ORDER BY submission.accepted_at, submission.id"
    )
    wrong = tx.rows(
        "SELECT submission, delivery.office FROM delivery JOIN submission ON submission.id = delivery.submission"
        " WHERE rank != CASE urgency WHEN 'extra_urgent' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END ORDER BY submission, delivery.office"
    )
    for row in wrong:
        findings.problem("recipients", f"{row.submission} at {row.office}: not as urgent as its submission")
    for row in rows:
        _check_one(row, later.get(row.id, []), findings)


def _check_one(row: Any, added: list[str], findings: Findings) -> None:
    try:
        named = msgspec.json.decode(bytes(row.metadata), type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # `submission-text` says it
    expected = sorted([*dict.fromkeys([*named.to, *named.cc]), *added])
    found = sorted(msgspec.json.decode(row.offices, type=list[str]))
    findings.expect(expected == found, "recipients", f"{row.id}: {found} instead of {expected}")
    copies = {*msgspec.json.decode(row.copies, type=list[str])} - {*added}  # what a further office got no receipt says
    findings.expect(copies == {*named.cc} - {*named.to}, "recipients", f"{row.id}: {sorted(copies)} have copies, against its words")
    joint = sorted(msgspec.json.decode(row.joint, type=list[str]))
    findings.expect(joint == sorted(named.joint), "joint-issuer", f"{row.id}: {joint} instead of {sorted(named.joint)}")
