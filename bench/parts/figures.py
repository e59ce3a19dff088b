"""Figures of repeated runs: medians with their ranges, the table that is printed, the file that is kept."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
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


@dataclass(frozen=True)
class Budget:
    """One line of the table of all budgets (design, section 9); `most`: the figure may be at most the limit, else at least."""

    path: str
    limit: float
    measured: float
    unit: str
    most: bool = False

    def shown(self) -> list[str]:
        """Return path, budget, measured and verdict for a table."""
        sign = "≤" if self.most else "≥"
        return [self.path, f"{sign} {self.limit:g} {self.unit}", f"{self.measured:.4g} {self.unit}", self.verdict()]

    def verdict(self) -> str:
        """Say whether it is kept."""
        return verdict(self.measured, self.limit, most=self.most)


def machine() -> dict[str, Any]:
    """Say what the machine is, how busy it was at the end of the run, and when that was."""
    return {
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "system": platform.release(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def keep(name: str, result: dict[str, Any], budgets: Sequence[Budget] = ()) -> None:
    """Write `results/NAME.json`: what the machine was, the budgets that this benchmark judges, and its figures."""
    RESULTS.mkdir(exist_ok=True)
    told = {"benchmark": name, "machine": machine(), "budgets": [asdict(one) for one in budgets]}
    (RESULTS / f"{name}.json").write_text(json.dumps(told | result, ensure_ascii=False, indent=1) + "\n", "utf-8")


def kept(name: str) -> dict[str, Any]:
    """Return what was kept under this name; nothing when it was never run."""
    path = RESULTS / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found
