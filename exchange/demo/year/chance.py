"""How a county's year usually goes, as numbers; every act draws from a chance of its own, so that no order of answers changes it."""

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")


class Fate(NamedTuple):
    """What becomes of a delivery, with its weight among a thousand."""

    name: str
    weight: int


FATES: Final = (
    Fate("signed", 920),
    Fate("returned", 30),
    Fate("misdirected", 6),
    Fate("withdrawn", 6),
    Fate("asked_back_and_consented", 5),
    Fate("asked_back_and_refused", 3),
    Fate("urged", 20),
    Fate("unsigned", 10),
)

SCANNED: Final = 0.75
"""How many of the mains are scans of sealed papers."""
UNNUMBERED: Final = 0.66
"""How many have no document number."""
UPWARD, DOWNWARD, SIDEWAYS = 0.80, 0.07, 0.13
URGENT, EXTRA_URGENT = 0.06, 0.01
SLIPPED: Final = 0.08
"""How many of what the county signs for get a handling slip."""
OPENED_AND_LEFT: Final = 0.5
"""How many of what is not signed for in time somebody has at least opened."""
UNANSWERED: Final = 0.05
"""How many forget to say whether they come."""
ON_PAPER: Final = (0.30, 0.24, 0.19, 0.15, 0.12, 0.10, 0.08, 0.07, 0.06, 0.05, 0.05, 0.04)
"""What still came on paper, month by month, beside each hundred that came by the network."""


def chance(*names: object) -> Random:
    """Return the chance of one act."""
    return Random(" ".join(map(str, names)))  # noqa: S311 - an invented year


def fate(random: Random) -> str:
    """Draw what becomes of a delivery."""
    return weighted(random, [(each.name, each.weight) for each in FATES])


def weighted(random: Random, choices: Sequence[tuple[T, float]]) -> T:
    """Draw one of the choices by its weight."""
    (drawn,) = random.choices([each for each, _ in choices], [weight for _, weight in choices])
    return drawn
