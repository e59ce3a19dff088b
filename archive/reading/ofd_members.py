"""The members of an OFD package that no page led to: pictures, fonts and signatures pass, text is read, anything else is refused.

A file that lies in the package without being part of the document would be sent along unseen.
"""

from typing import Final

from archive.reading import geometry, plain
from archive.reading.geometry import Box
from archive.reading.ofd_page import Drawn, Painter
from archive.reading.ofd_words import Notes, refuse_active
from archive.reading.package import Package, local_name
from schemas.problems import Problem, ProblemType

_KNOWN: Final = (
    b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"\x97JB2", b"\x00\x00\x00\x0cjP", b"\xff\x4f\xff\x51",
    b"\x00\x01\x00\x00", b"\x01\x00\x04", b"OTTO", b"ttcf", b"true", b"\x80\x01", b"wOFF", b"wOF2",
    b"0\x80", b"0\x81", b"0\x82", b"0\x83", b"0\x84",
)  # fmt: skip
"""How pictures, fonts, and seals and signatures (DER) begin."""

_PAPER: Final = Box(0.0, 0.0, 210.0, 297.0)
_SHORT_DER: Final = 0x80
_HEAD: Final = 16
_BLANKS: Final = b"\xef\xbb\xbf\x00 \t\r\n"


def read(package: Package, name: str, painter: Painter, notes: Notes) -> None:
    """Read one member that the document did not lead to.

    Raises Problem DOCUMENT_ACTIVE for what is neither XML, text, picture, font nor signature, and the readers' Problems.
    """
    content = package.read(name)
    if is_xml(content):
        _read_xml(package, content, painter, notes)
    elif content and not content.startswith(_KNOWN) and not _is_short_der(content):
        _read_text(content, notes)


def is_xml(content: bytes) -> bool:
    """Say whether bytes are XML, or at least begin like it."""
    return content[:_HEAD].lstrip(_BLANKS + b"\xfe\xff").startswith(b"<")


def _is_short_der(content: bytes) -> bool:
    return content[0] == ord("0") and len(content) > 1 and content[1] == len(content) - 2 < _SHORT_DER


def _read_xml(package: Package, content: bytes, painter: Painter, notes: Notes) -> None:
    try:
        root = package.parsed(content)
    except Problem as problem:
        # custom tags with names that no parser takes are common; what declares a document type stays refused
        if problem.kind is not ProblemType.DOCUMENT_BROKEN or b"<!" in content.replace(b"\x00", b"").replace(b"<!--", b""):
            raise
        notes.loose(plain.decoded(content))
        return
    refuse_active(root)
    notes.stamps(root)
    notes.words(root, drawn="*")
    drawn = Drawn(_PAPER)
    painter.draw([root], geometry.Matrix(), drawn)
    notes.add("template" if local_name(root) == "Page" else "file", drawn.text())


def _read_text(content: bytes, notes: Notes) -> None:
    try:
        text = plain.decoded(content)
    except Problem as problem:
        raise Problem(ProblemType.DOCUMENT_ACTIVE, "embedded file") from problem
    notes.add("file", text)
