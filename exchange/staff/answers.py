"""What the API says of the staff registry: frozen values, as they travel; what the caller may not see is left out as null."""

from datetime import datetime

from msgspec import Struct

from archive.ledger.database import Tx
from exchange.delivery.answers import EvidenceId
from exchange.office import naming
from exchange.office.store import Person
from exchange.staff import deputies, requests, store
from exchange.staff.filing import ChangeKind, Sight, Training, age, require_sight, seen
from schemas.messages import Date, OfficeCode, PersonId
from schemas.words import Label, Role


class StaffEntry(Struct, frozen=True, kw_only=True):
    """One person of an office. `seen` goes back with a change: it says what the proposer saw."""

    person: PersonId
    name: str
    role: Role
    post: str
    mobile: str
    in_charge: bool
    full_time: bool | None
    filed_at: str | None
    birth_year: int | None = None
    age: int | None = None
    since: str | None = None
    training: list[Training] | None = None
    seen: str | None = None


class ActsFor(Struct, frozen=True):
    """Who acts for whom, on which days; `evidence_id` is the event that named the deputy."""

    person: PersonId
    deputy: PersonId
    first_day: str
    last_day: str
    evidence_id: EvidenceId


class NewDeputy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who is to act for whom, on which days, the last one included.

    A `statement` of it names person, deputy, first and last day as its subject, one space between.
    """

    person: PersonId
    deputy: PersonId
    first_day: Date
    last_day: Date
    statement: bytes = b""
    signature: bytes = b""


class StaffWaiting(Struct, frozen=True):
    """A change that waits for the county."""

    id: str
    kind: ChangeKind
    person: PersonId | None
    proposed_by: PersonId
    proposed_at: str


class StaffHint(Struct, frozen=True):
    """What is worth a quiet word, in the two languages."""

    zh: str
    en: str


class Staff(Struct, frozen=True, kw_only=True):
    """An office's registry as far as the caller sees it; `changes` are told to those who see everything."""

    office: OfficeCode
    office_name: str
    sight: Sight
    items: list[StaffEntry]
    deputies: list[ActsFor]
    hints: list[StaffHint]
    changes: list[StaffWaiting]


class Proposed(Struct, frozen=True):
    """The id of a change that was proposed: that of its event StaffChangeRequest."""

    id: str


def staff(tx: Tx, caller: Person, office: str, now: datetime) -> Staff:
    """Return an office's registry. Raises Problem NOT_ALLOWED."""
    seen_ = require_sight(caller, office, Sight.CONTACTS)
    store.require_office(tx, office)
    whole = seen_ is Sight.WHOLE
    found = store.entries(tx, [office])
    return Staff(
        office=office,
        office_name=naming.offices(tx, [office]).get(office, office),
        sight=seen_,
        items=[_entry(each, now, whole=whole) for each in found],
        deputies=[
            ActsFor(each.person, each.deputy, each.first_day, each.last_day, each.evidence_id)
            for each in deputies.of_office(tx, office, now)
        ],
        hints=[_hint(each) for each in store.hints(found)],
        changes=[
            StaffWaiting(each.id, each.kind, each.person, each.by, each.at) for each in (requests.waiting(tx, office) if whole else [])
        ],
    )


def _hint(label: Label) -> StaffHint:
    return StaffHint(label.zh, label.en)


def _entry(one: store.Entry, now: datetime, *, whole: bool) -> StaffEntry:
    filing = one.filing
    return StaffEntry(
        person=one.person,
        name=filing.name,
        role=filing.role,
        post=filing.post,
        mobile=filing.mobile,
        in_charge=filing.in_charge,
        full_time=filing.full_time,
        filed_at=one.filed_at,
        birth_year=filing.birth_year if whole else None,
        age=age(filing.birth_year, now) if whole else None,
        since=filing.since if whole else None,
        training=list(filing.training) if whole else None,
        seen=seen(filing) if whole else None,
    )
