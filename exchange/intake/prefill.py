"""What a document says of itself, for the form of whoever sends it: its layout, and by when an answer is asked for. Pure; guesses."""

from collections.abc import Sequence
from datetime import date

from archive.reading.reading import Page, Reading
from exchange.duty.dates_said import propose
from exchange.duty.working_days import OfficeClock
from exchange.elements import layout
from exchange.elements.layout import MOST_PAGES, Guess, Guesses


def guess(reading: Reading, today: date | None = None, clock: OfficeClock | None = None) -> Guesses:
    """Read off what can be read. Files inside the document are not looked at.

    By when an answer is asked for is often said from the document's own date on; `today` stands for one that bears none.
    """
    guesses = layout.guess(reading)
    since = date.fromisoformat(guesses.date_issued.value) if guesses.date_issued else today
    return guesses if since is None else guesses._replace(respond_by=_respond_by(reading.pages[:MOST_PAGES], since, clock))


def _respond_by(pages: Sequence[Page], since: date, clock: OfficeClock | None) -> Guess | None:
    """Return the day by which the document asks for an answer, and its words."""
    rows = [(page.number, row) for page in pages for row in layout.rows(page)]
    said = propose([row.text for _, row in rows], since, clock)
    if said is None:
        return None
    page, row = rows[said.line]
    return Guess(said.day.isoformat(), page, row.y, said.words)
