"""Pages of a PDF as pixels: fine enough, upright, with what a reader sees on them, and nothing hidden beneath it."""

import paper_maker
import pytest
import scanned_page_maker
from PIL import Image, ImageStat
from scanned_page_maker import PACKINGS, scan, sheet

from archive.reading import pdf
from archive.reading.frames import MAXIMUM_PIXELS, MAXIMUM_SIDE, Frame
from archive.reading.nested import alone
from schemas.problems import Problem, ProblemType

BAR = (0.1, 0.05, 0.5, 0.1)
"""Where the bar of a sheet is: left, upper, right and lower edge, as fractions."""

PAPER = (0.6, 0.6, 0.9, 0.9)


def frame(content: bytes, number: int = 1) -> Frame:
    (drawn,) = pdf.frames(content, [number], "附件")
    assert len(drawn.pixels) == drawn.width * drawn.height * 3
    return drawn


def shade(drawn: Frame, place: tuple[float, float, float, float]) -> float:
    """Return how bright a place of the page is, from 0 to 1, its rim left out."""
    image = Image.frombytes("RGB", (drawn.width, drawn.height), bytes(drawn.pixels)).convert("L")
    left, upper, right, lower = place
    wide, high = (right - left) / 10, (lower - upper) / 10
    box = (left + wide, upper + high, right - wide, lower - high)
    return ImageStat.Stat(image.crop(tuple(int(at * side) for at, side in zip(box, image.size * 2, strict=True)))).mean[0] / 255


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_scan_is_drawn_however_it_is_packed(packing: str):
    content = scan(sheet(), packing)
    (page,) = pdf.read(content, alone()).pages
    assert (page.picture.reason, page.picture.dots) == ("scan", 150)
    drawn = frame(content)
    assert (drawn.path, drawn.page, drawn.dots) == ("附件", 1, 150)
    assert shade(drawn, BAR) < 0.05
    assert shade(drawn, PAPER) > 0.95


@pytest.mark.parametrize(
    ("turn", "place"), [(90, (0.9, 0.1, 0.95, 0.5)), (180, (0.5, 0.9, 0.9, 0.95)), (270, (0.05, 0.5, 0.1, 0.9)), (0, BAR)]
)
def test_a_turned_page_is_drawn_as_it_is_shown(turn: int, place: tuple[float, float, float, float]):
    drawn = frame(scan(sheet(), on_page=b"/Rotate %d" % turn))
    assert (drawn.width > drawn.height) == (turn in {90, 270})
    assert shade(drawn, place) < 0.05
    assert shade(drawn, PAPER if turn in {0, 90} else (0.1, 0.2, 0.4, 0.45)) > 0.95


@pytest.mark.parametrize(("dots", "drawn"), [(50, 150), (100, 150), (180, 180), (300, 200)])
def test_a_scan_is_drawn_as_fine_as_it_is_between_150_and_200_dots(dots: int, drawn: int):
    size = int(595 * dots / 72), int(842 * dots / 72)
    content = scan(sheet(size))
    assert pdf.read(content, alone()).pages[0].picture.dots == pytest.approx(dots, abs=1)
    shown = frame(content)
    assert (shown.dots, shown.width) == (pytest.approx(drawn, abs=1), pytest.approx(595 * drawn / 72, abs=4))


def test_a_page_that_counts_a_pixel_as_a_point_is_taken_for_a_sheet_of_paper():
    content = scan(sheet((1654, 2339)), box=b"0 0 1654 2339")
    assert pdf.read(content, alone()).pages[0].picture.dots == 200
    drawn = frame(content)
    assert (drawn.width, drawn.dots) == (pytest.approx(1654, abs=3), 200)


def test_a_sheet_that_was_made_small_is_drawn_as_fine_as_its_image():
    content = scan(sheet((1654, 2339)), box=b"0 0 198 281")
    assert frame(content).width == pytest.approx(1654, abs=8)


