"""One paper as it is typed in one line: pure rules, and the text that its receipt holds a salted digest of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from exchange.paper.words import PaperDirection, PaperReason
from exchange.policy.rules import Declared, Policy, judge
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Kind, Outcome

MOST_COPIES: Final = 9999
LONGEST: Final[Mapping[str, int]] = {"counterpart": 60, "number": 60, "title": 300, "late": 200}
COURIER_BARE: Final = "courier"
"""The detail of the refusal of any words about what went by confidential courier."""
_COUNT: Final = re.compile("[0-9]{1,4}")
_W = TypeVar("_W", PaperDirection, Kind, PaperReason)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper that an office received or sent. `other_office` is its counterpart's code where that is an office of the county."""

    direction: PaperDirection
    counterpart: str
    other_office: str | None
    number: str
    title: str
    kind: Kind
    dated: str
    copies: int
    pages: int
    reason: PaperReason
    late: str = ""

    def line(self) -> str:
        """Return it as one line: the text behind the digest in its receipt, from which nothing can be altered unseen."""
        said = [self.direction.zh, self.counterpart, self.number, self.title, self.kind.zh, self.dated]
        return " | ".join([*said, f"{self.copies}份 {self.pages}页", self.reason.zh, self.late])


@dataclass(frozen=True, kw_only=True)
class Courier:
    """So many by confidential courier 机要: there is nothing else to be said about them."""

    direction: PaperDirection
    count: int


def read(fields: Mapping[str, str], offices: Mapping[str, str], own: str) -> Paper | Courier:
    """Return what was typed; `offices` are the county's, name by code. Raises Problem REQUEST_MALFORMED with the field's name.

    Of what went by courier nothing may be typed but how many: Problem REQUEST_MALFORMED with `COURIER_BARE`.
    """
    direction = _word(PaperDirection, fields, "direction")
    said = {name: _text(fields, name) for name in LONGEST}
    if fields.get("reason") == PaperReason.COURIER:
        if said["number"] or said["title"] or said["counterpart"]:
            raise Problem(ProblemType.REQUEST_MALFORMED, COURIER_BARE)
        return Courier(direction=direction, count=_count(fields, "copies", 1))
    if not said["counterpart"]:
        raise Problem(ProblemType.REQUEST_MALFORMED, "counterpart")
    other = resolve(said["counterpart"], offices)
    if other == own:
        raise Problem(ProblemType.REQUEST_MALFORMED, "counterpart")
    if not said["title"]:
        raise Problem(ProblemType.REQUEST_MALFORMED, "title")
    return Paper(
        direction=direction,
        counterpart=said["counterpart"] if other is None else offices[other],
        other_office=other,
        number=said["number"],
        title=said["title"],
        kind=_word(Kind, fields, "kind"),
        dated=_date(fields.get("dated", "")),
        copies=_count(fields, "copies", 1),
        pages=_count(fields, "pages", 0),
        reason=_reason(fields, outside=other is None),
        late=said["late"],
    )


def resolve(text: str, offices: Mapping[str, str]) -> str | None:
    """Return the code of the office that was meant: its code, its name, or both as they are proposed; None for anybody outside."""
    code, _, rest = text.partition(" ")
    if code in offices and (not rest or rest.strip() == offices[code]):
        return code
    return next((code for code, name in offices.items() if name == text), None)


def require_unmarked(paper: Paper, policy: Policy) -> None:
    """Judge what was typed as any declared text is judged. Raises the verdict's Problem; nothing may be kept then."""
    others = (("counterpart", paper.counterpart), ("late", paper.late))
    declared = Declared(UNCLASSIFIED, paper.title, paper.number or None, others=tuple((place, text) for place, text in others if text))
    verdict = judge(declared, {}, policy)
    if verdict.outcome is not Outcome.PASS:
        raise verdict.problem()


def _text(fields: Mapping[str, str], name: str) -> str:
    text = fields.get(name, "").strip()
    if len(text) > LONGEST[name] or not text.isprintable():
        raise Problem(ProblemType.REQUEST_MALFORMED, name)
    return text


def _word(words: type[_W], fields: Mapping[str, str], name: str) -> _W:
    try:
        return words(fields.get(name, ""))
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, name) from error


def _reason(fields: Mapping[str, str], *, outside: bool) -> PaperReason:
    """Return why it is paper: from outside the county there is no other way, inside there must be a reason."""
    if not fields.get("reason") and outside:
        return PaperReason.OUTSIDE
    reason = _word(PaperReason, fields, "reason")
    if (reason is PaperReason.OUTSIDE) != outside:
        raise Problem(ProblemType.REQUEST_MALFORMED, "reason")
    return reason


def _count(fields: Mapping[str, str], name: str, least: int) -> int:
    text = fields.get(name, "").strip() or str(least)
    if not _COUNT.fullmatch(text) or not least <= int(text) <= MOST_COPIES:
        raise Problem(ProblemType.REQUEST_MALFORMED, name)
    return int(text)


def _date(text: str) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "dated") from error
