"""The register changes: offices renamed, closed, opened again, whom to call there, names of people; the act and who did it, together."""

from typing import NamedTuple

from archive.ledger.database import Tx
from exchange.commands import Desk
from exchange.office import administration, contacts, periods, store
from exchange.office.administration import Act


def rename_office(tx: Tx, desk: Desk, code: str, name: str) -> None:
    """Call an office something else. Raises what `periods.rename_office` raises."""
    now = desk.watch.signing_now()
    administration.begin(tx, desk.acting)
    before = periods.rename_office(tx, desk.county.notary, code, name, now)
    administration.note(tx, desk.acting, Act.OFFICE_RENAMED, code, f"{before} → {name.strip()}", now)


def close_office(tx: Tx, desk: Desk, code: str, successor: str = "") -> None:
    """End an office; `successor` goes on with its business, where one does. Raises what `periods.close_office` raises."""
    now = desk.watch.signing_now()
    administration.begin(tx, desk.acting)
    name = periods.close_office(tx, desk.county.notary, code, now, successor or None)
    administration.note(tx, desk.acting, Act.OFFICE_CLOSED, code, name, now)


def reopen_office(tx: Tx, desk: Desk, code: str) -> None:
    """Open an office again. Raises what `periods.reopen_office` raises."""
    now = desk.watch.signing_now()
    administration.begin(tx, desk.acting)
    name = periods.reopen_office(tx, desk.county.notary, code, now)
    administration.note(tx, desk.acting, Act.OFFICE_REOPENED, code, name, now)


def rename_person(tx: Tx, desk: Desk, person: str, name: str) -> None:
    """Correct what somebody is called. Raises what `periods.rename_person` raises, and SIGNING_STOPPED while the clock is doubtful."""
    now, office = desk.watch.signing_now(), store.person(tx, person).office
    administration.begin(tx, desk.acting)
    before = periods.rename_person(tx, person, name, now)
    administration.note(tx, desk.acting, Act.PERSON_RENAMED, office, f"{person} {before} → {name.strip()}", now)


class Reached(NamedTuple):
    """How an office is reached: its confidentiality officer's name and number, and its duty desk's number; each may be empty."""

    person: str
    phone: str
    duty: str


def reached(tx: Tx, office: str) -> Reached:
    """Return how an office is reached today."""
    officer = next((each for each in contacts.contacts(tx, office) if each.office == office), None)
    duty = contacts.duty_desks(tx, [office]).get(office, "")
    return Reached(officer.name if officer else "", officer.phone if officer else "", duty)


def keep_reached(tx: Tx, desk: Desk, office: str, told: Reached) -> None:
    """Keep how an office is reached: what is not different leaves no row, and an officer's name without a number is refused.

    Raises what `contacts.name_contact` and `contacts.set_duty_desk` raise.
    """
    now, before = desk.watch.now(), reached(tx, office)
    administration.begin(tx, desk.acting)
    if (told.person.strip(), told.phone.strip()) not in {before[:2], ("", "")}:
        named = contacts.name_contact(tx, office, told.person, told.phone, now)
        administration.note(tx, desk.acting, Act.CONTACT_NAMED, office, named.name, now)
    if told.duty.strip() != before.duty:
        contacts.set_duty_desk(tx, office, told.duty, now)
        administration.note(tx, desk.acting, Act.DUTY_DESK_NAMED, office, told.duty.strip() or "–", now)
