"""Which format a file has: its content decides, and its name and declared media type must agree."""

import pathlib
from typing import Final, NamedTuple

from archive.reading.reading import Format
from schemas.problems import Problem, ProblemType


class Accepted(NamedTuple):
    """One format that can be inspected, with the names and media types that go with it."""

    format: Format
    extensions: frozenset[str]
    media_types: frozenset[str]


PDF: Final = Accepted("pdf", frozenset({".pdf"}), frozenset({"application/pdf"}))
TEXT: Final = Accepted("text", frozenset({".txt"}), frozenset({"text/plain"}))
ACCEPTED: Final = (PDF, TEXT)

_PDF_MAGIC: Final = b"%PDF-"
_FOREIGN_MAGIC: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"<?xml", b"<!DOCTYPE", b"<html", b"Rar!", b"7z\xbc\xaf", b"%!PS")


def media_type_of(name: str) -> str:
    """Return the media type that goes with a file name. Raises Problem FORMAT_NOT_INSPECTABLE."""
    extension = pathlib.PurePath(name).suffix.lower()
    for accepted in ACCEPTED:
        if extension in accepted.extensions:
            return min(accepted.media_types)
    raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"{extension or 'no extension'}: only PDF and TXT can be inspected")


def format_of(name: str, media_type: str, head: bytes) -> Accepted:
    """Return the format of a file that begins with these bytes (16 or more, or all of a shorter file).

    Raises Problem FORMAT_NOT_INSPECTABLE when content, extension and media type do not name the same format.
    """
    extension = pathlib.PurePath(name).suffix.lower()
    if any(head.lower().startswith(magic.lower()) for magic in _FOREIGN_MAGIC):
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "only PDF and TXT can be inspected")
    accepted = PDF if head.startswith(_PDF_MAGIC) else TEXT
    if extension not in accepted.extensions:
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"the content is not what the extension {extension!r} says")
    if media_type.split(";", maxsplit=1)[0].strip().lower() not in accepted.media_types:
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"the content is not {media_type}")
    return accepted
