"""What a PDF shows by other means than the text of its pages: appearances of annotations, patterns, glyphs that are drawings."""

import re
from collections.abc import Iterator
from typing import Any, Final, cast

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, EncodedStreamObject, IndirectObject, StreamObject

from schemas.problems import Problem, ProblemType

_DRAWS: Final = re.compile(rb"(?<![^\0\t\n\f\r \[\](){}<>/%])BT(?![^\0\t\n\f\r \[\](){}<>/%])")
_MAXIMUM_STATES: Final = 100
_MAPPED: Final = re.compile(rb"<([0-9A-Fa-f \r\n\t]{1,16})>\s{0,8}<([0-9A-Fa-f \r\n\t]{1,64})>")
_RANGED: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s{0,8}<[0-9A-Fa-f]{4}>\s{0,8}<([0-9A-Fa-f]{4})>")
_LISTED: Final = re.compile(rb"<([0-9A-Fa-f]{4})>\s{0,8}<[0-9A-Fa-f]{4}>\s{0,8}\[\s{0,8}<([0-9A-Fa-f]{4})>")
_UNICODE: Final = re.compile(r"/Uni\w{1,12}-(?:UCS2|UTF16)-(?:HW-)?[HV]")
_GBK: Final = re.compile(r"/GBK(?:p|2K)?(?:-EUC)?-[HV]|/GBpc-EUC-[HV]|/GB-EUC-[HV]")


def refuse_drawn_text(dictionary: DictionaryObject) -> None:
    """Refuse what draws characters that cannot be read, or lies about them. Raises Problem DOCUMENT_WITHOUT_TEXT.

    A Type 3 font draws each glyph with a little page of its own; a tiling pattern may hold text that no text extraction sees;
    a font with a known encoding must not be given another mapping to characters.
    """
    subtype, kind = _plain(dict.get(dictionary, "/Subtype")), _plain(dict.get(dictionary, "/PatternType"))
    if subtype == "/Type3" and "/CharProcs" in dictionary:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "a font whose glyphs are drawings")
    if kind == 1 and isinstance(dictionary, StreamObject) and _draws_text(dictionary):
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "text in a pattern")
    if subtype == "/Type0" and _lies(dictionary):
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "a font that says other characters than it shows")


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
