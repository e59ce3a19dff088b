"""Paper for documents that have no fixed pages: what is read is laid out where it would plausibly stand.

A page has 28 rows of 28 Han characters, a little more than an official document has, between a head for headers and a foot for
footers. Positions are fractions of the page; a paragraph is one line, however many rows it fills.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from archive.reading.ooxml_outside import cleaned
from archive.reading.ooxml_pictures import Image, Looked
from archive.reading.reading import Line, Page
from schemas.problems import Problem, ProblemType

ROWS: Final = 28
COLUMNS: Final = 28
MAXIMUM_PAGES: Final = 2000
MAXIMUM_LINES: Final = 200_000

TOP: Final = 0.08
"""Upper edge of the first row; the rows end above the foot, in which a number alone counts as a page number."""

ROW: Final = 0.027
HEAD: Final = 0.02
HEAD_END: Final = 0.075
FOOT: Final = 0.93
FOOT_END: Final = 0.99
_STEP: Final = 0.012
_FARTHEST: Final = 1e6  # of what is no number, too, nothing is true
_NARROW: Final = 0.55
_WIDE: Final = re.compile(r"[\u2e80-\uffef]")
PICTURE_SHARE: Final = 0.5
"""Share of a page from which its pictures make it a page that must be looked at."""

HEAD_PICTURE: Final = (0.07, 0.01)
"""Width and height, as fractions of the page, from which a picture could hold a mark: some 15 by 3 millimetres."""

_FIRST_SHARE: Final = 1 / 20
_PAPER_SHARE: Final = 1 / 8
"""Share of a page from which a picture of any shape may show a whole paper, small but legible: on a first page, on others."""

_ACROSS: Final = 210
_DOWN: Final = 1.2 * 297
"""A picture that could hold a line is wider than it is high, on paper of these proportions; a seal is not."""


@dataclass(frozen=True)
class Words:
    """A printed line: a paragraph, or a piece of it between forced line ends."""

    text: str


@dataclass(frozen=True)
class Picture:
    """Pictures in one frame of this width and height; `flowing` when it takes up rows, as one that stands in the text does."""

    width: float
    height: float
    flowing: bool = True
    images: tuple[Image, ...] = ()


@dataclass(frozen=True)
class Break:
    """The end of a page."""


@dataclass(frozen=True)
class Section:
    """Where headers and footers change; they are laid out once, on the page that begins here."""

    head: "Items"
    foot: "Items"
    new_page: bool


@dataclass(frozen=True)
class Frame:
    """A text box; `x` and `y` are None where it stands with the text around it, `width` is a fraction of the page."""

    items: "Items"
    x: float | None
    y: float | None
    width: float = 0.4


@dataclass(frozen=True)
class Cell:
    """A cell of a row of a table: left edge and width as fractions of the whole table."""

    x: float
    width: float
    items: "Items"


@dataclass(frozen=True)
class Row:
    """A row of a table; its cells stand side by side."""

    cells: tuple[Cell, ...]


Item = Words | Picture | Break | Section | Frame | Row
Items = Sequence[Item]


@dataclass
class _Sheet:
    """A page in the making; `sure` says that it begins and ends where the file says so, not where our rows run out."""

    lines: list[Line] = field(default_factory=list)
    foot: list[Line] = field(default_factory=list)
    pictures: float = 0.0
    images: list[Image] = field(default_factory=list)
    head_y: float = HEAD
    foot_y: float = FOOT
    sure: bool = True


class Paper:
    """Pages in the making.

    Raises Problem DOCUMENT_TOO_COMPLEX for more than 2,000 pages or 200,000 lines, DOCUMENT_WITHOUT_TEXT for a page that is a
    picture of which nobody knows which.
    """

    def __init__(self) -> None:
        """Begin with one empty page."""
        self._sheets = [_Sheet()]
        self._row = 0
        self._lines = 0
        self._framing = False
        self._heads: list[Image] = []

    @property
    def page(self) -> int:
        """The index of the page in hand, for `put` and `cover`."""
        return len(self._sheets) - 1

    @property
    def y(self) -> float:
        """The upper edge of the next row."""
        return TOP + min(self._row, ROWS - 1) * ROW

    def lay(self, items: Items, x: float = 0.0, width: float = 1.0) -> None:
        """Lay out items one below the other, from the next row on."""
        for item in items:
            match item:
                case Words(text):
                    self._begin(1)
                    self.put(text, x, self.y, width)
                    self._advance(_rows(text, width))
                case Picture(across, down, flowing):
                    self._begin(_picture_rows(item) if flowing else 0)
                    self.cover(across, down, item.images)
                    self._advance(_picture_rows(item))
                case Break():
                    self.turn()
                case Section(head, foot, new_page):
                    if new_page:
                        self.turn()
                    self.frame(head, foot)
                case Frame():
                    self._begin(1)
                    self._fix([item], x, self.y, width)
                case Row(cells):
                    self._row_of(cells, x, width)

    def turn(self) -> None:
        """End the page where the file says so; one with nothing on it is taken over."""
        if self._row or self._sheets[-1].lines or self._sheets[-1].pictures:
            self.new_page()

    def frame(self, head: Items, foot: Items) -> None:
        """Lay out a header and a footer on the page in hand."""
        sheet = self._sheets[-1]
        self._framing = True
        sheet.head_y = self._fix(head, 0.0, sheet.head_y, 1.0, _STEP, HEAD_END)
        sheet.foot_y = self._fix(foot, 0.0, sheet.foot_y, 1.0, _STEP, FOOT_END)
        self._framing = False

    def put(self, text: str, x: float, y: float, width: float = 1.0, page: int = -1) -> None:
        """Place a line on a page, the last by default; one that prints nothing leaves no trace."""
        text = cleaned(text).strip()
        if not text:
            return
        self._lines += 1
        if self._lines > MAXIMUM_LINES:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"more than {MAXIMUM_LINES} lines of text")
        sheet = self._sheets[page]
        x, y = (place if abs(place) < _FARTHEST else 0.0 for place in (x, y))
        line = Line(text, round(x, 4), round(y, 4), round(max(0.0, min(width, _columns(text) / COLUMNS)), 4), ROW)
        (sheet.foot if y >= FOOT else sheet.lines).append(line)

    def cover(self, width: float, height: float, images: Sequence[Image], page: int = -1) -> None:
        """Say that pictures stand on a page in a frame of this size, a fraction of the page."""
        sheet = self._sheets[page]
        sheet.pictures += min(1.0, max(0.0, width * height))
        sheet.images += images
        first = page % len(self._sheets) == 0
        line = width >= HEAD_PICTURE[0] and height >= HEAD_PICTURE[1] and width * _ACROSS >= height * _DOWN
        if ((first or self._framing) and (line or width * height >= _FIRST_SHARE)) or width * height > _PAPER_SHARE:
            self._heads += images

    def looked(self) -> list[Looked]:
        """Return the pictures that must be looked at: all of a page that they cover by half, or on which nothing else stands.

        On the first page, in headers and in footers also such as could hold a line of text, and everywhere such as could show a paper.
        """
        found = [Looked(image, "head") for image in self._heads]
        for number, sheet in enumerate(self._sheets, 1):
            alone = bool(sheet.pictures and sheet.sure and not sheet.lines)
            if alone or sheet.pictures > PICTURE_SHARE:
                if not sheet.images:
                    raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"page {number} is a picture")
                found += [Looked(image, "scan") for image in sheet.images]
        return found

    def pages(self) -> tuple[Page, ...]:
        """Return the pages; empty ones before the first text and after the last are left out."""
        filled = [(*sheet.lines, *sheet.foot) for sheet in self._sheets]
        while filled and not filled[0]:
            filled.pop(0)
        while filled and not filled[-1]:
            filled.pop()
        return tuple(Page(number, lines) for number, lines in enumerate(filled, 1))

    def new_page(self) -> None:
        """End the page, whatever is on it, as a slide ends."""
        self._row = 0
        self._sheets.append(_Sheet())
        if len(self._sheets) > MAXIMUM_PAGES:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"more than {MAXIMUM_PAGES} pages")

    def _begin(self, rows: int) -> None:
        """Go on to the next page when there is no room for so many rows."""
        if self._row and self._row + rows > ROWS:
            self._overflow()

    def _advance(self, rows: int) -> None:
        rest = self._row + rows
        while rest > ROWS:
            self._overflow()
            rest -= ROWS
        self._row = rest

    def _overflow(self) -> None:
        self._sheets[-1].sure = False
        self.new_page()
        self._sheets[-1].sure = False

    def _row_of(self, cells: Sequence[Cell], x: float, width: float) -> None:
        rows = max((_height(cell.items, cell.width * width) for cell in cells), default=0)
        if rows > ROWS:  # a form that is one table, or a table for the layout of a whole page: its cells follow one another
            for cell in cells:
                self.lay(cell.items, x + cell.x * width, cell.width * width)
            return
        self._begin(rows)
        self._fix([Row(tuple(cells))], x, self.y, width)
        self._advance(rows)

    def _fix(self, items: Items, x: float, y: float, width: float, step: float = ROW, limit: float = math.inf) -> float:
        """Lay out items from a given place downwards, whatever stands there, and return where they end."""
        for item in items:
            match item:
                case Words(text):
                    self.put(text, x, min(y, limit), width)
                    y += _rows(text, width) * step
                case Picture(across, down):
                    self.cover(across, down, item.images)
                    y += _picture_rows(item) * step
                case Frame(inner, left, upper, across):
                    self._fix(inner, x if left is None else left, y if upper is None else upper, across, step, limit)
                case Row(cells):
                    y = max((self._fix(cell.items, x + cell.x * width, y, cell.width * width, step, limit) for cell in cells), default=y)
                case _:
                    pass
        return y


def _columns(text: str) -> float:
    wide = len(_WIDE.findall(text))
    return wide + _NARROW * (len(text) - wide)


def _rows(text: str, width: float) -> int:
    return max(1, math.ceil(_columns(text) / max(1.0, COLUMNS * width)))


def _picture_rows(picture: Picture) -> int:
    return min(ROWS, math.ceil(picture.height / ROW)) if picture.flowing else 0


def _height(items: Items, width: float) -> int:
    """Return how many rows the items fill."""
    total = 0
    for item in items:
        match item:
            case Words(text):
                total += _rows(text, width)
            case Picture():
                total += _picture_rows(item)
            case Row(cells):
                total += max((_height(cell.items, cell.width * width) for cell in cells), default=0)
            case _:
                pass
    return total
