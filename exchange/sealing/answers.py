"""What the API says of sealed submissions, and what officers send: frozen values, as they travel."""

from typing import Annotated

from msgspec import Meta, Struct

from exchange.delivery.answers import FilingNumber
from exchange.sealing.states import MAX_REASON, Seal
from schemas.messages import Digest, Instant, OfficeCode, PersonId

_Reason = Annotated[str, Meta(min_length=1, max_length=MAX_REASON, pattern=r"\S")]


class SealedItem(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A sealed submission in a list: no title. `openable` says that its package is wrapped for one of the caller's keys."""

    submission: Digest
    filing_number: FilingNumber
    from_: OfficeCode
    state: Seal
    since: Instant
    rules: tuple[str, ...]
    policy: str
    openable: bool


class SealedItems(Struct, frozen=True):
    """A page of them, newest first; `next` goes into `after`, null at the end. `officers` is how many can open what is sealed now."""

    items: list[SealedItem]
    next: str | None
    officers: int


class WrappedKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A package's key, wrapped for one recipient (HPKE): `recipient` is the SHA-256 of the public key (SubjectPublicKeyInfo)."""

    recipient: Digest
    wrapped: bytes


class Officer(Struct, frozen=True):
    """A confidentiality officer's public key: SubjectPublicKeyInfo, DER."""

    person: PersonId
    recipient: Digest
    key: bytes


class SealedPackage(Struct, frozen=True):
    """What is needed to open a package: where it is, its key as it is wrapped for each recipient, and the officers of now."""

    item: SealedItem
    package: Digest
    size: int
    keys: list[WrappedKey]
    officers: list[Officer]


class Report(Struct, frozen=True, forbid_unknown_fields=True):
    """A find that a person reports: `item` is a submission's id or its filing number."""

    item: Annotated[str, Meta(min_length=1, max_length=80)]
    reason: _Reason


class Why(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason: the receipt holds a salted digest of it. It must not quote the document."""

    reason: _Reason


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """A false alarm: the package's key, 32 bytes, and why."""

    key: bytes
    reason: _Reason


class Rewrap(Struct, frozen=True, forbid_unknown_fields=True):
    """The package's key, wrapped anew for every officer of now."""

    keys: Annotated[list[WrappedKey], Meta(min_length=1, max_length=100)]


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No more than an empty object."""
