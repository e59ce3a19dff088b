"""One file, one version: what an editor appended to a PDF, or what stands behind its end, is seen by some readers and not by others."""

import re
from mmap import mmap
from typing import Final

from schemas.problems import Problem, ProblemType

_END: Final = b"%%EOF"
_WHITE: Final = b"\0\t\n\f\r "
_START: Final = re.compile(rb"startxref[\0\t\n\f\r ]{1,16}(\d{1,12})")
_OBJECT: Final = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]{1,8}(\d{1,5})[\0\t\n\f\r ]{1,8}\Z")
_LINEARIZED: Final = re.compile(rb"/Linearized[\0\t\n\f\r ]{0,8}\d")
_HEAD: Final = 1024
_TAIL: Final = 4096
_LOOK_BACK: Final = 40


def refuse(content: mmap | bytes) -> None:
    """Refuse a file that ends in something else than its end, or that holds earlier versions of itself.

    Raises Problem DOCUMENT_BROKEN (no `%%EOF`, or anything but white space behind the last one) and DOCUMENT_ACTIVE (an
    object is defined twice, or objects follow the end of a first version). A linearised file has two ends by design, and
    Word writes a second cross-reference table that defines no object; both are one version.
    """
    end = content.rfind(_END)
    if end < 0 or _has_more(content, end + len(_END)):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the file does not end where it says")
    starts = [(found.start(), int(found.group(1))) for found in _START.finditer(content)]
    defined: set[bytes] = set()
    last = 0
    for place, number in _objects(content):
        if number in defined:
            raise Problem(ProblemType.DOCUMENT_ACTIVE, "earlier versions inside")
        defined.add(number)
        last = place
    if starts and last > starts[0][0] and not _is_linearized(content, starts):
        raise Problem(ProblemType.DOCUMENT_ACTIVE, "earlier versions inside")


def _has_more(content: mmap | bytes, start: int) -> bool:
    return any(content[place : place + _TAIL].strip(_WHITE) for place in range(start, len(content), _TAIL))


def _is_linearized(content: mmap | bytes, starts: list[tuple[int, int]]) -> bool:
    """Say whether the layout is that of a linearised file: two ends, and the last leads back to the table at the front."""
    return len(starts) == 2 and _LINEARIZED.search(content[:_HEAD]) is not None and starts[1][1] < starts[0][0]  # noqa: PLR2004 - two


def _objects(content: mmap | bytes) -> list[tuple[int, bytes]]:
    """Return place and number of each `n g obj` of the file."""
    found, place = [], content.find(b"obj")
    while place >= 0:
        if content[place - 1 : place] != b"d":
            name = _OBJECT.search(content[max(0, place - _LOOK_BACK) : place])
            if name:
                found.append((place, name.group(1).lstrip(b"0")))
        place = content.find(b"obj", place + 3)
    return found
