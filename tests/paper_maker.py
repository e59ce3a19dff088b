"""Makes papers for tests: official-looking Chinese pages, marks at given places, carriers of hidden text, and hostile files.

Nothing here comes from a real document.
"""

import functools
import io
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SONG = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(SONG))

TITLE = "关于做好2026年度农村低保动态管理工作的通知"
BODY = (
    "各乡镇人民政府，县直有关单位：",
    "为进一步规范农村居民最低生活保障工作，切实做到应保尽保、应退尽退，",
    "现就做好2026年度农村低保动态管理工作通知如下。",
    "一、提高思想认识。农村低保是一项重要的民生兜底工程，各乡镇要充分",
    "认识动态管理工作的重要性，把困难群众的冷暖放在心上。",
    "二、严格审核程序。民主评议会议记录、公示照片等资料要齐全完整。",
    "三、落实保密责任。严禁通过互联网传输国家秘密、机密文件和绝密文件。",
)


@dataclass(frozen=True)
class Mark:
    """A text at a place of a page: millimetres from the left and the upper edge of an A4 page."""

    text: str
    x: float = 28
    y: float = 45
    page: int = 1
    size: int = 16


HEAD_LEFT = (28.0, 45.0)
HEAD_RIGHT = (150.0, 37.0)
BODY_PLACE = (28.0, 250.0)


def pdf(
    marks: Sequence[Mark] = (),
    pages: int = 1,
    *,
    title: str = TITLE,
    information: dict[str, str] | None = None,
    decorate: Callable[[Canvas], None] | None = None,
    **canvas: Any,
) -> bytes:
    """Return a PDF of an official document with these marks; `decorate(canvas)` may add to its first page."""
    out = io.BytesIO()
    paper = Canvas(out, pagesize=(210 * mm, 297 * mm), invariant=True, **canvas)
    for name, value in (information or {}).items():
        getattr(paper, f"set{name}")(value)
    for number in range(1, pages + 1):
        _page(paper, number, title)
        for mark in marks:
            if mark.page == number:
                paper.setFont(SONG, mark.size)
                paper.drawString(mark.x * mm, (297 - mark.y) * mm, mark.text)
        if number == 1 and decorate is not None:
            decorate(paper)
        paper.showPage()
    paper.save()
    return out.getvalue()


def _page(paper: Canvas, number: int, title: str) -> None:
    upper = 60.0
    if number == 1:
        paper.setFont(SONG, 36)
        paper.drawCentredString(105 * mm, 222 * mm, "临江县人民政府办公室文件")
        paper.setFont(SONG, 16)
        paper.drawCentredString(105 * mm, 198 * mm, "临政办发〔2026〕12号")
        paper.setFont(SONG, 22)
        paper.drawCentredString(105 * mm, 178 * mm, title)
        upper = 135.0
    paper.setFont(SONG, 14)
    for row, line in enumerate(BODY):
        paper.drawString(28 * mm, (297 - upper - 10 * row) * mm, line)
    paper.drawCentredString(105 * mm, 20 * mm, f"— {number} —")


def spread(text: str, x: float, y: float, step: float = 8, *, down: bool = False) -> tuple[Mark, ...]:
    """Return the text drawn character by character, across or downwards."""
    return tuple(Mark(sign, x + (0 if down else step * place), y + (step * place if down else 0)) for place, sign in enumerate(text))


def encrypted(user: str, owner: str = "owner") -> bytes:
    return pdf(encrypt=pdfencrypt.StandardEncryption(user, ownerPassword=owner, strength=128))


def picture_only(share: float = 1.0, caption: str = "") -> bytes:
    """Return a page that is an image over `share` of its height, as a scanner makes it."""
    image = Image.effect_noise((200, 280), 60)
    out = io.BytesIO()
    paper = Canvas(out, pagesize=(210 * mm, 297 * mm), invariant=True)
    paper.drawImage(ImageReader(image), 0, 0, 210 * mm, 297 * share * mm)
    paper.setFont(SONG, 10)
    if caption:
        paper.drawString(100, 10, caption)
    paper.showPage()
    paper.save()
    return out.getvalue()


