"""What the policy says of a submission, and the refusal that follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from schemas.messages import Hit
from schemas.problems import Problem, ProblemType
from schemas.words import Handling, Outcome

DECLARED = "declared"
"""The rule that a declared level breaks; it has a refusal of its own."""


@dataclass(frozen=True)
class Verdict:
    """Outcome, the findings that led to it, and the version of the policy.

    `handling` is INTERNAL when an accepted item bears an internal marking (内部资料, 内部文件) that the policy lets pass.
    A hit's text is for the sender only: not for logs, receipts or the county.
    """

    outcome: Outcome
    hits: tuple[Hit, ...]
    policy: str
    handling: Handling = Handling.NORMAL

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that were broken, each once, in order: all that a refusal may keep."""
        return tuple(dict.fromkeys(hit.rule for hit in self.hits))

    def problem(self) -> Problem:
        """Return the Problem to raise: CLASSIFIED_DECLARED, SECRECY_MARK (BLOCK) or SECRECY_REVIEW_NEEDED (REVIEW).

        The findings ride in its member `hits`, its detail names the rules only. A PASS has no problem (ValueError).
        """
        if self.outcome is Outcome.PASS:
            raise ValueError("a PASS is no problem")
        kind = ProblemType.SECRECY_REVIEW_NEEDED
        if self.outcome is Outcome.BLOCK:
            kind = ProblemType.CLASSIFIED_DECLARED if DECLARED in self.rules else ProblemType.SECRECY_MARK
        return Problem(kind, f"policy {self.policy}: {', '.join(self.rules)}", hits=told(self.hits))


def told(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Return findings as they are told to the sender, and to nobody else."""
    return [{"rule": hit.rule, "part": hit.part, "page": hit.page, "text": hit.text, "place": hit.place} for hit in hits]
