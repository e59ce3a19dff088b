"""What a paper of the test set is: a template, a style, a mark or none; and where its words stand on its pages.

Nothing here comes from a real document; offices, places, people and numbers are invented.
"""

import random
from dataclasses import dataclass, field, replace
from typing import Final, Literal

Half = Literal["tuning", "held-out"]
Layout = Literal["2012", "1999", "letter", "plain"]
Colour = tuple[float, float, float]

BLACK: Final = (0.0, 0.0, 0.0)
RED: Final = (0.85, 0.05, 0.05)
WHITE: Final = (1.0, 1.0, 1.0)
WIDTH: Final = 210.0
HEIGHT: Final = 297.0


@dataclass(frozen=True)
class Style:
    """How an author sets a page: left margin and line pitch in millimetres, sizes in points, signs a line, copy number or not."""

    left: float = 28
    pitch: float = 9.6
    size: float = 16
    title_size: float = 22
    head_size: float = 34
    signs: int = 28
    copy_number: str = ""
    page_number: str = "— {} —"
    font: str = "micro"


@dataclass(frozen=True)
class Template:
    """One paper in words; `name` is its own, and with it the half of the set in which it stands."""

    name: str
    half: Half
    layout: Layout
    kind: str
    issuer: str
    number: str
    title: str
    recipients: str
    body: tuple[str, ...]
    signed: str
    date: str
    imprint: tuple[str, ...] = ()
    urgency: str = ""
    style: Style = field(default_factory=Style)


@dataclass(frozen=True)
class Run:
    """Words at a place: millimetres from the left edge and from the upper edge to the base line, size in points, turn in degrees."""

    text: str
    x: float
    y: float
    size: float = 16
    colour: Colour = BLACK
    turn: float = 0
    role: Literal["body", "head", "title", "mark", "rule"] = "body"


Sheet = tuple[Run, ...]


