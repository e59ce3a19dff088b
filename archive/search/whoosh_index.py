"""The search index on Whoosh, pure Python: for machines without a tantivy package, and then for small counties alone.

It gives the same answers from a bigger folder, and takes in tens of entries a second where tantivy takes a thousand. Whoosh
only looks terms up; what follows from them is worked out here over sets, so that no score and no limit of its own is asked.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

from archive.search import han, number
from archive.search.entry import Batch, Entry
from archive.search.fields import folded, readers
from archive.search.query import titled
from archive.search.question import And, Between, Everything, Found, Hit, Node, Not, Number, OneOf, Or, Question, Viewer, Words
from archive.search.syntax import SIDES
from archive.search.whoosh_files import BETWEEN_VALUES, ONES, opened, sweep, told
from archive.search.whoosh_parts import FileIndex, NumericRange, Phrase, Query, Searcher, SegmentWriter, Term
from schemas.problems import Problem, ProblemType

_HEAP_MEGABYTES: Final = 64
_FURTHEST: Final = 2**62
# the id of the document that holds `upto`; it has no reader, so that no question finds it
_COVERED: Final = "upto"


class WhooshIndex:
    """`SearchIndex` over one folder, which must be its user's alone: see `archive.search.whoosh_files`.

    The writer's lock is held during `apply` only. Searches wait for one another: the interpreter runs one at a time anyway.
    """

    def __init__(self, folder: Path, index: FileIndex) -> None:
        """Use `open`."""
        self._folder = folder
        self._index = index
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._searcher: Searcher | None = index.searcher()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in this folder; an empty or missing folder becomes a new one.

        Errors: Problem INDEX_BROKEN when others may write there, it holds something else or is damaged; STORAGE_FULL,
        STORAGE_FAILED.
        """
        index = opened(folder)
        with told():
            return cls(folder, index)

    def upto(self) -> int:
        """Return the ledger sequence that the last committed batch covered; 0 for a new index."""
        with self._searching() as searcher:
            return _upto(searcher)

    def count(self) -> int:
        """Return how many entries stand in it, whoever may see them."""
        with self._searching() as searcher:
            return max(0, int(searcher.doc_count()) - 1)

    def apply(self, batch: Batch) -> None:
        """Replace, remove and commit, with `upto`; on any error the state before stays."""
        if not self._writing.acquire(blocking=False):
            raise Problem(ProblemType.INDEX_LOCKED)
        try:
            with self._searching():
                pass
            with self._locked():
                self._write(batch)
            with told():
                newest = self._index.searcher()
            with self._reading:
                before, self._searcher = self._searcher, newest
            if before is not None:
                before.close()
        finally:
            self._writing.release()

    def search(self, question: Question) -> Found:
        """Answer one question over one committed state."""
        with self._searching() as searcher:
            answering = _Answering(searcher, question.viewer)
            matching = answering.holds(question.node)
            first = titled(question.node) if question.order == "best" else None
            hits = answering.hits(matching, frozenset() if first is None else answering.holds(first), question)
            facets = answering.facets(matching) if question.facets else {}
            return Found(total=len(matching), hits=hits, facets=facets, upto=_upto(searcher))

    def close(self) -> None:
        """Let go of files; whatever was applied stays."""
        with self._writing, self._reading:
            searcher, self._searcher = self._searcher, None
            if searcher is not None:
                searcher.close()

    @contextlib.contextmanager
    def _searching(self) -> Iterator[Searcher]:
        with self._reading:
            if self._searcher is None:
                raise Problem(ProblemType.INDEX_NOT_READY, "closed")
            with told():
                yield self._searcher

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._index.lock("WRITELOCK")
        with told():
            taken = lock.acquire()
        if not taken:
            raise Problem(ProblemType.INDEX_LOCKED)
        try:
            yield
        finally:
            lock.release()

    def _write(self, batch: Batch) -> None:
        with told():
            sweep(self._folder, self._index)
            writer = SegmentWriter(self._index, _lk=False, limitmb=_HEAP_MEGABYTES)
        try:
            entries = {entry.submission: entry for entry in batch.entries}
            with told():
                with writer.searcher() as searcher:
                    for submission in {*batch.gone, *entries, _COVERED}:
                        writer.delete_by_term("id", submission, searcher=searcher)
                for entry in entries.values():
                    writer.add_document(**_document(entry))
                writer.add_document(id=_COVERED, covered=batch.upto)
                writer.commit()
        except BaseException:
            with contextlib.suppress(Problem), told():
                writer.cancel()
            # on a full disk what it began is what fills it
            with contextlib.suppress(Problem), told():
                sweep(self._folder, self._index)
            raise


