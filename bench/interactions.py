"""From a key or a click to the next thing drawn, on the desk's busiest pages with 300 items, beside a page that does nothing.

A real Chromium measures itself (Event Timing: the longest event of an interaction, rounded to 8 ms by the browser). Beside it stand the
service's own times for each item that a reviewer signs for. `python bench/interactions.py [ITEMS]`.
"""

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from parts import figures

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from county_process import county_process
from desk_maker import DeskCounty, Visitor, Watched, browser
from inbox_maker import fill
from paper_maker import pdf
from submission_maker import Letter

from schemas.words import Kind

ITEMS: Final = 300
CLEARED: Final = 50
BUDGET_PAINT: Final = 200.0
BUDGET_ITEM: Final = 300.0

_LISTEN: Final = """() => {
  window.interactions = new Map();
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.interactionId) continue;
      const before = window.interactions.get(entry.interactionId) ?? 0;
      window.interactions.set(entry.interactionId, Math.max(before, entry.duration));
    }
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
}"""
_TAKE: Final = """() => new Promise((done) => setTimeout(() => {
  done([...window.interactions.values()]);
  window.interactions.clear();
}, 120))"""
_BARE: Final = "data:text/html,<title>bare</title><input id=box><button id=button>b</button>"


class Page:
    """A page whose interactions are counted."""

    def __init__(self, page: Watched) -> None:
        """Listen from now on."""
        self.page = page
        page.evaluate(_LISTEN)

    def measured(self, act: Callable[[], object], times: int) -> list[float]:
        """Act so often; returns the milliseconds of each interaction, 16 where the browser found it too short to tell."""
        self.page.evaluate(_TAKE)
        for _ in range(times):
            act()
        slow = [float(value) for value in self.page.evaluate(_TAKE)]
        return sorted(slow + [16.0] * max(0, times - len(slow)))


@contextlib.contextmanager
def county(folder: Path, items: int) -> Iterator[tuple[Visitor, Visitor]]:
    """Serve a county with so many items; yields a clerk and a reviewer."""
    with county_process(folder / "county") as process, browser() as running:
        process.office("T01", "城关镇")
        served = DeskCounty(process, running, folder)
        clerk = served.visitor("T01", "张三")
        assert clerk.home is not None
        now = datetime.now(UTC)
        letters = [Letter(title=f"关于报送第{n}期政务信息的报告", at=now, fields={"kind": Kind.PLAN}) for n in range(items)]
        fill(process, clerk.home, letters)
        yield clerk, served.visitor("county", "王五", "reviewer")


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


def current(page: Watched) -> Any:
    """Return the item in the pane."""
    return page.evaluate("document.querySelector('#pane [data-item]')?.dataset.item ?? null")


def cleared(page: Watched, counted: Page) -> tuple[list[float], list[float]]:
    """Sign for item after item from the keyboard; returns milliseconds to the next thing drawn, and of the service's answers."""
    answers: list[float] = []
    page.on("requestfinished", lambda request: answers.append(request.timing["responseEnd"]) if request.method == "POST" else None)
    page.keyboard.press("j")
    page.keyboard.press("o")
    until(lambda: current(page))

    def one() -> None:
        at = current(page)
        page.keyboard.press("a")
        until(lambda: current(page) not in (None, at))

    drawn = counted.measured(one, CLEARED)
    return drawn, sorted(answers)


def inbox(reviewer: Visitor) -> tuple[dict[str, list[float]], list[float]]:
    """Go through an inbox; returns milliseconds by what was done, and of the service's answers."""
    page = reviewer.open("/inbox")
    counted = Page(page)
    rows: dict[str, list[float]] = {}
    rows["inbox: a row down (j)"] = counted.measured(lambda: page.keyboard.press("j"), 30)
    rows["inbox: choose (x)"] = counted.measured(lambda: page.keyboard.press("x"), 20)
    rows["inbox: choose all"] = counted.measured(lambda: page.locator("#choose-all").click(), 4)
    page.locator("#choose-all").set_checked(False)
    rows["inbox: sign for, the next (a)"], answers = cleared(page, counted)
    page.close()
    return rows, answers


def desk(clerk: Visitor, reviewer: Visitor) -> dict[str, list[float]]:
    """Use the other busy pages; returns milliseconds by what was done."""
    rows: dict[str, list[float]] = {}
    page = reviewer.open("/search?q=政务信息")
    counted = Page(page)
    page.locator("input[name=q]").click()
    rows["search: type"] = counted.measured(lambda: page.keyboard.press("a"), 12)
    page.close()
    page = clerk.open("/sent")
    counted = Page(page)
    rows["sent: a key on 300 rows"] = counted.measured(lambda: page.keyboard.press("j"), 10)
    page.close()
    page = clerk.open("/submit")
    counted = Page(page)
    page.locator("#files").set_input_files({"name": "报告.pdf", "mimeType": "application/pdf", "buffer": pdf()})
    page.locator("#title").click()
    rows["submit: type while a file is read"] = counted.measured(lambda: page.keyboard.press("a"), 20)
    page.close()
    return rows


def bare(reviewer: Visitor) -> list[float]:
    """Type into a page that does nothing."""
    page = Watched(reviewer.context.new_page())
    page.goto(_BARE)
    counted = Page(page)
    page.locator("#box").click()
    return counted.measured(lambda: page.keyboard.press("a"), 30)


def main() -> None:
    """Measure and print."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    with tempfile.TemporaryDirectory() as folder, county(Path(folder), items) as (clerk, reviewer):
        nothing = bare(reviewer)
        rows, answers = inbox(reviewer)
        rows |= desk(clerk, reviewer)
    shown = [
        [name, str(len(values)), f"{figures.percentile(values, 0.5):.0f}", f"{figures.percentile(values, 0.98):.0f}", f"{values[-1]:.0f}"]
        for name, values in rows.items()
    ]
    shown.append(
        [
            "a page that does nothing",
            str(len(nothing)),
            f"{figures.percentile(nothing, 0.5):.0f}",
            f"{figures.percentile(nothing, 0.98):.0f}",
            f"{nothing[-1]:.0f}",
        ]
    )
    figures.show(f"From a key to the next thing drawn, {items} items (ms)", ["what", "times", "p50", "p98", "most"], shown)
    ninety_fifth = figures.percentile(answers, 0.95)
    figures.show(
        "The service's answers while items are cleared (ms)",
        ["answers", "p50", "p95", "most"],
        [[str(len(answers)), f"{figures.percentile(answers, 0.5):.0f}", f"{ninety_fifth:.0f}", f"{answers[-1]:.0f}"]],
    )
    slowest = max(figures.percentile(values, 0.98) for values in rows.values())
    budgets = [
        figures.Budget("a key to the next paint, p98 of the slowest kind", BUDGET_PAINT, slowest, "ms", most=True),
        figures.Budget(f"an item cleared by keyboard, answers p95 of {CLEARED}", BUDGET_ITEM, ninety_fifth, "ms", most=True),
    ]
    figures.keep("interactions", {"paint": rows, "bare": nothing, "answers": answers}, budgets)
    for budget in budgets:
        print("  " + "  ".join(budget.shown()))


if __name__ == "__main__":
    main()
