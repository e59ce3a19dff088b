"""The shapes of a slide, from its background to its text boxes, in millimetres."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from lxml import etree

from archive.reading import ooxml_graphic, ooxml_pictures
from archive.reading.geometry import Matrix
from archive.reading.ooxml_choice import branch
from archive.reading.ooxml_names import pair, relation, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.preview.album import Album
from archive.reading.preview.budget import Budget
from archive.reading.preview.shapes import Image, Letters, Mark, Outline
from archive.reading.preview.slide_text import Lettering, Text
from archive.reading.preview.slide_theme import Theme
from archive.reading.preview.svg_path import short as figure

EMU: Final = 36_000.0
_DEEPEST: Final = 12
_ROUND: Final = frozenset({"ellipse", "circle", "flowChartConnector"})
_LINES: Final = frozenset({"line", "straightConnector1", "bentConnector3"})
_TITLES: Final = frozenset({"title", "ctrTitle"})
_TURN: Final = 60_000.0
_THIN: Final = 0.35
_GRAPHICS: Final = frozenset({"c:chart", "cx:chart", "dgm:relIds"})
_FRAME: Final = "#8a8a8a"


class Box(NamedTuple):
    """A place on the slide."""

    x: float
    y: float
    width: float
    height: float
    turn: float = 0.0


class Holder(NamedTuple):
    """A placeholder of a layout or master: what it is for, where it stands, and its text body, which says how letters look."""

    kind: str
    number: str
    place: etree._Element | None
    body: etree._Element | None


@dataclass(frozen=True)
class Frame:
    """How units of a group become millimetres."""

    x: float = 0.0
    y: float = 0.0
    across: float = 1 / EMU
    down: float = 1 / EMU

    def box(self, transform: etree._Element) -> Box:
        """Return the place that an `a:xfrm` names."""
        said = {short(one): one for one in transform}
        x, y = pair(said.get("a:off"), "x", "y")
        width, height = pair(said.get("a:ext"), "cx", "cy")
        turn = whole(transform.get("rot", "")) / _TURN
        return Box(self.x + x * self.across, self.y + y * self.down, width * self.across, height * self.down, turn)

    def inner(self, transform: etree._Element) -> "Frame":
        """Return the frame of the shapes within a group."""
        said = {short(one): one for one in transform}
        x, y = pair(said.get("a:chOff"), "x", "y")
        width, height = pair(said.get("a:chExt"), "cx", "cy")
        box = self.box(transform)
        across, down = box.width / width if width else self.across, box.height / height if height else self.down
        return Frame(box.x - x * across, box.y - y * down, across, down)


class Shapes:
    """Draws the shapes of one slide and of what is behind it."""

    def __init__(self, parts: Parts, album: Album, budget: Budget, theme: Theme, size: tuple[float, float]) -> None:
        """Draw on a slide of this size."""
        self.marks: list[Mark] = []
        self._parts, self._album, self._budget, self._theme, self._size = parts, album, budget, theme, size
        self._name = ""
        self._held: Sequence[Holder] = ()
        self._prompts = False
        self._text = Lettering(theme, budget)

    def background(self, roots: Sequence[tuple[str, etree._Element]]) -> None:
        """Draw the background that the last of these names: master, layout, slide."""
        for name, root in reversed(roots):
            found = [one for data in root if short(data) == "p:cSld" for one in data if short(one) == "p:bg"]
            if found:
                self._name = name
                box = Box(0.0, 0.0, *self._size)
                properties = next((one for one in found[0] if short(one) == "p:bgPr"), None)
                colour = self._theme.filled(properties) or next(
                    (self._theme.colour(one) for one in found[0] if short(one) == "p:bgRef"), ""
                )
                self._rectangle(box, colour or "#ffffff", "")
                self._pictures(found[0], box)
                return

    def draw(self, name: str, root: etree._Element, held: Sequence[Holder], *, prompts: bool) -> None:
        """Draw the shapes of a part; with `prompts` those that are placeholders are left to the slides."""
        self._name, self._held, self._prompts = name, held, prompts
        for data in root:
            for tree in data if short(data) == "p:cSld" else ():
                if short(tree) == "p:spTree":
                    self._tree(tree, Frame(), 0)

    def _tree(self, tree: etree._Element, frame: Frame, depth: int) -> None:
        for child in tree if depth < _DEEPEST else ():
            name = short(child)
            if name == "p:grpSp":
                self._tree(child, _within(child, frame), depth + 1)
            elif name == "mc:AlternateContent":
                shown = branch(child)
                if shown is not None:
                    self._tree(shown, frame, depth + 1)
            elif name in {"p:sp", "p:cxnSp", "p:pic", "p:graphicFrame"} and self._budget.take_object():
                self._shape(child, frame)

    def _shape(self, shape: etree._Element, frame: Frame) -> None:
        holder = next((one for one in shape.iter() if short(one) == "p:ph"), None)
        if holder is not None and self._prompts:
            return
        behind = _behind(holder, self._held)
        transform = next((one for one in shape.iter() if short(one) in {"a:xfrm", "p:xfrm"}), None)
        if transform is None:
            transform = next((one.place for one in behind if one.place is not None), None)
        box = Box(0.0, 0.0, *self._size) if transform is None else frame.box(transform)
        properties = next((one for one in shape if short(one) == "p:spPr"), None)
        self._geometry(shape, properties, box)
        self._pictures(shape, box)
        table = next((one for one in shape.iter() if short(one) == "a:tbl"), None)
        if table is not None:
            self._table(table, box)
        elif any(short(one) in _GRAPHICS for one in shape.iter()):
            self._chart(shape, box)
        body = next((one for one in shape if short(one) == "p:txBody"), None)
        if body is not None:
            kind = "other" if holder is None else "title" if holder.get("type", "body") in _TITLES else "body"
            bodies = [one.body for one in behind if one.body is not None]
            self._put(Text(body, bodies, kind), box)

    def _geometry(self, shape: etree._Element, properties: etree._Element | None, box: Box) -> None:
        if properties is None or short(shape) == "p:pic":
            return
        preset = next((one.get("prst", "") for one in properties if short(one) == "a:prstGeom"), "rect")
        line = next((one for one in properties if short(one) == "a:ln"), None)
        stroke = self._theme.filled(line)
        fill = self._theme.filled(properties)
        style = next((one for one in shape if short(one) == "p:style"), None)
        said = {short(one) for one in properties}
        for one in style if style is not None else ():
            if (
                short(one) == "a:fillRef"
                and whole(one.get("idx", ""))
                and not said & {"a:solidFill", "a:gradFill", "a:noFill", "a:blipFill"}
            ):
                fill = self._theme.colour(one)
            elif short(one) == "a:lnRef" and whole(one.get("idx", "")) and line is None:
                stroke = self._theme.colour(one)
        width = _THIN if line is None else max(_THIN, whole(line.get("w", ""), 12_700) / EMU)
        if preset in _LINES:
            self.marks.append(
                Outline(f"M 0 0 L {figure(box.width)} {figure(box.height)}", "", stroke or "#000000", width, place=_turned(box))
            )
        elif preset in _ROUND and (fill or stroke):
            self.marks.append(Outline(_ellipse(box.width, box.height), fill, stroke, width, place=_turned(box)))
        elif fill or stroke:
            self._rectangle(box, fill, stroke, width)

    def _rectangle(self, box: Box, fill: str, stroke: str, width: float = _THIN) -> None:
        across, down = figure(box.width), figure(box.height)
        self.marks.append(Outline(f"M 0 0 L {across} 0 L {across} {down} L 0 {down} Z", fill, stroke, width, place=_turned(box)))

    def _pictures(self, shape: etree._Element, box: Box) -> None:
        for one in ooxml_graphic.inside(shape):
            for image in ooxml_pictures.of(self._parts, self._name, one)[:1] if ooxml_graphic.is_picture(one) else ():
                found = self._album.take(self._parts.bytes_of(image.part))
                if found < 0:
                    self._rectangle(box, "", _FRAME)
                    continue
                left, top, right, bottom = _cut(one)
                width, height = box.width / max(0.01, 1 - left - right), box.height / max(0.01, 1 - top - bottom)
                place = Matrix(*_turned(box)).inside(Matrix(width, 0.0, 0.0, height, -left * width, -top * height))
                cut = None if box.turn or not (left or top or right or bottom) else box[:4]
                self.marks.append(Image(found, place, cut))

    def _table(self, table: etree._Element, box: Box) -> None:
        widths = [max(1, whole(one.get("w", ""), 1)) / EMU for grid in table if short(grid) == "a:tblGrid" for one in grid]
        share = box.width / sum(widths) if widths and box.width > 1 else 1.0  # programs bring the columns to the width of the frame
        widths = [width * share for width in widths]
        y = box.y
        for row in (one for one in table if short(one) == "a:tr"):
            height, x = max(1.0, whole(row.get("h", ""), 370_840) / EMU), box.x
            for column, cell in enumerate(one for one in row if short(one) == "a:tc"):
                across = max(1, min(100, whole(cell.get("gridSpan", "1"), 1)))
                width = sum(widths[column : column + across]) or box.width / max(1, len(widths))
                merged = cell.get("hMerge") in {"1", "true"} or cell.get("vMerge") in {"1", "true"}
                if not merged and self._budget.take_object():
                    properties = next((one for one in cell if short(one) == "a:tcPr"), None)
                    place = Box(x, y, width, height * max(1, min(100, whole(cell.get("rowSpan", "1"), 1))))
                    self._rectangle(place, self._theme.filled(properties), _FRAME)
                    body = next((one for one in cell if short(one) == "a:txBody"), None)
                    if body is not None:
                        self._put(Text(body, [], "other"), place)
                x += widths[column] if column < len(widths) else width
            y += height

    def _chart(self, shape: etree._Element, box: Box) -> None:
        """Write what a chart or diagram says, for it is not drawn."""
        self._album.left_out["drawings"] = None
        self._rectangle(box, "", _FRAME)
        y = box.y + 6
        for one in shape.iter():
            if short(one) in _GRAPHICS:
                arrow = self._parts.of(self._name).get(relation(one, "dm" if short(one) == "dgm:relIds" else "id"))
                known = arrow is not None and not arrow.external and self._parts.has(arrow.target)
                for text in ooxml_graphic.lines(self._parts.root(arrow.target))[0][:60] if arrow is not None and known else ():
                    self.marks.append(Letters(self._budget.words(text), (box.x + 3,), (y,), 4.0, family="sans"))
                    y += 5

    def _put(self, text: Text, box: Box) -> None:
        place = _turned(box)
        for one in self._text.lines(text, box.width, box.height):
            self.marks.append(Letters(*one, place=place))


def holders(root: etree._Element) -> list[Holder]:
    """Return the placeholders of a layout or master."""
    found = []
    for shape in root.iter():
        holder = next((one for one in shape.iter() if short(one) == "p:ph"), None) if short(shape) == "p:sp" else None
        if holder is not None:
            transform = next((one for one in shape.iter() if short(one) == "a:xfrm"), None)
            body = next((one for one in shape if short(one) == "p:txBody"), None)
            found.append(Holder(holder.get("type", "body"), holder.get("idx", ""), transform, body))
    return found


def _behind(holder: etree._Element | None, held: Sequence[Holder]) -> list[Holder]:
    """Return what a placeholder takes its place and look from, the nearest first."""
    if holder is None:
        return []
    kind, index = holder.get("type", "body"), holder.get("idx", "")
    same = [
        one
        for one in held
        if index and one.number == index and (one.kind == kind or "body" in {one.kind, kind} or "type" not in holder.attrib)
    ]
    kinds = {kind, "title"} if kind in _TITLES else {kind, "body"} if kind in {"subTitle", "obj"} else {kind}
    return [*same, *(one for one in held if one.kind in kinds and one not in same)]


def _within(group: etree._Element, frame: Frame) -> Frame:
    for properties in group:
        if short(properties) == "p:grpSpPr":
            for transform in properties:
                if short(transform) == "a:xfrm":
                    return frame.inner(transform)
    return frame


def _turned(box: Box) -> Matrix:
    """Return the matrix of a box, which turns about its middle."""
    if not box.turn:
        return Matrix(e=round(box.x, 3), f=round(box.y, 3))
    angle = math.radians(box.turn)
    a, b = math.cos(angle), math.sin(angle)
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return Matrix(a, b, -b, a, x - a * box.width / 2 + b * box.height / 2, y - b * box.width / 2 - a * box.height / 2)


def _ellipse(width: float, height: float) -> str:
    x, y = figure(width / 2), figure(height / 2)
    return f"M 0 {y} A {x} {y} 0 1 1 {figure(width)} {y} A {x} {y} 0 1 1 0 {y} Z"


def _cut(blip: etree._Element) -> tuple[float, float, float, float]:
    """Return how much of a picture is cut off: left, top, right, bottom."""
    holder = blip.getparent()
    said = None if holder is None else next((one for one in holder if short(one) == "a:srcRect"), None)
    if said is None:
        return 0.0, 0.0, 0.0, 0.0
    left, top, right, bottom = (max(-1.0, min(0.95, whole(said.get(side, "")) / 100_000)) for side in ("l", "t", "r", "b"))
    return left, top, right, bottom
