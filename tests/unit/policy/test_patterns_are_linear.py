"""No text makes a pattern go back over it again and again: each is tried on long hostile texts in a process with little time."""

import pathlib
import subprocess
import sys

import pytest

from exchange.policy import places

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECONDS = 5
LENGTH = 200_000
FILLS = [" ", "　\t", "秘密 ", "机密★", "【（机", "1", "年", "密级:", ".", "+", "<a=", "机.", "»ú"]

LIMIT = """
import resource, time
def limit():
    seconds = int(time.process_time()) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
"""
PATTERNS = """
import importlib, re
texts = ["<aCONFIDENTIAL密级内部资料秘密" + fill * (LENGTH // len(fill)) + "x" for fill in FILLS]
patterns = [value for value in vars(importlib.import_module(MODULE)).values() if isinstance(value, re.Pattern)]
assert patterns
for pattern in patterns:
    limit()
    for text in texts:
        text = text if isinstance(pattern.pattern, str) else text.encode()
        pattern.fullmatch(text), pattern.search(text, 20)
"""
JUDGE = """
from archive.reading.reading import Line, Page, Picture, Reading
from exchange.policy.rules import Declared, judge, load
from schemas.words import UNCLASSIFIED
policy = load("strict")
for fill in FILLS:
    limit()
    text = "内部资料秘密" + fill * (LENGTH // len(fill)) + "x"
    short = tuple(Line(text[at : at + 8], at % 7 / 7, at % 997 / 997, 0.1, 0.02) for at in range(0, 24_000, 8))
    pages = (Page(1, (Line(text, 0.1, 0.1, 0.1, 0.02), *short)), Page(2, (), Picture("scan", 200), short, "whole"))
    inner = Reading(format="text", pages=pages, texts=(("form", text),))
    reading = Reading(format="zip", pages=(), parts=((text, inner),), properties={text: text})
    judge(Declared(UNCLASSIFIED, title=text, notes=text, names=(text,)), {text: reading}, policy)
"""


def run(program: str, **names: object) -> None:
    """Run a program that is killed when one step takes more than five seconds of processor time."""
    given = {**names, "FILLS": FILLS, "LENGTH": LENGTH, "SECONDS": SECONDS}
    begin = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    subprocess.run([sys.executable, "-c", begin + LIMIT + program], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    "module",
    [
        *(f"exchange.policy.{room}" for room in ("marks", "spelling", "places", "layout", "pictures", "review")),
        "archive.reading.legible",
        "archive.reading.gate",
    ],
)
def test_every_pattern_is_linear(module: str):
    run(PATTERNS, MODULE=module)


def test_a_judgement_is_linear():
    run(JUDGE.replace("LENGTH", "30_000"))


def test_the_worst_is_never_among_the_findings_left_out():
    program = """
from archive.reading.reading import Line, Page, Reading
from exchange.policy.rules import Declared, judge, load
from schemas.words import UNCLASSIFIED
limit()
rows = [f"“机密★{at % 999}年”是 {at}" for at in range(50_000)] + ["机密★1年"]
pages = tuple(Page(at + 2, (Line(row, 0.1, 0.5, 0.1, 0.02),)) for at, row in enumerate(rows))
found = judge(Declared(UNCLASSIFIED), {"a": Reading(format="text", pages=pages)}, load("usual"))
assert (found.outcome.value, len(found.hits), "star-line" in found.rules) == ("BLOCK", 101, True), found
"""
    run(program)


def test_a_long_line_is_cut_into_cells_once(monkeypatch: pytest.MonkeyPatch):
    cut: list[int] = []
    cells = places._cells
    monkeypatch.setattr(places, "_cells", lambda text, **said: cut.append(len(text)) or cells(text, **said))
    assert not list(places.line("★密" * 20_000, head=False, markings={}))
    assert len(cut) == 1
