"""The versions of an item: what was returned, what replaced it, and so on, as far as the caller may see them."""

from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import describing, store
from exchange.delivery.answers import Status
from exchange.delivery.states import Review
from exchange.office.store import Person

MOST: Final = 30
"""Versions that are followed to either side: whoever corrects a paper more often telephones."""


class Version(NamedTuple):
    """One version: its place from 1, when it came, what recipients said of it, why it was given back, and whether it stands here.

    `comparable` says that the caller may read it and the one before it.
    """

    submission: str
    ordinal: int
    accepted_at: str
    reviews: tuple[Review, ...]
    reason: str | None
    here: bool
    comparable: bool


def chain(tx: Tx, caller: Person, submission: str) -> list[Version]:
    """Return the versions that the caller may see, the first one first; one alone is no chain. Raises Problem NOT_FOUND."""
    here = store.status(tx, caller, submission)
    found = [here]
    while len(found) < MOST and (before := describing.visible(tx, caller, found[0].replaces)) is not None:
        found.insert(0, store.status(tx, caller, before))
    after: Status = here
    while after.replaced_by is not None and len(found) < 2 * MOST:
        after = store.status(tx, caller, after.replaced_by)
        found.append(after)
    if len(found) == 1:
        return []
    readable = [describing.may_read(tx, caller, each.submission) for each in found]
    return [
        Version(
            each.submission,
            place + 1,
            each.accepted_at,
            tuple(dict.fromkeys(copy.review for copy in each.deliveries)),
            next((copy.reason for copy in each.deliveries if copy.reason), None),
            each.submission == submission,
            place > 0 and readable[place] and readable[place - 1],
        )
        for place, each in enumerate(found)
    ]
