"""How the cells of a workbook look: letters, shades, lines, alignment; and how their numbers are written."""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from archive.reading.ooxml_names import own, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.preview.ofd_colours import family
from archive.reading.preview.shapes import Family
from archive.reading.preview.word_styles import hexadecimal

_SIDES: Final = {"x:top": "t", "x:right": "r", "x:bottom": "b", "x:left": "l"}
_BUILT_IN: Final = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00",
    41: "#,##0", 43: "#,##0.00", 44: "#,##0.00",
}  # fmt: skip
_LITERAL: Final = re.compile(r'"[^"]{0,255}"|\[[^\]]{0,60}\]|\\.|_.|\*.')
_FIGURES: Final = re.compile(r"[#0?,]+(?:\.([0#?]+))?")
_INDEXED: Final = ("#000000", "#ffffff", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff", "#00ffff")
_THEME_ORDER: Final = ("lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink")
_USUAL_THEME: Final = (
    "#ffffff", "#000000", "#e7e6e6", "#44546a", "#4472c4", "#ed7d31", "#a5a5a5", "#ffc000", "#5b9bd5", "#70ad47", "#0563c1", "#954f72",
)  # fmt: skip
_AUTOMATIC: Final = 64
_MOST_DIGITS: Final = 1e15


@dataclass(frozen=True)
class Letters:
    """The font of a cell."""

    bold: bool = False
    italic: bool = False
    underlined: bool = False
    struck: bool = False
    size: float = 0.0
    colour: str = ""
    family: Family | str = ""


@dataclass(frozen=True)
class Look:
    """How a cell looks; an empty `align` leaves it to what the cell holds."""

    letters: Letters = Letters()
    shade: str = ""
    edges: str = ""
    align: str = ""
    middle: bool = False
    code: str = ""


class Looks:
    """The looks of a workbook's cells, by the number of their style."""

    def __init__(self, parts: Parts) -> None:
        """Read the styles; a workbook may have none."""
        self._theme = _theme(parts)
        self._looks: list[Look] = []
        for name in parts.targets(parts.main, "styles"):
            self._read(parts.root(name))

    def at(self, style: str) -> Look:
        """Return a look by its number; the usual one for what is none."""
        place = whole(style, -1)
        return self._looks[place] if 0 <= place < len(self._looks) else Look()

    def _read(self, root: etree._Element) -> None:
        groups = {short(one): list(one) for one in root}
        codes = {whole(one.get("numFmtId", "")): one.get("formatCode", "") for one in groups.get("x:numFmts", ())}
        fonts = [self._letters(one) for one in groups.get("x:fonts", ())]
        shades = [self._shade(one) for one in groups.get("x:fills", ())]
        edges = [_edges(one) for one in groups.get("x:borders", ())]
        for one in groups.get("x:cellXfs", ()):
            font, fill, border, format_ = (whole(one.get(name, ""), 0) for name in ("fontId", "fillId", "borderId", "numFmtId"))
            stands = next((child for child in one if short(child) == "x:alignment"), None)
            self._looks.append(
                Look(
                    fonts[font] if 0 <= font < len(fonts) else Letters(),
                    shades[fill] if 0 <= fill < len(shades) else "",
                    edges[border] if 0 <= border < len(edges) else "",
                    _align("" if stands is None else stands.get("horizontal", "")),
                    stands is not None and stands.get("vertical") == "center",
                    codes.get(format_) or _BUILT_IN.get(format_, ""),
                )
            )

    def _letters(self, font: etree._Element) -> Letters:
        said = {short(one): one for one in font}
        on = {name: own(said[name], "val", "1") not in {"0", "false", "none"} for name in ("x:b", "x:i", "x:u", "x:strike") if name in said}
        size = whole(own(said["x:sz"], "val"), 11) if "x:sz" in said else 0
        name = own(said["x:name"], "val") if "x:name" in said else ""
        colour = self._colour(said.get("x:color"))
        return Letters(
            on.get("x:b", False), on.get("x:i", False), on.get("x:u", False), on.get("x:strike", False), float(max(0, min(96, size))),
            "" if colour == "#000000" else colour, family(name) if name else "",
        )  # fmt: skip

    def _shade(self, fill: etree._Element) -> str:
        for pattern in fill:
            if short(pattern) == "x:patternFill" and pattern.get("patternType", "none") not in {"none", "gray125"}:
                said = {short(one): one for one in pattern}
                return self._colour(said.get("x:fgColor"))
        return ""

    def _colour(self, element: etree._Element | None) -> str:
        if element is None:
            return ""
        if element.get("rgb"):
            return hexadecimal(element.get("rgb", "")[-6:])
        found = ""
        theme, index = whole(element.get("theme", ""), -1), whole(element.get("indexed", ""), -1)
        if 0 <= theme < len(self._theme):
            found = self._theme[theme]
        elif 0 <= index < _AUTOMATIC:
            found = _INDEXED[index % len(_INDEXED)] if index < 2 * len(_INDEXED) else ""
        return tinted(found, element.get("tint", ""))


def tinted(colour: str, tint: str) -> str:
    """Return a colour made lighter (above 0) or darker (below)."""
    try:
        share = max(-1.0, min(1.0, float(tint or 0)))
    except ValueError:
        share = 0.0
    if not colour or not share:
        return colour
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    made = [part + (255 - part) * share if share > 0 else part * (1 + share) for part in parts]
    return "#" + "".join(f"{max(0, min(255, round(part))):02x}" for part in made)


def figure(code: str, value: str) -> str | None:
    """Return a number as a format of figures writes it: decimals, thousands, per cent; None for another format or no number."""
    section = _LITERAL.sub("", code.split(";", maxsplit=1)[0])
    found = _FIGURES.search(section)
    try:
        number = float(value)
    except ValueError:
        return None
    said = section.lower()
    if not found or not abs(number) < _MOST_DIGITS or any(sign in said for sign in "ydhse@/") or "general" in said:
        return None
    if "%" in section:
        number *= 100
    decimals = min(10, len(found[1] or ""))
    written = f"{number:,.{decimals}f}" if "," in found[0] else f"{number:.{decimals}f}"
    return written + ("%" if "%" in section else "")


def _edges(border: etree._Element) -> str:
    return "".join(_SIDES[short(one)] for one in border if short(one) in _SIDES and one.get("style", "none") != "none")


def _align(said: str) -> str:
    return {"center": "center", "centerContinuous": "center", "distributed": "center", "right": "right", "left": "left"}.get(said, "")


def _theme(parts: Parts) -> tuple[str, ...]:
    for name in parts.targets(parts.main, "theme"):
        for scheme in parts.root(name).iter():
            if short(scheme) == "a:clrScheme":
                return tuple(
                    _of_theme({short(one): one for one in scheme}, f"a:{name}", usual)
                    for name, usual in zip(_THEME_ORDER, _USUAL_THEME, strict=True)
                )
    return _USUAL_THEME


def _of_theme(scheme: dict[str, etree._Element], name: str, usual: str) -> str:
    for one in scheme.get(name, ()):
        found = hexadecimal(one.get("lastClr", "") or one.get("val", ""))
        if found:
            return found
    return usual
