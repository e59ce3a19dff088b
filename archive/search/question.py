"""What is asked of the index and what it answers; no engine, no ledger and no syntax stands here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Where = Literal["any", "title", "number", "file"]
"""`any` is the title, the number, the file names and, for whoever may read them, the texts of all parts."""

MACHINES: Final = "machines"
"""Stands among the readers of an entry whose text a service account may find it by; it is nobody's name."""

OUTSIDE: Final[tuple[Where, ...]] = ("title", "number", "file")
"""Of `any` what is no text: those who may see an item and not read it find it by these alone."""

Keyword = Literal["from", "to", "kind", "urgency", "state", "reader"]
Span = Literal["year", "date", "received"]
Order = Literal["best", "newest"]


@dataclass(frozen=True)
class Words:
    """Holds where this text stands, letter for letter after folding (`han.fold`): a word and a phrase are the same."""

    text: str
    where: Where = "any"


@dataclass(frozen=True)
class Number:
    """Holds for one document number, however it was spelled; without `issuer`, for that year and ordinal of any issuer."""

    year: int
    ordinal: int
    issuer: str = ""


@dataclass(frozen=True)
class OneOf:
    """Holds where a keyword has one of these values: office codes, kinds, urgencies; states are the viewer's own.

    No query has the keyword `reader`: it is put in by whoever asks for somebody else.
    """

    keyword: Keyword
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """Holds from `first` to `last`, both included: years as 2026, days as 20261122 (date of issue, day of reception)."""

    span: Span
    first: int
    last: int


@dataclass(frozen=True)
class Everything:
    """Holds for every item."""


@dataclass(frozen=True)
class Not:
    """Holds where the other does not."""

    node: "Node"


@dataclass(frozen=True)
class And:
    """Holds where all hold; at least one."""

    nodes: "tuple[Node, ...]"


@dataclass(frozen=True)
class Or:
    """Holds where one holds; at least one."""

    nodes: "tuple[Node, ...]"


Node = Words | Number | OneOf | Between | Everything | Not | And | Or


class Viewer(NamedTuple):
    """Who asks. The index shows what this person's office sent or received, and named items to the named alone (invariant 9)."""

    office: str
    person: str


class Place(NamedTuple):
    """Where a page of answers ended: the next one begins behind it."""

    tier: int
    accepted: int


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question. `best` puts first what matches in title or number, newest first within; `newest` is newest first.

    Nothing in the order depends on items that the viewer may not see: no score counts words over all documents.
    """

    node: Node
    viewer: Viewer
    order: Order = "best"
    after: Place | None = None
    size: int = 20
    facets: bool = True


class Hit(NamedTuple):
    """One found submission; `tier` is 0 where title or number matched under `best`, else 1."""

    submission: str
    accepted: int
    tier: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer. `total` counts all matches that the viewer may see.

    `facets` maps `office` (sender), `kind`, `year` and `state` (`received:pending`, `sent:returned`…, the viewer's own) to
    counts over all matches; `upto` is the ledger sequence that the answering index had taken in.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    upto: int = 0
