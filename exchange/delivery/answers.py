"""What the API says of submissions and deliveries: frozen values, as they travel. Readers ignore members that they do not know."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from exchange.delivery.states import MAX_REASON, Action, Opening, Recall, Review
from schemas.messages import Digest, Envelope, Instant, OfficeCode, PersonId
from schemas.words import Event, Handling, Kind, Role, Urgency

EvidenceId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$(?!\\n)")]
FilingNumber = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_-]{0,31}-[0-9]{4}-[0-9]{6,}$(?!\\n)")]
Version = Annotated[int, Meta(ge=1)]
Codes = Annotated[tuple[Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{1,39}$(?!\\n)")], ...], Meta(max_length=12)]
"""Reasons for returning, by their codes."""


class Move(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a move: why, the version of the delivery that the caller saw, and what the caller signed of the act.

    `codes` are for a return alone: what was chosen of the county's list of reasons. They are written in front of `reason` as
    docs/api.md says, and it is the whole that a statement signs.
    `statement` is a `Statement` in canonical form and `signature` a detached CAdES over it, both base64. Without them the
    receipt is on the county service's word.
    """

    reason: Annotated[str, Meta(max_length=MAX_REASON)] = ""
    version: Version | None = None
    statement: bytes = b""
    signature: bytes = b""
    codes: Codes = ()


class Return(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a return: reasons of the county's list by their codes, or one in words, or both.

    They are shown to the sender as one text, of which the receipt holds a salted digest.
    """

    reason: Annotated[str, Meta(max_length=MAX_REASON)] = ""
    version: Version | None = None
    statement: bytes = b""
    signature: bytes = b""
    codes: Codes = ()


class Words(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of an entry on the handling slip: its words stand in `reason`; the receipt holds a salted digest of them."""

    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON, pattern=r"\S")]
    version: Version | None = None
    statement: bytes = b""
    signature: bytes = b""


class Listed(Struct, frozen=True, omit_defaults=True, kw_only=True, rename={"from_": "from"}):
    """A submission in a list. `joint` are the offices that issue it with the sender 联合发文.

    `number` is the document's own 发文字号; `named` says that only named persons see it.

    `reviewed` are the rules for which a secrecy review 保密审查 let it in. `sealed` 封存 says that it was taken from everybody:
    then the title is empty and there is no number. `destroyed` says of a sealed one that it was destroyed since, or is being so.
    """

    submission: Digest
    filing_number: FilingNumber
    from_: OfficeCode
    kind: Kind
    urgency: Urgency
    number: str | None
    title: str
    accepted_at: Instant
    handling: Handling = Handling.NORMAL
    named: bool = False
    replaces: Digest | None = None
    joint: tuple[OfficeCode, ...] = ()
    reviewed: tuple[str, ...] = ()
    sealed: bool = False
    destroyed: bool = False


class Delivery(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where one recipient's copy stands; `reason` is there while it is returned, misdirected, taken back or asked for.

    `carried_at` tells since when it lies on a medium for an office that has not said yet that it opened it: it may have been read there.
    """

    office: OfficeCode
    copy: bool
    opening: Opening
    review: Review
    changed_at: Instant
    version: Version = 1
    recall: Recall = Recall.NONE
    reason: str | None = None
    carried_at: Instant | None = None


class Received(Listed, frozen=True, omit_defaults=True, kw_only=True):
    """A submission in the caller's inbox; `version` counts the moves of this delivery."""

    opening: Opening
    review: Review
    recall: Recall = Recall.NONE
    version: Version
    copy: bool
    consigned_at: Instant


class ReceivedNow(Received, frozen=True, omit_defaults=True, kw_only=True):
    """The caller's own delivery, and what the caller may do with it now."""

    changed_at: Instant
    actions: tuple[Action, ...]
    reason: str | None = None


class SlipEntry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One entry of the handling slip: what it is, who wrote it in which role, when; `words` are absent once they were erased.

    `asserted_by` says on whose word it stands: the person's own, who signed it, or the county service's.
    """

    evidence_id: EvidenceId
    event: Event
    at: Instant
    by: PersonId
    name: str
    role: Role
    asserted_by: Literal["county-service", "person"]
    words: str | None = None


class Slip(Struct, frozen=True, kw_only=True):
    """The handling slip 文件处理笺 of the caller's office, in the order of writing, and what the caller may write on it now."""

    submission: Digest
    entries: tuple[SlipEntry, ...]
    actions: tuple[Action, ...]


class Sent(Listed, frozen=True, omit_defaults=True, kw_only=True):
    """A submission that the caller's office sent, with every recipient's position, and what replaced it."""

    deliveries: tuple[Delivery, ...]
    replaced_by: Digest | None = None


class Occurrence(Struct, frozen=True, kw_only=True):
    """One event of a submission; `recipient` is the office it concerns, `by` the person who acted."""

    evidence_id: EvidenceId
    event: Event
    at: Instant
    recipient: OfficeCode | None
    by: PersonId | None


class Status(Sent, frozen=True, omit_defaults=True, kw_only=True):
    """One submission: deliveries and events as far as they concern the caller's office."""

    container: Digest
    size: int
    received_at: Instant
    sent_by: PersonId
    events: tuple[Occurrence, ...]


class Named(Struct, frozen=True):
    """One item that a text may mean."""

    submission: Digest
    filing_number: FilingNumber


class Identified(Struct, frozen=True):
    """What a text may mean, by id; `more` says that further items begin so."""

    items: list[Named]
    more: bool


class Inbox(Struct, frozen=True):
    """A page of the inbox, newest first; `next` goes into `after`, null at the end."""

    items: list[Received]
    next: str | None


class Outgoing(Struct, frozen=True):
    """A page of what the office sent, newest first; `next` goes into `after`, null at the end."""

    items: list[Sent]
    next: str | None


class SubmissionReceipts(Struct, frozen=True):
    """All receipts of a submission that concern the caller's office, in order."""

    receipts: list[Envelope]


class OfficeReceipts(Struct, frozen=True):
    """A page of the office's own receipts, by sequence without a gap; `next` goes into `after`, null at the end."""

    receipts: list[Envelope]
    next: str | None
