"""What goes back from a process that makes shapes of a document, a preview or cells: a frame with these or a problem, never between."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from archive.reading.answer import LENGTH, REFUSALS, unframed
from archive.reading.preview.shapes import Preview
from archive.reading.workbook.shapes import Workbook
from schemas.problems import Problem, ProblemType

T = TypeVar("T")


class Made(Struct, Generic[T], frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either what was made, or the type of a problem."""

    made: T | None = None
    problem: str = ""


@dataclass(frozen=True)
class Answers(Generic[T]):
    """One sort of them: at most `maximum` bytes in JSON, and `most_shapes` brackets.

    A reading process that was taken over could write millions of shapes of five bytes, which are a hundred times as large here and
    take the page's writer a quarter of a minute.
    """

    decoder: msgspec.json.Decoder[Made[T]]
    maximum: int
    most_shapes: int

    def framed(self, make: Callable[[], T]) -> bytes:
        """Return the frame of what is made, or of the Problem that this raises; what is too long says so instead."""
        try:
            encoded = msgspec.json.encode(Made(make()))
        except Problem as problem:
            encoded = msgspec.json.encode(Made(problem=problem.kind.type))
        if len(encoded) > self.maximum:
            encoded = msgspec.json.encode(Made(problem=ProblemType.DOCUMENT_TOO_COMPLEX.type))
        return LENGTH.pack(len(encoded)) + encoded

    def opened(self, frame: bytes | bytearray) -> T:
        """Return what a frame holds.

        Raises the Problem it holds; READER_KILLED when it is cut short, DOCUMENT_BROKEN when it is nothing that we write.
        """
        encoded = unframed(frame, self.maximum)
        if frame.count(b"[") > self.most_shapes:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "more shapes than we ever write")
        try:
            told = self.decoder.decode(encoded)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "the reading process gave an answer that is none") from error
        if told.made is not None:
            return told.made
        kind = ProblemType.named(told.problem)
        raise Problem(kind if kind in REFUSALS else ProblemType.DOCUMENT_BROKEN)


PREVIEWS: Final = Answers(msgspec.json.Decoder(Made[Preview]), 24 << 20, 1_000_000)
"""Drawn documents; `preview.budget` allows fewer shapes by far."""

WORKBOOKS: Final = Answers(msgspec.json.Decoder(Made[Workbook]), 8 << 20, 100_000)
"""The cells of a workbook."""
