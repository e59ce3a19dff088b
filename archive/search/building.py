"""Opening, feeding and making generations of the index from a ledger; who asks and when to do it is the finder's business."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Final

from archive.ledger.database import Database
from archive.search import entries
from archive.search.apart import Apart
from archive.search.generations import Generation, Generations
from schemas.problems import Problem, ProblemType

MANY: Final = 2000
"""Submissions in one batch of an index that is made anew: each commit costs the same, whatever it holds."""


@dataclass
class Progress:
    """How far an index that is made anew has come; `of` is how many entries it will hold, as far as is known."""

    generation: str = ""
    entries: int = 0
    of: int = 0
    seconds: float = 0.0
    finished: bool = False
    problem: str = ""

    def told(self) -> dict[str, Any]:
        """Return it as JSON, with its rate."""
        rate = self.entries / self.seconds if self.seconds else 0.0
        return {
            "generation": self.generation,
            "entries": self.entries,
            "of": self.of,
            "seconds": round(self.seconds, 1),
            "entries_per_second": round(rate),
            "finished": self.finished,
            "problem": self.problem,
        }


class Builder:
    """Makes the generations of one folder from one ledger. `begun` is the one that is being made and not in use yet."""

    def __init__(self, database: Database, generations: Generations, apart: Apart) -> None:
        """Touch nothing yet."""
        self._database = database
        self._generations = generations
        self._apart = apart
        self._opening = asyncio.Lock()  # who opens sweeps what the pointer does not name
        self.begun: Generation | None = None

    async def open(self, broken: str = "") -> Generation:
        """Open the generation in use.

        Raises Problem INDEX_NOT_READY when there is none; INDEX_BROKEN for the one that is known to be broken, and for one
        that knows more than the ledger or events of another one; whatever the engine raises.
        """
        async with self._opening:
            ledger = await self._database.read(entries.identity)
            generation = await self._apart.run(self._generations.current, ledger, broken)
        try:
            await self._require_same_way(generation)
        except BaseException:
            with contextlib.suppress(Problem):
                await self._apart.run(generation.close)
            raise
        return generation

    async def feed(self, generation: Generation, fresh_upto: int = 0, most: int = entries.BATCH) -> bool:
        """Take the next batch in; says whether there was one. Raises what the engine raises."""
        before = generation.counts.upto
        where = {"fresh_upto": fresh_upto, "most": most, "place": generation.place, "ahead": generation.ahead, "lines": entries.LINES}
        changes = await self._database.read(entries.changed, before, **where)
        if changes.upto == before and not changes.place:
            return False
        await self._apart.run(generation.take, changes)
        return True

    async def make(self, progress: Progress) -> Generation:
        """Make a generation anew beside the one in use; it is returned once it has caught up and the pointer names it.

        Raises what the ledger or the engine raises; nothing is left of the new generation then.
        """
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with self._opening:
                ledger = await self._database.read(entries.identity)
                generation = self.begun = await self._apart.run(self._generations.begin, ledger)
            fresh_upto = (await self._database.read(entries.newest, 0)).sequence
            progress.generation, progress.of = generation.name, await self._database.read(entries.items)
            while await self.feed(generation, fresh_upto, MANY):
                progress.entries, progress.seconds = generation.counts.entries, clock() - begun
            await self._apart.run(self._generations.adopt, generation)
        except Exception:
            await self._drop_begun()
            raise
        progress.seconds = clock() - begun
        self.begun = None
        return generation

    async def sweep(self) -> None:
        """Remove what the pointer does not name, unless it is being made."""
        async with self._opening:
            if self.begun is None:
                await self._apart.run(self._generations.sweep)

    async def _require_same_way(self, generation: Generation) -> None:
        covered = await self._apart.run(generation.covered)
        known = await self._database.read(entries.newest, 0)
        if generation.counts.upto > known.sequence:
            raise Problem(ProblemType.INDEX_BROKEN, "ahead of the ledger")
        if covered is not None and await self._database.read(entries.evidence_at, covered.sequence) != covered.evidence_id:
            raise Problem(ProblemType.INDEX_BROKEN, "of a ledger that went another way")

    async def _drop_begun(self) -> None:
        failed, self.begun = self.begun, None
        if failed is not None:
            await self._apart.run(self._generations.discard, failed)
