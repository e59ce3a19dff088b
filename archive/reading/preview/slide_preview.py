"""A presentation, slide by slide: shapes, words and pictures in their places, notes below."""

from mmap import mmap
from typing import Final

from lxml import etree

from archive.reading.ooxml_names import relation, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.package import Package
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.measure import Sign, lines
from archive.reading.preview.shapes import Drawn, Letters, Mark, Outline, Preview
from archive.reading.preview.slide_shapes import Holder, Shapes, holders
from archive.reading.preview.slide_theme import Theme
from archive.reading.preview.svg_path import short as figure

SLIDES: Final = 20
"""Slides of one preview."""

_EMU: Final = 36_000
_NOTES: Final = "#f4f7fb"
_AROUND: Final = frozenset({"sldNum", "dt", "hdr", "ftr", "sldImg"})
_USUAL: Final = (9_144_000, 6_858_000)


def preview(content: bytes | mmap, first: int) -> Preview:
    """Draw slides from number `first` on. Raises the Problems of `Parts`."""
    parts, album, budget = Parts(Package(content), "pptx"), Album(), Budget()
    size = next((one for one in parts.document if short(one) == "p:sldSz"), None)
    wide, high = (0, 0) if size is None else (whole(size.get("cx", "")), whole(size.get("cy", "")))
    wide, high = (wide, high) if 0 < wide < _EMU * 5000 and 0 < high < _EMU * 5000 else _USUAL
    names = [parts.target(parts.main, relation(one)) for group in parts.document if short(group) == "p:sldIdLst" for one in group]
    slides = _Slides(parts, album, budget, wide / _EMU, high / _EMU)
    sheets = tuple(slides.slide(number, name) for number, name in enumerate(names, 1) if first <= number < first + SLIDES)
    left_out = tuple(dict.fromkeys((*budget.left_out, *album.left_out)))
    return Preview(kind="pptx", sheets=sheets, pictures=tuple(album.pictures), first=first, total=len(names), left_out=left_out)


class _Slides:
    """The slides, and the layouts and masters behind them."""

    def __init__(self, parts: Parts, album: Album, budget: Budget, width: float, height: float) -> None:
        self._parts, self._album, self._budget = parts, album, budget
        self._width, self._height = width, height

    def slide(self, number: int, name: str) -> Drawn:
        """Return a slide."""
        root = self._parts.root(name)
        layouts = self._parts.targets(name, "slideLayout")[:1]
        masters = [one for layout in layouts for one in self._parts.targets(layout, "slideMaster")][:1]
        theme = Theme(self._parts, masters)
        shapes = Shapes(self._parts, self._album, self._budget, theme, (self._width, self._height))
        held: list[Holder] = []
        shows_master = root.get("showMasterSp", "1") not in {"0", "false"}
        backgrounds = []
        for behind in (*masters, *layouts):
            one = self._parts.root(behind)
            held += holders(one)
            backgrounds.append((behind, one))
        shapes.background([*backgrounds, (name, root)])
        for behind, one in backgrounds if shows_master else ():
            shapes.draw(behind, one, (), prompts=True)
        shapes.draw(name, root, tuple(reversed(held)), prompts=False)
        hidden = root.get("show") in {"0", "false"}
        beneath, height = notes_below(self._notes(name), self._width, self._height)
        return Drawn(number, round(self._width, 2), round(height, 2), (*shapes.marks, *beneath), hidden)

    def _notes(self, name: str) -> list[str]:
        """Return the speaker's notes, a paragraph each; without the number, date, head and foot of their page."""
        found: list[str] = []
        for notes in self._parts.targets(name, "notesSlide")[:1]:
            for shape in self._parts.root(notes).iter():
                kinds = {one.get("type", "body") for one in shape.iter() if short(one) == "p:ph"} if short(shape) == "p:sp" else _AROUND
                if not kinds & _AROUND:
                    found += [text for one in shape.iter() if short(one) == "a:p" and (text := _text(one)).strip()]
        return [self._budget.words(text) for text in found]


def notes_below(notes: list[str], width: float, height: float) -> tuple[list[Mark], float]:
    """Return the notes set below a slide, and how high both are together."""
    if not notes:
        return [], height
    size = width / 50
    rows = [
        "".join(sign.text for sign in row) for text in notes for row in lines([Sign(sign, size, None) for sign in text], width - 4 * size)
    ]
    whole = height + (len(rows) + 1) * size * 1.4
    box = f"M 0 {figure(height)} L {figure(width)} {figure(height)} L {figure(width)} {figure(whole)} L 0 {figure(whole)} Z"
    marks: list[Mark] = [Outline(box, fill=_NOTES)]
    marks += [
        Letters(row, (2 * size,), (height + (at + 1) * size * 1.4,), size, family="sans") for at, row in enumerate(rows) if row.strip()
    ]
    return marks, whole


def _text(paragraph: etree._Element) -> str:
    return "".join("\n" if short(one) == "a:br" else one.text or "" for one in paragraph.iter() if short(one) in {"a:t", "a:br"})
