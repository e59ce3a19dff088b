"""OFD (GB/T 33190) as observed files write it: text with positions, annotations, properties; no conformance is claimed.

A package may hold several documents, and several versions of each; all are read. What the pages do not lead to is read too:
two programs that resolve a path differently must not show two documents. Signatures and seals are not verified, and the
picture inside a seal is not read.
"""

from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import Final

from lxml.etree import _Element

from archive.reading import geometry, ofd_members, ofd_pictures
from archive.reading.frames import Frame
from archive.reading.gate import MAXIMUM_PAGES
from archive.reading.geometry import Box, Matrix
from archive.reading.legible import repaired
from archive.reading.nested import Nest, alone
from archive.reading.ofd_page import Drawn, Painter
from archive.reading.ofd_pictures import Views
from archive.reading.ofd_words import Notes, refuse_active
from archive.reading.package import Package, local_name, resolved
from archive.reading.reading import Page, Reading
from schemas.problems import Problem, ProblemType

ROOT: Final = "OFD.xml"
_PAPER: Final = Box(0.0, 0.0, 210.0, 297.0)
_LONGEST_SIDE: Final = 6000.0
_MAXIMUM_TEMPLATES: Final = 8
_ANYTHING: Final = "*"
_SEALED: Final = ("encryptions.xml", "decryptseed.dat")
_RESOURCES: Final = frozenset({"PublicRes", "DocumentRes", "PageRes"})
_PROPERTIES: Final = frozenset(
    {"Title", "Author", "Subject", "Abstract", "Keyword", "Creator", "CreatorVersion", "DocUsage", "CreationDate", "ModDate"}
)


def read(content: bytes | mmap, nest: Nest | None = None) -> Reading:
    """Read an OFD file; its attachments are read through `nest`, and refused without one.

    A page that pictures cover by half, or that is nothing else, must be looked at. Raises Problem: DOCUMENT_ENCRYPTED,
    DOCUMENT_ACTIVE, DOCUMENT_BROKEN, DOCUMENT_CUT_SHORT, DOCUMENT_TOO_COMPLEX, DOCUMENT_BOMB, DOCUMENT_WITHOUT_TEXT,
    FORMAT_NOT_INSPECTABLE (a kind of picture), TOO_MANY_PAGES, and those of `Nest.read` and `image.read`.
    """
    nest = nest or alone()
    package = Package(content, nest.weigh)
    if any(name.lower().rpartition("/")[2] in _SEALED for name in package.names()):
        raise Problem(ProblemType.DOCUMENT_ENCRYPTED, "the OFD is encrypted")
    try:
        return _Reader(package, nest).read()
    except RecursionError as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "objects are nested too deeply") from error


def frames(content: bytes | mmap, pages: Sequence[int], path: str) -> Iterator[Frame]:
    """Draw the wanted ones of the pages that `read` gave as pictures; a number that is none is passed over."""
    reader = _Reader(Package(content), None)
    reader.read_pages()
    yield from ofd_pictures.frames(len(reader.pages), reader.views, reader.package.read, pages, path)


