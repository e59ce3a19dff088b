"""What is said of returns and corrections, as it travels."""

from typing import Annotated

from msgspec import Meta, Struct

from exchange.correction.same_number import Reuse
from schemas.messages import Digest, OfficeCode
from schemas.words import Kind


class ReturnReason(Struct, frozen=True, kw_only=True):
    """A reason for returning: its code, its words, and the clause of GB/T 9704-2012 where the rule stands, if it does."""

    code: str
    zh: str
    en: str
    clause: str


class ReturnReasons(Struct, frozen=True, kw_only=True):
    """The county's list of today, in its order."""

    items: tuple[ReturnReason, ...]


class SaidOfNumber(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a number is used again."""

    said: Reuse


class OtherItem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Another item with the same number that the caller may see."""

    submission: Digest
    title: str
    accepted_at: str
    said: Reuse | None = None


class SameNumber(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the sender said of its number, and the other items with it."""

    said: Reuse | None = None
    others: tuple[OtherItem, ...] = ()


class Redirection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The office that it is for."""

    office: OfficeCode


class Statistics(Struct, frozen=True, kw_only=True):
    """Returns of a year: how many, by reason (`other`: words alone), by kind, by month. A return with two reasons counts under either."""

    year: Annotated[int, Meta(ge=2000, le=2999)]
    total: int
    codes: dict[str, int]
    kinds: dict[Kind, int]
    months: dict[str, int]