def with_picture(x: float, y: float, width: float, height: float, *, turned: int = 0) -> bytes:
    """Return a page of text with a picture of 200 by 200 pixels at this place of the upright page, in millimetres."""
    image = ImageReader(Image.effect_noise((200, 200), 60))

    def decorate(paper: Canvas) -> None:
        left, bottom = (x, 297 - y - height) if not turned else (y, x)
        paper.drawImage(image, left * mm, bottom * mm, (height if turned else width) * mm, (width if turned else height) * mm)
        paper.setPageRotation(turned)

    return pdf(decorate=decorate)


def with_outlines() -> bytes:
    """Return a page of text with curved shapes in its head, as glyphs have them that were turned into outlines."""

    def decorate(paper: Canvas) -> None:
        for place in range(4):
            paper.circle((30 + 6 * place) * mm, 250 * mm, 2 * mm, fill=1)
            paper.circle((30 + 6 * place) * mm, 250 * mm, 1 * mm, fill=0)
            path = paper.beginPath()
            path.moveTo((30 + 6 * place) * mm, 245 * mm)
            for step in range(8):
                path.curveTo(*((30 + 6 * place + step + at) * mm for at in range(6)))
            paper.drawPath(path, fill=1)

    return pdf(decorate=decorate)


def empty_page(*, after: bool, line: bool = False) -> bytes:
    """Return a document with an empty page after (or before) its text; `line` draws on the empty page."""
    out = io.BytesIO()
    paper = Canvas(out, pagesize=(210 * mm, 297 * mm), invariant=True)
    if after:
        _page(paper, 1, TITLE)
        paper.showPage()
    if line:
        paper.rect(100, 700, 60, 12, fill=1)
    paper.showPage()
    if not after:
        _page(paper, 1, TITLE)
        paper.showPage()
    paper.save()
    return out.getvalue()


# ---- written by hand, object by object ----


