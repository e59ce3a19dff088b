"""Where a copy stands, in one word and one tone; pages show the same everywhere."""

from typing import Final

from exchange.delivery.answers import Delivery
from exchange.delivery.states import Opening, Recall, Review
from schemas.words import Word

TONES: Final[dict[Word, str]] = {
    Review.RETURNED: "bad",
    Review.MISDIRECTED: "bad",
    Review.WITHDRAWN: "",
    Review.SIGNED_FOR: "good",
    Recall.REQUESTED: "warn",
    Opening.OPENED: "note",
    Opening.CONSIGNED: "",
}


def standing(copy: Delivery) -> Word:
    """Return what the recipient said of it, above all that it is being asked back; before that, whether it was read."""
    if copy.recall is Recall.REQUESTED:
        return copy.recall
    return copy.opening if copy.review is Review.PENDING else copy.review


def tone(copy: Delivery) -> str:
    """Return the tone of a badge that shows where a copy stands."""
    return TONES[standing(copy)]
