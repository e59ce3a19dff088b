"""What the API says of offices, people and trust: frozen values, as they travel."""

from msgspec import Struct

from schemas.messages import OfficeCode, PersonId
from schemas.words import OfficeKind, Role


class Office(Struct, frozen=True):
    """An office 单位 of today."""

    code: OfficeCode
    name: str
    kind: OfficeKind


class Offices(Struct, frozen=True):
    """A page of the offices of today, by code; `next` goes into `after`, null at the end."""

    items: list[Office]
    next: str | None


class Enrolled(Struct, frozen=True):
    """Who one is from now on: the person's and the issuing certificate (DER), and the log's verifier line."""

    certificate: bytes
    issuing: bytes
    office: OfficeCode
    office_name: str
    person: PersonId
    name: str
    role: Role
    county: str
    log: str


class TrustParts(Struct, frozen=True):
    """The issuing certificate, the newest revocation lists (DER), and the log's verifier line."""

    issuing: bytes
    crls: list[bytes]
    log: str


class RevocationLists(Struct, frozen=True):
    """Revocation lists, DER."""

    crls: list[bytes]
