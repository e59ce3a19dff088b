"""Ingest: 300 text PDFs of 116 kB from 18 offices, each with signature, inspection, policy and receipt, end to end over HTTP.

The budget is fifty times what paperless-ngx consumes on such a machine. Memory is the service's own process; the reading
children are counted beside it.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Final

from parts import counties, figures, papers, servers

DOCUMENTS: Final = 300
SIZE: Final = 114_000
OFFICES: Final = 18
ROUNDS: Final = 3
WARM: Final = 18
BUDGET: Final = 53
MEMORY: Final = 300


def prepare(folder: Path) -> None:
    signers = asyncio.run(counties.founded(folder / "county", OFFICES))
    (folder / "requests").mkdir()
    for number in range(WARM + ROUNDS * DOCUMENTS):
        office = number % OFFICES
        body = counties.packed(
            f"T{office + 1:02}", signers[office], f"防汛准备工作情况{number}", {"报告.pdf": papers.text_pdf(number, 2, SIZE)}
        )
        (folder / "requests" / f"{number:04}.body").write_bytes(body)


def main() -> None:
    runs = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(folder)
        with servers.started("service", folder / "county", "-", "inspecting") as service, servers.watched(service) as seen:
            path = "/api/v1/submissions"
            servers.asked("load", service.port, path, folder / "requests", 0, WARM, OFFICES, "-")
            for turn in range(ROUNDS):
                first = WARM + turn * DOCUMENTS
                runs.append(servers.asked("load", service.port, path, folder / "requests", first, DOCUMENTS, OFFICES, "-"))
            memory = service.memory("VmHWM")
    rates = [run["per_second"] for run in runs]
    rate = statistics.median(rates)
    rows = [
        ["documents/s", figures.spread(rates, 1), f"{BUDGET}", figures.verdict(rate, BUDGET)],
        ["p50 ms", figures.spread([run["p50_ms"] for run in runs], 0), "", ""],
        ["p99 ms", figures.spread([run["p99_ms"] for run in runs], 0), "", ""],
        ["service memory, MiB (peak)", f"{memory:.0f}", f"{MEMORY}", figures.verdict(memory, MEMORY, most=True)],
        ["reading children at once", str(seen.children), "", ""],
    ]
    figures.show(
        f"Ingest of {DOCUMENTS} text PDFs of 116 kB from {OFFICES} offices (median, least to most)", ["", "measured", "budget", ""], rows
    )
    figures.keep(
        "ingest", {"budget": BUDGET, "per_second": figures.summary(rates), "memory_mib": memory, "children": seen.children, "runs": runs}
    )


if __name__ == "__main__":
    main()
