"""The ledger when its engine fails: each step *failed*, *failed and took the transaction with it*, and *failed but persisted*."""

import asyncio
import itertools
import os
import shutil
from pathlib import Path
from typing import Any, Final

import ledger_maker
import pytest
from ledger_maker import NOW
from pysqlite3 import dbapi2 as sqlite

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.sqlite import SqliteDatabase, connector, is_affected, require_sound_build
from exchange import fsck
from exchange.county import County, open_folder
from exchange.office import store
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import OfficeKind

FULL, IOERR, INTERRUPT = "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_INTERRUPT"
TOLD: Final = {FULL: ProblemType.STORAGE_FULL, IOERR: ProblemType.STORAGE_FAILED, INTERRUPT: ProblemType.STORAGE_FAILED}


class FaultyConnection:
    """An engine that fails once, at the first statement that begins as planned."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.plan: tuple[str, str, str] | None = None
        self.met = 0

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        if self.plan is None or not sql.startswith(self.plan[0]):
            return self.connection.execute(sql, parameters)
        _, error, mode = self.plan
        self.plan, self.met = None, self.met + 1
        if mode == "persisted":
            self.connection.execute(sql, parameters)
        if mode == "dropped" and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        raise engine_error(error)

    @property
    def in_transaction(self) -> bool:
        return bool(self.connection.in_transaction)

    def close(self) -> None:
        self.connection.close()


def engine_error(name: str) -> sqlite.OperationalError:
    error = sqlite.OperationalError(name)
    error.sqlite_errorname = name
    return error


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "county"
    asyncio.run(ledger_maker.found(folder))
    return folder


@pytest.fixture
def county(made: Path, tmp_path: Path) -> County:
    return open_folder(Path(shutil.copytree(made, tmp_path / "county")))


async def opened(county: County, connect: Any = None) -> SqliteDatabase:
    return await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(NOW), connect=connect)


async def add_offices(database: SqliteDatabase, county: County, codes: list[str]) -> list[Any]:
    units = [database.write(store.add_office, county.notary, code, f"{code} 镇", OfficeKind.TOWNSHIP, NOW) for code in codes]
    return await asyncio.gather(*units, return_exceptions=True)


async def offices(database: SqliteDatabase) -> set[str]:
    return {row.code for row in await database.read(store.offices)} - {"county"}


async def require_whole(county: County, codes: set[str]) -> None:
    report = await fsck.check(county)
    assert report["problems"] == []
    assert report["checked"]["events"] == report["checked"]["leaves"] == 2 + len(codes)


STEPS = (
    "BEGIN IMMEDIATE",
    "SAVEPOINT unit",
    "INSERT INTO office ",
    "SELECT coalesce(max(sequence)",
    "INSERT INTO event ",
    "RELEASE unit",
    "SELECT id, at, submission, receipt",
    "INSERT INTO tile ",
    "INSERT INTO checkpoint ",
    "UPDATE event SET leaf",
    "SELECT answer.submission",
    "COMMIT",
)
FAULTS = [
    *itertools.product(STEPS, (FULL, IOERR, INTERRUPT), ("failed", "dropped")),
    *itertools.product(("COMMIT",), (FULL, IOERR, INTERRUPT), ("persisted",)),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(fault).replace(" ", "_"))
async def test_after_a_fault_nobody_was_told_wrong_and_repeating_gives_a_whole_ledger(county: County, fault: tuple[str, str, str]):
    faulty: list[FaultyConnection] = []

    def connect() -> FaultyConnection:
        faulty.append(FaultyConnection(connector(county.ledger, writable=True)()))
        return faulty[0]

    codes = ["T01", "T02", "T03", "T04"]
    database = await opened(county, connect)
    faulty[0].plan = fault
    outcomes = dict(zip(codes, await add_offices(database, county, codes), strict=True))
    assert faulty[0].met == 1
    failed = {code for code, outcome in outcomes.items() if isinstance(outcome, BaseException)}
    assert failed
    assert {outcomes[code].kind for code in failed} == {TOLD[fault[1]]}
    there = await offices(database)
    assert set(codes) - failed <= there, "whoever was told of success has it"
    if fault[2] == "persisted":
        assert there == failed == set(codes)
    else:
        assert not there & failed
    if fault[0] not in STEPS[2:5] or fault[2] == "dropped":
        assert failed == set(codes), "the group is lost as one"
    else:
        assert len(failed) == 1, "a unit whose statement failed takes no other with it"
    again = await add_offices(database, county, codes)
    assert {outcome.kind for outcome in again if isinstance(outcome, Problem)} <= {ProblemType.OFFICE_EXISTS}
    assert not [outcome for outcome in again if isinstance(outcome, BaseException) and not isinstance(outcome, Problem)]
    assert await offices(database) == set(codes)
    await database.close()
    await require_whole(county, set(codes))


@pytest.mark.parametrize("ending", ["ROLLBACK TO unit", "ROLLBACK"])
async def test_a_rollback_that_fails_is_made_up_for_by_the_next_group(county: County, ending: str):
    faulty: list[FaultyConnection] = []

    def connect() -> FaultyConnection:
        faulty.append(FaultyConnection(connector(county.ledger, writable=True)()))
        return faulty[0]

    database = await opened(county, connect)
    faulty[0].plan = (ending, IOERR, "failed")
    if ending == "ROLLBACK":

        def close(_: Tx) -> None:
            raise engine_error(IOERR)

        database._closing, closing = close, database._closing
        outcomes = await add_offices(database, county, ["T01", "T02"])
        database._closing = closing
    else:
        outcomes = await add_offices(database, county, ["T01", "county", "T02"])
    assert {outcome.kind for outcome in outcomes} == {ProblemType.STORAGE_FAILED}
    assert await offices(database) == set()
    assert not [outcome for outcome in await add_offices(database, county, ["T01", "T02"]) if isinstance(outcome, BaseException)]
    await database.close()
    await require_whole(county, {"T01", "T02"})


async def test_a_full_disk_loses_the_group_as_one_and_nothing_else(county: County):
    database = await opened(county)
    assert not isinstance((await add_offices(database, county, ["T01"]))[0], BaseException)
    engine = ledger_maker.database_of(database)

    def swell(tx: Tx) -> None:
        tx.run("INSERT INTO crl (number, this_update, next_update, der) VALUES (99, '', '', zeroblob(4000000))")

    pages = await database._writer.call(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    await database._writer.call(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 20}").fetchall())
    outcomes = await asyncio.gather(add_offices(database, county, ["T02"]), database.write(swell), return_exceptions=True)
    assert isinstance(outcomes[0], list)
    for told in (outcomes[0][0], outcomes[1]):
        assert isinstance(told, Problem)
        assert told.kind is ProblemType.STORAGE_FULL
    assert not engine.in_transaction
    await database._writer.call(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchall())
    assert not isinstance((await add_offices(database, county, ["T02"]))[0], BaseException)
    await database.close()
    await require_whole(county, {"T01", "T02"})


async def test_a_unit_that_hides_a_full_disk_cannot_write_outside_of_the_transaction(county: County):
    database = await opened(county)

    def hide(tx: Tx) -> None:
        try:
            tx.run("INSERT INTO crl (number, this_update, next_update, der) VALUES (99, '', '', zeroblob(4000000))")
        except sqlite.Error:
            tx.run("INSERT INTO office (code, created_at) VALUES ('T09', '')")

    await database._writer.call(lambda connection: connection.execute("PRAGMA max_page_count = 100").fetchall())
    with pytest.raises(Problem) as problem:
        await database.write(hide)
    assert problem.value.kind is ProblemType.STORAGE_FAILED
    assert await database.read(lambda tx: tx.rows("SELECT code FROM office WHERE code LIKE 'T%'")) == []
    await database.close()
    await require_whole(county, set())


async def test_an_interrupted_statement_loses_the_group_as_one(county: County):
    database = await opened(county)

    def interrupted(tx: Tx) -> None:
        connection = ledger_maker.database_of(database)
        connection.set_progress_handler(lambda: 1, 1)
        try:
            tx.run("INSERT INTO office SELECT 'T' || value, '' FROM (WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c"
                   " WHERE value < 1000) SELECT value FROM c)")  # fmt: skip
        finally:
            connection.set_progress_handler(None, 1)

    outcomes = await asyncio.gather(
        add_offices(database, county, ["T01"]), database.write(interrupted), add_offices(database, county, ["T02"]), return_exceptions=True
    )
    flat = [outcomes[0][0], outcomes[1], outcomes[2][0]]  # type: ignore[index]  # gather's union
    assert {told.kind for told in flat if isinstance(told, Problem)} == {ProblemType.STORAGE_FAILED}
    there = await offices(database)
    assert {code for code, told in (("T01", flat[0]), ("T02", flat[2])) if not isinstance(told, Problem)} == there
    await add_offices(database, county, ["T01", "T02"])
    await database.close()
    await require_whole(county, {"T01", "T02"})


async def test_one_refused_unit_of_fifty_leaves_the_log_without_a_gap(county: County):
    database = await opened(county)
    codes = [f"T{n:02}" for n in range(1, 50)]
    outcomes = await add_offices(database, county, [*codes[:20], "T05", *codes[20:]])
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [problem.kind for problem in refused if isinstance(problem, Problem)] == [ProblemType.OFFICE_EXISTS]
    assert len(refused) == 1
    assert await offices(database) == set(codes)
    await database.close()
    await require_whole(county, set(codes))


async def test_cancelled_callers_leave_the_log_without_a_gap(county: County):
    database = await opened(county)
    codes = [f"T{n:02}" for n in range(1, 31)]
    tasks = [asyncio.create_task(database.write(store.add_office, county.notary, code, code, OfficeKind.TOWNSHIP, NOW)) for code in codes]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.close()
    await require_whole(county, set(codes))


async def test_a_ledger_that_another_process_holds_is_busy_and_then_goes_on(county: County):
    faulty: list[FaultyConnection] = []

    def connect() -> FaultyConnection:
        connection = connector(county.ledger, writable=True)()
        connection.execute("PRAGMA busy_timeout = 20")
        faulty.append(FaultyConnection(connection))
        return faulty[0]

    database = await opened(county, connect)
    other = sqlite.connect(str(county.ledger), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    (told,) = await add_offices(database, county, ["T01"])
    assert told.kind is ProblemType.BUSY
    other.execute("ROLLBACK")
    other.close()
    assert not isinstance((await add_offices(database, county, ["T01"]))[0], BaseException)
    await database.close()
    await require_whole(county, {"T01"})


def _read_only(path: Path) -> Any:
    return lambda: sqlite.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)


async def test_a_ledger_that_cannot_be_written_answers_and_refuses_to_sign(county: County):
    database = await opened(county, _read_only(county.ledger))
    (told,) = await add_offices(database, county, ["T01"])
    assert told.kind is ProblemType.STORAGE_FAILED
    assert (await database.read(log.latest)).size == 2
    await database.close()
    await require_whole(county, set())


async def test_no_ledger_is_made_where_nothing_can_be_written(tmp_path: Path):
    path = tmp_path / "ledger.db"
    with pytest.raises(Problem) as problem:
        await SqliteDatabase.open(path, lambda _: None, now="", connect=_read_only(path), create=True)
    assert problem.value.kind is ProblemType.STORAGE_FAILED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_read_only_folder_is_refused(county: County):
    county.folder.chmod(0o500)
    try:
        with pytest.raises(Problem) as problem:
            await SqliteDatabase.open(county.folder / "new.db", lambda _: None, now="", create=True)
        assert problem.value.kind is ProblemType.STORAGE_FAILED
    finally:
        county.folder.chmod(0o700)


def _no_database(path: Path) -> None:
    path.write_text("this is a letter to the county, and no database at all; it is long enough to have a header. " * 20)


def _foreign(path: Path) -> None:
    connection = sqlite.connect(str(path))
    connection.execute("CREATE TABLE something (id INTEGER)")
    connection.close()


def _newer(path: Path) -> None:
    connection = sqlite.connect(str(path))
    connection.execute("PRAGMA user_version = 999")
    connection.close()


def _other_history(path: Path) -> None:
    connection = sqlite.connect(str(path), isolation_level=None)
    connection.execute("UPDATE migration SET digest = 'x'")
    connection.close()


def _no_file(path: Path) -> None:
    path.unlink()


def _torn(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4096] = bytes(3996)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_no_database, ProblemType.LEDGER_FOREIGN),
        (_newer, ProblemType.LEDGER_NEWER),
        (_other_history, ProblemType.LEDGER_DAMAGED),
        (_no_file, ProblemType.FOLDER_UNKNOWN),
        (_torn, ProblemType.LEDGER_DAMAGED),
    ],
    ids=lambda part: getattr(part, "__name__", "").strip("_") or None,
)
async def test_a_file_that_is_not_our_ledger_is_refused(county: County, spoil: Any, expected: ProblemType):
    spoil(county.ledger)
    with pytest.raises(Problem) as problem:
        await opened(county)
    assert problem.value.kind is expected
    with pytest.raises(Problem) as problem:
        await fsck.check(county)
    assert problem.value.kind is expected


async def test_a_foreign_database_is_refused_and_left_as_it_was(tmp_path: Path):
    path = tmp_path / "ledger.db"
    _foreign(path)
    before = path.read_bytes()
    with pytest.raises(Problem) as problem:
        await SqliteDatabase.open(path, lambda _: None, now="")
    assert problem.value.kind is ProblemType.LEDGER_FOREIGN
    assert path.read_bytes() == before


async def test_a_ledger_of_other_keys_is_refused(county: County, tmp_path: Path):
    other = await ledger_maker.found(tmp_path / "other")
    database = await opened(county)
    with pytest.raises(Problem) as problem:
        await database.read(log.require_own, other.notary)
    assert problem.value.kind is ProblemType.LEDGER_FOREIGN
    await database.close()


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 46, 9), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((3, 53, 4), False),
        ((4, 0, 0), False),
    ],
)
def test_builds_with_the_wal_reset_bug_are_refused(version: tuple[int, int, int], affected: bool):  # noqa: FBT001 - a column of the table
    assert is_affected(version) is affected
    if affected:
        with pytest.raises(Problem) as problem:
            require_sound_build(version)
        assert problem.value.kind is ProblemType.SQLITE_UNSAFE
    else:
        require_sound_build(version)


def test_the_library_that_we_bring_is_sound():
    require_sound_build()


async def test_the_writer_is_set_to_survive_a_power_cut(county: County):
    database = await opened(county)

    def setting(name: str) -> Any:
        return database._writer.call(lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0])

    assert [await setting(name) for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema")] == [
        "wal",
        2,
        1,
        1,
        0,
    ]
    await database.close()
