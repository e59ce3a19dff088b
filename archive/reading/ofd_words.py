"""Texts of an OFD file that stand outside its pages, and what could act: every XML of the package is looked at for both."""

import html
import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml.etree import _Element

from archive.reading import geometry
from archive.reading.legible import printed, repaired
from archive.reading.package import local_name
from schemas.problems import Problem, ProblemType

MAXIMUM_CHARACTERS: Final = 1_000_000
"""Characters of text outside the pages, as for PDF."""

_NAMESPACE: Final = "ofdspec.org"
_HARMLESS: Final = frozenset({"Region", "Goto", "URI"})
_ACTIVE: Final = {"GotoA": "link into an embedded file", "Sound": "media", "Movie": "media"}
_MEDIA: Final = frozenset({"audio", "video"})
_PLACES: Final = {
    "OutlineElem": "bookmark", "Bookmark": "bookmark", "URI": "URI", "Attachment": "attachment", "Annot": "annotation",
    "Remark": "annotation", "Parameter": "annotation", "CustomData": "property", "Title": "property", "Author": "property",
    "Subject": "property", "Abstract": "property", "Keyword": "property", "Creator": "property", "Layer": "layer",
}  # fmt: skip
_NAMING: Final = frozenset({"OutlineElem", "Bookmark", "URI", "Attachment"})
_MUTE: Final = frozenset({"TextCode", "Font"})
"""Text objects are drawn; names of fonts are shown to nobody."""

_MOST_STAMPED: Final = 0.5 * 210 * 297
"""Square millimetres of a page, half of A4."""

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_LETTER: Final = re.compile("[A-Za-z]|[^\x00-\x7f]")
_MARKUP: Final = re.compile(r"<[^<>]*>")
_QUOTED: Final = re.compile(r"""=\s{0,8}["']([^"'<>]+)["']""")


class Notes:
    """Collects (place, text) within a bound."""

    def __init__(self) -> None:
        """Begin with none."""
        self.texts: list[tuple[str, str]] = []
        self._characters = 0
        self._stamped: dict[str, float] = {}

    def weigh(self, text: str) -> None:
        """Count a text that is kept elsewhere. Raises Problem DOCUMENT_TOO_COMPLEX above a million characters in all."""
        self._characters += len(text)
        if self._characters > MAXIMUM_CHARACTERS:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "too much text outside the pages")

    def add(self, place: str, text: str) -> None:
        """Keep a text that leaves ink. Raises like `weigh`."""
        text = repaired(_CONTROLS.sub("", text)).strip()
        self.weigh(text)
        if printed(text):
            self.texts.append((place, text))

    def words(self, root: _Element, said: Iterable[str] = (), drawn: str = "") -> None:
        """Keep the texts and attributes of an XML tree but those said already.

        Characters of text objects are kept only where they are not `drawn`: they are beneath elements of this name.
        """
        codes = [code for code in root.iter("{*}TextCode") if not drawn or not _beneath(code, drawn)]
        self.add("file", "\n".join("".join(map(str, code.itertext())) for code in codes))
        known = frozenset(said)
        foreign = _NAMESPACE not in str(root.tag) and local_name(root) not in _ROOTS
        for where, text in _texts(root, foreign=foreign):
            if text not in known:
                self.add(_PLACES.get(where, "file"), text)

    def stamps(self, root: _Element) -> None:
        """Add up, page by page, how much of the paper the pictures of seals cover. Raises Problem DOCUMENT_WITHOUT_TEXT over half of it.

        A seal is a picture that nobody reads here: one over a whole page would be a scan.
        """
        for stamp in root.iter("{*}StampAnnot"):
            page, place = stamp.get("PageRef") or "", geometry.box(stamp.get("Boundary"))
            self._stamped[page] = self._stamped.get(page, 0.0) + (place.area if place else 0.0)
            if self._stamped[page] > _MOST_STAMPED:
                raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "a page beneath the picture of a seal")

    def loose(self, markup: str) -> None:
        """Keep the texts and attributes of XML that no parser takes, by its tags alone."""
        for text in (*_MARKUP.sub("\n", markup).splitlines(), *_QUOTED.findall(markup)):
            if _LETTER.search(text):
                self.add("file", html.unescape(text))


_ROOTS: Final = frozenset(
    {"OFD", "Document", "Page", "Res", "PageAnnot", "Annotations", "Attachments", "Signatures", "Signature", "DocVersion", "Extensions"}
)


def _beneath(element: _Element, name: str) -> bool:
    return next(element.iterancestors(f"{{*}}{name}"), None) is not None


def _texts(root: _Element, *, foreign: bool) -> Iterator[tuple[str, str]]:
    """Give (element, text) of what may be shown; of OFD's own elements plain ASCII is mostly geometry, paths and digests."""
    for element in root.iter():
        name = local_name(element)
        if not name or name in _MUTE:
            continue
        shown, naming = foreign or name in _PLACES, foreign or name in _NAMING
        for text in map(str, element.attrib.values()):
            if (naming and _LETTER.search(text)) or not text.isascii():
                yield name, text
        for text in (element.text or "", *(child.tail or "" for child in element)):
            if (shown and _LETTER.search(text)) or not text.isascii():
                yield name, text


def refuse_active(root: _Element) -> None:
    """Refuse actions other than links to pages and to the web, and media. Raises Problem DOCUMENT_ACTIVE."""
    for action in root.iter("{*}Action"):
        for kind in filter(None, map(local_name, action)):
            if kind not in _HARMLESS:
                raise Problem(ProblemType.DOCUMENT_ACTIVE, _ACTIVE.get(kind, "an action that is not known"))
    for medium in root.iter("{*}MultiMedia"):
        if (medium.get("Type") or "").lower() in _MEDIA:
            raise Problem(ProblemType.DOCUMENT_ACTIVE, "media")
