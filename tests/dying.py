"""Lets a service that was forked die of SIGKILL at a step that a test names, wherever that step is reached.

    appoint(file, ("exchange.supervision.urging.urge", At.WRITTEN))

The name is that of a unit of the ledger's, which dies when its rows and leaves are written and not committed, or when they are
committed and nobody has been told; or one of `STEPS` of the blob store, before or after it. The service reads the file at each step, so
that it is told beforehand or while it runs.
"""

import functools
import json
import os
import signal
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from archive.blobs.files import FileBlobs
from archive.ledger import sqlite

STEPS: Final = ("put", "discard")


class At(StrEnum):
    """Where at a step."""

    BEFORE = "before"
    AFTER = "after"
    WRITTEN = "written"
    COMMITTED = "committed"


Death = tuple[str, At]
"""A step, and where at it."""


def appoint(file: Path, *deaths: Death) -> None:
    """Let whoever reads the file die once at each of these."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(deaths))
    new.replace(file)


def to_come(file: Path) -> list[Death]:
    """Return which of them have not been died."""
    return [(step, At(at)) for step, at in json.loads(file.read_bytes())]


def install(file: Path) -> None:
    """Read the file at each step, in this process."""

    def die_at(steps: set[str], at: At) -> None:
        deaths = to_come(file)
        rest = [death for death in deaths if death[0] not in steps or death[1] != at]
        if rest != deaths:
            appoint(file, *rest)
            os.kill(os.getpid(), signal.SIGKILL)

    run_group = sqlite.run_group

    def watched(connection: Any, group: Any, closing: Any) -> list[Any]:
        units = {f"{unit.__module__}.{unit.__qualname__}" for unit, _, _ in group}

        def closed(tx: Any) -> None:
            closing(tx)
            die_at(units, At.WRITTEN)

        outcomes = run_group(connection, group, closed)
        die_at(units, At.COMMITTED)
        return outcomes

    sqlite.run_group = watched
    for name in STEPS:
        setattr(FileBlobs, name, _around(f"FileBlobs.{name}", getattr(FileBlobs, name), die_at))


def _around(step: str, call: Callable[..., Any], die_at: Callable[[set[str], At], None]) -> Callable[..., Any]:
    @functools.wraps(call)
    def called(*arguments: Any, **keywords: Any) -> Any:
        die_at({step}, At.BEFORE)
        answer = call(*arguments, **keywords)
        die_at({step}, At.AFTER)
        return answer

    return called
