"""What the administration's pages ask of the ledger: offices, people and how far each is enrolled. No documents."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.office import scopes
from exchange.office.store import MAX_TRIES
from exchange.paging import CODE, Listing, Slice, Window, cut
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import OfficeKind, Role, Scope, Word

PEOPLE: Final = Listing("admin-people", (CODE, "[0-9]{1,9}"))
SOON: Final = timedelta(days=60)
"""How long before its end an enrolment is worth a word."""


class Enrolment(Word):
    """How far a person is enrolled 登记状态."""

    NONE = "none", "尚未登记", "not enrolled"
    INVITED = "invited", "已发注册码", "has a code"
    ENROLLED = "enrolled", "已登记", "enrolled"
    ENDING = "ending", "即将到期", "ends soon"
    ENDED = "ended", "已到期", "has ended"


TONES: Final = {Enrolment.NONE: "", Enrolment.INVITED: "note", Enrolment.ENROLLED: "good", Enrolment.ENDING: "warn", Enrolment.ENDED: "bad"}


class Validity(Word):
    """How a one-time code or a certificate stands 效力."""

    OPEN = "open", "未使用", "not used yet"
    USED = "used", "已使用", "used"
    LOCKED = "locked", "输错过多已锁定", "locked after wrong tries"
    VALID = "valid", "有效", "valid"
    EXPIRED = "expired", "已过期", "expired"
    REVOKED = "revoked", "已吊销", "revoked"
    WITHDRAWN = "withdrawn", "已作废", "taken back or replaced"


VALIDITY_TONES: Final = {
    Validity.OPEN: "note",
    Validity.USED: "good",
    Validity.LOCKED: "bad",
    Validity.VALID: "good",
    Validity.EXPIRED: "",
    Validity.REVOKED: "bad",
    Validity.WITHDRAWN: "",
}


class Office(NamedTuple):
    """An office, how many people it has, and whom to call there; `until` is when it was closed, None for one of today."""

    code: str
    name: str
    kind: OfficeKind
    since: str
    people: int
    contact: str | None
    phone: str | None
    until: str | None = None
    duty: str | None = None


class Called(NamedTuple):
    """What an office was called from one day on; `until` is None for what it is called today."""

    name: str
    since: str
    until: str | None


class Member(NamedTuple):
    """Somebody of today; `until` is when the newest enrolment ends, or the code that was not used yet."""

    id: str
    office: str
    office_name: str
    name: str
    role: Role
    enrolment: Enrolment
    until: str | None
    scopes: frozenset[Scope] = frozenset()

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return TONES[self.enrolment]


class Key(NamedTuple):
    """A certificate of a person's; `since` is when it was revoked."""

    serial: str
    issued_at: str
    expires_at: str
    since: str | None
    state: Validity

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return VALIDITY_TONES[self.state]


class Code(NamedTuple):
    """A one-time code that was given, by its first characters, and since when it is so; the code itself is nowhere.

    `in_force` says that it can be taken back: it works, or the certificate that it brought does.
    """

    selector: str
    created_at: str
    expires_at: str
    since: str | None
    state: Validity
    in_force: bool

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return VALIDITY_TONES[self.state]


def offices(tx: Tx) -> list[Office]:
    """Return the offices of today by code."""
    rows = tx.rows(
        "SELECT now.office AS code, now.name, now.kind, office.created_at AS since, contact.name AS contact, contact.phone,"
        " (SELECT phone FROM duty_desk WHERE duty_desk.office = now.office AND duty_desk.valid_to IS NULL) AS duty,"
        " (SELECT count(*) FROM person JOIN person_period ON person_period.person = person.id AND person_period.valid_to IS NULL"
        " WHERE person.office = now.office) AS people FROM office_period AS now JOIN office ON office.code = now.office"
        " LEFT JOIN contact ON contact.office = now.office AND contact.valid_to IS NULL WHERE now.valid_to IS NULL ORDER BY now.office",
    )
    return [Office(row.code, row.name, OfficeKind(row.kind), row.since, row.people, row.contact, row.phone, duty=row.duty) for row in rows]


def closed(tx: Tx) -> list[Office]:
    """Return the offices that were closed, by code, under their last names."""
    rows = tx.rows(
        "SELECT last.office AS code, last.name, last.kind, office.created_at AS since, last.valid_to AS until FROM office_period AS last"
        " JOIN office ON office.code = last.office WHERE NOT EXISTS (SELECT 1 FROM office_period AS other WHERE other.office = last.office"
        " AND (other.valid_to IS NULL OR other.valid_from > last.valid_from)) ORDER BY last.office",
    )
    return [Office(row.code, row.name, OfficeKind(row.kind), row.since, 0, None, None, row.until) for row in rows]


def office(tx: Tx, code: str) -> Office:
    """Return an office, a closed one as well. Raises Problem NOT_FOUND."""
    found = next((each for each in [*offices(tx), *closed(tx)] if each.code == code), None)
    if found is None:
        raise Problem(ProblemType.NOT_FOUND, "office")
    return found


def names(tx: Tx, code: str) -> list[Called]:
    """Return everything that an office was called, the newest first."""
    rows = tx.rows("SELECT name, valid_from, valid_to FROM office_period WHERE office = :code ORDER BY valid_from DESC", code=code)
    return [Called(row.name, row.valid_from, row.valid_to) for row in rows]


