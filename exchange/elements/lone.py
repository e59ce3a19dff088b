"""A document by itself, before it is known to whom it goes: what its own layout and text are likely to be returned for. Pure."""

from datetime import date
from typing import Final

from msgspec import structs

from archive.reading.reading import Reading
from exchange.elements import layout
from exchange.elements.rules import Elements, Finding, check
from exchange.elements.said import of_reading
from schemas.words import COUNTY, STATUTORY, Kind, Urgency

_UPWARD: Final = frozenset({Kind.REQUEST, Kind.REPORT})
"""These go upward whoever sends them."""
_URGENT: Final = {"特急": Urgency.EXTRA_URGENT, "加急": Urgency.URGENT}
_BY_DIRECTION: Final = "kind-"
"""Rules of the kind against the direction 行文方向: without recipients they say nothing."""


def findings(reading: Reading, today: date) -> tuple[Finding, ...]:
    """Return what the rules find in a document that is laid out as an official one: it bears a number, or its title a statutory kind.

    Of any other, which may be an attachment, nothing. Attachments lie in files of their own, so the list of them is not held against any.
    """
    guesses = layout.guess(reading)
    kind = None if guesses.kind is None else Kind(guesses.kind.value)
    if guesses.number is None and kind not in STATUTORY:
        return ()
    said = of_reading(reading)
    read = {name: each.value for name, each in guesses._asdict().items() if each is not None}
    elements = Elements(
        kind=kind,
        number=layout.written_number(reading),
        title=read.get("title", ""),
        date_issued=read.get("date_issued", ""),
        sender="",
        to=(COUNTY,) if kind in _UPWARD else (),
        today=today,
        signatory=read.get("signatory", ""),
        urgency=_URGENT.get(said.urgency, Urgency.NORMAL),
        said=structs.replace(said, annexes=()),
    )
    return tuple(each for each in check(elements) if not each.rule.startswith(_BY_DIRECTION))
