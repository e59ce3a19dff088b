"""Secrecy reviews 保密审查 in the ledger: who countersigned, what an earlier item approved, and what is kept of each."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from archive.ledger.database import Tx
from exchange.office.store import person
from exchange.paging import INSTANT, SHA256, Listing, Slice, Window, cut
from exchange.policy.review import Approval, Basis, Reviewed, Signer
from keys.trust import Identity
from schemas import instants
from schemas.messages import Digest, Instant, OfficeCode
from schemas.problems import Problem, ProblemType

REVIEWS: Final = Listing("reviews", (INSTANT, SHA256))
_NEVER: Final = "9999"


class AcceptedReview(Struct, frozen=True, omit_defaults=True, kw_only=True, rename={"from_": "from"}):
    """An item that was let in on a review: the rules it met, on what the review stands, and whose word it is."""

    submission: Digest
    from_: OfficeCode
    at: Instant
    rules: tuple[str, ...]
    basis: Basis
    approver: str
    approved_by: Digest | None = None
    series: str | None = None
    valid_until: Instant | None = None


class AcceptedReviews(Struct, frozen=True):
    """A page of them, newest first; `next` goes into `after`, null at the end."""

    items: list[AcceptedReview]
    next: str | None


def signers(tx: Tx, identities: Sequence[Identity]) -> list[Signer]:
    """Return those of the identities who are still there, with their roles of today."""
    found = []
    for identity in identities:
        try:
            holder = person(tx, identity.person)
        except Problem as problem:
            if problem.kind is not ProblemType.PERSON_UNKNOWN:
                raise
            continue  # has left: a signature that counts for nothing
        if holder.office == identity.office:
            found.append(Signer(holder.id, holder.office, holder.role))
    return found


def approval(tx: Tx, submission: str | None) -> Approval | None:
    """Return what an accepted item approved for those that follow it, None when there is none or the item is no longer there."""
    row = tx.row(
        "SELECT submission.office, secrecy_review.* FROM secrecy_review JOIN submission ON submission.id = secrecy_review.submission"
        " JOIN submission_text ON submission_text.submission = submission.id"
        " WHERE secrecy_review.submission = :id AND series IS NOT NULL",
        id=submission,
    )
    return None if row is None else _approval(row)


def approvals(tx: Tx, office: str, now: datetime, most: int) -> list[Approval]:
    """Return what an office's accepted items approved for those that follow, as long as it holds, the newest first."""
    rows = tx.rows(
        "SELECT submission.office, secrecy_review.* FROM secrecy_review JOIN submission ON submission.id = secrecy_review.submission"
        " JOIN submission_text ON submission_text.submission = submission.id"
        " WHERE submission.office = :office AND series IS NOT NULL AND secrecy_review.valid_until > :now"
        " ORDER BY secrecy_review.at DESC, secrecy_review.submission LIMIT :most",
        office=office,
        now=instants.write(now),
        most=most,
    )
    return list(map(_approval, rows))


def _approval(row: Any) -> Approval:
    return Approval(row.submission, row.office, row.approver, row.series, tuple(json.loads(row.rules)), instants.read(row.valid_until))


def keep(tx: Tx, submission: str, reviewed: Reviewed, at: str) -> None:
    """Keep a review with the submission that it let in, in the transaction that accepts.

    Raises Problem SECRECY_REVIEW_NEEDED when the approval on which it stands is no longer there.
    """
    if reviewed.approved_by is not None and approval(tx, reviewed.approved_by) is None:
        raise Problem(ProblemType.SECRECY_REVIEW_NEEDED, "no such approval of this office")
    tx.run(
        "INSERT INTO secrecy_review (submission, rules, basis, approver, approved_by, series, valid_until, at)"
        " VALUES (:submission, :rules, :basis, :approver, :approved_by, :series, :until, :at)",
        submission=submission,
        rules=json.dumps(reviewed.rules),
        basis=reviewed.basis.value,
        approver=reviewed.approver,
        approved_by=reviewed.approved_by,
        series=reviewed.series,
        until=None if reviewed.until is None else instants.write(reviewed.until),
        at=at,
    )


def covered(tx: Tx, submission: str, rules: Sequence[str]) -> bool:
    """Say whether the review of an accepted item also holds for these rules, which were met only in its whole text.

    Who reviewed the item itself had all of it before them; an approval of a series holds for the rules that it names.
    """
    row = tx.row("SELECT rules, basis FROM secrecy_review WHERE submission = :id", id=submission)
    return row is not None and (row.basis != Basis.SERIES or set(rules) <= set(json.loads(row.rules)))


def accepted(tx: Tx, wanted: Window) -> Slice[AcceptedReview]:
    """Return the county's items that were let in on a review, newest first."""
    at, submission = wanted.place or (_NEVER, "")
    rows = tx.rows(
        "SELECT submission.office, secrecy_review.* FROM secrecy_review JOIN submission ON submission.id = secrecy_review.submission"
        " WHERE (secrecy_review.at, secrecy_review.submission) < (:at, :submission)"
        " ORDER BY secrecy_review.at DESC, secrecy_review.submission DESC LIMIT :rows",
        at=at,
        submission=submission,
        rows=wanted.size + 1,
    )
    return cut(list(map(_told, rows)), wanted.size, REVIEWS, lambda row: (row.at, row.submission))


def _told(row: Any) -> AcceptedReview:
    return AcceptedReview(
        submission=row.submission,
        from_=row.office,
        at=row.at,
        rules=tuple(json.loads(row.rules)),
        basis=Basis(row.basis),
        approver=row.approver,
        approved_by=row.approved_by,
        series=row.series,
        valid_until=row.valid_until,
    )
