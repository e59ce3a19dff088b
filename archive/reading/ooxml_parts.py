"""What an Office Open XML package is made of: content types, relationships, the main part; and what may not be in one.

Every member must be of a kind that is read or known to show no text. Macros, controls, media, and content that is fetched from
elsewhere are refused as active. Embedded files are to be read as files of their own. Hyperlinks are texts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from lxml import etree

from archive.reading.ooxml_names import short
from archive.reading.package import Package, local_name, resolved
from schemas.problems import Problem, ProblemType

Kind = Literal["docx", "xlsx", "pptx"]

_TYPES: Final = "[Content_Types].xml"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_MAIN: Final[Mapping[Kind, tuple[str, str]]] = MappingProxyType(
    {
        "docx": (f"{_OFFICE}.wordprocessingml.document.main+xml", "w:document"),
        "xlsx": (f"{_OFFICE}.spreadsheetml.sheet.main+xml", "x:workbook"),
        "pptx": (f"{_OFFICE}.presentationml.presentation.main+xml", "p:presentation"),
    }
)
_IS_XML: Final = re.compile(r"[+/]xml|\.vmldrawing")
_MUTE: Final = re.compile(
    r"image/(?:png|jpe?g|pjpeg|gif|bmp|tiff?|x-[ew]mf|[ew]mf|webp|x-png|vnd\.ms-photo)|application/x-font(?:data|-ttf)"
    rf"|{re.escape(_OFFICE)}\.(?:obfuscatedfont|\w+\.printersettings)"
)
_ACTIVE_TYPE: Final = re.compile(
    r"macro|vbaproject|vbadata|activex|toolbars|webextension|externallink\+xml|connections\+xml|querytable\+xml|^(?:audio|video)/"
)
_NESTED_TYPE: Final = re.compile(r"xhtml|oleobject|model3d")
_EMBEDDED_TYPE: Final = re.compile(
    rf"{re.escape(_OFFICE)}\.(?:oleobject|wordprocessingml\.document|spreadsheetml\.sheet|presentationml\.(?:presentation|slide))"
    r"|application/(?:vnd\.ms-(?:excel|powerpoint)|msword|pdf|zip)"
)
_ACTIVE: Final = frozenset(
    {
        "vbaProject", "wordVbaData", "control", "activeXControlBinary", "xlMacrosheet", "xlIntlMacrosheet", "attachedToolbars",
        "webextension", "webextensiontaskpanes", "video", "audio", "media", "connections", "queryTable", "externalLink",
        "externalLinkPath", "mailMergeSource", "subDocument",
    }
)  # fmt: skip
_SHOWN_AS_PICTURE: Final = frozenset({"image", "thumbnail", "hdphoto", "font", "printerSettings", "origin"})
_NESTED: Final = frozenset({"aFChunk", "model3d"})
_EMBEDDED: Final = frozenset({"oleObject", "package"})
_ORIGIN: Final = "application/vnd.openxmlformats-package.digital-signature-origin"
_RELATIONSHIPS: Final = re.compile(r"(?:(.*)/)?_rels/([^/]*)\.rels", re.IGNORECASE)


@dataclass(frozen=True)
class Relationship:
    """One arrow from a part: `kind` is the last word of its type, `target` a part's name, or an address when `external`."""

    kind: str
    target: str
    external: bool