def raw(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1; object 1 is the catalog."""
    document, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, count = len(document), len(objects) + 1
    document += b"xref\n0 %d\n0000000000 65535 f \n" % count
    document += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    document += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (count, trailer, start)
    return bytes(document)


def stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), extra, content)


HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
TEXT = b"BT /F1 12 Tf 50 780 Td (Report on rural subsistence allowances in the year 2026) Tj 0 -200 Td (All households were visited.) Tj ET"


def page(extra: bytes = b"") -> bytes:
    return b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R%s>>" % extra


def small(
    *,
    catalog: bytes = b"",
    on_page: bytes = b"",
    content: bytes = TEXT,
    font: bytes = HELVETICA,
    more: Iterable[bytes] = (),
    trailer: bytes = b"",
) -> bytes:
    """Return a one-page PDF with additions to its catalog and page; objects of `more` begin at number 6."""
    return raw([b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog, PAGES, page(on_page), stream(content), font, *more], trailer)


def pdf_text(text: str) -> bytes:
    """Return a PDF text string in UTF-16."""
    return b"<" + ("\ufeff" + text).encode("utf-16-be").hex().encode() + b">"


def gbk_in_winansi(text: str) -> bytes:
    """Return a page whose font says WinAnsi while its bytes are GBK, as old print drivers wrote it."""
    shown = b"".join(b"0 -30 Td <%s> Tj " % line.encode("gbk").hex().encode() for line in (text, TITLE, *BODY))
    return small(content=b"BT /F1 14 Tf 60 780 Td " + shown + b"ET")


def glyph_numbers(text: bytes = b"0024002500260027") -> bytes:
    """Return a page whose font gives glyph numbers and no way to characters."""
    font = b"<</Type/Font/Subtype/Type0/BaseFont/Hidden/Encoding/Identity-H/DescendantFonts[6 0 R]>>"
    descendant = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Hidden/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000"
        b"/FontDescriptor<</Type/FontDescriptor/FontName/Hidden/Flags 4/FontBBox[0 0 1000 1000]/Ascent 880/Descent -120/StemV 80>>>>"
    )
    return small(content=b"BT /F1 16 Tf 60 780 Td <%s> Tj ET" % (text * 12), font=font, more=[descendant])


ATTACHED = stream("机密★1年".encode(), b"/Type/EmbeddedFile")
FILE = b"<</Type/Filespec/F(a.txt)/EF<</F 7 0 R>>>>"
SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"

ACTIVE = {
    "script on opening": small(catalog=b"/OpenAction 6 0 R", more=[SCRIPT]),
    "named script": small(catalog=b"/Names<</JavaScript<</Names[(a) 6 0 R]>>>>", more=[SCRIPT]),
    "script of a page": small(on_page=b"/AA<</O 6 0 R>>", more=[SCRIPT]),
    "script with an escaped name": small(catalog=b"/OpenAction<</S/Java#53cript/J#53(x)>>"),
    "script with its kind elsewhere": small(catalog=b"/OpenAction<</S 6 0 R/X(x)>>", more=[b"/JavaScript"]),
    "launch": small(catalog=b"/OpenAction<</S/Launch/F(cmd.exe)>>"),
    "submit": small(on_page=b"/Annots[<</Type/Annot/Subtype/Widget/Rect[0 0 9 9]/A<</S/SubmitForm/F(http://x/)>>>>]"),
    "rich media": small(on_page=b"/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]>>]"),
    "XFA": small(catalog=b"/AcroForm<</XFA 6 0 R/Fields[]>>", more=[stream(b"<xdp/>")]),
    "script in a portfolio": small(catalog=b"/Collection<</Type/Collection/View/D>>/OpenAction 6 0 R", more=[SCRIPT]),
}

_NAMED = b"/Names<</EmbeddedFiles<</Names[(a.txt) 6 0 R]>>>>"
_PINNED = b"/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 6 0 R>>]"
HOLDING = {
    "embedded file": small(catalog=_NAMED, more=[FILE, ATTACHED]),
    "file attachment": small(on_page=_PINNED, more=[FILE, ATTACHED]),
    "associated file": small(catalog=b"/AF[6 0 R]", more=[FILE, ATTACHED]),
    "portfolio": small(catalog=b"/Collection<</Type/Collection/View/D>>" + _NAMED, more=[FILE, ATTACHED]),
    "in all ways at once": small(catalog=b"/AF[6 0 R]" + _NAMED, on_page=_PINNED, more=[FILE, ATTACHED]),
}
"""PDFs with the file a.txt inside."""

_WIDGET = b"/Annots[<</Type/Annot/Subtype/Widget/FT/Tx/T(field)/V %s/Rect[50 50 300 90]>>]"
_LAYER = b"/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>"


def carriers(mark: str) -> dict[str, bytes]:
    """Return the same mark in every place of a PDF where it can stand outside the visible page text."""
    text = pdf_text(mark)
    return {
        "annotation": small(on_page=b"/Annots[<</Type/Annot/Subtype/FreeText/Rect[50 50 300 90]/Contents %s>>]" % text),
        "rich annotation": small(
            on_page=b"/Annots[<</Type/Annot/Subtype/FreeText/Rect[0 0 9 9]/RC %s>>]" % pdf_text(f"<body><p>{mark}</p></body>")
        ),
        "form value": small(on_page=_WIDGET % text),
        "bookmark": small(catalog=b"/Outlines<</First 6 0 R/Last 6 0 R/Count 1>>", more=[b"<</Title %s/Dest[3 0 R/Fit]>>" % text]),
        "layer name": small(catalog=_LAYER, more=[b"<</Type/OCG/Name %s>>" % text]),
        "info title": small(more=[b"<</Title %s>>" % text], trailer=b"/Info 6 0 R"),
        "info keyword": small(more=[b"<</Keywords %s>>" % text], trailer=b"/Info 6 0 R"),
        "info entry of its own": small(more=[b"<</Secrecy %s>>" % text], trailer=b"/Info 6 0 R"),
        "XMP": small(
            catalog=b"/Metadata 6 0 R",
            more=[
                stream(f"<x:xmpmeta><dc:subject><rdf:li>{mark}</rdf:li></dc:subject></x:xmpmeta>".encode(), b"/Type/Metadata/Subtype/XML")
            ],
        ),
        "signature reason": small(
            more=[b"<</Type/Sig/Reason %s/ByteRange[0 1 2 3]/Contents<00>>>" % text], catalog=b"/Perms<</DocMDP 6 0 R>>"
        ),
        "alternative text": small(catalog=b"/StructTreeRoot<</K<</S/Figure/Alt %s>>>>" % text),
        "GBK annotation": small(on_page=b"/Annots[<</Subtype/Text/Rect[0 0 9 9]/Contents<%s>>>]" % mark.encode("gbk").hex().encode()),
    }


def packed(unit: bytes, total: int) -> bytes:
    """Return `total` bytes of repeated units, deflated; each block is the same, so only one is packed."""
    block, squeeze = unit * ((1 << 20) // len(unit)), zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    check = functools.reduce(lambda check, _: zlib.adler32(block, check), range(total >> 20), 1)
    return b"\x78\xda" + piece * (total >> 20) + b"\x03\x00" + check.to_bytes(4, "big")


@functools.cache
def hostile() -> dict[str, bytes]:
    """Return files that try to exhaust or confuse a reader; each must be refused."""
    deep = b"[" * 200_000 + b"]" * 200_000
    catalog, whole = b"<</Type/Catalog/Pages 2 0 R>>", small()
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>"
    forms = [stream(b"/X Do /X Do", form % (7 + step)) for step in range(30)]
    drawn = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</X 6 0 R>>>>/Contents 4 0 R>>"
    flate = b"/Filter/FlateDecode"
    twice = zlib.compress(packed(b"\0", 512 << 20), 9)
    return {
        "1 GiB of spaces": raw([catalog, PAGES, page(), stream(packed(b" ", 1 << 30), flate), HELVETICA]),
        "operators without end": raw(
            [catalog, PAGES, page(), stream(packed(b"BT /F1 12 Tf 5 7 Td (A) Tj ET\n  ", 200 << 20), flate), HELVETICA]
        ),
        "deflated twice": raw([catalog, PAGES, page(), stream(twice, b"/Filter[/FlateDecode/FlateDecode]"), HELVETICA]),
        "deep arrays": small(catalog=b"/X " + deep),
        "deep dictionaries": small(catalog=b"/X " + b"<</A " * 100_000 + b"1" + b">>" * 100_000),
        "script behind what a parser gives up on": small(
            catalog=b"/X " + b"<</A " * 5000 + b">>" * 5000 + b"/OpenAction<</S/JavaScript/JS(x)>>"
        ),
        "page tree loop": raw([catalog, b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>", page(), stream(TEXT), HELVETICA]),
        "two thousand million pages": raw([catalog, b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>", page(), stream(TEXT), HELVETICA]),
        "one page many times": raw(
            [catalog, b"<</Type/Pages/Kids[" + b"3 0 R " * 3000 + b"]/Count 3000>>", page(), stream(TEXT), HELVETICA]
        ),
        "forms that double": raw([catalog, PAGES, drawn, stream(b"/X Do"), HELVETICA, *forms, stream(TEXT, form % 5)]),
        "half a file": whole[: len(whole) // 2],
        "no bytes": b"",
        "only the first line": b"%PDF-1.7\n",
        "no page": raw([catalog, b"<</Type/Pages/Kids[]/Count 0>>"]),
        "random after the magic": b"%PDF-1.7\n" + bytes(range(256)) * 64,
    }


# ---- what is shown by other means than page text, and versions in one file ----

CHINESE = (
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[9 0 R]%s>>",
    (
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>"
        b"/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/Ascent 880"
        b"/Descent -120/StemV 93>>>>"
    ),
)
"""A Chinese font as objects 8 and 9."""


def drawn(text: str, x: int = 0, y: int = 5) -> bytes:
    return b"BT /F8 16 Tf %d %d Td <%s> Tj ET" % (x, y, text.encode("utf-16-be").hex().encode())


def chinese(
    content: bytes = b"",
    *,
    on_page: bytes = b"",
    resources: bytes = b"",
    six: bytes = b"null",
    seven: bytes = b"null",
    font: bytes = b"",
    lines: Sequence[str] = BODY,
) -> bytes:
    """Return a page of Chinese text with this drawn on it; `six` and `seven` are objects of one's own."""
    whole = b"\n".join([*(drawn(line, 80, 600 - 30 * row) for row, line in enumerate(lines)), content])
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F8 8 0 R%s/Contents 4 0 R%s>>"
    page %= (resources if resources.startswith(b"/F") else b">>" + resources) + b">>" * (2 if resources.startswith(b"/F") else 1), on_page
    return raw([b"<</Type/Catalog/Pages 2 0 R>>", PAGES, page, stream(whole), HELVETICA, six, seven, CHINESE[0] % font, CHINESE[1]])


_FONTS = b"/Resources<</Font<</F8 8 0 R>>>>"


def form(content: bytes) -> bytes:
    return stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 300 60]" + _FONTS)


