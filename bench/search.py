"""Search: engine x size x kind of question x who asks, the same questions to every engine in one run.

A page is what a person waits for: the newest or best twenty, the exact count, the facets, and for each of the twenty its kept
text read from the ledger's kind of table, with what was found marked. `top` is the engine's part of it. Peers and judges are
SQLite FTS5 over the same tokens (no ranking, no facet of states), and Whoosh, the second engine of the house: every engine
must find as many documents as the others before any is measured. The county office sees everything, a township about a tenth.

    search.py [SIZE…] [--folder FOLDER]

Sizes are 2000, 10000 and 100000 without any; peers are left out where a build would take hours. With --folder (or --keep) what
is built stays in FOLDER/SIZE, and what was built there is only asked. Results of other sizes stay in the file of results.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from parts import figures, library, questions
from parts.library import HOUSE, Engine, Library
from parts.questions import BUDGET, Asked

from archive.reading import kept
from archive.search import han, highlight
from archive.search.question import Found, Question, Viewer, Words

SIZES: Final = (2_000, 10_000, 100_000)
SAMPLES: Final = 120
"""Pages of the house's engine for each kind of question, at least; of a peer a third, for some take long."""

VIEWERS: Final = {"county": Viewer("county", "county.1"), "township": Viewer("T03", "T03.1")}


def page(engine: Engine, texts: Library, asked: Asked, viewer: Viewer) -> tuple[float, float, Found]:
    """Return milliseconds of the engine and of the whole page, and what was found."""
    begun = time.perf_counter()
    found = engine.search(Question(node=asked.node, viewer=viewer))
    top = time.perf_counter()
    wanted = highlight.wanted(asked.node)
    for hit in found.hits:
        highlight.snippets(wanted, kept.kept(texts.body(hit.accepted)))
    return (top - begun) * 1000, (time.perf_counter() - begun) * 1000, found


def checked(shelf: Library, asked: Asked, viewer: Viewer) -> int:
    """Ask every engine once, which also warms it, and return what all found; different answers end the run."""
    answers = {name: page(engine, shelf, asked, viewer)[2] for name, engine in shelf.engines.items()}
    totals = {name: found.total for name, found in answers.items()}
    assert len(set(totals.values())) == 1, f"{asked.text} for {viewer.office}: {totals}"
    found = answers[HOUSE]
    assert len(found.hits) == min(20, found.total)
    if asked.source and viewer.office == "county":
        assert found.total > 20 or asked.source in [hit.accepted for hit in found.hits], f"{asked.text} is not found where it was cut"
    if isinstance(asked.node, Words) and asked.node.where == "any":
        for hit in found.hits:
            parts = kept.kept(shelf.body(hit.accepted))
            stands = any(han.fold(asked.node.text) in han.fold(part.text) for part in parts)
            marked = any(snippet.marks for snippet in highlight.snippets((asked.node,), parts))
            assert marked == stands, f"{asked.text} is not marked in {hit.accepted}, or where it does not stand"
    return found.total


def measured(engine: Engine, shelf: Library, asked: Sequence[Asked], viewer: Viewer, samples: int) -> dict[str, float]:
    """Return percentiles of so many pages, at least one for each question."""
    rounds = -(-samples // len(asked))
    taken = [page(engine, shelf, one, viewer)[:2] for _ in range(rounds) for one in asked]
    tops, pages = (sorted(one[place] for one in taken) for place in (0, 1))
    return {
        f"{name}_{label}": figures.percentile(values, share)
        for name, values in (("top", tops), ("page", pages))
        for label, share in (("p50", 0.5), ("p99", 0.99))
    }


def of_size(folder: Path, count: int) -> dict[str, Any]:
    """Build or open a library of this size, ask it, print both tables, and return the figures."""
    building = library.built(folder, count)
    rows = [[name, f"{one['per_second']:.0f}", f"{one['bytes'] / 1e6:.0f} MB", f"{one['of_text']:.2f}"] for name, one in building.items()]
    figures.show(f"{count} documents: building", ["engine", "documents/s", "index", "index / text"], rows)
    shelf, told = library.opened(folder, list(building)), {}
    asked = questions.questions(count)
    for who, viewer in VIEWERS.items():
        told[who] = {kind: _kind(shelf, each, viewer) for kind, each in asked.items()}
        title = f"{count} documents, asked by the {who} (page: twenty with count, facets and marked snippets)"
        heads = ["ms", "found", "top p50", "top p99", "page p50", "page p99", "budget p99", ""]
        figures.show(title, heads, [row for kind in asked for row in _rows(kind, told[who][kind])])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  all engines found the same; memory of this process at most {memory:.0f} MiB", flush=True)
    shelf.close()
    return {"machine": figures.machine(), "building": building, "questions": told}


def _kind(shelf: Library, asked: Sequence[Asked], viewer: Viewer) -> dict[str, Any]:
    totals = sorted(checked(shelf, one, viewer) for one in asked)
    taken = {
        name: measured(engine, shelf, asked, viewer, SAMPLES if name == HOUSE else SAMPLES // 3) for name, engine in shelf.engines.items()
    }
    return {"found": totals[len(totals) // 2], "ms": taken}


def _rows(kind: str, told: dict[str, Any]) -> Iterator[list[str]]:
    for name, figure in told["ms"].items():
        budget = [f"{BUDGET[kind]}", figures.verdict(figure["page_p99"], BUDGET[kind], most=True)] if name == HOUSE else ["", ""]
        yield [f"{kind}, {name}", f"{told['found']}", *(f"{value:.1f}" for value in figure.values()), *budget]


def budgets(sizes: dict[str, Any]) -> list[figures.Budget]:
    """Return the lines of the table of budgets: the slowest kind under each limit, at the largest size there is."""
    count = max(map(int, sizes))
    asked = sizes[str(count)]["questions"]
    lines = []
    for limit in sorted(set(BUDGET.values()), reverse=True):
        slow = {
            (kind, who): one["ms"][HOUSE]["page_p99"] for who, each in asked.items() for kind, one in each.items() if BUDGET[kind] == limit
        }
        kind, who = max(slow, key=lambda place: slow[place])
        names = "common words" if limit == max(BUDGET.values()) else "number, title, filter"
        path = f"search page, {count:,} documents, {names}, p99 (slowest: {kind}, {who})"
        lines.append(figures.Budget(path, limit, slow[kind, who], "ms", most=True))
    return lines


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("sizes", nargs="*", type=int, metavar="SIZE")
    arguments.add_argument("--folder", "--keep", type=Path)
    given = arguments.parse_args()
    for count in given.sizes or SIZES:
        if given.folder:
            figure = of_size(given.folder / str(count), count)
        else:
            with tempfile.TemporaryDirectory(prefix="search-") as place:
                figure = of_size(Path(place), count)
        sizes = figures.kept("search").get("sizes", {}) | {str(count): figure}
        figures.keep("search", {"budget_ms_p99": BUDGET, "sizes": dict(sorted(sizes.items(), key=lambda one: int(one[0])))}, budgets(sizes))


if __name__ == "__main__":
    main()
