"""What a list of the inbox is asked for, and one row of it. The whole of it stands in the page's address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from exchange.delivery.states import Opening, Review
from exchange.paging import CODE, INSTANT, SHA256, Listing
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Handling, Kind, Urgency, Word

PAGE: Final = 50
LONG_PAGE: Final = 300
_PLACE: Final = ZoneInfo("Asia/Shanghai")
_CODE: Final = re.compile(CODE)


class Folder(Word):
    """What the office said of the items in it; `all` has every item."""

    PENDING = "pending", "待签收", "to sign for"
    SIGNED_FOR = "signed_for", "已签收", "signed for"
    RETURNED = "returned", "已退回", "returned"
    MISDIRECTED = "misdirected", "误投已退", "misdirected"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    ALL = "all", "全部", "all"

    @property
    def review(self) -> Review | None:
        """The state of its items."""
        return None if self is Folder.ALL else Review(self.value)


class Order(Word):
    """What stands first in a list."""

    NEWEST = "newest", "最新在前", "newest first"
    OLDEST = "oldest", "最早在前", "oldest first"
    URGENT = "urgent", "特急、加急在前", "urgent ones first"

    @property
    def listing(self) -> Listing:
        """The cursors of a list in this order."""
        return _LISTINGS[self]


_LISTINGS: Final = {
    Order.NEWEST: Listing("desk-newest", (INSTANT, SHA256)),
    Order.OLDEST: Listing("desk-oldest", (INSTANT, SHA256)),
    Order.URGENT: Listing("desk-urgent", ("[0-2]", INSTANT, SHA256)),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which items, and in which order. `since` and `until` are days in China, both included."""

    folder: Folder = Folder.PENDING
    office: str = ""
    kind: Kind | None = None
    urgency: Urgency | None = None
    unread: bool = False
    starred: bool = False
    since: date | None = None
    until: date | None = None
    order: Order = Order.NEWEST
    size: int = PAGE

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Wanted":
        """Return what an address asks for; an empty member is one that was not asked. Raises Problem REQUEST_MALFORMED."""
        given = {each.name: query[each.name] for each in fields(cls) if query.get(each.name)}
        try:
            return cls(**{name: _READ[name](text) for name, text in given.items()})
        except (ValueError, KeyError) as error:
            raise Problem(ProblemType.REQUEST_MALFORMED, "filter") from error

    def query(self, **changes: Any) -> str:
        """Return the members that are not as usual, as a query; `changes` go before, and may name others (`after`)."""
        own = {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default}
        whole = {name: value for name, value in (own | changes).items() if value not in (None, "", False)}
        return urlencode({name: "1" if value is True else str(value) for name, value in whole.items()})

    def but(self, **changes: Any) -> "Wanted":
        """Return the same with other members."""
        return replace(self, **changes)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but folder, order and length of the page was asked for."""
        return self.but(folder=Folder.PENDING, order=Order.NEWEST, size=PAGE) != Wanted()

    @property
    def sorting(self) -> Order:
        """In which order the rows come: of what is yet to be signed for, what is urgent always stands before what is merely new."""
        return Order.URGENT if self.folder is Folder.PENDING and self.order is Order.NEWEST else self.order

    def bounds(self) -> dict[str, str]:
        """Return the instants between which a delivery came: from the first, before the second."""
        bounds = {}
        if self.since is not None:
            bounds["since"] = _begin(self.since)
        if self.until is not None:
            bounds["until"] = _begin(self.until + timedelta(days=1))
        return bounds


class Row(NamedTuple):
    """One item of the inbox. `unread` is the office's: nobody read it, or somebody marked it so again.

    `urged` counts how often the sender urged while nobody has signed for it, `late` says that its limit has passed.
    """

    submission: str
    filing_number: str
    sender: str
    sender_name: str
    kind: Kind
    urgency: Urgency
    number: str | None
    title: str
    consigned_at: str
    opening: Opening
    review: Review
    version: int
    copy: bool
    handling: Handling
    named: bool
    corrects: bool
    reviewed: bool
    respond_by: str | None
    unread: bool
    starred: bool
    urged: int = 0
    late: bool = False

    def place(self, order: Order) -> tuple[str, ...]:
        """Return where it stands in a list of this order."""
        at = (self.consigned_at, self.submission)
        return (str(RANKS[self.urgency]), *at) if order is Order.URGENT else at

    @property
    def item(self) -> str:
        """The item with the version that is seen here: an act on it is an act on just this version."""
        return f"{self.submission}:{self.version}"


RANKS: Final = {Urgency.EXTRA_URGENT: 0, Urgency.URGENT: 1, Urgency.NORMAL: 2}


def _begin(day: date) -> str:
    return instants.write(datetime.combine(day, time(), _PLACE))


def _office(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError(text)
    return text


_READ: Final[Mapping[str, Any]] = {
    "folder": Folder,
    "office": _office,
    "kind": Kind,
    "urgency": Urgency,
    "unread": {"1": True}.__getitem__,
    "starred": {"1": True}.__getitem__,
    "since": date.fromisoformat,
    "until": date.fromisoformat,
    "order": Order,
    "size": {str(PAGE): PAGE, str(LONG_PAGE): LONG_PAGE}.__getitem__,
}
