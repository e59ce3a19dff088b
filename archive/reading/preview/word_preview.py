"""A DOCX as pages of flowing words: broken where Word broke them last, for only a program that sets type could know better."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import Final

from lxml import etree

from archive.reading.ooxml_choice import branch
from archive.reading.ooxml_names import own, relation, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.package import Package
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.shapes import Block, Box, Flowing, Inset, Paragraph, Preview, Span
from archive.reading.preview.word_lists import Lists
from archive.reading.preview.word_runs import Runs
from archive.reading.preview.word_styles import Styles, flow
from archive.reading.preview.word_tables import Tables

PAGES: Final = 30
"""Pages of one preview."""

_PROPERTIES: Final = frozenset({"w:pPr", "w:rPr", "w:sdtPr", "w:tblPr", "w:tblGrid", "w:trPr", "w:tcPr", "w:sectPr"})
_TWIPS: Final = 1440 / 25.4
_A4: Final = 210.0
_NOTE_PARTS: Final = {"footnotes": "w:footnote", "endnotes": "w:endnote", "comments": "w:comment"}


@dataclass
class _Page:
    """A page as it is filled; a page `begun` by Word's own break may be empty, and is then left out."""

    blocks: list[Block] = field(default_factory=list)
    width: float = _A4


def preview(content: bytes | mmap, first: int) -> Preview:
    """Write pages from number `first` on. Raises the Problems of `Parts`."""
    story = _Story(Parts(Package(content), "docx"))
    pages = story.pages()
    shown = [(number, page) for number, page in enumerate(pages, 1) if first <= number < first + PAGES]
    return Preview(
        kind="docx",
        sheets=tuple(Flowing(number, tuple(page.blocks), width=page.width) for number, page in shown),
        pictures=tuple(story.album.pictures),
        first=first,
        total=len(pages),
        left_out=tuple(dict.fromkeys((*story.budget.left_out, *story.album.left_out))),
    )


