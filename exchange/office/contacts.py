"""Whom to call: the confidentiality officer 保密员 of an office, and its duty desk 值班室, each with a telephone number, as dated rows."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from aiohttp import web
from msgspec import Struct

from archive.ledger.database import Tx
from exchange.office import store
from exchange.office.session import caller
from exchange.operation import JSON, Body, Operation
from exchange.representation import answer
from exchange.service import SERVICE
from schemas import instants
from schemas.messages import OfficeCode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Scope

_PHONE: Final = re.compile(r"[0-9+(（][0-9 ()（）+*#转分机-]{2,39}")


class Contact(Struct, frozen=True):
    """Whom to call at one office."""

    office: OfficeCode
    office_name: str
    name: str
    phone: str


class Contacts(Struct, frozen=True):
    """Those of the caller's own office, first, and of the county; an office that has named nobody is left out."""

    items: list[Contact]


def name_contact(tx: Tx, office: str, name: str, phone: str, now: datetime) -> Contact:
    """Put a contact in the place of the office's present one. Raises Problem OFFICE_UNKNOWN or REQUEST_MALFORMED."""
    if not store.known_offices(tx, [office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, office)
    name, phone, at = store.require_name(name), telephone(phone, "phone"), instants.write(now)
    tx.run("DELETE FROM contact WHERE office = :office AND valid_from = :at", office=office, at=at)  # twice within one millisecond
    tx.run("UPDATE contact SET valid_to = :at WHERE office = :office AND valid_to IS NULL", office=office, at=at)
    tx.run(
        "INSERT INTO contact (office, name, phone, valid_from) VALUES (:office, :name, :phone, :at)",
        office=office,
        name=name,
        phone=phone,
        at=at,
    )
    return contacts(tx, office)[0]


def set_duty_desk(tx: Tx, office: str, phone: str, now: datetime) -> None:
    """Put a number in the place of the one of the office's duty desk; without one it has none from now on.

    Raises Problem OFFICE_UNKNOWN or REQUEST_MALFORMED.
    """
    if not store.known_offices(tx, [office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, office)
    number, at = telephone(phone, "duty") if phone.strip() else "", instants.write(now)
    tx.run("DELETE FROM duty_desk WHERE office = :office AND valid_from = :at", office=office, at=at)  # twice within one millisecond
    tx.run("UPDATE duty_desk SET valid_to = :at WHERE office = :office AND valid_to IS NULL", office=office, at=at)
    if number:
        tx.run("INSERT INTO duty_desk (office, phone, valid_from) VALUES (:office, :phone, :at)", office=office, phone=number, at=at)


def duty_desks(tx: Tx, offices: Iterable[str]) -> dict[str, str]:
    """Return the telephone numbers of the duty desks of these offices, by code; an office without one is left out."""
    rows = tx.rows(
        "SELECT office, phone FROM duty_desk WHERE valid_to IS NULL AND office IN (SELECT value FROM json_each(:codes)) ORDER BY office",
        codes=json.dumps(sorted(set(offices))),
    )
    return {row.office: row.phone for row in rows}


def telephone(text: str, field: str) -> str:
    """Return a telephone number. Raises Problem REQUEST_MALFORMED, naming the field."""
    number = text.strip()
    if not _PHONE.fullmatch(number):
        raise Problem(ProblemType.REQUEST_MALFORMED, f"{field}: digits, spaces, + - ( ) * #")
    return number


def contacts(tx: Tx, office: str) -> list[Contact]:
    """Return whom a person of this office calls: at the office itself, then at the county."""
    rows = tx.rows(
        "SELECT contact.office, office_period.name AS office_name, contact.name, contact.phone FROM contact"
        " JOIN office_period ON office_period.office = contact.office AND office_period.valid_to IS NULL"
        " WHERE contact.office IN (:office, :county) AND contact.valid_to IS NULL ORDER BY contact.office != :office, contact.office",
        office=office,
        county=COUNTY,
    )
    return [Contact(row.office, row.office_name, row.name, row.phone) for row in rows]


def contacts_of(tx: Tx, offices: Iterable[str]) -> dict[str, Contact]:
    """Return whom each of these offices has named, by code; an office that has named nobody is left out."""
    rows = tx.rows(
        "SELECT contact.office, office_period.name AS office_name, contact.name, contact.phone FROM contact"
        " JOIN office_period ON office_period.office = contact.office AND office_period.valid_to IS NULL"
        " WHERE contact.valid_to IS NULL AND contact.office IN (SELECT value FROM json_each(:codes)) ORDER BY contact.office",
        codes=json.dumps(sorted(set(offices))),
    )
    return {row.office: Contact(row.office, row.office_name, row.name, row.phone) for row in rows}


def contact_member(tx: Tx, office: str) -> dict[str, object]:
    """Return the member `contact` of a problem that is told to a person of this office; empty when there is nobody to name."""
    found = contacts(tx, office)
    return {"contact": {name: getattr(found[0], name) for name in Contact.__struct_fields__}} if found else {}


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/contacts."""
    person = await caller(request)
    return answer(Contacts(await request.app[SERVICE].database.read(contacts, person.office)))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="listContacts",
            method="GET",
            path="/api/v1/contacts",
            handler=listed,
            text=Label("保密员的姓名和电话（本单位和县）", "whom to call: the confidentiality officers of one's office and of the county"),
            tag="offices",
            scope=Scope.SUBMIT,
            answers={200: Body(JSON, Contacts)},
        )
    ]
