"""Supplementary delivery 补发/增发: what was accepted goes to further offices, as it is.

The container does not name them, nor could it: it was signed before. That they got it is said by the receipts, the supplementary
delivery's own, which every party is shown, and that of their consignment.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.delivery import recall, sender
from exchange.delivery.moving import consign
from exchange.delivery.states import MAX_REASON, SENDERS
from exchange.duty import later_days
from exchange.office import recipients
from exchange.office.store import Person
from schemas.problems import Problem, ProblemType
from schemas.words import Event

_BEARS_ON_ANSWERS: Final = (
    "UPDATE expected_answer SET again = '' WHERE (submission, office) IN"
    " (SELECT in_reply_to, office FROM submission WHERE id = :id AND in_reply_to IS NOT NULL)"
)
"""What answers something has come to a further office, who may be who asked."""
MOST: Final = 1000
"""Recipients of one submission, those of its container among them."""


def supplement(  # noqa: PLR0913 - one act with all that belongs to it
    tx: Tx,
    notary: Notary,
    caller: Person,
    submission: str,
    offices: Sequence[str],
    now: datetime,
    *,
    copy: bool,
    reason: str = "",
    respond_by: date | None = None,
) -> list[str]:
    """Deliver to these offices as well, all or none, in this transaction; returns the evidence ids of the supplementary deliveries.

    `respond_by` is the day by which the new offices are to answer; without it the document's own counts, and where that is over the
    ordinary number of working days from now. A day of their own stands before the reason, which its salted digest binds.
    Raises Problem NOT_FOUND, NOT_ALLOWED, SEALED, WITHDRAWN where every copy was taken back, RECIPIENT_UNKNOWN, RECIPIENT_CLOSED,
    ALREADY_RECIPIENT, ADDRESSEE_ELSEWHERE for an item with named addressees, REASON_REQUIRED for words that are too many,
    REQUEST_MALFORMED for no office, too many, or one of those that issued it, and what `later_days.choose` raises.
    """
    row = sender.require_sender(tx, caller, submission)
    if caller.role not in SENDERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    if len(reason) > MAX_REASON:
        raise Problem(ProblemType.REASON_REQUIRED, f"at most {MAX_REASON} characters")
    recall.require_left(tx, submission)
    _require_new(tx, row, submission, offices)
    day = later_days.choose(tx, submission, respond_by, now)
    now, made, words = moment(tx, now), [], " ".join(each for each in (day.isoformat() if day else "", reason.strip()) if each)
    for office in offices:
        fact = Fact(
            event=Event.SUPPLEMENTARY_DELIVERY,
            office=caller.office,
            submission=submission,
            recipient=office,
            by=caller.id,
            reason=words or None,
        )
        made.append(record(tx, notary, fact, now))
        consign(tx, notary, submission, office, now, copy=copy)
        if day is not None:
            later_days.keep(tx, submission, office, day, made[-1], now)
    tx.run(_BEARS_ON_ANSWERS, id=submission)
    return made


def _require_new(tx: Tx, row: Any, submission: str, offices: Sequence[str]) -> None:
    if not offices or len(set(offices)) != len(offices):
        raise Problem(ProblemType.REQUEST_MALFORMED, "offices: at least one, none twice")
    recipients.require_open(tx, offices)
    issuers = {each.office for each in tx.rows("SELECT office FROM joint_issuer WHERE submission = :id ORDER BY office", id=submission)}
    if {row.sender, *issuers} & {*offices}:
        raise Problem(ProblemType.REQUEST_MALFORMED, "the sender is a recipient")
    present = {each.office for each in tx.rows("SELECT office FROM delivery WHERE submission = :id ORDER BY office", id=submission)}
    if present & {*offices}:
        raise Problem(ProblemType.ALREADY_RECIPIENT, ", ".join(sorted(present & {*offices})))
    if len(present) + len(offices) > MOST:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"at most {MOST} recipients")
    if row.named:
        named = "SELECT DISTINCT office FROM addressee JOIN person ON person.id = addressee.person WHERE submission = :id ORDER BY office"
        missing = {*offices} - {each.office for each in tx.rows(named, id=submission)}
        if missing:
            raise Problem(ProblemType.ADDRESSEE_ELSEWHERE, ", ".join(sorted(missing)))
