"""What is said of registers: frozen values, as they travel."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from exchange.delivery.answers import FilingNumber
from exchange.registers.rules import MAX_REASON, MAX_VALUE, Book, Column
from schemas.messages import Date, Digest, Instant, OfficeCode
from schemas.words import Kind, Urgency

EvidenceId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$(?!\\n)")]
Year = Annotated[int, Meta(ge=2000, le=2100)]
Hidden = Literal["", "named", "shut", "sealed", "destroyed"]
Ending = Literal["", "concluded", "returned", "withdrawn", "misdirected"]


class Correction(Struct, frozen=True):
    """A correction 更正: who and when, what stood there and what stands there now, and why.

    Values and reason are empty where the caller is not told of the item, and once it is sealed.
    """

    evidence_id: EvidenceId
    at: Instant
    by: str
    before: dict[Column, str]
    values: dict[Column, str]
    reason: str


class Entry(Struct, frozen=True, kw_only=True):
    """A line of a register, with what corrections made of it; names are those of its day.

    `hidden` says why there is no text: for named persons, misdirected or taken back (`shut`), sealed, destroyed. `other` is who sent
    it, or to whom it went, `copied` who had a copy. `ending` is what became of it: of what was sent to
    several, `ended` of `recipients` were returned or withdrawn.
    """

    number: int
    day: Date
    at: Instant
    evidence_id: EvidenceId
    submission: Digest | None
    filing_number: FilingNumber | None
    paper: bool
    hidden: Hidden
    internal: bool
    office: OfficeCode | None
    other: str
    copied: str
    document_number: str
    title: str
    kind: Kind
    urgency: Urgency
    copies: int | None
    pages: int | None
    signatory: str
    handler: str
    ending: Ending
    ended: int
    recipients: int
    result: str
    place: str
    archive_number: str
    remark: str
    corrections: tuple[Correction, ...]


class Locked(Struct, frozen=True):
    """A locked year: by which event, when and by whom, over how many entries, with which digest."""

    evidence_id: EvidenceId
    at: Instant
    by: str
    entries: int
    digest: Digest


class Register(Struct, frozen=True):
    """A part of one year's register, by number; `next` goes into `after`, null at the end. `locked` is null while the year is open."""

    book: Book
    office: OfficeCode
    office_name: str
    year: Year
    count: int
    locked: Locked | None
    entries: list[Entry]
    next: str | None


class Correct(Struct, frozen=True, forbid_unknown_fields=True):
    """What to correct in an entry, by its receipt's id, and why; an empty value says that nothing stands there.

    `statement` is a `Statement` in canonical form, `signature` a detached CAdES over it, both base64: it names the entry in `subject`
    (book/year/number) and in `reason` the SHA-256 of the correction as it is kept, canonical JSON of `reason` and `values`. Without
    them the receipt is on the service's word.
    """

    entry: EvidenceId
    values: Annotated[dict[Column, Annotated[str, Meta(max_length=MAX_VALUE)]], Meta(min_length=1)]
    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON, pattern=r"\S")]
    statement: bytes = b""
    signature: bytes = b""


class Lock(Struct, frozen=True, forbid_unknown_fields=True):
    """Which year is locked, and the number of entries that was seen; a `statement` of it names book/year/entries/sha256:digest."""

    year: Year
    entries: Annotated[int, Meta(ge=0)]
    statement: bytes = b""
    signature: bytes = b""


Then = Literal["unsigned", "unconcluded"]
"""Not signed for; signed for and not concluded."""


class Carried(Struct, frozen=True, kw_only=True):
    """An item that was open when the year began: its own year and number in the book, where it had one, and its position today."""

    year: int | None
    number: int | None
    day: Date
    submission: Digest | None
    office: str
    document_number: str
    title: str
    hidden: bool
    then: Then
    now: Literal["", "concluded", "signed_for", "returned", "withdrawn", "misdirected"]


class CarriedOver(Struct, frozen=True):
    """What was open when a year began 结转, the oldest first, and where each item stands today."""

    book: Book
    year: Year
    items: list[Carried]
