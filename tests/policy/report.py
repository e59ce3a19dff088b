"""Run the whole set through the real readers, eyes and rules, and print a row a class: `make policy-report`.

    make policy-report [HALF=tuning] [N=40 | N=full] [CLASS=scans]

The held-out half is the default: its targets are the ones that count, and nobody tries rules on it.
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

from policy.cases import BLOCK, KEPT_OUT, LET_IN, PASS, REFUSED, REVIEW, Case
from policy.decide import Decision, decide
from policy.papers import Half
from policy.set_maker import SEED, TEXT_CLASSES, Hand
from policy.set_of_scans import SCAN_CLASSES
from policy.uninspectable import UNREADABLE
from policy.worst_cases import write_worst

from archive.reading.eyes.eyes import Eyes
from archive.reading.sandbox import Sandbox
from exchange.policy.rules import Policy, load

COUNTS: Final = {
    "marks in text": 700, "evasions": 700, "ordinary papers": 600, "talk of secrecy": 800, "uninspectable": 2 * len(UNREADABLE),
    "scans 200 dpi": 80, "scans 150 dpi": 60, "scans 300 dpi": 24, "photographed papers": 24, "ordinary scans": 72,
    "ordinary photographed papers": 12, "papers with photographs": 6, "marks below the head, whole look": 6,
}  # fmt: skip
"""Cases a class, 60 where none is named; with N=full five times as many texts and four times as many scans."""

FALSE_BLOCK: Final = 0.002
FALSE_REVIEW: Final = 0.015
TARGETS: Final = {
    "marks in text": 1.0, "evasions": 0.99, "scans 200 dpi": 0.98, "scans 150 dpi": 0.95, "scans 300 dpi": 0.98, "uninspectable": 1.0,
    "ordinary papers": None, "talk of secrecy": None, "ordinary scans": None,
}  # fmt: skip
"""The least share of right answers; None where the two shares of false ones count. Classes without a target are only counted."""

TEXT_P95: Final = 300.0
SECONDS: Final = 570.0


@dataclass
class Tally:
    """What came of the cases of one class."""

    kind: str
    planned: int
    done: list[tuple[Case, Decision]] = field(default_factory=list)

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(decision.outcome for _, decision in self.done)

    @property
    def wrong(self) -> list[tuple[Case, Decision]]:
        return [(case, decision) for case, decision in self.done if not right(case, decision)]

    def share(self, *outcomes: str) -> float:
        return sum(self.outcomes[outcome] for outcome in outcomes) / max(1, len(self.done))

    def slowest(self, share: float) -> float:
        times = sorted(decision.ms for _, decision in self.done)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


def right(case: Case, decision: Decision) -> bool:
    """Say whether the outcome is one that the case expects, and where a refusal is asked, that it is a refusal at all."""
    if decision.outcome not in case.expected:
        return False
    return case.handling is None or decision.outcome != PASS or decision.handling is case.handling


def named_rightly(case: Case, decision: Decision) -> bool:
    """Say whether a refusal names a problem that helps."""
    return not case.problems or decision.problem in case.problems


@asynccontextmanager
async def readers() -> AsyncIterator[tuple[Sandbox, Eyes | None]]:
    """Start one sandbox and, where recognition is installed, one pair of eyes; end both afterwards."""
    sandbox = Sandbox()
    eyes: Eyes | None = None
    try:
        await sandbox.start()
        if Eyes.available():
            eyes = Eyes(sandbox)
            await eyes.start()
        yield sandbox, eyes
    finally:
        if eyes is not None:
            await eyes.stop()
        await sandbox.stop()


def classes(wanted: str) -> list[str]:
    """Return the names of the classes that hold one of the words, all for none."""
    names = [*TEXT_CLASSES, *SCAN_CLASSES]
    words = [word.strip() for word in wanted.split(",") if word.strip()]
    return [name for name in names if not words or any(word in name for word in words)]


def cases(kind: str, half: Half, count: int, seed: int = SEED) -> Iterator[Case]:
    """Give the first `count` cases of a class."""
    make = (TEXT_CLASSES | SCAN_CLASSES)[kind]
    return itertools.islice(make(Hand(kind, half, seed)), count)


def planned(kind: str, amount: str) -> int:
    usual = COUNTS.get(kind, 60)
    if amount == "full":
        return usual * (5 if kind in TEXT_CLASSES else 4)
    return int(amount) if amount else usual


class Run:
    """One run over one half."""

    def __init__(self, half: Half, names: Sequence[str], amount: str, seconds: float) -> None:
        self.tallies = {kind: Tally(kind, planned(kind, amount)) for kind in names}
        self._cases = {kind: cases(kind, half, tally.planned) for kind, tally in self.tallies.items()}
        self._deadline = time.monotonic() + seconds
        self._policies: dict[str, Policy] = {preset: load(preset) for preset in ("usual", "strict")}

    async def run(self, sandbox: Sandbox, eyes: Eyes | None) -> None:
        for kind in [kind for kind in self.tallies if kind in TEXT_CLASSES]:
            for case in self._cases[kind]:
                if time.monotonic() > self._deadline:
                    return
                await self._decide(sandbox, eyes, case, await asyncio.to_thread(case.make))
            self._say(kind)
        await self._scans(sandbox, eyes)

    async def _scans(self, sandbox: Sandbox, eyes: Eyes | None) -> None:
        """Take the classes of scans in turn, two at once, so that whatever time allows is spread over all of them."""
        turns = itertools.zip_longest(*(self._spread(kind) for kind in self.tallies if kind in SCAN_CLASSES))
        queue = iter([case for turn in turns for case in turn if case is not None])

        async def work() -> None:
            for case in queue:
                if time.monotonic() > self._deadline:
                    return
                await self._decide(sandbox, eyes, case, await asyncio.to_thread(case.make))
                done = sum(len(tally.done) for kind, tally in self.tallies.items() if kind in SCAN_CLASSES)
                if done % 20 == 0:
                    print(f"  … {done} scans", file=sys.stderr, flush=True)

        await asyncio.gather(work(), work())

    def _spread(self, kind: str) -> Iterator[Case | None]:
        """Give the cases of a class with gaps, so that small classes end together with large ones."""
        most = max(self.tallies[other].planned for other in self.tallies if other in SCAN_CLASSES)
        count = self.tallies[kind].planned
        for at in range(most):
            yield next(self._cases[kind], None) if (at + 1) * count // most > at * count // most else None

    async def _decide(self, sandbox: Sandbox, eyes: Eyes | None, case: Case, content: bytes) -> None:
        decision = await decide(sandbox, eyes, self._policies[case.preset], case.file, case.media_type, content, whole=case.whole)
        self.tallies[case.kind].done.append((case, decision))

    def _say(self, kind: str) -> None:
        tally = self.tallies[kind]
        print(f"  … {kind}: {len(tally.done)}, {len(tally.wrong)} wrong", file=sys.stderr, flush=True)


def _verdict(tally: Tally) -> tuple[str, str, str]:
    """Return what is measured, the target, and whether it is met."""
    if not tally.done:
        return "-", "", "not run"
    first = tally.done[0][0]
    good = 1 - len(tally.wrong) / len(tally.done)
    known = tally.kind in TARGETS
    if first.expected - {REFUSED} == LET_IN and first.handling is None:
        measured = f"false BLOCK {tally.share(BLOCK):.2%}, REVIEW {tally.share(REVIEW):.2%}, refused {_false_refusals(tally):.2%}"
        met = tally.share(BLOCK) <= FALSE_BLOCK and tally.share(REVIEW) <= FALSE_REVIEW
        return measured, f"≤ {FALSE_BLOCK:.1%}, ≤ {FALSE_REVIEW:.1%}" if known else "", _yes(met) if known else ""
    measured = f"right {good:.2%}"
    if first.problems:
        named = sum(named_rightly(case, decision) for case, decision in tally.done) / len(tally.done)
        measured += f", problem named {named:.2%}"
    elif first.expected <= KEPT_OUT:
        measured += f", let in {tally.share(PASS):.2%}"
    target = TARGETS.get(tally.kind)
    return measured, f"≥ {target:.0%}" if target else "", _yes(good >= target) if target else ""


def _false_refusals(tally: Tally) -> float:
    refused = [case for case, decision in tally.wrong if decision.outcome == REFUSED]
    return len(refused) / max(1, len(tally.done))


def _yes(met: bool) -> str:  # noqa: FBT001 - what it is asked
    return "yes" if met else "NO"


def table(tallies: Sequence[Tally]) -> str:
    """Return the rows of the report."""
    lines = [
        f"{'class':37} {'n':>9} {'BLOCK':>6} {'REVIEW':>6} {'PASS':>6} {'refused':>7} {'p50 ms':>7} {'p95 ms':>7}  measured | target | met"
    ]
    for tally in tallies:
        counts, (measured, target, met) = tally.outcomes, _verdict(tally)
        amount = f"{len(tally.done)}" + (f"/{tally.planned}" if len(tally.done) < tally.planned else "")
        lines.append(
            f"{tally.kind:37} {amount:>9} {counts[BLOCK]:6} {counts[REVIEW]:6} {counts[PASS]:6} {counts[REFUSED]:7}"
            f" {tally.slowest(0.5):7.0f} {tally.slowest(0.95):7.0f}  {measured} | {target} | {met}"
        )
    plain = Tally("", 0, [each for tally in tallies for each in tally.done if not each[0].pictures and tally.kind != "uninspectable"])
    if plain.done:
        slowest = plain.slowest(0.95)
        lines.append(f"{'text verdicts, all classes':37} {len(plain.done):9} {'':28} {plain.slowest(0.5):7.0f} {slowest:7.0f}"
                     f"  p95 | ≤ {TEXT_P95:.0f} ms | {_yes(slowest <= TEXT_P95)}")  # fmt: skip
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=get_args(Half), default="held-out")
    parser.add_argument("--n", default="", help="cases a class, or full")
    parser.add_argument("--classes", default="", help="words, separated by commas")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="no case begins after this time; not kept with full")
    parser.add_argument("--folder", type=Path, default=Path("build/policy-report"))
    parser.add_argument("--worst", type=int, default=10)
    return parser.parse_args()


async def main() -> int:
    """Print the table; 0 when every target that was asked is met."""
    asked = _arguments()
    run = Run(asked.half, classes(asked.classes), asked.n, float("inf") if asked.n == "full" else asked.seconds)
    async with readers() as (sandbox, eyes):
        if eyes is None:
            print("recognition is not installed: pages that are pictures are refused", file=sys.stderr)
        await run.run(sandbox, eyes)
    tallies = list(run.tallies.values())
    print(f"half: {asked.half}, seed {SEED}\n{table(tallies)}")
    write_worst(asked.folder / asked.half, [each for tally in tallies for each in tally.wrong], asked.worst)
    if asked.half == "tuning":
        for case, decision in [each for tally in tallies for each in tally.wrong][:200]:
            print(f"  {decision.outcome:8} {case.label}  {','.join(decision.rules)} {decision.detail}")
    return 1 if any(_verdict(tally)[2] == "NO" for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
