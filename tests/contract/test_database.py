"""What every database of the ledger promises: the file and the fake in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite

from archive.ledger.database import Database, Tx
from archive.ledger.memory import MemoryDatabase
from archive.ledger.sqlite import GROUP, SqliteDatabase
from schemas.problems import Problem, ProblemType

NOW = "2026-11-20T01:00:00.000Z"


class Groups:
    """The closing step: counts the groups and leaves a row for each, made from the rows of its units."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.sizes: list[int] = []

    def __call__(self, tx: Tx) -> None:
        if tx.row("SELECT 1 FROM sqlite_schema WHERE name = 'fact'") is None:
            return
        fresh = [row.id for row in tx.rows("SELECT id FROM fact WHERE closed = 0 ORDER BY id")]
        tx.run("UPDATE fact SET closed = 1 WHERE closed = 0")
        tx.run("INSERT INTO batch (size) VALUES (:size)", size=len(fresh))
        if self.error is not None:
            raise self.error
        self.sizes.append(len(fresh))


@pytest.fixture
def groups() -> Groups:
    return Groups()


@pytest.fixture(params=["file", "memory"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, groups: Groups) -> AsyncIterator[Database]:
    opened: Database
    if request.param == "file":
        opened = await SqliteDatabase.open(tmp_path / "ledger.db", groups, now=NOW, create=True)
    else:
        opened = MemoryDatabase(groups, NOW)
    await opened.write(make_tables)
    groups.sizes.clear()
    yield opened
    await opened.close()


def make_tables(tx: Tx) -> None:
    tx.run("CREATE TABLE fact (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, closed INTEGER NOT NULL DEFAULT 0) STRICT")
    tx.run("CREATE TABLE batch (id INTEGER PRIMARY KEY, size INTEGER NOT NULL) STRICT")


def add(tx: Tx, name: str) -> int:
    tx.run("INSERT INTO fact (name) VALUES (:name)", name=name)
    return int(tx.row("SELECT max(id) AS id FROM fact").id)


def add_then_raise(tx: Tx, name: str, error: BaseException) -> int:
    add(tx, name)
    add(tx, f"{name} too")
    raise error


def names(tx: Tx) -> list[str]:
    return [row.name for row in tx.rows("SELECT name FROM fact ORDER BY id")]


def unclosed(tx: Tx) -> int:
    return int(tx.row("SELECT count(*) AS count FROM fact WHERE closed = 0").count)


async def test_what_a_unit_wrote_is_what_the_next_read_sees(database: Database):
    assert await database.write(add, "a") == 1
    assert await database.read(names) == ["a"]


async def test_rows_bear_the_names_of_their_columns(database: Database):
    await database.write(add, "a")

    def look(tx: Tx) -> tuple[Any, ...]:
        row = tx.row("SELECT id AS number, name, closed FROM fact WHERE name = :name", name="a")
        return row.number, row.name, row.closed, tuple(row), tx.row("SELECT 1 FROM fact WHERE id = 99"), tx.rows("SELECT 1 FROM fact")

    assert await database.read(look) == (1, "a", 1, (1, "a", 1), None, [(1,)])


async def test_run_says_how_many_rows_it_changed(database: Database):
    for name in ("a", "b", "c"):
        await database.write(add, name)
    assert await database.write(lambda tx: tx.run("UPDATE fact SET closed = 2 WHERE id > :id", id=1)) == 2
    assert await database.write(lambda tx: tx.run("UPDATE fact SET closed = 2 WHERE id > :id", id=9)) == 0


async def test_a_unit_that_raises_leaves_nothing_and_its_caller_is_told(database: Database):
    with pytest.raises(Problem) as problem:
        await database.write(add_then_raise, "a", Problem(ProblemType.NOT_FOUND, "mine"))
    assert problem.value.detail == "mine"
    assert await database.read(names) == []


async def test_of_fifty_units_the_one_that_raises_leaves_the_other_forty_nine(database: Database, groups: Groups):
    units = [database.write(add_then_raise, str(n), KeyError(n)) if n == 20 else database.write(add, str(n)) for n in range(50)]
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, KeyError)] == [20]
    assert await database.read(names) == [str(n) for n in range(50) if n != 20]
    assert sum(groups.sizes) == 49
    assert len(groups.sizes) <= 3, "they were committed together"


class Stop(BaseException):
    """Not even an Exception."""


@pytest.mark.parametrize("error", [Stop(), ValueError("a bug"), sqlite.IntegrityError("a bug")], ids=lambda error: type(error).__name__)
async def test_whatever_a_unit_raises_reaches_its_caller_alone(database: Database, error: BaseException):
    one, two, three = await asyncio.gather(
        database.write(add, "a"), database.write(add_then_raise, "b", error), database.write(add, "c"), return_exceptions=True
    )
    assert two is error
    assert {type(one), type(three)} == {int}
    assert await database.read(names) == ["a", "c"]


