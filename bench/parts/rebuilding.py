"""One index made anew, in a process of its own: `python -m parts.rebuilding ledger|bare FOLDER [PIECES]` prints what it took as JSON.

`ledger`: FOLDER is a county; what its `reindex` does, from the ledger's rows and the kept text. `bare`: the loop that no index
can do without, entries that lie ready into a new index under FOLDER, batch by batch, from the files in PIECES; reading those
does not count.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from archive.search.entry import Batch, Entry
from archive.search.tantivy_index import TantivyIndex
from exchange.county import open_folder
from exchange.reindexing import reindex


def bare(folder: Path, prepared: Path) -> dict[str, Any]:
    """Apply every batch."""
    decoder, seconds = msgspec.msgpack.Decoder(tuple[Entry, ...]), 0.0
    index = TantivyIndex.open(folder)
    for path in sorted(prepared.iterdir()):
        entries = decoder.decode(path.read_bytes())
        begun = time.perf_counter()
        index.apply(Batch(entries, (), entries[-1].accepted))
        seconds += time.perf_counter() - begun
    count = index.count()
    index.close()
    return {"entries": count, "seconds": seconds, "entries_per_second": count / seconds}


def main(arguments: list[str]) -> None:
    """Print one run."""
    how, folder, *prepared = arguments
    begun = time.process_time()
    told = bare(Path(folder), Path(prepared[0])) if how == "bare" else asyncio.run(reindex(open_folder(Path(folder)), None))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(told | {"memory_mib": used.ru_maxrss / 1024, "processor_seconds": time.process_time() - begun}))


if __name__ == "__main__":
    main(sys.argv[1:])
