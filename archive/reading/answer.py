"""What goes back from the reading process: four bytes of length, then JSON: a reading or a problem, never anything between."""

import struct
from typing import Final

import msgspec
from msgspec import Struct

from archive.reading.reading import Reading
from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 8 << 20
"""Bytes of JSON."""

CHILDREN: Final = 2
"""Documents read at once."""

READY: Final = b"ready"
"""What the zygote says once it is warm."""

LENGTH: Final = struct.Struct(">I")


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """What to read; the file itself travels as a descriptor. `seconds` is its wall-clock limit."""

    name: str
    media_type: str
    size: int
    seconds: float


class Answer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either `reading`, or the type and detail of a problem."""

    reading: Reading | None = None
    problem: str = ""
    detail: str = ""


def open_answer(framed: bytes | bytearray) -> Reading:
    """Return the reading of a framed answer.

    Raises the Problem it holds; DOCUMENT_TOO_COMPLEX when it is cut short or too long (the process died, hung or was
    killed), DOCUMENT_BROKEN when it is nothing that our reader writes.
    """
    if len(framed) < LENGTH.size:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "the reading process gave no answer")
    (length,) = LENGTH.unpack_from(framed)
    if length > MAXIMUM or len(framed) != LENGTH.size + length:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "the reading process gave no whole answer")
    try:
        answer = msgspec.json.decode(memoryview(framed)[LENGTH.size :], type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the reading process gave an answer that is none") from error
    if answer.reading is not None:
        return answer.reading
    kind = ProblemType.named(answer.problem)
    raise Problem(kind if kind in REFUSALS else ProblemType.DOCUMENT_BROKEN, answer.detail[:200])


REFUSALS: Final = frozenset(
    {
        ProblemType.FORMAT_NOT_INSPECTABLE,
        ProblemType.DOCUMENT_ENCRYPTED,
        ProblemType.DOCUMENT_BROKEN,
        ProblemType.DOCUMENT_WITHOUT_TEXT,
        ProblemType.DOCUMENT_ACTIVE,
        ProblemType.DOCUMENT_TOO_COMPLEX,
    },
)
"""All that a reading process may say no with."""
