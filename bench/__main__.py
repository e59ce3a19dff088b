"""Every benchmark, one after the other, then one table of all budgets: `python bench [NAME…]`, or `python bench summary` for the table.

About fifteen minutes on two quiet cores; none may take longer than `LONGEST`. One that fails does not stop the others: the end
is then an error. A budget that is missed is shown and is none, for times depend on the machine.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from parts import figures

ALL: Final = (
    "signatures",
    "inspection",
    "scans",
    "crowd",
    "accept_path",
    "ingest",
    "searchable",
    "rebuild",
    "search",
    "large_container",
    "interactions",
    "dashboards",
    "notice",
)
LONGEST: Final = 1_200


def ran(name: str) -> bool:
    """Run a benchmark to its end; says whether it came to one."""
    begun = time.monotonic()
    try:
        code = subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], timeout=LONGEST, check=False).returncode
    except subprocess.TimeoutExpired:
        code = None
    end = "" if code == 0 else ", FAILED" if code else ", TOO LONG"
    print(f"  [{name}: {time.monotonic() - begun:.0f} s{end}]", flush=True)
    return code == 0


def summary(failed: list[str]) -> None:
    """Print the table of budgets from the newest results of every benchmark, and write it to `results/summary.json`."""
    rows: list[list[str]] = []
    kept: list[dict[str, Any]] = []
    for name in ALL:
        told = figures.kept(name)
        for line in told.get("budgets", []):
            budget, machine = figures.Budget(**line), told["machine"]
            remark = "not measured anew: it failed" if name in failed else ""
            rows.append([*budget.shown(), f"{machine['load']:.1f}", machine["at"][:16], remark])
            kept.append({"benchmark": name, **line, "verdict": budget.verdict(), "load": machine["load"], "at": machine["at"]})
    figures.show("Speed budgets", ["path", "budget", "measured", "", "load then", "when (UTC)", ""], rows)
    figures.keep("summary", {"lines": kept, "failed": failed})


def main(names: list[str]) -> int:
    """Run what is named, or everything."""
    wanted = [] if names == ["summary"] else names or list(ALL)
    unknown = set(wanted) - set(ALL)
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    failed = [name for name in wanted if not ran(name)]
    summary(failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
