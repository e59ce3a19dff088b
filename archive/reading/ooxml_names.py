"""Names in Office Open XML: each namespace under one short prefix, whichever of its two editions (transitional, strict) is written."""

import functools
from collections.abc import Iterator
from typing import Final

from lxml import etree

EMU_PER_TWIP: Final = 635
"""English metric units, 914,400 to the inch; a twip is a twentieth of a point."""

EMU_PER_POINT: Final = 12_700

_OLD: Final = "http://schemas.openxmlformats.org"
_STRICT: Final = "http://purl.oclc.org/ooxml"
_OFFICE: Final = "http://schemas.microsoft.com/office"
_PREFIXES: Final = {
    f"{_OLD}/wordprocessingml/2006/main": "w",
    f"{_STRICT}/wordprocessingml/main": "w",
    f"{_OLD}/spreadsheetml/2006/main": "x",
    f"{_STRICT}/spreadsheetml/main": "x",
    f"{_OLD}/presentationml/2006/main": "p",
    f"{_STRICT}/presentationml/main": "p",
    f"{_OLD}/drawingml/2006/main": "a",
    f"{_STRICT}/drawingml/main": "a",
    f"{_OLD}/drawingml/2006/wordprocessingDrawing": "wp",
    f"{_STRICT}/drawingml/wordprocessingDrawing": "wp",
    f"{_OLD}/drawingml/2006/spreadsheetDrawing": "xdr",
    f"{_STRICT}/drawingml/spreadsheetDrawing": "xdr",
    f"{_OLD}/drawingml/2006/picture": "pic",
    f"{_STRICT}/drawingml/picture": "pic",
    f"{_OLD}/drawingml/2006/chart": "c",
    f"{_STRICT}/drawingml/chart": "c",
    f"{_OLD}/drawingml/2006/diagram": "dgm",
    f"{_STRICT}/drawingml/diagram": "dgm",
    f"{_OLD}/officeDocument/2006/relationships": "r",
    f"{_STRICT}/officeDocument/relationships": "r",
    f"{_OLD}/officeDocument/2006/math": "m",
    f"{_STRICT}/officeDocument/math": "m",
    f"{_OLD}/markup-compatibility/2006": "mc",
    f"{_OFFICE}/drawing/2014/chartex": "cx",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "urn:schemas-microsoft-com:office:excel": "xl",
}
_RELATIONS: Final = tuple(f"{{{namespace}}}" for namespace, prefix in _PREFIXES.items() if prefix == "r")


@functools.lru_cache(maxsize=4096)
def _short(tag: str) -> str:
    namespace, _, name = tag.rpartition("}")
    prefix = _PREFIXES.get(namespace[1:], "")
    return f"{prefix}:{name}" if prefix else name


def short(element: etree._Element) -> str:
    """Return the name of an element as `w:p`; without a prefix where its namespace is none of those that are read."""
    return _short(element.tag) if isinstance(element.tag, str) else ""


def key(name: str) -> str:
    """Return the name of an attribute, as lxml gives it, in the same short form."""
    return _short(name)


def own(element: etree._Element, name: str, otherwise: str = "") -> str:
    """Return an attribute that bears the namespace of its element (`w:val` of `w:jc`), or bears none."""
    namespace = element.tag.rpartition("}")[0]
    return element.get(f"{namespace}}}{name}") or element.get(name) or otherwise


def relation(element: etree._Element, name: str = "id") -> str:
    """Return an attribute that names a relationship (`r:id`); empty when there is none."""
    return next((value for namespace in _RELATIONS if (value := element.get(namespace + name)) is not None), "")


def beneath(container: etree._Element, wanted: str) -> Iterator[etree._Element]:
    """Give the elements of a name beneath a container, whatever wraps them, but none within another."""
    stack = list(reversed(container))
    while stack:
        element = stack.pop()
        if short(element) == wanted:
            yield element
        else:
            stack += reversed(element)


def whole(text: str, otherwise: int = 0) -> int:
    """Return a whole number within ±2^31, or `otherwise` for what is none."""
    try:
        number = int(float(text))
    except (ValueError, OverflowError):
        return otherwise
    return max(-(1 << 31), min(1 << 31, number))


def switched_on(element: etree._Element) -> bool:
    """Say whether a property that is there, as `w:vanish`, is on."""
    return own(element, "val", "true") not in {"0", "false", "off"}


def pair(element: etree._Element | None, first: str, second: str) -> tuple[int, int]:
    """Return two whole numbers of an element, a place or an extent; zeros where there is none."""
    return (0, 0) if element is None else (whole(element.get(first, "")), whole(element.get(second, "")))
