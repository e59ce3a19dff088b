"""What the API says of a sent item's recipients: frozen values, as they travel. Readers ignore members that they do not know."""

from typing import Annotated

from msgspec import Meta, Struct

from exchange.delivery.answers import EvidenceId, FilingNumber
from exchange.delivery.own_words import Words
from exchange.delivery.states import Opening, Recall, Review
from exchange.supervision.urging import MAX_NOTE, Way
from schemas.messages import Digest, Instant, OfficeCode, PersonId


class Cell(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One recipient: where its copy stands, and when what happened.

    `sign_by` is the limit within which it is to be signed for, `overdue` says that it has passed while nobody signed; `expired_at`
    when that was recorded. `urged` counts the times it was urged, the members after it tell of the last, `urge_from` when it may be
    urged again where that is not yet; `phone` is the number of its duty desk, or of the person named in `contact` where it has none.
    """

    office: OfficeCode
    name: str
    copy: bool
    opening: Opening
    review: Review
    recall: Recall = Recall.NONE
    consigned_at: Instant
    opened_at: Instant | None = None
    signed_at: Instant | None = None
    returned_at: Instant | None = None
    misdirected_at: Instant | None = None
    withdrawn_at: Instant | None = None
    sign_by: Instant | None = None
    overdue: bool = False
    expired_at: Instant | None = None
    urged: int = 0
    urged_at: Instant | None = None
    urged_by: PersonId | None = None
    urged_by_name: str | None = None
    urged_way: Way | None = None
    note: str = ""
    urge_from: Instant | None = None
    phone: str | None = None
    contact: str | None = None

    @property
    def waits(self) -> bool:
        """Whether it is still to be signed for."""
        return self.review is Review.PENDING


class Totals(Struct, frozen=True, kw_only=True):
    """How many recipients there are, and of these how many opened it, signed for it, sent it back, are waited for, and are overdue."""

    recipients: int
    opened: int
    signed_for: int
    returned: int
    withdrawn: int
    waiting: int
    overdue: int


class Matrix(Struct, frozen=True, kw_only=True):
    """The receipt matrix 签收矩阵 of a submission: every recipient, the main ones first, then by code."""

    submission: Digest
    filing_number: FilingNumber
    at: Instant
    totals: Totals
    rows: list[Cell]


class Urge(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of an urging: which offices, all that have not signed for it without any; which way; a note that the office may see.

    `statement` is a `Statement` in canonical form that names the one office in `recipient`, with `web` or `phone` and the note behind a
    space as its reason, and `signature` a detached CAdES over it, both base64; `signed` has as much for each of several offices.
    """

    offices: Annotated[tuple[OfficeCode, ...], Meta(max_length=1000)] = ()
    way: Way = Way.WEB
    note: Annotated[str, Meta(max_length=MAX_NOTE)] = ""
    statement: bytes = b""
    signature: bytes = b""
    signed: Words = ()


class UrgedOffice(Struct, frozen=True):
    """An office that was urged, and the event that tells of it."""

    office: OfficeCode
    evidence_id: EvidenceId


class UrgedNow(Struct, frozen=True):
    """Who was urged, and who was left alone because it was urged of late, or in the same words within the last five minutes."""

    submission: Digest
    urged: list[UrgedOffice]
    before: list[OfficeCode]
