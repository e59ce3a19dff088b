"""What is said between the service and a process that looks: jobs, and what was seen on each page; every number is bounded."""

from typing import Annotated, Final

from msgspec import Meta, Struct

LONGEST_GREETING: Final = 1 << 10
"""Bytes of the `Confinement` in JSON that a looking process says once it is warm and locked in."""

DONE: Final = b"done"
"""What it says after each job; `LAST` instead when it leaves to be replaced by a fresh one."""

LAST: Final = b"last"

MOST_LINES: Final = 500
"""Of one page, the first from the top."""

MOST_CHARACTERS: Final = 300
"""Of one line."""

LONGEST: Final = 1 << 20
"""Bytes of what is said of one page."""

_Fraction = Annotated[float, Meta(ge=-1, le=2)]


class Job(Struct, frozen=True, forbid_unknown_fields=True):
    """So many `pages` come through the frames' channel; with `whole` all of each is looked at, else only of first pages."""

    pages: int
    whole: bool = False


class Glimpse(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One recognised line: text, place in fractions of the upright page, and how certain it is, 0 to 1."""

    text: Annotated[str, Meta(max_length=MOST_CHARACTERS)]
    x: _Fraction
    y: _Fraction
    width: _Fraction
    height: _Fraction
    score: Annotated[float, Meta(ge=0, le=1)]


class Sighting(Struct, frozen=True, forbid_unknown_fields=True):
    """What one page shows; `whole` says whether all of it was looked at. With a `problem` (its type) the job ended there."""

    path: Annotated[str, Meta(max_length=4096)] = ""
    page: int = 0
    whole: bool = False
    glimpses: Annotated[tuple[Glimpse, ...], Meta(max_length=MOST_LINES)] = ()
    problem: str = ""
