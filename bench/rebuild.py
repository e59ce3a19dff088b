"""Rebuild: the index made anew from a ledger's rows and kept text, as `reindex` does it, beside bare batches into the same engine.

The ledger holds 20,000 submissions, or as many as the argument says, of about 3.5 kB of text, kept as reading keeps it. Each
run is a process of its own; at the end both indexes must give the same answers.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from parts import corpus, counties, figures, ledgers, servers
from parts.pieces import Piece, pieces

from archive.search import query
from archive.search.question import Question, Viewer
from archive.search.tantivy_index import TantivyIndex
from exchange.county import open_folder

DOCUMENTS: Final = 20_000
ROUNDS: Final = 2
BUDGET: Final = 1_000
NUMBER: Final = next(entry.number for entry in corpus.entries(1, 100) if entry.number)
ASKED: Final = ("防汛抗旱", '"签订责任书，"', "title:森林防火", NUMBER, "县 -水库", "kind:report year:2025")
VIEWERS: Final = (Viewer("county", "county.1"), Viewer("T03", "T03.1"))


def prepare(folder: Path, count: int) -> int:
    """Fill a county's ledger, and write the same entries down; returns the bytes of their text."""
    asyncio.run(counties.founded(folder / "county", len(corpus.OFFICES)))
    asyncio.run(counties.reader(folder / "county"))
    (folder / "pieces").mkdir()
    length = 0

    def noted() -> Iterator[Piece]:
        nonlocal length
        for number, piece in enumerate(pieces(count)):
            (folder / "pieces" / f"{number:05}").write_bytes(msgspec.msgpack.encode(piece.entries))
            length += piece.text_bytes()
            yield piece

    ledgers.fill(folder / "county", noted())
    return length


def engine_folder(county: Path) -> Path:
    """Return the folder of the engine's files in the generation in use."""
    index = open_folder(county).index
    return index / (index / "current").read_text("utf-8").strip() / "engine"


def require_same(one: Path, other: Path, count: int) -> None:
    """Stop unless both hold so many entries and give the same answers."""
    indexes = [TantivyIndex.open(folder) for folder in (one, other)]
    assert [index.count() for index in indexes] == [count, count]
    for text in ASKED:
        for viewer in VIEWERS:
            question = Question(node=query.parse(text), viewer=viewer)
            found = [index.search(question) for index in indexes]
            assert found[0].total == found[1].total, (text, viewer)
            assert found[0].total or viewer is not VIEWERS[0], f"nothing found for {text}"
            assert [hit.submission for hit in found[0].hits] == [hit.submission for hit in found[1].hits], (text, viewer)
            assert found[0].facets == found[1].facets, (text, viewer)
    for index in indexes:
        index.close()


def main(count: int) -> None:
    runs: dict[str, list[dict[str, Any]]] = {"ledger": [], "bare": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        length = prepare(folder, count)
        size = ledgers.statistics(folder / "county")
        for turn in range(ROUNDS):
            runs["ledger"].append(servers.asked("rebuilding", "ledger", folder / "county"))
            runs["bare"].append(servers.asked("rebuilding", "bare", folder / f"bare{turn}", folder / "pieces"))
            assert [each[-1]["entries"] for each in runs.values()] == [count, count]
            require_same(engine_folder(folder / "county"), folder / f"bare{turn}", count)
    rates = {name: [run["entries_per_second"] for run in each] for name, each in runs.items()}
    shares, rate = figures.ratios(rates["ledger"], rates["bare"]), statistics.median(rates["ledger"])
    rows = [
        [
            {"ledger": "from the ledger (reindex)", "bare": "bare batches into the engine"}[name],
            figures.spread(rates[name], 0),
            figures.spread([run["memory_mib"] for run in each], 0),
            *([figures.spread([100 * one for one in shares], 0), figures.verdict(rate, BUDGET)] if name == "ledger" else ["", ""]),
        ]
        for name, each in runs.items()
    ]
    title = f"Rebuild of {count} documents, {length / count / 1000:.1f} kB of text each, {size['events']} events (median, least to most)"
    figures.show(title, ["", "documents/s", "memory, MiB (peak)", "% of bare", f"budget {BUDGET}/s"], rows)
    result = {"budget": BUDGET, "documents": count, "text_bytes": length, "ledger": size, "runs": runs, "share": figures.summary(shares)}
    figures.keep("rebuild", result, [figures.Budget("index rebuild from kept text", BUDGET, rate, "documents/s")])


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else DOCUMENTS)
