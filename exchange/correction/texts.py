"""Two texts side by side: by sentences, then by characters within those that were changed. Pure, and bounded in time and size.

Sentences that stand once in either text hold the comparison together; what lies between them is compared by difflib where that is
little work, and shown as replaced where it is not. So a text of a megabyte takes a second or two, whatever is in it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, Literal, NamedTuple

LONGEST: Final = 700_000
"""Characters of a text that are compared; what lies behind them is said not to have been."""
MOST_BLOCKS: Final = 200
"""Places that are shown."""
_LONG: Final = 4_000
"""Characters of one side of a place that are shown."""
_WORK: Final = 250_000
"""Pairs of sentences up to which difflib compares a stretch."""
_FINE: Final = 1_000_000
_FINE_IN_ALL: Final = 12_000_000
"""Pairs of characters up to which one place, and all of them, are compared by characters."""
_DEPTH: Final = 6
_ALIKE: Final = 0.3
_ISLAND: Final = 2
_AROUND: Final = 60

_SENTENCE: Final = re.compile(r"[^。！？；;!?\n]*(?:[。！？；;!?\n]+[”’」』）)]*|$)")
_TOKEN: Final = re.compile(r"[0-9A-Za-z０-９]+(?:[.．][0-9０-９]+)?%?|\s+|.", re.DOTALL)

Kind = Literal["same", "gone", "new"]
Match = tuple[int, int, int]
"""Where equal stretches begin in both, and how long they are, as difflib says it."""


class Piece(NamedTuple):
    """A stretch of one side: the same on both, gone, or new."""

    kind: Kind
    text: str


class Block(NamedTuple):
    """One changed place: both sides, with a little of what stands around; `skipped` sentences before it are the same."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    skipped: int


class Compared(NamedTuple):
    """What was changed, place by place; `more` places are not shown, `same` sentences follow the last, `cut` says that a text is longer."""

    blocks: tuple[Block, ...]
    more: int
    same: int
    cut: bool


def sentences(text: str) -> list[str]:
    """Return the sentences of a text with what ends them; joined they are the text."""
    return [found for found in _SENTENCE.findall(text) if found]


def compared(before: str, after: str) -> Compared:
    """Return what was changed."""
    cut = max(len(before), len(after)) > LONGEST
    a, b = sentences(before[:LONGEST]), sentences(after[:LONGEST])
    keys_a, keys_b = ([re.sub(r"\s+", "", each) for each in side] for side in (a, b))
    blocks: list[Block] = []
    more, skipped, fine, i, j = 0, 0, _FINE_IN_ALL, 0, 0
    for start_a, start_b, length in [*matches(keys_a, keys_b), (len(a), len(b), 0)]:
        if start_a > i or start_b > j:
            if len(blocks) < MOST_BLOCKS:
                old, new = "".join(a[i:start_a]), "".join(b[j:start_b])
                cost = len(old) * len(new)
                pieces = _fine(old, new) if cost <= min(_FINE, fine) else _coarse(old, new)
                fine -= cost if cost <= _FINE else 0
                lead = _lead(a[i - 1]) if i else ""
                old_side, new_side = ((Piece("same", lead), *side) if lead else side for side in pieces)
                blocks.append(Block(old_side, new_side, skipped))
            else:
                more += 1
            skipped = 0
        skipped += length
        i, j = start_a + length, start_b + length
    return Compared(tuple(blocks), more, skipped, cut)


def matches(a: Sequence[str], b: Sequence[str]) -> list[Match]:
    """Return the equal stretches of two sequences in order, joined where they touch; without those of length 0."""
    found = sorted(_matches(a, b, 0, len(a), 0, len(b), 0))
    joined: list[Match] = []
    for start_a, start_b, length in found:
        if joined and joined[-1][0] + joined[-1][2] == start_a and joined[-1][1] + joined[-1][2] == start_b:
            joined[-1] = (joined[-1][0], joined[-1][1], joined[-1][2] + length)
        elif length:
            joined.append((start_a, start_b, length))
    return joined


