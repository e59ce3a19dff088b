"""What a search is measured against: every engine that a size allows over the same documents, and their kept texts in a table."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from pysqlite3 import dbapi2 as sqlite

from archive.search.entry import Batch
from archive.search.question import Found, Question
from archive.search.tantivy_index import TantivyIndex
from archive.search.whoosh_index import WhooshIndex
from parts.fts5 import Fts5
from parts.pieces import pieces

HOUSE: Final = "tantivy"
_BUILT: Final = "built.json"


class Engine(Protocol):
    """What is measured, of a search index."""

    def apply(self, batch: Batch) -> None:
        """Take a batch in."""
        ...

    def search(self, question: Question) -> Found:
        """Answer."""
        ...

    def count(self) -> int:
        """Return how many entries it holds."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


OPENED: Final[dict[str, Callable[[Path], Engine]]] = {HOUSE: TantivyIndex.open, "fts5": Fts5, "whoosh": WhooshIndex.open}
MOST: Final = {HOUSE: 10**9, "fts5": 100_000, "whoosh": 2_000}
"""Beyond these sizes building a peer takes so long that it is left out."""


@dataclass(frozen=True)
class Library:
    """Engines by name, and the kept bodies by the number of the document."""

    engines: dict[str, Engine]
    texts: Any

    def body(self, number: int) -> bytes:
        """Return a kept body."""
        return bytes(self.texts.execute("SELECT body FROM kept WHERE id = ?", (number,)).fetchone()[0])

    def close(self) -> None:
        """Let go of everything."""
        self.texts.close()
        for engine in self.engines.values():
            engine.close()


def built(folder: Path, count: int) -> dict[str, dict[str, float]]:
    """Build in this folder, unless that was done before, and return what it took: each engine's own time alone counts.

    A folder with anything but a finished library of this size ends the run: it is never emptied.
    """
    about = folder / _BUILT
    if about.is_file():
        told: dict[str, Any] = json.loads(about.read_text("utf-8"))
        assert told["count"] == count, f"{folder} holds {told['count']} documents"
        engines: dict[str, dict[str, float]] = told["engines"]
        return engines
    assert not folder.is_dir() or not any(folder.iterdir()), f"{folder} holds something else, or what was not built to its end"
    folder.mkdir(parents=True, exist_ok=True)
    engines = _build(folder, count)
    about.write_text(json.dumps({"count": count, "engines": engines}), "utf-8")
    return engines


def _build(folder: Path, count: int) -> dict[str, dict[str, float]]:
    names = [name for name, most in MOST.items() if count <= most]
    for name in names:
        (folder / name).mkdir(mode=0o700)
    library, spent, length = opened(folder, names), dict.fromkeys(names, 0.0), 0
    library.texts.execute("PRAGMA synchronous = OFF")
    library.texts.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, body BLOB)")
    for piece in pieces(count):
        length += piece.text_bytes()
        library.texts.execute("BEGIN")
        rows = [(entry.accepted, body) for entry, body in zip(piece.entries, piece.bodies, strict=True)]
        library.texts.executemany("INSERT INTO kept VALUES (?, ?)", rows)
        library.texts.execute("COMMIT")
        for name in names:
            begun = time.perf_counter()
            library.engines[name].apply(Batch(piece.entries, (), piece.entries[-1].accepted))
            spent[name] += time.perf_counter() - begun
    assert {engine.count() for engine in library.engines.values()} == {count}
    library.texts.close()
    for name, engine in library.engines.items():
        begun = time.perf_counter()
        engine.close()  # merging ends here
        spent[name] += time.perf_counter() - begun
    sizes = {name: sum(path.stat().st_size for path in (folder / name).rglob("*") if path.is_file()) for name in names}
    return {name: {"per_second": count / spent[name], "bytes": sizes[name], "of_text": sizes[name] / length} for name in names}


def opened(folder: Path, names: list[str]) -> Library:
    """Open what was built."""
    texts = sqlite.connect(folder / "kept.db", isolation_level=None)
    return Library({name: OPENED[name](folder / name) for name in names}, texts)
