"""The classes of the set whose pages are pictures."""

import functools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from policy import carriers_scan, marks
from policy.carriers import MEDIA
from policy.carriers_scan import SCANS
from policy.cases import FOUND, LET_IN, Case
from policy.papers import Paper
from policy.scans import Scanning
from policy.set_maker import Hand, Wheel

CONDITIONS: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "turned a little": {"skew": (-3.0, 3.0)},
    "seal over the mark": {"seal": "mark"},
    "seal over the mark, turned": {"seal": "mark", "skew": (-2.0, 2.0)},
    "stamped red": {"stamped": True},
    "poor JPEG": {"quality": 40, "noise": 8.0},
    "noise": {"noise": 14.0},
    "faint": {"faint": 0.5},
    "grey": {"grey": True, "skew": (-1.5, 1.5)},
    "black and white": {"bilevel": True},
    "watermark of a scanner program": {"watermark": True},
    "turned by 90": {"turn": 90},
    "upside down": {"turn": 180},
    "turned by 270": {"turn": 270},
    "black head": {"red_head": False, "seal": ""},
    "soft": {"blur": 1.1},
}

_DRAWINGS: Final = ("plain", "plain", "plain", "letters", "two lines", "right", "red")


@dataclass(frozen=True)
class Bench:
    """What a class of scans has in common."""

    dots: int
    marked: bool
    photo: bool = False


def _scanning(choice: random.Random, dots: int, condition: str, *, photo: bool = False) -> Scanning:
    change: dict[str, Any] = {
        name: round(choice.uniform(*value), 2) if isinstance(value, tuple) else value for name, value in CONDITIONS[condition].items()
    }
    change.setdefault("quality", choice.choice((60, 70, 80)))
    change.setdefault("skew", round(choice.uniform(-0.8, 0.8), 2))
    return Scanning(dots=dots, photo=photo, seed=choice.randrange(1 << 30), **change)


def _case(hand: Hand, carrier: str, paper: Paper, condition: str, scanning: Scanning, expected: frozenset[str], **more: Any) -> Case:
    ending, make = SCANS[carrier]
    file = f"扫描件{scanning.seed % 10_000:04}.{ending}"
    ready = functools.partial(make, paper, scanning)
    return Case(hand.kind, hand.half, carrier, condition, paper.template.name, file, MEDIA[ending], ready, expected, pictures=True, **more)


def _scans(bench: Bench) -> Callable[[Hand], Iterator[Case]]:
    def give(hand: Hand) -> Iterator[Case]:
        names = [name for name in SCANS if not (bench.photo and name == "scan pdf, layer right")]
        carriers = Wheel(names, hand.choice)
        conditions = Wheel([name for name in CONDITIONS if not (bench.photo and name == "black and white")], hand.choice)
        forms, drawings = Wheel((marks.BARE, marks.STAR, marks.TERM, marks.TERM), hand.choice), Wheel(_DRAWINGS, hand.choice)
        headed, sentences = Wheel(hand.words.HEADED, hand.choice), Wheel(hand.words.SENTENCES, hand.choice)
        while True:
            condition = conditions.turn()
            scanning = _scanning(hand.choice, bench.dots, condition, photo=bench.photo)
            if bench.marked:
                paper = hand.paper(hand.mark(forms.turn()), "plain" if scanning.stamped else drawings.turn())
            else:
                word = headed.turn() if hand.choice.random() < 0.4 else ""
                paper = hand.paper(word, more=(sentences.turn(),) if hand.choice.random() < 0.5 else ())
            yield _case(hand, carriers.turn(), paper, condition, scanning, FOUND if bench.marked else LET_IN)

    return give


def _ordinary(hand: Hand) -> Iterator[Case]:
    """Give sealed scans without a mark at the resolutions people use."""
    benches = [_scans(Bench(dots, marked=False))(hand) for dots in (200, 150, 300, 200)]
    while True:
        for bench in benches:
            yield next(bench)


def _below_the_head(hand: Hand) -> Iterator[Case]:
    """Give scans whose mark stands in the foot of the last page: found when all of it is looked at, after acceptance."""
    conditions = Wheel(("plain", "turned a little", "grey"), hand.choice)
    while True:
        condition = conditions.turn()
        paper = hand.paper(hand.mark(marks.TERM), "under the title's page number")
        yield _case(hand, "scan pdf", paper, condition, _scanning(hand.choice, 200, condition), FOUND, whole=True)


def _photographs(hand: Hand) -> Iterator[Case]:
    """Give text papers whose further pages are photographs without a word."""
    while True:
        paper = replace(hand.paper(), pages=1)
        make = functools.partial(carriers_scan.with_photographs, paper, paper.seed)
        file = f"现场照片{paper.seed % 10_000:04}.pdf"
        yield Case(
            hand.kind,
            hand.half,
            "pdf with photographs",
            "photographs",
            paper.template.name,
            file,
            MEDIA["pdf"],
            make,
            LET_IN,
            pictures=True,
        )


SCAN_CLASSES: Final[dict[str, Callable[[Hand], Iterator[Case]]]] = {
    "scans 200 dpi": _scans(Bench(200, marked=True)),
    "scans 150 dpi": _scans(Bench(150, marked=True)),
    "scans 300 dpi": _scans(Bench(300, marked=True)),
    "photographed papers": _scans(Bench(200, marked=True, photo=True)),
    "ordinary scans": _ordinary,
    "ordinary photographed papers": _scans(Bench(200, marked=False, photo=True)),
    "papers with photographs": _photographs,
    "marks below the head, whole look": _below_the_head,
}
