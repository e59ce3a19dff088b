"""Lists in pages: opaque cursors that say where a page ended, and how many rows a page may have."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from aiohttp import web

from exchange.operation import Parameter
from schemas.problems import Problem, ProblemType
from schemas.words import Label

T = TypeVar("T")

MOST: Final = 100
"""Rows of a page at most, and when nothing else is asked for."""

INSTANT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
SHA256: Final = "[0-9a-f]{64}"
ORDINAL: Final = "[0-9]{1,15}"
CODE: Final = "[A-Za-z][A-Za-z0-9_-]{0,31}"

_CURSOR: Final = re.compile("[A-Za-z0-9_-]{1,400}")
_SIZE: Final = re.compile("[1-9][0-9]?|100")
_EDITION: Final = "1"

AFTER: Final = Parameter(
    "after",
    "query",
    Label("上一页答复中的 next；不带则从头开始", "`next` of the page before; without it the list begins"),
    {"type": "string", "minLength": 1, "maxLength": 400, "pattern": "^[A-Za-z0-9_-]+$"},
)
SIZE: Final = Parameter(
    "size", "query", Label("每页件数", "rows of a page"), {"type": "integer", "minimum": 1, "maximum": MOST, "default": MOST}
)
PAGED: Final = (AFTER, SIZE)
"""The parameters of every list."""


@dataclass(frozen=True)
class Listing:
    """A list that has cursors: its name, and the form of each part of a place in it (whole values, regular expressions)."""

    name: str
    parts: tuple[str, ...]

    def write(self, *place: str) -> str:
        """Return the cursor of a place."""
        return base64.urlsafe_b64encode("\n".join((_EDITION, self.name, *place)).encode()).decode().rstrip("=")

    def read(self, cursor: str) -> tuple[str, ...]:
        """Return the place. Raises Problem REQUEST_MALFORMED for what `write` does not give, and for another list's cursor."""
        malformed = Problem(ProblemType.REQUEST_MALFORMED, "after")
        if not _CURSOR.fullmatch(cursor):
            raise malformed
        try:
            edition, name, *place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\n")
        except (binascii.Error, ValueError) as error:
            raise malformed from error
        fits = len(place) == len(self.parts) and all(map(re.fullmatch, self.parts, place))
        if (edition, name) != (_EDITION, self.name) or not fits or self.write(*place) != cursor:
            raise malformed
        return tuple(place)


@dataclass(frozen=True)
class Window:
    """What of a list is asked for: the rows behind a place (None: from the beginning), `size` of them."""

    place: tuple[str, ...] | None = None
    size: int = MOST


@dataclass(frozen=True)
class Slice(Generic[T]):
    """One page: its rows, and the cursor of the next one when there is more."""

    rows: list[T]
    following: str | None


def window(request: web.Request, listing: Listing) -> Window:
    """Return what the query asks for. Raises Problem REQUEST_MALFORMED."""
    size, after = request.query.get("size", str(MOST)), request.query.get("after")
    if not _SIZE.fullmatch(size):
        raise Problem(ProblemType.REQUEST_MALFORMED, "size")
    return Window(None if after is None else listing.read(after), int(size))


def cut(rows: list[T], size: int, listing: Listing, place: Callable[[T], tuple[str, ...]]) -> Slice[T]:
    """Make a page of rows that were read with one more than its size, so that it is known whether there is more."""
    page = rows[:size]
    return Slice(page, listing.write(*place(page[-1])) if len(rows) > size else None)
