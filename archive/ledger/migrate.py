"""Bring a ledger's schema up to date: numbered SQL files, each in one transaction with the row that records it."""

import hashlib
import re
from contextlib import closing
from importlib import resources
from typing import Any, Final, NamedTuple

from pysqlite3 import dbapi2 as sqlite

from schemas.problems import Problem, ProblemType

APPLICATION_ID: Final = 0x595A4C31
"""`YZL1`, in the header of every ledger: a foreign database is refused."""

SCHEMA: Final = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name"

_NAME: Final = re.compile(r"(\d{4})_[a-z_]+\.sql")


class Migration(NamedTuple):
    """One numbered step; a released file is never edited."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, recorded with the step."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the steps that this program brings, in order."""
    found = [
        Migration(int(match[1]), file.name, file.read_text("utf-8"))
        for file in resources.files("archive.ledger.migrations").iterdir()
        if (match := _NAME.fullmatch(file.name))
    ]
    return sorted(found)


def _identify(connection: Any) -> int:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    objects = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATION_ID and (application or version or objects):
        raise Problem(ProblemType.LEDGER_FOREIGN)
    return version


def _verify_history(connection: Any, version: int, steps: list[Migration]) -> None:
    if version > len(steps):
        raise Problem(ProblemType.LEDGER_NEWER, f"{version} > {len(steps)}")
    recorded = connection.execute("SELECT number, digest FROM migration ORDER BY number").fetchall() if version else []
    if recorded != [(step.number, step.digest) for step in steps[:version]]:
        raise Problem(ProblemType.LEDGER_DAMAGED, "migration history")


def require_current(connection: Any) -> None:
    """Refuse a ledger that is not of this program's version, without changing it.

    Raises Problem LEDGER_FOREIGN, LEDGER_NEWER, or LEDGER_DAMAGED, also for an older one, which `serve` brings up to date.
    """
    steps = migrations()
    version = _identify(connection)
    _verify_history(connection, version, steps)
    if version < len(steps):
        raise Problem(ProblemType.LEDGER_DAMAGED, f"version {version} < {len(steps)}: start the service once")


def schema() -> list[tuple[str, str, str]]:
    """Return type, name and SQL of everything that the steps make, for comparing with a ledger's own schema."""
    with closing(sqlite.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, "")
        return [tuple(row) for row in connection.execute(SCHEMA)]


def _statements(sql: str) -> list[str]:
    """Split a step into statements; a trigger's body ends with `END;` on a line of its own."""
    statements, pending = [], ""
    for line in sql.splitlines():
        pending += line.split("--", 1)[0] + "\n"
        ended = pending.rstrip().endswith(";")
        if ended and (not re.search(r"\bCREATE\s+TRIGGER\b", pending) or re.search(r"\bEND;\s*$", pending)):
            statements.append(pending)
            pending = ""
    if pending.strip():
        raise Problem(ProblemType.LEDGER_DAMAGED, "unfinished statement in a migration")
    return statements


def migrate(connection: Any, now: str, steps: list[Migration] | None = None) -> None:
    """Apply what is missing. Raises Problem LEDGER_FOREIGN, LEDGER_NEWER or LEDGER_DAMAGED, and then changes nothing."""
    steps = migrations() if steps is None else steps
    version = _identify(connection)
    _verify_history(connection, version, steps)
    connection.execute("PRAGMA journal_mode = WAL")
    for step in steps[version:]:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            for statement in _statements(step.sql):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO migration (number, name, digest, at) VALUES (:number, :name, :digest, :at)",
                {"number": step.number, "name": step.name, "digest": step.digest, "at": now},
            )
            connection.execute(f"PRAGMA user_version = {step.number}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
