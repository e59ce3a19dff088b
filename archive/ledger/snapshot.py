"""Looking at a ledger file without being its service: one read-only snapshot, and a copy for the backup."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2 as sqlite

from archive.ledger.migrate import require_current
from archive.ledger.sqlite import PRAGMAS, SqliteTx, opening_problem, require_sound_build
from schemas.problems import Problem, ProblemType

StorageError: Final = sqlite.Error
"""What the engine raises inside a `snapshot`."""


@contextmanager
def snapshot(path: Path) -> Iterator[SqliteTx]:
    """Give one read-only snapshot of a ledger that stands still, beside a running service or without one.

    Blocks. Nothing is migrated; a service's log of changes grows while the snapshot is held. Raises Problem SQLITE_UNSAFE,
    FOLDER_UNKNOWN (no file), LEDGER_FOREIGN, LEDGER_NEWER or LEDGER_DAMAGED; StorageError once the snapshot is given.
    """
    with closing(_look(path)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # the first reading takes the snapshot
        yield SqliteTx(connection)


def copy(path: Path, target: Path) -> None:
    """Write the ledger's last commit into a new, compact file, beside a running service; flushing is the caller's.

    Every row is read, so that a damaged ledger is refused instead of copied. Raises Problem as `snapshot` does, and
    STORAGE_FULL or STORAGE_FAILED.
    """
    with closing(_look(path)) as connection:
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite.Error as error:
            raise opening_problem(error) or error from error


def _look(path: Path) -> Any:
    """Return a connection that cannot write, to a ledger of this program's version."""
    require_sound_build()
    if not path.is_file():
        raise Problem(ProblemType.FOLDER_UNKNOWN, path.name)
    try:
        connection = sqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma)
            require_current(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite.Error as error:
        raise opening_problem(error) or error from error
    return connection
