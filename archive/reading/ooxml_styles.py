"""What the styles and the numbering of a DOCX do to its text: hide it, or put words before it."""

import re
from typing import Final

from lxml import etree

from archive.reading.ooxml_names import own, short, switched_on
from archive.reading.ooxml_outside import USUAL_NUMBERING
from archive.reading.ooxml_parts import Parts

_COUNTED: Final = re.compile(r"%\d")
Lists = dict[str, dict[str, str]]
"""What each level of a list shows, by the list's number and the level."""


class Styles:
    """The styles of a document that hide text, and the words of its numbering."""

    def __init__(self, parts: Parts) -> None:
        """Read the parts for styles and numbering; a document may have none."""
        self._based: dict[str, str] = {}
        self._numbered: dict[str, etree._Element] = {}
        hiding: set[str] = set()
        for name in parts.targets(parts.main, "styles"):
            for style in parts.root(name):
                self._read(style, own(style, "styleId"), hiding)
        self.hiding = frozenset(self._with_heirs(hiding))
        """The ids of the styles whose text is hidden, be it by a style on which they are based."""
        self._lists: Lists = {}
        for name in parts.targets(parts.main, "numbering"):
            self._lists |= _lists(parts.root(name))
        if self._lists:
            self._inherit_numbering()

    def prefix(self, style: str, numbering: etree._Element | None) -> str:
        """Return the words that numbering puts before a paragraph; mere numbers and signs are none."""
        numbering = self._numbered.get(style) if numbering is None else numbering
        if numbering is None:
            return ""
        said = {short(child): own(child, "val") for child in numbering}
        return self._lists.get(said.get("w:numId", ""), {}).get(said.get("w:ilvl", "0"), "")

    def _read(self, style: etree._Element, identifier: str, hiding: set[str]) -> None:
        for child in style:
            match short(child):
                case "w:basedOn":
                    self._based[identifier] = own(child, "val")
                case "w:rPr" if any(short(one) == "w:vanish" and switched_on(one) for one in child):
                    hiding.add(identifier)
                case "w:pPr":
                    self._numbered.update((identifier, one) for one in child if short(one) == "w:numPr")

    def _inherit_numbering(self) -> None:
        """Give each style the numbering of the nearest one on which it is based."""
        passed: set[str] = set()
        for style in self._based:
            at, path = style, list[str]()
            while at not in self._numbered and at in self._based and at not in passed:
                passed.add(at)
                path.append(at)
                at = self._based[at]
            if at in self._numbered:
                self._numbered.update(dict.fromkeys(path, self._numbered[at]))

    def _with_heirs(self, styles: set[str]) -> set[str]:
        heirs: dict[str, list[str]] = {}
        for style, base in self._based.items():
            heirs.setdefault(base, []).append(style)
        found, waiting = set(styles), list(styles)
        while waiting:
            fresh = [heir for heir in heirs.get(waiting.pop(), ()) if heir not in found]
            found.update(fresh)
            waiting += fresh
        return found


def _lists(root: etree._Element) -> Lists:
    """Return the words of each list; a list may change levels of the one it is made after."""
    abstract = {own(one, "abstractNumId"): _levels(one) for one in root if short(one) == "w:abstractNum"}
    found: Lists = {}
    for number in root:
        if short(number) == "w:num":
            made_after = next((own(child, "val") for child in number if short(child) == "w:abstractNumId"), "")
            found[own(number, "numId")] = abstract.get(made_after, {}) | _levels(number)
    return {number: levels for number, levels in found.items() if levels}


def _levels(definition: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for level in definition.iter():
        if short(level) == "w:lvl":
            for child in level:
                text = own(child, "val") if short(child) == "w:lvlText" else ""
                if not text.isascii() and not USUAL_NUMBERING.fullmatch(text):
                    found[own(level, "ilvl")] = _COUNTED.sub("1", text) + "\t"
    return found
