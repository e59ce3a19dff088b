"""A clerk's first way, in a real browser: from the code slip to the first verified receipt, with a text PDF and with a scan.

Machine seconds from opening the slip's address until the page says that the receipt is here and verified: a person's reading and
thinking are not in it, what the machine makes them wait for is. Presses are counted as a hand makes them; choosing files in the system's
dialog counts as two. Each run is another person at a browser that knows nobody, at a county that is served by a process of its own.

`python bench/first_receipt.py [RUNS]`, 3 by default.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from parts import figures

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from county_process import county_process
from desk_maker import DeskCounty, Watched, browser
from entering_maker import invite
from policy.carriers import BY_NAME
from policy.papers import Paper
from policy.templates_tuning import TEMPLATES
from scan_maker import Scanner, Sheet, pdf, scanned

from archive.reading.eyes.eyes import Eyes

RUNS: Final = 3
PAGES: Final = 6
MOST_PRESSES: Final = 12
MOST_SECONDS: Final = 60.0
PATIENCE: Final = 180_000
TEXT: Final = "a text PDF"
SCAN: Final = f"a colour scan of {PAGES} pages, sealed"


@dataclass
class Hand:
    """A clerk's hand, and a watch beside it: presses, and the seconds at which each step was done."""

    page: Watched
    presses: int = 0
    begun: float = field(default_factory=time.perf_counter)
    steps: dict[str, float] = field(default_factory=dict)

    def press(self, what: str, until: str, step: str) -> None:
        """Press something and wait for what it brings."""
        self.page.click(what)
        self.presses += 1
        self.wait(until, step)

    def wait(self, until: str, step: str) -> None:
        """Wait for something to be there, and note when it was."""
        self.page.wait_for_selector(until, timeout=PATIENCE)
        self.steps[step] = time.perf_counter() - self.begun

    def choose(self, document: Path) -> None:
        """Choose a file: the page's button, the file in the system's dialog, and opening it."""
        with self.page.expect_file_chooser() as chooser:
            self.page.click("#choose")
        chooser.value.set_files(str(document))
        self.presses += 3


def first_receipt(county: DeskCounty, person: str, document: Path, *, scan: bool) -> Hand:
    """Go the whole way as a new person."""
    code = invite(county, "T01", person)
    visitor = county.stranger()
    hand = Hand(Watched(visitor.context.new_page()))
    hand.page.goto(f"{county.url}/enrol#code={code}")
    hand.press("#enrol button", "#found:not([hidden])", "enrolled")
    hand.press("#enter", ".top nav", "signed in")
    hand.press('nav a[href="/submit"]', "#submit:not([hidden])", "at the form")
    hand.choose(document)
    if scan:
        hand.wait("dialog.look canvas", "asked about the head")
        hand.press("dialog.look .none", "#elements", "answered")
    hand.wait(".guessed", "read off")
    assert hand.page.input_value("#title"), "nothing was read off: the figures would be of another way"
    hand.press("#next", "#confirm:not([hidden])", "shown what is signed")
    hand.press("#send", "#done:not([hidden]) .filing", "receipt verified")
    visitor.context.close()
    return hand


@contextmanager
def served() -> Iterator[DeskCounty]:
    """Serve a county beside a browser, and let one person go the whole way before any is measured."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, county_process(Path(folder) / "county") as process, browser() as running:
        process.office("T01", "城关镇")
        yield DeskCounty(process, running, Path(folder))


def papers(folder: Path) -> dict[str, Path]:
    """Write the two documents, as they lie on a clerk's disk."""
    template = next(each for each in TEMPLATES if each.name == "bridge")
    text, scan = folder / "请示.pdf", folder / "扫描件.pdf"
    text.write_bytes(BY_NAME["pdf embedded font"].make(Paper(template)))
    scan.write_bytes(pdf([scanned(Sheet(page=number), Scanner(skew=0.5, seed=number)) for number in range(1, PAGES + 1)]))
    return {TEXT: text, SCAN: scan}


def main(arguments: list[str]) -> None:
    runs = int(arguments[0]) if arguments else RUNS
    assert Eyes.available(), "recognition is not installed"
    ways: dict[str, list[Hand]] = {}
    with served() as county:
        documents = papers(county.folder)
        first_receipt(county, "热身", documents[TEXT], scan=False)  # warm
        for kind, document in documents.items():
            before = len(ways) * runs
            ways[kind] = [first_receipt(county, f"经办{before + run}", document, scan=kind == SCAN) for run in range(runs)]
    seconds = {kind: [hand.steps["receipt verified"] for hand in hands] for kind, hands in ways.items()}
    presses = {kind: hands[0].presses for kind, hands in ways.items()}
    rows = [
        [
            kind,
            f"{presses[kind]}",
            figures.spread(seconds[kind]),
            figures.verdict(max(seconds[kind]), MOST_SECONDS, most=True),
        ]
        for kind in ways
    ]
    figures.show("From the code slip to the first verified receipt", ["", "presses", "s", ""], rows)
    for kind, hands in ways.items():
        print(f"  {kind}: " + ", ".join(f"{step} {at:.1f}" for step, at in hands[-1].steps.items()))
    figures.keep(
        "first_receipt",
        {kind: {"presses": presses[kind], "seconds": figures.summary(seconds[kind]), "steps": ways[kind][-1].steps} for kind in ways},
        [
            *(figures.Budget(f"first receipt with {kind}", MOST_SECONDS, max(seconds[kind]), "s", most=True) for kind in ways),
            figures.Budget("presses to it", MOST_PRESSES, max(presses.values()), "presses", most=True),
        ],
    )


if __name__ == "__main__":
    main(sys.argv[1:])
