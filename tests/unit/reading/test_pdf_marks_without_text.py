"""Marks on a page of text that are no text themselves: in patterns, soft masks, deep forms, and drawn with straight lines."""

import pytest
from paper_maker import BODY, HELVETICA, PAGES, chinese, drawn, raw, stream
from paper_maker import CHINESE as FONT

from archive.reading import pdf
from archive.reading.nested import alone
from archive.reading.reading import Page
from schemas.problems import Problem, ProblemType

IMAGE = stream(b"\0" * 8, b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 1")
SHOWS = b"/Resources<</XObject<</I 6 0 R>>>>"
STRIP = b"q 110 0 0 24 80 %d cm /I Do Q"
GROUP = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Group<</S/Transparency/CS/DeviceGray>>"
MASK = b"/ExtGState<</G<</SMask<</S/Luminosity/G 7 0 R>>>>>>"
MASKED = stream(STRIP % 760, GROUP + SHOWS)
GLYPH = b" ".join([b"80 760 m", *(b"%d %d l" % (80 + at % 7, 760 + at % 11) for at in range(120)), b"f"])


def first(content: bytes) -> Page:
    return pdf.read(content, alone()).pages[0]


def pattern(side: int) -> bytes:
    cell = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 %d %d]/XStep %d/YStep %d" % (side, side, side, side)
    painted = b"/Pattern cs /P scn 80 760 110 24 re f"
    return chinese(painted, resources=b"/Pattern<</P 7 0 R>>", six=IMAGE, seven=stream(b"9 0 0 9 0 0 cm /I Do", cell + SHOWS))


def nested(depth: int) -> bytes:
    whole = b"\n".join([*(drawn(line, 80, 600 - 30 * row) for row, line in enumerate(BODY)), b"/X0 Do"])
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F8 8 0 R>>/XObject<</X0 10 0 R>>>>/Contents 4 0 R>>"
    forms = [
        stream(
            STRIP % 760 if at == depth else b"/X%d Do" % at,
            b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
            + (SHOWS if at == depth else b"/Resources<</XObject<</X%d %d 0 R>>>>" % (at, 10 + at)),
        )
        for at in range(1, depth + 1)
    ]
    return raw([b"<</Type/Catalog/Pages 2 0 R>>", PAGES, page, stream(whole), HELVETICA, IMAGE, b"null", FONT[0] % b"", FONT[1], *forms])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pattern(100), id="a picture in a pattern"),
        pytest.param(chinese(b"/G gs 0 0 595 842 re f", resources=MASK, six=IMAGE, seven=MASKED), id="in a mask"),
        pytest.param(nested(3), id="in a form"),
        pytest.param(nested(12), id="in a form deep down"),
        pytest.param(chinese(GLYPH), id="drawn with straight lines"),
        pytest.param(chinese(STRIP % 300, resources=b"/XObject<</I 6 0 R>>", six=IMAGE), id="a strip below the head"),
        pytest.param(chinese(b"q 260 0 0 400 80 40 cm /I Do Q", resources=b"/XObject<</I 6 0 R>>", six=IMAGE), id="a small paper"),
    ],
)
def test_a_page_is_looked_at_for_what_may_be_a_mark(content: bytes):
    assert first(content).picture is not None


@pytest.mark.parametrize("content", [pattern(8), chinese(b"80 760 400 20 re S 80 740 400 20 re S")], ids=["hatching", "ruled lines"])
def test_what_is_too_small_or_too_plain_for_a_mark_is_not_looked_at(content: bytes):
    assert first(content).picture is None


def test_forms_beyond_all_reason_are_refused():
    with pytest.raises(Problem) as refused:
        first(nested(27))
    assert refused.value.kind is ProblemType.DOCUMENT_TOO_COMPLEX
