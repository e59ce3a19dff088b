"""The engines that can stand behind the seam, and which one this machine gets."""

import contextlib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

from archive.search.index import SearchIndex
from schemas.problems import Problem, ProblemType

Name = Literal["tantivy", "whoosh"]

_ENGINES: Final[Mapping[Name, tuple[str, str]]] = {
    "tantivy": ("archive.search.tantivy_index", "TantivyIndex"),
    "whoosh": ("archive.search.whoosh_index", "WhooshIndex"),
}


@dataclass(frozen=True)
class Engine:
    """An engine with its version, for it reads no other version's files, and why it is not the one that was asked for."""

    name: str
    open: Callable[[Path], SearchIndex]
    note: str = ""


def engine(wanted: Name) -> Engine:
    """Return the wanted engine, or Whoosh, which is pure Python, on a machine for which the wanted one has no package.

    Raises Problem CONFIG_INVALID when neither is installed.
    """
    for name in dict.fromkeys((wanted, "whoosh")):
        module, kind = _ENGINES[name]
        with contextlib.suppress(ImportError):
            opens = getattr(importlib.import_module(module), kind).open
            return Engine(f"{name} {metadata.version(name)}", opens, "" if name == wanted else f"{wanted} is not installed")
    raise Problem(ProblemType.CONFIG_INVALID, f"search.engine: {wanted} is not installed")
