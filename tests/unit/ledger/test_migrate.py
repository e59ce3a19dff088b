"""Migrations: each step whole or not at all, none twice, and nothing is touched that is not ours."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite

from archive.ledger.migrate import APPLICATION_ID, SCHEMA, Migration, _statements, migrate, migrations, require_current, schema
from schemas.problems import Problem, ProblemType

STEPS = [
    Migration(1, "0001_first.sql", "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT, digest TEXT, at TEXT);\n"),
    Migration(2, "0002_second.sql", "CREATE TABLE second (id INTEGER);\nINSERT INTO second VALUES (1);\n"),
]


@pytest.fixture
def connection() -> Iterator[Any]:
    with closing(sqlite.connect(":memory:", isolation_level=None)) as opened:
        yield opened


def version(connection: Any) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def content(connection: Any) -> list[Any]:
    """Return everything that stands in the database."""
    marks = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
    rows = [connection.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(tables(connection))]  # noqa: S608 - our own names
    return [marks, connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall(), rows]


def tables(connection: Any) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def refused(connection: Any, steps: list[Migration] | None = None) -> ProblemType:
    before = content(connection)
    with pytest.raises(Problem) as problem:
        migrate(connection, "now", steps)
    assert content(connection) == before
    return problem.value.kind


def test_a_new_file_gets_every_step_and_remembers_them(connection: Any):
    migrate(connection, "2026-11-20T01:00:00.000Z")
    steps = migrations()
    assert version(connection) == len(steps)
    assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    recorded = connection.execute("SELECT number, name, digest, at FROM migration ORDER BY number").fetchall()
    assert recorded == [(step.number, step.name, step.digest, "2026-11-20T01:00:00.000Z") for step in steps]


def test_a_second_time_nothing_happens(connection: Any):
    migrate(connection, "first")
    before = content(connection)
    migrate(connection, "second")
    assert content(connection) == before


def test_steps_are_numbered_from_one_without_gaps():
    assert [step.number for step in migrations()] == list(range(1, len(migrations()) + 1))


def test_only_what_is_missing_is_applied(connection: Any):
    migrate(connection, "first", STEPS[:1])
    assert tables(connection) == {"migration"}
    migrate(connection, "second", STEPS)
    assert tables(connection) == {"migration", "second"}
    assert connection.execute("SELECT at FROM migration ORDER BY number").fetchall() == [("first",), ("second",)]


@pytest.mark.parametrize(
    "broken",
    [
        "CREATE TABLE third (id INTEGER);\nCREATE TABLE second (id INTEGER);\n",
        "DROP TABLE second;\nINSERT INTO nowhere VALUES (1);\n",
        "SELECT;",
    ],
)
def test_a_step_that_fails_in_the_middle_leaves_the_version_before(connection: Any, broken: str):
    migrate(connection, "now", STEPS)
    before = content(connection)
    with pytest.raises(sqlite.Error):
        migrate(connection, "now", [*STEPS, Migration(3, "0003_third.sql", broken)])
    assert not connection.in_transaction
    assert version(connection) == 2
    assert content(connection) == before
    migrate(connection, "now", [*STEPS, Migration(3, "0003_third.sql", "CREATE TABLE third (id INTEGER);\n")])
    assert version(connection) == 3


def test_the_steps_before_one_that_fails_stay(connection: Any):
    with pytest.raises(sqlite.Error):
        migrate(connection, "now", [*STEPS, Migration(3, "0003_third.sql", "CREATE TABLE second (id INTEGER);\n")])
    assert version(connection) == 2
    assert tables(connection) == {"migration", "second"}


def test_a_newer_ledger_is_refused(connection: Any):
    migrate(connection, "now", STEPS)
    assert refused(connection, STEPS[:1]) is ProblemType.LEDGER_NEWER


def test_a_step_that_was_edited_after_its_release_is_refused(connection: Any):
    migrate(connection, "now", STEPS)
    assert refused(connection, [STEPS[0], STEPS[1]._replace(sql=STEPS[1].sql + "\n")]) is ProblemType.LEDGER_DAMAGED


@pytest.mark.parametrize(
    "made",
    ["PRAGMA application_id = 1", "PRAGMA user_version = 7", "CREATE TABLE something (id INTEGER)"],
    ids=["mark", "version", "table"],
)
def test_a_database_of_someone_else_is_refused(connection: Any, made: str):
    connection.execute(made)
    assert refused(connection) is ProblemType.LEDGER_FOREIGN


def test_looking_refuses_what_migrating_would_first_change(connection: Any):
    with pytest.raises(Problem) as problem:
        require_current(connection)
    assert problem.value.kind is ProblemType.LEDGER_DAMAGED
    assert tables(connection) == set()
    migrate(connection, "now")
    require_current(connection)


def test_the_schema_for_comparison_is_that_of_a_new_ledger(connection: Any):
    migrate(connection, "now")
    assert [tuple(row) for row in connection.execute(SCHEMA)] == schema()
    assert {name for kind, name, _ in schema() if kind == "trigger"} >= {
        f"{table}_{rule}" for table in ("event", "administration", "stopped_reading") for rule in ("is_immutable", "stays")
    }


def test_a_trigger_is_one_statement():
    first, second = _statements(
        "CREATE TRIGGER t BEFORE DELETE ON x\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\n-- a remark; with a semicolon\nSELECT 3;\n"
    )
    assert first.strip().endswith("END;")
    assert second.strip() == "SELECT 3;"


def test_a_statement_without_an_end_is_refused():
    with pytest.raises(Problem) as problem:
        _statements("CREATE TABLE x (id INTEGER)\n")
    assert problem.value.kind is ProblemType.LEDGER_DAMAGED


@pytest.mark.parametrize("statement", ["DELETE FROM event", "UPDATE event SET receipt = x'00'", "UPDATE event SET at = ''"])
def test_an_event_that_is_in_the_log_can_neither_be_changed_nor_removed(connection: Any, statement: str):
    migrate(connection, "now")
    connection.execute("INSERT INTO office VALUES ('county', '')")
    connection.execute("INSERT INTO event VALUES (1, 'e', 'E', 'county', 1, NULL, NULL, NULL, '', x'01', x'02', x'03', 0, x'04')")
    with pytest.raises(sqlite.IntegrityError, match="an event"):
        connection.execute(statement)
