"""The gate before PDF text is read: every object is looked at once with pypdf, and what may not come in is named.

It refuses what could act (scripts, launch and submit actions, media, XFA), and collects every text string that stands outside
the pages (annotations, form values, bookmarks, layer names, tooltips, Info, XMP), the files inside, and what cannot be read.
"""

import functools
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import IO, Any, Final, cast

from pypdf import PdfReader
from pypdf.errors import DependencyError, LimitReachedError
from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, IndirectObject, NullObject, StreamObject, TextStringObject

from archive.reading import revisions, shown, unpacked, xmp
from archive.reading.embedded import Files
from archive.reading.legible import illegible, printed, repaired
from schemas.problems import Problem, ProblemType

MAXIMUM_PAGES: Final = 2000
MAXIMUM_OBJECTS: Final = 200_000
_COPIED: Final = 32 << 20
MAXIMUM_CHARACTERS: Final = 1_000_000
"""Characters of text outside the pages."""

_ACTIONS: Final = {
    "/JavaScript": "script",
    "/Launch": "launch action",
    "/SubmitForm": "submit action",
    "/ImportData": "import action",
    "/GoToE": "link into an embedded file",
    "/RichMediaExecute": "rich media",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
}
_KINDS: Final = {
    "/RichMedia": "rich media",
    "/Screen": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/3D": "3D content",
}
_KEYS: Final = {
    "/JS": "script",
    "/XFA": "XFA form",
}
_PLACES: Final = {
    "/Contents": "annotation",
    "/RC": "annotation",
    "/T": "annotation",
    "/Subj": "annotation",
    "/V": "form",
    "/DV": "form",
    "/TU": "form",
    "/Title": "bookmark",
    "/Name": "layer",
}
"""Places with a name of their own; any other string is reported under its key."""

# bytes, dates and identifiers of fonts: strings that no reader is ever shown
_MUTE: Final = frozenset(
    [
        "/ID",
        "/Registry",
        "/Ordering",
        "/CharSet",
        "/DA",
        "/DS",
        "/O",
        "/U",
        "/OE",
        "/UE",
        "/Perms",
        "/ColorSpace",
        "/CS",
        "/Lookup",
        "/Cert",
        "/CreationDate",
        "/ModDate",
        "/M",
        "/Panose",
        "/FontFamily",
        "/Lang",
        "/IDTree",
        "/ParentTree",
        "/Dests",
        "/CIDSet",
        "/Encrypt",
        "/MarkStyle",
        "/LastModified",
    ],
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_MARKUP: Final = re.compile(r"<[^<>]*>")
_LOST: Final = "parts of it cannot be parsed"
_LOSING: Final = ("pypdf.generic._base", "pypdf.generic._data_structures")
_LOSING_MESSAGES: Final = ("Invalid stream (index", "Invalid /N", "Value /N", "Invalid object number", "Possible root", "Invalid Root")


class _Losses(logging.Handler):
    """Hears pypdf say that it goes on without an entry or an object: a script or a mark could stand in what it left out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.name in _LOSING or str(record.msg).startswith(_LOSING_MESSAGES):
            self.found = True
            raise Problem(ProblemType.DOCUMENT_BROKEN, _LOST)


@dataclass(kw_only=True)
class Gate:
    """What the gate learned of one version of a file.

    `unreadable` draws characters that cannot be read (see `shown.is_unreadable`), `unmapped` says that some font may show glyphs
    for which no character is known. `drawn_over` says that annotations or form fields bring drawings of their own. `ends` are
    those of all versions, see `revisions.layout`.
    """

    reader: PdfReader
    ends: tuple[int, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    texts: list[tuple[str, str]] = field(default_factory=list)
    files: Files = field(default_factory=Files)
    unreadable: list[DictionaryObject] = field(default_factory=list)
    unmapped: bool = False
    drawn_over: bool = False
    characters: int = 0

    @functools.cached_property
    def page_numbers(self) -> frozenset[int]:
        """The numbers of the objects that are pages."""
        return frozenset(page.indirect_reference.idnum for page in self.reader.pages if page.indirect_reference)

    def note(self, place: str, text: str) -> None:
        """Keep a text that stands outside the pages. Raises Problem DOCUMENT_TOO_COMPLEX above a million characters."""
        text = repaired(_CONTROLS.sub("", text)).strip()
        self.characters += len(text)
        if self.characters > MAXIMUM_CHARACTERS:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "too much text outside the pages")
        if printed(text):
            self.texts.append((place, text))


def examine(content: mmap | bytes, end: int = 0) -> Gate:
    """Look at every object of the file, or of its version that ends there.

    Raises Problem DOCUMENT_ENCRYPTED (opens only with a password; one that opens without, though its owner set a password
    for changes, is read), DOCUMENT_ACTIVE, DOCUMENT_TOO_COMPLEX, TOO_MANY_PAGES, those of `revisions.layout`, and pypdf's errors
    for a broken file.
    """
    layout = revisions.Layout() if end else revisions.layout(content)
    losses = _Losses()
    log = logging.getLogger("pypdf")
    log.addHandler(losses)
    log.propagate = False  # its messages quote the document
    try:
        gate = _examine(PdfReader(_file(content, end)))
    finally:
        log.removeHandler(losses)
    if losses.found:
        raise Problem(ProblemType.DOCUMENT_BROKEN, _LOST)
    layout.require_outside(offset for table in gate.reader.xref.values() for offset in table.values())
    gate.ends = layout.ends
    return gate


def _file(content: mmap | bytes, end: int) -> IO[bytes]:
    """Return a file over the content; a mapping reads and seeks as one does, save that it refuses to seek behind its end."""
    if isinstance(content, bytes) or end or len(content) <= _COPIED:
        return io.BytesIO(content[: end or None])
    return cast("IO[bytes]", content)


def _examine(reader: PdfReader) -> Gate:
    if reader.is_encrypted:
        _open_without_password(reader)
    gate = Gate(reader=reader)
    catalog = reader.root_object
    pages = catalog["/Pages"]
    if not isinstance(pages, DictionaryObject) or int(pages.get("/Count", 0)) > MAXIMUM_PAGES or len(reader.pages) > MAXIMUM_PAGES:
        raise Problem(ProblemType.TOO_MANY_PAGES, f"more than {MAXIMUM_PAGES} pages")
    for name, value in (reader.metadata or {}).items():
        if isinstance(value, str) and name not in _MUTE:
            gate.properties[name.lstrip("/")] = repaired(_CONTROLS.sub("", value))
    own = _plain(reader.trailer.get("/Info"))
    for dictionary in _dictionaries(reader):
        _refuse_active(dictionary)
        if isinstance(dictionary, StreamObject):
            unpacked.refuse_bomb(dictionary)
        if shown.is_unreadable(dictionary):
            gate.unreadable.append(dictionary)
        gate.files.take(dictionary)
        gate.drawn_over = gate.drawn_over or "/AP" in dictionary
        for text in shown.appearances(dictionary, reader):
            gate.note("annotation", text)
        if dictionary is not own:
            _collect(dictionary, gate)
    return gate


def _open_without_password(reader: PdfReader) -> None:
    try:
        opened = reader.decrypt("")
    except (NotImplementedError, DependencyError) as error:
        raise Problem(ProblemType.DOCUMENT_ENCRYPTED, "unknown encryption") from error
    if not opened:
        raise Problem(ProblemType.DOCUMENT_ENCRYPTED, "opens only with a password")


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Walk the graph from the trailer without recursion; every indirect object is visited once."""
    seen: set[tuple[int, int]] = set()
    stack: list[Any] = [reader.trailer]
    count = 0
    while stack:
        item = stack.pop()
        if isinstance(item, IndirectObject):
            key = (item.idnum, item.generation)
            if key in seen:
                continue
            seen.add(key)
            item = item.get_object()
        count += 1
        if count > MAXIMUM_OBJECTS:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"more than {MAXIMUM_OBJECTS} objects")
        if isinstance(item, DictionaryObject):
            yield item
            children = list(dict.values(item))
        elif isinstance(item, ArrayObject):
            children = list(list.__iter__(item))
        else:
            continue
        stack += [child for child in children if isinstance(child, (IndirectObject, DictionaryObject, ArrayObject))]


