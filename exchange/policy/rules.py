"""The policy: rules as data, and the pure judgement over what was declared and what was read."""

import hashlib
import pathlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from archive.reading.reading import Line, Page, Reading, has_text
from exchange.policy import marks
from exchange.policy.verdict import DECLARED, Verdict
from schemas.messages import Hit, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Handling, Outcome

PRESETS: Final = ("usual", "strict")
HEAD: Final = 0.30
"""The head zone: the upper 30 % of a page, over its whole width, for old documents bear the mark at the right."""

RULES: Final = frozenset(
    {
        DECLARED, "star-head", "star-line", "star-sentence", "level-head", "level-line", "field-head", "field-line", "ticked",
        "split-star", "split-level", "name-bracket", "name-token", "english", "declassified",
    },
)  # fmt: skip
FLOOR: Final = frozenset({DECLARED, "star-head", "star-line", "level-head", "field-head", "split-star"})
"""Rules that no policy may weaken: they block."""

MARKING: Final = "marking"
_FOLDER: Final = pathlib.Path(__file__).parent / "rules"
_CELLS: Final = re.compile(r"\s{2,}|\t|\u3000")
_SHORT: Final = 3
_SPLIT_LINES: Final = 14
_TAIL: Final = r"(?:[\s,，:：]{0,4}(?:注意保存|妥善保管|不得外传|请勿外传|严禁外传|仅供\S{0,8}))?"
_SEVERITY: Final = {Outcome.PASS: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}
_HEADLIKE: Final = frozenset({"title", "number", "property", "annotation", "form", "stamp"})
"""Places that are as telling as the head of page 1."""


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
    hits: list[tuple[Outcome, Hit]] = field(default_factory=list)
    internal: bool = False

    def extend(self, part: str, page: int, found: Iterator[tuple[str, str]]) -> None:
        for rule, text in found:
            marking = rule.removeprefix(f"{MARKING}:")
            outcome = self.policy.outcomes[rule] if marking == rule else self.policy.markings[marking]
            if outcome is Outcome.PASS:
                self.internal = self.internal or marking != rule
                continue
            hit = Hit(rule=rule, part=part, page=page, text=marks.excerpt(text))
            if (outcome, hit) not in self.hits:
                self.hits.append((outcome, hit))

    def soften(self, part: str) -> None:
        """Turn the blocks of a declassified part into reviews."""
        self.hits = [(Outcome.REVIEW if hit.part == part else outcome, hit) for outcome, hit in self.hits]

    def blocked(self, part: str) -> bool:
        return any(outcome is Outcome.BLOCK and hit.part == part for outcome, hit in self.hits)

    def verdict(self) -> Verdict:
        outcome = max((outcome for outcome, _ in self.hits), key=_SEVERITY.__getitem__, default=Outcome.PASS)
        hits = tuple(hit for _, hit in self.hits)
        return Verdict(outcome, hits, self.policy.version, Handling.INTERNAL if self.internal else Handling.NORMAL)


def _judge_reading(found: _Findings, part: str, reading: Reading) -> None:
    markings = found.policy.markings
    found.extend(part, 0, _named(part, markings))
    for page in reading.pages:
        found.extend(part, page.number, _page(page, markings))
    for text in reading.properties.values():
        found.extend(part, 0, _free("property", text, markings))
    for place, text in reading.texts:
        found.extend(part, 0, _free("property" if place.startswith("xmp") else place, text, markings))
    if found.blocked(part) and _declassified(reading):
        found.soften(part)
        found.extend(part, 1, iter([("declassified", "解密")]))


def _declassified(reading: Reading) -> bool:
    first = reading.pages[0]
    return any(line.y < HEAD and marks.DECLASSIFIED.search(marks.canonical(line.text)) for line in first.lines)


def _declared(declared: Declared) -> Iterator[tuple[str, str]]:
    if declared.classification != UNCLASSIFIED:
        yield DECLARED, declared.classification
    for text in (declared.title, declared.number or "", *declared.names):
        yield from _named(text, {})
    for text in (declared.notes or "", *(text for _, text in declared.others)):
        yield from _free("notes", text, {})