class Parts:
    """A package that holds one document of the wanted kind, and nothing that may not come in.

    Raises Problem FORMAT_NOT_INSPECTABLE, DOCUMENT_ACTIVE, DOCUMENT_BROKEN, and those of `Package`.
    """

    def __init__(self, package: Package, kind: Kind) -> None:
        """Look at every member's type and at every relationship."""
        self._package = package
        self._types = _Types(package)
        self._relationships: dict[str, dict[str, Relationship]] = {}
        self.texts: dict[str, None] = {}
        """Names of all parts that are XML, relationships and content types left out."""
        self._embedded: set[str] = set()
        for name in package.names():
            found = _RELATIONSHIPS.fullmatch(name)
            if found:
                source = resolved("", f"{found.group(1) or ''}/{found.group(2)}")
                self._relationships[source.lower()] = _relationships(package.xml(name), source)
            elif name != _TYPES and self._is_xml(name):
                self.texts[name] = None
        self._kinds = self._reaching()
        self.main = self._main(kind)
        self.document = self._document(kind)
        """The root element of the main part."""

    def type_of(self, name: str) -> str:
        """Return the content type of a part in lower case; empty for one that has none."""
        return self._types.of(name)

    def kinds_of(self, name: str) -> frozenset[str]:
        """Return the kinds of the relationships that lead to a part; programs go by them, not by its type."""
        return frozenset(self._kinds.get(name.lower(), ()))

    def root(self, name: str) -> etree._Element:
        """Return the root element of a part. Raises Problem as `Package.xml` does."""
        return self._package.xml(name)

    def of(self, source: str) -> Mapping[str, Relationship]:
        """Return the relationships of a part by their ids; "" is the package itself."""
        return self._relationships.get(source.lower(), {})

    def target(self, source: str, identifier: str) -> str:
        """Return the name of the part to which a relationship leads. Raises Problem DOCUMENT_BROKEN when there is none."""
        found = self.of(source).get(identifier)
        if found is None or found.external or found.target not in self._package:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "a part is missing")
        return found.target

    def targets(self, source: str, kind: str) -> list[str]:
        """Return the names of the parts to which relationships of this kind lead, as far as they are there."""
        return [one.target for one in self.of(source).values() if one.kind == kind and not one.external and one.target in self._package]

    def has(self, name: str) -> bool:
        """Say whether there is such a part."""
        return name in self._package

    def bytes_of(self, name: str) -> bytes:
        """Return the bytes of a part. Raises Problem as `Package.read` does."""
        return self._package.read(name)

    def embedded(self) -> list[str]:
        """Return the names of the files that lie in the package as objects: workbooks of charts, documents, OLE objects."""
        return [name for name in self._package.names() if name.lower() in self._embedded]

    def pictures(self) -> list[str]:
        """Return the names of all parts that are pictures."""
        return [name for name in self._package.names() if self._types.of(name).startswith("image/") and name not in self.texts]

    def addresses(self) -> list[str]:
        """Return where hyperlinks lead, each once."""
        return list(dict.fromkeys(one.target for ids in self._relationships.values() for one in ids.values() if one.external))

    def _is_xml(self, name: str) -> bool:
        type_ = self._types.of(name)
        if _ACTIVE_TYPE.search(type_):
            raise Problem(ProblemType.DOCUMENT_ACTIVE, "macros, controls, media or links to other files")
        if _IS_XML.search(type_) and not _NESTED_TYPE.search(type_):
            return True
        if _EMBEDDED_TYPE.fullmatch(type_):
            self._embedded.add(name.lower())
            return False
        if _MUTE.fullmatch(type_) or (type_ == _ORIGIN and not self._package.size(name)):
            return False
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "a file is embedded that cannot be inspected")

    def _reaching(self) -> dict[str, set[str]]:
        xml = {name.lower() for name in self.texts}
        kinds: dict[str, set[str]] = {}
        for arrows in self._relationships.values():
            for arrow in arrows.values():
                if arrow.external or arrow.target not in self._package:
                    continue
                kinds.setdefault(arrow.target.lower(), set()).add(arrow.kind)
                if arrow.target.lower() in xml or arrow.kind in _SHOWN_AS_PICTURE:
                    continue
                if arrow.kind in _EMBEDDED:
                    self._embedded.add(arrow.target.lower())
                else:
                    raise Problem(ProblemType.DOCUMENT_BROKEN, "a part is not what its type says")
        return kinds

    def _main(self, kind: Kind) -> str:
        mains = self.targets("", "officeDocument")
        if len(mains) != 1:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "it has no main part, or several")
        if self._types.of(mains[0]) != _MAIN[kind][0]:
            raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"the content is not {kind}")
        return mains[0]

    def _document(self, kind: Kind) -> etree._Element:
        root = self.root(self.main)
        if short(root) != _MAIN[kind][1]:
            raise Problem(ProblemType.DOCUMENT_BROKEN, f"the main part is no {_MAIN[kind][1]}")
        return root


class _Types:
    """`[Content_Types].xml`: a type for each part, by its name or by its extension; in lower case, as types have none."""

    def __init__(self, package: Package) -> None:
        self._by_name: dict[str, str] = {}
        self._by_extension: dict[str, str] = {}
        for element in package.xml(_TYPES):
            type_ = element.get("ContentType", "").strip().lower()
            if local_name(element) == "Override":
                self._by_name[element.get("PartName", "").lstrip("/").lower()] = type_
            else:
                self._by_extension[element.get("Extension", "").lower()] = type_

    def of(self, name: str) -> str:
        return self._by_name.get(name.lower()) or self._by_extension.get(name.lower().rpartition(".")[2], "")


def _relationships(root: etree._Element, source: str) -> dict[str, Relationship]:
    found: dict[str, Relationship] = {}
    for element in root:
        kind = element.get("Type", "").rpartition("/")[2]
        external = element.get("TargetMode") == "External"
        if kind in _ACTIVE or (external and kind != "hyperlink"):
            raise Problem(ProblemType.DOCUMENT_ACTIVE, "macros, controls, media or content from elsewhere")
        if kind in _NESTED:
            raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "a file is embedded that cannot be inspected")
        target = element.get("Target", "")
        if element.get("TargetMode", "Internal") not in {"Internal", "External"} or (
            not external and "://" in target and kind != "hyperlink"
        ):
            raise Problem(ProblemType.DOCUMENT_BROKEN, "a relationship that leads nowhere")
        identifier = element.get("Id", "")
        if identifier in found:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "two relationships have the same id")
        if not external:
            target = resolved(source, target.partition("#")[0]) if kind != "hyperlink" else target
        found[identifier] = Relationship(kind, target, external or kind == "hyperlink")
    return found
