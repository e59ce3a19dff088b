"""What the interface of deadlines and nights takes and gives."""

from typing import Annotated

from msgspec import Meta, Struct

from exchange.delivery.own_words import Words
from exchange.duty.roster import Shift
from schemas.messages import Date, Digest, Envelope, Instant, OfficeCode

Name = Annotated[str, Meta(max_length=60)]
Phone = Annotated[str, Meta(max_length=40)]


class Extend(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of an extension: to which day, why, for which recipients; all that are not through with it when none is named.

    `statement` is a `Statement` in canonical form that names the one office in `recipient`, with the day and the reason behind a space
    as its reason, and `signature` a detached CAdES over it, both base64; `signed` has as much for each of several offices.
    """

    until: Date
    reason: Annotated[str, Meta(max_length=1000)]
    offices: Annotated[tuple[OfficeCode, ...], Meta(max_length=1000)] = ()
    statement: bytes = b""
    signature: bytes = b""
    signed: Words = ()


class OfficeDeadline(Struct, frozen=True, kw_only=True):
    """How long one recipient has: to sign for it, and the day by which it is to answer, which an extension moves."""

    office: OfficeCode
    sign_by: Instant
    asked: Date | None
    extended: Date | None


class GivenTime(Struct, frozen=True, kw_only=True):
    """One extension; `reason` is absent where it is not kept."""

    evidence_id: str
    office: OfficeCode
    until: Date
    at: Instant
    reason: str | None


class Deadlines(Struct, frozen=True):
    """The deadlines of a submission: of every recipient to its sender, of its own to a recipient."""

    submission: Digest
    items: list[OfficeDeadline]
    extensions: list[GivenTime]


class RosterDay(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who is on duty on a day, and who leads; a day with nobody is taken out of the roster."""

    day: Date
    officer: Name = ""
    officer_phone: Phone = ""
    leader: Name = ""
    leader_phone: Phone = ""


class Roster(Struct, frozen=True, forbid_unknown_fields=True):
    """Days of an office's roster of duty, by day."""

    items: Annotated[list[RosterDay], Meta(max_length=400)]


class KeptRoster(Struct, frozen=True, omit_defaults=True):
    """The days as they were sent, and the receipt of what changed: none where nothing did."""

    items: list[RosterDay]
    receipt: Envelope | None = None


class OfficeOnDuty(Struct, frozen=True):
    """Who is on duty at an office now."""

    office: OfficeCode
    shift: RosterDay


class OnDuty(Struct, frozen=True):
    """Who is on duty now at the caller's own office and at the county; an office that has entered nobody is left out."""

    items: list[OfficeOnDuty]


def told(shift: Shift) -> RosterDay:
    """Return a day as it travels."""
    return RosterDay(shift.day.isoformat(), *shift[1:])