def _upto(searcher: Searcher) -> int:
    stored = searcher.document(id=_COVERED)
    return 0 if stored is None else int(stored["covered"])


def _document(entry: Entry) -> dict[str, Any]:
    found = folded(entry)
    days = {"year": entry.date // 10_000, "date": entry.date, "received": entry.received}
    words = {
        "number_key": found.number_keys,
        "reader": entry.readers,
        "from": (entry.office,),
        "to": entry.recipients,
        "kind": (entry.kind,),
        "urgency": (entry.urgency,),
        "standing": entry.standings,
    }
    return {
        "id": entry.submission,
        **{place: han.stream(text) for place, text in found.texts.items() if text},
        **{place + ONES: han.ones(text) for place, text in found.texts.items() if text},
        **{keyword: BETWEEN_VALUES.join(dict.fromkeys(values)) for keyword, values in words.items() if any(values)},
        **{span: day for span, day in days.items() if day},
        "accepted": entry.accepted,
        "facts": BETWEEN_VALUES.join((entry.office, entry.kind, str(days["year"] or ""), *dict.fromkeys(entry.standings))).encode(),
    }


class _Answering:
    """One question's work over one state: sets of document numbers, all within what the viewer may see."""

    def __init__(self, searcher: Searcher, viewer: Viewer) -> None:
        self._searcher = searcher
        self._own = f"{viewer.office}:"
        self._seen = frozenset().union(*(self._found(Term("reader", reader)) for reader in readers(viewer)))

    def holds(self, node: Node) -> frozenset[int]:
        """Return which of the documents that the viewer may see the node holds for."""
        match node:
            case Everything():
                return self._seen
            case Not(inner):
                return self._seen - self.holds(inner)
            case And(nodes):
                return self._seen.intersection(*map(self.holds, nodes))
            case Or(nodes):
                return frozenset().union(*map(self.holds, nodes))
            case Words(text) if not han.fold(text):
                return self._seen
            case _:
                return self._seen.intersection(set().union(*map(self._found, self._queries(node))))

    def hits(self, matching: frozenset[int], first: frozenset[int], question: Question) -> tuple[Hit, ...]:
        """Return the page that was asked for."""
        accepted = self._column("accepted")
        places = sorted((0 if document in first else 1, -accepted[document], document) for document in matching)
        if question.after is not None:
            after = (question.after.tier, -question.after.accepted)
            places = [place for place in places if place[:2] > after]
        ids = ((place, self._searcher.stored_fields(place[2])["id"]) for place in places[: question.size])
        return tuple(Hit(submission, -accepted, tier) for (tier, accepted, _), submission in ids)

    def facets(self, matching: frozenset[int]) -> dict[str, dict[str, int]]:
        """Return `Found.facets`."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("office", "kind", "year", "state")}
        facts = self._column("facts")
        for document in matching:
            office, kind, year, *standings = facts[document].decode().split(BETWEEN_VALUES)
            for name, value in (("office", office), ("kind", kind), ("year", year)):
                counts[name][value] += bool(value)
            counts["state"].update(each.removeprefix(self._own) for each in standings if each.startswith(self._own))
        return {name: dict(+counted) for name, counted in counts.items()}

    def _queries(self, node: Words | Number | OneOf | Between) -> list[Query]:
        """Return what must be looked up for a leaf: it holds where one of them does."""
        match node:
            case Words(text, where):
                text = han.fold(text)
                tokens = han.stream(text).split()
                field = where + ONES if len(text) == 1 else where
                return [Term(field, tokens[0]) if len(tokens) == 1 else Phrase(field, tokens)]
            case Number():
                return [Term("number_key", number.key(node))]
            case OneOf("state", values):
                states = (state for value in values for state in (value, *(f"{side}:{value}" for side in SIDES)))
                return [Term("standing", self._own + state) for state in states]
            case OneOf(keyword, values):
                return [Term(keyword, value) for value in values]
            case Between(span, first, last):
                return [NumericRange(span, max(-_FURTHEST, first), min(_FURTHEST, last))]

    def _found(self, query: Query) -> frozenset[int]:
        return frozenset(self._searcher.docs_for_query(query))

    def _column(self, name: str) -> Any:
        reader = self._searcher.reader()
        # an index without any document has no columns
        return reader.column_reader(name) if reader.doc_count_all() else {}
