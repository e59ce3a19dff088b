"""What goes back from the process that reads a workbook: a frame with its cells or a problem, never anything between."""

from typing import Final

import msgspec
from msgspec import Struct

from archive.reading.answer import LENGTH, REFUSALS, unframed
from archive.reading.workbook.shapes import Workbook
from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 8 << 20
"""Bytes of a workbook's cells in JSON."""

MOST_SHAPES: Final = 100_000
"""Brackets of an answer: a reading process that was taken over could write millions of cells of a few bytes."""


class Told(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either `workbook`, or the type of a problem."""

    workbook: Workbook | None = None
    problem: str = ""


def framed(told: Told) -> bytes:
    """Return the frame of an answer; one that is too long says so instead."""
    encoded = msgspec.json.encode(told)
    if len(encoded) > MAXIMUM:
        encoded = msgspec.json.encode(Told(problem=ProblemType.DOCUMENT_TOO_COMPLEX.type))
    return LENGTH.pack(len(encoded)) + encoded


def open_told(answer: bytes | bytearray) -> Workbook:
    """Return the workbook of a framed answer.

    Raises the Problem it holds; READER_KILLED when it is cut short, DOCUMENT_BROKEN when it is nothing that we write.
    """
    encoded = unframed(answer, MAXIMUM)
    if answer.count(b"[") > MOST_SHAPES:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "more cells than we ever tell")
    try:
        told = msgspec.json.decode(encoded, type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the reading process gave an answer that is none") from error
    if told.workbook is not None:
        return told.workbook
    kind = ProblemType.named(told.problem)
    raise Problem(kind if kind in REFUSALS else ProblemType.DOCUMENT_BROKEN)
