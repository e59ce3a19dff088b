"""What is asked of the rules over elements and what they answer, as it travels."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from exchange.elements.rules import Elements, Finding, check
from exchange.elements.said import Said
from schemas.messages import OfficeCode
from schemas.words import Kind, Urgency


class Asked(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The elements of a document that is about to be sent, as typed, and what was read off it (`said` as `/submit/reading` gave it).

    `annexes` are the names of the files beside the main document. Nothing of it is kept.
    """

    kind: Kind | None = None
    number: Annotated[str, Meta(max_length=100)] = ""
    title: Annotated[str, Meta(max_length=500)] = ""
    date_issued: Annotated[str, Meta(max_length=30)] = ""
    signatory: Annotated[str, Meta(max_length=200)] = ""
    urgency: Urgency = Urgency.NORMAL
    to: Annotated[tuple[OfficeCode, ...], Meta(max_length=400)] = ()
    annexes: Annotated[tuple[Annotated[str, Meta(max_length=255)], ...], Meta(max_length=100)] = ()
    said: Said | None = None

    def elements(self, sender: str, today: date) -> Elements:
        """Return what the rules look at."""
        return Elements(
            kind=self.kind,
            number=self.number,
            title=self.title,
            date_issued=self.date_issued,
            sender=sender,
            to=self.to,
            today=today,
            signatory=self.signatory,
            urgency=self.urgency,
            annexes=self.annexes,
            said=self.said,
        )


class Hint(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A finding: its rule, how likely it is that the document is returned for it, why in both languages, and where the rule stands.

    `before` is how often what the office sent was returned for the same within a year.
    """

    rule: str
    severity: str
    zh: str
    en: str
    clause: str = ""
    before: int = 0

    @classmethod
    def of(cls, finding: Finding, before: int = 0) -> "Hint":
        """Return a finding as it travels."""
        return cls(
            rule=finding.rule,
            severity=finding.severity.value,
            zh=finding.text.zh,
            en=finding.text.en,
            clause=finding.clause,
            before=before,
        )


class Hints(Struct, frozen=True, kw_only=True):
    """What the rules found, what is likely to be returned first. It predicts; nothing is refused for it."""

    items: tuple[Hint, ...]


def hints(elements: Elements, past: dict[str, int]) -> Hints:
    """Hold elements against the rules; `past` is how often the office's own items were returned, by code."""
    return Hints(items=tuple(Hint.of(each, max((past.get(code, 0) for code in each.codes), default=0)) for each in check(elements)))
