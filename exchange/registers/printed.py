"""A register as PDF, drawn like the paper book: A4 across, a ruled table whose head stands on every sheet, blank lines to the foot."""

import functools
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from exchange.registers.answers import Entry
from exchange.registers.columns import COLUMNS, Shown, said, shown
from exchange.registers.rules import Book
from exchange.sealing.typeface import typeface
from schemas.words import NOTICE_EN, NOTICE_ZH

_LEFT, _RIGHT, _TOP, _BOTTOM = 16 * mm, 8 * mm, 22 * mm, 15 * mm
_WIDTH, _HEIGHT = landscape(A4)
_LINE: Final = 8.5 * mm
"""A ruled line of the book; what is longer takes two or more."""
_SIZE: Final = 7.5
_LEADING: Final = 3.3 * mm
_PADDING: Final = 0.9 * mm
_MOST_LINES: Final = 8
_NEVER_FIRST: Final = frozenset("，。、；：？！）》〉」』】〕”’)]},.;:?!")
_LATIN: Final = "Helvetica"
_RUN: Final = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")


class Heading(NamedTuple):
    """What stands above and below every sheet: the book's name, the office, and who prints it when."""

    name: str
    office: str
    printed: str


class _Row(NamedTuple):
    cells: list[list[str]]
    height: float


def write(book: Book, heading: Heading, entries: Iterable[Sequence[Entry]], *, chinese: bool) -> bytes:
    """Return the PDF of entries that come in pieces; a book without entries is a sheet of blank lines."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(_WIDTH, _HEIGHT), pageCompression=1)
    canvas.setTitle(heading.name)
    columns = COLUMNS[book]
    whole = sum(column.width for column in columns)
    widths = [(_WIDTH - _LEFT - _RIGHT) * column.width / whole for column in columns]
    head = _row([said(column.label, chinese=chinese) for column in columns], widths)
    sheets = list(_sheets(_rows(columns, widths, entries, chinese=chinese), head.height))
    for number, sheet in enumerate(sheets or [[]], 1):
        _draw(canvas, (head, *sheet), widths, heading, (number, len(sheets) or 1), chinese=chinese)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _rows(columns: Sequence[Shown], widths: Sequence[float], entries: Iterable[Sequence[Entry]], *, chinese: bool) -> Iterator[_Row]:
    for piece in entries:
        for entry in piece:
            yield _row([shown(column.value(entry, chinese)) for column in columns], widths)


def _row(texts: Sequence[str], widths: Sequence[float]) -> _Row:
    cells = [_wrapped(text, width - 2 * _PADDING) for text, width in zip(texts, widths, strict=True)]
    height = max(len(cell) for cell in cells) * _LEADING + 2 * _PADDING
    return _Row(cells, max(_LINE, height))


def _wrapped(text: str, width: float) -> list[str]:
    """Break a text into lines as Chinese is broken: anywhere but before what closes. What is very long ends with a sign that it goes on."""
    lines, line, room = [], "", width
    for sign in text.replace("\n", " "):
        wide = _wide(sign)
        if wide > room and line:
            carried = line[-1:] if sign in _NEVER_FIRST and len(line) > 1 else ""
            lines.append(line[: len(line) - len(carried)])
            line, room = carried, width - sum(map(_wide, carried))
        line, room = line + sign, room - wide
    lines.append(line)
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][:-1] + "…"]


@functools.cache
def _wide(sign: str) -> float:
    return float(stringWidth(sign, _font(sign), _SIZE))


def _font(text: str) -> str:
    """Return what draws Latin letters and digits everywhere, whatever the Chinese typeface is, or that typeface."""
    return _LATIN if text.isascii() else typeface()


def _runs(text: str, size: float) -> list[tuple[str, str, float]]:
    """Cut a text into runs of one font each, with their widths."""
    runs = [run[0] for run in _RUN.finditer(text)]
    return [(run, _font(run), float(stringWidth(run, _font(run), size))) for run in runs]


def _write(canvas: Canvas, at: tuple[float, float], text: str, size: float, share: float = 0) -> None:
    """Draw a text that begins at a place; `share` of its width lies before it: a half for the middle, all of it for the end."""
    runs = _runs(text, size)
    x, y = at[0] - share * sum(width for _, _, width in runs), at[1]
    for run, font, width in runs:
        canvas.setFont(font, size)
        canvas.drawString(x, y, run)
        x += width


def _sheets(rows: Iterable[_Row], head: float) -> Iterator[list[_Row]]:
    space = _HEIGHT - _TOP - _BOTTOM - head
    sheet: list[_Row] = []
    left = space
    for row in rows:
        if row.height > left:
            yield sheet
            sheet, left = [], space
        sheet.append(row)
        left -= row.height
    if sheet:
        yield sheet


def _draw(canvas: Canvas, rows: Sequence[_Row], widths: Sequence[float], heading: Heading, at: tuple[int, int], *, chinese: bool) -> None:
    _write(canvas, (_LEFT + sum(widths) / 2, _HEIGHT - 12 * mm), heading.name, 15, 0.5)
    _write(canvas, (_LEFT, _HEIGHT - 19.5 * mm), heading.office, 8.5)
    number = f"第 {at[0]} 页　共 {at[1]} 页" if chinese else f"{at[0]} / {at[1]}"
    _write(canvas, (_WIDTH - _RIGHT, _HEIGHT - 19.5 * mm), number, 8.5, 1)
    _write(canvas, (_LEFT, 7 * mm), NOTICE_ZH if chinese else NOTICE_EN, 7)
    _write(canvas, (_WIDTH - _RIGHT, 7 * mm), heading.printed, 7, 1)
    y = _ruled(canvas, rows, widths)
    while y - _LINE >= _BOTTOM:  # the paper book's blank lines
        y -= _LINE
        canvas.line(_LEFT, y, _WIDTH - _RIGHT, y)
    x = _LEFT
    for width in (*widths, 0):
        canvas.line(x, _HEIGHT - _TOP, x, y)
        x += width
    _fold(canvas)


def _ruled(canvas: Canvas, rows: Sequence[_Row], widths: Sequence[float]) -> float:
    y: float = _HEIGHT - _TOP
    canvas.setLineWidth(0.5)
    canvas.line(_LEFT, y, _WIDTH - _RIGHT, y)
    for place, row in enumerate(rows):
        x = _LEFT
        for cell, width in zip(row.cells, widths, strict=True):
            first = y - (row.height - len(cell) * _LEADING) / 2 - _SIZE
            for number, line in enumerate(cell):
                at = (x + _PADDING if place else x + width / 2, first - number * _LEADING)
                _write(canvas, at, line, _SIZE, 0 if place else 0.5)
            x += width
        y -= row.height
        canvas.line(_LEFT, y, _WIDTH - _RIGHT, y)
    return y


def _fold(canvas: Canvas) -> None:
    """Draw the line along which the sheets are bound, with the two marks for the punch."""
    canvas.saveState()
    canvas.setDash(1, 2)
    canvas.setLineWidth(0.3)
    canvas.line(9 * mm, 10 * mm, 9 * mm, _HEIGHT - 10 * mm)
    canvas.setDash()
    for y in (_HEIGHT / 2 - 40 * mm, _HEIGHT / 2 + 40 * mm):
        canvas.circle(9 * mm, y, 1.2 * mm)
    canvas.restoreState()
