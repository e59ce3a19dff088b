"""Accept path without inspection, beside the bare loop: 200 KB containers, 16 and 64 clients, plain HTTP on both sides.

The service is the real one but for the sandbox, in whose place stands an object that calls every document clean (design,
section 9: "without inspection"). Server on core 0, clients on core 1. Service and bare loop take turns in one run.
"""

import asyncio
import base64
import hashlib
import io
import shutil
import statistics
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from parts import counties, figures, papers, servers

SIZE: Final = 196_000
ROUNDS: Final = 3
WARM: Final = 32
EACH: Final = {16: 300, 64: 360}
BUDGET: Final = 0.60


def prepare(folder: Path) -> None:
    """Found the county and write every request; each round sends the same to a fresh copy of the county."""
    signers = asyncio.run(counties.founded(folder / "county", 18))
    paper = papers.text_pdf(1, 2, SIZE)
    (folder / "requests").mkdir()
    for number in range(WARM + sum(EACH.values())):
        office = number % len(signers)
        # each document is another one: its number follows the end of the file
        body = counties.packed(f"T{office + 1:02}", signers[office], f"防汛准备工作情况{number}", {"报告.pdf": paper + b"\n%%%d" % number})
        with zipfile.ZipFile(io.BytesIO(body)) as members:
            manifest, signature = (members.read(f"META-INF/{name}") for name in ("ASiCManifest001.xml", "signature001.p7s"))
        head = f"X-Manifest: {hashlib.sha256(manifest).hexdigest()}\r\nX-Signature: {base64.b64encode(signature).decode()}\r\n"
        (folder / "requests" / f"{number:04}.body").write_bytes(body)
        (folder / "requests" / f"{number:04}.head").write_bytes(head.encode())


def measure(server: servers.Server, path: str, folder: Path, first: int, count: int, clients: int) -> dict[str, Any]:
    before = server.seconds()
    run = servers.asked("load", server.port, path, folder / "requests", first, count, clients, 1)
    return run | {"cpu_ms": 1000 * (server.seconds() - before) / count}


def one_round(folder: Path, runs: dict[tuple[str, int], list[dict[str, Any]]]) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        county, bare = Path(place) / "county", folder / "bare"
        shutil.copytree(folder / "county", county)
        shutil.rmtree(bare, ignore_errors=True)
        with servers.started("service", county, 0, "blind") as service, servers.started("bare", bare, county, 0) as loop:
            sides = {"service": (service, "/api/v1/submissions"), "bare": (loop, "/accept")}
            for server, path in sides.values():
                measure(server, path, folder, 0, WARM, 8)
            first = WARM
            for clients, count in EACH.items():
                for name, (server, path) in sides.items():
                    runs.setdefault((name, clients), []).append(measure(server, path, folder, first, count, clients))
                first += count


def main() -> None:
    runs: dict[tuple[str, int], list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as place:
        prepare(Path(place))
        for _ in range(ROUNDS):
            one_round(Path(place), runs)
    rows, kept, budgets = [], {}, []
    for clients in EACH:
        of = {
            name: {key: [run[key] for run in runs[name, clients]] for key in ("per_second", "p50_ms", "p99_ms", "cpu_ms")}
            for name in ("service", "bare")
        }
        shares = figures.ratios(of["service"]["per_second"], of["bare"]["per_second"])
        work = figures.ratios(of["bare"]["cpu_ms"], of["service"]["cpu_ms"])
        share = statistics.median(shares)
        budgets.append(figures.Budget(f"accept path without inspection, {clients} clients", 100 * BUDGET, 100 * share, "% of bare"))
        for name, found in of.items():
            last = [figures.spread([100 * one for one in shares], 0), figures.verdict(share, BUDGET)] if name == "service" else ["", ""]
            rows.append([f"{clients} clients, {name}", *(figures.spread(found[key], 2 if key == "cpu_ms" else 0) for key in found), *last])
        kept[str(clients)] = {name: {key: figures.summary(values) for key, values in found.items()} for name, found in of.items()}
        kept[str(clients)] |= {"share": figures.summary(shares), "share_by_processor": figures.summary(work)}
    heads = ["200 KB containers", "requests/s", "p50 ms", "p99 ms", "CPU ms/receipt", "% of bare", f"budget {BUDGET:.0%}"]
    figures.show("Accept path without inspection (median, least to most)", heads, rows)
    figures.keep("accept_path", {"budget": BUDGET, "clients": kept}, budgets)


if __name__ == "__main__":
    main()
