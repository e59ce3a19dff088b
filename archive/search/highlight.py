"""Snippets and marks: the pieces of an item's texts that a question asked for, with what was found marked in them.

Found is what `han.fold` makes equal, so a mark may reach over a line end, a page end or full-width spelling; it always
covers whole characters of the text that is shown. Texts are looked through piece by piece, and no further than the answer
needs: several million characters take a fraction of a second.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from archive.search import han, number
from archive.search.question import And, Node, Number, Or, Where, Words

Wanted = Sequence[Words | Number]

_PIECE: Final = 512
# between two of these a text may be cut: folding the pieces is folding the whole, for neither is whitespace or dropped
# (fillers are, and presentation forms may fold to a space and a sign)
_SOLID: Final = r"(?:[^\W\u037a\u115f\u1160\u3164\ufb00-\uffff]|[!-/:-@\u2010-\u2016\u2018-\u2027\u3001-\u303d\uff01-\uff5e])"
_SEAM: Final = re.compile(rf"(?<={_SOLID})(?={_SOLID})")
_ENOUGH: Final = 1_000_000
_LONGEST_EDGE: Final = 16


class Part(Protocol):
    """One file's texts, as `archive.reading.kept.KeptPart` gives them."""

    @property
    def name(self) -> str:
        """The file's name."""

    @property
    def text(self) -> str:
        """The flow of its pages."""

    @property
    def pages(self) -> Sequence[tuple[int, int]]:
        """(page number, index in `text` where it begins), in order."""

    @property
    def others(self) -> Sequence[tuple[str, str]]:
        """(place, text) of what stands outside the pages."""


class Snippet(NamedTuple):
    """A piece of one file's text. `page` is where what was found begins, 0 outside the pages.

    `marks` are (start, end) in code points of `text`, in order, apart from one another, at least one. Characters without
    ink are left out of `text`, and a run of whitespace is one space.
    """

    part: str
    page: int
    text: str
    marks: tuple[tuple[int, int], ...]


def wanted(node: Node) -> tuple[Words | Number, ...]:
    """Return the words and numbers of a question that may be marked, in its order: not those below a Not."""
    match node:
        case Words() | Number():
            return (node,)
        case And() | Or():
            return tuple(dict.fromkeys(one for below in node.nodes for one in wanted(below)))
        case _:
            return ()


def snippets(wanted: Wanted, parts: Sequence[Part], most: int = 3, width: int = 60) -> tuple[Snippet, ...]:
    """Return at most `most` pieces of about `width` characters, in the order of the texts.

    Each of the wanted is shown once before any is shown twice. Past the first million characters looking ends with what
    was found until then, if anything was.
    """
    finders = _finders(wanted, "any")
    if not finders:
        return ()
    flows = [_Flow(part.name, part.pages, part.text) for part in parts]
    flows += [_Flow(part.name, (), text) for part in parts for _, text in part.others]
    hits = _hits(finders, flows, most, width)
    return tuple(_snippet(finders, flows[window.flow], window) for window in sorted(_windows(flows, hits, most, width)))


def marks(wanted: Wanted, text: str, where: Where = "any") -> tuple[tuple[int, int], ...]:
    """Return (start, end) of all that was asked for in this text: a title, a number or a file name as `where` says."""
    return _marks(_finders(wanted, where), text)


class _Finder:
    """Finds one of the wanted in folded text."""

    def __init__(self, one: Words | Number) -> None:
        self._words = han.fold(one.text) if isinstance(one, Words) else ""
        # an ordinal is looked for with the bracket before it (`query`), which nobody asked for
        self._unasked = 1 if isinstance(one, Words) and one.where == "number" and self._words.startswith(")") else 0
        self._pattern = number.pattern(one) if isinstance(one, Number) else None
        self.longest = number.longest(one) if isinstance(one, Number) else len(self._words)

    def first(self, folded: str, start: int) -> tuple[int, int] | None:
        """Return the first hit that begins at `start` or later."""
        if self._pattern is not None:
            found = self._pattern.search(folded, start)
            return None if found is None else found.span()
        at = folded.find(self._words, start)
        return None if at < 0 else (at + self._unasked, at + self.longest)


class _Hit(NamedTuple):
    """What one finder found in a flow, as a span of its folded text."""

    flow: int
    start: int
    end: int


class _Window(NamedTuple):
    """A span of a flow that is shown, and the span of the hit for which it is."""

    flow: int
    start: int
    end: int
    hit: tuple[int, int]


