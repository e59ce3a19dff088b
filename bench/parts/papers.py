"""Papers for benchmarks: text PDFs of a wanted size, as offices send them. Nothing here comes from a real document."""

import io
import os
import random
from typing import Final

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SONG: Final = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(SONG))

LINES: Final = (
    "为进一步做好今年的防汛准备工作，切实保障人民群众生命财产安全，",
    "现将有关情况报告如下。一、加强组织领导，落实各项责任制度。各村",
    "成立了应急分队，配备冲锋舟、救生衣、沙袋等物资，确保随时可用。",
    "二、开展隐患排查，对水库、河道、山塘和低洼地带逐一登记，限期整改。",
    "三、完善应急预案，组织演练二次，参加人员一百二十余人，效果良好。",
    "四、严格值班制度，实行二十四小时值班和领导带班，保证信息畅通。",
)


def text_pdf(number: int, pages: int, size: int = 0) -> bytes:
    """Return a PDF of `pages` full pages of text that no other number gives; filled up to about `size` bytes.

    The filling is incompressible private data of the producing program (PieceInfo): a gate that walks over all objects
    reads it, no page shows it.
    """
    written = _written(random.Random(number), number, pages)  # noqa: S311 - text, not a secret
    if size <= len(written):
        return written
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(written)))
    filling = StreamObject()
    filling._data = os.urandom(size - len(written))  # noqa: SLF001 - pypdf knows no other way to set it uncompressed
    program = DictionaryObject({NameObject("/Private"): writer._add_object(filling)})  # noqa: SLF001 - the same
    writer.root_object[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/Bench"): program})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _written(chance: random.Random, number: int, pages: int) -> bytes:
    out = io.BytesIO()
    paper = Canvas(out, pagesize=(210 * mm, 297 * mm), invariant=True, pageCompression=1)
    for page in range(1, pages + 1):
        paper.setFont(SONG, 22)
        paper.drawCentredString(105 * mm, 262 * mm, f"关于防汛准备工作情况的报告（之{number}）")
        paper.setFont(SONG, 14)
        for row in range(24):
            paper.drawString(28 * mm, (248 - 9 * row) * mm, f"{chance.choice(LINES)}{chance.randrange(100)}")
        paper.drawCentredString(105 * mm, 20 * mm, f"— {page} —")
        paper.showPage()
    paper.save()
    return out.getvalue()
