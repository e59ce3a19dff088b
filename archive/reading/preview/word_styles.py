"""What the styles of a DOCX say of paragraphs and letters, each with what it is based on."""

from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from archive.reading.ooxml_names import own, short, switched_on, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.preview.ofd_colours import family
from archive.reading.preview.shapes import Family

_DEEPEST: Final = 20
_SWITCHES: Final = {"w:b": "bold", "w:i": "italic", "w:strike": "struck", "w:dstrike": "struck", "w:vanish": "hidden"}
_ALIGNED: Final = {
    "center": "center", "right": "right", "end": "right", "both": "justify", "distribute": "justify", "left": "left", "start": "left",
}  # fmt: skip


@dataclass(frozen=True)
class Letter:
    """How letters look; None is for what nothing is said of."""

    bold: bool | None = None
    italic: bool | None = None
    underlined: bool | None = None
    struck: bool | None = None
    hidden: bool | None = None
    size: float | None = None
    colour: str | None = None
    family: Family | None = None
    raised: str | None = None

    def over(self, other: "Letter") -> "Letter":
        """Return this look, with the other's where it says more."""
        return replace(self, **{name: value for name, value in vars(other).items() if value is not None})


@dataclass(frozen=True)
class Flow:
    """How a paragraph stands."""

    align: str | None = None
    level: int | None = None
    indent: float | None = None
    first: float | None = None
    above: str | None = None
    below: str | None = None
    numbered: tuple[str, int] | None = None
    breaks: bool | None = None

    def over(self, other: "Flow") -> "Flow":
        """Return this flow, with the other's where it says more."""
        return replace(self, **{name: value for name, value in vars(other).items() if value is not None})


@dataclass
class _Style:
    based: str
    letter: Letter
    flow: Flow
    bordered: bool | None


class Styles:
    """The styles of a document; a document may have none."""

    def __init__(self, parts: Parts) -> None:
        """Read them."""
        self._styles: dict[str, _Style] = {}
        self._usual: dict[str, str] = {}
        self._letter, self._flow = Letter(size=10.5), Flow()
        for name in parts.targets(parts.main, "styles"):
            for element in parts.root(name):
                if short(element) == "w:docDefaults":
                    for one in element.iter():
                        self._letter = self._letter.over(letter(one)) if short(one) == "w:rPr" else self._letter
                        self._flow = self._flow.over(flow(one)) if short(one) == "w:pPr" else self._flow
                elif short(element) == "w:style":
                    self._read(element)

    def letter(self, *styles: str) -> Letter:
        """Return the look that these styles give, the later over the earlier."""
        found = self._letter
        for style in styles or ("",):
            for one in self._chain(style, "paragraph"):
                found = found.over(one.letter)
        return found

    def character(self, style: str) -> Letter:
        """Return what a style of characters adds."""
        found = Letter()
        for one in self._chain(style, ""):
            found = found.over(one.letter)
        return found

    def flow(self, style: str) -> Flow:
        """Return how paragraphs of a style stand."""
        found = self._flow
        for one in self._chain(style, "paragraph"):
            found = found.over(one.flow)
        return found

    def is_bordered(self, style: str) -> bool:
        """Say whether tables of a style have lines."""
        said = [one.bordered for one in self._chain(style, "table") if one.bordered is not None]
        return bool(said and said[-1])

    def _chain(self, style: str, kind: str) -> list[_Style]:
        """Return a style and what it is based on, the base first."""
        found: list[_Style] = []
        at = style if style in self._styles else self._usual.get(kind, "")
        while at in self._styles and len(found) < _DEEPEST:
            found.insert(0, self._styles[at])
            at = self._styles[at].based
        return found

    def _read(self, element: etree._Element) -> None:
        said = {short(child): child for child in element}
        identifier = own(element, "styleId")
        letters = letter(said["w:rPr"]) if "w:rPr" in said else Letter()
        flows = flow(said["w:pPr"]) if "w:pPr" in said else Flow()
        name = own(said["w:name"], "val").lower() if "w:name" in said else ""
        if flows.level is None and name.startswith("heading ") and name[8:].isdigit():
            flows = replace(flows, level=min(9, int(name[8:])))
        table = said.get("w:tblPr")
        borders = None if table is None else bordered(table)
        self._styles[identifier] = _Style(own(said["w:basedOn"], "val") if "w:basedOn" in said else "", letters, flows, borders)
        if own(element, "default") in {"1", "true"}:
            self._usual[own(element, "type")] = identifier


def letter(properties: etree._Element) -> Letter:
    """Return what a `w:rPr` says."""
    said: dict[str, object] = {}
    for one in properties:
        name = short(one)
        if name in _SWITCHES:
            said[_SWITCHES[name]] = switched_on(one)
        elif name == "w:u":
            said["underlined"] = own(one, "val", "single") != "none"
        elif name == "w:sz":
            said["size"] = max(0, whole(own(one, "val"), 21)) / 2
        elif name == "w:color":
            said["colour"] = hexadecimal(own(one, "val"))
        elif name == "w:rFonts":
            known = next((value for key in ("eastAsia", "ascii", "hAnsi") if (value := own(one, key))), "")
            said |= {"family": family(known)} if known else {}
        elif name == "w:vertAlign":
            said["raised"] = {"superscript": "super", "subscript": "sub"}.get(own(one, "val"), "")
    return Letter(**said)  # type: ignore[arg-type]


def flow(properties: etree._Element) -> Flow:
    """Return what a `w:pPr` says."""
    said: dict[str, object] = {}
    for one in properties:
        match short(one):
            case "w:jc":
                said["align"] = _ALIGNED.get(own(one, "val"), "left")
            case "w:outlineLvl" if whole(own(one, "val"), 9) < 9:  # noqa: PLR2004 - 9 is body text
                said["level"] = max(0, whole(own(one, "val"))) + 1
            case "w:ind":
                said |= _indents(one)
            case "w:pBdr":
                for side in one:
                    if short(side) in {"w:top", "w:bottom"} and own(side, "val") not in {"nil", "none"}:
                        colour = hexadecimal(own(side, "color")) or "#000000"
                        said["above" if short(side) == "w:top" else "below"] = colour
            case "w:numPr":
                parts = {short(child): own(child, "val") for child in one}
                said["numbered"] = (parts.get("w:numId", ""), max(0, min(8, whole(parts.get("w:ilvl", "0")))))
            case "w:pageBreakBefore":
                said["breaks"] = switched_on(one)
    return Flow(**said)  # type: ignore[arg-type]


def bordered(properties: etree._Element) -> bool | None:
    """Say whether a `w:tblPr` asks for lines; None where it says nothing."""
    for one in properties:
        if short(one) == "w:tblBorders":
            return any(own(side, "val") not in {"nil", "none", ""} for side in one)
    return None


def hexadecimal(text: str) -> str:
    """Return a colour as #rrggbb; empty for `auto` and what is none."""
    text = text.lower()
    return f"#{text}" if len(text) == 6 and all(sign in "0123456789abcdef" for sign in text) else ""  # noqa: PLR2004 - rrggbb


def _indents(element: etree._Element) -> dict[str, float]:
    """Return indents in characters: of a hundredth where they are counted so, else a twentieth of a point of 12."""
    found: dict[str, float] = {}
    for name, counted, measured in (("indent", "leftChars", "left"), ("first", "firstLineChars", "firstLine")):
        if own(element, counted):
            found[name] = whole(own(element, counted)) / 100
        elif own(element, measured) or own(element, "start" if name == "indent" else measured):
            found[name] = whole(own(element, measured) or own(element, "start")) / 240
    return found
