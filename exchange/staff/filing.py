"""What a person is filed with 备案信息, the rules for it, and who may see how much of it."""

import hashlib
import re
from datetime import date, datetime
from typing import Any, Final

from msgspec import Struct, structs

from exchange.office.store import Person, require_name
from schemas import instants
from schemas.messages import canonical
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role, Word

MAX_POST: Final = 40
MAX_SUBJECT: Final = 60
MOST_TRAININGS: Final = 20
MOST_HOURS: Final = 500
DEDICATED: Final = (2, 3)
"""How many dedicated people an office has, at least and at most."""
_YOUNGEST, _OLDEST = 16, 100
_MOBILE: Final = re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]")
_MONTH: Final = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")
_SEEN: Final = 32


class ChangeKind(Word):
    """What is to change."""

    ARRIVAL = "arrival", "到岗", "arrives"
    CORRECTION = "correction", "信息变更", "details change"
    MOVE = "move", "调往其他单位", "moves to another office"
    LEAVING = "leaving", "离岗", "leaves"


class State(Word):
    """How far a proposed change is."""

    OPEN = "open", "待县端确认", "waits for the county"
    CONFIRMED = "confirmed", "已确认", "confirmed"
    RETURNED = "returned", "已退回", "returned"
    WITHDRAWN = "withdrawn", "已撤回", "taken back"


class Sight(Word):
    """How much of an office's registry somebody sees."""

    NONE = "none", "不可见", "nothing"
    CONTACTS = "contacts", "姓名、职务和电话", "names, posts and telephone numbers"
    WHOLE = "whole", "全部", "everything"


class Training(Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A training somebody took part in: its day, what it was about, and its hours 学时."""

    date: str
    subject: str
    hours: int


class StaffFiling(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person is filed with; what is not known yet is empty. `since` is the month they took up the work: YYYY-MM."""

    name: str
    role: Role
    post: str = ""
    mobile: str = ""
    birth_year: int | None = None
    full_time: bool | None = None
    since: str = ""
    in_charge: bool = False
    training: tuple[Training, ...] = ()


FIELDS: Final = {
    "name": Label("姓名", "name"),
    "role": Label("角色", "role"),
    "post": Label("职务", "post"),
    "mobile": Label("手机", "mobile"),
    "birth_year": Label("出生年份", "year of birth"),
    "full_time": Label("专职或兼职", "full-time or part-time"),
    "since": Label("从事本项工作起始", "in this work since"),
    "in_charge": Label("分管领导", "leader in charge"),
    "training": Label("培训记录", "training"),
}
"""The fields of a filing in the order of the form, and what they are called."""

PROPOSERS: Final = frozenset({Role.CLERK, Role.LEADER})
_CALLERS: Final = frozenset({Role.ADMINISTRATOR, Role.REVIEWER, Role.DUTY})
_FIXED: Final = frozenset({Role.ADMINISTRATOR, Role.SERVICE})
"""Roles that nobody gets or loses by a change of the registry."""


def sight(caller: Person, office: str) -> Sight:
    """Return how much of an office's registry a person sees.

    Whoever files it and the county's administrator see everything; the office itself, and those of the county who call townships
    (reviewers and duty officers), how somebody is reached. Auditors see that there were changes, in the audit trail, and nothing here.
    """
    if caller.role in (Role.AUDITOR, Role.SERVICE):
        return Sight.NONE
    if may_settle(caller) or (caller.office == office and caller.role in PROPOSERS):
        return Sight.WHOLE
    return Sight.CONTACTS if caller.office == office or (caller.office == COUNTY and caller.role in _CALLERS) else Sight.NONE


def may_propose(caller: Person, office: str) -> bool:
    """Say whether a person may propose changes of an office's registry."""
    return caller.office == office and (caller.role in PROPOSERS or may_settle(caller))


def may_settle(caller: Person) -> bool:
    """Say whether a person confirms and returns changes: the county's administrator."""
    return caller.office == COUNTY and caller.role is Role.ADMINISTRATOR


def require_sight(caller: Person, office: str, least: Sight) -> Sight:
    """Return what a person sees. Raises Problem NOT_ALLOWED when that is less than is asked for."""
    seen, ranks = sight(caller, office), list(Sight)
    if ranks.index(seen) < ranks.index(least):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    return seen


def checked(filing: StaffFiling, office: str, before: StaffFiling | None, now: datetime) -> StaffFiling:
    """Return a filing as it is kept. Raises Problem REQUEST_MALFORMED, its detail naming the first field that is not right."""
    today = now.astimezone(instants.BEIJING).date()
    made = structs.replace(
        filing,
        name=require_name(filing.name),
        post=_line(filing.post, MAX_POST, "post"),
        mobile=_mobile(filing.mobile),
        birth_year=_birth_year(filing.birth_year, today),
        since=_since(filing.since, today),
        training=tuple(sorted(_training(each, today) for each in filing.training)),
    )
    _require_role(made.role, None if before is None else before.role, office)
    if len(made.training) > MOST_TRAININGS:
        raise _wrong("training")
    return made


def _require_role(role: Role, held: Role | None, office: str) -> None:
    """Keep the roles that nobody gets by proposing it; the county's own may come as administrators."""
    administers = role is Role.ADMINISTRATOR and office == COUNTY and held in (None, role)
    if role is Role.SERVICE or (role is Role.ADMINISTRATOR and not administers) or (role is not held and held in _FIXED):
        raise _wrong("role")


def seen(filing: StaffFiling | None) -> str:
    """Return what names a filing as somebody saw it: another one has another name."""
    return hashlib.sha256(b"staff filing " + canonical(filing)).hexdigest()[:_SEEN]


def differences(before: StaffFiling | None, after: StaffFiling) -> list[tuple[str, Any, Any]]:
    """Return the fields that differ with what stood there and what is to stand there; what was and stays empty is left out."""
    rows = [(name, None if before is None else getattr(before, name), getattr(after, name)) for name in FIELDS]
    return [(name, old, new) for name, old, new in rows if old != new and not (_is_empty(name, old) and _is_empty(name, new))]


def _is_empty(name: str, told: Any) -> bool:
    return told in (None, "", ()) or (name == "in_charge" and told is False)


def age(birth_year: int | None, now: datetime) -> int | None:
    """Return how old somebody becomes in this year, as the county's form asks."""
    return None if birth_year is None else now.astimezone(instants.BEIJING).year - birth_year


def _line(text: str, most: int, field: str) -> str:
    cleaned = text.strip()
    if len(cleaned) > most or (cleaned and not cleaned.isprintable()):
        raise _wrong(field)
    return cleaned


def _mobile(text: str) -> str:
    number = text.strip()
    if number and not _MOBILE.fullmatch(number):
        raise _wrong("mobile")
    return number


def _birth_year(year: int | None, today: date) -> int | None:
    if year is not None and not today.year - _OLDEST <= year <= today.year - _YOUNGEST:
        raise _wrong("birth_year")
    return year


def _since(text: str, today: date) -> str:
    month = text.strip()
    if month and (not _MONTH.fullmatch(month) or month > today.strftime("%Y-%m")):
        raise _wrong("since")
    return month


def _training(one: Training, today: date) -> Training:
    try:
        day = date.fromisoformat(one.date.strip())
    except ValueError as error:
        raise _wrong("training") from error
    subject = _line(one.subject, MAX_SUBJECT, "training")
    if not subject or day > today or not 1 <= one.hours <= MOST_HOURS:
        raise _wrong("training")
    return Training(day.isoformat(), subject, one.hours)


def _wrong(field: str) -> Problem:
    return Problem(ProblemType.REQUEST_MALFORMED, field)
