"""What a PDF page is drawn with: one walk over its objects, before its text is read."""

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from schemas.problems import Problem, ProblemType

MAXIMUM_IMAGE: Final = 250_000_000
"""Pixels of one image on a page; an A0 plan in black and white at 400 dots an inch has as many."""

MARK: Final = 15 * 4 * (72 / 25.4) ** 2
"""The least area of a picture that may be a mark: 15 by 4 millimetres, in square points."""

HEAD: Final = 0.3
"""The upper share of a page in which a mark stands."""

_MAXIMUM_DEPTH: Final = 24
"""Of forms within forms; whatever lay deeper would not be looked at."""

_NOTHING: Final = 0.01
_REPLACEMENTS: Final = (b"ActualText", b"Alt", b"E")
_ENCODINGS: Final = ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"\xef\xbb\xbf", "utf-8"))
_PRINTED_ONLY: Final = 4  # the flag Print, and none that hides
_POINTS: Final = 72
_FEW: Final = 8
_ENOUGH_CURVES: Final = 1000
_MAXIMUM_SEGMENTS: Final = 2000
_STRIP: Final = 1.2
_MARK_HEIGHT: Final = 40.0
_THIN: Final = 1.5
_RULE: Final = 12.0
_PLAIN: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_UNMOVED: Final = pdfium.FS_MATRIX(*_PLAIN)

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]


@dataclass
class Drawn:
    """What was seen on a page.

    `pictures` is the share of the page that images cover, `covered` the share of images, forms and shadings, `segments` the
    number of path segments, `texts` that of text objects. `head` is how much of the head zone (upper 30 %) images cover, in
    square points, `curves` the curved path segments in it, as glyphs drawn as outlines have them, `strokes` those of its paths
    that are no higher than a mark and no ruled lines, as glyphs drawn with straight lines have them. `images` are (area, dots
    an inch) of each image, `strips` says that one of them could hold a line: it is wider than it is high.
    `replacements` are texts that the file gives in place of what it shows.
    """

    pictures: float = 0.0
    covered: float = 0.0
    segments: int = 0
    texts: int = 0
    head: float = 0.0
    curves: int = 0
    strokes: int = 0
    strips: bool = False
    images: list[tuple[float, float]] = field(default_factory=list)
    replacements: list[str] = field(default_factory=list)

    def dots(self) -> float:
        """Return the dots an inch of the largest image; of several about as large (a page in layers) the finest counts. 0: none."""
        largest = max((area for area, _ in self.images), default=0.0)
        return max((dots for area, dots in self.images if area >= largest / 2), default=0.0)


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
    left, bottom, right, top = paper = page.get_bbox()
    area = max(1.0, (right - left) * (top - bottom))
    place = _Place(paper, _head(paper, page.get_rotation()), _PLAIN, 0)
    _walk(page, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, place, drawn)
    drawn.pictures /= area
    drawn.covered /= area
    return drawn


def _head(paper: Box, turned: int) -> Box:
    """Return the part of the paper that is its upper part once the page is turned clockwise by so many degrees."""
    left, bottom, right, top = paper
    wide, high = HEAD * (right - left), HEAD * (top - bottom)
    match turned:
        case 90:
            return left, bottom, left + wide, top
        case 180:
            return left, bottom, right, bottom + high
        case 270:
            return right - wide, bottom, right, top
    return left, top - high, right, top


@dataclass(frozen=True)
class _Place:
    paper: Box
    head: Box
    matrix: Matrix
    depth: int

    def area(self, box: Box, within: Box) -> float:
        """Return how much of a part of the paper a box of this place covers."""
        a, b, c, d, e, f = self.matrix
        corners = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
        width = min(within[2], max(x for x, _ in corners)) - max(within[0], min(x for x, _ in corners))
        height = min(within[3], max(y for _, y in corners)) - max(within[1], min(y for _, y in corners))
        return max(0.0, width) * max(0.0, height)

    def matrix_of(self, item: Any) -> Matrix:
        """Return the matrix of an object of this place, down to the paper."""
        own = pdfium.FS_MATRIX()
        pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(own))
        a, b, c, d, e, f = self.matrix
        return (
            a * own.a + c * own.b,
            b * own.a + d * own.b,
            a * own.c + c * own.d,
            b * own.c + d * own.d,
            a * own.e + c * own.f + e,
            b * own.e + d * own.f + f,
        )

    def inside(self, form: Any) -> "_Place":
        """Return the place of the objects within a form."""
        return _Place(self.paper, self.head, self.matrix_of(form), self.depth + 1)


def _walk(parent: Any, count: Callable[[Any], int], item_at: Callable[[Any, int], Any], place: _Place, drawn: Drawn) -> None:
    for number in range(count(parent)):
        item = item_at(parent, number)
        kind = pdfium.FPDFPageObj_GetType(item)
        marks = pdfium.FPDFPageObj_CountMarks(item)
        if marks > 0:
            _unmark(item, marks, drawn)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            _path(item, place, drawn)
            continue
        box = _box(item)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            drawn.texts += 1
            if box[2] - box[0] < _NOTHING:
                _widen(item)
            continue
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            _image(item, box, place, drawn)
        if not place.depth:
            drawn.covered += place.area(box, place.paper)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            if place.depth >= _MAXIMUM_DEPTH:
                raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "forms are nested too deeply")
            _walk(item, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, place.inside(item), drawn)


def _widen(text: Any) -> None:
    """Give a text object without extent some, by an outline that its glyphs, which leave no ink, do not show.

    pdfium leaves out text whose box is empty, as that of a single character is whose font neither the file nor the machine
    has: a mark that is drawn character by character would vanish.
    """
    pdfium.FPDFTextObj_SetTextRenderMode(text, pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE)
    pdfium.FPDFPageObj_SetStrokeWidth(text, 1.0)
    pdfium.FPDFPageObj_TransformF(text, ctypes.byref(_UNMOVED))  # by which the box is measured anew


def _image(item: Any, box: Box, place: _Place, drawn: Drawn) -> None:
    area = place.area(box, place.paper)
    drawn.pictures += area
    drawn.head += place.area(box, place.head)
    across, down = ctypes.c_uint(), ctypes.c_uint()
    if not area or not pdfium.FPDFImageObj_GetImagePixelSize(item, ctypes.byref(across), ctypes.byref(down)):
        return
    if across.value * down.value > MAXIMUM_IMAGE:
        raise Problem(ProblemType.DOCUMENT_BOMB, f"an image of more than {MAXIMUM_IMAGE} pixels")
    a, b, c, d, _, _ = place.matrix_of(item)
    wide, high = max(_NOTHING, math.hypot(a, b)), max(_NOTHING, math.hypot(c, d))
    drawn.images.append((area, _POINTS * min(across.value / wide, down.value / high)))
    drawn.strips = drawn.strips or (area >= MARK and wide >= _STRIP * high)


def _path(item: Any, place: _Place, drawn: Drawn) -> None:
    count = max(0, pdfium.FPDFPath_CountSegments(item))
    drawn.segments += count
    if not count or drawn.curves >= _ENOUGH_CURVES or not place.area(box := _box(item), place.head):
        return
    short, long = sorted((box[2] - box[0], box[3] - box[1]))
    if short <= _MARK_HEIGHT and (count >= _FEW or long <= _RULE or _THIN <= short <= long <= _MARK_HEIGHT):
        drawn.strokes += count
    if count < _FEW:
        return
    for number in range(min(count, _MAXIMUM_SEGMENTS)):
        drawn.curves += pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(item, number)) == pdfium.FPDF_SEGMENT_BEZIERTO


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
