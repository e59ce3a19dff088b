"""The search index on tantivy: our own stream of character pairs, so that any piece of a text is found and nothing else."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from tantivy import Document, Index, IndexWriter, Query, Searcher, TextAnalyzerBuilder, Tokenizer

from archive.search.entry import Batch
from archive.search.question import Found, Hit, Question
from archive.search.tantivy_faults import told
from archive.search.tantivy_files import COVERED, covering, document, refuse_damage, schema
from archive.search.tantivy_question import Tier, aggregations, before, compiled, counted
from schemas.problems import Problem, ProblemType

_HEAP_BYTES: Final = 64_000_000


@dataclass(frozen=True)
class _State:
    """One committed state: what is searched, and how far it covers the ledger."""

    index: Index
    searcher: Searcher
    upto: int


class TantivyIndex:
    """`SearchIndex` over one folder.

    A handle takes the writer's lock with its first `apply` and holds it until `close`; one that only searches takes none
    and sees the state that was committed when it was opened. Damage to a file is found at `open`, which reads them all; as
    with every mapped file, one that is cut short while it is open ends the whole program.
    """

    def __init__(self, index: Index) -> None:
        """Use `open`."""
        self._schema = index.schema
        self._writing = threading.Lock()
        self._writer: IndexWriter | None = None
        self._state: _State | None = _newest(index)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in this folder; an empty or missing folder becomes a new one.

        Errors: Problem INDEX_BROKEN when the folder holds something else or is damaged; STORAGE_FULL, STORAGE_FAILED.
        """
        with told():
            folder.mkdir(parents=True, exist_ok=True)
            refuse_damage(folder)
            index = Index(schema(), path=str(folder))
            index.register_tokenizer("whitespace", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
            index.config_reader("manual")
            return cls(index)

    def upto(self) -> int:
        """Return the ledger sequence that the last committed batch covered; 0 for a new index."""
        return self._seen().upto

    def count(self) -> int:
        """Return how many entries stand in it, whoever may see them."""
        return max(0, self._seen().searcher.num_docs - 1)

    def apply(self, batch: Batch) -> None:
        """Replace, remove and commit, with `upto`; on any error the state before stays."""
        if not self._writing.acquire(blocking=False):
            raise Problem(ProblemType.INDEX_LOCKED)
        try:
            index = self._seen().index
            with told():
                # one thread: a second costs a segment more a commit, and merging them eats what it gains
                writer = self._writer = self._writer or index.writer(_HEAP_BYTES, 1)
            try:
                self._write(writer, batch)
            except BaseException:
                self._discard(index)
                raise
            with told():
                self._state = _newest(index)
        finally:
            self._writing.release()

    def search(self, question: Question) -> Found:
        """Answer one question over one committed state."""
        state = self._seen()
        asked = compiled(self._schema, question)
        with told():
            total, facets = counted(state.searcher.aggregate(asked.matching, aggregations(question)), question.viewer)
            hits = tuple(self._hits(state.searcher, asked.tiers, question))
        return Found(total=total, hits=hits, facets=facets, upto=state.upto)

    def close(self) -> None:
        """Finish merging, let go of files and locks; whatever was applied stays."""
        with self._writing:
            writer, self._writer, self._state = self._writer, None, None
            if writer is not None:
                with told():
                    writer.wait_merging_threads()

    def _seen(self) -> _State:
        state = self._state
        if state is None:
            raise Problem(ProblemType.INDEX_NOT_READY, "closed")
        return state

    def _write(self, writer: IndexWriter, batch: Batch) -> None:
        with told():
            for submission in (*batch.gone, COVERED):
                writer.delete_documents_by_term("id", submission)
        for entry in batch.entries:
            placed = document(entry)
            with told():
                writer.delete_documents_by_term("id", entry.submission)
                self._add(writer, placed)
        with told():
            self._add(writer, covering(batch.upto))
            writer.commit()

    @staticmethod
    def _add(writer: IndexWriter, placed: Document) -> None:
        try:
            writer.add_document(placed)
        except ValueError as error:
            if "was killed" in str(error):
                # the indexing thread has died and only a commit tells why: it fails for the same reason, before it writes
                writer.commit()
            raise

    def _discard(self, index: Index) -> None:
        """Let the failed writer go, and the files that it began: on a full disk they are what fills it."""
        writer, self._writer = self._writer, None
        with contextlib.suppress(Problem), told():
            if writer is not None:
                writer.wait_merging_threads()
        with contextlib.suppress(Problem), told():
            sweeper = index.writer(_HEAP_BYTES, 1)
            sweeper.garbage_collect_files()
            sweeper.wait_merging_threads()

    def _hits(self, searcher: Searcher, tiers: tuple[Tier, ...], question: Question) -> Iterator[Hit]:
        wanted, after = question.size, question.after
        for tier in tiers:
            if wanted <= 0 or (after is not None and tier.number < after.tier):
                continue
            matching = tier.query
            if after is not None and tier.number == after.tier:
                matching = before(self._schema, matching, after.accepted)
            found = searcher.search(matching, wanted, count=False, order_by_field="accepted").hits
            wanted -= len(found)
            for accepted, address in found:
                yield Hit(searcher.doc(address)["id"][0], accepted, tier.number)


def _newest(index: Index) -> _State:
    index.reload()
    searcher = index.searcher()
    found = searcher.search(Query.term_query(index.schema, "id", COVERED), 1, order_by_field="covered").hits
    return _State(index, searcher, int(found[0][0]) if found else 0)
