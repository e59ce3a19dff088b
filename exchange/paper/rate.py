"""The paperless rate 无纸化率: what came and went by this network, out of all that could have.

    rate = electronic / (electronic + paper)

One document to one office counts once on either side, whatever was done with it afterwards; a corrected version counts no second
time. Paper counts where its counterpart is an office of the county, for nobody else can use this network; paper from and to the world
outside is shown apart, and so is the monthly count of what went by confidential courier, which must not go by a network.
"""

from collections import Counter, defaultdict
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.office.store import Person
from exchange.paper.words import ExchangeWay, PaperDirection, PaperReason
from schemas import instants
from schemas.words import COUNTY, Event, Kind, Role

LINE: Final = 90
"""Per cent: more than this is asked for."""
WATCHERS: Final = frozenset({Role.LEADER, Role.REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR, Role.ARCHIVIST, Role.CONFIDENTIALITY})
"""Who in the county's own office sees every office's figures; everybody else sees their own office's."""


class Figures(NamedTuple):
    """How many, by each way."""

    electronic: int = 0
    paper: int = 0
    outside: int = 0

    @property
    def tenths(self) -> int | None:
        """The rate in tenths of a per cent, cut and never rounded up; None where nothing was exchanged."""
        total = self.electronic + self.paper
        return None if total == 0 else self.electronic * 1000 // total

    @property
    def rate(self) -> str:
        """The rate as it is shown; empty where nothing was exchanged."""
        return "" if self.tenths is None else f"{self.tenths // 10}.{self.tenths % 10}"

    @property
    def above(self) -> bool:
        """Whether it is more than what is asked for."""
        return self.tenths is not None and self.electronic * 100 > LINE * (self.electronic + self.paper)


class Count(NamedTuple):
    """One row of the counters."""

    month: str
    office: str
    direction: PaperDirection
    kind: Kind
    way: ExchangeWay
    many: int


class Rates(NamedTuple):
    """All that the page shows of a span of months: figures in code order, kind order and month order; nobody is ranked.

    `late` is how many came on paper inside the county although paper of their kind had ended.
    """

    offices: dict[str, dict[PaperDirection, Figures]]
    kinds: dict[Kind, Figures]
    months: dict[str, Figures]
    whole: Figures
    reasons: dict[PaperReason, int]
    late: dict[Kind, int]
    courier: dict[PaperDirection, int]


def scope(caller: Person) -> str | None:
    """Return the office whose figures a caller sees, None for all."""
    return None if caller.office == COUNTY and caller.role in WATCHERS else caller.office


def rates(tx: Tx, caller: Person, first: str, last: str) -> Rates:
    """Return the rates from month to month, both included, of the caller's office or of all."""
    asked = {"first": first, "last": last, "office": scope(caller)}
    where = "month BETWEEN :first AND :last AND (:office IS NULL OR office = :office)"
    rows = tx.rows(f"SELECT month, office, direction, kind, way, count FROM exchange_count WHERE {where} ORDER BY 1, 2, 3, 4, 5", **asked)  # noqa: S608 - constants
    counts = [Count(row.month, row.office, PaperDirection(row.direction), Kind(row.kind), ExchangeWay(row.way), row.count) for row in rows]
    reasons = tx.rows(
        f"SELECT reason, count(*) AS count FROM paper_item WHERE {where} AND other_office IS NOT NULL GROUP BY reason",  # noqa: S608 - constants
        **asked,
    )
    late = tx.rows(f"SELECT kind, count(*) AS count FROM paper_item WHERE {where} AND late IS NOT NULL GROUP BY kind", **asked)  # noqa: S608 - constants
    courier = tx.rows(f"SELECT direction, sum(count) AS count FROM paper_courier WHERE {where} GROUP BY direction", **asked)  # noqa: S608 - constants
    told, went = {row.reason: row.count for row in reasons}, {row.direction: row.count for row in courier}
    offices, kinds, months = _by(counts, "office", "direction"), _by(counts, "kind"), _by(counts, "month")
    codes = sorted({each.office for each in counts})
    return Rates(
        offices={code: {way: offices.get((code, way), Figures()) for way in PaperDirection} for code in codes},
        kinds={kind: kinds[kind,] for kind in Kind if (kind,) in kinds},
        months={month: months[month,] for month in sorted({each.month for each in counts})},
        whole=_by(counts).get((), Figures()),
        reasons={why: told[why.value] for why in PaperReason if why.value in told},
        late={Kind(row.kind): row.count for row in late},
        courier={direction: went.get(direction.value, 0) for direction in PaperDirection},
    )


def _by(counts: list[Count], *names: str) -> dict[tuple[Any, ...], Figures]:
    """Add up the counts that have these fields in common."""
    found: defaultdict[tuple[Any, ...], Counter[ExchangeWay]] = defaultdict(Counter)
    for each in counts:
        found[tuple(getattr(each, name) for name in names)][each.way] += each.many
    return {key: Figures(*(ways[way] for way in ExchangeWay)) for key, ways in found.items()}


def counted(tx: Tx) -> Counter[tuple[str, ...]]:
    """Return the counters as they are kept, by month, office, direction, kind and way."""
    rows = tx.rows("SELECT month, office, direction, kind, way, count FROM exchange_count")
    return Counter({(row.month, row.office, row.direction, row.kind, row.way): row.count for row in rows})


def recounted(tx: Tx) -> Counter[tuple[str, ...]]:
    """Count again from the events and papers themselves, without the counters and without their triggers' SQL."""
    kinds = {row.id: row for row in tx.rows("SELECT id, office, kind, replaces FROM submission")}
    found: Counter[tuple[str, ...]] = Counter()
    for event in tx.rows("SELECT submission, recipient, at FROM event WHERE event = :event", event=Event.CONTENT_CONSIGNMENT.value):
        submission = kinds.get(event.submission)
        if submission is not None and submission.replaces is None:  # one that is gone is told by who looks for it
            month = _month(event.at)
            found[month, event.recipient, PaperDirection.RECEIVED.value, submission.kind, ExchangeWay.ELECTRONIC.value] += 1
            found[month, submission.office, PaperDirection.SENT.value, submission.kind, ExchangeWay.ELECTRONIC.value] += 1
    papers = "SELECT event.at, paper_item.office, direction, kind, other_office FROM paper_item JOIN event USING (evidence_id)"
    for paper in tx.rows(papers):
        way = ExchangeWay.OUTSIDE if paper.other_office is None else ExchangeWay.PAPER
        found[_month(paper.at), paper.office, paper.direction, paper.kind, way.value] += 1
    return found


def _month(at: str) -> str:
    return instants.read(at).astimezone(instants.BEIJING).strftime("%Y-%m")
