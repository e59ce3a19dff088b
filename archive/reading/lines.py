"""Lines of a PDF page with their positions, from pdfium."""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

import archive.reading.fonts  # noqa: F401 - from here on pdfium knows no font of this machine
from archive.reading.legible import repaired
from archive.reading.reading import Line

_GRID: Final = 1_000_000
_UNIT: Final = 1000.0
_WIDE_GAP: Final = 6.0
_NARROW_GAP: Final = 2.0
_SLACK: Final = 4.0
_NARROW_WIDTH: Final = 0.55
_ROW: Final = 4
_TALL: Final = 40.0
_MOST_OPEN: Final = 16
_WIDE: Final = re.compile(r"[\u2e80-\uffef]")
_RUN: Final = re.compile(r"[^\r\n]+")
_SPACES: Final = re.compile(r"(?<=\S)[ \u00a0]+(?=\S)")


@dataclass(slots=True)
class Run:
    """A piece of one line in page units: baseline box and text; `order` says when it is drawn."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    order: int = 0

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
    """Join pieces that stand side by side on one baseline though the file draws them apart (level, star and term often are).

    Each is joined to what stands left of it, whatever order the file draws them in. Lines are in the order in which their
    first pieces are drawn.
    """
    lines: list[Run] = []
    rows: dict[int, list[Run]] = {}
    for order, run in enumerate(runs):
        run.order = order
    for run in sorted(runs, key=lambda run: run.left):
        neighbour = next((line for row in _near(run) for line in _open(rows, row, run.left) if _adjacent(line, run)), None)
        if neighbour is not None:
            _merge(neighbour, run)
        else:
            lines.append(run)
            rows.setdefault(int(run.bottom // _ROW), []).append(run)
    return sorted(lines, key=lambda line: line.order)


def _near(run: Run) -> Iterator[int]:
    row = int(run.bottom // _ROW)
    yield from (row, row - 1, row + 1)


def _open(rows: dict[int, list[Run]], row: int, left: float) -> list[Run]:
    """Return the lines of a row that something further right may yet be joined to; the others are left behind for good."""
    lines = rows.get(row, [])
    lines[:] = [line for line in lines[-_MOST_OPEN:] if left - line.right <= _NARROW_GAP * max(line.height, _TALL)]
    return lines


def _adjacent(line: Run, run: Run) -> bool:
    height = max(line.height, run.height)
    overlap = min(line.top, run.top) - max(line.bottom, run.bottom)
    return overlap >= 0.5 * min(line.height, run.height) and -0.5 * height <= run.left - line.right <= _NARROW_GAP * height


def _merge(line: Run, run: Run) -> None:
    space = " " if run.left - line.right > 0.3 * line.height else ""
    line.text = f"{line.text.rstrip()}{space}{run.text.lstrip()}"
    line.right = max(line.right, run.right)
    line.bottom, line.top = min(line.bottom, run.bottom), max(line.top, run.top)
    line.order = min(line.order, run.order)


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
