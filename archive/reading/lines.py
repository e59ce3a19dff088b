"""Lines of a PDF page with their positions, from pdfium, or from pypdf where pdfium loses glyphs."""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdf
import pypdfium2
import pypdfium2.raw as pdfium

from archive.reading.legible import repaired
from archive.reading.reading import Line

_GRID: Final = 1_000_000
_UNIT: Final = 1000.0
_WIDE_GAP: Final = 6.0
_NARROW_GAP: Final = 2.0
_SLACK: Final = 4.0
_NARROW_WIDTH: Final = 0.55
_WIDE: Final = re.compile(r"[\u2e80-\uffef]")
_RUN: Final = re.compile(r"[^\r\n]+")
_SPACES: Final = re.compile(r"(?<=\S)[ \u00a0]+(?=\S)")


@dataclass(slots=True)
class Run:
    """A piece of one line in page units: baseline box and text."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        """The height of its characters, never zero."""
        return max(1.0, self.top - self.bottom)


def by_pdfium(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> list[Line]:
    """Return the lines in the order of the file, broken at wide gaps and joined where a line was drawn in pieces."""
    text = textpage.get_text_range()
    shifted = textpage.count_chars() != len(text)
    runs: list[Run] = []
    for match in _RUN.finditer(text):
        if match.group().isspace():
            continue
        whole = _run(textpage, text, match.start(), match.end(), shifted=shifted)
        runs += _broken(textpage, text, match, shifted=shifted) if _is_loose(whole) else [whole]
    return _placed(page, joined(runs))


def _is_loose(run: Run) -> bool:
    """Say whether the line is so much longer than its characters that a wide gap may be in it; asking each space is slow."""
    wide = len(_WIDE.findall(run.text))
    natural = wide + _NARROW_WIDTH * (len(run.text) - wide)
    return run.right - run.left > (natural + _SLACK) * run.height


def _broken(textpage: pypdfium2.PdfTextPage, text: str, match: re.Match[str], *, shifted: bool) -> list[Run]:
    start, runs = match.start(), []
    for gap in _SPACES.finditer(text, match.start(), match.end()):
        before, after = _box(textpage, gap.start() - 1, shifted=shifted), _box(textpage, gap.end(), shifted=shifted)
        if after.left - before.right > _WIDE_GAP * max(before.height, after.height):
            runs.append(_run(textpage, text, start, gap.start(), shifted=shifted))
            start = gap.end()
    return [*runs, _run(textpage, text, start, match.end(), shifted=shifted)]


def by_pypdf(page: pypdfium2.PdfPage, other: pypdf.PageObject) -> list[Line]:
    """Return the lines as pypdf reads them: slower and poorer, used only where pdfium drops glyphs."""
    runs: list[Run] = []

    def visit(text: str, matrix: list[float], text_matrix: list[float], _font: Any, size: float) -> None:
        left = text_matrix[4] * matrix[0] + text_matrix[5] * matrix[2] + matrix[4]
        bottom = text_matrix[4] * matrix[1] + text_matrix[5] * matrix[3] + matrix[5]
        height = max(1.0, abs(size * text_matrix[3] * matrix[3]))
        pieces = [piece for piece in text.split("\n") if piece.strip()]
        for number, piece in enumerate(pieces):
            low = bottom - number * height * 1.5
            runs.append(Run(piece, left, low, left + len(piece) * height, low + height))

    other.extract_text(visitor_text=visit)
    return _placed(page, joined(runs))


def _box(textpage: pypdfium2.PdfTextPage, place: int, *, shifted: bool) -> Run:
    index = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, place) if shifted else place
    box = pdfium.FS_RECTF()
    # the loose box comes from the font's size: the tight one is flat where the machine lacks the font
    pdfium.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(box))
    return Run("", box.left, box.bottom, box.right, box.top)


def _run(textpage: pypdfium2.PdfTextPage, text: str, start: int, end: int, *, shifted: bool) -> Run:
    piece = text[start:end]
    first = _box(textpage, start + len(piece) - len(piece.lstrip()), shifted=shifted)
    last = _box(textpage, start + max(1, len(piece.rstrip())) - 1, shifted=shifted)
    return Run(piece, min(first.left, last.left), min(first.bottom, last.bottom), max(first.right, last.right), max(first.top, last.top))


def joined(runs: list[Run]) -> list[Run]:
    """Join pieces that stand side by side on one baseline though the file draws them apart (level, star and term often are)."""
    whole: list[Run] = []
    rows: dict[int, list[Run]] = {}
    for run in runs:
        for row in _near(run):
            neighbour = next((other for other in rows.get(row, ()) if _adjacent(other, run)), None)
            if neighbour is not None:
                _merge(neighbour, run)
                break
        else:
            whole.append(run)
            rows.setdefault(int(run.bottom // 4), []).append(run)
    return whole


def _near(run: Run) -> Iterator[int]:
    row = int(run.bottom // 4)
    yield from (row, row - 1, row + 1)


def _adjacent(one: Run, other: Run) -> bool:
    height = max(one.height, other.height)
    overlap = min(one.top, other.top) - max(one.bottom, other.bottom)
    gap = max(other.left - one.right, one.left - other.right)
    return overlap >= 0.5 * min(one.height, other.height) and -0.5 * height <= gap <= _NARROW_GAP * height


def _merge(line: Run, run: Run) -> None:
    before, after = (line, run) if line.left <= run.left else (run, line)
    space = " " if after.left - before.right > 0.3 * line.height else ""
    line.text = f"{before.text.rstrip()}{space}{after.text.lstrip()}"
    line.left, line.right = min(line.left, run.left), max(line.right, run.right)
    line.bottom, line.top = min(line.bottom, run.bottom), max(line.top, run.top)


def _placed(page: pypdfium2.PdfPage, runs: list[Run]) -> list[Line]:
    """Turn page units into fractions; pdfium knows rotation and crop box, and three of its points give the whole mapping."""
    (x, y), (x_by_x, y_by_x), (x_by_y, y_by_y) = (_corner(page, *point) for point in ((0, 0), (_UNIT, 0), (0, _UNIT)))
    mapping = ((x_by_x - x) / _UNIT, (x_by_y - x) / _UNIT, x, (y_by_x - y) / _UNIT, (y_by_y - y) / _UNIT, y)
    return [_line(mapping, run) for run in runs]


def _line(mapping: tuple[float, ...], run: Run) -> Line:
    xx, xy, x, yx, yy, y = mapping
    left, right = sorted((xx * run.left + xy * run.top + x, xx * run.right + xy * run.bottom + x))
    upper, lower = sorted((yx * run.left + yy * run.top + y, yx * run.right + yy * run.bottom + y))
    return Line(
        repaired(run.text.replace("\x00", "").strip()), round(left, 4), round(upper, 4), round(right - left, 4), round(lower - upper, 4)
    )


def _corner(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return across.value / _GRID, down.value / _GRID
