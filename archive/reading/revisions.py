"""The versions inside one PDF: programs that fill in, sign or comment append to a file, and what was before stays in it.

Every version is judged, for who cuts the file behind an earlier end has that version; what no version accounts for is refused.
"""

import bisect
import operator
import re
from collections.abc import Iterable, Sequence
from mmap import mmap
from typing import Final, NamedTuple

from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 8
"""Versions of one file."""

_END: Final = b"%%EOF"
_WHITE: Final = b"\0\t\n\f\r "
_START: Final = re.compile(rb"startxref[\0\t\n\f\r ]{1,16}(\d{1,12})[\0\t\n\f\r ]{1,16}%%EOF")
_OBJECT: Final = re.compile(rb"(\d{1,10})[\0\t\n\f\r ]{1,8}(\d{1,5})[\0\t\n\f\r ]{1,8}\Z")
_LINEARIZED: Final = re.compile(rb"/Linearized[\0\t\n\f\r ]{0,8}\d")
_LENGTH: Final = re.compile(rb"/L[\0\t\n\f\r ]{0,8}(\d{1,12})")
_STREAM: Final = re.compile(rb">>[\0\t\n\f\r ]{0,4}stream(?:\r\n|\n)")
_OWN_LENGTH: Final = re.compile(rb"/Length[\0\t\n\f\r ]{1,4}(\d{1,10})(?=[\0\t\n\f\r ]{0,4}(?:/|>>))")
_CLOSING: Final = re.compile(rb"[\n\r]{0,2}endstream[\0\t\n\f\r ]{1,4}endobj")
_DICTIONARY: Final = 2048
_HEAD: Final = 1024
_TAIL: Final = 4096
_LOOK_BACK: Final = 40


class Layout(NamedTuple):
    """Where each version ends, the earliest first and the file's own last; and the streams that were passed over."""

    ends: tuple[int, ...] = ()
    streams: tuple[tuple[int, int], ...] = ()

    def require_outside(self, offsets: Iterable[int]) -> None:
        """Refuse objects that the cross-reference table puts into a stream: another reader would find them elsewhere.

        Raises Problem DOCUMENT_BROKEN.
        """
        if self.streams and any(_within(self.streams, offset) for offset in offsets):
            raise Problem(ProblemType.DOCUMENT_BROKEN, "an object inside a stream")


def layout(content: mmap | bytes) -> Layout:
    """Return how the file is laid out; most files have one end, their own.

    A linearised file has two ends by design, and Word writes a second cross-reference table that defines no object; both are
    one version. Raises Problem DOCUMENT_CUT_SHORT (no `%%EOF`), DOCUMENT_BROKEN (anything but white space behind the last one),
    and DOCUMENT_ACTIVE (more than 8 versions, or one that defines an object twice).
    """
    end = content.rfind(_END)
    if end < 0 or _is_cut(content):
        raise Problem(ProblemType.DOCUMENT_CUT_SHORT, "the file has no end")
    if _has_more(content, end + len(_END)):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the file does not end where it says")
    objects, streams = _objects(content)
    starts = [
        (found.start(), int(found.group(1)), found.end()) for found in _START.finditer(content) if not _within(streams, found.start())
    ]
    if _is_linearized(content, starts):
        starts = starts[1:]
    places = [place for _, _, place in starts if place <= end + len(_END)]
    return Layout(_defining(content, objects, places or [len(content)]), tuple(streams))


def _defining(content: mmap | bytes, objects: list[tuple[int, bytes]], places: list[int]) -> tuple[int, ...]:
    """Return those ends before which a version defines objects; the last is the end of the file."""
    versions: list[int] = []
    defined: set[bytes] = set()
    places[-1] = len(content)
    following = iter(places)
    end = next(following)
    for place, number in objects:
        while place > end:
            if defined:
                versions.append(end)
            defined, end = set(), next(following)
        if number in defined:
            raise Problem(ProblemType.DOCUMENT_ACTIVE, "earlier versions inside")
        defined.add(number)
    versions.append(len(content))
    if len(versions) > MAXIMUM:
        raise Problem(ProblemType.DOCUMENT_ACTIVE, f"more than {MAXIMUM} versions inside")
    return tuple(versions)


def _has_more(content: mmap | bytes, start: int) -> bool:
    return any(content[place : place + _TAIL].strip(_WHITE) for place in range(start, len(content), _TAIL))


def _is_cut(content: mmap | bytes) -> bool:
    """Say whether a linearised file is shorter than it says: its first end stands near its beginning."""
    head = content[:_HEAD]
    length = _LENGTH.search(head) if _LINEARIZED.search(head) else None
    return length is not None and int(length.group(1)) > len(content)


def _is_linearized(content: mmap | bytes, starts: list[tuple[int, int, int]]) -> bool:
    """Say whether the layout is that of a linearised file: two ends, and the second leads back to the table at the front."""
    return len(starts) > 1 and _LINEARIZED.search(content[:_HEAD]) is not None and starts[1][1] < starts[0][0]


def _objects(content: mmap | bytes) -> tuple[list[tuple[int, bytes]], list[tuple[int, int]]]:
    """Return place and number of each `n g obj` of the file, and where the streams lie that were passed over.

    A stream is passed over, for it may hold a whole PDF that was put in as it is, where its length stands in its own
    dictionary and its end is where that says: no reader can take such a stream for anything else.
    """
    found: list[tuple[int, bytes]] = []
    streams: list[tuple[int, int]] = []
    place = content.find(b"obj")
    while place >= 0:
        further = place + 3
        if content[place - 1 : place] != b"d":
            name = _OBJECT.search(content[max(0, place - _LOOK_BACK) : place])
            if name:
                found.append((place, name.group(1).lstrip(b"0")))
                span = _stream(content, further)
                if span[1] > further:
                    streams.append(span)
                    further = span[1]
        place = content.find(b"obj", further)
    return found, streams


def _stream(content: mmap | bytes, start: int) -> tuple[int, int]:
    """Return where the stream of the object that begins here lies; nowhere when it has none whose length is beyond doubt."""
    head = content[start : start + _DICTIONARY]
    opening = _STREAM.search(head)
    dictionary = head[: opening.start()] if opening else b""
    lengths = _OWN_LENGTH.findall(dictionary)
    if opening is None or len(lengths) != 1 or dictionary.count(b"/Length") != 1 or not _is_plain(dictionary):
        return start, start
    begin = start + opening.end()
    end = begin + int(lengths[0])
    return (begin, end) if _CLOSING.match(content[end : end + _LOOK_BACK]) else (start, start)


def _is_plain(dictionary: bytes) -> bool:
    """Say whether the first bytes of an object can only be a dictionary that is still open: its end is not in a string or comment."""
    balanced = dictionary.count(b"(") == dictionary.count(b")") and dictionary.count(b"<<") == dictionary.count(b">>") + 1
    return balanced and not any(sign in dictionary for sign in (b"\\", b"%", b"endobj"))


def _within(spans: Sequence[tuple[int, int]], place: int) -> bool:
    index = bisect.bisect_right(spans, place, key=operator.itemgetter(0)) - 1
    return index >= 0 and spans[index][0] <= place < spans[index][1]
