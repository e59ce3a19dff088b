"""The log: leaves without gaps, the whole tree recomputed from the events, every checkpoint, tile and proof against it."""

from collections.abc import Iterator
from typing import Any, Final

from archive.ledger.database import Tx
from archive.ledger.receipts import entry
from exchange.checking.findings import Findings, each
from keys import merkle, notes, tiles
from keys.notes import LogKey
from schemas.problems import Problem, ProblemType

_LEAVES: Final = "SELECT id, at, leaf, receipt, signature, proof FROM event WHERE leaf > :after ORDER BY leaf LIMIT :page"
_CHECKPOINTS: Final = "SELECT size, root, note, at FROM checkpoint WHERE size > :after ORDER BY size LIMIT :page"


class Frontier:
    """The complete subtrees of a growing tree, largest first: all that its next root needs."""

    def __init__(self) -> None:
        """Start with the empty tree."""
        self.size = 0
        self._subtrees: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf's hash."""
        complete, below = leaf, self.size
        while below & 1:  # a subtree of this height waits at the left
            complete = merkle.node_hash(self._subtrees.pop(), complete)
            below >>= 1
        self._subtrees.append(complete)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._subtrees:
            return merkle.EMPTY_ROOT
        *larger, found = self._subtrees
        for subtree in reversed(larger):
            found = merkle.node_hash(subtree, found)
        return found


def check_tree(tx: Tx, key: LogKey, findings: Findings) -> None:
    """Recompute the tree from the events and hold everything that was stored of the log against it."""
    walk = _Walk(tx, key, findings)
    for row in each(tx, _LEAVES, "leaf", -1):
        if row.leaf != walk.frontier.size:
            # from here on every node differs: one finding says it all
            findings.problem("leaf", f"leaf {row.leaf} instead of {walk.frontier.size}")
            return
        walk.see(row)
    walk.finish()
    without = tx.row("SELECT count(*) AS count FROM event WHERE leaf IS NULL OR proof IS NULL").count
    findings.expect(not without, "leaf", f"{without} events are not in the log")


class _Walk:
    def __init__(self, tx: Tx, key: LogKey, findings: Findings) -> None:
        self.tx, self.key, self.findings = tx, key, findings
        self.frontier, self.edge = Frontier(), tiles.Edge()
        self.pending: list[bytes] = []
        self.last_id = 0
        self.stored: Iterator[Any] = each(tx, _CHECKPOINTS, "size", -1)
        self.checkpoint: Any = next(self.stored, None)

    def see(self, row: Any) -> None:
        self.findings.expect(row.id > self.last_id, "leaf", f"leaf {row.leaf} is out of the order of events")
        self.last_id = row.id
        logged = entry(row.receipt, row.signature)
        leaf = merkle.leaf_hash(logged)
        self.frontier.add(leaf)
        self.pending.append(leaf)
        if len(self.pending) == tiles.FULL:
            self._grow()
        self.findings.checked["leaves"] += 1
        with self.findings.guard("proof", f"leaf {row.leaf}"):
            self._require_proof(row, leaf)
        while self.checkpoint is not None and self.checkpoint.size <= self.frontier.size:
            self._see_checkpoint(row.at)

    def finish(self) -> None:
        """Check what only the end shows: the newest checkpoint, the incomplete tiles, and that nothing is left over."""
        self._grow()
        size = self.frontier.size
        for level, content in enumerate(self.edge.levels):
            if content:
                self._require_tile(level, size >> 8 * (level + 1), content)
        while self.checkpoint is not None:
            self.findings.problem("checkpoint", f"size {self.checkpoint.size} of {size} leaves")
            self.checkpoint = next(self.stored, None)
        newest = self.tx.row("SELECT coalesce(max(size), 0) AS size FROM checkpoint").size
        self.findings.expect(newest == size, "checkpoint", f"the newest is over {newest} of {size} leaves")
        count = self.tx.row("SELECT count(*) AS count FROM tile").count
        self.findings.expect(count == self.findings.checked["tiles"], "tile", f"{count} tiles are stored")

    def _require_proof(self, row: Any, leaf: bytes) -> None:
        if row.proof is None or self.checkpoint is None:
            raise Problem(ProblemType.INCLUSION_PROOF, "there is none, or no checkpoint after it")
        index, path, note = notes.read_proof(row.proof)
        then = self.checkpoint  # the first one after this leaf: that of its group
        if note != then.note:
            raise Problem(ProblemType.INCLUSION_PROOF, f"not under the checkpoint of size {then.size}")
        if index != row.leaf or not merkle.verify_inclusion(index, then.size, leaf, path, then.root):
            raise Problem(ProblemType.INCLUSION_PROOF)

    def _see_checkpoint(self, at: str) -> None:
        row, name = self.checkpoint, f"size {self.checkpoint.size}"
        self.findings.checked["checkpoints"] += 1
        with self.findings.guard("checkpoint", name):
            opened = notes.open_checkpoint(row.note, self.key)
            if (opened.size, opened.root) != (row.size, row.root):
                raise Problem(ProblemType.LOG_MALFORMED, "the note says something else than the row")
            if (row.size, row.root) != (self.frontier.size, self.frontier.root):
                raise Problem(ProblemType.LOG_MALFORMED, "another root than the events give")
            if row.at != at:
                raise Problem(ProblemType.LOG_MALFORMED, "another instant than its last event")
        self.checkpoint = next(self.stored, None)

    def _grow(self) -> None:
        made, self.edge = tiles.grow(self.edge, self.pending)
        self.pending = []
        for tile in made:
            if tile.width == tiles.FULL:
                self._require_tile(tile.level, tile.index, tile.content)

    def _require_tile(self, level: int, index: int, content: bytes) -> None:
        self.findings.checked["tiles"] += 1
        row = self.tx.row("SELECT width, hashes FROM tile WHERE level = :level AND number = :index", level=level, index=index)
        name = tiles.tile_path(level, index, len(content) // merkle.HASH_SIZE)
        same = row is not None and row.hashes == content and row.width * merkle.HASH_SIZE == len(content)
        self.findings.expect(same, "tile", name)
