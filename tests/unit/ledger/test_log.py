"""The log in the ledger's tables: it only grows, serves what a checkpoint covers, and knows its own past."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ledger_maker
import pytest
from ledger_maker import NOW

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.memory import MemoryDatabase
from archive.ledger.receipts import entry
from exchange.checking.findings import Findings
from exchange.checking.tree import Frontier, check_tree
from keys import merkle, notes, tiles
from schemas import instants
from schemas.problems import Problem, ProblemType

NOTARY = ledger_maker.notary()
KEY = NOTARY.log


@asynccontextmanager
async def ledger(*groups: int) -> AsyncIterator[MemoryDatabase]:
    """Give a ledger whose log grew by groups of these sizes; receipts and signatures are mere bytes."""
    database = MemoryDatabase(log.close_group(NOTARY), instants.write(NOW))
    try:
        await database.write(log.found, "示例县", NOTARY, "0" * 64, instants.write(NOW))
        await database.write(lambda tx: tx.run("INSERT INTO office VALUES ('county', '')"))
        for size in groups:
            await database.write(add, size)
        yield database
    finally:
        await database.close()


def add(tx: Tx, count: int) -> None:
    before = tx.row("SELECT count(*) AS count FROM event").count
    for number in range(before + 1, before + count + 1):
        digest = hashlib.sha256(str(number).encode()).digest()
        tx.run(
            "INSERT INTO event (evidence_id, event, office, sequence, at, receipt, signature, timestamp)"
            " VALUES (:id, 'E', 'county', :number, :at, :receipt, :signature, x'00')",
            id=str(number),
            number=number,
            at=instants.write(NOW),
            receipt=digest,
            signature=digest[::-1],
        )


def leaf(number: int) -> bytes:
    digest = hashlib.sha256(str(number).encode()).digest()
    return merkle.leaf_hash(entry(digest, digest[::-1]))


def root_of(size: int) -> bytes:
    frontier = Frontier()
    for number in range(1, size + 1):
        frontier.add(leaf(number))
    return frontier.root


def reference_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    cut = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + reference_root(leaves[:cut]) + reference_root(leaves[cut:])).digest()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 255, 256, 257])
def test_the_checks_own_tree_is_the_one_of_the_rfc(size: int):
    assert root_of(size) == reference_root([leaf(number) for number in range(1, size + 1)])


async def test_every_group_leaves_one_checkpoint_over_everything_so_far():
    async with ledger(1, 3, 252, 1, 300) as database:
        rows = await database.read(lambda tx: tx.rows("SELECT size, root, note FROM checkpoint ORDER BY size"))
        newest = await database.read(log.latest)
    assert [row.size for row in rows] == [1, 4, 256, 257, 557]
    for row in rows:
        opened = notes.open_checkpoint(row.note, KEY)
        assert (opened.size, opened.root) == (row.size, row.root) == (row.size, root_of(row.size))
    assert (newest.size, newest.root, newest.note) == tuple(rows[-1])


async def test_a_group_without_events_leaves_no_checkpoint():
    async with ledger(2) as database:
        await database.write(lambda tx: tx.rows("SELECT 1"))
        assert await database.read(lambda tx: tx.row("SELECT count(*) AS count FROM checkpoint").count) == 1


async def test_an_empty_log_has_no_checkpoint():
    async with ledger() as database:
        for unit in (log.latest, lambda tx: log.proof_at(tx, 0)):
            with pytest.raises(Problem) as problem:
                await database.read(unit)
            assert problem.value.kind is ProblemType.NOT_FOUND


async def test_what_the_log_stored_passes_the_check():
    async with ledger(1, 3, 252, 1, 300) as database:
        findings = Findings()
        await database.read(check_tree, KEY, findings)
    assert findings.problems == []
    assert {name: count for name, count in findings.checked.items() if count} == {"leaves": 557, "checkpoints": 5, "tiles": 4}


async def test_every_stored_proof_and_every_later_one_proves_its_leaf():
    async with ledger(3, 5, 280) as database:
        rows = await database.read(lambda tx: tx.rows("SELECT leaf, receipt, signature, proof FROM event ORDER BY leaf"))
        for row in rows[:12]:
            logged = entry(row.receipt, row.signature)
            index, stored = notes.verify_proof(row.proof, logged, KEY)
            later_index, later = notes.verify_proof(await database.read(log.proof_at, row.leaf), logged, KEY)
            assert index == later_index == row.leaf
            assert stored.size <= later.size == 288
        for absent in (-1, 288):
            with pytest.raises(Problem) as problem:
                await database.read(log.proof_at, absent)
            assert problem.value.kind is ProblemType.NOT_FOUND


async def test_any_two_checkpoints_are_consistent():
    async with ledger(1, 3, 252, 1, 300) as database:
        sizes = [row.size for row in await database.read(lambda tx: tx.rows("SELECT size FROM checkpoint"))]
        for size1 in sizes:
            for size2 in (size for size in sizes if size >= size1):
                proof = await database.read(log.consistency, size1, size2)
                assert merkle.verify_consistency(size1, size2, root_of(size1), root_of(size2), proof)
        for size1, size2 in ((0, 4), (5, 4), (1, 558)):
            with pytest.raises(Problem) as problem:
                await database.read(log.consistency, size1, size2)
            assert problem.value.kind is ProblemType.NOT_FOUND


async def test_tiles_are_served_as_far_as_a_checkpoint_covers_them():
    async with ledger(300) as database:
        leaves = [leaf(number) for number in range(1, 301)]
        assert await database.read(log.tile, "tile/0/000") == b"".join(leaves[:256])
        assert await database.read(log.tile, "tile/0/001.p/44") == b"".join(leaves[256:])
        assert await database.read(log.tile, "tile/0/001.p/9") == b"".join(leaves[256:265])
        assert await database.read(log.tile, "tile/1/000.p/1") == root_of(256)
        entries = await database.read(log.tile, "tile/entries/001.p/44")
        assert [merkle.leaf_hash(each) for each in tiles.decode_entries(entries)] == leaves[256:]
        for absent in ("tile/0/001", "tile/0/001.p/45", "tile/0/002", "tile/1/000.p/2", "tile/2/000.p/1", "tile/entries/001", "tile/x", ""):
            with pytest.raises(Problem) as problem:
                await database.read(log.tile, absent)
            assert problem.value.kind is ProblemType.NOT_FOUND, absent


@pytest.mark.parametrize(
    ("size", "root", "expected"),
    [
        (4, root_of(4), ""),
        (1, root_of(1), ""),
        (4, root_of(3), "ledger-forked: 4"),
        (3, root_of(3), "ledger-forked: 3"),
        (5, root_of(5), "ledger-behind: 4 < 5"),
        (0, merkle.EMPTY_ROOT, "ledger-forked: 0"),
    ],
)
async def test_a_checkpoint_that_we_never_published_contradicts_the_ledger(size: int, root: bytes, expected: str):
    async with ledger(1, 3) as database:
        assert await database.read(log.contradicts, notes.Checkpoint(KEY.origin, size, root)) == expected


async def test_the_first_reason_to_stop_stays_unless_it_is_a_want_of_confirmation():
    async with ledger(1) as database:
        assert await database.read(log.halted) == ""
        for reason, expected in (
            (f"{log.UNCONFIRMED}: x", f"{log.UNCONFIRMED}: x"),
            ("ledger-behind: 1 < 2", "ledger-behind: 1 < 2"),
            ("ledger-forked: 1", "ledger-behind: 1 < 2"),
            (f"{log.UNCONFIRMED}: y", "ledger-behind: 1 < 2"),
        ):
            await database.write(log.halt, reason)
            assert await database.read(log.halted) == expected
        await database.write(log.resume)
        assert await database.read(log.halted) == ""


async def test_the_last_instant_is_the_newest_events_or_the_creation():
    async with ledger() as database:
        assert await database.read(log.last_instant) == instants.write(NOW)
        await database.write(add, 1)
        assert await database.read(log.last_instant) == instants.write(NOW)


async def test_a_group_of_many_callers_grows_the_log_once():
    async with ledger() as database:

        def one(tx: Tx) -> Any:
            return add(tx, 1)

        await asyncio.gather(*(database.write(one) for _ in range(40)))
        assert await database.read(lambda tx: [row.size for row in tx.rows("SELECT size FROM checkpoint")]) == [40]