def _named(text: str, markings: Mapping[str, Outcome]) -> Iterator[tuple[str, str]]:
    """Judge a title, number or file name: nobody writes a level with a star, or a level in brackets, by chance there."""
    plain = marks.canonical(re.sub(r"\.[A-Za-z0-9]{1,5}$", "", text.rpartition("/")[2]))
    starred = marks.STARRED.search(plain)
    if starred:
        before, after = plain[: starred.start()], plain[starred.end() :]
        quoted = before[-1:] in tuple("“\"'‘「《") or after[:1] in tuple("”\"'’」》")
        yield ("star-sentence" if quoted else "star-line"), text
    elif marks.BARE.fullmatch(plain):
        yield "level-head", text
    elif marks.BRACKETED.search(plain):
        yield "name-bracket", text
    elif marks.TOKEN.search(plain):
        yield "name-token", text
    else:
        yield from _line(plain, head=True, markings=markings)


def _free(place: str, text: str, markings: Mapping[str, Outcome]) -> Iterator[tuple[str, str]]:
    """Judge a text that stands outside the pages, line by line."""
    for row in text.splitlines():
        plain = marks.canonical(row)
        if plain:
            yield from _line(plain, head=place in _HEADLIKE, markings=markings)


def _page(page: Page, markings: Mapping[str, Outcome]) -> Iterator[tuple[str, str]]:
    rows = [(line, marks.canonical(line.text)) for line in page.lines]
    hit = False
    for line, text in rows:
        head = page.number == 1 and line.y < HEAD
        for finding in _line(text, head=head, markings=markings if line.y < HEAD else {}, cells=_CELLS.split(line.text)):
            hit = hit or not finding[0].startswith(MARKING)
            yield finding
    yield from _beside(rows, first=page.number == 1)
    if not hit:
        yield from _split(rows)


def _line(text: str, *, head: bool, markings: Mapping[str, Outcome], cells: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Judge one line; `head` says that it stands where marks stand, `cells` are its pieces between wide gaps."""
    where = "head" if head else "line"
    starred = marks.STARRED.search(text)
    if starred and marks.stands_alone(text, starred):
        yield f"star-{where}", text
    elif marks.BARE.fullmatch(text):
        yield f"level-{where}", text
    elif marks.FIELD.search(text):
        yield f"field-{where}", text
    elif marks.TICKED.search(text):
        yield "ticked", text
    elif len(cells) > 1 and (found := [pair for cell in cells for pair in _line(marks.canonical(cell), head=head, markings=markings)]):
        yield from found
    elif starred:
        yield "star-sentence", text[max(0, starred.start() - 8) :]
    elif marks.ENGLISH.search(text):
        yield "english", text
    else:
        yield from _markings(text, markings)


def _markings(text: str, markings: Mapping[str, Outcome]) -> Iterator[tuple[str, str]]:
    for marking in markings:
        if marking in text and re.fullmatch(rf"[\[【(（<《*★]?\s*{marking}\s*[\]】)）>》*★]?{_TAIL}[。!！]?(?:\s*★?\s*\d{{1,3}}年)?", text):
            yield f"{MARKING}:{marking}", text


def _beside(rows: Sequence[tuple[Line, str]], *, first: bool) -> Iterator[tuple[str, str]]:
    """Find 密级 in one cell of a form and the level in the cell to its right."""
    labels = [line for line, text in rows if re.fullmatch(r"密\s*级(?:[和及与、]保密期限)?\s*:?", text)]
    for line, text in rows:
        if labels and marks.BARE.fullmatch(text) and any(abs(label.y - line.y) < label.height and label.x < line.x for label in labels):
            yield ("field-head" if first and line.y < HEAD else "field-line"), text


def _split(rows: Sequence[tuple[Line, str]]) -> Iterator[tuple[str, str]]:
    """Find a mark that is split over short lines in the head of a page, or written downwards."""
    short = [(line, re.sub(r"\s", "", text)) for line, text in rows if line.y < HEAD]
    pieces = [(line, text) for line, text in short if 0 < len(text) <= _SHORT][:_SPLIT_LINES]
    orders = (pieces, sorted(pieces, key=lambda piece: (round(piece[0].x, 2), piece[0].y)), sorted(pieces, key=lambda piece: piece[0].y))
    for order in orders:
        together = marks.canonical("".join(text for _, text in order))
        if marks.starred(together):
            yield "split-star", together
            return
    for order in orders:
        together = marks.canonical("".join(text for _, text in order))
        if re.search(marks.LEVEL, together):
            yield "split-level", together
            return
