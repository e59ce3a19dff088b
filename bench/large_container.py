"""A 500 MB container of inspectable parts through the real service, inspection included, beside bare sinks.

Three PDFs of 165 MB: forty pages of text each and private data of the producing program. The same uploader sends the same
file to a bare aiohttp sink that hashes it, to one that also writes it to a file and flushes that, and to the service. Two
times count: until the last byte was taken (what the sink does) and until the receipt is there (what the service does beyond:
three files inspected, container durable, receipt signed).
"""

import asyncio
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Final

from parts import counties, figures, papers, servers

PART: Final = 165_000_000
ROUNDS: Final = 3
BUDGET: Final = 0.70
GROWTH: Final = 64
CHILDREN: Final = 2


def prepare(folder: Path) -> None:
    signers = asyncio.run(counties.founded(folder / "county", 1))
    files = {
        f"报告{number}.pdf" if number == 1 else f"attachments/附件{number}.pdf": papers.text_pdf(number, 40, PART) for number in (1, 2, 3)
    }
    (folder / "large.body").write_bytes(counties.packed("T01", signers[0], "防汛准备工作情况", files))
    small = counties.packed("T01", signers[0], "小文件", {"报告.pdf": papers.text_pdf(9, 2)})
    (folder / "small.body").write_bytes(small)


def one_round(folder: Path, times: dict[str, list[dict[str, float]]], growth: list[float], children: list[int]) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        county, bare = Path(place) / "county", Path(place) / "bare"
        shutil.copytree(folder / "county", county)
        with servers.started("bare", bare, county, "-") as sink:
            for path in ("/sink", "/file"):
                times.setdefault(path, []).append(servers.asked("upload", sink.port, path, folder / "large.body"))
        with servers.started("service", county, "-", "inspecting") as service:
            servers.asked("upload", service.port, "/api/v1/submissions", folder / "small.body")
            before = service.memory()
            with servers.watched(service) as seen:
                times.setdefault("service", []).append(servers.asked("upload", service.port, "/api/v1/submissions", folder / "large.body"))
            growth.append(max(seen.memory, service.memory("VmHWM")) - before)
            children.append(seen.children)


def main() -> None:
    times: dict[str, list[dict[str, float]]] = {}
    growth: list[float] = []
    children: list[int] = []
    with tempfile.TemporaryDirectory() as place:
        prepare(Path(place))
        for _ in range(ROUNDS):
            one_round(Path(place), times, growth, children)
    rates = {name: [run["bytes"] / run["answered"] / 1e6 for run in runs] for name, runs in times.items()}
    rates["service, bytes taken"] = [run["bytes"] / run["sent"] / 1e6 for run in times["service"]]
    shares = {name: {other: figures.ratios(values, rates[other]) for other in ("/sink", "/file")} for name, values in rates.items()}
    names = {"/sink": "bare sink, sha256", "/file": "bare sink, sha256 + file + fsync", "service": "service, to the receipt"}
    rows = [
        [
            names.get(name, name),
            figures.spread(values, 0),
            *(figures.spread([100 * one for one in shares[name][other]], 0) for other in ("/sink", "/file")),
        ]
        for name, values in rates.items()
    ]
    figures.show("500 MB container (MB/s; median, least to most)", ["", "MB/s", "% of sink", "% of sink with file"], rows)
    share, grown = statistics.median(shares["service"]["/sink"]), statistics.median(growth)
    rows = [
        ["rate to the receipt, of the bare sink", f"{share:.0%}", f"{BUDGET:.0%}", figures.verdict(share, BUDGET)],
        ["service grows by, MiB (peak)", figures.spread(growth, 0), f"{GROWTH}", figures.verdict(grown, GROWTH, most=True)],
        ["reading children at once", str(max(children)), str(CHILDREN), figures.verdict(max(children), CHILDREN, most=True)],
    ]
    figures.show("Budgets", ["", "measured", "budget", ""], rows)
    kept = {
        name: {"rate": figures.summary(values), "of": {other: figures.summary(of) for other, of in shares[name].items()}}
        for name, values in rates.items()
    }
    figures.keep(
        "large_container",
        {"budget": BUDGET, "megabytes_per_second": kept, "growth_mib": figures.summary(growth), "children": children},
        [
            figures.Budget("500 MB container, to the receipt", 100 * BUDGET, 100 * share, "% of bare sink"),
            figures.Budget("500 MB container, service grows by", GROWTH, grown, "MiB", most=True),
            figures.Budget("500 MB container, reading at once", CHILDREN, max(children), "children", most=True),
        ],
    )


if __name__ == "__main__":
    main()
