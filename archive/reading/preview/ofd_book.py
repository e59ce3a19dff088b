"""Which pages an OFD shows, and what stands on each: templates, annotations, stamps; paths are resolved as the reader resolves them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element

from archive.reading import geometry
from archive.reading.geometry import Box
from archive.reading.package import Package, local_name, resolved
from schemas.problems import Problem, ProblemType

ROOT: Final = "OFD.xml"
PAPER: Final = Box(0.0, 0.0, 210.0, 297.0)
_LONGEST_SIDE: Final = 6000.0
_MOST_TEMPLATES: Final = 16
_RESOURCES: Final = ("PublicRes", "DocumentRes", "PageRes")


@dataclass
class Resources:
    """What objects of a document name by number."""

    fonts: dict[str, _Element] = field(default_factory=dict)
    spaces: dict[str, _Element] = field(default_factory=dict)
    params: dict[str, _Element] = field(default_factory=dict)
    composites: dict[str, _Element] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)

    def kept(self, kind: str) -> dict[str, _Element] | None:
        """Return where elements of this name are kept."""
        return {"Font": self.fonts, "ColorSpace": self.spaces, "DrawParam": self.params, "CompositeGraphicUnit": self.composites}.get(kind)


@dataclass(frozen=True)
class Stamp:
    """The picture of a seal on a page: its place, what of it shows, and the member in which it lies."""

    place: Box
    clip: Box | None
    member: str


@dataclass(frozen=True)
class Leaf:
    """One page: its document, its id there, and its member."""

    document: "Document"
    identifier: str
    member: str


class Book:
    """The pages of a package, in the order of the reader."""

    def __init__(self, package: Package) -> None:
        """Find the documents and their pages. Raises Problem DOCUMENT_BROKEN and those of `Package`."""
        self.package = package
        self.pages: list[Leaf] = []
        root = package.xml(ROOT)
        names: list[str] = []
        stamps: dict[str, list[str]] = {}
        for body in named(root, "DocBody"):
            roots = [self.resolve(ROOT, loc) for loc in texts(body, "DocRoot")]
            names += roots
            for one in roots:
                stamps.setdefault(one, []).extend(self.resolve(ROOT, loc) for loc in texts(body, "Signatures"))
        for version in (self.resolve(ROOT, one.get("BaseLoc") or "") for one in named(root, "Version")):
            if version in package:
                names += [self.resolve(version, loc) for loc in texts(package.xml(version), "DocRoot")]
        seen: set[str] = set()
        for name in dict.fromkeys(names):
            document = Document(self, name, stamps.get(name, []))
            for leaf in document.leaves():
                if leaf.member not in seen:
                    seen.add(leaf.member)
                    self.pages.append(leaf)

    def resolve(self, base: str, loc: str) -> str:
        """Return the member that a path in the member `base` names; old programs write paths from the root without a slash."""
        first = resolved(base, loc)
        if first not in self.package and ".." not in loc and resolved("", loc) in self.package:
            return resolved("", loc)
        return first


class Document:
    """One document of a package."""

    def __init__(self, book: Book, name: str, signatures: list[str]) -> None:
        """Read where its pages are; what stands on them is read when it is asked for."""
        self.book, self.name, self._signatures = book, name, signatures
        self.root = book.package.xml(name)
        self.resources = Resources()
        self.area = area(self.root) or PAPER
        self._templates = {one.get("ID") or "": one.get("BaseLoc") or "" for one in named(self.root, "TemplatePage")}
        self._opened: dict[str, _Element] = {}
        self._taken: set[str] = set()
        self._ready = False

    def leaves(self) -> Iterator[Leaf]:
        """Give the pages."""
        for page in (page for pages in named(self.root, "Pages") for page in named(pages, "Page")):
            name = self.book.resolve(self.name, page.get("BaseLoc") or "")
            yield Leaf(self, page.get("ID") or "", name if name in self.book.package else f"{name}/Content.xml")

    def open(self, name: str) -> _Element:
        """Return the root of a page or template, with the resources of its own taken in."""
        if not self._ready:
            self._ready = True
            self._take(self.name, self.root)
        if name not in self._opened:
            self._opened[name] = self.book.package.xml(name)
            self._take(name, self._opened[name])
        return self._opened[name]

    def layers(self, name: str, root: _Element) -> list[_Element]:
        """Return what is drawn for a page, from the lowest: templates behind it, its own content, templates before it."""
        return self._layers(root, (name,), [0])

    def annotations(self, identifier: str) -> list[_Element]:
        """Return the annotations of a page."""
        found: list[_Element] = []
        for name in self._located("Annotations"):
            for page in named(self.book.package.xml(name), "Page"):
                for loc in texts(page, "FileLoc") if page.get("PageID") == identifier else ():
                    target = self.book.resolve(name, loc)
                    found += named(self.book.package.xml(target), "Annot") if target in self.book.package else []
        return found

    def stamps(self, identifier: str) -> list[Stamp]:
        """Return the seals of a page, as far as their files are there."""
        found: list[Stamp] = []
        package, resolve = self.book.package, self.book.resolve
        for listed in self._signatures:
            for one in named(package.xml(listed), "Signature") if listed in package else ():
                name = resolve(listed, one.get("BaseLoc") or "")
                if name in package:
                    found += self._stamps_of(name, identifier)
        return found

    def _stamps_of(self, name: str, identifier: str) -> Iterator[Stamp]:
        root = self.book.package.xml(name)
        pictured = [loc for seal in named(root, "Seal") for loc in (*texts(seal, "BaseLoc"), seal.get("BaseLoc") or "") if loc]
        members = [self.book.resolve(name, loc) for loc in (*pictured, *texts(root, "SignedValue"))]
        member = next((one for one in members if one in self.book.package), "")
        for stamp in named(root, "StampAnnot"):
            place = geometry.box(stamp.get("Boundary"))
            if stamp.get("PageRef") == identifier and place is not None and member:
                yield Stamp(place, geometry.box(stamp.get("Clip")), member)

    def _layers(self, root: _Element, within: tuple[str, ...], count: list[int]) -> list[_Element]:
        behind: list[_Element] = []
        before: list[_Element] = []
        for element in named(root, "Template"):
            loc = self._templates.get(element.get("TemplateID") or "")
            target = self.book.resolve(self.name, loc) if loc else ""
            count[0] += 1
            if target in within or count[0] > _MOST_TEMPLATES or target not in self.book.package:
                continue
            side = before if element.get("ZOrder") == "Foreground" else behind
            side += self._layers(self.open(target), (*within, target), count)
        return [*behind, *(one for one in root if local_name(one) == "Content"), *before]

    def _located(self, kind: str) -> list[str]:
        found = [self.book.resolve(self.name, loc) for loc in texts(self.root, kind)]
        return [name for name in found if name in self.book.package]

    def _take(self, base: str, root: _Element) -> None:
        for kind in _RESOURCES:
            for loc in texts(root, kind):
                name = self.book.resolve(base, loc)
                if name in self.book.package and name not in self._taken:
                    self._taken.add(name)
                    self._keep(name, self.book.package.xml(name))

    def _keep(self, base: str, root: _Element) -> None:
        folder = root.get("BaseLoc") or ""
        for element in root.iter():
            name, identifier = local_name(element), element.get("ID") or ""
            kept = self.resources.kept(name)
            if kept is not None:
                kept.setdefault(identifier, element)
            elif name == "MultiMedia":
                for loc in texts(element, "MediaFile"):
                    paths = (self.book.resolve(base, f"{folder}/{loc}"), self.book.resolve(base, loc))
                    found = next((path for path in paths if path in self.book.package), "")
                    if found:
                        self.resources.media.setdefault(identifier, found)


def named(root: _Element, name: str) -> list[_Element]:
    """Return the elements of a name beneath a root."""
    return list(root.iter(f"{{*}}{name}"))


def texts(root: _Element, name: str) -> list[str]:
    """Return the texts of the elements of a name: paths, as they are written."""
    return [text for element in named(root, name) if (text := "".join(map(str, element.itertext())).strip())]


def area(root: _Element) -> Box | None:
    """Return the size of the paper that a document or page names first. Raises Problem DOCUMENT_BROKEN for one that is none."""
    found = next((geometry.box(one.text) for one in named(root, "PhysicalBox")), None)
    if found is not None and not (0 < found.width <= _LONGEST_SIDE and 0 < found.height <= _LONGEST_SIDE):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "a page has no proper size")
    return found
