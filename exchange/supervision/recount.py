"""The counters and the rows of tracking, counted again from the deliveries and events: what the triggers keep must be the same."""

from typing import Any, Final

from archive.ledger.database import Tx

_TRACKED: Final = """
SELECT delivery.submission, delivery.office, submission.office AS sender, submission.named, delivery.opening, delivery.review,
  delivery.consigned_at,
  (SELECT count(*) FROM event WHERE event.submission = delivery.submission AND event.recipient = delivery.office
    AND event.event = 'NotificationForAcceptance') AS urged,
  (SELECT max(at) FROM event WHERE event.submission = delivery.submission AND event.recipient = delivery.office
    AND event.event = 'NotificationForAcceptance') AS urged_at,
  (SELECT at FROM event WHERE event.submission = delivery.submission AND event.recipient = delivery.office
    AND event.event = 'AcceptanceRejectionExpiry' AND event.id > coalesce((SELECT max(id) FROM event AS extension
      WHERE extension.submission = delivery.submission AND extension.recipient = delivery.office
      AND extension.event = 'DeadlineExtension'), 0) ORDER BY event.id DESC LIMIT 1) AS expired_at,
  (delivery.submission, delivery.office) IN (SELECT in_reply_to, office FROM submission WHERE in_reply_to IS NOT NULL)
  OR EXISTS (SELECT 1 FROM event WHERE event.submission = delivery.submission AND event.recipient = delivery.office
    AND event.event = 'FormAnswer') AS answered
FROM delivery JOIN submission ON submission.id = delivery.submission"""
_KEPT: Final = (
    "SELECT submission, office, sender, named, opening, review, consigned_at, urged, urged_at, expired_at, answered FROM tracking"
)
_COUNTED: Final = " UNION ALL ".join(
    f"SELECT '{side}' AS side, {office} AS office, review, opening, expired_at IS NOT NULL AS overdue, count(*) AS count FROM tracked"  # noqa: S608 - constants
    " WHERE named = 0 GROUP BY 1, 2, 3, 4, 5"
    for side, office in (("received", "office"), ("sent", "sender"))
)
_TALLIED: Final = "SELECT submission, review, sender, named, count(*) AS count FROM tracked GROUP BY submission, review, sender, named"
_SENT: Final = "SELECT sender, review, count(DISTINCT submission) AS count FROM tracked WHERE named = 0 GROUP BY sender, review"

CHECKS: Final = {
    "tracking": ("SELECT * FROM tracked", _KEPT),
    "delivery_count": (_COUNTED, "SELECT side, office, review, opening, overdue, count FROM delivery_count WHERE count != 0"),
    "sent_tally": (_TALLIED, "SELECT submission, review, sender, named, count FROM sent_tally WHERE count != 0"),
    "sent_count": (_SENT, "SELECT sender, review, count FROM sent_count WHERE count != 0"),
}
"""For each table: what it must hold, and what it holds; rows that count nothing are left out."""


_DAYS: Final = """
SELECT tracking.submission, tracking.office FROM tracking WHERE extended IS NOT (SELECT until FROM deadline_extension AS more
  WHERE more.submission = tracking.submission AND more.office = tracking.office ORDER BY more.at DESC, more.rowid DESC LIMIT 1)
UNION SELECT submission, office FROM tracking WHERE sign_by != '' AND (strftime('%Y-%m-%d', sign_by, '+8 hours') IS NOT
  coalesce(extended, strftime('%Y-%m-%d', sign_by, '+8 hours')) OR extended IS NULL AND sign_by < consigned_at OR sign_by > expired_at)
ORDER BY 1, 2 LIMIT :most"""
"""Limits that cannot be: the rules of the day by which they were laid down are not kept, but what was asked for and given later is."""


def differences(tx: Tx, most: int = 100) -> list[str]:
    """Return what does not agree, a line a row, at most so many of each table; nothing when all is as counted again."""
    found: list[str] = []
    for table, (counted, kept) in CHECKS.items():
        begun = f"WITH tracked AS MATERIALIZED ({_TRACKED}), counted AS MATERIALIZED ({counted}), kept AS MATERIALIZED ({kept})"
        for word, one, other in (("is missing", "counted", "kept"), ("is wrong", "kept", "counted")):
            rows = tx.rows(f"{begun} SELECT * FROM {one} EXCEPT SELECT * FROM {other} LIMIT :most", most=most)  # noqa: S608 - constants
            found += [f"{table}: {_shown(row)} {word}" for row in rows]
    return found + [f"tracking: {_shown(row)} has days that nobody laid down" for row in tx.rows(_DAYS, most=most)]


def counted(tx: Tx) -> int:
    """Return how many rows a recount compares."""
    return sum(int(tx.row(f"SELECT count(*) AS count FROM {table}").count) for table in CHECKS)  # noqa: S608 - constants


def _shown(row: Any) -> str:
    return " ".join("-" if value is None else str(value)[:16] for value in row)
