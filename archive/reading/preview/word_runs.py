"""The pieces of a paragraph of a DOCX: letters with their look, pictures, breaks of pages, and what stands in boxes beside it."""

from collections.abc import Callable
from typing import Final

from lxml.etree import _Element
from msgspec.structs import replace

from archive.reading import ooxml_graphic, ooxml_pictures
from archive.reading.ooxml_choice import branch
from archive.reading.ooxml_names import EMU_PER_POINT, own, relation, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.shapes import Block, Box, Inset, Paragraph, Rule, Span
from archive.reading.preview.word_styles import Letter, Styles, hexadecimal, letter

Blocks = Callable[[_Element], list[Block]]
"""Reads what stands in a text box."""

_SIGNS: Final = {"w:tab": "\u2003", "w:cr": "\n", "w:noBreakHyphen": "\u2011", "w:softHyphen": "", "w:ptab": "\u2003"}
_PASSED_OVER: Final = frozenset({"w:pPr", "w:rPr", "w:instrText", "w:delInstrText", "w:sdtPr", "w:fldData", "w:rt", "w:annotationRef"})
_NOTES: Final = {"w:footnoteReference": "footnotes", "w:endnoteReference": "endnotes", "w:commentReference": "comments"}
_PAGE: Final = "\f"
_SYMBOLS: Final = {"F0FE": "☑", "F0A8": "☐", "F052": "☑", "F0A3": "☐", "F06F": "☐", "F0FC": "✓"}
_LINES: Final = frozenset({"line", "straightConnector1"})
_THIN: Final = 60_000


class Runs:
    """Reads paragraphs of one part; `notes` are the ids of notes in the order in which they are referred to."""

    def __init__(self, parts: Parts, name: str, styles: Styles, album: Album, budget: Budget) -> None:
        """Read paragraphs of the part `name`."""
        self.notes: list[tuple[str, str]] = []
        self._parts, self._name, self._styles, self._album, self._budget = parts, name, styles, album, budget

    def read(self, paragraph: _Element, around: Letter, blocks: Blocks) -> "Pieces":
        """Return what a paragraph shows; `blocks` reads what stands in a text box."""
        found = Pieces()
        self._walk(paragraph, around, "", found, blocks)
        return found

    def _walk(self, container: _Element, look: Letter, kept: str, found: "Pieces", blocks: Blocks) -> None:
        for child in container:
            name = short(child)
            if name in _PASSED_OVER or self._budget.is_spent:
                continue
            if name == "w:r":
                self._walk(child, self._look(child, look), kept, found, blocks)
            elif name in {"w:drawing", "w:pict", "w:object"}:
                if self._budget.take_object():
                    self._drawing(child, found, blocks)
            elif name == "mc:AlternateContent":
                shown = branch(child)
                if shown is not None:
                    self._walk(shown, look, kept, found, blocks)
            elif not self._sign(child, name, look, kept, found):
                self._walk(child, look, "deleted" if name in {"w:del", "w:moveFrom"} else kept, found, blocks)

    def _sign(self, child: _Element, name: str, look: Letter, kept: str, found: "Pieces") -> bool:
        """Add what an element of a run writes; False for one that only holds others."""
        if name in {"w:t", "w:delText", "m:t"}:
            found.add(self._span(self._budget.words(child.text or ""), look, "deleted" if name == "w:delText" else kept))
        elif name in _SIGNS:
            found.add(self._span(self._budget.words(_SIGNS[name]), look, kept))
        elif name == "w:br":
            found.add(_PAGE if own(child, "type") == "page" else self._span(self._budget.words("\n"), look, kept))
        elif name == "w:lastRenderedPageBreak":
            found.add(_PAGE)
        elif name == "w:sym":
            found.add(self._span(self._budget.words(_SYMBOLS.get(own(child, "char").upper(), "□")), look, kept))
        elif name in _NOTES:
            self.notes.append((_NOTES[name], own(child, "id")))
            found.add(Span(self._budget.words(f"[{len(self.notes)}]"), raised="super", colour="#1b4f91"))
        else:
            return False
        return True

    def _look(self, run: _Element, around: Letter) -> Letter:
        for child in run:
            if short(child) == "w:rPr":
                style = next((own(one, "val") for one in child if short(one) == "w:rStyle"), "")
                return around.over(self._styles.character(style)).over(letter(child)) if style else around.over(letter(child))
        return around

    def _span(self, text: str, look: Letter, kept: str) -> Span:
        raised = look.raised if look.raised in {"super", "sub"} else ""
        kept = kept or ("hidden" if look.hidden else "")
        return Span(
            text, bool(look.bold), bool(look.italic), bool(look.underlined), bool(look.struck), look.size or 0.0, look.colour or "",
            look.family or "", raised, kept,  # type: ignore[arg-type]
        )  # fmt: skip

    def _drawing(self, drawing: _Element, found: "Pieces", blocks: Blocks) -> None:
        rule = _rule(drawing)
        if rule is not None:
            found.beside.append(rule)
        spot = ooxml_graphic.spot(drawing, ooxml_graphic.Sheet())
        width = spot.width * ooxml_graphic.Sheet().width / EMU_PER_POINT
        for one in ooxml_graphic.inside(drawing):
            name = short(one)
            if name == "w:txbxContent":
                found.beside.append(Box("box", tuple(blocks(one))))
            elif ooxml_graphic.is_picture(one):
                for image in ooxml_pictures.of(self._parts, self._name, one)[:1]:
                    found.add(Inset(self._album.take(self._parts.bytes_of(image.part)), width))
            elif name in {"c:chart", "cx:chart", "dgm:relIds"}:
                self._chart(one, found)
            elif name == "v:textpath":
                found.add(Span(self._budget.words(one.get("string", "")), bold=True))
            elif name == "a:p":
                text = "".join(each.text or "" for each in one.iter() if short(each) == "a:t")
                found.beside.append(Box("box", (Paragraph((Span(self._budget.words(text)),)),)))

    def _chart(self, element: _Element, found: "Pieces") -> None:
        arrow = self._parts.of(self._name).get(relation(element, "dm" if short(element) == "dgm:relIds" else "id"))
        words = ""
        if arrow is not None and not arrow.external and self._parts.has(arrow.target):
            words = "\n".join(ooxml_graphic.lines(self._parts.root(arrow.target))[0])
        self._album.left_out["drawings"] = None
        found.add(Inset(-1, 0.0, self._budget.words(words)))


