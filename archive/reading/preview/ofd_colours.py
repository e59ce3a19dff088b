"""Colours and fonts of an OFD, as an RGB colour and one of a few families."""

from typing import Final, NamedTuple

from lxml.etree import _Element

from archive.reading.geometry import number
from archive.reading.package import local_name
from archive.reading.preview.ofd_book import Resources
from archive.reading.preview.shapes import Family

_NAMES: Final[dict[Family, str]] = {
    "title": "小标宋 大标宋 标宋 xbsj xiaobiao",
    "fang": "仿宋 fangsong",
    "kai": "楷 kai",
    "hei": "黑 hei 雅黑 等线 dengxian 圆",
    "song": "宋 song simsun 明 ming",
    "mono": "courier consol mono",
    "serif": "times georgia cambria garamond",
    "sans": "arial helvetica calibri verdana tahoma",
}
_FAMILIES: Final = tuple((part, family) for family, parts in _NAMES.items() for part in parts.split())
_KINDS: Final = {"GRAY": 1, "RGB": 3, "CMYK": 4}
_FULL: Final = 255.0


class Colour(NamedTuple):
    """#rrggbb and how much of it covers; an empty name draws nothing."""

    name: str
    opacity: float = 1.0


BLACK: Final = Colour("#000000")


def family(name: str) -> Family:
    """Return the family that a font's name belongs to; an unknown one is taken for a 宋体."""
    lower = name.lower()
    return next((found for part, found in _FAMILIES if part in lower), "song")


def font(resources: Resources, identifier: str) -> tuple[Family, bool, bool]:
    """Return family, bold and italic of a font."""
    element = resources.fonts.get(identifier)
    if element is None:
        return "song", False, False
    name = f"{element.get('FontName') or ''} {element.get('FamilyName') or ''}"
    return family(name), element.get("Bold") == "true" or "bold" in name.lower(), element.get("Italic") == "true"


def colour(element: _Element | None, resources: Resources, otherwise: Colour) -> Colour:
    """Return the colour that an element (FillColor, StrokeColor) names; of a shading its first one."""
    if element is None:
        return otherwise
    opacity = max(0.0, min(1.0, number(element.get("Alpha"), _FULL) / _FULL))
    value = element.get("Value")
    if value is None:
        value = _indexed(element, resources)
    if value is None:
        inner = next((one for one in element.iter("{*}Color") if one is not element), None)
        if inner is not None:
            found = colour(inner, resources, otherwise)
            return Colour(found.name, found.opacity * opacity)
        patterned = any(local_name(one) == "Pattern" for one in element)
        return Colour("#c0c0c0" if patterned else otherwise.name, opacity)
    return Colour(_rgb([_part(part) for part in value.split()[:4]], _kind(element, resources)), opacity)


def _kind(element: _Element, resources: Resources) -> int:
    space = resources.spaces.get(element.get("ColorSpace") or "")
    return 0 if space is None else _KINDS.get((space.get("Type") or "").upper(), 0)


def _indexed(element: _Element, resources: Resources) -> str | None:
    space = resources.spaces.get(element.get("ColorSpace") or "")
    if element.get("Index") is None or space is None:
        return None
    entries = [one.text or "" for one in space.iter("{*}CV")]
    place = int(number(element.get("Index"), -1.0))
    return entries[place] if 0 <= place < len(entries) else None


def _part(text: str) -> float:
    if text.startswith("#"):
        try:
            return float(int(text[1:3], 16))
        except ValueError:
            return 0.0
    return max(0.0, min(_FULL, number(text)))


def _rgb(parts: list[float], kind: int) -> str:
    kind = kind if kind and kind <= len(parts) else len(parts)
    if kind >= 4:  # noqa: PLR2004 - cyan, magenta, yellow, black
        red, green, blue = ((_FULL - ink) * (_FULL - parts[3]) / _FULL for ink in parts[:3])
    elif kind == 3:  # noqa: PLR2004 - red, green, blue
        red, green, blue = parts[:3]
    else:
        red = green = blue = parts[0] if parts else 0.0
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"
