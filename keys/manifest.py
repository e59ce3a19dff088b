"""ASiCManifest: the small XML that lists every signed member with its SHA-256; its exact bytes are what is signed.

The parser takes any spelling of the XML (prefixes, order of attributes, white space) and refuses everything that the
list does not need: document types, entities, processing instructions, comments, extensions, unknown elements, attributes
and namespaces. Nobody inspects such text, so none is let in.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn
from urllib.parse import quote, unquote_to_bytes
from xml.parsers import expat

from keys import member_names
from schemas.problems import Problem, ProblemType

NAMESPACE: Final = "http://uri.etsi.org/02918/v1.2.1#"
SIGNATURE_NAMESPACE: Final = "http://www.w3.org/2000/09/xmldsig#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNATURE_TYPE: Final = "application/pkcs7-signature"
METADATA_TYPE: Final = "application/json"

_REFERENCE: Final = re.compile(rb"&(?!amp;|apos;)")
LARGEST: Final = 2**20
"""Bytes of a manifest."""
MOST: Final = 128
"""Data object references of a manifest."""
_DEEPEST: Final = 3
"""Root, reference, digest: nothing lies deeper, so the digest's elements have no children."""
_DIGEST_SIZE: Final = 32

_ROOT: Final = f"{NAMESPACE} ASiCManifest"
_SIGNATURE: Final = f"{NAMESPACE} SigReference"
_OBJECT: Final = f"{NAMESPACE} DataObjectReference"
_METHOD: Final = f"{SIGNATURE_NAMESPACE} DigestMethod"
_VALUE: Final = f"{SIGNATURE_NAMESPACE} DigestValue"
_KNOWN: Final = frozenset({_ROOT, _SIGNATURE, _OBJECT, _METHOD, _VALUE})

# RFC 3986: a relative path of unreserved characters, sub-delimiters and escapes; an escaped slash would be ambiguous
_URI: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%(?!2[Ff])[0-9A-Fa-f]{2})+")
_MEDIA_TYPE: Final = re.compile(r"(?=.{3,100}\Z)[a-z0-9.+-]+/[a-z0-9.+-]+")


@dataclass(frozen=True)
class Listed:
    """A signed member: its name, media type and SHA-256 (lower-case hex). Sizes stand in the zip headers only."""

    name: str
    media_type: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a manifest says; `documents` in its order, the main document first."""

    signature: str
    metadata: Listed
    documents: tuple[Listed, ...]


def write(manifest: Manifest) -> bytes:
    """Return the XML, metadata.json first, then the documents; the same list gives the same bytes.

    Raises Problem UNSAFE_NAME, DUPLICATE_NAME or MANIFEST_MALFORMED (media type) for a list that `parse` would refuse.
    """
    _check(manifest)
    references = "".join(
        _reference(listed, rootfile=listed is manifest.documents[0]) for listed in (manifest.metadata, *manifest.documents)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<asic:ASiCManifest xmlns:asic="{NAMESPACE}" xmlns:ds="{SIGNATURE_NAMESPACE}">\n'
        f'<asic:SigReference URI="{quote(manifest.signature)}" MimeType="{SIGNATURE_TYPE}"/>\n'
        f"{references}</asic:ASiCManifest>\n"
    ).encode()


def parse(content: bytes, most: int = MOST) -> Manifest:
    """Read a manifest of at most `most` references.

    Raises Problem MANIFEST_MALFORMED, TOO_MANY_MEMBERS, UNSAFE_NAME or DUPLICATE_NAME.
    """
    if len(content) > LARGEST:
        raise _malformed("larger than 1 MiB")
    if _REFERENCE.search(content):  # one spelling for every name: readers with less than an XML parser must see what we see
        raise _malformed("character reference")
    root = _tree(content, most)
    _check_shape(root, required=())
    if not root.children or root.children[0].name != _SIGNATURE:
        raise _malformed("SigReference must come first")
    signature, *objects = root.children
    listed = [_listed(element) for element in objects]
    others = [item for item in listed if item.name != member_names.METADATA]
    metadata = [item for item in listed if item.name == member_names.METADATA]
    if len(metadata) != 1:
        raise _malformed("metadata.json must be listed once")
    _check_rootfile(objects, others[:1])
    manifest = Manifest(_signature_name(signature), metadata[0], tuple(others))
    _check(manifest)
    return manifest


def check_documents(names: Sequence[str]) -> None:
    """Refuse document names, main document first, that no manifest may list.

    Raises Problem UNSAFE_NAME, DUPLICATE_NAME, or MANIFEST_MALFORMED when there is no document.
    """
    if not names:
        raise _malformed("no document is listed")
    for name in names:
        member_names.check_document(name)
    if "/" in names[0]:
        raise Problem(ProblemType.UNSAFE_NAME, f"the main document lies in a folder: {member_names.shown(names[0])}")
    member_names.check_distinct(names)


def _reference(listed: Listed, *, rootfile: bool) -> str:
    mark = ' Rootfile="true"' if rootfile else ""
    value = base64.b64encode(bytes.fromhex(listed.sha256)).decode()
    return (
        f'<asic:DataObjectReference URI="{quote(listed.name)}" MimeType="{listed.media_type}"{mark}>'
        f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{value}</ds:DigestValue></asic:DataObjectReference>\n'
    )


def _check(manifest: Manifest) -> None:
    """Hold the rules that the writer and the reader share."""
    for listed in (manifest.metadata, *manifest.documents):
        if not _MEDIA_TYPE.fullmatch(listed.media_type):
            raise _malformed(f"media type of {member_names.shown(listed.name)}")
    check_documents([listed.name for listed in manifest.documents])


def _check_rootfile(objects: Sequence["_Element"], main: Sequence[Listed]) -> None:
    """Rootfile may be left out; where it stands, it marks the first document and nothing else."""
    for element in objects:
        mark = element.attributes.get("Rootfile", "false")
        if mark not in {"true", "false", "1", "0"}:
            raise _malformed("Rootfile")
        if mark in {"true", "1"} and [_name(element)] != [listed.name for listed in main]:
            raise _malformed("Rootfile must mark the first document")


def _signature_name(element: "_Element") -> str:
    _check_shape(element, required=("URI",), optional=("MimeType",))
    if element.children:
        raise _malformed("SigReference has content")
    if element.attributes.get("MimeType", SIGNATURE_TYPE) != SIGNATURE_TYPE:
        raise _malformed("SigReference media type")
    return _name(element)


def _listed(element: "_Element") -> Listed:
    if element.name != _OBJECT:
        raise _malformed("only DataObjectReference may follow SigReference")
    _check_shape(element, required=("URI", "MimeType"), optional=("Rootfile",))
    if [child.name for child in element.children] != [_METHOD, _VALUE]:
        raise _malformed("DataObjectReference holds DigestMethod and DigestValue")
    method, value = element.children
    _check_shape(method, required=("Algorithm",))
    _check_shape(value, required=())
    if method.attributes["Algorithm"] != SHA256:
        raise _malformed("digest algorithm is not SHA-256")
    return Listed(_name(element), element.attributes["MimeType"], _digest(value.text))


def _digest(text: str) -> str:
    plain = "".join(text.split())
    try:
        digest = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("DigestValue is not base64") from error
    if len(digest) != _DIGEST_SIZE or base64.b64encode(digest).decode() != plain:
        raise _malformed("DigestValue is not 32 bytes")
    return digest.hex()


def _name(element: "_Element") -> str:
    """Return the member's name that a URI means: escapes undone, UTF-8."""
    uri = element.attributes["URI"]
    if not _URI.fullmatch(uri):
        raise _malformed(f"URI {member_names.shown(uri)}")
    try:
        return unquote_to_bytes(uri).decode()
    except UnicodeDecodeError as error:
        raise _malformed(f"URI {member_names.shown(uri)}") from error


