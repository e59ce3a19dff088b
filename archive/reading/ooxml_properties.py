"""What an Office file says about itself: core, application and custom properties."""

from typing import Final

from lxml import etree

from archive.reading.ooxml_outside import Outside
from archive.reading.ooxml_parts import Parts
from archive.reading.package import local_name

_KINDS: Final = frozenset(
    {"core-properties", "coreProperties", "extended-properties", "extendedProperties", "custom-properties", "customProperties"}
)
# numbers, dates and names of programs
_UNTOLD: Final = frozenset(
    {
        "created", "modified", "lastPrinted", "revision", "version", "Pages", "Words", "Characters", "CharactersWithSpaces", "Lines",
        "Paragraphs", "TotalTime", "Slides", "Notes", "HiddenSlides", "MMClips", "DocSecurity", "ScaleCrop", "LinksUpToDate",
        "SharedDoc", "HyperlinksChanged", "AppVersion", "DigSig", "HeadingPairs", "PresentationFormat",
    }
)  # fmt: skip


def read(parts: Parts, outside: Outside) -> set[str]:
    """Take in all properties, and return the names of the parts in which they stand."""
    found = {one.target for one in parts.of("").values() if one.kind in _KINDS and not one.external and one.target in parts.texts}
    for name in sorted(found):
        for element in parts.root(name):
            if local_name(element) == "property":
                _custom(element, outside)
            elif local_name(element) not in _UNTOLD:
                outside.state(local_name(element), _text(element))
    return found


def _custom(element: etree._Element, outside: Outside) -> None:
    name = element.get("name", "")
    if not name.isascii():
        outside.note("property", name)
    outside.state(name, _text(element))


def _text(element: etree._Element) -> str:
    return "\n".join(piece for piece in map(str, element.itertext()) if not piece.isspace())
