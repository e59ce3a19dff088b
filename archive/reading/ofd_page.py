"""What an OFD page draws: text, pictures and outlines of its layers, templates, composite objects and annotations."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element

from archive.reading import geometry
from archive.reading.geometry import Box, Matrix
from archive.reading.legible import legible, printed, repaired
from archive.reading.lines import Run, joined
from archive.reading.ofd_pictures import PICTURE_SHARE, Placed
from archive.reading.ofd_text import POINTS, is_faint, pieces
from archive.reading.package import local_name
from archive.reading.reading import Line
from schemas.problems import Problem, ProblemType

MAXIMUM_OBJECTS: Final = 200_000
"""Objects that all pages of a file may draw, those of templates and composite objects counted each time."""

LITTLE_TEXT: Final = 40
"""Printed characters below which a page may be a picture with a caption, as for PDF."""

_MAXIMUM_DEPTH: Final = 64
_ANY_SIZE: Final = 0.05
_OUTLINE_SEGMENTS: Final = 2000
_SEGMENT: Final = re.compile("[A-Za-z]")
_TEXTS: Final = frozenset({"TextObject", "Text"})
_UNIT: Final = Box(0.0, 0.0, 1.0, 1.0)


@dataclass
class Drawn:
    """What was drawn on one page so far, in the order of drawing; `area` is the page in millimetres.

    `pictures` is how much of it images cover, `segments` the number of path segments, `shapes` the number of things that
    are no text.
    """

    area: Box
    upright: list[Run] = field(default_factory=list)
    turned: list[Run] = field(default_factory=list)
    faint: set[int] = field(default_factory=set)
    """The identities of the runs above that nobody sees."""
    pictures: float = 0.0
    images: list[Placed] = field(default_factory=list)
    beneath: tuple[int, int] = (0, 0)
    """How many of the runs above, upright and turned, were drawn before the last picture of any size."""
    segments: int = 0
    shapes: int = 0

    def add(self, other: "Drawn") -> None:
        """Draw over the page what was drawn elsewhere."""
        if other.images:
            self.beneath = (len(self.upright) + other.beneath[0], len(self.turned) + other.beneath[1])
        self.upright += other.upright
        self.turned += other.turned
        self.faint |= other.faint
        self.pictures += other.pictures
        self.images += other.images

    def text(self) -> str:
        """Return the text, a line a line."""
        return "\n".join(line.text for line in self.lines())

    def seen(self) -> str:
        """Return the text without what is too faint to be seen; nothing where all of it is seen."""
        return "\n".join(line.text for line in self._lines(self.faint)) if self.faint else ""

    def lines(self) -> tuple[Line, ...]:
        """Return the lines; pieces that stand side by side are joined, turned ones stay as they are."""
        return self._lines(frozenset())

    def _lines(self, without: Collection[int]) -> tuple[Line, ...]:
        # joining changes them
        upright = [Run(run.text, run.left, run.bottom, run.right, run.top) for run in self.upright if id(run) not in without]
        turned = [run for run in self.turned if id(run) not in without]
        return tuple(self._line(run) for run in (*joined(upright), *turned) if run.text.strip())

    def _line(self, run: Run) -> Line:
        return Line(
            repaired(run.text.replace("\x00", "").strip()),
            round((run.left / POINTS - self.area.x) / self.area.width, 4),
            round((-run.top / POINTS - self.area.y) / self.area.height, 4),
            round((run.right - run.left) / POINTS / self.area.width, 4),
            round((run.top - run.bottom) / POINTS / self.area.height, 4),
        )

    def refuse_unreadable(self, number: int) -> None:
        """Refuse a page that shows what is neither text nor picture, as for PDF. Raises Problem DOCUMENT_WITHOUT_TEXT.

        Outlines are not drawn here, so that nobody can look at them.
        """
        texts = [line.text for line in self.lines()]
        ink = sum(map(printed, texts))
        if not ink and self.shapes and not self.images:
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"page {number} is drawn without text")
        if ink and not legible(texts):
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"the text of page {number} is not legible")
        if ink < LITTLE_TEXT and self.segments > _OUTLINE_SEGMENTS:
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"page {number} is a picture")

    def has_text_over_pictures(self) -> bool:
        """Say whether the page shows text of its own over its pictures, as on a background; that of a scan lies beneath or unseen."""
        over = (*self.upright[self.beneath[0] :], *self.turned[self.beneath[1] :])
        return sum(printed(run.text) for run in over if id(run) not in self.faint) >= LITTLE_TEXT

    def is_picture(self) -> bool:
        """Say whether the page must be looked at: pictures cover more than half of it, or nothing but pictures stands on it."""
        return self.pictures > PICTURE_SHARE * self.area.area or bool(self.images and not printed(self.text()))


@dataclass
class Painter:
    """Walks over the objects of pages.

    `composites` are the drawings that composite objects name, by their id; one id may stand for several.
    """

    composites: dict[str, list[_Element]] = field(default_factory=dict)
    objects: int = 0
    _used: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Forget the composite objects: each document has its own."""
        self.composites, self._used = {}, set()

    def draw_unused(self, drawn: Drawn) -> None:
        """Draw the composite objects that nothing has drawn yet."""
        for name in [name for name in self.composites if name not in self._used]:
            self._composite(name, _Where(Matrix()), drawn)

    def draw(self, content: Iterable[_Element], place: Matrix, drawn: Drawn) -> None:
        """Draw everything beneath an element, whatever the elements between are called, hidden objects too.

        Raises Problem DOCUMENT_TOO_COMPLEX (too many objects, nested too deeply), DOCUMENT_BROKEN (a composite object that
        holds itself), DOCUMENT_WITHOUT_TEXT (glyphs without characters).
        """
        self._draw(content, _Where(place), drawn)

    def _draw(self, content: Iterable[_Element], where: "_Where", drawn: Drawn) -> None:
        if where.depth > _MAXIMUM_DEPTH:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "objects are nested too deeply")
        for item in content:
            name = local_name(item)
            if name in _TEXTS or name.endswith("Object"):
                self._object(item, name, where, drawn)
            elif name:
                if item.find("{*}TextCode") is not None:  # characters without an object of their own
                    self._text(item, where.place, drawn, faint=where.faint)
                place = where.place
                if name == "Appearance":
                    place = place.inside(geometry.moved(geometry.box(item.get("Boundary")), Matrix()))
                self._draw(item, where.beneath(place, faint=where.faint or is_faint(item)), drawn)

    def _object(self, item: _Element, name: str, where: "_Where", drawn: Drawn) -> None:
        self.objects += 1
        if self.objects > MAXIMUM_OBJECTS:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"more than {MAXIMUM_OBJECTS} objects")
        boundary = geometry.box(item.get("Boundary"))
        own = where.place.inside(geometry.moved(boundary, geometry.matrix(item.get("CTM"))))
        covers = where.place.box(boundary).within(drawn.area) if boundary else drawn.area
        faint = where.faint or is_faint(item)
        if name in _TEXTS:
            self._text(item, own, drawn, faint=faint)
        else:
            drawn.shapes += 1
        if name == "ImageObject":
            shown = own.box(_UNIT) if item.get("CTM") else covers
            area = (where.tiled or shown.within(covers)).area
            drawn.pictures += area
            if area > _ANY_SIZE * drawn.area.area:
                drawn.beneath = (len(drawn.upright), len(drawn.turned))
            place = own if item.get("CTM") else Matrix(covers.width, 0.0, 0.0, covers.height, covers.x, covers.y)
            drawn.images.append(Placed(item.get("ResourceID") or "", place, covers))
        elif name == "PathObject":
            drawn.segments += sum(len(_SEGMENT.findall(path.text or "")) for path in item if local_name(path) == "AbbreviatedData")
        elif name == "CompositeObject":
            self._composite(item.get("ResourceID") or "", where.beneath(place=own, faint=faint), drawn)
        # colours may be patterns, and clips may be texts: what they hold is shown within this object
        self._draw(item, where.beneath(place=own, tiled=where.tiled or covers, faint=faint), drawn)

    def _text(self, item: _Element, place: Matrix, drawn: Drawn, *, faint: bool) -> None:
        for run, turned in pieces(item, place):
            (drawn.turned if turned else drawn.upright).append(run)
            if faint:
                drawn.faint.add(id(run))

    def _composite(self, name: str, where: "_Where", drawn: Drawn) -> None:
        if name in where.within:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "a composite object holds itself")
        self._used.add(name)
        for unit in self.composites.get(name, ()):
            self._draw(unit, where.beneath(within=(*where.within, name)), drawn)


@dataclass(frozen=True)
class _Where:
    """Where a walk stands.

    `tiled` is the box that a pattern fills, `within` the composite objects around,
    `faint` whether nobody sees what is drawn.
    """

    place: Matrix
    depth: int = 0
    tiled: Box | None = None
    within: tuple[str, ...] = ()
    faint: bool = False

    def beneath(
        self, place: Matrix | None = None, tiled: Box | None = None, within: tuple[str, ...] | None = None, *, faint: bool = False
    ) -> "_Where":
        within = self.within if within is None else within
        return _Where(place or self.place, self.depth + 1, tiled or self.tiled, within, self.faint or faint)