_MEMBER: Final = (
    "SELECT person.id, person.office, office_period.name AS office_name, now.name, now.role,"
    " CAST(substr(person.id, length(person.office) + 2) AS INTEGER) AS ordinal,"
    " (SELECT max(expires_at) FROM certificate WHERE certificate.person = person.id AND revoked_at IS NULL) AS until,"
    " (SELECT max(expires_at) FROM invitation WHERE invitation.person = person.id AND used_at IS NULL AND expires_at > :now"
    " AND tries < :most_tries)"
    " AS invited FROM person JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
    " JOIN office_period ON office_period.office = person.office AND office_period.valid_to IS NULL"
)


def people(tx: Tx, chosen: tuple[str, str], wanted: Window, now: datetime) -> Slice[Member]:
    """Return people of today by office and number: those of an office, whose name holds a text; either may be empty."""
    office, text = chosen
    after, ordinal = wanted.place or ("", "0")
    rows = tx.rows(
        f"{_MEMBER} WHERE now.role != 'service' AND (:office = '' OR person.office = :office) AND instr(now.name, :text) > 0"
        " AND (person.office, CAST(substr(person.id, length(person.office) + 2) AS INTEGER)) > (:after, :ordinal)"
        " ORDER BY person.office, ordinal LIMIT :rows",
        now=instants.write(now),
        most_tries=MAX_TRIES,
        office=office,
        text=text,
        after=after,
        ordinal=int(ordinal),
        rows=wanted.size + 1,
    )
    found = [_member(tx, row, now) for row in rows]
    return cut(found, wanted.size, PEOPLE, lambda row: (row.office, row.id.rpartition(".")[2]))


def accounts(tx: Tx, now: datetime) -> list[Member]:
    """Return the service accounts of today by office and number."""
    rows = tx.rows(f"{_MEMBER} WHERE now.role = 'service' ORDER BY person.office, ordinal", now=instants.write(now), most_tries=MAX_TRIES)
    return [_member(tx, row, now) for row in rows]


def member(tx: Tx, person: str, now: datetime) -> Member:
    """Return somebody of today. Raises Problem NOT_FOUND, also for one who has left."""
    row = tx.row(f"{_MEMBER} WHERE person.id = :person", person=person, now=instants.write(now), most_tries=MAX_TRIES)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "person")
    return _member(tx, row, now)


def namesakes(tx: Tx, office: str, name: str) -> list[Role]:
    """Return the roles that people of this name have at an office today."""
    rows = tx.rows(
        "SELECT now.role FROM person JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        " WHERE person.office = :office AND now.name = :name ORDER BY person.id",
        office=office,
        name=name,
    )
    return [Role(row.role) for row in rows]


def keys(tx: Tx, person: str, now: datetime) -> list[Key]:
    """Return a person's certificates, the newest first."""
    rows = tx.rows(
        "SELECT serial, issued_at, expires_at, revoked_at FROM certificate WHERE person = :person ORDER BY issued_at DESC, sha256",
        person=person,
    )
    return [Key(row.serial, row.issued_at, row.expires_at, row.revoked_at, key_state(row.expires_at, row.revoked_at, now)) for row in rows]


def codes(tx: Tx, person: str, now: datetime) -> list[Code]:
    """Return the one-time codes that a person was given, the newest first."""
    rows = tx.rows(
        "SELECT selector, created_at, invitation.expires_at, used_at, tries, withdrawn_code.at AS withdrawn_at,"
        " certificate.revoked_at IS NULL AND certificate.expires_at > :now AS bears FROM invitation"
        " LEFT JOIN withdrawn_code USING (selector) LEFT JOIN certificate ON certificate.sha256 = invitation.certificate"
        " WHERE invitation.person = :person ORDER BY created_at DESC, selector LIMIT 20",
        person=person,
        now=instants.write(now),
    )
    return [_code(row, now) for row in rows]


def _code(row: Any, now: datetime) -> Code:
    state = Validity.WITHDRAWN if row.withdrawn_at else code_state(row.expires_at, row.used_at, row.tries, now)
    in_force = state is Validity.OPEN or (state is Validity.USED and bool(row.bears))
    return Code(row.selector, row.created_at, row.expires_at, row.withdrawn_at or row.used_at, state, in_force)


def key_state(expires_at: str, revoked_at: str | None, now: datetime) -> Validity:
    """Return how a certificate stands."""
    if revoked_at is not None:
        return Validity.REVOKED
    return Validity.VALID if expires_at > instants.write(now) else Validity.EXPIRED


def code_state(expires_at: str, used_at: str | None, tries: int, now: datetime) -> Validity:
    """Return how a one-time code stands."""
    if used_at is not None:
        return Validity.USED
    if expires_at <= instants.write(now):
        return Validity.EXPIRED
    return Validity.LOCKED if tries >= MAX_TRIES else Validity.OPEN


def _member(tx: Tx, row: Any, now: datetime) -> Member:
    role = Role(row.role)
    held = scopes.granted(tx, row.id) if role is Role.SERVICE else frozenset()
    state, until = enrolment(row.until, row.invited, now)
    return Member(row.id, row.office, row.office_name, row.name, role, state, until, held)


def enrolment(until: str | None, invited: str | None, now: datetime) -> tuple[Enrolment, str | None]:
    """Return how far somebody is enrolled whose newest certificate and newest open code end then."""
    at = instants.write(now)
    if until is not None and until > at:
        return (Enrolment.ENROLLED if until > instants.write(now + SOON) else Enrolment.ENDING), until
    if invited is not None:
        return Enrolment.INVITED, invited
    return (Enrolment.NONE, None) if until is None else (Enrolment.ENDED, until)
