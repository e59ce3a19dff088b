"""One case of the set: a file, how it is sent, and what must become of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from policy.papers import Half

from schemas.problems import ProblemType
from schemas.words import Handling

PASS: Final = "PASS"  # noqa: S105 - a verdict
REVIEW: Final = "REVIEW"
BLOCK: Final = "BLOCK"
REFUSED: Final = "refused"
"""A Problem instead of a verdict."""

FOUND: Final = frozenset({BLOCK, REVIEW})
KEPT_OUT: Final = frozenset({BLOCK, REVIEW, REFUSED})
LET_IN: Final = frozenset({PASS})


@dataclass(frozen=True)
class Case:
    """`make` gives the same bytes whenever it is called; `expected` are the outcomes that are right.

    `problems` are the refusals of which one must be given, where that is what the case asks; `handling` what a PASS must
    carry. `whole` cases are looked at in full, as happens after acceptance. `pictures` says that somebody must look.
    """

    kind: str
    half: Half
    carrier: str
    disguise: str
    template: str
    file: str
    media_type: str
    make: Callable[[], bytes]
    expected: frozenset[str]
    problems: frozenset[ProblemType] = frozenset()
    handling: Handling | None = None
    preset: str = "usual"
    pictures: bool = False
    whole: bool = False

    @property
    def label(self) -> str:
        """Return a name by which the case can be found again."""
        return f"{self.kind} / {self.carrier} / {self.disguise} / {self.template}"


def digest(case: Case) -> str:
    """Return a digest of everything the case is, its bytes included."""
    told = f"{case.label}|{case.half}|{case.file}|{case.media_type}|{case.preset}"
    return hashlib.sha256(told.encode() + hashlib.sha256(case.make()).digest()).hexdigest()
