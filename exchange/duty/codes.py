"""Codes that are given at night 临时注册码: for a person whose computer or key is not at hand, or for a deputy, after a call back.

The code, and the certificate that it brings, end twelve hours after it was given; no passkey and no password may follow from it. The
event DutyCodeIssuance is public as an enrolment is; whom somebody called back, and at which number, is its reason, which is erasable.
A code that was read to the wrong number is taken back 作废, with an event DutyCodeWithdrawal, as public as its issuance: the log says of
each code alike why it ended, used or not. That a later code took its place needs none: the later one's issuance says it.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, record
from exchange.county import County
from exchange.office import administration, enrol, store, taking_back
from exchange.office.administration import Act, Acting
from exchange.office.contacts import telephone
from exchange.office.enrol import Invitation
from exchange.office.store import Person, add_person, known_offices, require_name
from exchange.office.taking_back import Taken
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Role

LIFE: Final = timedelta(hours=12)
GIVERS: Final = frozenset({Role.DUTY, Role.ADMINISTRATOR})
"""Who gives them at the county; nobody else's duty officer does."""
_NEVER: Final = frozenset({Role.ADMINISTRATOR, Role.CONFIDENTIALITY, Role.SERVICE, Role.AUDITOR})
"""Whose work can wait until the morning: what they may do is not handed out over the telephone."""


class Wanted(NamedTuple):
    """For whom a code is wanted: an office and a name there; who was called back, at which number."""

    office: str
    person: str
    called: str
    number: str


class Given(NamedTuple):
    """A code that was given; it is shown once."""

    person: Person
    invitation: Invitation
    ends_at: datetime
    deputy: bool


class Kept(NamedTuple):
    """What is kept of a code: its first characters, for whom, by whom, when it ends, whether it was used; who was called back.

    `withdrawn_at` is when it ended before its time, `followed_by` the later code that took its place, `in_force` whether it, or what
    was enrolled with it, still works.
    """

    selector: str
    person: str
    name: str
    office: str
    issued_by: str | None
    deputy: bool
    at: str
    ends_at: str
    used_at: str | None
    called: str | None
    withdrawn_at: str | None
    followed_by: str | None
    in_force: bool


def require_giver(caller: Person) -> None:
    """Let the county's own duty officers and administrators. Raises Problem NOT_ALLOWED."""
    if caller.office != COUNTY or caller.role not in GIVERS:
        raise Problem(ProblemType.NOT_ALLOWED, f"temporary code: {caller.role.value}")


def _begin(tx: Tx, acting: Acting) -> None:
    """Begin an act of somebody who still may do it; the command on the county's machine is nobody."""
    administration.begin(tx, acting)
    if acting.person is not None:
        require_giver(store.person(tx, acting.person))


def give(tx: Tx, notary: Notary, acting: Acting, wanted: Wanted, now: datetime) -> Given:
    """Give a code to somebody of an office, who is registered as a deputy clerk if nobody there has that name.

    Raises Problem OFFICE_UNKNOWN, REQUEST_MALFORMED (a name, a number, or several people of that name), NOT_ALLOWED for the county
    itself and for roles that are not given at night, ACTION_NOT_POSSIBLE for a form that was sent before.
    """
    _begin(tx, acting)
    if not known_offices(tx, [wanted.office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, wanted.office)
    if wanted.office == COUNTY:
        raise Problem(ProblemType.NOT_ALLOWED, COUNTY)
    called, phone = require_name(wanted.called), telephone(wanted.number, "number")
    name = require_name(wanted.person)
    found = [each for each in store.people(tx) if each.office == wanted.office and name in (each.name, each.id)]
    if len(found) > 1:
        raise Problem(ProblemType.REQUEST_MALFORMED, "several people of this name")
    if found and Role(found[0].role) in _NEVER:
        raise Problem(ProblemType.NOT_ALLOWED, str(found[0].role))
    person = str(found[0].id) if found else add_person(tx, wanted.office, name, Role.CLERK, now)
    invitation, ends = enrol.invite(tx, person, now, LIFE), now + LIFE
    reason = f"{called} {phone}"
    fact = Fact(event=Event.DUTY_CODE_ISSUANCE, office=wanted.office, by=acting.person, subject=person, reason=reason)
    tx.run(
        "INSERT INTO duty_code (evidence_id, selector, person, issued_by, deputy, at, ends_at)"
        " VALUES (:evidence, :selector, :person, :by, :deputy, :at, :ends)",
        evidence=record(tx, notary, fact, now),
        selector=invitation.selector,
        person=person,
        by=acting.person,
        deputy=int(not found),
        at=instants.write(now),
        ends=instants.write(ends),
    )
    administration.note(tx, acting, Act.DUTY_CODE_GIVEN, wanted.office, person, now)
    return Given(store.person(tx, person), invitation, ends, not found)


def take_back(tx: Tx, county: County, acting: Acting, selector: str, now: datetime) -> Taken:
    """Take back a code of the night, used or not: event, certificate, revocation list, and a deputy's time there, in one transaction.

    Raises Problem NOT_FOUND for what is no code of the night, ACTION_NOT_POSSIBLE for a form that was sent before, and what
    `taking_back.holder` raises.
    """
    _begin(tx, acting)
    row = tx.row("SELECT evidence_id, deputy FROM duty_code WHERE selector = :selector", selector=selector)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "code")
    person = taking_back.holder(tx, selector, acting, now)
    office = person.rpartition(".")[0]
    subject = f"{person} {row.evidence_id}"
    fact = Fact(event=Event.DUTY_CODE_WITHDRAWAL, office=office, by=acting.person, subject=subject)
    taken = taking_back.take_back(tx, county, acting, selector, now, record(tx, county.notary, fact, now))
    tx.run("UPDATE duty_code SET ended = 1 WHERE evidence_id = :id", id=row.evidence_id)
    _let_go(tx, person, now)
    administration.note(tx, acting, Act.CODE_TAKEN_BACK, office, person, now)
    return taken


