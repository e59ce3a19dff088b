"""The objects of an OFD page as shapes: text with the place of every character, outlines, pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from lxml.etree import _Element

from archive.reading import geometry
from archive.reading.geometry import Box, Matrix, number
from archive.reading.package import local_name
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.ofd_book import Document
from archive.reading.preview.ofd_colours import BLACK, Colour, colour, font
from archive.reading.preview.shapes import Image, Letters, Mark, Outline
from archive.reading.preview.svg_path import steps_of

_TEXTS: Final = frozenset({"TextObject", "Text"})
_DEEPEST: Final = 24
_BREAKS: Final = dict.fromkeys(map(ord, "\r\n\t"), None)
_BOLD: Final = 600.0
_FULL: Final = 255.0
_NOTHING: Final = Colour("", 1.0)
_FRAME: Final = "#8a8a8a"


@dataclass(frozen=True)
class Where:
    """Where a walk stands: its matrix, what shines through, the drawing parameter of the layer, the composites around."""

    place: Matrix
    opacity: float = 1.0
    param: str = ""
    within: tuple[str, ...] = ()
    depth: int = 0


class Painter:
    """Draws the objects of one document; `marks` are what was drawn since they were last taken."""

    def __init__(self, document: Document, album: Album, budget: Budget) -> None:
        """Draw what the resources of the document name; pictures go to the album."""
        self._resources = document.resources
        self._read = document.book.package.read
        self._album, self._budget = album, budget
        self.marks: list[Mark] = []

    def draw(self, content: Iterable[_Element], where: Where) -> None:
        """Draw everything beneath an element, whatever stands between, save what is told to be invisible."""
        if where.depth > _DEEPEST:
            self._budget.leave("objects")
            return
        for item in content:
            name = local_name(item)
            if (item.get("Visible") or "").strip().lower() in {"false", "0"}:
                continue
            if name in _TEXTS or name.endswith("Object"):
                if not self._budget.take_object():
                    return
                self._object(item, name, where)
            elif name in {"Clips", "FillColor", "StrokeColor"} or not name:
                continue
            else:
                place = where.place
                if name == "Appearance":
                    place = place.inside(geometry.moved(geometry.box(item.get("Boundary")), Matrix()))
                self.draw(item, replace(where, place=place, param=item.get("DrawParam") or where.param, depth=where.depth + 1))

    def picture(self, content: bytes, place: Matrix, box: Box | None, opacity: float = 1.0) -> None:
        """Draw a picture, or the frame of one that cannot be drawn."""
        found = self._album.take(content)
        if found < 0:
            self.marks.append(Outline("M 0 0 L 1 0 L 1 1 L 0 1 Z M 0 0 L 1 1", stroke=_FRAME, width=0.004, place=place))
        else:
            cut = None if box is None else (box.x, box.y, box.width, box.height)
            self.marks.append(Image(found, place, cut, opacity))

    def _object(self, item: _Element, name: str, where: Where) -> None:
        boundary = geometry.box(item.get("Boundary"))
        own = where.place.inside(geometry.moved(boundary, geometry.matrix(item.get("CTM"))))
        opacity = where.opacity * max(0.0, min(1.0, number(item.get("Alpha"), _FULL) / _FULL))
        look = _Look(self, item, item.get("DrawParam") or where.param)
        if name in _TEXTS:
            self._text(item, own, opacity, look)
        elif name == "PathObject":
            self._path(item, own, opacity, look)
        elif name == "ImageObject":
            covers = where.place.box(boundary) if boundary else None
            if not item.get("CTM"):
                box = boundary or Box(0.0, 0.0, 1.0, 1.0)
                own = where.place.inside(Matrix(box.width, 0.0, 0.0, box.height, box.x, box.y))
            member = self._resources.media.get(item.get("ResourceID") or "")
            if member:
                self.picture(self._read(member), own, covers, opacity)
        elif name == "CompositeObject":
            unit = self._resources.composites.get(item.get("ResourceID") or "")
            identifier = item.get("ResourceID") or ""
            if unit is not None and identifier not in where.within:
                within = (*where.within, identifier)
                self.draw([unit], Where(own, opacity, where.param, within, where.depth + 1))
        else:
            self.draw(item, Where(own, opacity, where.param, where.within, where.depth + 1))

    def _text(self, item: _Element, own: Matrix, opacity: float, look: "_Look") -> None:
        size = abs(number(look.said("Size"))) or 1.0
        filled, stroked = look.said("Fill") != "false", look.said("Stroke") == "true"
        ink = look.colour("FillColor", BLACK) if filled else look.colour("StrokeColor", BLACK) if stroked else _NOTHING
        scale = number(item.get("HScale"), 1.0)
        scale = scale if scale > 0 else 1.0
        family, bold, italic = font(self._resources, look.said("Font"))
        bold = bold or number(item.get("Weight"), 0.0) >= _BOLD
        italic = italic or item.get("Italic") == "true"
        place = own.inside(Matrix(a=scale)) if scale != 1.0 else own
        x = y = 0.0
        for code in item:
            if local_name(code) != "TextCode":
                continue
            x, y = number(code.get("X"), x), number(code.get("Y"), y)
            text = self._budget.words("".join(map(str, code.itertext())).translate(_BREAKS))
            if text.strip() and ink.name:
                across = _places(x / scale, code.get("DeltaX"), len(text), scale)
                down = _places(y, code.get("DeltaY"), len(text), 1.0)
                self.marks.append(
                    Letters(text, across, down, round(size, 3), ink.name, family, bold, italic, opacity=ink.opacity * opacity, place=place)
                )

    def _path(self, item: _Element, own: Matrix, opacity: float, look: "_Look") -> None:
        text = "".join("".join(map(str, one.itertext())) for one in item if local_name(one) == "AbbreviatedData")
        steps = steps_of(self._budget.outline(text))
        fill = look.colour("FillColor", BLACK) if look.said("Fill") == "true" else _NOTHING
        stroke = look.colour("StrokeColor", BLACK) if look.said("Stroke") != "false" else _NOTHING
        if not steps or not (fill.name or stroke.name):
            return
        dashes = tuple(max(0.0, number(part)) for part in look.said("DashPattern").split()[:8])
        shown = max(fill.opacity if fill.name else 0.0, stroke.opacity if stroke.name else 0.0)
        width = max(0.0, number(look.said("LineWidth"), 0.353))
        even = look.said("Rule") == "Even-Odd"
        self.marks.append(Outline(steps, fill.name, stroke.name, width, dashes if any(dashes) else (), even, shown * opacity, own))

    def param(self, identifier: str) -> list[_Element]:
        """Return a drawing parameter and those that it is made after."""
        found: list[_Element] = []
        while (element := self._resources.params.get(identifier)) is not None and element not in found:
            found.append(element)
            identifier = element.get("Relative") or ""
        return found

    def coloured(self, element: _Element | None, otherwise: Colour) -> Colour:
        """Return the colour that an element names."""
        return colour(element, self._resources, otherwise)


class _Look:
    """What an object says of its look, and the drawing parameter behind it."""

    def __init__(self, painter: Painter, item: _Element, param: str) -> None:
        self._painter = painter
        self._said = [item, *painter.param(param)]

    def said(self, name: str) -> str:
        return next((value for one in self._said if (value := one.get(name)) is not None), "")

    def colour(self, name: str, otherwise: Colour) -> Colour:
        found = (child for one in self._said for child in one if local_name(child) == name)
        return self._painter.coloured(next(found, None), otherwise)


def _places(first: float, deltas: str | None, count: int, scale: float) -> tuple[float, ...]:
    """Return where each character stands along one axis, or where the first does when nothing steps."""
    steps: list[float] = []
    parts = iter((deltas or "").split())
    for part in parts:
        if len(steps) >= count - 1:
            break
        if part == "g":
            times, step = number(next(parts, "")), number(next(parts, ""))
            steps += [step] * int(max(0, min(times, count - 1 - len(steps))))
        else:
            steps.append(number(part))
    if not any(steps):
        return (round(first, 3),)
    steps = (steps + [steps[-1]] * count)[: max(0, count - 1)]
    places, at = [round(first, 3)], first
    for step in steps:
        at += step / scale
        places.append(round(at, 3))
    return tuple(places)
