"""How wide letters are, about: enough to break lines where a program for slides would break them."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

_NARROW: Final = frozenset("ijlI.,:;'|!()[]{}ft ")
_BROAD: Final = frozenset("mwMW@%")
_WIDE_FROM: Final = "\u2e80"
_CLOSING: Final = frozenset("，。、；：？！）】》」』”’,.;:?!)]}%‰℃")
_MOST_LINES: Final = 400
T = TypeVar("T")


def width(sign: str) -> float:
    """Return the width of a character in its own size."""
    if sign >= _WIDE_FROM or sign in "“”‘’—…★☆●○■□":
        return 1.0
    if sign in _NARROW:
        return 0.3
    if sign in _BROAD:
        return 0.85
    return 0.62 if sign.isupper() else 0.54


class Sign(NamedTuple):
    """A character, its size, and what is to be known of it."""

    text: str
    size: float
    look: object


def lines(signs: Sequence[Sign], room: float) -> Iterator[list[Sign]]:
    """Break characters into lines of this width: anywhere in Chinese, between words in other writing, never before a closing sign."""
    row: list[Sign] = []
    used, count = 0.0, 0
    for sign in signs:
        needed = width(sign.text) * sign.size
        if sign.text == "\n" or (row and used + needed > room and sign.text not in _CLOSING and not sign.text.isspace()):
            rest = [] if sign.text == "\n" else _torn(row, sign)
            yield row[: len(row) - len(rest)]
            count += 1
            if count >= _MOST_LINES:
                return
            row, used = rest, sum(width(one.text) * one.size for one in rest)
            if sign.text == "\n":
                continue
        row.append(sign)
        used += needed
    yield row


def _torn(row: list[Sign], following: Sign) -> list[Sign]:
    """Return the beginning of the word that would be torn apart."""
    if following.text >= _WIDE_FROM or not following.text.isalnum():
        return []
    at = len(row)
    while at > 0 and row[at - 1].text.isalnum() and row[at - 1].text < _WIDE_FROM:
        at -= 1
    return row[at:] if at else []
