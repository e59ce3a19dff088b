"""How pages are looked at: heads of several at once, and the whole of one that is a first page, not plainly upright, or wanted so.

Lines are found on a small montage and read from the page itself, so finding costs little and nothing is read blurred.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from archive.reading.eyes import colour, montage, sight, strip, watermark
from archive.reading.eyes.colour import Pixels
from archive.reading.eyes.engine import Words
from archive.reading.eyes.montage import Piece, Quad
from archive.reading.eyes.seen import MOST_CHARACTERS, MOST_LINES, Glimpse, Sighting
from archive.reading.eyes.sight import Sight

_RED: Final = 0.15
"""Share of red ink from which a line is read as it stands, and not only with the red taken away."""

_SAME: Final = 0.5
_CERTAIN: Final = 0.85
_FEW: Final = 2
_SHORTEST: Final = 4
_SAMPLE: Final = 5
_BETTER: Final = 0.1
_MOST_ODD: Final = 24
"""Lines of a page that are read in other ways too; the single characters of a seal are some of them."""

_SIDEWAYS: Final = 0.6
"""Share of the length of all lines that runs downwards on a page that lies on its side."""


class Model(Protocol):
    """What finds and reads lines; `archive.reading.eyes.engine.Engine` does."""

    def lines(self, picture: Pixels) -> list[Quad]: ...  # noqa: D102 - said there
    def words(self, strips: list[Pixels]) -> list[Words]: ...  # noqa: D102 - said there


@dataclass(frozen=True)
class Found:
    """A line in the pixels of its page."""

    quad: Quad
    text: str
    score: float


@dataclass(frozen=True)
class Located:
    """Where lines stand on a page as it is, and, where it bears red ink, without that."""

    plain: list[Quad]
    clear: list[Quad]


class Looker:
    """Looks at prepared pages with a model."""

    def __init__(self, model: Model) -> None:
        """Look with this model."""
        self._model = model

    def heads(self, pages: Sequence[Sight]) -> list[Sighting]:
        """Return what the heads of these pages show; one whose head is not plainly upright text is looked at whole instead."""
        heads = [sight.head(page) for page in pages]
        located = self._located(heads)
        found = [self._seen(head, quads) for head, quads in zip(heads, located, strict=True)]
        return [
            _said(page, self._straightened(page, lines, quads), whole=False) if _plainly_upright(lines) else self.whole(page)
            for page, lines, quads in zip(pages, found, located, strict=True)
        ]

    def whole(self, page: Sight) -> Sighting:
        """Return what a page shows, turned upright if it lies on its side or head."""
        (quads,) = self._located([page])
        if _reach(tall := [quad for quad in quads.plain if strip.is_tall(quad)]) > _SIDEWAYS * _reach(quads.plain):
            found: list[Found] = []
            quarters = self._turn(page, tall, (1, 3))
        else:
            found = self._seen(page, quads)
            quarters = self._turn(page, _doubtful(found), (2,))
        if quarters:
            page = sight.turned(page, quarters)
            (quads,) = self._located([page])
        if quarters or not found:
            found = self._seen(page, quads)
        lines = self._straightened(page, found, quads)
        return _said(page, [*lines, *self._large(page, lines)], whole=True)

    def _large(self, page: Sight, lines: Sequence[Found]) -> list[Found]:
        """Read large words across the page that its lines do not tell."""
        views = list(watermark.views(page))
        said = "".join(line.text for line in lines)
        found = []
        for view, located in zip(views, self._located([view.sight for view in views]), strict=True):
            large = [quad for quad in located.plain if min(strip.extent(quad)) >= watermark.LEAST]
            words = self._read(view.sight.grey, large)
            found += [
                Found(view.box(word.quad, page), word.text, word.score)
                for word in words
                if word.score >= _CERTAIN and word.text not in said
            ]
        return found

    def _straightened(self, page: Sight, read: Sequence[Found], quads: Located) -> list[Found]:
        """Read lines that may stand otherwise than their page (on their head, turned by a quarter) in other ways too; the surest stays.

        Words that run downwards are also cut into one more square: the box around them is wider than they are.
        """
        there = strip.boxes([line.quad for line in read])
        unread = [quad for quad in quads.plain if not (strip.overlaps(quad, there) > _SAME).any()]
        found = [*(Found(quad, "", 0.0) for quad in unread), *read]
        odd = [place for place, line in enumerate(found) if strip.is_tall(line.quad) or line.score < _CERTAIN][:_MOST_ODD]
        strips: list[Pixels] = []
        owners: list[int] = []
        for place in odd:
            one = strip.cut(page.grey, found[place].quad)
            tall = strip.is_tall(found[place].quad)
            ways = [np.rot90(one, 1), np.rot90(one, 3), strip.side_by_side(one, 1)] if tall else [np.rot90(one, 2)]
            strips += [np.ascontiguousarray(way) for way in ways]
            owners += [place] * len(ways)
        straight = list(found)
        for place, word in zip(owners, self._model.words(strips) if strips else [], strict=True):
            tall = strip.is_tall(found[place].quad)
            surer = word.score > straight[place].score + (0 if tall else _BETTER)
            if surer and len(word.text.strip()) >= (1 if tall else len(found[place].text)):  # noughts are read upside down, too
                straight[place] = Found(found[place].quad, word.text.strip(), word.score)
        return [line for line in straight if line.text]

    def _located(self, pages: Sequence[Sight]) -> list[Located]:
        """Find the lines of several pages at once; red ink makes a second piece of a page, without the red."""
        pieces = [Piece(page.grey, page.dots) for page in pages]
        pieces += [Piece(page.clear, page.dots) for page in pages if page.clear is not None]
        quads: list[list[Quad]] = []
        for shared in montage.sheets(pieces):
            mine = [pieces[index] for index in shared]
            quads += montage.lifted(mine, self._model.lines(montage.laid(mine)))
        without = iter(quads[len(pages) :])
        return [Located(plain, [] if page.clear is None else next(without)) for page, plain in zip(pages, quads, strict=False)]

    def _seen(self, page: Sight, quads: Located) -> list[Found]:
        """Read the lines of a page; where it bears red ink, black lines without the red and red ones with it."""
        if page.clear is None:
            return self._read(page.grey, quads.plain)
        without = self._read(page.clear, quads.clear)
        return _together(self._read(page.grey, _not_without_red(page, quads.plain, without)), without)

    def _read(self, page: Pixels, quads: Sequence[Quad]) -> list[Found]:
        strips = [strip.cut(page, quad) for quad in quads]
        laid = [strip.side_by_side(one) if strip.is_tall(quad) else one for one, quad in zip(strips, quads, strict=True)]
        words = self._model.words(laid)
        return [Found(quad, word.text.strip(), word.score) for quad, word in zip(quads, words, strict=True) if word.text.strip()]

    def _turn(self, page: Sight, quads: Sequence[Quad], ways: Sequence[int]) -> int:
        """Return by how many quarters anticlockwise, of these `ways`, lines are read better than as they stand; 0 by none."""
        sample = sorted(quads, key=lambda quad: max(strip.extent(quad)), reverse=True)[:_SAMPLE]
        if not sample:
            return 0
        strips = [strip.cut(page.grey, quad) for quad in sample]
        certain = {0: _mean(self._read(page.grey, sample))}
        for quarters in ways:
            words = self._model.words([np.ascontiguousarray(np.rot90(one, quarters)) for one in strips])
            certain[quarters] = _mean(words) - _BETTER
        return max(certain, key=lambda quarters: certain[quarters])


def _reach(quads: Sequence[Quad]) -> float:
    return math.fsum(max(strip.extent(quad)) for quad in quads)


def _mean(words: Sequence[Words | Found]) -> float:
    return math.fsum(word.score for word in words) / max(1, len(words))


def _doubtful(found: Sequence[Found]) -> list[Quad]:
    """Return the longest lines where they are so uncertain that the page may stand on its head."""
    sample = sorted(found, key=lambda line: max(strip.extent(line.quad)), reverse=True)[:_SAMPLE]
    return [line.quad for line in sample] if _mean(sample) < _CERTAIN else []


def _plainly_upright(lines: Sequence[Found]) -> bool:
    """Say whether a head shows some lines that nobody could read if the page did not stand upright."""
    plain = [line for line in lines if line.score >= _CERTAIN and len(line.text) >= _SHORTEST and not strip.is_tall(line.quad)]
    return len(plain) >= _FEW and 2 * len(plain) >= len([line for line in lines if strip.is_tall(line.quad)])


def _not_without_red(page: Sight, quads: Sequence[Quad], clear: Sequence[Found]) -> list[Quad]:
    """Return the lines that must be read with their red ink: made of it, touched by it, or not found without it."""
    kept, there = [], strip.boxes([line.quad for line in clear])
    for quad in quads:
        left, upper, right, lower = (max(0, round(edge)) for edge in strip.box(quad))
        part = (slice(upper, max(upper + 1, lower)), slice(left, max(left + 1, right)))
        without = page.clear if page.clear is not None else page.grey
        red = colour.share_of_red(page.grey[part], without[part]) > _RED
        if red or not (strip.overlaps(quad, there) > _SAME).any():
            kept.append(quad)
    return kept


def _together(plain: Sequence[Found], clear: Sequence[Found]) -> list[Found]:
    """Return the lines of both views; of two in one place only the surer, where it says no less than is sure of the other."""
    more, there = [], strip.boxes([line.quad for line in clear])
    for line in plain:
        same = itertools.compress(clear, strip.overlaps(line.quad, there) > _SAME)
        if not any(other.text == line.text or (other.text in line.text and other.score > line.score) for other in same):
            more.append(line)
    return [*clear, *more]


def _said(page: Sight, found: Sequence[Found], *, whole: bool) -> Sighting:
    """Return what is said of a page: places as fractions, from the top, in rows from the left."""
    height, width = page.grey.shape
    lines = []
    for line in sorted(found, key=lambda line: strip.box(line.quad)[1])[:MOST_LINES]:
        left, upper, right, lower = strip.box(line.quad)
        x, y = round(left / width, 4), round(upper / height, 4)
        across, down = round((right - left) / width, 4), round((lower - upper) / height, 4)
        lines.append(Glimpse(line.text[:MOST_CHARACTERS], x, y, across, down, round(min(1.0, line.score), 3)))
    return Sighting(page.path, page.page, whole, tuple(_in_rows(lines)))


def _in_rows(lines: Sequence[Glimpse]) -> list[Glimpse]:
    """Return lines, sorted by their upper edges, so that those whose middles share a row stand from left to right."""
    rows: list[list[Glimpse]] = []
    for line in lines:
        middle = line.y + line.height / 2
        if rows and middle < rows[-1][0].y + 0.75 * rows[-1][0].height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.x)]