def _plain(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _is_empty(value: Any) -> bool:
    # a stream's dictionary may be empty while the stream is not
    return isinstance(value, NullObject) or (
        isinstance(value, (ArrayObject, DictionaryObject)) and not isinstance(value, StreamObject) and not value
    )


def _refuse_active(dictionary: DictionaryObject) -> None:
    for name, value in dict.items(dictionary):
        found = None
        if name == "/S":
            found = _ACTIONS.get(str(_plain(value)))
        elif name in {"/Subtype", "/Type"}:
            found = _KINDS.get(str(_plain(value)))
        elif name in _KEYS and not _is_empty(_plain(value)):  # an empty list of attachments attaches nothing
            found = _KEYS[name]
        if found:
            raise Problem(ProblemType.DOCUMENT_ACTIVE, found)


def _collect(dictionary: DictionaryObject, gate: Gate) -> None:
    kind = _plain(dict.get(dictionary, "/Type"))
    if kind == "/Font" and not gate.unmapped and _may_be_unmapped(dictionary):
        gate.unmapped = True
    if kind == "/Metadata" and isinstance(dictionary, StreamObject):
        _collect_xmp(dictionary, gate)
    if _plain(dict.get(dictionary, "/Subtype")) == "/Stamp":
        gate.note("stamp", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(_plain(dict.get(dictionary, "/Name", ""))).lstrip("/")))
    for name, value in dict.items(dictionary):
        if name in _MUTE or (name == "/Contents" and "/ByteRange" in dictionary):
            continue
        for text in _strings(value):
            gate.note(_PLACES.get(name, name.lstrip("/")), _MARKUP.sub("", text) if name in {"/RC", "/RV"} else text)


def _strings(value: Any) -> Iterator[str]:
    """Give the text strings that stand directly in a value or in its array (also where a reference leads straight to one)."""
    value = _plain(value)
    if isinstance(value, ArrayObject):
        for item in list.__iter__(value):
            plain = _plain(item)
            if not isinstance(plain, ArrayObject):
                yield from _strings(plain)
    elif isinstance(value, TextStringObject):
        yield str(value)
    elif isinstance(value, ByteStringObject):  # no encoding that PDF knows; old Chinese programs wrote GBK
        try:
            text = bytes(value).decode("gb18030")
        except UnicodeError:
            return
        if not illegible(text):
            yield text


def _may_be_unmapped(font: DictionaryObject) -> bool:
    subtype = _plain(dict.get(font, "/Subtype"))
    encoding = _plain(dict.get(font, "/Encoding"))
    by_glyph = subtype == "/Type3" or (subtype == "/Type0" and str(encoding) not in {"", "None"} and "Identity" in str(encoding))
    return by_glyph and "/ToUnicode" not in font


def _collect_xmp(stream: StreamObject, gate: Gate) -> None:
    for name, text in xmp.words(stream.get_data()):
        gate.note(f"xmp {name}", text)


__all__ = ["Gate", "LimitReachedError", "examine"]