def is_of_the_night(tx: Tx, selector: str) -> bool:
    """Say whether a code was given at night."""
    return tx.row("SELECT 1 AS found FROM duty_code WHERE selector = :selector", selector=selector) is not None


def given(tx: Tx, most: int, now: datetime) -> list[Kept]:
    """Return the codes that were given last, the newest first."""
    rows = tx.rows(
        "SELECT duty_code.*, person.office, invitation.used_at, reason.text AS called, withdrawn_code.at AS withdrawn_at,"
        " withdrawn_code.followed_by, withdrawn_code.at IS NULL AND CASE WHEN used_at IS NULL THEN invitation.expires_at > :now"
        " ELSE EXISTS (SELECT 1 FROM certificate WHERE certificate.sha256 = invitation.certificate AND revoked_at IS NULL"
        " AND certificate.expires_at > :now) END AS in_force, (SELECT name FROM person_period AS named"
        " WHERE named.person = duty_code.person ORDER BY valid_from DESC LIMIT 1) AS name FROM duty_code"
        " JOIN person ON person.id = duty_code.person JOIN invitation USING (selector) LEFT JOIN withdrawn_code USING (selector)"
        " LEFT JOIN reason ON reason.evidence_id = duty_code.evidence_id ORDER BY duty_code.at DESC, duty_code.evidence_id LIMIT :most",
        most=most,
        now=instants.write(now),
    )
    told = [{name: getattr(row, name) for name in Kept._fields} for row in rows]
    return [Kept(**each | {"deputy": bool(each["deputy"]), "in_force": bool(each["in_force"])}) for each in told]


def has_ended(tx: Tx, now: datetime) -> bool:
    """Say whether a code has ended whose deputy is still registered."""
    sql = "SELECT 1 AS found FROM duty_code WHERE ended = 0 AND ends_at <= :now LIMIT 1"
    return tx.row(sql, now=instants.write(now)) is not None


_OF_THE_NIGHT: Final = (
    "SELECT 1 AS found FROM duty_code JOIN person_period ON person_period.person = duty_code.person AND valid_to IS NULL"
    " WHERE duty_code.person = :id AND deputy = 1"
    " AND NOT EXISTS (SELECT 1 FROM invitation WHERE person = :id AND selector NOT IN (SELECT selector FROM duty_code))"
    " AND NOT EXISTS (SELECT 1 FROM staff_period WHERE staff_period.person = :id AND staff_period.valid_to IS NULL)"
)
"""Somebody of today who was registered for a night, had no code but such ones since, and whom nobody has filed."""


def end(tx: Tx, now: datetime) -> int:
    """Let deputies go whose code has ended, unless they were given another one or were enrolled in another way; returns how many codes."""
    at = instants.write(now)
    rows = tx.rows("SELECT person, evidence_id FROM duty_code WHERE ended = 0 AND ends_at <= :now ORDER BY at, evidence_id", now=at)
    for row in rows:
        tx.run("UPDATE duty_code SET ended = 1 WHERE evidence_id = :id", id=row.evidence_id)
        _let_go(tx, row.person, now)
    return len(rows)


def _let_go(tx: Tx, person: str, now: datetime) -> None:
    """End the time of a deputy who has no code that works and no certificate in force any more, and never had another kind."""
    kept = tx.row(
        "SELECT 1 AS found FROM invitation WHERE person = :id AND expires_at > :now UNION ALL"
        " SELECT 1 FROM certificate WHERE person = :id AND revoked_at IS NULL AND expires_at > :now LIMIT 1",
        id=person,
        now=instants.write(now),
    )
    if kept is None and tx.row(_OF_THE_NIGHT, id=person) is not None:
        store.leave(tx, person, now)
