"""What an entry of the audit trail is about, in words: what it is, what it is called, where it is looked at. Pure, but for the names."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.office import naming
from exchange.office.administration import Act, List, Taking
from exchange.office.store import Person
from exchange.paging import CODE
from exchange.web.admin.policy import TITLES
from exchange.web.admin.trail import Deed, Entry, Item
from schemas.words import Event, Kind, Label, Role, Scope, Word

_PERSON: Final = re.compile(rf"({CODE})\.[0-9]{{1,9}}")
_LEDGER: Final = Label("系统台账", "ledger")
_OFFICE: Final = Label("单位", "office")
_POLICY: Final = Label("检查规则", "policy")
_ITEM: Final = Label("报送件", "item")
_FOR_NAMED: Final = Label("指定人员件", "an item for named persons")
_OWN_POLICY: Final = Label("自定", "the county's own")
_NARROWED: Final = {
    "from": Label("发文单位", "sender"),
    "office": Label("单位", "office"),
    "kind": Label("文种", "kind"),
    "year": Label("年份", "year"),
    "state": Label("状态", "state"),
    "since": Label("起", "from"),
    "until": Label("止", "until"),
    "event": Label("事件", "event"),
    "act": Label("操作", "act"),
    "who": Label("按人员", "by person"),
    "words": Label("含检索词", "with words"),
}
_WORDS: Final[Mapping[str, type[Word]]] = {"kind": Kind, "event": Event, "act": Act}


class About(NamedTuple):
    """What something is about: `kind` of thing, its `name` (what people wrote), `more` in words, and the page for it, if any."""

    kind: Label | None = None
    name: str = ""
    more: Label | None = None
    link: str = ""


class Names(NamedTuple):
    """Names of offices by code and of people by id, roles of those of today by id, and whether pages of both may be opened."""

    offices: Mapping[str, str]
    people: Mapping[str, str]
    roles: Mapping[str, Role]
    administers: bool

    def office(self, code: str) -> About:
        """Return an office."""
        return About(_OFFICE, f"{self.offices.get(code, '')} {code}".strip(), link=f"/admin/offices/{code}" if self.administers else "")

    def person(self, id_: str) -> About:
        """Return a person or a service account."""
        role = self.roles.get(id_)
        place = "accounts" if role is Role.SERVICE else "people"
        link = f"/admin/{place}/{id_}" if self.administers and role is not None else ""
        kind = Label("接口账号", "service account") if role is Role.SERVICE else Label("人员", "person")
        return About(kind, f"{self.people.get(id_, '')} {id_}".strip(), link=link)


def names(tx: Tx, caller: Person, rows: Iterable[Entry | Deed]) -> Names:
    """Return the names of everything that a page of the trail speaks of."""
    ids: set[str] = set()
    codes: set[str] = set()
    for row in rows:
        subject = (row.about if isinstance(row, Entry) else row.subject).split(" ", 1)[0].rstrip(":")
        recipient = row.recipient if isinstance(row, Entry) else None
        ids |= {each for each in (row.person, subject) if each and _PERSON.fullmatch(each)}
        codes |= {each for each in (row.office, recipient, subject) if each and re.fullmatch(CODE, each)}
        codes |= set(Taking.read(row.subject).narrowed.values()) if isinstance(row, Deed) and row.act is Act.LIST_TAKEN else set()
    return Names(naming.offices(tx, codes), naming.people(tx, ids), naming.roles(tx, ids), caller.role is Role.ADMINISTRATOR)


def of_event(entry: Entry, known: Names) -> About:
    """Return what an event is about."""
    if entry.item is not None:
        return _item(entry.item)
    match entry.event:
        case Event.OFFICE_REGISTRATION | Event.OFFICE_CLOSURE:
            return known.office(entry.about)
        case Event.OFFICE_RENAMING:
            code, _, name = entry.about.partition(" ")
            return known.office(code)._replace(name=f"{code} → {name}")
        case Event.POLICY_CHANGE:
            return _policy(entry.about, known)
        case Event.LEDGER_CONFIRMATION:
            return About(_LEDGER)
    return _plain(entry.about, known)


def of_deed(deed: Deed, known: Names) -> About:  # noqa: PLR0911 - one line for each kind of act
    """Return what an act is about."""
    first, _, rest = deed.subject.partition(" ")
    match deed.act:
        case Act.EVIDENCE_TAKEN:
            return About(_ITEM) if deed.item is None else _item(deed.item)
        case Act.LIST_TAKEN:
            return _list(Taking.read(deed.subject), known)
        case Act.POLICY_CHANGED:
            return _policy(deed.subject, known)
        case Act.OFFICE_ADDED | Act.OFFICE_CLOSED | Act.OFFICE_REOPENED | Act.OFFICE_RENAMED:
            return known.office(deed.office or "")._replace(name=deed.subject)
        case Act.SCOPES_SET:
            scopes = [Scope(each) for each in rest.split(", ") if each in set(Scope)]
            held = Label("、".join(each.zh for each in scopes), ", ".join(each.en for each in scopes))
            return known.person(first.rstrip(":"))._replace(more=held)
        case Act.PERSON_RENAMED:
            return known.person(first)._replace(name=rest)
    return _plain(deed.subject, known)


def _plain(subject: str, known: Names) -> About:
    return known.person(subject) if _PERSON.fullmatch(subject) else About(name=subject)


def _item(item: Item) -> About:
    """Return an item by its filing number; of one for named persons only that it is one, unless the caller is one of them."""
    if item.named and not item.visible:
        return About(_FOR_NAMED)
    return About(_ITEM, item.filed, link=f"/items/{item.id}" if item.visible else "")


def _policy(version: str, known: Names) -> About:
    name = version.rpartition("-")[0]
    title = TITLES.get(name)
    link = "/admin/policy" if known.administers else ""
    return About(_POLICY, "" if title else name, title or (None if name else _OWN_POLICY), link)


def _list(taking: Taking, known: Names) -> About:
    """Return what list was taken away, as what file, how many rows, and how it was narrowed down."""
    said = [_narrowed(name, value, known) for name, value in taking.narrowed.items()]
    more_zh = "；".join([f"{taking.form.upper()}，{taking.rows} 行", *(each.zh for each in said)])
    more_en = "; ".join([f"{taking.form.upper()}, {taking.rows} rows", *(each.en for each in said)])
    return About(Label(taking.of.zh, taking.of.en), more=Label(more_zh, more_en))


def _narrowed(name: str, value: str, known: Names) -> Label:
    label = _NARROWED.get(name, Label(name, name))
    if value == "yes":
        return label
    kind = _WORDS.get(name)
    word = (
        kind(value) if kind is not None and value in set(kind) else Label(known.offices.get(value, value), known.offices.get(value, value))
    )
    return Label(f"{label.zh}：{word.zh}", f"{label.en}: {word.en}")


LISTS: Final = {"/admin/audit": List.AUDIT, "/admin/audit/acts": List.ACTS, "/admin/audit/takings": List.TAKINGS}
"""Which list stands at an address."""
