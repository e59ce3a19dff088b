"""The corpus in pieces, each with its kept texts, made by a process of its own so that whoever takes them in is measured alone."""

import multiprocessing
from collections.abc import Iterator
from typing import Final, NamedTuple

from archive.reading import kept
from archive.search.entry import Entry
from parts import corpus

PIECE: Final = 2_000
"""Documents of a piece: as many as one batch of an index that is made anew."""


class Piece(NamedTuple):
    """Entries, and the kept body of each."""

    entries: tuple[Entry, ...]
    bodies: tuple[bytes, ...]

    def text_bytes(self) -> int:
        """Return how many bytes of text it holds."""
        return sum(len(text.encode()) for entry in self.entries for text in entry.texts)


def made(first: int, count: int) -> Piece:
    """Return a piece of the corpus."""
    entries = tuple(corpus.entries(first, count))
    return Piece(entries, tuple(kept.pack((kept.KeptPart("正文.pdf", entry.texts[0], ((1, 0),)),)) for entry in entries))


def pieces(count: int, most: int = PIECE) -> Iterator[Piece]:
    """Yield the first `count` documents of the corpus."""
    wanted = [(first, min(most, count - first + 1)) for first in range(1, count + 1, most)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        # a few ahead and no more: a corpus of a million would fill the memory
        for ahead in range(0, len(wanted), 4):
            yield from pool.starmap_async(made, wanted[ahead : ahead + 4], chunksize=1).get()