class _Reader:
    """Reads one package; knows which members it has read."""

    def __init__(self, package: Package, nest: Nest | None) -> None:
        self.package = package
        self.nest = nest
        self.media: dict[str, str] = {}
        self.views = Views(self.media)
        self.notes = Notes()
        self.painter = Painter()
        self.pages: list[Page] = []
        self.seen: set[tuple[str, Box]] = set()
        self._properties: dict[str, str] = {}
        self._opened: set[str] = set()

    def read(self) -> Reading:
        self.read_pages()
        pages = ofd_pictures.pages(self.pages, self.views, self.package.read)
        for name in self.package.names():
            if name.lower() not in self._opened:
                ofd_members.read(self.package, name, self.painter, self.notes)
        return Reading(format="ofd", pages=pages, properties=self._properties, texts=tuple(self.notes.texts))

    def read_pages(self) -> None:
        root = self.open(ROOT)
        if local_name(root) != "OFD":
            raise Problem(ProblemType.DOCUMENT_BROKEN, "OFD.xml is none")
        documents = [self.resolve(ROOT, loc) for loc in _texts(root, "DocRoot")]
        for version in (self.resolve(ROOT, element.get("BaseLoc") or "") for element in _named(root, "Version")):
            if version in self.package:
                documents += [self.resolve(version, loc) for loc in _texts(self.open(version), "DocRoot")]
        for name in dict.fromkeys(documents):
            _Document(self, name).read()
        if not self.pages:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "no page")
        if not self.pages[0].lines and 1 not in self.views.of_pages:
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "page 1 is blank")

    def attach(self, name: str, shown: str) -> None:
        """Read an attached file; XML, the data of an invoice, has its texts read like all other XML of the package."""
        content = self.package.read(name)
        if ofd_members.is_xml(content) or self.nest is None or name.lower() in self._opened:
            return
        self._opened.add(name.lower())
        self.nest.read(shown or name.rpartition("/")[2], content)

    def open(self, name: str, drawn: str = "") -> _Element:
        """Return the root of an XML member, with its words kept and its actions judged.

        The caller draws what stands beneath elements called `drawn`.
        """
        root = self.package.xml(name)
        self._opened.add(name.lower())
        refuse_active(root)
        self.notes.stamps(root)
        if name == ROOT:
            self._describe(root)
        self.notes.words(root, said=self._properties.values() if name == ROOT else (), drawn=drawn)
        return root

    def resolve(self, base: str, loc: str) -> str:
        """Return the member that a path in the member `base` names; old programs write paths from the root without a slash."""
        first = resolved(base, loc)
        if first not in self.package and ".." not in loc and resolved("", loc) in self.package:
            return resolved("", loc)
        return first

    def _describe(self, root: _Element) -> None:
        """Keep what the package says of itself; what it says twice is among the texts."""
        for element in root.iter():
            name = local_name(element)
            text = repaired((element.text or "").strip())
            if name == "CustomData":
                name = element.get("Name") or name
            elif name not in _PROPERTIES:
                continue
            if text and name not in self._properties:
                self.notes.weigh(text)
                self._properties[name] = text


