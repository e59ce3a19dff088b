"""The pages of a PPTX: its slides in order, hidden ones too, with shapes, tables, charts and diagrams where they stand.

What stands on a master or a layout is laid out on the first slide that shows it.
"""

from typing import Final, NamedTuple

from lxml import etree

from archive.reading import ooxml_graphic, ooxml_pictures
from archive.reading.ooxml_book import GRAPHICS, Book
from archive.reading.ooxml_choice import branch
from archive.reading.ooxml_drawn_text import paragraph
from archive.reading.ooxml_names import pair, relation, short, whole
from archive.reading.ooxml_outside import USUAL_PROMPT
from archive.reading.ooxml_paper import Paper
from schemas.problems import Problem, ProblemType

_USUAL_SIZE: Final = (9_144_000, 6_858_000)
_TITLES: Final = frozenset({"title", "ctrTitle"})
_PLACES: Final = {"title": 0.06, "ctrTitle": 0.3, "subTitle": 0.5, "dt": 0.94, "ftr": 0.94, "sldNum": 0.94}
_BODY_PLACE: Final = 0.2
_RUNS_PROGRAM: Final = ("ppaction://program", "ppaction://macro", "ppaction://ole")
_LINE: Final = 0.05
_FIRST_BACKGROUND: Final = 1001


class _Box(NamedTuple):
    """A place on a slide: upper left corner and size in fractions of it."""

    x: float
    y: float
    width: float
    height: float


class _Frame(NamedTuple):
    """How the units of a group become fractions of the slide: fraction = offset + unit * scale."""

    x: float
    y: float
    across: float
    down: float

    def box(self, transform: etree._Element) -> _Box:
        """Return the place that an `a:xfrm` names."""
        said = {short(one): one for one in transform}
        x, y = pair(said.get("a:off"), "x", "y")
        width, height = pair(said.get("a:ext"), "cx", "cy")
        return _Box(self.x + x * self.across, self.y + y * self.down, width * self.across, height * self.down)

    def inner(self, transform: etree._Element) -> "_Frame":
        """Return the frame of the shapes within a group."""
        said = {short(one): one for one in transform}
        box = self.box(transform)
        x, y = pair(said.get("a:chOff"), "x", "y")
        width, height = pair(said.get("a:chExt"), "cx", "cy")
        across, down = box.width / width if width else self.across, box.height / height if height else self.down
        return _Frame(box.x - x * across, box.y - y * down, across, down)


Holders = dict[tuple[str, str], _Box]
"""The places that a layout or master gives to placeholders, by their type and index."""


def paper(book: Book) -> Paper:
    """Return the pages of a PPTX, one for each slide."""
    return _Slides(book).paper()


class _Slides:
    """The slides of a presentation, and the masters and layouts behind them."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._parts = book.parts
        self._outside = book.outside
        self._held: dict[str, Holders] = {}
        size = next((one for one in book.parts.document if short(one) == "p:sldSz"), None)
        width, height = pair(size, "cx", "cy")
        width, height = (width, height) if width > 0 and height > 0 else _USUAL_SIZE
        self._whole = _Frame(0.0, 0.0, 1 / width, 1 / height)

    def paper(self) -> Paper:
        slides = Paper()
        lists = [one for one in self._parts.document if short(one) == "p:sldIdLst"]
        for number, slide in enumerate(one for ids in lists for one in ids):
            if number:
                slides.new_page()
            self._slide(self._parts.target(self._parts.main, relation(slide)), slides)
        self._book.take(self._parts.main)
        self._outside.sweep(self._parts.document, "other")
        return slides

    def _slide(self, name: str, paper: Paper) -> None:
        layouts = self._parts.targets(name, "slideLayout")
        masters = [one for layout in layouts for one in self._parts.targets(layout, "slideMaster")]
        holders: Holders = {}
        for behind in (*masters, *layouts):
            self._behind(behind, paper)
            holders |= self._held[behind]
        self._book.take(name)
        root = self._parts.root(name)
        self._lay(name, root, paper, holders, prompts=False)
        for notes in self._parts.targets(name, "notesSlide"):
            if self._book.take(notes):
                self._outside.sweep(self._parts.root(notes), "notes")

    def _behind(self, name: str, paper: Paper) -> None:
        """Lay out a master or layout once; what its placeholders say is a prompt that a slide replaces."""
        if name not in self._held:
            self._book.take(name)
            root = self._parts.root(name)
            self._held[name] = _holders(root, self._whole)
            self._lay(name, root, paper, self._held[name], prompts=True)

    def _lay(self, name: str, root: etree._Element, paper: Paper, holders: Holders, *, prompts: bool) -> None:
        """Lay out the shapes of a slide, layout or master; `prompts` says that what placeholders say is not shown."""
        shapes = _Shapes(self._book, name, paper, holders, prompts=prompts)
        for data in root:
            for tree in data if short(data) == "p:cSld" else ():
                if short(tree) == "p:bg":
                    blips = [(name, one) for one in tree.iter() if short(one) == "a:blip"] + self._themed(name, tree)
                    images = [image for source, one in blips for image in ooxml_pictures.of(self._parts, source, one)]
                    paper.cover(float(bool(blips)), 1.0, images)
                elif short(tree) == "p:spTree":
                    shapes.lay(tree, self._whole)
        for element in root.iter():
            if element.get("action", "").lower().startswith(_RUNS_PROGRAM):
                raise Problem(ProblemType.DOCUMENT_ACTIVE, "a shape that starts a program")
        self._outside.sweep(root, "template" if prompts else "other", shapes.laid_out)

    def _themed(self, name: str, background: etree._Element) -> list[tuple[str, etree._Element]]:
        """Return the pictures of a background that is one of the theme's, each after the name of the theme."""
        wanted = [whole(one.get("idx", "")) - _FIRST_BACKGROUND for one in background if short(one) == "p:bgRef"]
        for step in ("slideLayout", "slideMaster"):
            name = next(iter(self._parts.targets(name, step)), name)
        for theme in self._parts.targets(name, "theme") if wanted and wanted[0] >= 0 else ():
            fills = [fill for one in self._parts.root(theme).iter() if short(one) == "a:bgFillStyleLst" for fill in one]
            return [(theme, one) for fill in fills[wanted[0] : wanted[0] + 1] for one in fill.iter() if short(one) == "a:blip"]
        return []


