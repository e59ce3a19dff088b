"""What reading gives: pages of lines with positions, properties, and texts that stand outside the pages.

Policy judges it now and the index is fed from it later; it is the only thing that leaves the reading process.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from msgspec import Struct

Format = Literal["pdf", "text", "ofd", "docx", "xlsx", "pptx", "image", "zip"]
Reason = Literal["scan", "outlines", "illegible", "head"]
"""Why a page is looked at: it is a picture; its words are drawn as outlines; its text is none; a picture stands in its head."""

Look = Literal["", "head", "whole"]
"""How much of a page has been looked at: nothing, the head zone, all of it."""


class Line(Struct, frozen=True, array_like=True):
    """One printed line; all four measures are fractions of the page, `y` is its upper edge counted from the top.

    Text that lies off the page keeps its position (below 0 or above 1): it is text all the same.
    """

    text: str
    x: float
    y: float
    width: float
    height: float


class Picture(Struct, frozen=True, array_like=True):
    """What must be looked at besides being read; `dots` per inch are those of the picture itself, 0 where nothing tells."""

    reason: Reason
    dots: int


class Page(Struct, frozen=True, array_like=True):
    """One page; `number` counts from 1, lines stand in the order in which the file draws them.

    A page with a `picture` is not read until it has been looked at: `seen` are the lines that were recognised in it, and
    `look` says in how much of it. `lines` of such a page are what the file itself claims to show, which may be a lie.
    """

    number: int
    lines: tuple[Line, ...]
    picture: Picture | None = None
    seen: tuple[Line, ...] = ()
    look: Look = ""


class Reading(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All text of one file.

    `properties` are its own statements about itself (PDF Info and XMP); `texts` are (place, text) of everything else that a
    reader may be shown: annotations, form values, bookmarks, layer names, tooltips. `sandboxed` is False where the file was
    read in a process of its own, but without the kernel's limits. `parts` are the files inside this one (members of a ZIP,
    embedded and attached files), each under its own name, in the order of the file.
    """

    format: Format
    pages: tuple[Page, ...]
    properties: dict[str, str] = {}
    texts: tuple[tuple[str, str], ...] = ()
    parts: "tuple[tuple[str, Reading], ...]" = ()
    sandboxed: bool = True


def within(reading: Reading, name: str = "") -> Iterator[tuple[str, Reading]]:
    """Give the reading and all that are inside it, outermost first, each with its path: the names joined by `/` to `name`."""
    yield name, reading
    for inner, part in reading.parts:
        yield from within(part, f"{name}/{inner}" if name else inner)


def unseen(reading: Reading, *, whole: bool = False) -> list[tuple[str, int]]:
    """Return path (from `within`, with no name for the outermost) and number of each page that is still to be looked at.

    With `whole`, also those of which only the head was.
    """
    wanted = ("", "head") if whole else ("",)
    return [(path, page.number) for path, part in within(reading) for page in part.pages if page.picture and page.look in wanted]


def words(page: Page) -> tuple[Line, ...]:
    """Return the lines of a page as they are kept and searched.

    What was recognised once all of it was looked at, else what it claims; so does a page of text that bears pictures.
    """
    recognised = page.picture is not None and page.look == "whole" and not (page.picture.reason == "head" and page.lines)
    return page.seen if recognised else page.lines


HAN: Final = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
CLOSE: Final = r"\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\u201c\u201d\u2018\u2019\u2014\u2026"
_ENDS_IN_HAN: Final = re.compile(rf"[{HAN}{CLOSE}]$")
_STARTS_WITH_HAN: Final = re.compile(rf"^[{HAN}{CLOSE}]")
_PAGE_NUMBER: Final = re.compile(r"[-–—－·.\s]{0,4}(?:第\s*)?\d{1,4}(?:\s*页)?[-–—－·.\s]{0,4}")
_FOOT: Final = 0.85
_ENDS_IN_FIGURE: Final = re.compile(r"\d[.,]?$")
_STARTS_WITH_FIGURE: Final = re.compile(r"^[.,]?\d|^[%‰]")
_RIGHT_HALF: Final = 0.5


def flowing(pages: Iterable[Page]) -> str:
    """Return the text as one flow, joined as `flowing_with_pages` says."""
    return flowing_with_pages(pages)[0]


def flowing_with_pages(pages: Iterable[Page]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the text as one flow, and (page number, index of its first character); the one place where lines are joined.

    Where a line ends or the next begins with Han text or Chinese punctuation nothing is put between them, so that a word
    broken over two lines or two pages is found. Nor is anything put inside a figure that was broken (202 | 6年) where the first
    line reaches into the right half of its page, as running text does and the cells of a narrow column do not. Between two
    other lines stands one space. A page number alone in the
    foot (lowest 15 % of the page) is left out, for it would stand in the middle of a sentence. A page without text begins
    where the flow then ends.
    """
    flow: list[str] = []
    starts: list[tuple[int, int]] = []
    last, length, reach = "", 0, 0.0
    for page in pages:
        start = None
        for line in words(page):
            text = line.text.strip()
            if not text or (line.y >= _FOOT and _PAGE_NUMBER.fullmatch(text)):
                continue
            broken = reach >= _RIGHT_HALF and _ENDS_IN_FIGURE.search(last) and _STARTS_WITH_FIGURE.search(text)
            if last and not (broken or _ENDS_IN_HAN.search(last) or _STARTS_WITH_HAN.search(text)):
                flow.append(" ")
                length += 1
            start = length if start is None else start
            flow.append(text)
            length += len(text)
            last, reach = text, line.x + line.width
        starts.append((page.number, length if start is None else start))
    return "".join(flow), tuple(starts)


def has_text(reading: Reading) -> bool:
    """Say whether any page of it, or of a file inside it, holds a printed character; a reading without is never a clean one."""
    return any(line.text.strip() for _, part in within(reading) for page in part.pages for line in (*page.lines, *page.seen))
