"""Marks that only the places of several lines give away: side by side, downwards, in a form, over and over again.

Positions are fractions of the page. Every step is bounded: a page may hold a hundred thousand short lines.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from archive.reading.reading import Line, Page
from exchange.policy import marks
from exchange.policy.found import HEAD, Found
from exchange.policy.spelling import STARS, canonical

SHORT: Final = 40
"""Characters of the longest line that may be a piece of something."""

MAXIMUM_PIECES: Final = 500
_LABEL: Final = re.compile(r"密级(?:[和及与、]保密期限)?[ :]{0,2}")
_SIGNS: Final = re.compile(rf"[^\w{re.escape(STARS)}]|_")
_BEGINS_PIECE: Final = re.compile(
    rf"[\W_]{{0,{SHORT}}}[绝絕絶机機⺎秘祕密宻级級件]|[\W_]{{0,{SHORT}}}(?<=[{re.escape(STARS)}])",
)
_TELLS: Final = re.compile(f"[密宻蜜宓{re.escape(STARS)}]")
_ROW: Final = 0.01
_DOWN: Final = 0.06
_ACROSS: Final = 0.4
_COLUMN: Final = 0.02
LEVELS: Final = 3
"""绝密, 机密, 秘密: whoever names them all offers a choice."""

_MAXIMUM_ROWS: Final = 100
_MAXIMUM_IN_ROW: Final = 12
_LARGE: Final = 0.05
_MOST_PER_PAGE: Final = 3
_SHARE: Final = 0.6


def beside(lines: Sequence[Line], *, first: bool) -> Iterator[Found]:
    """Find 密级 in one cell of a form and the level in the cell to its right."""
    short = [row for row in lines if len(row.text) <= SHORT and "密" in row.text]
    if len(short) < 2:  # noqa: PLR2004 - a label and a level
        return
    rows = [(row, canonical(row.text)) for row in short]
    labels = [row for row, text in rows if _LABEL.fullmatch(text)][:MAXIMUM_PIECES]
    for row, text in rows if labels else ():
        if marks.bare(text) and any(abs(label.y - row.y) < label.height and label.x < row.x for label in labels):
            yield Found("field-head" if first and row.y < HEAD else "field-line", text, row.y)


def joined_rows(lines: Sequence[Line]) -> Iterator[tuple[str, float]]:
    """Give the short lines that stand beside one which could bear a mark, read from left to right, with their place.

    Some programs draw level, star and term in other orders than they are read, and recognition cuts a line where it is wide.
    """
    bands: dict[int, list[Line]] = defaultdict(list)
    for row in lines:
        if len(row.text) <= SHORT:
            bands[_band(row)].append(row)
    told = 0
    for band in sorted(bands):
        if told >= _MAXIMUM_ROWS:
            return
        if len(bands[band]) > MAXIMUM_PIECES or not any(_TELLS.search(row.text) for row in bands[band]):
            continue
        near = sorted({*bands[band], *bands.get(band - 1, ()), *bands.get(band + 1, ())}, key=lambda row: (row.x, row.y))
        if 1 < len(near) <= _MAXIMUM_IN_ROW:
            told += 1
            yield " ".join(row.text for row in near), min(row.y for row in near)


def _band(row: Line) -> int:
    return int((row.y + row.height / 2) / _ROW)


def choices(lines: Sequence[Line]) -> frozenset[Line]:
    """Return the lines that offer all three levels to choose from, in one row or one column: the head of a table, a form."""
    bare = [
        (row, marks.LEVELS.findall(text))
        for row in lines
        if len(row.text) <= SHORT and "密" in row.text and marks.bare(text := canonical(row.text))
    ]
    if len(bare) < LEVELS or len(bare) > MAXIMUM_PIECES:
        return frozenset()
    found: set[Line] = set()
    for group in (*_groups(bare, _middle, _ROW, _left, _ACROSS), *_groups(bare, _left, _COLUMN, _middle, _DOWN)):
        if len({level for _, levels in group for level in levels}) == LEVELS:
            found.update(row for row, _ in group)
    return frozenset(found)


def _groups(
    rows: Sequence[tuple[Line, list[str]]], measure: Callable[[Line], float], width: float, along: Callable[[Line], float], gap: float
) -> Iterator[list[tuple[Line, list[str]]]]:
    """Give the lines that share a row or a column, each group without a wider gap: a mark in the head is no part of a table below."""
    bands = _banded(rows, measure, width)
    for _, band in itertools.groupby(sorted(rows, key=lambda each: (bands[id(each[0])], along(each[0]))), lambda each: bands[id(each[0])]):
        group: list[tuple[Line, list[str]]] = []
        for each in band:
            if group and along(each[0]) - along(group[-1][0]) > gap:
                yield group
                group = []
            group.append(each)
        yield group


def _middle(row: Line) -> float:
    return row.y + row.height / 2


def _left(row: Line) -> float:
    return row.x


def repeated(pages: Sequence[Page]) -> Iterator[Found]:
    """Find a level that stands at the same place of most pages, or is written large over one: a running head, a watermark."""
    places: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for page in pages:
        levels = [(row, text) for row in itertools.chain(page.lines, page.seen) if (text := _level(row))]
        large = next((text for row, text in levels if row.height >= _LARGE), None)
        if large is not None:
            yield Found("watermark", large)
            return
        if len(levels) <= _MOST_PER_PAGE:
            for row, text in levels:
                places[text, round(row.x / _COLUMN), round(row.y / _COLUMN)].add(page.number)
    for (text, _, _), numbers in places.items():
        if len(numbers) > 1 and len(numbers) >= _SHARE * len(pages):
            yield Found("watermark", text)
            return


def _level(row: Line) -> str:
    if "密" not in row.text or len(row.text) > SHORT:
        return ""
    text = canonical(row.text)
    return text if marks.BARE.fullmatch(text) else ""


def _tight(text: str) -> str:
    return _SIGNS.sub("", canonical(text))


def split(lines: Sequence[Line], *, first: bool) -> Iterator[Found]:
    """Find a mark that is split over short lines anywhere on a page: side by side, downwards, upwards or aslant.

    Only lines that could be a piece of a mark are looked at, so nothing that stands between them can part them.
    """
    short = (row for row in lines if len(row.text) <= SHORT and _BEGINS_PIECE.match(row.text))
    tight = ((row, text) for row in short if (text := _tight(row.text)) and marks.PIECE.fullmatch(text))
    found_pieces = ((row, text) for row, text in tight if not marks.STARRED.search(text))  # whole in its line: judged there
    pieces = list(itertools.islice(found_pieces, MAXIMUM_PIECES))
    if len(pieces) < 2:  # noqa: PLR2004 - one piece is no split
        return
    upper = min(row.y for row, _ in pieces)
    found = next((text for text in _together(pieces) if marks.STARRED.search(text)), None)
    if found is not None:
        yield Found("split-star", found, upper)
        return
    # a level that is whole in its line was judged there; 密级 is the label of a form
    parted = [(row, text) for row, text in pieces if text != "密级" and not marks.LEVELS.search(text)]
    found = next((text for text in _together(parted) if marks.LEVELS.search(text)), None)
    if found is not None:
        head = first and any(row.y < HEAD and set(text) & set("绝机秘") for row, text in pieces)
        yield Found("level-head" if head else "split-level", found, upper)


def _together(pieces: Sequence[tuple[Line, str]]) -> list[str]:
    """Return the pieces put together in every order in which they may be meant to be read."""
    rows = _banded(pieces, lambda row: row.y, _ROW)
    columns = _banded(pieces, lambda row: row.x + row.width / 2, _COLUMN)
    edges = _banded(pieces, lambda row: row.x, _COLUMN)
    across = sorted(pieces, key=lambda piece: (rows[id(piece[0])], piece[0].x))
    down = sorted(pieces, key=lambda piece: (columns[id(piece[0])], piece[0].y))
    orders = [list(pieces), across, down]
    orders.append(sorted(pieces, key=lambda piece: (edges[id(piece[0])], piece[0].y)))
    orders.append(sorted(pieces, key=lambda piece: (-columns[id(piece[0])], piece[0].y)))
    orders.append(sorted(pieces, key=lambda piece: piece[0].y))
    orders.append(sorted(pieces, key=lambda piece: piece[0].x))
    joined = ["".join(text for _, text in order) for order in (*orders, *(order[::-1] for order in orders))]
    return list(dict.fromkeys(joined))


def _banded(pieces: Sequence[tuple[Line, object]], measure: Callable[[Line], float], width: float) -> dict[int, int]:
    """Return the number of the band in which each piece stands; neighbours nearer than `width` share one."""
    bands: dict[int, int] = {}
    band, last = 0, float("-inf")
    for row, _ in sorted(pieces, key=lambda piece: measure(piece[0])):
        band += measure(row) - last > width
        last = measure(row)
        bands[id(row)] = band
    return bands
