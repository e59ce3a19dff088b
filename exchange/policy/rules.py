"""The policy: rules as data, and the pure judgement over what was declared and what was read."""

import hashlib
import pathlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from archive.reading.reading import Reading, has_text
from exchange.policy import marks, places
from exchange.policy.places import HEAD, MARKING
from exchange.policy.spelling import canonical
from exchange.policy.verdict import DECLARED, Verdict
from schemas.messages import Hit, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Handling, Outcome

PRESETS: Final = ("usual", "strict")
MAXIMUM_FINDINGS: Final = 100
"""Findings that are kept; one more for each file that is blocked, so that the worst is never among those left out."""

RULES: Final = frozenset(
    {
        DECLARED, "star-head", "star-line", "star-sentence", "level-head", "level-line", "field-head", "field-line", "ticked",
        "split-star", "split-level", "name-bracket", "name-token", "english", "declassified",
    },
)  # fmt: skip
FLOOR: Final = frozenset({DECLARED, "star-head", "star-line", "level-head", "field-head", "split-star"})
"""Rules that no policy may weaken: they block."""

_FOLDER: Final = pathlib.Path(__file__).parent / "rules"
_SEVERITY: Final = {Outcome.PASS: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


@dataclass(frozen=True)
class Policy:
    """A loaded policy; `version` is its name and the first twelve hex digits of the file's SHA-256."""

    name: str
    version: str
    outcomes: Mapping[str, Outcome]
    markings: Mapping[str, Outcome]


@dataclass(frozen=True)
class Declared:
    """What the sender says: all free texts of the metadata. `others` are (place, text)."""

    classification: str
    title: str = ""
    number: str | None = None
    notes: str | None = None
    names: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, submission: Submission) -> "Declared":
        """Take every free text out of a submission's metadata."""
        others = [("signatory", submission.signatory or ""), ("checked by", submission.secrecy_check.by)]
        others += [("paper annex", text) for text in submission.paper_annex]
        if submission.secrecy_review is not None:
            others += [("review", submission.secrecy_review.by), ("review", submission.secrecy_review.conclusion)]
        if submission.paper_original is not None:
            others += [("paper original", submission.paper_original.kept_by), ("paper original", submission.paper_original.place)]
        return cls(
            submission.classification,
            submission.title,
            submission.number,
            submission.notes,
            tuple(document.name for document in submission.documents),
            tuple((place, text) for place, text in others if text),
        )


def load(name_or_path: str) -> Policy:
    """Load a preset (`usual`, `strict`) or a policy file of one's own.

    Raises Problem CONFIG_INVALID: not readable, a rule missing or unknown, or one of `FLOOR` that does not block.
    """
    path = _FOLDER / f"{name_or_path}.toml" if name_or_path in PRESETS else pathlib.Path(name_or_path)
    try:
        content = path.read_bytes()
        table = tomllib.loads(content.decode())
        name = str(table["name"])
        outcomes = _outcomes(table["outcomes"])
        markings = _outcomes(table["markings"])
    except (OSError, ValueError, LookupError, AttributeError) as error:
        raise Problem(ProblemType.CONFIG_INVALID, f"policy {path.name}: {type(error).__name__}") from error
    wrong = sorted(RULES ^ outcomes.keys()) or sorted(rule for rule in FLOOR if outcomes[rule] is not Outcome.BLOCK)
    if wrong:
        raise Problem(ProblemType.CONFIG_INVALID, f"policy {path.name}: {', '.join(wrong)}")
    version = f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    return Policy(name, version, MappingProxyType(outcomes), MappingProxyType(markings))


def _outcomes(table: Mapping[str, Any]) -> dict[str, Outcome]:
    return {str(rule): Outcome(value) for rule, value in table.items()}


def judge(declared: Declared, readings: Mapping[str, Reading], policy: Policy) -> Verdict:
    """Judge a submission: what was declared, and the reading of each of its files (by member name).

    Pure. Raises Problem FORMAT_NOT_INSPECTABLE for a declared file that was not read and DOCUMENT_WITHOUT_TEXT for a reading
    without text: what was not inspected is not clean.
    """
    for name in declared.names:
        if name not in readings:
            raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, name)
    for name, reading in readings.items():
        if not has_text(reading):
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, name)
    found = _Findings(policy)
    found.extend("", 0, _declared(declared))
    for name, reading in readings.items():
        _judge_reading(found, name, reading)
    return found.verdict()


@dataclass
class _Findings:
    """Collects hits with their outcomes; local to one call of `judge`."""

    policy: Policy
    hits: dict[Hit, Outcome] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    internal: bool = False

    def extend(self, part: str, page: int, found: Iterable[tuple[str, str]]) -> None:
        """Add what was found in a part, and stop as soon as more could not change the outcome."""
        for rule, text in found:
            marking = rule.removeprefix(f"{MARKING}:")
            outcome = self.policy.outcomes[rule] if marking == rule else self.policy.markings[marking]
            if outcome is Outcome.PASS:
                self.internal = self.internal or marking != rule
                continue
            worse = outcome is Outcome.BLOCK and part not in self.blocked
            if worse:
                self.blocked.add(part)
            if worse or len(self.hits) < MAXIMUM_FINDINGS:
                self.hits.setdefault(Hit(rule=rule, part=part, page=page, text=marks.excerpt(text)), outcome)
            if self.is_settled(part):
                return

    def is_settled(self, part: str) -> bool:
        """Say whether nothing more of this part needs to be looked at."""
        return len(self.hits) >= MAXIMUM_FINDINGS and part in self.blocked

    def soften(self, part: str) -> None:
        """Turn the blocks of a declassified part into reviews."""
        self.hits = {hit: Outcome.REVIEW if hit.part == part else outcome for hit, outcome in self.hits.items()}

    def verdict(self) -> Verdict:
        """Return the worst outcome and all hits."""
        outcome = max(self.hits.values(), key=_SEVERITY.__getitem__, default=Outcome.PASS)
        return Verdict(outcome, tuple(self.hits), self.policy.version, Handling.INTERNAL if self.internal else Handling.NORMAL)


def _judge_reading(found: _Findings, part: str, reading: Reading) -> None:
    markings = found.policy.markings
    for component in part.split("/"):
        found.extend(part, 0, places.name(component, markings))
    for page in reading.pages:
        if found.is_settled(part):
            break
        found.extend(part, page.number, places.page(page, markings))
    for text in reading.properties.values():
        found.extend(part, 0, places.free("property", text, markings))
    for place, text in reading.texts:
        if found.is_settled(part):
            break
        found.extend(part, 0, places.free("property" if place.startswith("xmp") else place, text, markings))
    if part in found.blocked and _declassified(reading):
        found.soften(part)
        found.extend(part, 1, [("declassified", "解密")])


def _declassified(reading: Reading) -> bool:
    first = reading.pages[0]
    return any(line.y < HEAD and marks.DECLASSIFIED.search(canonical(line.text)) for line in first.lines)


def _declared(declared: Declared) -> Iterator[tuple[str, str]]:
    if declared.classification != UNCLASSIFIED:
        yield DECLARED, declared.classification
    for text in (declared.title, declared.number or "", *(component for path in declared.names for component in path.split("/"))):
        yield from places.name(text, {})
    for text in (declared.notes or "", *(text for _, text in declared.others)):
        yield from places.free("notes", text, {})
