"""What the API says about papers and the paperless rate."""

from typing import Annotated

from msgspec import Meta, Struct

from exchange.paper.words import PaperDirection, PaperReason
from schemas.messages import Digest
from schemas.words import Kind


class NewPaper(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A paper to be registered. `counterpart` is an office's code or name, or a name from outside the county."""

    direction: PaperDirection
    counterpart: str = ""
    number: str = ""
    title: str = ""
    kind: Kind = Kind.OTHER
    dated: str = ""
    copies: Annotated[int, Meta(ge=1, le=9999)] = 1
    pages: Annotated[int, Meta(ge=0, le=9999)] = 0
    reason: PaperReason | None = None
    late: str = ""


class PaperShown(Struct, frozen=True, kw_only=True):
    """A paper of the caller's office; null for words that were erased."""

    evidence_id: str
    direction: PaperDirection
    counterpart: str | None
    number: str | None
    title: str | None
    kind: Kind
    dated: str
    copies: int
    pages: int
    reason: PaperReason
    late: str
    at: str
    by: str
    scans: tuple[str, ...]


class Attach(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which submission holds the paper's scan; a `statement` of it has the paper's evidence id as subject and the submission as reason."""

    submission: Digest
    statement: bytes = b""
    signature: bytes = b""


class Papers(Struct, frozen=True, omit_defaults=True):
    """One page of the office's papers, newest first."""

    papers: list[PaperShown]
    next: str | None = None


class FiguresShown(Struct, frozen=True, kw_only=True):
    """How many by each way, and the rate in per cent with one decimal, '' where nothing was exchanged."""

    electronic: int
    paper: int
    outside: int
    rate: str
    above: bool


class RatesShown(Struct, frozen=True, kw_only=True):
    """The paperless rate of a span of months: of the whole, by office and direction, by kind, by month; in code order, never ranked."""

    first: str
    last: str
    line: int
    whole: FiguresShown
    offices: dict[str, dict[PaperDirection, FiguresShown]]
    kinds: dict[Kind, FiguresShown]
    months: dict[str, FiguresShown]
    reasons: dict[PaperReason, int]
    courier: dict[PaperDirection, int]
    stops: dict[Kind, str]
