"""The search index in memory: no index at all, every question reads every entry. The fake for tests and the oracle for engines."""

import threading
from collections import Counter
from typing import Final

from archive.search import han, number
from archive.search.entry import Batch, Entry
from archive.search.fields import Folded, folded, readers
from archive.search.query import titled
from archive.search.question import And, Between, Everything, Found, Hit, Node, Not, Number, OneOf, Or, Place, Question, Viewer, Words
from archive.search.syntax import SIDES

_DAYS_OF_YEAR: Final = 10_000


class MemoryIndex:
    """A `SearchIndex` that ends with the object."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.Lock()
        self._entries: dict[str, tuple[Entry, Folded]] = {}
        self._upto = 0

    def upto(self) -> int:
        """Return the ledger sequence that the last batch covered."""
        return self._upto

    def count(self) -> int:
        """Return how many entries stand in it."""
        return len(self._entries)

    def apply(self, batch: Batch) -> None:
        """Replace, remove, and take `upto`: a new mapping is put in the place of the old, so that searches see one state."""
        with self._lock:
            entries = dict(self._entries)
            for gone in batch.gone:
                entries.pop(gone, None)
            entries.update({entry.submission: (entry, folded(entry)) for entry in batch.entries})
            self._entries, self._upto = entries, batch.upto

    def search(self, question: Question) -> Found:
        """Answer one question: what the viewer may see, of that what matches, in the order of tier and acceptance."""
        with self._lock:
            entries, upto = self._entries.values(), self._upto
        own = set(readers(question.viewer))
        seen = [each for each in entries if own & set(each[0].readers)]
        matching = [each for each in seen if _holds(question.node, *each, question.viewer)]
        first = titled(question.node) if question.order == "best" else None
        hits = sorted((_hit(entry, texts, first, question.viewer) for entry, texts in matching), key=_order)
        if question.after is not None:
            hits = [hit for hit in hits if _order(hit) > _order(question.after)]
        facets = _facets([entry for entry, _ in matching], question.viewer) if question.facets else {}
        return Found(total=len(matching), hits=tuple(hits[: question.size]), facets=facets, upto=upto)

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


def _hit(entry: Entry, texts: Folded, first: Node | None, viewer: Viewer) -> Hit:
    return Hit(entry.submission, entry.accepted, 0 if first is not None and _holds(first, entry, texts, viewer) else 1)


def _order(place: Hit | Place) -> tuple[int, int]:
    return place.tier, -place.accepted


def _holds(node: Node, entry: Entry, texts: Folded, viewer: Viewer) -> bool:  # noqa: PLR0911 - one answer a kind of node
    match node:
        case Everything():
            return True
        case Words(text, where):
            return han.fold(text) in texts.texts[where]
        case Number():
            return number.key(node) in texts.number_keys
        case OneOf():
            return _has_one(node, entry, viewer)
        case Between(span, first, last):
            day = {"date": entry.date, "year": entry.date // _DAYS_OF_YEAR, "received": entry.received}[span]
            return day != 0 and first <= day <= last
        case Not(inner):
            return not _holds(inner, entry, texts, viewer)
        case And(nodes):
            return all(_holds(each, entry, texts, viewer) for each in nodes)
        case Or(nodes):
            return any(_holds(each, entry, texts, viewer) for each in nodes)


def _has_one(node: OneOf, entry: Entry, viewer: Viewer) -> bool:
    if node.keyword == "state":
        wanted = {f"{side}:{value}" for value in node.values for side in SIDES} | set(node.values)
        return not wanted.isdisjoint(_own_states(entry, viewer))
    held = {
        "from": (entry.office,),
        "to": entry.recipients,
        "kind": (entry.kind,),
        "urgency": (entry.urgency,),
        "reader": entry.readers,
    }[node.keyword]
    return not set(node.values).isdisjoint(filter(None, held))


def _own_states(entry: Entry, viewer: Viewer) -> list[str]:
    prefix = f"{viewer.office}:"
    return [standing.removeprefix(prefix) for standing in entry.standings if standing.startswith(prefix)]


def _facets(entries: list[Entry], viewer: Viewer) -> dict[str, dict[str, int]]:
    return {
        "office": dict(Counter(entry.office for entry in entries if entry.office)),
        "kind": dict(Counter(entry.kind for entry in entries)),
        "year": dict(Counter(str(entry.date // _DAYS_OF_YEAR) for entry in entries if entry.date)),
        "state": dict(Counter(state for entry in entries for state in set(_own_states(entry, viewer)))),
    }
