"""The staff registry changes: what the county confirms is done at once and whole; who did it is kept with it."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from msgspec import structs

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, record
from exchange import commands
from exchange.commands import Desk, Invited
from exchange.office import administration, periods
from exchange.office import store as offices
from exchange.office.administration import Act, Acting
from exchange.office.store import Person
from exchange.staff import requests, store
from exchange.staff.filing import ChangeKind, StaffFiling, State, may_settle
from exchange.staff.requests import Change, Kept
from schemas.problems import Problem, ProblemType
from schemas.words import Event


class Settled(NamedTuple):
    """A change that was settled: the code of who arrived, if one was asked for, and how many items found a successor."""

    change: Change
    invited: Invited | None = None
    handed: int = 0


def confirm(tx: Tx, desk: Desk, caller: Person, id_: str, *, code: bool = True) -> Settled:
    """Confirm a change and bring it about; `code` makes whoever arrives a one-time code, for a slip.

    Raises what `requests.settle` and `requests.require_unchanged` raise, NOT_ALLOWED, and ACTION_NOT_POSSIBLE for a form that was
    sent before.
    """
    change, now = _begin(tx, desk, caller, id_)
    kept, entry = requests.require_unchanged(tx, change)
    if change.person == caller.id and change.kind in (ChangeKind.LEAVING, ChangeKind.MOVE):
        raise Problem(ProblemType.NOT_ALLOWED, "oneself")
    requests.settle(tx, desk.county.notary, caller.id, id_, State.CONFIRMED, now)
    done = Settled(change)
    if entry is None and kept.after is not None:
        person = _arrive(tx, change.office, kept.after, now)
        requests.arrived(tx, id_, person)
        done = Settled(change, commands.invite_person(tx, desk, person) if code else None)
    elif change.kind is ChangeKind.CORRECTION and entry is not None and kept.after is not None:
        _correct(tx, entry, kept.after, now)
    elif entry is not None:
        done = _leave(tx, desk, change, kept, code=code)
    administration.note(tx, desk.acting, Act.STAFF_SETTLED, change.office, f"{change.person or ''} {State.CONFIRMED.value}".strip(), now)
    return done


def _begin(tx: Tx, desk: Desk, caller: Person, id_: str) -> tuple[Change, datetime]:
    caller = offices.person(tx, caller.id)
    if not may_settle(caller):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    administration.begin(tx, desk.acting)
    change = requests.one(tx, id_)
    if change.state is not State.OPEN:
        raise Problem(ProblemType.STATE_CHANGED, "staff registry")
    return change, desk.watch.signing_now()


def _arrive(tx: Tx, office: str, filing: StaffFiling, now: datetime) -> str:
    person = offices.add_person(tx, office, filing.name, filing.role, now)
    store.put(tx, person, filing, now)
    return person


def _correct(tx: Tx, entry: store.Entry, filing: StaffFiling, now: datetime) -> None:
    if filing.name != entry.filing.name:
        periods.rename_person(tx, entry.person, filing.name, now)
    periods.change_role(tx, entry.person, filing.role, now)
    store.put(tx, entry.person, filing, now)


def _leave(tx: Tx, desk: Desk, change: Change, kept: Kept, *, code: bool) -> Settled:
    """End a person's time at an office; then the next office's begins."""
    person, now = str(change.person), desk.watch.signing_now()
    once = replace(desk, acting=desk.acting._replace(once=""))  # the form's name is kept with what was confirmed
    handed = commands.depart(tx, once, change).handed
    if change.kind is not ChangeKind.MOVE or kept.after is None or kept.to is None:
        return Settled(change, None, handed)
    there = _arrive(tx, kept.to, kept.after, now)
    store.link(tx, person, there, now)
    return Settled(change, commands.invite_person(tx, once, there) if code else None, handed)


def send_back(tx: Tx, desk: Desk, caller: Person, id_: str, words: str) -> Settled:
    """Return a change to its office, with words. Raises what `confirm` and `requests.settle` raise."""
    change, now = _begin(tx, desk, caller, id_)
    requests.settle(tx, desk.county.notary, caller.id, id_, State.RETURNED, now, words)
    administration.note(tx, desk.acting, Act.STAFF_SETTLED, change.office, f"{change.person or ''} {State.RETURNED.value}".strip(), now)
    return Settled(change)


def erase(tx: Tx, desk: Desk, caller: Person, person: str) -> None:
    """Erase what is filed of somebody who has left. Raises NOT_ALLOWED, and what `store.erase` raises."""
    if not may_settle(offices.person(tx, caller.id)):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    administration.begin(tx, desk.acting)
    store.erase(tx, person)
    administration.note(tx, desk.acting, Act.STAFF_ERASED, person.rpartition(".")[0], person, desk.watch.signing_now())


def erase_who_never_came(tx: Tx, acting: Acting, caller: Person, id_: str, now: datetime) -> None:
    """Erase what was said of somebody whose arrival was returned; it is noted that somebody did, not of whom it spoke.

    Raises ACTION_NOT_POSSIBLE for a form that was sent before, and what `requests.erase_who_never_came` raises.
    """
    administration.begin(tx, acting)
    office = requests.erase_who_never_came(tx, caller, id_)
    administration.note(tx, acting, Act.STAFF_REQUEST_ERASED, office, id_, now)


def file_directly(tx: Tx, desk: Desk, person: Person, filing: StaffFiling) -> None:
    """File somebody as the county's own list says, without a proposal: for the first filing of many; what was filed before is kept.

    Trainings that are filed already stay: a list has none. Raises what `store.entry` raises.
    """
    before, now = store.entry(tx, person.id), desk.watch.signing_now()
    kept = structs.replace(filing, name=before.filing.name, role=before.filing.role, training=before.filing.training)
    if kept == before.filing:
        return
    subject = f"{State.CONFIRMED.value} {ChangeKind.CORRECTION.value} {person.id}"
    record(tx, desk.county.notary, Fact(event=Event.STAFF_CHANGE, office=person.office, by=desk.acting.person, subject=subject), now)
    store.put(tx, person.id, kept, now)
