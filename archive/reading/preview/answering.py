"""What goes back from the process that draws a preview: a frame with a preview or a problem, never anything between."""

from typing import Final

import msgspec
from msgspec import Struct

from archive.reading.answer import LENGTH, REFUSALS, unframed
from archive.reading.preview.shapes import Preview
from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 24 << 20
"""Bytes of a preview in JSON."""

MOST_SHAPES: Final = 1_000_000
"""Brackets of a preview in JSON, several for each shape: `budget` allows fewer by far. A reading process that was taken over could
write millions of shapes of five bytes, which are a hundred times as large here and take the page's writer a quarter of a minute."""


class Made(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either `preview`, or the type of a problem."""

    preview: Preview | None = None
    problem: str = ""


def framed(made: Made) -> bytes:
    """Return the frame of an answer; one that is too long says so instead."""
    encoded = msgspec.json.encode(made)
    if len(encoded) > MAXIMUM:
        encoded = msgspec.json.encode(Made(problem=ProblemType.DOCUMENT_TOO_COMPLEX.type))
    return LENGTH.pack(len(encoded)) + encoded


def open_made(answer: bytes | bytearray) -> Preview:
    """Return the preview of a framed answer.

    Raises the Problem it holds; READER_KILLED when it is cut short, DOCUMENT_BROKEN when it is nothing that we write.
    """
    encoded = unframed(answer, MAXIMUM)
    if answer.count(b"[") > MOST_SHAPES:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "more shapes than we ever write")
    try:
        made = msgspec.json.decode(encoded, type=Made)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the reading process gave an answer that is none") from error
    if made.preview is not None:
        return made.preview
    kind = ProblemType.named(made.problem)
    raise Problem(kind if kind in REFUSALS else ProblemType.DOCUMENT_BROKEN)
