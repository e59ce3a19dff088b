"""How a mark may be drawn on a page: in one piece, in pieces, out of order, out of sight."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from policy.papers import BLACK, HEIGHT, RED, WHITE, WIDTH, Paper, Run, Sheet, breadth, mark_place, sheets

SIZE: Final = 16.0
STEP: Final = SIZE * 0.3528


def _one(mark: str, x: float, y: float) -> list[Run]:
    return [Run(mark, x, y, SIZE, role="mark")]


def _letters(mark: str, x: float, y: float, step: float = STEP * 1.6) -> list[Run]:
    return [Run(sign, x + step * at, y, SIZE, role="mark") for at, sign in enumerate(mark)]


def _down(mark: str, x: float, y: float) -> list[Run]:
    return [Run(sign, x, y + (STEP + 1) * at, SIZE, role="mark") for at, sign in enumerate(mark)]


def _pieces(mark: str, x: float, y: float) -> list[Run]:
    """Give what Latin signs and Han text are to LibreOffice: runs of their own, the star last, for it has another font."""
    placed, at = [], x
    pieces: list[str] = []
    for sign in mark:
        kind = "star" if sign in "★☆" else "latin" if sign.isascii() else "han"
        if pieces and kind == pieces[-1].split("\0")[0]:
            pieces[-1] += sign
        else:
            pieces.append(f"{kind}\0{sign}")
    for piece in pieces:
        kind, text = piece.split("\0")
        placed.append((kind, Run(text, at, y, SIZE, role="mark")))
        at += breadth(text, SIZE) + (0.9 if kind == "latin" else 0)
    return [run for kind, run in placed if kind != "star"] + [run for kind, run in placed if kind == "star"]


def _two_lines(mark: str, x: float, y: float) -> list[Run]:
    at = mark.index("★") if "★" in mark else 1
    return [Run(mark[:at], x, y, SIZE, role="mark"), Run(mark[at:], x, y + 6.5, SIZE, role="mark")]


def _twice(mark: str, x: float, y: float) -> list[Run]:
    return [Run(mark, x, y, SIZE, role="mark"), Run(mark, x + 0.15, y, SIZE, role="mark")]


ON_FIRST: Final[dict[str, Callable[[str, float, float], list[Run]]]] = {
    "plain": _one,
    "letters": _letters,
    "wide letters": lambda mark, x, y: _letters(mark, x, y, STEP * 2.6),
    "downwards": _down,
    "downwards, lowest first": lambda mark, x, y: _down(mark, x, y)[::-1],
    "last letter first": lambda mark, x, y: _letters(mark, x, y, STEP)[::-1],
    "pieces": _pieces,
    "two lines": _two_lines,
    "twice": _twice,
    "white": lambda mark, x, y: [replace(run, colour=WHITE) for run in _one(mark, x, y)],
    "pale": lambda mark, x, y: [replace(run, colour=(0.96, 0.96, 0.96)) for run in _one(mark, x, y)],
    "red": lambda mark, x, y: [replace(run, colour=RED) for run in _one(mark, x, y)],
    "tiny": lambda mark, x, y: [replace(run, size=1.0) for run in _one(mark, x, y)],
    "huge": lambda mark, x, y: [replace(run, size=40.0, y=y - 8) for run in _one(mark, x, y)],
    "left of the page": lambda mark, _, y: [Run(mark, -80, y, SIZE, role="mark")],
    "above the page": lambda mark, x, _: [Run(mark, x, -12, SIZE, role="mark")],
    "below the page": lambda mark, x, _: [Run(mark, x, HEIGHT + 15, SIZE, role="mark")],
    "turned up": lambda mark, _, y: [Run(mark, 14, y + 60, SIZE, BLACK, 90, role="mark")],
    "turned down": lambda mark, _, y: [Run(mark, WIDTH - 14, y, SIZE, BLACK, 270, role="mark")],
    "upside down": lambda mark, x, y: [Run(mark, x + 40, y, SIZE, BLACK, 180, role="mark")],
    "slanting": lambda mark, x, y: [Run(mark, x, y + 30, SIZE * 2, (0.7, 0.7, 0.7), 40, role="mark")],
    "middle": lambda mark, _x, y: [Run(mark, (WIDTH - breadth(mark, SIZE)) / 2, y, SIZE, role="mark")],
    "right": lambda mark, _x, y: [Run(mark, WIDTH - 26 - breadth(mark, SIZE), y, SIZE, role="mark")],
    "under the title's page number": lambda mark, x, _: [Run(mark, x, 284, SIZE, role="mark")],
}
"""Where only the first page bears the mark."""

LATER: Final = ("page 2", "page 3", "last page's foot", "every page's head")


def drawn(paper: Paper) -> list[Sheet]:
    """Return the pages of the paper with its mark drawn as it says."""
    if paper.drawing in LATER:
        paper = replace(paper, pages=max(paper.pages, 3))
    pages = sheets(paper)
    if not paper.mark:
        return pages
    x, y = mark_place(paper.template)
    if paper.drawing == "right" and paper.template.layout == "letter":
        y += 8  # the number stands there
    if paper.drawing in ON_FIRST:
        return [(*ON_FIRST[paper.drawing](paper.mark, x, y), *pages[0]), *pages[1:]]
    mark = Run(paper.mark, paper.template.style.left, 26, SIZE, role="mark")
    wanted = {"page 2": (1,), "page 3": (2,), "last page's foot": (len(pages) - 1,), "every page's head": range(len(pages))}[paper.drawing]
    if paper.drawing == "last page's foot":
        mark = replace(mark, y=291.0, x=150.0)
    return [(mark, *page) if number in wanted else page for number, page in enumerate(pages)]
