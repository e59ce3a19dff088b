"""What is asked of a library of the corpus, by kind; words, phrases and numbers are cut from documents of the corpus itself."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from archive.search import han, query
from archive.search.entry import Entry
from archive.search.question import Node
from parts import corpus

COMMON: Final = ("防汛抗旱", "工作", "会议", "安全", "整改", "资金", "我镇", "隐患", "限期整改", "负责人")
ONES: Final = ("县", "水", "林", "火", "路", "学", "村", "元")
BUDGET: Final = {"common": 100, "two words": 100, "phrase": 100, "one character": 100, "number": 25, "title": 25, "filter": 25, "rare": 25}
"""Milliseconds of a page, p99, by kind of question."""


@dataclass(frozen=True)
class Asked:
    """One query, its tree, and the document that it was cut from: the county must find that. `source` is 0 where there is none."""

    text: str
    node: Node
    source: int = 0


def questions(count: int) -> dict[str, list[Asked]]:
    """Return queries by kind, over the first `count` documents."""
    chance = random.Random(11)  # noqa: S311 - repeatable
    drawn = [corpus.entry(chance.randrange(1, count + 1)) for _ in range(120)]
    return {
        "common": [_asked(word) for word in COMMON],
        "two words": [_asked(f"{one} {other}") for one in COMMON[:5] for other in corpus.THINGS[:6]],
        "phrase": list(_cut(drawn[:40], (3, 8), 0, chance)),
        "rare": list(_cut(drawn[40:80], (12, 12), 9, chance)),
        "title": [_asked(f"title:{thing}") for thing in corpus.THINGS[:20]],
        "number": [_asked(f"number:{entry.number}", entry.accepted) for entry in drawn if entry.number][:30],
        "filter": [_asked(f"{word} from:T03 date:2024-03..2025-11") for word in COMMON],
        "one character": [_asked(sign) for sign in ONES],
    }


def _cut(entries: list[Entry], lengths: tuple[int, int], digits: int, chance: random.Random) -> Iterator[Asked]:
    """Cut a piece of each text with at least so many digits, where it has one: figures are what other documents do not have."""
    for entry in entries:
        text = han.fold(entry.texts[0])
        length = chance.randint(*lengths)
        starts = chance.sample(range(len(text) - length), len(text) - length)
        start = next((start for start in starts if sum(map(str.isdecimal, text[start : start + length])) >= digits), starts[0])
        yield _asked(f'"{text[start : start + length]}"', entry.accepted)


def _asked(text: str, source: int = 0) -> Asked:
    understood = query.read(text)
    codes = {office.text: (office.text,) for office in understood.offices}
    return Asked(text, query.with_offices(understood.node, codes), source)
