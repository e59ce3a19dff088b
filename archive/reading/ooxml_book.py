"""An Office document in the reading: its parts, what was found outside its pages, and which parts have been read already."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from lxml import etree

from archive.reading import ooxml_graphic, ooxml_pictures
from archive.reading.ooxml_drawn_text import paragraph
from archive.reading.ooxml_names import relation, short
from archive.reading.ooxml_outside import Outside, packed
from archive.reading.ooxml_parts import Parts
from archive.reading.ooxml_pictures import Image

GRAPHICS: Final = frozenset({"c:chart", "cx:chart", "dgm:relIds"})
"""Elements that show what stands in a part of its own."""

# parts that hold names of fonts, styles and colours, which no reader is shown
_MUTE: Final = (
    "theme+xml", "wordprocessingml.styles+xml", "styleswitheffects+xml", "fonttable+xml", "websettings+xml", "tablestyles+xml",
    "chartstyle+xml", "chartcolorstyle+xml", "diagramstyle+xml", "diagramcolors+xml", "calcchain+xml",
)  # fmt: skip
_MUTE_KINDS: Final = frozenset(
    {
        "theme", "themeOverride", "styles", "stylesWithEffects", "fontTable", "webSettings", "tableStyles", "chartStyle",
        "chartColorStyle", "diagramQuickStyle", "diagramColors", "calcChain",
    }
)  # fmt: skip
_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "comment": "annotation", "footnotes+xml": "footnote", "endnotes+xml": "endnote", "glossary": "template", "settings+xml": "property",
        "header+xml": "header", "footer+xml": "header", "notesslide+xml": "notes", "slidemaster+xml": "template",
        "slidelayout+xml": "template", "notesmaster+xml": "template", "handoutmaster+xml": "template", "drawing": "shape",
        "chart": "shape", "diagram": "shape", "officedocument.customxml": "form", "application/xml": "form",
    }
)  # fmt: skip


class Book:
    """What the readers of the three kinds share."""

    def __init__(self, parts: Parts, outside: Outside, done: Collection[str]) -> None:
        """Begin with the parts that are `done` already."""
        self.parts = parts
        self.outside = outside
        self._done = set(done)
        self._diagrams: set[str] = set()

    def take(self, name: str) -> bool:
        """Say whether a part is still to be read, and count it as read from now on."""
        fresh = name not in self._done
        self._done.add(name)
        return fresh

    def words(self, element: etree._Element, laid_out: set[str]) -> str:
        """Return what a DrawingML paragraph shows, keep what it shows to other readers, and add what stands in it to `laid_out`."""
        said = paragraph(element)
        laid_out.add(packed(said.written))
        for other in said.others:
            self.outside.note("other", other)
        return said.shown

    def filling(self, source: str, element: etree._Element) -> list[Image]:
        """Return the pictures that the chart or diagram holds which an element shows."""
        name = self.parts.target(source, relation(element, "dm" if short(element) == "dgm:relIds" else "id"))
        return ooxml_pictures.filling(self.parts, name)

    def graphic(self, source: str, element: etree._Element) -> list[str]:
        """Return the lines of the chart or diagram that an element of the part `source` shows; empty the second time."""
        name = self.parts.target(source, relation(element, "dm" if short(element) == "dgm:relIds" else "id"))
        if not self.take(name):
            return []
        root = self.parts.root(name)
        shown, texts = ooxml_graphic.lines(root)
        laid_out = {packed(text) for text in texts}
        self._diagrams |= laid_out
        self.outside.sweep(root, "shape", laid_out)
        return shown

    def sweep_rest(self) -> None:
        """Take in the texts of all parts that no reader has read, and the addresses of hyperlinks."""
        for name in self.parts.texts:
            type_ = self.parts.type_of(name)
            if not (type_.endswith(_MUTE) and self.parts.kinds_of(name) <= _MUTE_KINDS) and self.take(name):
                place = next((place for word, place in _PLACES.items() if word in type_), "other")
                # a diagram is kept twice, as what it says and as it is drawn
                self.outside.sweep(self.parts.root(name), place, self._diagrams if "diagram" in type_ else ())
        for address in self.parts.addresses():
            self.outside.note("link", address)
