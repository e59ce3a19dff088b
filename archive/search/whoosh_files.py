"""What the index on Whoosh keeps in its folder, who may write there, and what its failures mean.

Whoosh opens an index by unpickling files: whoever may write into the folder runs code in the service. So the folder belongs
to this user alone, and one that does not is as good as broken.
"""

import contextlib
import os
import pickle
import shutil
import stat
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from archive.search.engine_faults import kind_of
from archive.search.whoosh_parts import (
    COLUMN,
    ID,
    KEYWORD,
    NUMERIC,
    STORED,
    TEXT,
    FileIndex,
    FileStorage,
    IndexingError,
    NumericColumn,
    Schema,
    StorageError,
    Token,
    Tokenizer,
    VarBytesColumn,
    WhooshError,
    clean_files,
)
from schemas.problems import Problem, ProblemType

ONES: Final = "_ones"
BETWEEN_VALUES: Final = "\x1f"
PLACES: Final = ("any", "title", "number", "file")
_PRIVATE: Final = 0o700
_TABLE_OF_CONTENTS: Final = ".toc"
# all that a damaged file has been seen to raise in it; its readers check little
_DAMAGE: Final = (
    WhooshError,
    StorageError,
    IndexingError,
    pickle.UnpicklingError,
    struct.error,
    zlib.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    TypeError,
    ValueError,
)


class Split(Tokenizer):  # type: ignore[misc]
    """The analyzer of all fields: what is indexed was analysed before, and is only split. The index holds it, pickled."""

    def __init__(self, separator: str) -> None:
        """Split at this separator."""
        self.separator = separator

    def __call__(self, value: str, *, positions: bool = False, start_pos: int = 0, mode: str = "", **_more: Any) -> Iterator[Token]:
        """Yield one and the same token again and again, as Whoosh's own do."""
        token = Token(positions, mode=mode)
        token.boost = 1.0
        for position, text in enumerate(value.split(self.separator), start_pos):
            token.text = text
            if positions:
                token.pos = position
            yield token


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what Whoosh raises inside the block into Problems: STORAGE_FULL, STORAGE_FAILED or INDEX_BROKEN."""
    try:
        yield
    except OSError as error:
        raise Problem(kind_of(error.errno)) from error
    except _DAMAGE as error:
        raise Problem(ProblemType.INDEX_BROKEN, type(error).__name__) from error


def opened(folder: Path) -> FileIndex:
    """Return the index in this folder; an empty or missing folder becomes a new one.

    Errors: Problem INDEX_BROKEN when others may write there, or it holds something else; STORAGE_FULL, STORAGE_FAILED.
    """
    with told():
        folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
        _refuse_strangers(folder)
        storage = FileStorage(str(folder))
        names = {path.name for path in folder.iterdir()}
        if names and not any(name.endswith(_TABLE_OF_CONTENTS) for name in names):
            raise Problem(ProblemType.INDEX_BROKEN, "its table of contents is missing")
        return FileIndex(storage, schema=_schema()) if names else FileIndex.create(storage, _schema())


def sweep(folder: Path, index: FileIndex) -> None:
    """Remove what a write that failed or was killed has left; only the holder of the writer's lock may call it."""
    for left in folder.glob("*.tmp"):
        shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob(f"*{_TABLE_OF_CONTENTS}.*"):
        left.unlink(missing_ok=True)
    held = index._read_toc()  # noqa: SLF001 - the last commit's list of segments, which nothing public gives
    clean_files(index.storage, index.indexname, held.generation, held.segments)


def _refuse_strangers(folder: Path) -> None:
    if not hasattr(os, "geteuid"):
        return  # no modes and owners: there the folder inherits what the user's own folder has
    about = folder.stat()
    if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o077:
        raise Problem(ProblemType.INDEX_BROKEN, "the folder must be its user's alone (mode 0700)")


def _schema() -> Schema:
    fields: dict[str, Any] = {"id": ID(stored=True), "covered": STORED()}
    for place in PLACES:
        fields[place] = TEXT(analyzer=Split(" "))
        fields[place + ONES] = KEYWORD(analyzer=Split(" "))
    for keyword in ("number_key", "reader", "from", "to", "kind", "urgency", "standing"):
        fields[keyword] = KEYWORD(analyzer=Split(BETWEEN_VALUES))
    for span in ("year", "date", "received"):
        fields[span] = NUMERIC(int, bits=64)
    return Schema(**fields, accepted=COLUMN(NumericColumn("Q")), facts=COLUMN(VarBytesColumn()))
