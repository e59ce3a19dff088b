"""How somebody's time at an office ends 离岗: one way for what an office proposed and for what the county does at once of itself."""

from datetime import datetime
from typing import Final

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.office import naming
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.staff import deputies, leaving, requests, store
from exchange.staff.filing import ChangeKind, State
from exchange.staff.requests import Change, Handing, Kept
from schemas import instants
from schemas.messages import canonical
from schemas.problems import Problem
from schemas.words import Event, Role

OVERTAKEN: Final = "此人已由县端办理离岗，本项变动不再办理。"
"""What an office reads of a change that waited when the county let the person go at once."""


def directly(tx: Tx, notary: Notary, by: str | None, person: str, now: datetime) -> Change:
    """Settle that somebody leaves without waiting for their office; returns the change, which is confirmed.

    A leaving that waits is confirmed with what the leader planned. Any other change of the person that waits is returned, and the
    leaving is a change of its own: no request, one event StaffChange. `by` is None for the command on the county's machine.
    Raises Problem NOT_FOUND.
    """
    entry = store.entry(tx, person)
    for change in requests.waiting(tx, entry.office):
        if change.person == person:
            leaves = change.kind is ChangeKind.LEAVING and change.kept is not None
            requests.settle(tx, notary, by, change.id, State.CONFIRMED if leaves else State.RETURNED, now, "" if leaves else OVERTAKEN)
            if leaves:
                return requests.one(tx, change.id)
    now = moment(tx, now)
    kept = Kept(before=None, after=None, to=None, note="", handing=Handing())
    subject = f"{State.CONFIRMED.value} {ChangeKind.LEAVING.value} {person}"
    fact = Fact(event=Event.STAFF_CHANGE, office=entry.office, by=by, subject=subject, reason=canonical(kept).decode())
    id_ = record(tx, notary, fact, now)
    tx.run(
        "INSERT INTO staff_request (id, office, kind, person, proposed_by, proposed_at, state, settled_by, settled_at, settlement)"
        " VALUES (:id, :office, :kind, :person, :by, :at, 'confirmed', :by, :at, :id)",
        id=id_,
        office=entry.office,
        kind=ChangeKind.LEAVING.value,
        person=person,
        by=by,
        at=instants.write(now),
    )
    return requests.one(tx, id_)


def carry_out(tx: Tx, notary: Notary, change: Change, by: str | None, now: datetime) -> int:
    """End what somebody is filed with and their deputies, and hand over as planned; returns how many items found a successor.

    `by` is who lets them go, None for the command on the county's machine.

    Their period has ended in this transaction (`commands.depart`).
    """
    person = str(change.person)
    store.end(tx, person, now)
    deputies.forget(tx, notary, by, person, now)
    store.forget_addresses(tx, person)
    handing = Handing() if change.kept is None else change.kept.handing
    return 0 if handing == Handing() else leaving.carry_out(tx, notary, _planner(tx, change), person, handing, now)


def _planner(tx: Tx, change: Change) -> Person:
    """Return who proposed a change, as they were then: they may have left since."""
    try:
        return offices.person(tx, change.by)
    except Problem:
        name = naming.people(tx, [change.by]).get(change.by, change.by)
        return Person(change.by, change.office, name, Role.LEADER, change.office)
