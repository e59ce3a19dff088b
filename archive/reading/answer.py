"""What goes back from the reading process: four bytes of length, then JSON: a reading or a problem, never anything between.

Besides, its parent the zygote says in one byte how it ended, on a line that the reading process itself does not hold.
"""

import os
import signal
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

SHOWING: Final = 2
"""Documents whose pages are drawn at once; they take no place from those that are read."""

PREVIEWS: Final = 2
"""Documents that are drawn for people at once; they take no place from those that are read either."""

LONGEST_GREETING: Final = 1 << 10
"""Bytes of the `Confinement` in JSON that the zygote says once it is warm."""

LONGEST_REQUEST: Final = 150_000
"""Bytes of a `Request` in JSON: what a socket that keeps messages apart takes in one piece."""

LENGTH: Final = struct.Struct(">I")


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """What to read; the file itself travels as a descriptor. `seconds` is its wall-clock limit.

    With `show` the child does not read but shows these pages (path and number, see `reading.unseen`): it writes frames
    (`archive.reading.frames`) to its channel instead of an answer, and whoever holds the other end looks at them. With
    `preview` it answers with a `made.Made` preview of the document from that sheet on, counted from 1. With `cells` it answers
    with a `made.Made` workbook: every cell of it.
    """

    name: str
    media_type: str
    size: int
    seconds: float
    show: tuple[tuple[str, int], ...] = ()
    preview: int = 0
    cells: bool = False


class Answer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either `reading`, or the type and detail of a problem."""

    reading: Reading | None = None
    problem: str = ""
    detail: str = ""


def is_whole(framed: bytes | bytearray, most: int = MAXIMUM) -> bool:
    """Say whether all that was announced is there, or more than is ever accepted."""
    return len(framed) >= LENGTH.size and len(framed) >= LENGTH.size + min(LENGTH.unpack_from(framed)[0], most + 1)


def unframed(framed: bytes | bytearray, most: int = MAXIMUM) -> memoryview:
    """Return what a frame holds.

    Raises Problem READER_KILLED when it is cut short, DOCUMENT_BROKEN when it holds more than it says, or than is accepted.
    """
    if not is_whole(framed, most):
        raise Problem(ProblemType.READER_KILLED, "the reading process gave no whole answer")
    (length,) = LENGTH.unpack_from(framed)
    if length > most or len(framed) != LENGTH.size + length:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the reading process gave an answer of another length")
    return memoryview(framed)[LENGTH.size :]


def open_answer(framed: bytes | bytearray) -> Reading:
    """Return the reading of a framed answer.

    Raises the Problem it holds; READER_KILLED when it is cut short, DOCUMENT_BROKEN when it is nothing that our reader
    writes, too long among it.
    """
    content = unframed(framed)
    try:
        answer = msgspec.json.decode(content, type=Answer)
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
        ProblemType.FORMAT_OLD,
        ProblemType.ARCHIVE_NOT_INSPECTABLE,
        ProblemType.EXTENSION_MISMATCH,
        ProblemType.DOCUMENT_EMPTY,
        ProblemType.DOCUMENT_CUT_SHORT,
        ProblemType.DOCUMENT_BOMB,
        ProblemType.TOO_MANY_PAGES,
        ProblemType.NESTED_TOO_DEEP,
        ProblemType.TEXT_UNMAPPED,
        ProblemType.SCAN_TOO_COARSE,
        ProblemType.SCAN_ILLEGIBLE,
    },
)
"""All that a reading process may say no with."""

ENDED: Final = 0
KILLED: Final = 1
LATE: Final = 2
_REFUSED: Final = 16
_BY_CODE: Final = dict(enumerate(sorted(REFUSALS, key=lambda kind: kind.type), _REFUSED))


def exit_code(kind: ProblemType) -> int:
    """Return the exit code with which a process that shows pages says no; KILLED for what is not its to say."""
    return next((code for code, known in _BY_CODE.items() if known is kind), KILLED)


def fate(status: int) -> int:
    """Return how a process ended, from what `waitpid` says: ENDED, KILLED, LATE (no processor time left) or an `exit_code`."""
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        return LATE
    return code if code == ENDED or code in _BY_CODE else KILLED


def raise_fate(code: bytes) -> None:
    """Raise the Problem of a fate in one byte: READER_KILLED, READER_TIMEOUT, a refusal; nothing for ENDED.

    No byte at all means that nobody is left to tell: READER_RESTARTING.
    """
    if not code:
        raise Problem(ProblemType.READER_RESTARTING)
    if code[0] == LATE:
        raise Problem(ProblemType.READER_TIMEOUT)
    if code[0] != ENDED:
        raise Problem(_BY_CODE.get(code[0], ProblemType.READER_KILLED))
