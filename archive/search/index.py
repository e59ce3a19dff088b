"""The seam of the search index: it can be thrown away and made anew, and decides nothing."""

from typing import Protocol

from archive.search.entry import Batch
from archive.search.question import Found, Question


class SearchIndex(Protocol):
    """An index over entries, in a folder of its own. All methods block and may be called from any thread.

    Durability: after `apply` the batch and its `upto` survive a kill; a kill inside leaves the state before or after, never
    half a batch. Idempotence: applying the same batch again changes nothing. Concurrency: one `apply` at a time (a second
    writer, also in another process, raises INDEX_LOCKED at once); any number of searches meanwhile, each over one committed
    state. Visibility: what `question.viewer` may not see changes no hit, order, count, facet or error.
    Errors: Problem INDEX_LOCKED; STORAGE_FULL and STORAGE_FAILED (the state before stays and can be searched); INDEX_BROKEN
    for anything that only making it anew can mend; INDEX_NOT_READY for a handle that was closed.
    """

    def upto(self) -> int:
        """Return the ledger sequence that the last committed batch covered; 0 for a new index."""
        ...

    def count(self) -> int:
        """Return how many entries stand in it, whoever may see them: for the administrator's status alone."""
        ...

    def apply(self, batch: Batch) -> None:
        """Replace, remove and commit, with `upto`; what follows is searched over the new state."""
        ...

    def search(self, question: Question) -> Found:
        """Answer one question."""
        ...

    def close(self) -> None:
        """Let go of files and locks; whatever was applied stays."""
        ...
