"""The registry in the ledger: who is filed at an office today, with what, as dated rows; names and roles stand in `person_period`."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from archive.ledger.database import Tx
from exchange.office import store as offices
from exchange.staff.filing import DEDICATED, StaffFiling, Training
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

NOBODY_IN_CHARGE: Final = Label("尚未填报分管领导。", "No leader in charge is filed yet.")
SEVERAL_IN_CHARGE: Final = Label("填报了多名分管领导，请核对。", "More than one leader in charge is filed: please check.")
TOO_FEW: Final = Label(
    f"专职人员一般为 {DEDICATED[0]} 至 {DEDICATED[1]} 名，现填报 {{count}} 名。",
    f"An office usually has {DEDICATED[0]} to {DEDICATED[1]} dedicated people; {{count}} are filed.",
)


class Entry(NamedTuple):
    """One person of an office with what they are filed with; `filed_at` is None for whoever is registered and not filed yet."""

    person: str
    office: str
    filing: StaffFiling
    filed_at: str | None

    @property
    def filed(self) -> bool:
        """Whether the county confirmed anything of it."""
        return self.filed_at is not None


_ENTRY: Final = (
    "SELECT person.id, person.office, now.name, now.role, filed.valid_from, filed.post, filed.mobile, filed.birth_year, filed.full_time,"
    " filed.since, filed.in_charge, filed.training FROM person"
    " JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
    " LEFT JOIN staff_period AS filed ON filed.person = person.id AND filed.valid_to IS NULL"
)


def require_office(tx: Tx, office: str) -> None:
    """Raise Problem NOT_FOUND for what is no office of today."""
    if not offices.known_offices(tx, [office]):
        raise Problem(ProblemType.NOT_FOUND, "office")


def entries(tx: Tx, codes: Sequence[str]) -> list[Entry]:
    """Return the people of these offices by office: leaders in charge first, then as they came. Service accounts are no people."""
    rows = tx.rows(
        f"{_ENTRY} WHERE now.role != 'service' AND person.office IN (SELECT value FROM json_each(:offices))"  # noqa: S608 - a constant
        " ORDER BY person.office, coalesce(filed.in_charge, 0) DESC, person.created_at, length(person.id), person.id",
        offices=json.dumps(list(codes)),
    )
    return [_entry(row) for row in rows]


def entry(tx: Tx, person: str) -> Entry:
    """Return one person of today. Raises Problem NOT_FOUND, also for who has left and for service accounts."""
    row = tx.row(f"{_ENTRY} WHERE person.id = :person AND now.role != 'service'", person=person)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "person")
    return _entry(row)


def _entry(row: Any) -> Entry:
    if row.valid_from is None:
        return Entry(row.id, row.office, StaffFiling(name=row.name, role=Role(row.role)), None)
    filing = StaffFiling(
        name=row.name,
        role=Role(row.role),
        post=row.post,
        mobile=row.mobile,
        birth_year=row.birth_year,
        full_time=None if row.full_time is None else bool(row.full_time),
        since=row.since,
        in_charge=bool(row.in_charge),
        training=msgspec.json.decode(row.training, type=tuple[Training, ...]),
    )
    return Entry(row.id, row.office, filing, row.valid_from)


def put(tx: Tx, person: str, filing: StaffFiling, now: datetime) -> None:
    """File somebody from now on; what they were filed with before is kept as an ended row. Name and role are not written here."""
    at = instants.write(now)
    tx.run("DELETE FROM staff_period WHERE person = :person AND valid_from = :at", person=person, at=at)  # twice within a millisecond
    end(tx, person, now)
    tx.run(
        "INSERT INTO staff_period (person, valid_from, post, mobile, birth_year, full_time, since, in_charge, training)"
        " VALUES (:person, :at, :post, :mobile, :birth_year, :full_time, :since, :in_charge, :training)",
        person=person,
        at=at,
        post=filing.post,
        mobile=filing.mobile,
        birth_year=filing.birth_year,
        full_time=None if filing.full_time is None else int(filing.full_time),
        since=filing.since,
        in_charge=int(filing.in_charge),
        training=msgspec.json.encode(filing.training).decode(),
    )


def end(tx: Tx, person: str, now: datetime) -> None:
    """End what somebody is filed with."""
    tx.run("UPDATE staff_period SET valid_to = :at WHERE person = :person AND valid_to IS NULL", at=instants.write(now), person=person)


def forget_addresses(tx: Tx, person: str) -> None:
    """Forget where messages for somebody went; what still waits to be sent to them is given up."""
    tx.run("DELETE FROM notice_address WHERE holder = :person", person=person)
    tx.run(
        "UPDATE message SET state = 'failed', fault = 'left', ended_at = next_at, address = NULL, text = NULL"
        " WHERE holder = :person AND state = 'waiting'",
        person=person,
    )


def erase(tx: Tx, person: str) -> int:
    """Erase the personal data of somebody who has left: rows, addresses, and the texts of changes about them; returns how many rows.

    That they were here, when, and that something changed stays: names and events are not touched.
    Raises Problem ACTION_NOT_POSSIBLE for who is still here.
    """
    if tx.row("SELECT 1 AS found FROM person_period WHERE person = :person AND valid_to IS NULL", person=person) is not None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "still here")
    told = "SELECT id FROM staff_request WHERE person = :person UNION SELECT settlement FROM staff_request WHERE person = :person"
    tx.run(f"DELETE FROM reason WHERE evidence_id IN ({told})", person=person)  # noqa: S608 - a constant
    forget_addresses(tx, person)
    return tx.run("DELETE FROM staff_period WHERE person = :person", person=person)


def hints(filed: Sequence[Entry]) -> list[Label]:
    """Return what is worth a quiet word about one office: two to three dedicated people and one leader in charge."""
    leaders = sum(each.filing.in_charge for each in filed)
    dedicated = sum(each.filing.full_time is True and not each.filing.in_charge for each in filed)
    said = [] if leaders == 1 else [SEVERAL_IN_CHARGE if leaders else NOBODY_IN_CHARGE]
    if not DEDICATED[0] <= dedicated <= DEDICATED[1]:
        said.append(Label(TOO_FEW.zh.format(count=dedicated), TOO_FEW.en.format(count=dedicated)))
    return said


class Former(NamedTuple):
    """Somebody who has left an office; `after` is their id at the next one, `kept` whether anything personal is kept about them still."""

    person: str
    office: str
    name: str
    left_at: str
    after: str | None
    kept: bool


def former(tx: Tx, office: str, most: int = 50) -> list[Former]:
    """Return who left an office, the last first."""
    rows = tx.rows(
        "SELECT person.id, person.office, last.name, last.valid_to, staff_link.after,"
        " EXISTS (SELECT 1 FROM staff_period WHERE staff_period.person = person.id) AS kept FROM person"
        " JOIN person_period AS last ON last.person = person.id AND last.valid_from ="
        " (SELECT max(valid_from) FROM person_period WHERE person_period.person = person.id)"
        " LEFT JOIN staff_link ON staff_link.before = person.id"
        " WHERE person.office = :office AND last.valid_to IS NOT NULL AND last.role != 'service'"
        " ORDER BY last.valid_to DESC, person.id LIMIT :most",
        office=office,
        most=most,
    )
    return [Former(row.id, row.office, row.name, row.valid_to, row.after, bool(row.kept)) for row in rows]


def link(tx: Tx, before: str, after: str, now: datetime) -> None:
    """Keep that somebody goes on under another id, at another office."""
    tx.run("INSERT INTO staff_link (before, after, at) VALUES (:before, :after, :at)", before=before, after=after, at=instants.write(now))
