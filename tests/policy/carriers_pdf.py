"""PDF carriers: the same paper with an embedded font, without one, in LibreOffice's order, without a way back to characters."""

import functools
import io
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from paper_maker import raw, stream
from policy.drawings import drawn
from policy.papers import HEIGHT, Paper, Run, Sheet, breadth
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

SONG: Final = "STSong-Light"
NEUTRAL: Final = "已校对"
"""What stands in the place of a mark in an ordinary paper whose carrier has such a place."""

_SIZE: Final = (210 * mm, HEIGHT * mm)


def font_file(package: str, ending: str) -> Path:
    """Return the font file of an installed font package."""
    for file in metadata.files(package) or ():
        if file.name.endswith(ending):
            return Path(str(file.locate()))
    raise LookupError(package)


@functools.cache
def _embedded(face: str) -> str:
    """Register the font of a style and return its name; both faces have TrueType outlines, which can be embedded."""
    name = f"Policy-{face}"
    file = font_file("paperang-p2-fonts-cjk", ".ttc")
    pdfmetrics.registerFont(TTFont(name, str(file), subfontIndex=0 if face == "micro" else 1))
    return name


@functools.cache
def _named(name: str) -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name


def _show(canvas: Any, run: Run, font: str) -> None:
    canvas.setFont(font, run.size)
    canvas.setFillColorRGB(*run.colour)
    x, y = run.x * mm, (HEIGHT - run.y) * mm
    if run.turn:
        canvas.saveState()
        canvas.translate(x, y)
        canvas.rotate(run.turn)
        canvas.drawString(0, 0, run.text)
        canvas.restoreState()
    else:
        canvas.drawString(x, y, run.text)


def written(pages: Sequence[Sheet], font: str, **options: Any) -> bytes:
    """Return a PDF of these pages in a registered font."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_SIZE, invariant=True, **options)
    for page in pages:
        for run in page:
            _show(canvas, run, font)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def embedded(paper: Paper) -> bytes:
    return written(drawn(paper), _embedded(paper.template.style.font))


def named_font(paper: Paper) -> bytes:
    """Return a PDF that names its Chinese font and does not hold it."""
    return written(drawn(paper), _named(SONG))


def mapless(paper: Paper) -> bytes:
    """Return a PDF with an embedded font and no table from its glyphs to characters."""
    font = _embedded(paper.template.style.font)
    return written(drawn(paper), font).replace(b"/ToUnicode", b"/ToUnicodX")


def in_pieces(paper: Paper) -> bytes:
    """Return a PDF whose lines are drawn as LibreOffice does: Han text, Latin signs and stars in runs and fonts of their own.

    A gap stands between figures and Han text, and the star, for which another font is taken, comes last in its line.
    """
    pages = [tuple(piece for run in page for piece in _pieces(run)) for page in drawn(paper)]
    return written(pages, _embedded(paper.template.style.font))


def _pieces(run: Run) -> list[Run]:
    if run.turn:
        return [run]
    groups: list[tuple[str, str]] = []
    for sign in run.text:
        kind = "star" if sign in "★☆" else "latin" if sign.isascii() and sign != " " else "han"
        if groups and groups[-1][0] == kind:
            groups[-1] = (kind, groups[-1][1] + sign)
        else:
            groups.append((kind, sign))
    at, placed = run.x, []
    for kind, text in groups:
        placed.append((kind, Run(text, at, run.y, run.size, run.colour, role=run.role)))
        at += breadth(text, run.size) + (0.12 * run.size * 0.3528 if kind == "latin" else 0)
    return [piece for kind, piece in placed if kind != "star"] + [piece for kind, piece in placed if kind == "star"]


# ---- written object by object ----

_TYPE0: Final = b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]%s>>"
_DESCENDANT: Final = (
    b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>"
    b"/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/Ascent 880"
    b"/Descent -120/StemV 93/ItalicAngle 0/CapHeight 700>>/DW 1000>>"
)
_LATIN: Final = b"<</Type/Font/Subtype/TrueType/BaseFont/%s/Encoding/WinAnsiEncoding>>"
_OLD_NAME: Final = b"#CB#CE#CC#E5"
"""宋体 in GBK: by this name programs know that the bytes are no Latin."""
FIRST: Final = 5
"""The number of the first object of `more`."""


def shown(runs: Sequence[Run], *, gbk: bool = False, mode: int = 0) -> bytes:
    """Return the operators that draw these runs, in UTF-16 or in GBK, in a rendering mode."""
    lines = []
    for run in runs:
        code = run.text.encode("gbk", "ignore") if gbk else run.text.encode("utf-16-be", "surrogatepass")
        colour = b"%.2f %.2f %.2f rg" % run.colour
        place = b"%.1f %.1f Td" % (run.x * mm, (HEIGHT - run.y) * mm)
        lines.append(b"BT %s /F0 %.1f Tf %d Tr %s <%s> Tj ET" % (colour, run.size, mode, place, code.hex().encode()))
    return b"\n".join(lines)


def by_hand(
    contents: Sequence[bytes], *, catalog: bytes = b"", on_first: bytes = b"", more: Sequence[bytes] = (), trailer: bytes = b"",
    latin: bytes = b"", resources: bytes = b"", font: bytes = b"",
) -> bytes:  # fmt: skip
    """Return a PDF of pages with these contents; objects of `more` begin at `FIRST`."""
    place = FIRST + len(more)
    kids = b" ".join(b"%d 0 R" % (place + 2 * at) for at in range(len(contents)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(contents)),
        _LATIN % latin if latin else _TYPE0 % font,
        b"null" if latin else _DESCENDANT,
        *more,
    ]
    for at, content in enumerate(contents):
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Resources<</Font<</F0 3 0 R>>%s>>/Contents %d 0 R%s>>"
        objects += [page % (resources, place + 2 * at + 1, on_first if at == 0 else b""), stream(content)]
    return raw(objects, trailer)


def mojibake(paper: Paper) -> bytes:
    """Return a PDF whose font says WinAnsi while its bytes are GBK, and whose name does not tell."""
    return by_hand([shown(page, gbk=True) for page in drawn(paper)], latin=b"SimSun")


def old_driver(paper: Paper) -> bytes:
    """Return a PDF as old print drivers wrote it: GBK under WinAnsi, with a font whose name is GBK as well."""
    return by_hand([shown(page, gbk=True) for page in drawn(paper)], latin=_OLD_NAME)


def plain_by_hand(paper: Paper) -> bytes:
    return by_hand([shown(page) for page in drawn(paper)])


def invisible(paper: Paper) -> bytes:
    """Return a PDF that draws its mark in the mode that paints nothing."""
    pages = drawn(paper)
    contents = []
    for page in pages:
        marks = [run for run in page if run.role == "mark"]
        contents.append(shown([run for run in page if run.role != "mark"]) + b"\n" + shown(marks, mode=3))
    return by_hand(contents)
