"""What is around every page: where a person may go from here, and the same page in the other language."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from yarl import URL

from exchange.office.store import Person
from schemas.words import COUNTY, Label, Role


class Place(NamedTuple):
    """Where the navigation leads, and what it is called."""

    path: str
    text: Label


TODAY: Final = Place("/", Label("今日待办", "Today"))
SUBMIT: Final = Place("/submit", Label("报送公文", "Submit"))
SENT: Final = Place("/sent", Label("已发", "Sent"))
INBOX: Final = Place("/inbox", Label("收文箱", "Inbox"))
SEARCH: Final = Place("/search", Label("检索", "Search"))
COUNTERSIGN: Final = Place("/countersign", Label("会签", "Countersign"))
PAPER: Final = Place("/paper", Label("纸质", "Paper"))
WATCH: Final = Place("/watch", Label("督办", "Follow up"))
REGISTERS: Final = Place("/registers", Label("登记簿", "Registers"))
ADMINISTRATION: Final = Place("/admin", Label("管理", "Administration"))
AUDIT: Final = Place("/admin/audit", Label("审计记录", "Audit trail"))
_OF_COUNTY: Final = (ADMINISTRATION, AUDIT, WATCH)
"""What stands in the frame for people of the county's own office alone, whatever role others have at theirs."""

_SENDERS: Final = (TODAY, SUBMIT, SENT, WATCH, INBOX, SEARCH, PAPER)
_RECEIVERS: Final = (TODAY, INBOX, SUBMIT, SENT, WATCH, SEARCH, PAPER)
_PLACES: Final[Mapping[Role, tuple[Place, ...]]] = {
    Role.CLERK: _SENDERS,
    Role.LEADER: (TODAY, SUBMIT, COUNTERSIGN, SENT, WATCH, INBOX, SEARCH),
    Role.REVIEWER: _RECEIVERS,
    Role.DUTY: _RECEIVERS,
    Role.CONFIDENTIALITY: (TODAY, COUNTERSIGN, INBOX, SENT, SEARCH),
    Role.ADMINISTRATOR: (TODAY, INBOX, SENT, SEARCH, ADMINISTRATION),
    Role.ARCHIVIST: (TODAY, SEARCH, INBOX, SENT, REGISTERS),
    Role.AUDITOR: (TODAY, SEARCH, INBOX, SENT, AUDIT),
}


def places(person: Person | None) -> tuple[Place, ...]:
    """Return where a person goes, today first for everybody."""
    if person is None:
        return ()
    return tuple(place for place in _PLACES.get(person.role, ()) if person.office == COUNTY or place not in _OF_COUNTY)


def is_here(place: Place, path: str) -> bool:
    """Say whether a page belongs to a place."""
    return path == place.path or (place.path != "/" and path.startswith(f"{place.path}/"))


def in_language(address: URL, language: str, *, readable: bool) -> str:
    """Return the address of the same page in another language; of the first page when what is shown was the answer to a form."""
    return str(address.update_query(lang=language)) if readable else f"/?lang={language}"