class Pieces:
    """What a paragraph shows, in runs of pages, and what stands beside it."""

    def __init__(self) -> None:
        """Begin with one empty page."""
        self.pages: list[list[Span | Inset]] = [[]]
        self.beside: list[Block] = []

    def add(self, piece: Span | Inset | str) -> None:
        """Add a piece, joined to the one before where both look the same; a form feed begins a page."""
        if isinstance(piece, str):
            self.pages.append([])
            return
        last = self.pages[-1][-1] if self.pages[-1] else None
        if isinstance(piece, Span) and isinstance(last, Span) and _alike(last, piece):
            self.pages[-1][-1] = replace(last, text=last.text + piece.text)
        elif not isinstance(piece, Span) or piece.text:
            self.pages[-1].append(piece)


def _alike(one: Span, other: Span) -> bool:
    return replace(other, text=one.text) == one


def _rule(drawing: _Element) -> Rule | None:
    """Return the line that a drawing is, as the red one under a head; None for anything else."""
    for one in drawing.iter():
        name = short(one)
        if name == "a:prstGeom" and (one.get("prst") in _LINES or _is_flat(drawing)):
            return Rule(_stroke(drawing))
        if name == "v:line":
            return Rule(_named(one.get("strokecolor", "")))
    return None


def _is_flat(drawing: _Element) -> bool:
    extents = [one for one in drawing.iter() if short(one) == "wp:extent"]
    return bool(extents) and 0 <= whole(extents[0].get("cy", ""), _THIN) < _THIN < whole(extents[0].get("cx", ""))


def _stroke(drawing: _Element) -> str:
    for holder in ("a:ln", "a:solidFill"):
        for one in drawing.iter():
            if short(one) == holder:
                for colour in one.iter():
                    if short(colour) == "a:srgbClr":
                        return hexadecimal(colour.get("val", "")) or "#000000"
    return "#000000"


def _named(text: str) -> str:
    text = text.split(" ", maxsplit=1)[0].lower()
    if text == "red":
        return "#ff0000"
    return hexadecimal("".join(2 * sign for sign in text[1:]) if len(text) == 4 else text.removeprefix("#")) or "#000000"  # noqa: PLR2004
