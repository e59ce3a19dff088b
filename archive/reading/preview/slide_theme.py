"""The colours and the usual letters of a presentation's slides."""

from typing import Final

from lxml import etree

from archive.reading.ooxml_names import short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.preview.cell_styles import tinted
from archive.reading.preview.word_styles import hexadecimal

_USUAL: Final = {
    "bg1": "#ffffff", "tx1": "#000000", "bg2": "#e7e6e6", "tx2": "#44546a", "lt1": "#ffffff", "dk1": "#000000", "lt2": "#e7e6e6",
    "dk2": "#44546a", "accent1": "#4472c4", "accent2": "#ed7d31", "accent3": "#a5a5a5", "accent4": "#ffc000", "accent5": "#5b9bd5",
    "accent6": "#70ad47", "hlink": "#0563c1", "folHlink": "#954f72",
}  # fmt: skip
_MAPPED: Final = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
_NAMED: Final = {"red": "#ff0000", "black": "#000000", "white": "#ffffff", "blue": "#0000ff", "yellow": "#ffff00", "green": "#008000"}
_WHOLE: Final = 100_000
_LEVELS: Final = 9
_SIZES: Final = {"title": 44.0, "body": 28.0, "other": 18.0}


class Theme:
    """What a master and its theme say."""

    def __init__(self, parts: Parts, masters: list[str]) -> None:
        """Read the theme of the first master; a presentation may have none."""
        self._colours = dict(_USUAL)
        self._styles: dict[str, etree._Element] = {}
        for master in masters:
            root = parts.root(master)
            for group in root:
                if short(group) == "p:txStyles":
                    self._styles = {short(one): one for one in group}
            for name in parts.targets(master, "theme"):
                self._read(parts.root(name))
            for one in root:
                if short(one) == "p:clrMap":
                    said = {key: str(value) for key, value in one.attrib.items() if key in _MAPPED}
                    self._colours |= {key: self._colours.get(value, "#000000") for key, value in said.items()}

    def colour(self, element: etree._Element | None) -> str:
        """Return the colour that an element holds (`a:solidFill`, `a:ln`); empty for none."""
        for one in element if element is not None else ():
            name = short(one)
            if name == "a:srgbClr":
                return self._changed(hexadecimal(one.get("val", "")), one)
            if name == "a:sysClr":
                return self._changed(hexadecimal(one.get("lastClr", "")) or "#000000", one)
            if name == "a:schemeClr":
                return self._changed(self._colours.get(one.get("val", ""), ""), one)
            if name == "a:prstClr":
                return self._changed(_NAMED.get(one.get("val", ""), ""), one)
        return ""

    def filled(self, properties: etree._Element | None) -> str:
        """Return the colour that fills a shape; empty for one that is not filled with a colour."""
        for one in properties if properties is not None else ():
            if short(one) == "a:solidFill":
                return self.colour(one)
            if short(one) == "a:gradFill":
                stop = next((each for each in one.iter() if short(each) == "a:gs"), None)
                return self.colour(stop)
            if short(one) == "a:noFill":
                return ""
        return ""

    def level(self, kind: str, depth: int) -> etree._Element | None:
        """Return what the master says of a level of a title, body or other text."""
        style = self._styles.get(f"p:{kind}Style")
        wanted = f"a:lvl{min(_LEVELS, depth + 1)}pPr"
        return None if style is None else next((one for one in style if short(one) == wanted), None)

    @property
    def text(self) -> str:
        """The usual colour of text."""
        return self._colours["tx1"]

    @staticmethod
    def size(kind: str) -> float:
        """Return the size of letters of which nothing is said."""
        return _SIZES.get(kind, _SIZES["other"])

    def _read(self, root: etree._Element) -> None:
        for scheme in root.iter():
            if short(scheme) == "a:clrScheme":
                for one in scheme:
                    found = next((hexadecimal(each.get("lastClr", "") or each.get("val", "")) for each in one), "")
                    if found:
                        self._colours[short(one).removeprefix("a:")] = found
                self._colours |= {key: self._colours[value] for key, value in _MAPPED.items()}

    def _changed(self, colour: str, element: etree._Element) -> str:
        """Make a colour lighter or darker, as its `lumMod`, `lumOff`, `shade` and `tint` say, about."""
        said = {short(one): whole(one.get("val", ""), _WHOLE) / _WHOLE for one in element}
        if "a:lumOff" in said:
            return tinted(colour, str(said["a:lumOff"]))
        for name in ("a:lumMod", "a:shade"):
            if name in said:
                return tinted(colour, str(said[name] - 1))
        return tinted(colour, str(1 - said["a:tint"])) if "a:tint" in said else colour