class _Shapes:
    """The shapes of one part; `laid_out` are the texts of its paragraphs, `packed`."""

    def __init__(self, book: Book, name: str, paper: Paper, holders: Holders, *, prompts: bool) -> None:
        self._book = book
        self._name = name
        self._paper = paper
        self._holders = holders
        self._prompts = prompts
        self.laid_out: set[str] = set()

    def lay(self, tree: etree._Element, frame: _Frame) -> None:
        for child in tree:
            name = short(child)
            if name == "p:grpSp":
                self.lay(child, _group(child, frame))
            elif name == "mc:AlternateContent":
                shown = branch(child)
                if shown is not None:
                    self.lay(shown, frame)
            elif name in {"p:sp", "p:cxnSp", "p:pic", "p:graphicFrame"}:
                self._shape(child, frame)

    def _shape(self, shape: etree._Element, frame: _Frame) -> None:
        holder = next((one for one in shape.iter() if short(one) == "p:ph"), None)
        transform = next((one for one in shape.iter() if short(one) in {"a:xfrm", "p:xfrm"}), None)
        box = _held(holder, self._holders) if transform is None else frame.box(transform)
        shown: list[str] = []
        for one in ooxml_graphic.inside(shape):
            name = short(one)
            if ooxml_graphic.is_picture(one):
                self._paper.cover(box.width, box.height, ooxml_pictures.of(self._book.parts, self._name, one))
            elif name == "a:p":
                shown += self._paragraph(one, prompt=self._prompts and holder is not None)
            elif name in GRAPHICS:
                shown += self._book.graphic(self._name, one)
                images = self._book.filling(self._name, one)
                if images:
                    self._paper.cover(box.width, box.height, images)
        table = next((one for one in shape.iter() if short(one) == "a:tbl"), None)
        if table is not None:
            self._table(table, box)
        else:
            step = min(_LINE, box.height / max(1, len(shown)))
            for number, text in enumerate(shown):
                self._paper.put(text, box.x, box.y + number * step, max(_LINE, box.width))

    def _paragraph(self, element: etree._Element, *, prompt: bool) -> list[str]:
        text = paragraph(element).shown
        if prompt and not USUAL_PROMPT.fullmatch(text.strip()):
            return []  # a prompt of its own stays to be swept up
        text = self._book.words(element, self.laid_out)
        return [] if prompt else text.split("\n")

    def _table(self, table: etree._Element, box: _Box) -> None:
        widths = [max(1, whole(one.get("w", ""))) for grid in table if short(grid) == "a:tblGrid" for one in grid]
        rows = [row for row in table if short(row) == "a:tr"]
        for number, row in enumerate(rows):
            y = box.y + box.height * number / len(rows)
            cells = [cell for cell in row if short(cell) == "a:tc"]
            edges = widths if len(widths) >= len(cells) else [1] * len(cells)
            for place, cell in enumerate(cells):
                x = box.x + box.width * sum(edges[:place]) / sum(edges)
                texts = [text for one in cell.iter() if short(one) == "a:p" for text in self._paragraph(one, prompt=False)]
                for line, text in enumerate(texts):
                    self._paper.put(text, x, y + min(line * _LINE, box.height / len(rows)), box.width * edges[place] / sum(edges))


def _group(group: etree._Element, frame: _Frame) -> _Frame:
    for properties in group:
        if short(properties) == "p:grpSpPr":
            for transform in properties:
                if short(transform) == "a:xfrm":
                    return frame.inner(transform)
    return frame


def _holders(root: etree._Element, frame: _Frame) -> Holders:
    """Return the places of the placeholders of a layout or master, each under its type, its index, and both."""
    found: Holders = {}
    for shape in root.iter():
        if short(shape) == "p:sp":
            holder = next((one for one in shape.iter() if short(one) == "p:ph"), None)
            transform = next((one for one in shape.iter() if short(one) == "a:xfrm"), None)
            if holder is not None and transform is not None:
                kind, index = holder.get("type", "body"), holder.get("idx", "")
                for key in ((kind, index), (kind, ""), ("", index)):
                    found.setdefault(key, frame.box(transform))
    return found


def _held(holder: etree._Element | None, holders: Holders) -> _Box:
    """Return the place of a shape without one of its own."""
    kind, index = ("body", "") if holder is None else (holder.get("type", "body"), holder.get("idx", ""))
    for key in ((kind, index), ("", index) if index else (kind, ""), (kind, ""), ("title", "") if kind in _TITLES else (kind, "")):
        if key in holders:
            return holders[key]
    return _Box(0.1, _PLACES.get(kind, _BODY_PLACE), 0.8, 0.6)