async def test_a_unit_that_raises_stop_iteration_does_not_leave_its_caller_waiting(database: Database):
    def stop(tx: Tx) -> None:
        next(iter(tx.rows("SELECT 1 FROM fact WHERE id = 99")))

    outcomes = await asyncio.wait_for(
        asyncio.gather(database.write(add, "a"), database.write(stop), database.read(stop), return_exceptions=True), 10
    )
    assert outcomes[0] == 1
    assert [type(outcome) for outcome in outcomes[1:]] == [RuntimeError, RuntimeError]
    assert await database.read(names) == ["a"]


async def test_the_closing_step_sees_all_of_its_group_and_is_committed_with_it(database: Database, groups: Groups):
    await asyncio.gather(*(database.write(add, str(n)) for n in range(10)))
    assert await database.read(unclosed) == 0
    batches = await database.read(lambda tx: [row.size for row in tx.rows("SELECT size FROM batch ORDER BY id")])
    assert batches[-len(groups.sizes) :] == groups.sizes
    assert sum(groups.sizes) == 10


async def test_a_closing_step_that_fails_takes_its_whole_group_with_it(database: Database, groups: Groups):
    groups.error = Problem(ProblemType.INTERNAL, "closing")
    outcomes = await asyncio.gather(*(database.write(add, str(n)) for n in range(5)), return_exceptions=True)
    assert {getattr(outcome, "detail", "") for outcome in outcomes} == {"closing"}
    groups.error = None
    assert await database.read(names) == []
    assert await database.write(add, "after") == 1


async def test_units_run_one_after_the_other_in_the_order_of_the_calls(database: Database):
    assert await asyncio.gather(*(database.write(add, str(n)) for n in range(30))) == list(range(1, 31))


async def test_more_units_than_a_group_holds_are_all_done(database: Database, groups: Groups):
    await asyncio.gather(*(database.write(add, str(n)) for n in range(2 * GROUP + 7)))
    assert len(await database.read(names)) == 2 * GROUP + 7
    assert max(groups.sizes) <= GROUP


async def test_a_unit_without_a_write_is_in_a_group_as_well(database: Database, groups: Groups):
    await database.write(add, "a")
    assert await database.write(names) == ["a"]
    assert len(groups.sizes) == 2


async def test_a_read_cannot_write(database: Database):
    with pytest.raises(Problem) as problem:
        await database.read(add, "a")
    assert problem.value.kind is ProblemType.STORAGE_FAILED
    assert await database.read(names) == []
    assert await database.write(add, "b") == 1


async def test_a_read_that_raises_leaves_the_next_one_alone(database: Database):
    def fail(tx: Tx) -> None:
        names(tx)
        raise Problem(ProblemType.NOT_FOUND)

    for _ in range(5):
        with pytest.raises(Problem):
            await database.read(fail)
    assert await database.read(names) == []


async def test_no_read_ever_sees_a_group_that_is_not_closed(database: Database):
    seen = []

    async def look() -> None:
        for _ in range(40):
            seen.append(await database.read(unclosed))

    await asyncio.gather(look(), look(), *(database.write(add, str(n)) for n in range(60)))
    assert set(seen) == {0}


async def test_a_cancelled_caller_leaves_its_unit_whole(database: Database):
    tasks = [asyncio.create_task(database.write(add, str(n))) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, int] * 10
    assert await database.write(add, "after") == 21
    assert await database.read(names) == [*map(str, range(20)), "after"]
    assert await database.read(unclosed) == 0


async def test_a_cancelled_caller_of_a_unit_that_raises_disturbs_no_one(database: Database):
    task = asyncio.create_task(database.write(add_then_raise, "a", ValueError("gone")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await database.write(add, "b") == 1


async def test_a_cancelled_read_leaves_the_database_usable(database: Database):
    for _ in range(6):
        task = asyncio.create_task(database.read(names))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await asyncio.wait_for(database.read(names), 10) == []


async def test_after_every_commit_and_only_then_it_is_told(database: Database, groups: Groups):
    told: list[list[str]] = []
    seen: list[str] = []
    database.after_commit(lambda: told.append(list(seen)))
    await database.write(add, "a")
    seen += await database.read(names)
    assert told == [[]]
    groups.error = sqlite.OperationalError("the closing step failed")
    with pytest.raises(sqlite.OperationalError):
        await database.write(add, "b")
    assert told == [[]]
    groups.error = None
    with pytest.raises(KeyError):
        await database.write(add_then_raise, "c", KeyError("c"))
    await database.write(add, "d")
    assert len(told) == 3
    assert told[-1] == ["a"]


async def test_closing_finishes_what_is_queued_and_refuses_what_comes_later(database: Database, groups: Groups):
    tasks = [asyncio.create_task(database.write(add, str(n))) for n in range(GROUP + 10)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*tasks) == list(range(1, GROUP + 11))
    assert sum(groups.sizes) == GROUP + 10
    for refused in (database.write(add, "late"), database.read(names)):
        with pytest.raises(Problem) as problem:
            await refused
        assert problem.value.kind is ProblemType.STORAGE_FAILED
    await database.close()
