"""Ingest: 300 text PDFs of 116 kB from 18 offices, each with signature, inspection, policy and receipt, end to end over HTTP.

The index follows beside it, as where the service runs, and each round ends when the county office finds all that came in:
how long after the last receipt is told. The budget is fifty times what paperless-ngx consumes on such a machine. Memory is
the service's own process; the reading children are counted beside it.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from parts import asking, counties, figures, papers, servers

from keys.custody import Signer

DOCUMENTS: Final = 300
SIZE: Final = 114_000
OFFICES: Final = 18
ROUNDS: Final = 3
WARM: Final = 18
BUDGET: Final = 53
MEMORY: Final = 300


def prepare(folder: Path) -> Signer:
    """Found the county and write every request; returns who will ask for them."""
    signers = asyncio.run(counties.founded(folder / "county", OFFICES))
    (folder / "requests").mkdir()
    for number in range(WARM + ROUNDS * DOCUMENTS):
        office = number % OFFICES
        body = counties.packed(
            f"T{office + 1:02}", signers[office], f"防汛准备工作情况{number}", {"报告.pdf": papers.text_pdf(number, 2, SIZE)}
        )
        (folder / "requests" / f"{number:04}.body").write_bytes(body)
    return asyncio.run(counties.reader(folder / "county"))


def one_round(service: servers.Server, reader: Signer, requests: Path, first: int, count: int) -> dict[str, Any]:
    """Send, then wait until all of it is found; `behind` are the seconds from the last receipt until then."""
    used, read = service.seconds(), service.reading_seconds()
    run = servers.asked("load", service.port, "/api/v1/submissions", requests, first, count, OFFICES, "-")
    found = asyncio.run(asking.all_found(service.port, reader, first + count))
    used, read = service.seconds() - used, service.reading_seconds() - read
    return run | {"behind": found - run["ended"], "service_cpu_ms": 1000 * used / count, "readers_cpu_ms": 1000 * read / count}


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        reader = prepare(folder)
        with servers.started("service", folder / "county", "-", "inspecting") as service, servers.watched(service) as seen:
            requests = folder / "requests"
            one_round(service, reader, requests, 0, WARM)
            runs = [one_round(service, reader, requests, WARM + turn * DOCUMENTS, DOCUMENTS) for turn in range(ROUNDS)]
            memory = service.memory("VmHWM")
    rates = [run["per_second"] for run in runs]
    rate = statistics.median(rates)
    rows = [
        ["documents/s", figures.spread(rates, 1), f"{BUDGET}", figures.verdict(rate, BUDGET)],
        ["p50 ms", figures.spread([run["p50_ms"] for run in runs], 0), "", ""],
        ["p99 ms", figures.spread([run["p99_ms"] for run in runs], 0), "", ""],
        ["service, processor ms a document", figures.spread([run["service_cpu_ms"] for run in runs], 1), "", ""],
        ["readers, processor ms a document", figures.spread([run["readers_cpu_ms"] for run in runs], 1), "", ""],
        ["all searchable after the last receipt, s", figures.spread([run["behind"] for run in runs], 2), "", ""],
        ["service memory, MiB (peak)", f"{memory:.0f}", f"{MEMORY}", figures.verdict(memory, MEMORY, most=True)],
        ["reading children at once", str(seen.children), "", ""],
    ]
    title = f"Ingest of {DOCUMENTS} text PDFs of 116 kB from {OFFICES} offices, the index beside it (median, least to most)"
    figures.show(title, ["", "measured", "budget", ""], rows)
    figures.keep(
        "ingest",
        {"budget": BUDGET, "per_second": figures.summary(rates), "memory_mib": memory, "children": seen.children, "runs": runs},
        [
            figures.Budget("ingest of 300 text PDFs of 116 kB", BUDGET, rate, "documents/s"),
            figures.Budget("ingest, memory of the service", MEMORY, memory, "MiB", most=True),
        ],
    )


if __name__ == "__main__":
    main()
