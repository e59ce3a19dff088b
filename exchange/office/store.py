"""Offices 单位 and people 人员 as dated rows, invitations, certificates and revocation lists."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, record
from exchange.office import scopes
from schemas import instants
from schemas.messages import Certificate
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, OFFICE_CODE, Event, OfficeKind, Role, Scope

MAX_NAME: Final = 60
MAX_TRIES: Final = 5
INVITATION_LIFE: Final = timedelta(hours=24)


class Person(NamedTuple):
    """A person of an office today; `scopes` are a service account's, who may do nothing else."""

    id: str
    office: str
    name: str
    role: Role
    office_name: str
    scopes: frozenset[Scope] = frozenset()

    def require_scope(self, scope: Scope | None, *also: Scope) -> None:
        """Let people do what their role allows, a service account what one of these allows. Raises Problem NOT_ALLOWED."""
        if self.role is Role.SERVICE and self.scopes.isdisjoint((scope, *also)):
            raise Problem(ProblemType.NOT_ALLOWED, f"scope {scope.value}" if scope else f"not for role {self.role.value}")


def require_name(name: str) -> str:
    """Return the name without outer spaces. Raises Problem REQUEST_MALFORMED."""
    cleaned = name.strip()
    if not cleaned or len(cleaned) > MAX_NAME or not cleaned.isprintable():
        raise Problem(ProblemType.REQUEST_MALFORMED, "name")
    return cleaned


def add_office(tx: Tx, notary: Notary, code: str, name: str, kind: OfficeKind, now: datetime) -> str:
    """Register an office; codes are never reused. Raises Problem OFFICE_EXISTS or REQUEST_MALFORMED."""
    if not OFFICE_CODE.fullmatch(code):
        raise Problem(ProblemType.REQUEST_MALFORMED, "code")
    if tx.row("SELECT 1 AS found FROM office WHERE lower(code) = lower(:code)", code=code) is not None:
        raise Problem(ProblemType.OFFICE_EXISTS, code)
    at = instants.write(now)
    tx.run("INSERT INTO office (code, created_at) VALUES (:code, :at)", code=code, at=at)
    tx.run(
        "INSERT INTO office_period (office, valid_from, name, kind) VALUES (:code, :at, :name, :kind)",
        code=code,
        at=at,
        name=require_name(name),
        kind=kind.value,
    )
    return record(tx, notary, Fact(event=Event.OFFICE_REGISTRATION, office=COUNTY, subject=code), now)


def offices(tx: Tx) -> list[Any]:
    """Return code, name and kind of every office of today, by code."""
    return tx.rows("SELECT office AS code, name, kind FROM office_period WHERE valid_to IS NULL ORDER BY office")


def known_offices(tx: Tx, codes: list[str]) -> set[str]:
    """Return those of the codes that are offices today."""
    today = "SELECT 1 AS found FROM office_period WHERE office = :code AND valid_to IS NULL"
    return {code for code in codes if tx.row(today, code=code) is not None}