@dataclass(frozen=True)
class Paper:
    """A template as one file of the set shows it.

    `mark` stands where the layout wants it, drawn as `drawing` says (`drawings`); without one the paper is ordinary. `more`
    are paragraphs put into its body, `pages` the least number of pages, filled with lists.
    """

    template: Template
    mark: str = ""
    drawing: str = "plain"
    more: tuple[str, ...] = ()
    pages: int = 1
    seed: int = 0

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Return all words of the paper but the mark, in reading order."""
        about = self.template
        middle = len(about.body) // 2
        body = (*about.body[:middle], *self.more, *about.body[middle:])
        said = (about.urgency, about.issuer, about.number, about.title, about.recipients, *body, about.signed, about.date, *about.imprint)
        return tuple(each for each in said if each)

    def titled(self, title: str) -> "Paper":
        """Return the same paper with another title."""
        return replace(self, template=replace(self.template, title=title))


_VILLAGES: Final = [
    "李家沟",
    "东河",
    "上湾",
    "石桥",
    "大坪",
    "小寨",
    "新庄",
    "马场",
    "杨树坪",
    "白水",
    "红岩",
    "前进",
    "和平",
    "双庙",
    "南坡",
    "北塬",
    "柳林",
    "桃园",
    "青龙",
    "梨树",
]


def rows(seed: int, count: int) -> list[str]:
    """Return lines of a list of villages with figures."""
    choice = random.Random(seed)
    return [
        f"{number}  {choice.choice(_VILLAGES)}村  {choice.randrange(20, 400)}户  {choice.randrange(60, 1600)}人  "
        f"{choice.randrange(1, 90)}.{choice.randrange(10)}万元"
        for number in range(1, count + 1)
    ]


def wrapped(text: str, signs: int, *, indented: bool = True) -> list[str]:
    """Break a paragraph into lines of so many signs, the first one indented by two."""
    whole = ("\u3000\u3000" if indented else "") + text
    return [whole[start : start + signs] for start in range(0, len(whole), signs)]


def breadth(text: str, size: float) -> float:
    """Return the rough breadth in millimetres: ASCII signs take half a square."""
    return sum(0.5 if sign.isascii() else 1.0 for sign in text) * size * 0.3528


def centred(text: str, y: float, size: float, **more: object) -> Run:
    return Run(text, (WIDTH - breadth(text, size)) / 2, y, size, **more)  # type: ignore[arg-type]


_LAST: Final = 262.0
_LINE: Final = "—" * 27


def head_of(template: Template) -> tuple[list[Run], float]:
    """Return what stands above the body, and the height at which the body may begin."""
    style, layout = template.style, template.layout
    runs: list[Run] = []
    if layout in ("2012", "1999"):
        if style.copy_number:
            runs.append(Run(style.copy_number, style.left, 37, 14))
        if template.urgency:
            runs.append(Run(template.urgency, style.left, 61, 16))
        runs.append(
            centred(template.issuer, 80, min(style.head_size, 150 / 0.3528 / max(1, len(template.issuer))), colour=RED, role="head")
        )
        runs.append(centred(template.number, 99, 16))
        runs.append(Run(_LINE, style.left, 105, 16, RED, role="rule"))
        y = 120.0
    elif layout == "letter":
        runs.append(
            centred(template.issuer, 34, min(style.head_size, 150 / 0.3528 / max(1, len(template.issuer))), colour=RED, role="head")
        )
        runs.append(Run(_LINE, style.left, 40, 16, RED, role="rule"))
        runs.append(Run(template.number, WIDTH - 26 - breadth(template.number, 16), 50, 16))
        if template.urgency:
            runs.append(Run(template.urgency, style.left, 65, 16))
        y = 76.0
    else:
        y = 52.0
    for line in wrapped(template.title, max(12, int(150 / 0.3528 / style.title_size)), indented=False):
        runs.append(centred(line, y, style.title_size, role="title"))
        y += style.title_size * 0.55
    if layout == "plain" and (template.issuer or template.number):
        runs.append(centred(f"{template.issuer}　{template.number}".strip(), y, 14))
        y += 9
    return runs, y + 6


def mark_place(template: Template) -> tuple[float, float]:
    """Return where the layout wants the mark."""
    return {
        "2012": (template.style.left, 46.0),
        "1999": (WIDTH - 26 - 40, 37.0),
        "letter": (template.style.left, 50.0),
        "plain": (template.style.left, 36.0),
    }[template.layout]


def sheets(paper: Paper) -> list[Sheet]:
    """Return the unmarked pages of the paper."""
    about, style = paper.template, paper.template.style
    runs, y = head_of(about)
    body = [*about.body[: len(about.body) // 2], *paper.more, *about.body[len(about.body) // 2 :]]
    lines = wrapped(about.recipients, style.signs, indented=False) if about.recipients else []
    lines += [line for paragraph in body for line in wrapped(paragraph, style.signs)]
    lines += ["", "\u3000" * max(0, style.signs - len(about.signed) - 4) + about.signed, "\u3000" * (style.signs - 13) + about.date]
    pages: list[list[Run]] = [runs]
    pending = list(lines)
    filler = 0
    while pending or len(pages) < paper.pages:
        if y > _LAST:
            pages.append([])
            y = 40.0
        if not pending:
            filler += 1
            pending = [f"附件{filler}  各村基本情况表", *rows(paper.seed + filler, 20)]
            pages.append([])
            y = 40.0
        line = pending.pop(0)
        if line.strip("\u3000 "):
            pages[-1].append(Run(line, style.left, y, style.size))
        y += style.pitch
    for place, text in enumerate(reversed(about.imprint)):
        pages[-1].append(Run(text, style.left + 4, 278 - 7 * place, 14))
    for number, page in enumerate(pages, 1):
        page.append(centred(style.page_number.format(number), 288, 14))
    return [tuple(page) for page in pages]