class _Flow:
    """One text, folded piece by piece; it is cut where the pieces' folds put together are the fold of the whole."""

    def __init__(self, part: str, pages: Sequence[tuple[int, int]], text: str) -> None:
        self.part, self.text = part, text
        self._pages = pages
        self._starts = [0]
        self._folded_starts = [0]

    def pieces(self) -> Iterator[tuple[int, str]]:
        """Give the folded pieces, each with the folded index at which it begins; asked once, as far as needed."""
        while self._starts[-1] < len(self.text):
            start, folded_start = self._starts[-1], self._folded_starts[-1]
            seam = _SEAM.search(self.text, start + _PIECE)
            end = len(self.text) if seam is None else seam.start()
            folded = han.fold(self.text[start:end])
            self._starts.append(end)
            self._folded_starts.append(folded_start + len(folded))
            yield folded_start, folded

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the folded text stands in the text; only the pieces that it touches are folded again."""
        first = bisect_right(self._folded_starts, start) - 1
        behind = bisect_right(self._folded_starts, end - 1)
        base, offset = self._starts[first], self._folded_starts[first]
        _, places = han.fold_with_places(self.text[base : self._starts[behind]])
        return base + places[start - offset], base + places[end - 1 - offset] + 1

    def page(self, index: int) -> int:
        """Return the number of the page on which this character stands, 0 outside the pages."""
        before = bisect_right(self._pages, index, key=lambda page: page[1])
        return self._pages[before - 1][0] if before else 0


def _finders(wanted: Wanted, where: Where) -> list[_Finder]:
    asked = [_Finder(one) for one in wanted if isinstance(one, Number) or one.where in ("any", where)]
    return [finder for finder in asked if finder.longest]


def _hits(finders: Sequence[_Finder], flows: Sequence[_Flow], most: int, width: int) -> list[list[_Hit]]:
    """Return the first hits of each finder, those left out that follow within the width of a snippet."""
    hits: list[list[_Hit]] = [[] for _ in finders]
    longest = max(finder.longest for finder in finders)
    looked = 0
    for place, flow in enumerate(flows):
        before, free = "", [0] * len(finders)
        for piece_start, piece in flow.pieces():
            folded, base = before + piece, piece_start - len(before)
            # of what was looked through before, the first character is there only to be looked back at
            first = 1 if base else 0
            for index, finder in enumerate(finders):
                while len(hits[index]) < most and (found := finder.first(folded, max(free[index] - base, first))):
                    hits[index].append(_Hit(place, base + found[0], base + found[1]))
                    free[index] = base + max(found[1], found[0] + width)
            before = folded[-longest - 1 :]
            looked += _PIECE
            if all(len(found) >= most for found in hits) or (looked > _ENOUGH and any(hits)):
                return hits
    return hits


def _windows(flows: Sequence[_Flow], hits: Sequence[Sequence[_Hit]], most: int, width: int) -> list[_Window]:
    """Return at most `most` windows: one around the first hit of each finder, then around the second of each, and so on."""
    windows: list[_Window] = []
    for turn in range(most):
        for hit in (found[turn] for found in hits if turn < len(found)):
            if len(windows) == most:
                return windows
            flow = flows[hit.flow]
            start, end = flow.span(hit.start, hit.end)
            others = [window for window in windows if window.flow == hit.flow]
            if not any(window.start <= start and end <= window.end for window in others):
                windows.append(_Window(hit.flow, *_around(flow.text, (start, end), width, others), (start, end)))
    return windows


def _around(text: str, hit: tuple[int, int], width: int, others: Sequence[_Window]) -> tuple[int, int]:
    """Return the span to be shown around a hit: a third of the room before it, nothing that another window shows."""
    lead = max(0, width - (hit[1] - hit[0])) // 3
    first = max([0, *(other.end for other in others if other.end <= hit[0])])
    last = min([len(text), *(other.start for other in others if other.start >= hit[1])])
    start = max(first, hit[0] - lead)
    end = min(last, max(hit[1], start + width))
    while start > max(first, hit[0] - lead - _LONGEST_EDGE) and _clings(text[start]):
        start -= 1
    return start, _whole(text, end, last)


def _whole(text: str, end: int, last: int) -> int:
    """Return where a span ends that would not cut a letter from its combining marks."""
    last = min(last, end + _LONGEST_EDGE)
    while end < last and _clings(text[end]):
        end += 1
    return end


def _clings(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M")


def _snippet(finders: Sequence[_Finder], flow: _Flow, window: _Window) -> Snippet:
    inked = (sign for sign in flow.text[window.start : window.end] if sign.isspace() or han.has_ink(sign))
    # nothing that folding sees is lost by this, so what was found in the flow is found in what is shown of it
    text = " ".join("".join(inked).split())
    return Snippet(flow.part, flow.page(window.hit[0]), text, _marks(finders, text))


def _marks(finders: Sequence[_Finder], text: str) -> tuple[tuple[int, int], ...]:
    folded, places = han.fold_with_places(text)
    spans = []
    for finder in finders:
        start = 0
        while found := finder.first(folded, start):
            start = found[0] + 1
            spans.append((places[found[0]], _whole(text, places[found[1] - 1] + 1, len(text))))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)
