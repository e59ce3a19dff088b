"""Groups of recipients 收文单位组: the county's for everybody, an office's own for itself, and some that follow from kinds of offices.

A group is a help for whoever writes an order: what is sent lists the offices themselves, so what a group means later changes nothing.
Its name and members are dated rows.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.moves import require_here
from exchange.office import recipients, store
from exchange.office.store import Person
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, OfficeKind, Role, Word

MOST_MEMBERS: Final = 200
MOST_GROUPS: Final = 100
KEEPERS: Final = frozenset({Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.ADMINISTRATOR})
"""Who keeps their own office's groups."""


class Keeping(Word):
    """Who keeps a group."""

    BUILT_IN = "built_in", "按单位类别", "by kind of office"
    COUNTY = "county", "全县通用", "county-wide"
    OWN = "own", "本单位", "own office"


class Group(NamedTuple):
    """A group as it is today; `members` are offices of today, `closed` those that are no more."""

    id: str
    name: str
    keeping: Keeping
    members: tuple[str, ...]
    closed: tuple[str, ...] = ()


BUILT_IN: Final = {
    "all-townships": (Label("全体乡镇", "all townships"), OfficeKind.TOWNSHIP),
    "all-departments": (Label("全体县直部门", "all county departments"), OfficeKind.DEPARTMENT),
    "all-districts": (Label("全体区", "all districts"), OfficeKind.DISTRICT),
}
"""Groups that nobody keeps: whoever is of the kind today. They have no names of their own to be changed."""


def groups(tx: Tx, caller: Person, *, chinese: bool = True) -> list[Group]:
    """Return the groups that the caller may choose: built-in ones that have members, the county's, their own office's."""
    present = tx.rows("SELECT office AS code, kind FROM office_period WHERE valid_to IS NULL ORDER BY office")
    found = []
    for name, (label, kind) in BUILT_IN.items():
        members = tuple(row.code for row in present if row.kind == kind.value)
        if members:
            found.append(Group(name, label.zh if chinese else label.en, Keeping.BUILT_IN, members))
    rows = tx.rows(
        "SELECT recipient_group.id, shared, name, members FROM recipient_group"
        " JOIN recipient_group_period ON recipient_group = recipient_group.id AND valid_to IS NULL"
        " WHERE shared = 1 OR office = :office ORDER BY shared DESC, recipient_group.id",
        office=caller.office,
    )
    known = {row.code for row in present}
    for row in rows:
        members = tuple(json.loads(row.members))
        kept = Keeping.COUNTY if row.shared else Keeping.OWN
        open_, closed = (tuple(code for code in members if (code in known) is present_) for present_ in (True, False))
        found.append(Group(str(row.id), row.name, kept, open_, closed))
    return found


def may_keep(caller: Person, *, shared: bool) -> bool:
    """Say whether a person may make and change groups: the county's administrators those of all, others their own office's."""
    return caller.role in KEEPERS and (not shared or (caller.office == COUNTY and caller.role is Role.ADMINISTRATOR))


def keep(
    tx: Tx, caller: Person, name: str, members: Sequence[str], now: datetime, *, shared: bool = False, group: str | None = None
) -> str:
    """Make a group, or call an existing one something else and change who is in it; returns its id.

    Raises Problem NOT_ALLOWED, NOT_FOUND for a group that is not theirs to change, REQUEST_MALFORMED for no name, no members, too
    many, or a name that another group has, RECIPIENT_UNKNOWN and RECIPIENT_CLOSED.
    """
    require_here(tx, caller)
    if group is not None:
        shared = bool(_theirs(tx, caller, group).shared)
    elif not may_keep(caller, shared=shared):
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    name, chosen = store.require_name(name), [*dict.fromkeys(members)]
    if not chosen or len(chosen) > MOST_MEMBERS:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"1 to {MOST_MEMBERS} members")
    recipients.require_open(tx, chosen)
    others = [each for each in groups(tx, caller) if each.id != group]
    if name in {each.name for each in others} | {label.en for label, _ in BUILT_IN.values()}:
        raise Problem(ProblemType.REQUEST_MALFORMED, "another group has this name")
    if group is None:
        if len(others) >= MOST_GROUPS:
            raise Problem(ProblemType.REQUEST_MALFORMED, f"at most {MOST_GROUPS} groups")
        at = instants.write(now)
        tx.run(
            "INSERT INTO recipient_group (office, shared, created_at) VALUES (:office, :s, :at)", office=caller.office, s=int(shared), at=at
        )
        group = str(tx.row("SELECT max(id) AS id FROM recipient_group").id)
    else:
        _end(tx, group, now)
    tx.run(
        "INSERT INTO recipient_group_period (recipient_group, valid_from, name, members, person) VALUES (:id, :at, :name, :members, :by)",
        id=int(group),
        at=instants.write(now),
        name=name,
        members=json.dumps(chosen),
        by=caller.id,
    )
    return group


def end(tx: Tx, caller: Person, group: str, now: datetime) -> None:
    """Let nobody choose a group any more. Raises Problem NOT_FOUND and NOT_ALLOWED."""
    require_here(tx, caller)
    _theirs(tx, caller, group)
    _end(tx, group, now)


def _theirs(tx: Tx, caller: Person, group: str) -> Any:
    row = None
    if group.isascii() and group.isdigit() and len(group) < 10:  # noqa: PLR2004 - digits that an id may have
        row = tx.row(
            "SELECT recipient_group.id, shared FROM recipient_group"
            " JOIN recipient_group_period ON recipient_group = recipient_group.id AND valid_to IS NULL"
            " WHERE recipient_group.id = :id AND (shared = 1 OR office = :office)",
            id=int(group),
            office=caller.office,
        )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    if not may_keep(caller, shared=bool(row.shared)):
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    return row


def _end(tx: Tx, group: str, now: datetime) -> None:
    at = instants.write(now)
    tx.run(
        "DELETE FROM recipient_group_period WHERE recipient_group = :id AND valid_from = :at", id=int(group), at=at
    )  # twice in a millisecond
    tx.run("UPDATE recipient_group_period SET valid_to = :at WHERE recipient_group = :id AND valid_to IS NULL", id=int(group), at=at)
