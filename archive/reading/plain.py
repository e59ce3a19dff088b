"""Plain text: UTF-8, UTF-16 with a byte order mark, GB18030; anything else is no text that can be judged."""

import codecs
import itertools
import re
from typing import Final

from archive.reading.legible import chinese, legible, repaired
from archive.reading.reading import Line, Page, Reading
from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 8 << 20
"""Bytes of a text file."""

LINES_PER_PAGE: Final = 28
"""A text has no pages, so it is laid out on pages of 28 printed lines, a little more than the 22 of an official document."""

MAXIMUM_LINES: Final = 200_000
"""Printed lines of a text file."""

# loaded here, before any document is near
_OTHERS: Final = {
    name: codecs.getdecoder(name) for name in ("utf-8", "gb18030", "big5hkscs", "shift_jis", "euc_jp", "euc_kr", "utf-16-le", "utf-16-be")
}
_LEVEL: Final = re.compile("[绝絕絶机機秘祕][密宻].{0,40}|[^\n]{0,20}[密宻][^\n]{0,4}[★☆]")
_LAST: Final = frozenset("密宻")
"""What every level ends in: the search for the rest is slow, and few lines hold one."""

_MAXIMUM_OTHERS: Final = 100
_CHARACTERS_PER_LINE: Final = 56
_CONTROLS: Final = dict.fromkeys((*range(32), 127), None)
_ALLOWED: Final = "\t\n\r\f\x1a"
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", ""),
    (b"\x00\x00\xfe\xff", ""),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decoded(content: bytes) -> str:
    """Return the text of the bytes. Raises Problem FORMAT_NOT_INSPECTABLE for anything that is not plain text."""
    return _decoding(content)[0]


def _decoding(content: bytes) -> tuple[str, str]:
    """Return the text and the encoding in which it was read."""
    encodings = next(((name,) for mark, name in _MARKS if content.startswith(mark)), ("utf-8", "gb18030"))
    for encoding in filter(None, encodings):
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if any(chr(code) in text for code in _CONTROLS if chr(code) not in _ALLOWED):
            break
        return text, encoding
    raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "not plain text in UTF-8, UTF-16 or GB18030")


def _otherwise(content: bytes, encoding: str) -> list[tuple[str, str]]:
    """Return what a reader sees who takes the bytes for another encoding, as far as a level stands in it."""
    found: list[tuple[str, str]] = []
    for other, decode in _OTHERS.items():
        if other != encoding.removesuffix("-sig"):  # with a byte order mark it is the same text
            text, _ = decode(content, "replace")
            lines = text.split("\n") if any(sign in text for sign in _LAST) else ()
            levels = (match.group() for line in lines if not _LAST.isdisjoint(line) for match in _LEVEL.finditer(line))
            found += [("encoding", level) for level in itertools.islice(levels, _MAXIMUM_OTHERS)]
    return found


def read(content: bytes) -> Reading:
    """Read a text file.

    Bytes may be text in several encodings: what GB18030 makes of Big5, Shift-JIS or EUC-KR is no Chinese that anyone writes,
    and a level that only another encoding shows is given as a text of its own.

    Raises Problem FORMAT_NOT_INSPECTABLE (binary, unknown encoding), DOCUMENT_TOO_COMPLEX (over 8 MiB or 200,000 lines) and
    DOCUMENT_WITHOUT_TEXT (nothing printed, or not legible).
    """
    if len(content) > MAXIMUM:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "more than 8 MiB of text")
    text, encoding = _decoding(content)
    lines = [repaired(line.rstrip()) for line in text.translate({0x1A: None}).splitlines()]
    lines = [line for line in lines if line.strip()]
    if len(lines) > MAXIMUM_LINES:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"more than {MAXIMUM_LINES} lines of text")
    if not legible(lines) or (encoding == "gb18030" and not chinese(text)):
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "no legible text")
    pages = [
        Page(start // LINES_PER_PAGE + 1, tuple(_laid_out(lines[start : start + LINES_PER_PAGE])))
        for start in range(0, len(lines), LINES_PER_PAGE)
    ]
    others = () if encoding.startswith("utf-16") or content.isascii() else tuple(_otherwise(content, encoding))
    return Reading(format="text", pages=tuple(pages), texts=others)


def _laid_out(lines: list[str]) -> list[Line]:
    return [
        Line(
            line,
            0.0,
            round(index / LINES_PER_PAGE, 4),
            round(min(1.0, len(line) / _CHARACTERS_PER_LINE), 4),
            round(1 / LINES_PER_PAGE, 4),
        )
        for index, line in enumerate(lines)
    ]
