"""From what the ledger says of a hit to what is shown of it: marks, snippets, labels. Pure and slow: it runs in a thread."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from archive.reading.kept import kept
from archive.search import highlight
from archive.search.highlight import Wanted
from archive.search.syntax import LEGACY
from exchange.delivery.states import Review
from exchange.finding.answers import FACETS, Count, FromBefore, Hit, Snippet
from exchange.finding.store import Found
from exchange.legacy import finding as legacy
from schemas.problems import Problem
from schemas.words import Handling, Kind, Label, Urgency

SIDES: Final = {"received": Label("收到", "received"), "sent": Label("发出", "sent")}
STATES: Final[Mapping[str, Label]] = {
    **{review.value: Label(review.zh, review.en) for review in Review},
    LEGACY: Label("历史件", "from before, unsigned"),
}
"""What stands behind a side in a state of the index: the state of a delivery, or that it is a document from before."""


def shown(found: Sequence[Found], bodies: Mapping[str, bytes], wanted: Wanted) -> tuple[Hit, ...]:
    """Return the hits with what was found marked in them; `bodies` are kept texts, packed, by submission."""
    return tuple(_hit(each, bodies.get(each.row.id, b""), wanted) for each in found)


def _hit(found: Found, body: bytes, wanted: Wanted) -> Hit:
    row = found.row
    return Hit(
        submission=row.id,
        filing_number=f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}",
        from_=row.sender,
        kind=Kind(row.kind),
        urgency=Urgency(row.urgency),
        number=row.number,
        title=row.title,
        accepted_at=row.accepted_at,
        handling=Handling(row.handling),
        named=bool(row.named),
        replaces=row.replaces,
        date=found.date,
        deliveries=found.deliveries,
        title_marks=highlight.marks(wanted, row.title, "title"),
        number_marks=highlight.marks(wanted, row.number or "", "number"),
        snippets=_snippets(body, wanted),
    )


def shown_legacy(found: Sequence[legacy.Found], bodies: Mapping[int, bytes], wanted: Wanted) -> tuple[FromBefore, ...]:
    """Return documents from before with what was found marked in them; where they stand on the page is not yet said."""
    return tuple(_from_before(each, bodies.get(each.id, b""), wanted) for each in found)


def _from_before(found: legacy.Found, body: bytes, wanted: Wanted) -> FromBefore:
    row = found.row
    return FromBefore(
        item=row.id,
        place=0,
        office=row.office,
        direction="sent" if row.direction == "sent" else "received",
        counterpart=row.counterpart,
        kind=row.kind,
        number=row.number or None,
        title=row.title or "",
        date=row.dated,
        handling=row.handling,
        file=row.file.rpartition("/")[2],
        title_marks=highlight.marks(wanted, row.title or "", "title"),
        number_marks=highlight.marks(wanted, row.number, "number"),
        counterpart_marks=highlight.marks(wanted, row.counterpart),
        snippets=_snippets(body, wanted),
    )


def _snippets(body: bytes, wanted: Wanted) -> tuple[Snippet, ...]:
    if not body:
        return ()
    try:
        parts = kept(body)
    except Problem:
        return ()  # the index had to do without it too; `fsck` tells of it
    return tuple(Snippet(part=each.part, page=each.page, text=each.text, marks=each.marks) for each in highlight.snippets(wanted, parts))


def counted(facets: Mapping[str, Mapping[str, int]], offices: Mapping[str, str]) -> dict[str, tuple[Count, ...]]:
    """Return the facets with labels, the greatest first, years newest first; `offices` are names by code."""
    labels: dict[str, Callable[[str], str]] = {
        "office": lambda code: offices.get(code, code),
        "kind": lambda kind: Kind(kind).zh,
        "year": str,
        "state": _state,
    }
    return {
        name: tuple(
            Count(value=value, label=labels[name](value), count=count) for value, count in sorted(facets[name].items(), key=_orders[name])
        )
        for name in FACETS
        if name in facets
    }


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _newest_first(item: tuple[str, int]) -> tuple[int, str]:
    return -int(item[0]), ""


_orders: Final = {"office": _by_count, "kind": _by_count, "year": _newest_first, "state": _by_count}


def _state(value: str) -> str:
    side, _, state = value.partition(":")
    return f"{SIDES[side].zh} {STATES[state].zh}"
