"""Figures of repeated runs: medians with their ranges, the table that is printed, the file that is kept."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).resolve().parents[1] / "results"


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Return `median (least to most)`."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Return median, least, most and every value, for the kept file."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values), "values": list(values)}


def ratios(ours: Sequence[float], bare: Sequence[float]) -> list[float]:
    """Return ours / bare of runs that stood side by side."""
    return [one / other for one, other in zip(ours, bare, strict=True)]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which this share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    print(f"\n{title}")
    for row in [heads, *rows]:
        first, *others = (
            cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *others]))


def verdict(value: float, budget: float, *, most: bool = False) -> str:
    """Say whether a figure keeps its budget: at least, or with `most` at most."""
    kept = value <= budget if most else value >= budget
    return "kept" if kept else "MISSED"


def keep(name: str, result: dict[str, Any]) -> None:
    """Write `results/NAME.json`, with what the machine was."""
    RESULTS.mkdir(exist_ok=True)
    machine = {"processors": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version(), "system": platform.release()}
    text = json.dumps({"benchmark": name, "machine": machine} | result, ensure_ascii=False, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")