def test_the_finest_layer_of_a_scan_tells_its_dots():
    coarse = scan(
        sheet((413, 585)), over=b" q 595 0 0 842 0 0 cm BI /W 1240 /H 1754 /BPC 1 /CS /G /F /AHx ID " + b"ff" * (155 * 1754) + b"> EI Q"
    )
    assert pdf.read(coarse, alone()).pages[0].picture.dots == 150


def test_words_drawn_as_outlines_are_drawn_at_200_dots():
    content = paper_maker.empty_page(after=True, line=True)
    drawn = frame(content, 2)
    assert (drawn.dots, drawn.width) == (200, pytest.approx(1653, abs=2))
    assert min(drawn.pixels) == 0


def test_a_page_beyond_the_bounds_of_a_frame_is_drawn_smaller():
    drawn = frame(scan(sheet(), box=b"0 0 14000 2000"))
    assert max(drawn.width, drawn.height) <= MAXIMUM_SIDE
    assert drawn.width * drawn.height <= MAXIMUM_PIXELS
    assert shade(drawn, BAR) < 0.05


def annotated(flags: int, fill: bytes, kind: bytes = b"/Subtype/Square") -> bytes:
    """Return a scan with a rectangle over its bar, as an annotation with an appearance."""
    appearance = paper_maker.stream(fill + b" 0 0 300 60 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 300 60]")
    annotation = b"<</Type/Annot%s/F %d/Rect[40 750 340 810]/AP<</N 6 0 R>>>>" % (kind, flags)
    whole = scan(sheet(), on_page=b"/Annots[%s]" % annotation)
    return paper_maker.raw([*objects(whole), appearance])


def objects(content: bytes) -> list[bytes]:
    return [body.partition(b" 0 obj\n")[2] for body in content.partition(b"xref\n0")[0].split(b"\nendobj\n")[:-1]]


@pytest.mark.parametrize("kind", [b"/Subtype/Square", b"/Subtype/Stamp", b"/Subtype/Widget/FT/Btn/T(b)"])
def test_what_an_annotation_draws_is_drawn_and_what_it_covers_is_not_lost(kind: str):
    assert shade(frame(annotated(4, b"1 g", kind)), BAR) < 0.05  # a white box over a mark
    dark = annotated(4, b"0.2 g", kind).replace(b"[40 750 340 810]", b"[200 200 500 260]")
    assert shade(frame(dark), (200 / 595, 1 - 260 / 842, 500 / 595, 1 - 200 / 842)) < 0.3


def test_what_no_reader_shows_covers_nothing():
    hidden = annotated(2, b"0 g").replace(b"[40 750 340 810]", b"[200 200 500 260]")
    assert shade(frame(hidden), (200 / 595, 1 - 260 / 842, 500 / 595, 1 - 200 / 842)) > 0.95


def test_pages_that_are_none_are_passed_over_and_the_order_is_kept():
    content = paper_maker.pdf(pages=3)
    assert [drawn.page for drawn in pdf.frames(content, [3, 9, 0, 1], "")] == [3, 1]


def test_an_image_that_unpacks_to_too_many_pixels_is_refused_before_it_is_drawn():
    content = scan(sheet()).replace(b"/Width 1240/Height 1754", b"/Width 99999/Height 9999")
    for attempt in (lambda: pdf.read(content, alone()), lambda: list(pdf.frames(content, [1], ""))):
        with pytest.raises(Problem) as caught:
            attempt()
        assert caught.value.kind is ProblemType.DOCUMENT_BOMB


def test_what_is_no_pdf_cannot_be_drawn():
    with pytest.raises(Problem) as caught:
        list(pdf.frames(b"%PDF-1.7\n", [1], ""))
    assert caught.value.kind is ProblemType.DOCUMENT_BROKEN


def test_the_makers_have_every_packing():
    assert len({scanned_page_maker.scan(sheet(), packing) for packing in PACKINGS}) == len(PACKINGS) == 5
