"""What drawings in Office documents show: text boxes, words as art, charts, diagrams, and how much of a page pictures cover."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from archive.reading.ooxml_choice import branch
from archive.reading.ooxml_drawn_text import paragraph
from archive.reading.ooxml_names import EMU_PER_POINT, own, short, whole

_STYLE: Final = re.compile(r"([\w-]{1,60})\s{0,4}:\s{0,4}([^;]{1,60})")
_LENGTH: Final = re.compile(r"(-?\d{0,9}(?:\.\d{1,9})?)\s{0,2}(pt|in|mm|cm|pc|px|)")
_POINTS: Final = {"pt": 1.0, "in": 72.0, "mm": 72 / 25.4, "cm": 72 / 2.54, "pc": 12.0, "px": 0.75, "": 0.75}
_ALIGNED: Final = {"left": 0.1, "top": 0.05, "inside": 0.1, "center": 0.45, "right": 0.7, "outside": 0.7, "bottom": 0.95}
_FOUND: Final = frozenset(
    {"w:txbxContent", "a:p", "a:blip", "c:chart", "cx:chart", "dgm:relIds", "v:textpath", "v:imagedata", "v:fill", "v:textbox"}
)
_WHOLE: Final = 100_000
_VALUES: Final = frozenset({"c:v", "cx:pt", "cx:v"})


class Sheet(NamedTuple):
    """The paper of a section in English metric units: its size, and the upper left corner of the space within its margins."""

    width: int = 7_560_000
    height: int = 10_692_000
    left: int = 1_008_000
    top: int = 1_332_000


class Spot(NamedTuple):
    """Where a drawing stands, as fractions of the page: None for a place in the text; and how large it is."""

    x: float | None
    y: float | None
    width: float
    height: float
    flowing: bool


def inside(drawing: etree._Element) -> Iterator[etree._Element]:
    """Give what a drawing shows, without looking into the branches that are not shown or into text boxes."""
    stack = [drawing]
    while stack:
        element = stack.pop()
        name = short(element)
        if name in _FOUND and not (name == "v:textbox" and any(short(child) == "w:txbxContent" for child in element)):
            yield element
        elif name == "mc:AlternateContent":
            shown = branch(element)
            if shown is not None:
                stack.append(shown)
        else:
            stack += reversed(element)


def spot(drawing: etree._Element, sheet: Sheet) -> Spot:
    """Return where a `w:drawing` or `w:pict` stands on its sheet."""
    for holder in drawing:
        if short(holder) in {"wp:inline", "wp:anchor"}:
            return _anchored(holder, sheet)
    spots = [_styled(style, sheet) for element in drawing.iter() if (style := element.get("style"))] or [_styled("", sheet)]
    width, height = max(one.width for one in spots), max(one.height for one in spots)
    return spots[0]._replace(width=width, height=height)


def _anchored(holder: etree._Element, sheet: Sheet) -> Spot:
    width = height = 0
    for one in holder.iter():
        match short(one):
            case "wp:extent" | "a:ext":
                width, height = max(width, whole(one.get("cx", ""))), max(height, whole(one.get("cy", "")))
            case "pctWidth":  # in thousandths of per cent, mostly of the page
                width = max(width, whole(one.text or "") * sheet.width // _WHOLE)
            case "pctHeight":
                height = max(height, whole(one.text or "") * sheet.height // _WHOLE)
    places: dict[str, float | None] = {"wp:positionH": None, "wp:positionV": None}
    for axis in holder:
        if short(axis) in places:
            places[short(axis)] = _place(axis, sheet)
    size = (width / sheet.width, height / sheet.height)
    return Spot(places["wp:positionH"], places["wp:positionV"], *size, short(holder) == "wp:inline")


def _place(axis: etree._Element, sheet: Sheet) -> float | None:
    """Return the fraction of the page that a position names; one that goes with a paragraph or line names none."""
    across = short(axis) == "wp:positionH"
    base = axis.get("relativeFrom", "")
    if base in {"paragraph", "line", "character"}:
        return None
    for said in axis:
        if short(said) == "wp:align":
            return _ALIGNED.get((said.text or "").strip())
        if short(said) == "wp:posOffset":
            margin = 0 if base in {"page", "topMargin", "leftMargin"} else sheet.left if across else sheet.top
            return (margin + whole(said.text or "")) / (sheet.width if across else sheet.height)
    return None


def _styled(style: str, sheet: Sheet) -> Spot:
    """Read the style of a VML shape."""
    said = {name.lower(): value.strip().lower() for name, value in _STYLE.findall(style)}
    width, height = _length(said.get("width", "")), _length(said.get("height", ""))
    x: float | None = None
    y: float | None = None
    absolute = said.get("position") == "absolute"
    if absolute and said.get("mso-position-vertical-relative", "text") in {"page", "margin"}:
        margin = sheet.top if said["mso-position-vertical-relative"] == "margin" else 0
        y = _ALIGNED.get(said.get("mso-position-vertical", ""), (margin + _length(said.get("margin-top", ""))) / sheet.height)
    if absolute:
        margin = 0 if said.get("mso-position-horizontal-relative") == "page" else sheet.left
        x = _ALIGNED.get(said.get("mso-position-horizontal", ""), (margin + _length(said.get("margin-left", ""))) / sheet.width)
    across, down = (whole(said.get(f"mso-{side}-percent", "")) / 1000 for side in ("width", "height"))
    return Spot(x, y, max(across, width / sheet.width), max(down, height / sheet.height), not absolute)


def _length(text: str) -> float:
    found = _LENGTH.fullmatch(text)
    if not found or found.group(1) in {"", "-"}:
        return 0.0
    return float(found.group(1)) * _POINTS[found.group(2)] * EMU_PER_POINT


def lines(root: etree._Element) -> tuple[list[str], list[str]]:
    """Return what a chart or the data of a diagram shows: its lines, and every text that stands in one of them."""
    shown: list[str] = []
    texts: list[str] = []
    rows: dict[etree._Element, list[str]] = {}
    for element in root.iter():
        name = short(element)
        if name == "a:p":
            said = paragraph(element)
            shown += [line for text in (said.shown, *said.others) for line in text.split("\n")]
            texts.append(said.written)
        elif name in _VALUES and element.text:
            above = element.getparent()
            above = above.getparent() if above is not None and name == "c:v" and short(above) == "c:pt" else above
            rows.setdefault(root if above is None else above, []).append(element.text)
            texts.append(element.text)
    return shown + ["\t".join(row) for row in rows.values()], texts


def is_picture(element: etree._Element) -> bool:
    """Say whether something that `inside` gave is a picture or the filling of a shape with one."""
    name = short(element)
    return name in {"a:blip", "v:imagedata"} or (name == "v:fill" and own(element, "type") in {"frame", "tile", "pattern"})