def _matches(a: Sequence[str], b: Sequence[str], i: int, n: int, j: int, m: int, depth: int) -> Iterator[Match]:
    begin_a, begin_b = i, j
    while i < n and j < m and a[i] == b[j]:
        i, j = i + 1, j + 1
    yield begin_a, begin_b, i - begin_a
    end_a = n
    while n > i and m > j and a[n - 1] == b[m - 1]:
        n, m = n - 1, m - 1
    yield n, m, end_a - n
    if i == n or j == m:
        return
    if (n - i) * (m - j) <= _WORK:
        for match in SequenceMatcher(None, a[i:n], b[j:m], autojunk=False).get_matching_blocks():
            yield match.a + i, match.b + j, match.size
        return
    if depth == _DEPTH:
        return
    at_a, at_b = i, j
    for place_a, place_b in _anchors(a, b, i, n, j, m):
        yield from _matches(a, b, at_a, place_a, at_b, place_b, depth + 1)
        yield place_a, place_b, 1
        at_a, at_b = place_a + 1, place_b + 1
    if at_a > i:
        yield from _matches(a, b, at_a, n, at_b, m, depth + 1)


def _anchors(a: Sequence[str], b: Sequence[str], i: int, n: int, j: int, m: int) -> list[tuple[int, int]]:
    """Return places of what stands once on both sides, as many as keep their order."""
    once_a, once_b = Counter(a[i:n]), Counter(b[j:m])
    where = {text: place for place, text in enumerate(b[j:m], j) if once_b[text] == 1}
    pairs = [(place, where[text]) for place, text in enumerate(a[i:n], i) if once_a[text] == 1 and text in where]
    return _rising(pairs)


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs whose second members rise: patience sorting."""
    tops: list[int] = []
    behind: list[int] = []
    for index, (_, value) in enumerate(pairs):
        low, high = 0, len(tops)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if pairs[tops[middle]][1] < value else (low, middle)
        behind.append(tops[low - 1] if low else -1)
        tops[low : low + 1] = [index]
    chosen, at = [], tops[-1] if tops else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = behind[at]
    return chosen[::-1]


def _fine(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Compare by characters, figures and Latin words being one; what has hardly anything in common is replaced as a whole."""
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.quick_ratio() < _ALIKE:
        return _coarse(old, new)
    stretches = [found for found in matcher.get_matching_blocks() if found.size]
    if 2 * sum(len("".join(a[each.a : each.a + each.size])) for each in stretches) < _ALIKE * (len(old) + len(new)):
        return _coarse(old, new)
    before: list[Piece] = []
    after: list[Piece] = []
    i = j = 0
    for found in stretches:
        same = "".join(a[found.a : found.a + found.size])
        inside = found.a > 0 and found.a + found.size < len(a) and found.b > 0 and found.b + found.size < len(b)
        if inside and len(same) < _ISLAND:  # one letter between two changes reads as noise
            continue
        _put(before, "gone", "".join(a[i : found.a]))
        _put(after, "new", "".join(b[j : found.b]))
        _put(before, "same", same)
        _put(after, "same", "".join(b[found.b : found.b + found.size]))
        i, j = found.a + found.size, found.b + found.size
    _put(before, "gone", "".join(a[i:]))
    _put(after, "new", "".join(b[j:]))
    return _short(before), _short(after)


def _coarse(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    before = [Piece("gone", old)] if old else []
    after = [Piece("new", new)] if new else []
    return _short(before), _short(after)


def _put(pieces: list[Piece], kind: Kind, text: str) -> None:
    if text:
        pieces.append(Piece(kind, text))


def _lead(sentence: str) -> str:
    """Return the sentence before a changed place, or its end."""
    text = sentence.strip()
    return text if len(text) <= _AROUND else f"…{text[-_AROUND:]}"


def _short(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return pieces as far as a page has room for them."""
    left, kept = _LONG, []
    for piece in pieces:
        if left <= 0:
            kept.append(Piece("same", "…"))
            break
        kept.append(piece if len(piece.text) <= left else Piece(piece.kind, f"{piece.text[:left]}…"))
        left -= len(piece.text)
    return tuple(kept)
