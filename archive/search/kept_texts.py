"""What of a kept text goes into an entry, and what it costs to unpack: for submissions and documents from before alike."""

import logging
from collections.abc import Iterator
from typing import Final

from archive.reading.kept import kept, unpacked_size
from schemas.problems import Problem

LOG: Final = logging.getLogger("yizhan")


def texts(body: bytes | None, name: str) -> tuple[str, ...]:
    """Return the texts of all parts, pages before what stands outside them; none where nothing was kept or it cannot be read."""
    if body is None:
        return ()
    try:
        parts = kept(bytes(body))
    except Problem as problem:
        LOG.warning("%s is indexed without its text: %s", name, problem.kind.type)
        return ()
    return tuple(text for part in parts for text in (part.text, *(other for _, other in part.others)) if text)


def affordable(heads: Iterator[tuple[int, bytes]], text: int) -> int:
    """Return the last of the numbered bodies, told by their heads, that fit into so many bytes of unpacked text; the first always does."""
    last, total = 0, 0
    for number, head in heads:
        total += _cost(head)
        if last and total > text:
            break
        last = number
    return last


def _cost(head: bytes) -> int:
    try:
        return unpacked_size(head)
    except Problem:
        return 0  # none, or none that can be unpacked
