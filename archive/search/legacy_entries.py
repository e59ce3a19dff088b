"""Documents from before the exchange 历史件 as entries. One event makes a whole batch of them visible, so it is taken in line by line.

Each belongs to one office, which alone finds it. It stands behind all that was exchanged, by the day that is written on it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.reading.kept import HEAD
from archive.search.entry import Entry
from archive.search.kept_texts import affordable, texts
from archive.search.question import MACHINES
from archive.search.syntax import LEGACY
from schemas.words import Handling

PREFIX: Final = f"{LEGACY}-"
"""Stands before the item's number in its id: no submission's id has a minus."""

EXCHANGED: Final = 5 * 10**14
"""From here on count the places of what was exchanged, below are those of documents from before; both have 15 digits at most."""

_ITEMS: Final = 10**8


class Page(NamedTuple):
    """Lines of one batch, as they stand now, and the last of them: 0 when with these the batch is whole."""

    rows: Sequence[Any]
    line: int


def number_of(found: str) -> int | None:
    """Return the number of the document from before that an id in the index names; None for a submission's."""
    return int(found.removeprefix(PREFIX)) if found.startswith(PREFIX) else None


def items(tx: Tx) -> int:
    """Return how many of them an index holds."""
    return int(
        tx.row(
            "SELECT count(*) AS count FROM legacy_item JOIN legacy_batch USING (register)"
            " WHERE legacy_batch.evidence_id IS NOT NULL AND legacy_item.title IS NOT NULL"
        ).count
    )


def page(tx: Tx, evidence_id: str, after: int, most: int, text: int) -> Page:
    """Return the lines behind `after` of the batch that an event made visible: at most `most`, with about `text` bytes of text."""
    batch = tx.row("SELECT register FROM legacy_batch WHERE evidence_id = :evidence", evidence=evidence_id)
    if batch is None:
        return Page((), 0)
    heads = tx.rows(_HEADS, register=batch.register, after=after, most=most, length=HEAD.size)
    last = affordable(((row.line, bytes(row.head or b"")) for row in heads), text)
    rows = tx.rows(_LINES, register=batch.register, after=after, last=last) if heads else ()
    return Page(rows, last if heads and (len(heads) == most or last < heads[-1].line) else 0)


def erased(tx: Tx, evidence_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of those that these events say were erased."""
    items = (tx.row("SELECT item FROM erasure WHERE evidence_id = :evidence", evidence=each) for each in evidence_ids)
    return tuple(f"{PREFIX}{row.item}" for row in items if row is not None)


def entry(row: Any) -> Entry:
    """Return the entry of one line. A sender that is no office of the county is found by its words alone."""
    machines = () if row.handling == Handling.INTERNAL else (MACHINES,)
    other, received = row.other_office or "", row.direction == "received"
    return Entry(
        submission=f"{PREFIX}{row.id}",
        accepted=_place(row.dated, row.id),
        title=row.title,
        number=row.number or "",
        files=(row.file.rpartition("/")[2],) if row.file else (),
        texts=((row.counterpart,) if row.counterpart else ()) + texts(row.body, f"{PREFIX}{row.id}"),
        office=other if received else row.office,
        recipients=(row.office,) if received else (other,) if other else (),
        kind=row.kind,
        urgency="",
        date=int(row.dated.replace("-", "")) if row.dated else 0,
        received=0,
        readers=(f"office:{row.office}", *machines),
        standings=(f"{row.office}:{row.direction}:{LEGACY}",),
    )


def _place(dated: str, item: int) -> int:
    return (date.fromisoformat(dated).toordinal() if dated else 0) * _ITEMS + item % _ITEMS


_HEADS: Final = (
    "SELECT line, substr(body, 1, :length) AS head FROM legacy_item WHERE register = :register AND line > :after ORDER BY line LIMIT :most"
)
_LINES: Final = (
    "SELECT id, office, direction, counterpart, number, title, kind, dated, file, handling, body,"
    " (SELECT office_period.office FROM office_period WHERE office_period.name = legacy_item.counterpart"
    "  ORDER BY valid_from DESC, office_period.office LIMIT 1) AS other_office"
    " FROM legacy_item WHERE register = :register AND line > :after AND line <= :last AND title IS NOT NULL ORDER BY line"
)
