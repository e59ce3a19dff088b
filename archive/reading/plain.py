"""Plain text: UTF-8, UTF-16 with a byte order mark, GB18030; anything else is no text that can be judged."""

from typing import Final

from archive.reading.legible import legible, repaired
from archive.reading.reading import Line, Page, Reading
from schemas.problems import Problem, ProblemType

MAXIMUM: Final = 8 << 20
"""Bytes of a text file."""

LINES_PER_PAGE: Final = 28
"""A text has no pages, so it is laid out on pages of 28 printed lines, a little more than the 22 of an official document."""

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
    encodings = next(((name,) for mark, name in _MARKS if content.startswith(mark)), ("utf-8", "gb18030"))
    for encoding in filter(None, encodings):
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if any(chr(code) in text for code in _CONTROLS if chr(code) not in _ALLOWED):
            break
        return text
    raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "not plain text in UTF-8, UTF-16 or GB18030")


def read(content: bytes) -> Reading:
    """Read a text file.

    Raises Problem FORMAT_NOT_INSPECTABLE (binary, unknown encoding), DOCUMENT_TOO_COMPLEX (over 8 MiB) and
    DOCUMENT_WITHOUT_TEXT (nothing printed, or not legible).
    """
    if len(content) > MAXIMUM:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "more than 8 MiB of text")
    lines = [repaired(line.rstrip()) for line in decoded(content).translate({0x1A: None}).splitlines()]
    lines = [line for line in lines if line.strip()]
    if not legible(lines):
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "no legible text")
    pages = [
        Page(start // LINES_PER_PAGE + 1, tuple(_laid_out(lines[start : start + LINES_PER_PAGE])))
        for start in range(0, len(lines), LINES_PER_PAGE)
    ]
    return Reading(format="text", pages=tuple(pages))


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