def add_person(tx: Tx, office: str, name: str, role: Role, now: datetime) -> str:
    """Register a person and return the id `OFFICE.N`. Raises Problem OFFICE_UNKNOWN or REQUEST_MALFORMED."""
    if not known_offices(tx, [office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, office)
    count = tx.row("SELECT count(*) AS count FROM person WHERE office = :office", office=office).count
    person, at = f"{office}.{count + 1}", instants.write(now)
    tx.run("INSERT INTO person (id, office, created_at) VALUES (:id, :office, :at)", id=person, office=office, at=at)
    tx.run(
        "INSERT INTO person_period (person, valid_from, name, role) VALUES (:id, :at, :name, :role)",
        id=person,
        at=at,
        name=require_name(name),
        role=role.value,
    )
    return person


def person(tx: Tx, person_id: str) -> Person:
    """Return who this is today. Raises Problem PERSON_UNKNOWN, also for one who has left."""
    row = tx.row(
        "SELECT person.id, person.office, now.name, now.role, office_period.name AS office_name FROM person"
        " JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        " JOIN office_period ON office_period.office = person.office AND office_period.valid_to IS NULL"
        " WHERE person.id = :id",
        id=person_id,
    )
    if row is None:
        raise Problem(ProblemType.PERSON_UNKNOWN, person_id)
    role = Role(row.role)
    held = scopes.granted(tx, row.id) if role is Role.SERVICE else frozenset()
    return Person(row.id, row.office, row.name, role, row.office_name, held)


def people(tx: Tx) -> list[Any]:
    """Return everybody of today: id, name, role, office, its name, and how many certificates of theirs are in force."""
    return tx.rows(
        "SELECT person.id, now.name, now.role, person.office, office_period.name AS office_name,"
        " (SELECT count(*) FROM certificate WHERE certificate.person = person.id AND revoked_at IS NULL) AS certificates FROM person"
        " JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        " JOIN office_period ON office_period.office = person.office AND office_period.valid_to IS NULL"
        " ORDER BY person.office, person.created_at, person.id",
    )


def find_person(tx: Tx, office: str, name: str, role: Role) -> str | None:
    """Return the id of the office's person of that name and role today, if there is just one."""
    rows = tx.rows(
        "SELECT person.id FROM person JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        " WHERE person.office = :office AND now.name = :name AND now.role = :role ORDER BY person.id",
        office=office,
        name=name,
        role=role.value,
    )
    return str(rows[0].id) if len(rows) == 1 else None


def add_invitation(tx: Tx, person_id: str, selector: str, secret: str, now: datetime, life: timedelta = INVITATION_LIFE) -> None:
    """Keep an invitation: `selector` names it, `secret` is the SHA-256 of the whole code."""
    tx.run(
        "INSERT INTO invitation (selector, secret, person, created_at, expires_at) VALUES (:selector, :secret, :person, :now, :end)",
        selector=selector,
        secret=secret,
        person=person_id,
        now=instants.write(now),
        end=instants.write(now + life),
    )


def try_invitation(tx: Tx, selector: str, secret: str, now: datetime) -> str | None:
    """Return the invited person, or None when the code is wrong, expired or locked; a wrong try is counted.

    The count must survive, so this returns where others raise; the caller turns None into CODE_WRONG.
    """
    row = tx.row("SELECT secret, person, expires_at, tries FROM invitation WHERE selector = :selector", selector=selector)
    if row is None:
        return None
    if row.secret != secret:
        tx.run("UPDATE invitation SET tries = tries + 1 WHERE selector = :selector", selector=selector)
        return None
    return str(row.person) if row.tries < MAX_TRIES and instants.write(now) < row.expires_at else None


def temporary_until(tx: Tx, selector: str) -> datetime | None:
    """Return when what is enrolled with a code ends that was given at night; None for every other code."""
    row = tx.row("SELECT ends_at FROM duty_code WHERE selector = :selector", selector=selector)
    return None if row is None else instants.read(row.ends_at)


def is_temporary(tx: Tx, certificate: str) -> bool:
    """Say whether a certificate came of a code that was given at night: nothing that lasts longer may follow from it."""
    sql = "SELECT 1 AS found FROM duty_code JOIN invitation USING (selector) WHERE invitation.certificate = :certificate"
    return tx.row(sql, certificate=certificate) is not None


def used_invitation(tx: Tx, selector: str) -> bytes | None:
    """Return the certificate (DER) that an invitation brought, or None while it is unused."""
    row = tx.row(
        "SELECT der FROM invitation JOIN certificate ON certificate.sha256 = invitation.certificate WHERE selector = :s", s=selector
    )
    return None if row is None else bytes(row.der)


def use_invitation(tx: Tx, selector: str, certificate: str, now: datetime) -> None:
    """Mark an invitation as used; it works once."""
    tx.run(
        "UPDATE invitation SET used_at = :now, certificate = :certificate WHERE selector = :selector AND used_at IS NULL",
        now=instants.write(now),
        certificate=certificate,
        selector=selector,
    )


class Issued(NamedTuple):
    """A certificate to be kept: DER, SHA-256, serial in hexadecimal, and its end."""

    der: bytes
    sha256: str
    serial: str
    expires_at: datetime


def add_certificate(tx: Tx, notary: Notary, holder: Person, issued: Issued, now: datetime) -> str:
    """Keep a person's certificate and record its issuance, which is public: rogue certificates become visible."""
    tx.run(
        "INSERT INTO certificate (sha256, serial, der, person, issued_at, expires_at) VALUES (:sha, :serial, :der, :person, :at, :end)",
        sha=issued.sha256,
        serial=issued.serial,
        der=issued.der,
        person=holder.id,
        at=instants.write(now),
        end=instants.write(issued.expires_at),
    )
    named = Certificate(sha256=issued.sha256, serial=issued.serial, office=holder.office, person=holder.id)
    return record(tx, notary, Fact(event=Event.CERTIFICATE_ISSUANCE, office=holder.office, by=holder.id, certificate=named), now)


def certificate(tx: Tx, sha256: str) -> Any:
    """Return der, person, expires_at and revoked_at of a certificate. Raises Problem REQUEST_NOT_SIGNED when unknown."""
    row = tx.row("SELECT der, person, issued_at, expires_at, revoked_at FROM certificate WHERE sha256 = :sha", sha=sha256)
    if row is None:
        raise Problem(ProblemType.REQUEST_NOT_SIGNED, "unknown certificate")
    return row


def next_second(now: datetime) -> datetime:
    """Return the next whole second: revocation lists know no smaller unit."""
    return now.replace(microsecond=0) + timedelta(seconds=1)


def revoke(tx: Tx, notary: Notary, person_id: str, now: datetime, only: str | None = None) -> int:
    """Revoke every certificate of a person from the next second on, or `only` the one of this SHA-256; returns how many there were.

    Each has a public event. Raises Problem PERSON_UNKNOWN.
    """
    holder = person(tx, person_id)
    rows = tx.rows(
        "SELECT sha256, serial FROM certificate WHERE person = :id AND revoked_at IS NULL AND sha256 = coalesce(:only, sha256)"
        " ORDER BY issued_at, sha256",
        id=person_id,
        only=only,
    )
    at = instants.write(now)
    for row in rows:
        tx.run("UPDATE certificate SET revoked_at = :at WHERE sha256 = :sha", at=at, sha=row.sha256)
        named = Certificate(sha256=row.sha256, serial=row.serial, office=holder.office, person=holder.id, revoked_at=at)
        record(tx, notary, Fact(event=Event.CERTIFICATE_REVOCATION, office=holder.office, certificate=named), now)
    return len(rows)


def leave(tx: Tx, person_id: str, now: datetime) -> None:
    """End a person's period: someone else has the work now."""
    tx.run(
        "UPDATE person_period SET valid_to = :at WHERE person = :id AND valid_to IS NULL",
        at=instants.write(now),
        id=person_id,
    )


def revoked(tx: Tx) -> list[Any]:
    """Return serial and instant of every revocation, for the next list."""
    return tx.rows("SELECT serial, revoked_at FROM certificate WHERE revoked_at IS NOT NULL ORDER BY revoked_at, serial")


def add_crl(tx: Tx, number: int, der: bytes, this_update: datetime, next_update: datetime) -> None:
    """Keep a revocation list; every one that was ever issued stays, old evidence needs it."""
    tx.run(
        "INSERT INTO crl (number, this_update, next_update, der) VALUES (:number, :this, :next, :der)",
        number=number,
        this=instants.write(this_update),
        next=instants.write(next_update),
        der=der,
    )


def newest_crl(tx: Tx) -> Any:
    """Return number, this_update and next_update of the newest list, or None."""
    return tx.row("SELECT number, this_update, next_update FROM crl ORDER BY number DESC LIMIT 1")


def current_crls(tx: Tx, now: datetime) -> list[bytes]:
    """Return the newest list that has begun and those that begin with the next second, DER, newest first."""
    rows = tx.rows(
        "SELECT der FROM crl WHERE number >= (SELECT coalesce(max(number), 0) FROM crl WHERE this_update <= :now) ORDER BY number DESC",
        now=instants.write(now),
    )
    return [bytes(row.der) for row in rows]


def crls_covering(tx: Tx, moments: list[str]) -> list[bytes]:
    """Return, in order of number, the newest list that covers each instant; an instant that none covers is left out."""
    found = {}
    for moment in moments:
        row = tx.row(
            "SELECT number, der FROM crl WHERE this_update <= :at AND :at <= next_update ORDER BY number DESC LIMIT 1",
            at=moment,
        )
        if row is not None:
            found[row.number] = bytes(row.der)
    return [found[number] for number in sorted(found)]
