"""What tantivy says when it fails, as problems that a person can act on."""

import contextlib
import re
from collections.abc import Iterator
from typing import Final

from archive.search.engine_faults import kind_of
from schemas.problems import Problem, ProblemType

# tantivy's texts carry the system's error by number: "(os error 28)", or "code: 28" in a nested one
_NUMBER: Final = re.compile(r"\bos error (\d+)|\bcode: (\d+)")


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn tantivy's errors inside the block into Problems: INDEX_LOCKED, STORAGE_FULL, STORAGE_FAILED or INDEX_BROKEN.

    A panic in tantivy arrives as an exception outside `Exception` whose class no module exports; it is told by its name.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        raise Problem(_kind(error)) from error
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise Problem(ProblemType.INDEX_BROKEN, "panic") from error


def _kind(error: ValueError | OSError) -> ProblemType:
    text = str(error)
    if "LockBusy" in text:
        return ProblemType.INDEX_LOCKED
    return kind_of(error.errno if isinstance(error, OSError) else _number(text))


def _number(text: str) -> int | None:
    found = _NUMBER.search(text)
    return int(found[1] or found[2]) if found else None
