"""The judgement: pure, over what was declared and what was read, by a policy that is data."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from archive.reading.reading import Reading, unseen, within
from exchange.policy import layout, marks, pictures, places
from exchange.policy.found import HEAD, Found, third
from exchange.policy.labels import MARKING
from exchange.policy.presets import FLOOR, PRESETS, Policy, load, load_published
from exchange.policy.spelling import canonical
from exchange.policy.verdict import DECLARED, Verdict
from schemas.messages import Hit, ReplyForm, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, DocumentRole, Handling, Outcome

__all__ = ["FLOOR", "MAXIMUM_FINDINGS", "PRESETS", "Declared", "Policy", "judge", "load", "load_published"]

MAXIMUM_FINDINGS: Final = 100
"""Findings that are kept; one more for each file that is blocked, so that the worst is never among those left out."""

_SEVERITY: Final = {Outcome.PASS: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


@dataclass(frozen=True)
class Declared:
    """What the sender says: all free texts of the metadata. `others` are (place, text), `main` is the main document's name."""

    classification: str
    title: str = ""
    number: str | None = None
    notes: str | None = None
    names: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    main: str = ""

    @classmethod
    def of(cls, submission: Submission) -> "Declared":
        """Take every free text out of a submission's metadata."""
        others = [("signatory", submission.signatory or ""), ("checked by", submission.secrecy_check.by)]
        others += [("paper annex", text) for text in submission.paper_annex]
        if submission.secrecy_review is not None:
            review = submission.secrecy_review
            others += [("review", review.by), ("review", review.conclusion), ("review", review.series.name if review.series else "")]
        if submission.paper_original is not None:
            others += [("paper original", submission.paper_original.kept_by), ("paper original", submission.paper_original.place)]
        if submission.reply_form is not None:
            others += [("reply form", text) for text in _asked(submission.reply_form)]
        return cls(
            submission.classification,
            submission.title,
            submission.number,
            submission.notes,
            tuple(document.name for document in submission.documents),
            tuple((place, text) for place, text in others if text),
            next((document.name for document in submission.documents if document.role is DocumentRole.MAIN), ""),
        )


def _asked(form: ReplyForm) -> Iterator[str]:
    """Yield every free text of a reply form: its labels and choices are read by people as a document is."""
    yield from (form.title or "", form.based_on or "", form.template or "")
    for each in form.fields:
        yield from (each.label, *each.choices)


def judge(declared: Declared, readings: Mapping[str, Reading], policy: Policy, *, partial: bool = False) -> Verdict:
    """Judge a submission: what was declared, and the reading of each of its files (by member name) with all files inside it.

    Pure. What was not inspected is not clean; with `partial`, which is for a look before sending and never for the county,
    files whose pictures could not be looked at are judged by the rest of them. Raises Problem FORMAT_NOT_INSPECTABLE for a
    declared file that was not read, DOCUMENT_WITHOUT_TEXT for a file without text and for a picture that nobody looked at,
    SCAN_ILLEGIBLE for a main document on whose first page nothing can be read.
    """
    for name in declared.names:
        if name not in readings:
            raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, name)
    for name, reading in readings.items():
        if not (partial and unseen(reading)):
            pictures.require_inspected(name, reading, main=name == declared.main)
    found = _Findings(policy)
    found.extend("", 0, _declared(declared))
    for name, reading in readings.items():
        named: set[str] = set()
        for path, part in within(reading, name):
            _judge_reading(found, path, part, named)
    return found.verdict()


@dataclass
class _Findings:
    """Collects hits with their outcomes; local to one call of `judge`."""

    policy: Policy
    hits: dict[Hit, Outcome] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    internal: bool = False

    def extend(self, part: str, page: int, found: Iterable[Found]) -> None:
        """Add what was found in a part, and stop as soon as more could not change the outcome."""
        for rule, text, y in found:
            marking = rule.removeprefix(f"{MARKING}:")
            outcome = self.policy.outcomes[rule] if marking == rule else self.policy.markings[marking]
            if outcome is Outcome.PASS:
                self.internal = self.internal or marking != rule
                continue
            worse = outcome is Outcome.BLOCK and part not in self.blocked
            if worse:
                self.blocked.add(part)
            if worse or len(self.hits) < MAXIMUM_FINDINGS:
                hit = Hit(rule=rule, part=part, page=page, text=marks.excerpt(text), place="" if y is None else third(y))
                self.hits.setdefault(hit, outcome)
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


def _judge_reading(found: _Findings, part: str, reading: Reading, named: set[str]) -> None:
    """Judge one file, not those inside it; `named` are the components of its path that were judged as names already."""
    markings = found.policy.markings
    for component in part.split("/"):
        if component not in named:
            named.add(component)
            found.extend(part, 0, places.name(component, markings))
    for page in reading.pages:
        if found.is_settled(part):
            break
        found.extend(part, page.number, places.page(page, markings))
        found.extend(part, page.number, pictures.page(page, markings))
    found.extend(part, 0, layout.repeated(reading.pages))
    for key, text in reading.properties.items():
        found.extend(part, 0, places.stated(key, text, markings))
    for place, text in reading.texts:
        if found.is_settled(part):
            break
        found.extend(part, 0, places.free("property" if place.startswith("xmp") else place, text, markings))
    if part in found.blocked and _declassified(reading):
        found.soften(part)
        found.extend(part, 1, [Found("declassified", "解密")])


def _declassified(reading: Reading) -> bool:
    lines = [line for page in reading.pages[:1] for line in (*page.lines, *page.seen)]
    return any(line.y < HEAD and marks.DECLASSIFIED.search(canonical(line.text)) for line in lines)


def _declared(declared: Declared) -> Iterator[Found]:
    if declared.classification != UNCLASSIFIED:
        yield Found(DECLARED, declared.classification)
    for text in (declared.title, declared.number or "", *(component for path in declared.names for component in path.split("/"))):
        yield from places.name(text, {})
    for text in (declared.notes or "", *(text for _, text in declared.others)):
        yield from places.free("notes", text, {})