def to_unicode(pairs: str) -> bytes:
    """Return a ToUnicode map that says the second character of each pair for the first."""
    rows = b" ".join(b"<%04x> <%04x>" % (ord(code), ord(said)) for code, said in zip(pairs[::2], pairs[1::2], strict=True))
    return stream(b"1 begincodespacerange <0000> <FFFF> endcodespacerange %d beginbfchar %s endbfchar" % (len(pairs) // 2, rows))


def by_other_means(mark: str) -> dict[str, bytes]:
    """Return a mark that annotations show, or that stands for something else, and no string of the file holds it as text."""
    annotation = b"<</Type/Annot/Subtype/%s/Rect[60 780 260 820]/F %d/AP<<%s>>>>"
    shown = form(drawn(mark))
    meant = ("\ufeff" + mark).encode("utf-16-be").hex().encode()
    annotations = {
        "stamp": (b"Stamp", 4, b"/N 7 0 R"),
        "button": (b"Widget/FT/Btn/Ff 65536", 4, b"/N 7 0 R"),
        "hidden stamp": (b"Stamp", 2, b"/N 7 0 R"),
        "stamp for print only": (b"Stamp", 36, b"/N 7 0 R"),
        "pressed button": (b"Widget/FT/Btn", 4, b"/D 7 0 R"),
        "ticked box": (b"Widget/FT/Btn/AS/Off", 4, b"/N<</On 7 0 R>>"),
    }
    return {
        **{name: chinese(on_page=b"/Annots[6 0 R]", six=annotation % how, seven=shown) for name, how in annotations.items()},
        "replacement": chinese(b"/Span<</ActualText<%s>>>BDC %s EMC" % (meant, drawn("一", 60, 780))),
        "replaced": chinese(b"/Span<</ActualText(x)>>BDC %s EMC" % drawn(mark, 60, 780)),
        "replaced by nothing": chinese(b"/Span<</ActualText()>>BDC %s EMC" % drawn(mark, 60, 780)),
        "replacement by characters": chinese(
            b"".join(
                b"/Span<</ActualText<feff%04x>>>BDC %s EMC " % (ord(sign), drawn("一", 60 + 20 * at, 780)) for at, sign in enumerate(mark)
            )
        ),
        "form": chinese(b"q 1 0 0 1 60 780 cm /X Do Q", resources=b"/XObject<</X 7 0 R>>", seven=shown),
    }


def unreadable(mark: str) -> dict[str, bytes]:
    """Return pages that show a mark by what cannot be read, beside much text that can; those that are no pictures lack the font."""
    picture = stream(bytes(range(256)) * 4, b"/Type/XObject/Subtype/Image/Width 32/Height 32/ColorSpace/DeviceGray/BitsPerComponent 8")
    pattern = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 300 60]/XStep 300/YStep 60/Matrix[1 0 0 1 60 760]"
    glyphs = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 200 40]/FontMatrix[1 0 0 1 0 0]/CharProcs<</A 7 0 R>>"
        b"/FirstChar 65/LastChar 65/Widths[200]/Encoding<</Type/Encoding/Differences[65/A]>>" + _FONTS + b">>"
    )
    whole, painted = b"q 595 0 0 842 0 0 cm /X Do Q", b"/Pattern cs /P scn 60 760 300 60 re f"
    lies = "".join(a + b for a, b in zip(mark, "关于今年的工作", strict=False))
    inside = stream(b"595 0 0 842 0 0 cm /Y Do", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</Y 7 0 R>>>>")
    return {
        "picture with text": chinese(whole, resources=b"/XObject<</X 7 0 R>>", seven=picture),
        "picture with invisible text": chinese(b"3 Tr " + whole, resources=b"/XObject<</X 7 0 R>>", seven=picture),
        "picture in a form": chinese(b"/Z Do", resources=b"/XObject<</Z 6 0 R>>", six=inside, seven=picture),
        "picture in strips": chinese(
            b"".join(b"q 595 0 0 50 0 %d cm /X Do Q " % (50 * row) for row in range(12)), resources=b"/XObject<</X 7 0 R>>", seven=picture
        ),
        "pattern": chinese(painted, resources=b"/Pattern<</P 7 0 R>>", seven=stream(drawn(mark), pattern + _FONTS)),
        "pattern with a form": chinese(
            painted,
            resources=b"/Pattern<</P 7 0 R>>",
            six=form(drawn(mark)),
            seven=stream(b"/X Do", pattern + b"/Resources<</XObject<</X 6 0 R>>>>"),
        ),
        "drawn glyphs": chinese(
            b"BT /F6 1 Tf 60 780 Td (A) Tj ET", resources=b"/F6 6 0 R", six=glyphs, seven=stream(b"200 0 d0 " + drawn(mark))
        ),
        "lying font": chinese(drawn(mark, 60, 780), font=b"/ToUnicode 7 0 R", seven=to_unicode(lies)),
    }


def blank_without_font() -> bytes:
    """Return a document whose second page says that it holds spaces, in a font that only other machines have."""
    text = b"BT /F6 16 Tf 60 780 Td <673a5bc6> Tj ET"
    return raw(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 10 0 R]/Count 2>>",
            page(),
            stream(TEXT),
            HELVETICA,
            CHINESE[0] % b"/ToUnicode 7 0 R",
            to_unicode("机 密 "),
            b"null",
            CHINESE[1],
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F6 6 0 R>>>>/Contents 11 0 R>>",
            stream(text),
        ]
    )


