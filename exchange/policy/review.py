"""The secrecy review 保密审查: when an item that the policy would have reviewed is let in, and on whose word. Pure.

A BLOCK is never reviewed. A REVIEW is lifted by one of three: the countersignature of a leader or confidentiality officer of
the sending office, the scanned form 保密审查表 among the documents, or the approval that an earlier item of the same series carries.
"""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from archive.reading.reading import Page, Reading, within
from exchange.policy.rules import FLOOR
from exchange.policy.spelling import canonical
from exchange.policy.verdict import Verdict
from schemas import instants
from schemas.messages import SecrecyReview, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import DocumentRole, Outcome, Role, Word

APPROVERS: Final = frozenset({Role.LEADER, Role.CONFIDENTIALITY})
"""Whose countersignature lifts a REVIEW."""

NEVER_SERIAL: Final = FLOOR | {"declassified", "layer-differs"}
"""Rules that each item must be reviewed for by itself."""

MAXIMUM_AHEAD: Final = timedelta(minutes=10)
_LEAST_WORDS: Final = 20
_SIGNS: Final = re.compile(r"[\W_]+")
_FORM: Final = "保密审查"
_REFUSES: Final = re.compile(
    r"不同意|不得|不宜|不予|不能|不可|不应|禁止|退回|(?<!不)(?:属于|定为|确定为)国家秘密|(?<![不未非无否有])(?:涉密|涉及(?:国家)?秘密|涉及国家)"
)

_FORM_REFUSES: Final = re.compile(r"不同意|不宜|不予|退回|(?<!不)(?:属于|定为|确定为)国家秘密")
_REVIEWING: Final = "审查"
_ALLOWS: Final = re.compile(r"(?<!不)同意|不涉密|不涉及国家|不属于国家秘密|未涉及|无涉密|可以公开|可公开|可以报送|准予")
"""On a form both answers may be printed, with a box before each: what says no is heard only where nothing says yes."""


class Basis(Word):
    """On what a review stands."""

    COUNTERSIGNATURE = "countersignature", "会签", "countersignature"
    FORM = "form", "保密审查表", "review form"
    SERIES = "series", "同类文件审查", "review of the series"


@dataclass(frozen=True)
class Signer:
    """A person whose signature a container bears, with the role of today."""

    person: str
    office: str
    role: Role


@dataclass(frozen=True)
class Approval:
    """What an accepted item approved for those that follow it, as it was stored; `until` is the first instant too late."""

    submission: str
    office: str
    approver: str
    series: str
    rules: tuple[str, ...]
    until: datetime


@dataclass(frozen=True)
class Reviewed:
    """What is kept of a review. `approver` is the person's id of a countersignature, else the name that the form or series gives.

    `series` and `until` stand where this review also covers later items, `approved_by` where an earlier one covers this.
    """

    rules: tuple[str, ...]
    policy: str
    basis: Basis
    approver: str
    approved_by: str | None = None
    series: str | None = None
    until: datetime | None = None

    def approval(self, submission: str, office: str) -> Approval | None:
        """Return what later items of the office may refer to, if this review covers any."""
        if self.series is None or self.until is None:
            return None
        return Approval(submission, office, self.approver, self.series, self.rules, self.until)


def accept(
    verdict: Verdict,
    message: Submission,
    *,
    sender: str,
    further: Sequence[Signer],
    readings: Mapping[str, Reading],
    approval: Approval | None,
    now: datetime,
) -> Reviewed:
    """Return what is kept of the review of an item whose verdict is REVIEW.

    `sender` is the person of the first signature, `further` are the others, `approval` what is stored under
    `secrecy_review.approved_by`. Raises the verdict's own Problem, with the reason in its detail, where no review holds;
    METADATA_MALFORMED for a review that both begins a series and refers to one. A PASS needs no review (ValueError).
    """
    if verdict.outcome is not Outcome.REVIEW or message.secrecy_review is None:
        raise verdict.problem()
    review = message.secrecy_review
    if review.series is not None and review.approved_by is not None:
        raise Problem(ProblemType.METADATA_MALFORMED, "secrecy_review: series, approved_by")
    if instants.read(review.at) > now + MAXIMUM_AHEAD:
        raise _not(verdict, "reviewed in the future")
    if _REFUSES.search(_SIGNS.sub("", canonical(review.conclusion))):
        raise _not(verdict, "the review's conclusion does not allow it")
    if review.approved_by is not None:
        return _by_series(verdict, message, review.approved_by, approval, now)
    basis, approver = _basis(verdict, message, review, sender, further, readings)
    if review.series is None:
        return Reviewed(verdict.rules, verdict.policy, basis, approver)
    alone = sorted(NEVER_SERIAL & set(verdict.rules))
    if alone:
        raise _not(verdict, f"not for a series: {', '.join(alone)}")
    until = _months_after(now, review.series.months)
    return Reviewed(verdict.rules, verdict.policy, basis, approver, None, review.series.name, until)


def _basis(
    verdict: Verdict,
    message: Submission,
    review: SecrecyReview,
    sender: str,
    further: Sequence[Signer],
    readings: Mapping[str, Reading],
) -> tuple[Basis, str]:
    for signer in further:
        if signer.office == message.from_ and signer.role in APPROVERS and signer.person != sender:
            return Basis.COUNTERSIGNATURE, signer.person
    forms = [document.name for document in message.documents if document.role is DocumentRole.REVIEW_FORM]
    if not forms:
        raise _not(verdict, "neither a countersignature of the office's leader or confidentiality officer nor a review form")
    if not any(_is_form(readings[name], message) for name in forms if name in readings):
        raise _not(verdict, "the review form cannot be read, is none, or says no")
    return Basis.FORM, review.by


def _by_series(verdict: Verdict, message: Submission, named: str, approval: Approval | None, now: datetime) -> Reviewed:
    if approval is None or approval.submission != named or approval.office != message.from_:
        raise _not(verdict, "no such approval of this office")
    if now >= approval.until:
        raise _not(verdict, f"the approval ended at {approval.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    left = sorted({*verdict.rules} - {*approval.rules} | NEVER_SERIAL & {*verdict.rules})
    if left:
        raise _not(verdict, f"not covered by the approval: {', '.join(left)}")
    return Reviewed(verdict.rules, verdict.policy, Basis.SERIES, approval.approver, approval.submission)


def _is_form(reading: Reading, message: Submission) -> bool:
    """Say whether it can be read, names 保密审查 or a review of this title or number, and does not say no.

    A further copy of what was reviewed bears its title too: it is no form.
    """
    pages = [page for _, part in within(reading) for page in part.pages]
    text = _SIGNS.sub("", canonical("\n".join(line.text for page in pages for line in _shown(page))))
    names = [_SIGNS.sub("", canonical(name)) for name in (message.title, message.number or "")]
    said = text
    for name in filter(None, names):
        said = said.replace(name, "")
    refuses = _FORM_REFUSES.search(said) is not None and _ALLOWS.search(said) is None
    is_one = _FORM in said or (_REVIEWING in said and any(name and name in text for name in names))
    return len(text) >= _LEAST_WORDS and is_one and not refuses


def _shown(page: Page) -> tuple:  # type: ignore[type-arg]
    return page.seen if page.picture is not None and page.picture.reason != "head" else page.lines


def _not(verdict: Verdict, reason: str) -> Problem:
    problem = verdict.problem()
    return Problem(problem.kind, f"{problem.detail}; {reason}", **problem.members)


def _months_after(start: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last day of that month where it has no such day."""
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))
