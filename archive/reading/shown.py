"""What a PDF shows by other means than the text of its pages: appearances of annotations, patterns, glyphs that are drawings."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, EncodedStreamObject, IndirectObject, StreamObject

from archive.reading.objects import MARK
from schemas.problems import Problem, ProblemType

_DRAWS: Final = re.compile(rb"(?<![^\0\t\n\f\r \[\](){}<>/%])BT(?![^\0\t\n\f\r \[\](){}<>/%])")
_INLINE: Final = re.compile(rb"(?<![^\0\t\n\f\r ])BI[\0\t\n\f\r /]")
_MAXIMUM_STATES: Final = 100
_MAXIMUM_ANCESTORS: Final = 64
_MAXIMUM_REACHED: Final = 50_000
_STANDARD: Final = ("/Helvetica", "/Times", "/Courier", "/Symbol", "/ZapfDingbats", "/Arial")
_FONTS: Final = frozenset(["/Type0", "/Type1", "/MMType1", "/TrueType", "/Type3"])
_MAPPED: Final = re.compile(rb"<([0-9A-Fa-f \r\n\t]{1,16})>\s{0,8}<([0-9A-Fa-f \r\n\t]{1,64})>")
_RANGED: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s{0,8}<[0-9A-Fa-f]{4}>\s{0,8}<([0-9A-Fa-f]{4})>")
_LISTED: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s{0,8}<[0-9A-Fa-f]{4}>\s{0,8}\[\s{0,8}<([0-9A-Fa-f]{4})>")
_UNICODE: Final = re.compile(r"/Uni\w{1,12}-(?:UCS2|UTF16)-(?:HW-)?[HV]")
_GBK: Final = re.compile(r"/GBK(?:p|2K)?(?:-EUC)?-[HV]|/GBpc-EUC-[HV]|/GB-EUC-[HV]")


def is_unreadable(dictionary: DictionaryObject) -> bool:
    """Say whether this draws characters that cannot be read, or lies about them: what uses it must be looked at.

    A Type 3 font draws each glyph with a little page of its own; a tiling pattern or a soft mask may hold text that no text
    extraction sees, or a picture;
    a font with a known encoding must not be given another mapping to characters.
    """
    subtype, kind = _plain(dict.get(dictionary, "/Subtype")), _plain(dict.get(dictionary, "/PatternType"))
    if kind == 1 and isinstance(dictionary, StreamObject):
        return _draws_text(dictionary) or _is_large(dictionary)
    if _plain(dict.get(dictionary, "/S")) in {"/Luminosity", "/Alpha"}:
        group = _plain(dict.get(dictionary, "/G"))
        return isinstance(group, StreamObject) and (_draws_text(group) or _holds_picture(group))
    return (subtype == "/Type3" and "/CharProcs" in dictionary) or (subtype == "/Type0" and _lies(dictionary))


def reached(page: DictionaryObject, pages: frozenset[int]) -> list[DictionaryObject]:
    """Return everything that the content of a page, its patterns, forms and annotations may be drawn with, other pages left out.

    `pages` are the numbers of the objects that are pages.
    """
    annotations = _plain(dict.get(page, "/Annots"))
    shown = [_plain(item) for item in list.__iter__(annotations)] if isinstance(annotations, ArrayObject) else []
    roots: list[Any] = [dict.get(item, "/AP") for item in shown if isinstance(item, DictionaryObject)]
    node: Any = page
    for _ in range(_MAXIMUM_ANCESTORS):
        if not isinstance(node, DictionaryObject):
            break
        roots.append(dict.get(node, "/Resources"))  # inherited ones too, used or not
        node = _plain(dict.get(node, "/Parent"))
    return list(_within(roots, pages))


def _within(roots: list[Any], pages: frozenset[int] = frozenset()) -> Iterator[DictionaryObject]:
    """Give all dictionaries that these lead to, themselves included, but no page."""
    stack, seen = list(roots), dict[int, Any]()
    while stack:
        item = stack.pop()
        if isinstance(item, IndirectObject):
            if item.idnum in pages:
                continue
            item = item.get_object()
        if id(item) in seen or not isinstance(item, (DictionaryObject, ArrayObject)):
            continue
        seen[id(item)] = item
        if len(seen) > _MAXIMUM_REACHED:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"a page with more than {_MAXIMUM_REACHED} resources")
        if isinstance(item, ArrayObject):
            stack += list(list.__iter__(item))
        else:
            yield item
            stack += list(dict.values(item))


def unfaithful(unreadable: DictionaryObject, on_page: list[DictionaryObject]) -> bool:
    """Say whether what draws unreadable characters does so with fonts that are not in the file: drawing it shows nothing."""
    own = list(_within([unreadable]))
    drawing = _plain(dict.get(unreadable, "/G", unreadable))  # of a soft mask its group draws
    return lacks_font(own) or ("/Resources" not in drawing and not is_font(unreadable) and lacks_font(on_page))


def lacks_font(dictionaries: Iterable[DictionaryObject], *, mapped: bool = False) -> bool:
    """Say whether one of these is a font that is not in the file: nobody knows what its glyphs look like where it is read.

    The standard fonts, which hold Latin letters only, are known everywhere. With `mapped` only fonts count whose characters are
    what the file says they are: by a map of its own, or by the numbers of glyphs.
    """
    return any(
        is_font(each) and not is_embedded(each) and not _is_standard(each) and (not mapped or "/ToUnicode" in each or _is_identity(each))
        for each in dictionaries
    )


def _is_standard(font: DictionaryObject) -> bool:
    name = str(_plain(dict.get(font, "/BaseFont"))).replace(" ", "")
    return _plain(dict.get(font, "/Subtype")) in {"/Type1", "/TrueType"} and name.startswith(_STANDARD)


def _is_identity(font: DictionaryObject) -> bool:
    return "Identity" in str(_plain(dict.get(font, "/Encoding")))


def is_font(dictionary: DictionaryObject) -> bool:
    """Say whether it is a font, and not one of those that a font is put together from."""
    return _plain(dict.get(dictionary, "/Subtype")) in _FONTS and "/CIDSystemInfo" not in dictionary


def is_embedded(font: DictionaryObject) -> bool:
    """Say whether the glyphs of a font are in the file."""
    if _plain(dict.get(font, "/Subtype")) == "/Type3":
        return True
    descendants = _plain(dict.get(font, "/DescendantFonts"))
    if isinstance(descendants, ArrayObject) and descendants:
        font = _plain(list.__getitem__(descendants, 0))
    descriptor = _plain(dict.get(font, "/FontDescriptor")) if isinstance(font, DictionaryObject) else None
    return isinstance(descriptor, DictionaryObject) and any(name in descriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))


def _plain(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _draws_text(pattern: StreamObject) -> bool:
    resources = _plain(dict.get(pattern, "/Resources"))
    if isinstance(resources, DictionaryObject):
        if _plain(dict.get(resources, "/Font")):
            return True
        inner = _plain(dict.get(resources, "/XObject"))
        if isinstance(inner, DictionaryObject) and any(_is_form(_plain(item)) for item in dict.values(inner)):
            return True
    return _DRAWS.search(pattern.get_data()) is not None


def _is_large(pattern: StreamObject) -> bool:
    """Say whether the cell of a pattern holds a picture and is as large as a mark; those of hatchings are small."""
    if not _holds_picture(pattern):
        return False
    box, matrix = _numbers(dict.get(pattern, "/BBox"), 4), _numbers(dict.get(pattern, "/Matrix"), 6) or [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    return not box or abs((box[2] - box[0]) * (box[3] - box[1]) * (matrix[0] * matrix[3] - matrix[1] * matrix[2])) >= MARK


def _numbers(value: Any, count: int) -> list[float]:
    """Return so many numbers of an array; nothing where it is none of them."""
    items = [_plain(item) for item in list.__iter__(array)] if isinstance(array := _plain(value), ArrayObject) else []
    return [float(item) for item in items] if len(items) == count and all(isinstance(item, (int, float)) for item in items) else []


def _holds_picture(drawing: StreamObject) -> bool:
    """Say whether a drawing of its own shows an image."""
    resources = _plain(dict.get(drawing, "/Resources"))
    inner = _plain(dict.get(resources, "/XObject")) if isinstance(resources, DictionaryObject) else None
    named = [_plain(item) for item in dict.values(inner)] if isinstance(inner, DictionaryObject) else []
    images = any(isinstance(item, DictionaryObject) and _plain(dict.get(item, "/Subtype")) == "/Image" for item in named)
    return images or _INLINE.search(drawing.get_data()) is not None


def _is_form(item: Any) -> bool:
    return isinstance(item, DictionaryObject) and _plain(dict.get(item, "/Subtype")) == "/Form"


def _lies(font: DictionaryObject) -> bool:
    mapping, encoding = _plain(dict.get(font, "/ToUnicode")), str(_plain(dict.get(font, "/Encoding")))
    if not isinstance(mapping, StreamObject):
        return False
    codec = "utf-16-be" if _UNICODE.fullmatch(encoding) else "gb18030" if _GBK.fullmatch(encoding) else ""
    return bool(codec) and any(not _agrees(code, said, codec) for code, said in _mapped(mapping.get_data()))


def _mapped(mapping: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give (code, UTF-16) of single characters and of the first character of each range."""
    for block in mapping.split(b"beginbfchar")[1:]:
        yield from _bytes(_MAPPED.findall(block.partition(b"endbfchar")[0]))
    for block in mapping.split(b"beginbfrange")[1:]:
        ranges = block.partition(b"endbfrange")[0]
        yield from _bytes(_RANGED.findall(ranges))
        yield from _bytes(_LISTED.findall(ranges))


def _bytes(pairs: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    for code, said in pairs:
        yield bytes.fromhex(code.decode()), bytes.fromhex(said.decode())


def _agrees(code: bytes, said: bytes, codec: str) -> bool:
    try:
        return code.decode(codec) == said.decode("utf-16-be")
    except UnicodeError:
        return True  # no character at all: nothing is shown for it


def appearances(dictionary: DictionaryObject, reader: PdfReader) -> Iterator[str]:
    """Give the text that the appearances of an annotation draw, in every state (pressed, ticked, hidden) it may take."""
    appearance = _plain(dict.get(dictionary, "/AP"))
    if not isinstance(appearance, DictionaryObject) or not reader.pages:
        return
    stack: list[Any] = list(dict.values(appearance))
    for _ in range(_MAXIMUM_STATES):
        if not stack:
            return
        item = _plain(stack.pop())
        if isinstance(item, StreamObject):
            yield reader.pages[0].extract_xform_text(cast("EncodedStreamObject", item))
        elif isinstance(item, DictionaryObject):
            stack += list(dict.values(item))
        elif isinstance(item, ArrayObject):
            stack += list(list.__iter__(item))
    raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "an annotation with too many appearances")
