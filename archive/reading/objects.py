"""What a PDF page is drawn with: one walk over its objects, before its text is read."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from schemas.problems import Problem, ProblemType

_MAXIMUM_DEPTH: Final = 8
_NOTHING: Final = 0.01
_REPLACEMENTS: Final = (b"ActualText", b"Alt", b"E")
_ENCODINGS: Final = ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"\xef\xbb\xbf", "utf-8"))
_PRINTED_ONLY: Final = 4  # the flag Print, and none that hides
_PLAIN: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]


@dataclass
class Drawn:
    """What was seen on a page.

    `pictures` is the share of the page that images cover, `covered` the share of images, forms and shadings, `segments` the
    number of path segments. `dropped` says that there is text that pdfium leaves out because its box is empty, as it does
    where neither the file nor the machine has the font: a mark that is drawn character by character would vanish.
    `replacements` are texts that the file gives in place of what it shows.
    """

    dropped: bool = False
    pictures: float = 0.0
    covered: float = 0.0
    segments: int = 0
    replacements: list[str] = field(default_factory=list)


def flatten(document: pypdfium2.PdfDocument, index: int) -> None:
    """Draw the annotations and form fields of a page into it, hidden ones too, so that what they show is read.

    Raises Problem DOCUMENT_WITHOUT_TEXT when that cannot be done.
    """
    page = document[index]
    count = pdfium.FPDFPage_GetAnnotCount(page)
    for number in range(count):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        pdfium.FPDFAnnot_SetFlags(annotation, _PRINTED_ONLY)
        pdfium.FPDFPage_CloseAnnot(annotation)
    if count and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_PRINT) == pdfium.FLATTEN_FAIL:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"the annotations of page {index + 1} cannot be read")
    page.close()


def look(page: pypdfium2.PdfPage) -> Drawn:
    """Walk over the objects of a page, and take away the replacement texts, so that pdfium reads what is shown."""
    drawn = Drawn()
    left, bottom, right, top = page.get_bbox()
    area = max(1.0, (right - left) * (top - bottom))
    _walk(page, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, _Place((left, bottom, right, top), _PLAIN, 0), drawn)
    drawn.pictures /= area
    drawn.covered /= area
    return drawn


@dataclass(frozen=True)
class _Place:
    paper: Box
    matrix: Matrix
    depth: int

    def area(self, box: Box) -> float:
        """Return how much of the paper a box of this place covers."""
        a, b, c, d, e, f = self.matrix
        corners = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
        width = min(self.paper[2], max(x for x, _ in corners)) - max(self.paper[0], min(x for x, _ in corners))
        height = min(self.paper[3], max(y for _, y in corners)) - max(self.paper[1], min(y for _, y in corners))
        return max(0.0, width) * max(0.0, height)

    def inside(self, form: Any) -> "_Place":
        """Return the place of the objects within a form."""
        own = pdfium.FS_MATRIX()
        pdfium.FPDFPageObj_GetMatrix(form, ctypes.byref(own))
        a, b, c, d, e, f = self.matrix
        matrix = (
            a * own.a + c * own.b,
            b * own.a + d * own.b,
            a * own.c + c * own.d,
            b * own.c + d * own.d,
            a * own.e + c * own.f + e,
            b * own.e + d * own.f + f,
        )
        return _Place(self.paper, matrix, self.depth + 1)


def _walk(parent: Any, count: Callable[[Any], int], item_at: Callable[[Any, int], Any], place: _Place, drawn: Drawn) -> None:
    for number in range(count(parent)):
        item = item_at(parent, number)
        kind = pdfium.FPDFPageObj_GetType(item)
        marks = pdfium.FPDFPageObj_CountMarks(item)
        if marks > 0:
            _unmark(item, marks, drawn)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            drawn.segments += max(0, pdfium.FPDFPath_CountSegments(item))
            continue
        box = _box(item)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            drawn.dropped = drawn.dropped or box[2] - box[0] < _NOTHING
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            drawn.pictures += place.area(box)
        if kind != pdfium.FPDF_PAGEOBJ_TEXT and not place.depth:
            drawn.covered += place.area(box)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and place.depth < _MAXIMUM_DEPTH - 1:
            _walk(item, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, place.inside(item), drawn)


def _box(item: Any) -> Box:
    edges = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(item, *edges):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "an object without a place")
    left, bottom, right, top = (edge.value for edge in edges)
    return left, bottom, right, top


def _unmark(item: Any, marks: int, drawn: Drawn) -> None:
    for number in range(marks - 1, -1, -1):
        mark = pdfium.FPDFPageObj_GetMark(item, number)
        replaced = False
        for key in _REPLACEMENTS:
            text = _parameter(mark, key)
            if text is not None:
                replaced = True
                if not drawn.replacements or drawn.replacements[-1] != text:  # one for all objects that it stands for
                    drawn.replacements.append(text)
        if replaced:
            pdfium.FPDFPageObj_RemoveMark(item, mark)


def _parameter(mark: Any, key: bytes) -> str | None:
    length = ctypes.c_ulong()
    if not pdfium.FPDFPageObjMark_GetParamBlobValue(mark, key, None, 0, ctypes.byref(length)):
        return None
    # the blob, for pdfium takes the string for UTF-8, which no PDF text string is
    buffer = (ctypes.c_ubyte * max(1, length.value))()
    pdfium.FPDFPageObjMark_GetParamBlobValue(mark, key, buffer, length.value, ctypes.byref(length))
    octets = bytes(buffer)[: length.value]
    for bom, encoding in _ENCODINGS:
        if octets.startswith(bom):
            return octets[len(bom) :].decode(encoding, "replace")
    return octets.decode("latin-1")  # GBK is restored where the text is kept