def drawn_unreadably() -> dict[str, bytes]:
    """Return pages of text with characters besides that are drawn in the file, and of which nobody can say which they are."""
    strokes = b"0 0 120 30 re f 150 0 10 40 re f"
    glyphs = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 200 40]/FontMatrix[1 0 0 1 0 0]/CharProcs<</A 7 0 R>>/Resources<<>>"
        b"/FirstChar 65/LastChar 65/Widths[200]/Encoding<</Type/Encoding/Differences[65/A]>>>>"
    )
    pattern = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 300 60]/XStep 300/YStep 60/Resources<</XObject<</X 6 0 R>>>>"
    empty = stream(strokes, b"/Type/XObject/Subtype/Form/BBox[0 0 300 60]")
    painted = b"/Pattern cs /P scn 60 760 300 60 re f"
    return {
        "glyphs that are drawings": chinese(
            b"BT /F6 1 Tf 60 780 Td (A) Tj ET", resources=b"/F6 6 0 R", six=glyphs, seven=stream(b"200 0 d0 " + strokes)
        ),
        "a pattern with a form": chinese(painted, resources=b"/Pattern<</P 7 0 R>>", six=empty, seven=stream(b"/X Do", pattern)),
    }


def appended(document: bytes, more: bytes, *, start: int | None = None) -> bytes:
    """Return the document with an update; `start` is where its cross-reference table is said to stand."""
    place = len(document) if start is None else start
    return document + more + b"\nstartxref\n%d\n%%%%EOF\n" % place


def revised(first: str) -> bytes:
    """Return a document whose first version holds this text and whose second does not."""
    document = chinese(drawn(first, 60, 780))
    return updated(document, 4, stream(b"\n".join(drawn(line, 80, 600 - 30 * row) for row, line in enumerate(BODY))))


def updated(document: bytes, number: int, body: bytes) -> bytes:
    """Return the document with an update that puts this object in the place of another, as editors append it."""
    start = document.rindex(b"startxref")
    previous = int(document[start:].split()[1])
    change = b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size 10/Root 1 0 R/Prev %d>>" % (number, len(document), previous)
    return appended(document, change + table, start=len(document) + len(change))


def with_second_table() -> bytes:
    """Return a document as Word writes it: a second cross-reference table that defines nothing."""
    document = chinese()
    return appended(document, b"xref\n0 0\ntrailer\n<</Size 10/Root 1 0 R/Prev %d>>" % document.rindex(b"xref\n0"))
