"""One page of a PDF: its lines, and whether it must be looked at."""

import re
from collections.abc import Iterable
from typing import Final

import pypdfium2

from archive.reading import lines, objects, pdf_picture, shown
from archive.reading.gate import Gate
from archive.reading.legible import legible, printed
from archive.reading.reading import Page
from schemas.problems import Problem, ProblemType

_MAXIMUM_SIDE: Final = 14_400
_SHORT: Final = 20
_LINE: Final = re.compile(r"[^\r\n]+")


def page(document: pypdfium2.PdfDocument, index: int, examined: Gate) -> Page:
    """Read one page of an opened document that went through the gate.

    Raises Problem DOCUMENT_BROKEN, DOCUMENT_BOMB, and TEXT_UNMAPPED for text that can neither be read nor be looked at.
    """
    opened, number = document[index], index + 1
    if not all(0 < side <= _MAXIMUM_SIDE for side in opened.get_size()):
        raise Problem(ProblemType.DOCUMENT_BROKEN, f"page {number} has no proper size")
    drawn = objects.look(opened)
    for text in ("".join(drawn.replacements), *drawn.replacements):
        examined.note("replacement", text)
    textpage = opened.get_textpage()
    found = lines.by_pdfium(opened, textpage)
    unreadable = pdf_picture.unmapped(textpage, _doubtful(textpage, whole=examined.unmapped), number)
    unreadable = _is_drawn_unreadably(index, examined) or unreadable
    reason = pdf_picture.reason_of(opened, found, drawn, first=not index, unreadable=unreadable)
    if reason == "illegible":
        if not unreadable:
            _refuse_unfaithful(index, examined)
        found = [line for line in found if legible([line.text])]
    elif reason is None and drawn.texts and not any(printed(line.text) for line in found):
        _refuse_unfaithful(index, examined, mapped=True)  # its text says that it is blank
    picture = pdf_picture.picture(opened, reason, drawn) if reason else None
    textpage.close()
    opened.close()
    return Page(number, tuple(found), picture)


def _doubtful(textpage: pypdfium2.PdfTextPage, *, whole: bool) -> Iterable[int]:
    """Return the places of the characters that are asked whether they are any.

    Every one where a font is known to lack its mapping; elsewhere only those of short lines, as marks are.
    """
    text, count = textpage.get_text_range(), textpage.count_chars()
    if whole or count != len(text):
        return range(count)
    return [place for line in _LINE.finditer(text) if len(line.group()) <= _SHORT for place in range(*line.span())]


def _is_drawn_unreadably(index: int, examined: Gate) -> bool:
    """Say whether anything on the page may draw characters that cannot be read. Raises Problem TEXT_UNMAPPED."""
    if not examined.unreadable:
        return False
    reached = shown.reached(examined.reader.pages[index], examined.page_numbers)
    here = {id(each) for each in reached}
    found = [each for each in examined.unreadable if id(each) in here]
    if any(shown.unfaithful(each, reached) for each in found):
        raise Problem(ProblemType.TEXT_UNMAPPED, f"page {index + 1}")
    return bool(found)


def _refuse_unfaithful(index: int, examined: Gate, *, mapped: bool = False) -> None:
    if shown.lacks_font(shown.reached(examined.reader.pages[index], examined.page_numbers), mapped=mapped):
        raise Problem(ProblemType.TEXT_UNMAPPED, f"page {index + 1}")