class _Story:
    """The body of a document with what belongs to its pages."""

    def __init__(self, parts: Parts) -> None:
        self.album, self.budget = Album(), Budget()
        self._parts = parts
        self._styles = Styles(parts)
        self._lists = Lists(parts)
        self._runs = Runs(parts, parts.main, self._styles, self.album, self.budget)
        self._tables = Tables(self._styles, self._blocks, self.budget)
        self._pages: list[_Page] = [_Page()]
        self._sections = [one for one in parts.document.iter() if short(one) == "w:sectPr" and short(_above(one)) != "w:sectPrChange"]
        self._section = 0
        self._shown: set[str] = set()
        self._foot: list[Block] = []

    def pages(self) -> list[_Page]:
        """Return all pages that hold something."""
        self._begin_section()
        for body in self._parts.document:
            if short(body) == "w:body":
                self._body(body)
        self._pages[-1].blocks += self._foot
        self._pages[-1].blocks += self._notes()
        return [page for page in self._pages if page.blocks] or self._pages[:1]

    def _flow(self, paragraph: etree._Element) -> None:
        for number, blocks in enumerate(self._paragraph(paragraph)):
            if number:
                self._turn()
            self._pages[-1].blocks += blocks
        if any(short(one) == "w:sectPr" for properties in paragraph if short(properties) == "w:pPr" for one in properties):
            self._end_section()

    def _body(self, body: etree._Element) -> None:
        for child in body:
            if self.budget.is_spent:
                self.budget.leave("text")
                return
            name = short(child)
            if name == "w:p":
                self._flow(child)
            elif name == "w:tbl":
                self._pages[-1].blocks.append(self._tables.table(child))
            elif name == "mc:AlternateContent":
                shown = branch(child)
                if shown is not None:
                    self._body(shown)
            elif name not in _PROPERTIES:
                self._body(child)

    def _blocks(self, container: etree._Element) -> list[Block]:
        """Return what a cell, text box, header or note shows."""
        found: list[Block] = []
        for child in container:
            name = short(child)
            if name == "w:p":
                found += [block for page in self._paragraph(child) for block in page]
            elif name == "w:tbl":
                found.append(self._tables.table(child))
            elif name == "mc:AlternateContent":
                shown = branch(child)
                found += [] if shown is None else self._blocks(shown)
            elif name not in _PROPERTIES:
                found += self._blocks(child)
        return found

    def _paragraph(self, element: etree._Element) -> Iterator[list[Block]]:
        """Give what a paragraph shows, page by page; nothing once there is no room for it."""
        if not self.budget.take_object():
            return
        properties = next((child for child in element if short(child) == "w:pPr"), None)
        style = "" if properties is None else next((own(one, "val") for one in properties if short(one) == "w:pStyle"), "")
        stands = self._styles.flow(style)
        if properties is not None:
            stands = stands.over(flow(properties))
        pieces = self._runs.read(element, self._styles.letter(style), self._blocks)
        label = self._lists.label(*stands.numbered) if stands.numbered else ""
        if stands.breaks:
            yield []
        for number, page in enumerate(pieces.pages):
            made = self._made(page, stands, label if not number else "")
            alone = not page and (len(pieces.pages) > 1 or pieces.beside)
            yield [*(pieces.beside if not number else []), *([] if alone else [made])]

    def _made(self, pieces: list[Span | Inset], stands: object, label: str) -> Paragraph:
        said = {name: value for name, value in vars(stands).items() if value is not None and name not in {"numbered", "breaks"}}
        return Paragraph(tuple(pieces), label=label, **said)

    def _turn(self) -> None:
        """Begin a page, unless the last is still empty."""
        if self._pages[-1].blocks:
            self._pages.append(_Page(width=self._pages[-1].width))

    def _begin_section(self) -> None:
        if self._section >= len(self._sections):
            return
        properties = self._sections[self._section]
        said = {short(child): child for child in properties}
        width = whole(own(said["w:pgSz"], "w")) / _TWIPS if "w:pgSz" in said else _A4
        self._pages[-1].width = width if 0 < width <= 10 * _A4 else _A4
        self._foot = []
        for child in properties:
            kind = {"w:headerReference": "head", "w:footerReference": "foot"}.get(short(child))
            arrow = self._parts.of(self._parts.main).get(relation(child)) if kind else None
            if arrow is None or arrow.external or arrow.target in self._shown or not self._parts.has(arrow.target):
                continue
            self._shown.add(arrow.target)
            blocks = self._beside(arrow.target)
            if kind == "head" and blocks:
                self._pages[-1].blocks.append(Box("head", tuple(blocks)))
            elif blocks:
                self._foot.append(Box("foot", tuple(blocks)))

    def _end_section(self) -> None:
        self._section += 1
        if self._section >= len(self._sections):
            return
        kinds = [own(one, "val") for one in self._sections[self._section] if short(one) == "w:type"]
        foot = self._foot
        if kinds[:1] != ["continuous"]:
            self._pages[-1].blocks += foot
            self._turn()
            foot = []
        self._begin_section()
        self._foot = [*foot, *self._foot]

    def _beside(self, name: str) -> list[Block]:
        """Return what a header or footer shows; nothing where it is blank."""
        runs, self._runs = self._runs, Runs(self._parts, name, self._styles, self.album, self.budget)
        blocks = self._blocks(self._parts.root(name))
        self._runs = runs
        return blocks if any(map(_shows, blocks)) else []

    def _notes(self) -> list[Block]:
        """Return notes and comments: those that the body refers to in that order, then those that it does not."""
        roots: dict[tuple[str, str], etree._Element] = {}
        for kind, wanted in _NOTE_PARTS.items():
            for name in self._parts.targets(self._parts.main, kind):
                found = (one for one in self._parts.root(name) if short(one) == wanted and "eparator" not in own(one, "type"))
                roots |= {(kind, own(one, "id")): one for one in found}
        made: list[Block] = []
        for number, key in enumerate([*self._runs.notes], 1):
            note = roots.pop(key, None)
            made += [] if note is None else self._note(note, f"[{number}] ")
        for note in roots.values():
            made += self._note(note, "")
        return made

    def _note(self, note: etree._Element, label: str) -> list[Block]:
        blocks = self._blocks(note)
        said = Paragraph((Span(f"{label}{own(note, 'author')}", raised="super", colour="#1b4f91"),))
        return [Box("note", (said, *blocks))] if any(map(_shows, blocks)) else []


def _above(element: etree._Element) -> etree._Element:
    above = element.getparent()
    return element if above is None else above


def _shows(block: Block) -> bool:
    if isinstance(block, Paragraph):
        return any(isinstance(piece, Inset) or piece.text.strip() for piece in block.pieces)
    return True
