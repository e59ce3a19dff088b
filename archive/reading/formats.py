"""Which format a file has: its content decides, and its name and declared media type must agree."""

import pathlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from archive.reading.reading import Format
from schemas.problems import Problem, ProblemType


class Accepted(NamedTuple):
    """One format that can be inspected, with the name ending and the media type that go with it.

    `inside` is the member by which a zip shows that it is one of this kind; other formats have none.
    """

    format: Format
    extension: str
    media_type: str
    inside: str = ""


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_CONTENT_TYPES: Final = "[Content_Types].xml"
PDF: Final = Accepted("pdf", ".pdf", "application/pdf")
OFD: Final = Accepted("ofd", ".ofd", "application/ofd", "OFD.xml")
DOCX: Final = Accepted("docx", ".docx", f"{_OFFICE}.wordprocessingml.document", _CONTENT_TYPES)
XLSX: Final = Accepted("xlsx", ".xlsx", f"{_OFFICE}.spreadsheetml.sheet", _CONTENT_TYPES)
PPTX: Final = Accepted("pptx", ".pptx", f"{_OFFICE}.presentationml.presentation", _CONTENT_TYPES)
TEXT: Final = Accepted("text", ".txt", "text/plain")
ACCEPTED: Final = (PDF, OFD, DOCX, XLSX, PPTX, TEXT)

READABLE: Final = "PDF, OFD, DOCX, XLSX, PPTX, TXT"
"""The formats as texts for users name them."""

_PDF_MAGIC: Final = b"%PDF-"
_ZIP_MAGIC: Final = b"PK\x03\x04"
_COMPOUND_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN_MAGIC: Final = (b"{\\rtf", b"<?xml", b"<!DOCTYPE", b"<html", b"Rar!", b"7z\xbc\xaf", b"%!PS")


def media_type_of(name: str) -> str:
    """Return the media type that goes with a file name. Raises Problem FORMAT_NOT_INSPECTABLE."""
    return _named(name).media_type


def is_zip(head: bytes) -> bool:
    """Say whether a file begins as a zip does."""
    return head.startswith(_ZIP_MAGIC)


def format_of(name: str, media_type: str, head: bytes) -> Accepted:
    """Return the format of a file that begins with these bytes (16 or more, or all of a shorter file).

    Raises Problem FORMAT_NOT_INSPECTABLE when content, extension and media type do not name the same format. Of a zip only
    what stands inside tells more: see `confirm`. An office file with a password lies in an old binary file; its reader says so.
    """
    accepted = _named(name)
    found = next((magic for magic in (_PDF_MAGIC, _ZIP_MAGIC, _COMPOUND_MAGIC) if head.startswith(magic)), b"")
    if any(head.lower().startswith(magic.lower()) for magic in _FOREIGN_MAGIC):
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"only {READABLE} can be inspected")
    if found not in _magics_of(accepted):
        raise _other(accepted)
    if media_type.split(";", maxsplit=1)[0].strip().lower() != accepted.media_type:
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"the content is not {media_type}")
    return accepted


def confirm(accepted: Accepted, members: Iterable[str]) -> None:
    """Confirm by the members of a zip that it is of this format, and of no other: it would be two documents.

    Which of the office formats a package is, its reader confirms. Raises Problem FORMAT_NOT_INSPECTABLE.
    """
    names = {name.lower() for name in members}
    if {kind for kind in (OFD.inside, _CONTENT_TYPES) if kind.lower() in names} != {accepted.inside}:
        raise _other(accepted)


def _named(name: str) -> Accepted:
    extension = pathlib.PurePath(name).suffix.lower()
    for accepted in ACCEPTED:
        if extension == accepted.extension:
            return accepted
    raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"{extension or 'no extension'}: only {READABLE} can be inspected")


def _magics_of(accepted: Accepted) -> tuple[bytes, ...]:
    if accepted.inside == _CONTENT_TYPES:
        return _ZIP_MAGIC, _COMPOUND_MAGIC
    return (_PDF_MAGIC if accepted is PDF else _ZIP_MAGIC if accepted is OFD else b"",)


def _other(accepted: Accepted) -> Problem:
    return Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"the content is not what the extension {accepted.extension!r} says")