def _check_shape(element: "_Element", required: Sequence[str], optional: Sequence[str] = ()) -> None:
    """Refuse missing and unknown attributes, and text where no text belongs."""
    names = element.attributes.keys()
    if not set(required) <= names or not names <= {*required, *optional}:
        raise _malformed(f"attributes of {element.name.rsplit(maxsplit=1)[-1]}")
    if element.name != _VALUE and element.text.strip():
        raise _malformed(f"text in {element.name.rsplit(maxsplit=1)[-1]}")


@dataclass
class _Element:
    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list["_Element"] = field(default_factory=list)


class _Builder:
    """Collects the elements of one document, within bounds."""

    def __init__(self, most: int) -> None:
        self.open = [_Element("", {})]
        self.elements_left = 2 + _DEEPEST * most

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name not in _KNOWN or len(self.open) > _DEEPEST:
            raise _malformed(f"element {member_names.shown(name.rsplit(maxsplit=1)[-1])}")
        if not self.elements_left:
            raise Problem(ProblemType.TOO_MANY_MEMBERS, "in the manifest")
        self.elements_left -= 1
        element = _Element(name, attributes)
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _name: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        self.open[-1].text += text


def _tree(content: bytes, most: int) -> _Element:
    _refuse_utf16(content)
    builder = _Builder(most)
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.XmlDeclHandler = _refuse_other_encodings
    parser.StartNamespaceDeclHandler = _refuse_other_namespaces
    parser.StartDoctypeDeclHandler = _refuse("document type")
    parser.EntityDeclHandler = _refuse("entity")
    parser.ProcessingInstructionHandler = _refuse("processing instruction")
    parser.CommentHandler = _refuse("comment")
    parser.StartCdataSectionHandler = _refuse("CDATA section")
    try:
        parser.Parse(content, True)  # noqa: FBT003 - pyexpat takes "final" by position only
    except expat.ExpatError as error:
        raise _malformed(f"not XML: line {error.lineno}") from error
    root = builder.open[0].children[0]
    if root.name != _ROOT:
        raise _malformed("root is not ASiCManifest")
    return root


def _refuse_utf16(content: bytes) -> None:
    """Expat recognises UTF-16 by its first bytes even where it was told UTF-8."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise _malformed("not UTF-8") from error
    if "\0" in text:
        raise _malformed("not UTF-8")


def _refuse_other_encodings(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.upper() != "UTF-8":
        raise _malformed("encoding is not UTF-8")


def _refuse_other_namespaces(_prefix: str | None, uri: str | None) -> None:
    if uri not in {NAMESPACE, SIGNATURE_NAMESPACE}:
        raise _malformed("foreign namespace")


def _refuse(construct: str) -> Callable[..., NoReturn]:
    """Return a handler that refuses the construct for which it is called."""

    def handler(*_event: object) -> NoReturn:
        raise _malformed(f"{construct} is not allowed")

    return handler


def _malformed(detail: str) -> Problem:
    return Problem(ProblemType.MANIFEST_MALFORMED, detail)