class _Document:
    """Reads one document of the package: its resources, templates, annotations, and then its pages."""

    def __init__(self, reader: _Reader, name: str) -> None:
        self._reader = reader
        self._name = name
        self._root = reader.open(name)
        self._templates = {element.get("ID") or "": element.get("BaseLoc") or "" for element in _named(self._root, "TemplatePage")}
        self._annotations: dict[str, list[_Element]] = {}
        self._opened: dict[str, _Element] = {}
        self._resources_read: set[str] = set()
        self._area = _area(self._root) or _PAPER

    def read(self) -> None:
        painter = self._reader.painter
        painter.begin()
        self._reader.media.clear()
        self._resources(self._name, self._root)
        for name in self._located("Attachments"):
            self._attach(name)
        for name in self._located("Annotations"):
            self._collect_annotations(name)
        for page in (page for pages in _named(self._root, "Pages") for page in _named(pages, "Page")):
            self._page(page.get("ID") or "", page.get("BaseLoc") or "")
        for annotation in (each for rest in self._annotations.values() for each in rest):
            self._annotate(annotation, Drawn(self._area))
        unused = Drawn(self._area)
        painter.draw_unused(unused)
        self._reader.notes.add("file", unused.text())

    def _located(self, kind: str) -> list[str]:
        """Return the members that elements of this name lead to; programs name members that they never wrote."""
        names = [self._reader.resolve(self._name, loc) for loc in _texts(self._root, kind)]
        return [name for name in names if name in self._reader.package]

    def _resources(self, base: str, root: _Element) -> None:
        for kind in _RESOURCES:
            for loc in _texts(root, kind):
                name = self._reader.resolve(base, loc)
                if name in self._reader.package and name not in self._resources_read:
                    self._resources_read.add(name)
                    resources = self._reader.open(name, "CompositeGraphicUnit")
                    for unit in _named(resources, "CompositeGraphicUnit"):
                        self._reader.painter.composites.setdefault(unit.get("ID") or "", []).append(unit)
                    self._media(name, resources)

    def _media(self, base: str, root: _Element) -> None:
        """Keep which member each picture is. Raises Problem DOCUMENT_BROKEN when one id stands for two."""
        folder = root.get("BaseLoc") or ""
        for medium in _named(root, "MultiMedia"):
            for loc in _texts(medium, "MediaFile"):
                paths = (self._reader.resolve(base, f"{folder}/{loc}"), self._reader.resolve(base, loc))
                name = next((path for path in paths if path in self._reader.package), "")
                if name and self._reader.media.setdefault(medium.get("ID") or "", name) != name:
                    raise Problem(ProblemType.DOCUMENT_BROKEN, "two pictures have the same id")

    def _attach(self, name: str) -> None:
        for attachment in _named(self._reader.open(name), "Attachment"):
            for loc in _texts(attachment, "FileLoc"):
                self._reader.attach(self._reader.resolve(name, loc), attachment.get("Name") or "")

    def _collect_annotations(self, name: str) -> None:
        for page in _named(self._reader.open(name), "Page"):
            for target in (self._reader.resolve(name, loc) for loc in _texts(page, "FileLoc")):
                if target in self._reader.package:
                    found = _named(self._reader.open(target, "Annot"), "Annot")
                    self._annotations.setdefault(page.get("PageID") or "", []).extend(found)

    def _page(self, number: str, loc: str) -> None:
        name = self._reader.resolve(self._name, loc)
        if name not in self._reader.package:
            name = f"{name}/Content.xml"  # some programs name the folder
        annotations = self._annotations.pop(number, [])
        if (name, self._area) in self._reader.seen and not annotations:
            return  # another version shows the same page
        self._reader.seen.add((name, self._area))
        root = self._reader.open(name, _ANYTHING)
        drawn = Drawn(_area(root) or self._area)
        self._draw(name, root, drawn, ())
        count = len(self._reader.pages) + 1
        if count > MAXIMUM_PAGES:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"more than {MAXIMUM_PAGES} pages")
        drawn.refuse_unreadable(count)
        for annotation in annotations:
            self._annotate(annotation, drawn)
        self._reader.views.take(count, drawn.area, drawn.images, whole=drawn.is_picture(), beneath_text=drawn.has_text_over_pictures())
        self._reader.notes.add("file", drawn.seen())
        self._reader.pages.append(Page(count, drawn.lines()))

    def _draw(self, name: str, root: _Element, drawn: Drawn, within: tuple[str, ...]) -> None:
        """Draw a page's templates and then the page; a template may have templates of its own."""
        if name in within or len(within) > _MAXIMUM_TEMPLATES:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "a template holds itself")
        self._resources(name, root)
        for element in _named(root, "Template"):
            loc = self._templates.get(element.get("TemplateID") or "")
            if loc is None:
                raise Problem(ProblemType.DOCUMENT_BROKEN, "a template is missing")
            target = self._reader.resolve(self._name, loc)
            if target not in self._opened:
                self._opened[target] = self._reader.open(target, _ANYTHING)
            self._draw(target, self._opened[target], drawn, (*within, name))
        self._reader.painter.draw(root, Matrix(), drawn)

    def _annotate(self, annotation: _Element, drawn: Drawn) -> None:
        """Draw the appearances of an annotation into its page, and keep their text on its own too."""
        own = Drawn(drawn.area)
        self._reader.painter.draw([annotation], Matrix(), own)
        self._reader.notes.add("stamp" if annotation.get("Type") == "Stamp" else "annotation", own.text())
        drawn.add(own)


def _named(root: _Element, name: str) -> list[_Element]:
    return list(root.iter(f"{{*}}{name}"))


def _texts(root: _Element, name: str) -> list[str]:
    """Return the texts of the elements of this name: paths, as they are written."""
    return [text for element in _named(root, name) if (text := "".join(map(str, element.itertext())).strip())]


def _area(root: _Element) -> Box | None:
    """Return the size of the paper that a document or page names first. Raises Problem DOCUMENT_BROKEN for one that is none."""
    area = next((geometry.box(element.text) for element in _named(root, "PhysicalBox")), None)
    if area is not None and not (0 < area.width <= _LONGEST_SIDE and 0 < area.height <= _LONGEST_SIDE):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "a page has no proper size")
    return area
